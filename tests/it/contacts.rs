//! Contacts and organizations as people work with them: writing, finding, sharing addresses, merging and taking it back.

use serde_json::Value;
use uuid::Uuid;
use voce_domain::permission::Role;
use voce_store::{Db, contacts, count_queries, testing::each_database};

use crate::harness::{Client, TestApp};

const EVIL: &str = "<script>alert(1)</script>";

/// Makes a contact by the form and returns its id.
async fn add(client: &mut Client, name: &str, email: &str) -> Uuid {
    let form = [
        ("name", name),
        ("email", email),
        ("customer", "on"),
        ("organization", ""),
        ("language", ""),
        ("note", ""),
    ];
    let made = client.post("/contacts", &form).await.assert(303);
    made.location().rsplit('/').next().unwrap().parse().unwrap()
}

async fn versions(db: &Db, id: Uuid) -> String {
    contacts::get(db, id).await.unwrap().updated_at.to_string()
}

#[tokio::test]
async fn a_contact_is_written_found_and_changed() {
    each_database(|db| async move {
        let server = TestApp::start(db.clone()).await;
        let mut agent = server.with_user(Role::Agent).await.client().await;
        let wrong = [("name", " "), ("email", "no address"), ("phone", "boh")];
        let again = agent.post("/contacts", &wrong).await.assert(422);
        for shown in [
            "Write a name",
            "This is not an e-mail address",
            "This is not a phone number",
            "value=\"no address\"",
        ] {
            assert!(again.shows(shown), "{shown}");
        }
        let id = add(&mut agent, "Niccolò D’Angelo", "n.dangelo@example.com").await;
        let taken = agent
            .post("/contacts", &[("name", "Other"), ("email", "N.Dangelo@example.com")])
            .await
            .assert(422);
        assert!(taken.shows("already belongs"));

        let page = agent.get("/contacts?q=niccolo").await.assert(200);
        assert!(page.shows("Niccolò D’Angelo") && page.shows("n.dangelo@example.com"));
        assert!(
            agent
                .get("/contacts?q=verdi")
                .await
                .assert(200)
                .shows("No contact with these words")
        );
        let found: Value =
            serde_json::from_slice(&agent.get("/contacts/lookup?q=dange").await.assert(200).body).unwrap();
        assert_eq!(found[0]["name"], "Niccolò D’Angelo");

        let version = versions(&db, id).await;
        let edit = |note: &'static str| {
            let version = version.clone();
            let mut agent = agent.clone();
            async move {
                let form = [
                    ("name", "Niccolò D’Angelo"),
                    ("version", version.as_str()),
                    ("organization", "Caffè Aurora"),
                    ("note", note),
                    ("field_name", "Taglia"),
                    ("field_value", "M"),
                    ("field_name", ""),
                    ("field_value", ""),
                ];
                agent.post(&format!("/contacts/{id}"), &form).await
            }
        };
        edit("prima").await.assert(303);
        let late = edit("seconda").await.assert(422);
        assert!(late.shows("seconda"), "what was typed stays");
        let page = agent.get(&format!("/contacts/{id}")).await.assert(200);
        for shown in ["prima", "Taglia", "Caffè Aurora", "n.dangelo@example.com"] {
            assert!(page.shows(shown), "{shown}");
        }
    })
    .await;
}

#[tokio::test]
async fn names_from_outside_are_only_text() {
    each_database(|db| async move {
        let server = TestApp::start(db.clone()).await;
        let mut agent = server.with_user(Role::Agent).await.client().await;
        let id = add(&mut agent, EVIL, "evil@example.com").await;
        let other = add(&mut agent, &format!("{EVIL} two"), "evil@example.org").await;
        let organization = agent
            .post(
                "/organizations",
                &[("name", EVIL), ("field_name", EVIL), ("field_value", EVIL)],
            )
            .await
            .assert(303);
        for path in [
            "/contacts".to_owned(),
            format!("/contacts/{id}"),
            format!("/contacts/{id}/edit"),
            format!("/contacts/{id}/merge"),
            format!("/contacts/{id}/merge?with={other}"),
            format!("/contacts?q={}", "%3Cscript%3Ealert(1)%3C/script%3E"),
            "/organizations".to_owned(),
            organization.location().to_owned(),
        ] {
            let page = agent.get(&path).await.assert(200);
            assert!(!page.shows("<script>alert"), "{path}");
        }
    })
    .await;
}

#[tokio::test]
async fn an_address_of_somebody_else_is_shared_or_taken_over() {
    each_database(|db| async move {
        let server = TestApp::start(db.clone()).await;
        let mut agent = server.with_user(Role::Agent).await.client().await;
        let anna = add(&mut agent, "Anna", "famiglia@example.com").await;
        let bruno = add(&mut agent, "Bruno", "bruno@example.com").await;
        let wrong = agent
            .post(
                &format!("/contacts/{bruno}/identities"),
                &[("kind", "email"), ("value", "x")],
            )
            .await
            .assert(422);
        assert!(wrong.shows("This is not an e-mail address"));
        let taken = agent
            .post(
                &format!("/contacts/{bruno}/identities"),
                &[("kind", "email"), ("value", "famiglia@example.com")],
            )
            .await
            .assert(422);
        let page = taken.text();
        let identity = page
            .split("/share")
            .next()
            .and_then(|before| before.rsplit('/').next())
            .unwrap();
        let share = format!("/contacts/{bruno}/identities/{identity}/share");
        agent.post(&share, &[]).await.assert(303);
        assert!(
            agent
                .get(&format!("/contacts/{bruno}"))
                .await
                .shows("famiglia@example.com")
        );
        assert!(agent.get(&format!("/contacts/{anna}")).await.shows("Shared"));
        agent.post(&share.replace("/share", "/take"), &[]).await.assert(303);
        assert!(
            !agent
                .get(&format!("/contacts/{anna}"))
                .await
                .shows("famiglia@example.com")
        );
        agent.post(&share.replace("/share", "/remove"), &[]).await.assert(303);
        assert!(
            !agent
                .get(&format!("/contacts/{bruno}"))
                .await
                .shows("famiglia@example.com")
        );
    })
    .await;
}

#[tokio::test]
async fn two_contacts_merge_and_come_apart_again() {
    each_database(|db| async move {
        let server = TestApp::start(db.clone()).await;
        let mut agent = server.with_user(Role::Agent).await.client().await;
        let kept = add(&mut agent, "Anna Rossi", "anna.rossi@example.com").await;
        let other = add(&mut agent, "A. Rossi", "anna.rossi@example.org").await;
        let before = (
            contacts::get(&db, kept).await.unwrap(),
            contacts::get(&db, other).await.unwrap(),
        );
        assert!(
            agent
                .get(&format!("/contacts/{kept}"))
                .await
                .shows("Perhaps the same person as")
        );
        let preview = agent
            .get(&format!("/contacts/{kept}/merge?with={other}"))
            .await
            .assert(200);
        assert!(preview.shows("stays as another detail") && preview.shows("anna.rossi@example.org"));
        agent
            .post(&format!("/contacts/{kept}/merge"), &[("with", &kept.to_string())])
            .await
            .assert(409);
        agent
            .post(&format!("/contacts/{kept}/merge"), &[("with", &other.to_string())])
            .await
            .assert(303);
        let merged = agent.get(&format!("/contacts/{other}")).await.assert(303);
        assert_eq!(merged.location(), format!("/contacts/{kept}"));
        let page = agent.get(&format!("/contacts/{kept}")).await.assert(200);
        assert!(page.shows("anna.rossi@example.org") && page.shows("Other name"));
        let undo = format!("/contacts/merges/{}/undo", page.between("/contacts/merges/", "/undo"));
        agent.post(&undo, &[]).await.assert(303);
        agent.post(&undo, &[]).await.assert(303);
        assert_eq!(
            (
                contacts::get(&db, kept).await.unwrap(),
                contacts::get(&db, other).await.unwrap()
            ),
            before
        );
        agent.get(&format!("/contacts/{other}")).await.assert(200);
    })
    .await;
}

#[tokio::test]
async fn only_who_may_reads_and_changes_contacts() {
    each_database(|db| async move {
        let server = TestApp::start(db.clone()).await;
        let mut agent = server.with_user(Role::Agent).await.client().await;
        let id = add(&mut agent, "Anna", "anna@example.com").await;
        let mut analyst = server.with_user(Role::Analyst).await.client().await;
        let page = analyst.get(&format!("/contacts/{id}")).await.assert(200);
        assert!(!page.shows(&format!("/contacts/{id}/edit")));
        analyst.get(&format!("/contacts/{id}/edit")).await.assert(403);
        analyst.post("/contacts", &[("name", "X")]).await.assert(403);
        analyst
            .post(&format!("/contacts/{id}/merge"), &[("with", &id.to_string())])
            .await
            .assert(403);
        let mut guest = server.with_user(Role::Guest).await.client().await;
        for path in ["/contacts", "/contacts/lookup?q=a", "/organizations"] {
            guest.get(path).await.assert(403);
        }
    })
    .await;
}

#[tokio::test]
async fn a_page_of_contacts_makes_a_fixed_number_of_queries() {
    each_database(|db| async move {
        let server = TestApp::start(db.clone()).await;
        let mut agent = server.with_user(Role::Agent).await.client().await;
        let mut counts = Vec::new();
        for round in 0..2 {
            for number in 0..20 {
                add(
                    &mut agent,
                    &format!("Persona {number}"),
                    &format!("p{round}-{number}@example.com"),
                )
                .await;
            }
            let (page, queries) = count_queries(agent.get("/contacts")).await;
            page.assert(200);
            counts.push(queries);
        }
        assert_eq!(counts[0], counts[1]);
        assert!(counts[0] <= 6, "{counts:?}");
    })
    .await;
}
