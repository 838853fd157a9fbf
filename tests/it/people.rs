//! Administering colleagues, teams and the company, and what the audit log says of it.

use voce_domain::permission::Role;
use voce_store::{
    audit::{self, Filter, Verdict},
    settings,
    testing::each_database,
    users,
};

use crate::harness::{Answer, PASSWORD, TestApp};

/// The path of a link that a page shows once.
fn link(page: &Answer) -> String {
    let link = page.between("<pre class=\"code\" data-copy-target=\"source\"><code>", "</code>");
    link.strip_prefix("http://desk.example")
        .expect("a link of ours")
        .to_owned()
}

#[tokio::test]
async fn an_invitation_brings_somebody_in_once() {
    each_database(|db| async move {
        let server = TestApp::start(db.clone()).await;
        let mut admin = server.with_user(Role::Admin).await.client().await;
        let team = admin.post("/settings/teams", &[("name", "Resi")]).await.assert(303);
        let team = team.location().rsplit('/').next().unwrap().to_owned();
        admin
            .post(
                "/settings/invitations",
                &[("email", "no address"), ("role", "king"), ("team", "x")],
            )
            .await
            .assert(422);
        let fields = [
            ("email", "Nuova@example.it"),
            ("role", "supervisor"),
            ("team", team.as_str()),
        ];
        admin.post("/settings/invitations", &fields).await.assert(303);
        let page = admin.get("/settings/invitations").await.assert(200);
        let path = link(&page);
        assert!(page.shows("nuova@example.it"));

        let mut newcomer = server.client();
        assert!(newcomer.get(&path).await.assert(200).shows("nuova@example.it"));
        newcomer
            .post(&path, &[("name", "Nuova"), ("password", "short")])
            .await
            .assert(422);
        newcomer
            .post(&path, &[("name", "Nuova"), ("password", PASSWORD)])
            .await
            .assert(303);
        assert!(newcomer.get("/account").await.assert(200).shows("nuova@example.it"));
        let user = users::by_email(&db, "nuova@example.it").await.unwrap().unwrap();
        assert_eq!(user.role, Role::Supervisor);
        assert!(
            admin
                .get(&format!("/settings/people/{}", user.id))
                .await
                .assert(200)
                .shows("Resi")
        );

        let mut second = server.client();
        second.get(&path).await.assert(404);
        second
            .post(&path, &[("name", "Mallory"), ("password", PASSWORD)])
            .await
            .assert(404);
        assert!(second.cookies.is_empty());
        admin.post("/settings/invitations", &fields).await.assert(422);
    })
    .await;
}

#[tokio::test]
async fn a_withdrawn_invitation_is_void() {
    each_database(|db| async move {
        let server = TestApp::start(db.clone()).await;
        let mut admin = server.with_user(Role::Admin).await.client().await;
        admin
            .post("/settings/invitations", &[("email", "n@example.it"), ("role", "agent")])
            .await
            .assert(303);
        let page = admin.get("/settings/invitations").await;
        let path = link(&page);
        let withdraw = page.between("action=\"/settings/invitations/", "/withdraw\"");
        admin
            .post(&format!("/settings/invitations/{withdraw}/withdraw"), &[])
            .await
            .assert(303);
        server.client().get(&path).await.assert(404);
    })
    .await;
}

#[tokio::test]
async fn the_last_administrator_cannot_go() {
    each_database(|db| async move {
        let server = TestApp::start(db.clone()).await;
        let admin = server.with_user(Role::Admin).await;
        let mut browser = admin.client().await;
        let page = format!("/settings/people/{}", admin.id);
        for (path, fields) in [
            (format!("{page}/role"), vec![("role", "agent")]),
            (format!("{page}/disable"), vec![]),
        ] {
            assert_eq!(browser.post(&path, &fields).await.assert(303).location(), page);
            assert!(browser.get(&page).await.assert(200).shows("data-kind=\"error\""));
        }
        let user = users::by_id(&db, admin.id).await.unwrap();
        assert!(user.active && user.role == Role::Admin);

        server.with_user(Role::Admin).await;
        let gone = browser
            .post(&format!("{page}/role"), &[("role", "agent")])
            .await
            .assert(303);
        assert_eq!(gone.location(), "/account");
        browser.get(&page).await.assert(403);
    })
    .await;
}

#[tokio::test]
async fn a_disabled_person_is_out_at_once_and_a_reset_link_lets_in_once() {
    each_database(|db| async move {
        let server = TestApp::start(db).await;
        let mut admin = server.with_user(Role::Admin).await.client().await;
        let anna = server.with_user(Role::Agent).await;
        let mut browser = anna.client().await;
        let page = format!("/settings/people/{}", anna.id);
        admin.post(&format!("{page}/disable"), &[]).await.assert(303);
        browser.get("/account").await.assert(303);
        admin.post(&format!("{page}/reset-link"), &[]).await.assert(409);
        admin.post(&format!("{page}/enable"), &[]).await.assert(303);
        browser.get("/account").await.assert(303);

        admin.post(&format!("{page}/reset-link"), &[]).await.assert(303);
        let path = link(&admin.get(&page).await.assert(200));
        let mut signed_in = anna.client().await;
        let mut visitor = server.client();
        visitor.get(&path).await.assert(200);
        visitor.post(&path, &[("password", "short")]).await.assert(422);
        let new = "cinque gatti all'ombra";
        assert_eq!(
            visitor.post(&path, &[("password", new)]).await.assert(303).location(),
            "/sign-in"
        );
        assert!(!visitor.cookies.contains_key("voce"), "the link alone signs nobody in");
        signed_in.get("/account").await.assert(303);
        visitor.get(&path).await.assert(404);
        visitor.post(&path, &[("password", PASSWORD)]).await.assert(404);
        server.client().sign_in(&anna.email, new).await.assert(303);
    })
    .await;
}

#[tokio::test]
async fn teams_have_unique_names_and_exactly_the_people_who_are_ticked() {
    each_database(|db| async move {
        let server = TestApp::start(db).await;
        let mut admin = server.with_user(Role::Admin).await.client().await;
        let anna = server.with_user(Role::Agent).await;
        let page = admin
            .post("/settings/teams", &[("name", "Resi")])
            .await
            .assert(303)
            .location()
            .to_owned();
        assert!(
            admin
                .post("/settings/teams", &[("name", "Resi")])
                .await
                .assert(422)
                .shows("name-error")
        );
        let id = anna.id.to_string();
        admin
            .post(&page, &[("name", "Resi e cambi"), ("member", &id), ("member", &id)])
            .await
            .assert(303);
        assert!(admin.get(&format!("/settings/people/{id}")).await.shows("Resi e cambi"));
        admin.post(&page, &[("name", "Resi e cambi")]).await.assert(303);
        assert!(!admin.get(&format!("/settings/people/{id}")).await.shows("Resi e cambi"));
        admin.post(&format!("{page}/delete"), &[]).await.assert(303);
        admin.get(&page).await.assert(404);
    })
    .await;
}

#[tokio::test]
async fn the_company_changes_its_settings_and_sees_what_changed() {
    each_database(|db| async move {
        let server = TestApp::start(db.clone()).await;
        let mut admin = server.with_user(Role::Admin).await.client().await;
        let mut fields = vec![
            ("company", "Bottega Aurora"),
            ("zone", "Europe/Paris"),
            ("locale", "en"),
            ("country", "fr"),
        ];
        fields.extend([
            ("auto_close_days", ""),
            ("undo_seconds", "10"),
            ("retention_days", "30"),
        ]);
        admin.post("/settings/company", &fields).await.assert(303);
        let company = settings::company(&db).await.unwrap();
        assert_eq!(
            (company.zone.as_str(), company.auto_close_days, company.undo_seconds),
            ("Europe/Paris", None, 10)
        );
        fields[1].1 = "Mars/Olympus";
        assert!(
            admin
                .post("/settings/company", &fields)
                .await
                .assert(422)
                .shows("Mars/Olympus")
        );
        let log = admin.get("/settings/audit?area=company").await.assert(200);
        assert!(log.shows("Europe/Rome → Europe/Paris"), "{}", log.text());
    })
    .await;
}

#[tokio::test]
async fn the_audit_log_tells_what_happened_is_whole_and_leaves_without_formulas() {
    each_database(|db| async move {
        let server = TestApp::start(db.clone()).await;
        let admin = server.with_user(Role::Admin).await;
        let mut browser = server.client();
        browser.sign_in(&admin.email, "wrong password").await.assert(422);
        browser.sign_in(&admin.email, PASSWORD).await.assert(303);
        browser
            .post("/settings/teams", &[("name", "=HYPERLINK(1)")])
            .await
            .assert(303);
        let rows = audit::list(&db, &Filter::default(), 10).await.unwrap();
        let actions: Vec<&str> = rows.iter().map(|row| row.action.as_str()).collect();
        assert_eq!(actions, ["team.created", "session.opened", "session.refused"]);
        assert!(rows.iter().all(|row| !row.details.contains(PASSWORD)));

        browser.post("/settings/audit/verify", &[]).await.assert(303);
        assert!(
            browser
                .get("/settings/audit")
                .await
                .assert(200)
                .shows("data-kind=\"success\"")
        );
        assert_eq!(audit::verify(&db).await.unwrap(), Verdict::Whole { rows: 3 });
        let csv = browser.get("/settings/audit.csv?area=team").await.assert(200);
        assert!(csv.header("content-disposition").starts_with("attachment"));
        assert!(csv.shows(",'=HYPERLINK(1),") && !csv.shows("session.opened"));
        assert_eq!(
            audit::verify(&db).await.unwrap(),
            Verdict::Whole { rows: 4 },
            "the export is a row too"
        );
    })
    .await;
}

#[tokio::test]
async fn the_audit_log_is_paged_without_gaps() {
    each_database(|db| async move {
        let server = TestApp::start(db.clone()).await;
        let mut admin = server.with_user(Role::Admin).await.client().await;
        let mut tx = db.begin().await.unwrap();
        for at in 0..60 {
            audit::write(
                &mut tx,
                at,
                &audit::Who::default(),
                "user.disabled",
                "x",
                serde_json::Value::Null,
            )
            .await
            .unwrap();
        }
        tx.commit().await.unwrap();
        let first = admin.get("/settings/audit?area=user").await.assert(200);
        assert_eq!(first.text().matches("<tr id=\"audit-").count(), 50);
        let next = first
            .between("<a class=\"button button-s\" href=\"", "\"")
            .replace("&#38;", "&");
        let second = admin.get(&next).await.assert(200);
        assert_eq!(second.text().matches("<tr id=\"audit-").count(), 10);
        assert!(first.shows("audit-11\"") && second.shows("audit-10\"") && !second.shows("audit-11\""));
    })
    .await;
}

#[tokio::test]
async fn people_are_searched_and_filtered() {
    each_database(|db| async move {
        let server = TestApp::start(db).await;
        let admin = server.with_user(Role::Admin).await;
        let guest = server.with_user(Role::Guest).await;
        let mut browser = admin.client().await;
        let everybody = browser.get("/settings/people").await.assert(200);
        assert!(everybody.shows(&admin.email) && everybody.shows(&guest.email));
        let guests = browser.get("/settings/people?role=guest&q=ROSSI").await.assert(200);
        assert!(!guests.shows(&format!("user-{}", admin.id)) && guests.shows(&format!("user-{}", guest.id)));
    })
    .await;
}
