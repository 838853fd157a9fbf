//! Who sees what, and when.

use super::*;

#[tokio::test]
async fn people_do_what_their_role_allows_and_see_what_is_theirs() {
    each_database(|db| async move {
        let server = TestApp::start(db.clone()).await;
        let guest = server.with_user(Role::Guest).await;
        let (mut agent, mut outsider) = (server.with_user(Role::Agent).await.client().await, guest.client().await);
        let mut analyst = server.with_user(Role::Analyst).await.client().await;
        let account = mailbox(&db).await;
        let hidden = wrote(&db, account, "Marta", "Segreto", &["riservato"], None).await;
        let shared = wrote(&db, account, "Luca", "Condiviso", &["aperto"], None).await;
        agent
            .post(&format!("/cases/{shared}/assign"), &[("owner", &guest.id.to_string())])
            .await
            .assert(303);
        let id = messages::of_case(&db, Scope::All, case(&db, hidden).await.id, None, 9)
            .await
            .unwrap()
            .messages[0]
            .id;
        for path in [format!("/cases/{hidden}"), format!("/messages/{id}/html")] {
            outsider.get(&path).await.assert(404);
        }
        let list = outsider.get("/desk?view=all").await.assert(200);
        assert!(list.shows("Condiviso") && !list.shows("Segreto"));
        assert!(!outsider.get("/search?q=riservato").await.assert(200).shows("Segreto"));
        let open = outsider.get(&format!("/cases/{shared}")).await.assert(200);
        assert!(open.shows("aperto") && !open.shows("@example.org</span><button"));
        outsider
            .post(&format!("/cases/{hidden}/presence"), &[("state", "looking")])
            .await
            .assert(404);
        outsider
            .post(&format!("/cases/{shared}/state"), &[("step", "resolve")])
            .await
            .assert(403);
        let note = [("kind", "note"), ("idempotency_key", "n"), ("body", "visto")];
        send(&mut outsider, &format!("/cases/{hidden}/messages"), &note, &[])
            .await
            .assert(404);
        send(&mut outsider, &format!("/cases/{shared}/messages"), &note, &[])
            .await
            .assert(303);
        let reply = [
            ("kind", "reply"),
            ("idempotency_key", "r"),
            ("body", "x"),
            ("visibility", "x"),
        ];
        send(&mut outsider, &format!("/cases/{shared}/messages"), &reply, &[])
            .await
            .assert(403);
        assert!(agent.get(&format!("/cases/{shared}")).await.assert(200).shows("visto"));
        analyst.get(&format!("/cases/{hidden}")).await.assert(200);
        send(&mut analyst, &format!("/cases/{hidden}/messages"), &note, &[])
            .await
            .assert(403);
        analyst
            .post("/desk/bulk", &[("case", "1"), ("step", "resolve")])
            .await
            .assert(403);
        server.client().get("/desk").await.assert(303);
    })
    .await;
}

#[tokio::test]
async fn a_mention_brings_the_case_to_the_one_who_is_named() {
    each_database(|db| async move {
        let server = TestApp::start(db.clone()).await;
        let mut agent = server.with_user(Role::Agent).await.client().await;
        let mut guest = server.with_user(Role::Guest).await.client().await;
        let account = mailbox(&db).await;
        let number = wrote(&db, account, "Marta", "Pacco", &["Dov'è?"], None).await;
        guest.get(&format!("/cases/{number}")).await.assert(404);
        let people = agent.get("/people.json?q=ros").await.assert(200);
        assert!(people.shows("Anna Rossi"));
        let note = [
            ("kind", "note"),
            ("idempotency_key", "n"),
            ("body", "@Anna Rossi guarda"),
        ];
        send(&mut agent, &format!("/cases/{number}/messages"), &note, &[])
            .await
            .assert(303);
        // Both are called Anna Rossi; nobody is told of what they wrote themselves.
        guest.get(&format!("/cases/{number}")).await.assert(200);
        assert!(guest.get("/desk?view=mentions").await.assert(200).shows("Pacco"));
        assert!(
            !agent
                .get("/desk?view=mentions")
                .await
                .assert(200)
                .shows(&format!("id=\"case-{number}\""))
        );
    })
    .await;
}

#[tokio::test]
async fn the_open_page_hears_of_its_case() {
    each_database(|db| async move {
        let server = TestApp::start(db.clone()).await;
        let mut agent = server.with_user(Role::Agent).await.client().await;
        let account = mailbox(&db).await;
        let number = wrote(&db, account, "Marta", "Pacco", &["Dov'è?"], None).await;
        let path = format!("/live?watch=desk&case={}", case(&db, number).await.id);
        let open = agent.send(Method::GET, &path, Body::empty(), None).await.0;
        assert_eq!(open.headers()["content-type"], "text/event-stream");
        agent
            .post(&format!("/cases/{number}/priority"), &[("priority", "high")])
            .await
            .assert(303);
        let mut news = open.into_body();
        let first = tokio::time::timeout(Duration::from_secs(30), next(&mut news))
            .await
            .expect("news comes");
        assert!(String::from_utf8_lossy(&first).contains("event: refresh"));
        agent
            .post(&format!("/cases/{number}/presence"), &[("state", "typing")])
            .await
            .assert(204);
        let mut colleague = server.with_user(Role::Agent).await.client().await;
        assert!(
            colleague
                .get(&format!("/cases/{number}"))
                .await
                .assert(200)
                .shows("Anna is writing")
        );
    })
    .await;
}
