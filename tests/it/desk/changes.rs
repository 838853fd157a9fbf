//! What is done at the desk, and its way back.

use super::*;

#[tokio::test]
async fn an_answer_goes_out_once_and_comes_back_whole() {
    each_database(|db| async move {
        let server = TestApp::start(db.clone()).await;
        let person = server.with_user(Role::Agent).await;
        let mut agent = person.client().await;
        let account = mailbox(&db).await;
        let number = wrote(&db, account, "Marta Bianchi", "Pacco", &["Dov'è?"], None).await;
        let path = format!("/cases/{number}/messages?view=all");
        let way = way(&mut agent, number).await;
        let answer = |key: &'static str, body: &'static str| {
            vec![
                ("kind", "reply"),
                ("idempotency_key", key),
                ("visibility", way.as_str()),
                ("body", body),
                ("then", "resolve"),
            ]
        };
        let empty = send(&mut agent, &path, &answer("a", "  "), &[]).await.assert(422);
        assert!(empty.shows("Write something") && empty.shows("composer"));
        send(
            &mut agent,
            &path,
            &[
                ("kind", "reply"),
                ("idempotency_key", "b"),
                ("visibility", "nonsense"),
                ("body", "x"),
            ],
            &[],
        )
        .await
        .assert(422);
        let sent = send(
            &mut agent,
            &path,
            &answer("c", "Buongiorno Marta"),
            &[("a.txt", "text/plain", "ciao")],
        )
        .await
        .assert(303);
        assert_eq!(sent.location(), format!("/cases/{number}?view=all"));
        let mut before = agent.clone();
        send(&mut agent, &path, &answer("c", "Buongiorno Marta"), &[])
            .await
            .assert(303);
        let answered = case(&db, number).await;
        assert_eq!(
            (answered.state.as_str(), answered.owner_id, answered.messages),
            ("resolved", Some(person.id), 2)
        );
        let said = messages::of_case(&db, Scope::All, answered.id, None, 9)
            .await
            .unwrap()
            .messages;
        assert_eq!(
            (said.len(), said[1].subject.as_deref(), said[1].attachments),
            (2, Some("Re: Pacco"), 1)
        );
        let queued = deliveries::of_messages(&db, &[said[1].id]).await.unwrap();
        assert_eq!((queued.len(), queued[0].state.as_str()), (1, "queued"));
        assert!(queued[0].next_at.unwrap() > said[1].created_at);
        let page = agent.get(&format!("/cases/{number}")).await.assert(200);
        assert!(page.shows("Buongiorno Marta") && page.shows("Leaving"));
        // The page has shown the flash: it is not shown again.
        assert!(!agent.get(&format!("/cases/{number}")).await.shows("action=\"/undo"));

        let undone = undo(&mut before, &sent).await;
        assert_eq!(undone.location(), format!("/cases/{number}?view=all"));
        let back = case(&db, number).await;
        assert_eq!((back.state.as_str(), back.owner_id, back.messages), ("new", None, 1));
        assert!(
            agent
                .get(&format!("/cases/{number}"))
                .await
                .assert(200)
                .shows(">Buongiorno Marta</textarea>")
        );
    })
    .await;
}

#[tokio::test]
async fn every_action_has_its_way_back() {
    each_database(|db| async move {
        let server = TestApp::start(db.clone()).await;
        let person = server.with_user(Role::Agent).await;
        let mut agent = person.client().await;
        let account = mailbox(&db).await;
        let number = wrote(&db, account, "Marta", "Pacco", &["uno", "due"], None).await;
        let other = wrote(&db, account, "Luca", "Fattura", &["tre"], None).await;
        let before = case(&db, number).await;
        let me = person.id.to_string();
        for (action, form) in [
            ("assign", vec![("owner", me.as_str())]),
            ("state", vec![("step", "customer")]),
            ("state", vec![("step", "until"), ("until", "tomorrow")]),
            ("state", vec![("step", "resolve")]),
            ("state", vec![("step", "close")]),
            ("priority", vec![("priority", "urgent")]),
            ("tags", vec![("name", "resi")]),
            ("subject", vec![("subject", "Altro")]),
        ] {
            let done = agent
                .post(&format!("/cases/{number}/{action}"), &form)
                .await
                .assert(303);
            assert_ne!(case(&db, number).await.version, before.version, "{action} {form:?}");
            undo(&mut agent, &done).await;
            let after = case(&db, number).await;
            let same = CaseRow {
                version: 0,
                updated_at: 0,
                ..after.clone()
            };
            assert_eq!(
                same,
                CaseRow {
                    version: 0,
                    updated_at: 0,
                    ..before.clone()
                },
                "{action} {form:?}"
            );
        }
        agent
            .post(
                &format!("/cases/{number}/state"),
                &[("step", "until"), ("until", "yesterday")],
            )
            .await
            .assert(422);
        agent
            .post(&format!("/cases/{number}/assign"), &[("owner", "nonsense")])
            .await
            .assert(422);

        let merged = agent
            .post(&format!("/cases/{number}/merge"), &[("other", &format!("#{other}"))])
            .await
            .assert(303);
        assert_eq!(case(&db, number).await.messages, 3);
        agent.get(&format!("/cases/{other}")).await.assert(303);
        undo(&mut agent, &merged).await;
        assert_eq!(
            (case(&db, number).await.messages, case(&db, other).await.messages),
            (2, 1)
        );
        agent
            .post(&format!("/cases/{number}/merge"), &[("other", "99999")])
            .await
            .assert(422);

        let ids = messages::of_case(&db, Scope::All, before.id, None, 9)
            .await
            .unwrap()
            .messages;
        let last = ids[1].id.to_string();
        let split = agent
            .post(
                &format!("/cases/{number}/split"),
                &[("message", last.as_str()), ("subject", "Nuovo")],
            )
            .await
            .assert(303);
        assert_eq!(case(&db, number).await.messages, 1);
        assert!(agent.get(split.location()).await.assert(200).shows("Nuovo"));

        let label = format!("/messages/{last}/labels");
        let right = agent
            .post(&label, &[("label", "sentiment"), ("value", "negative")])
            .await
            .assert(303);
        assert!(
            agent
                .get(right.location())
                .await
                .assert(200)
                .shows("Corrected by Anna Rossi")
        );
        agent
            .post(&label, &[("label", "sentiment"), ("value", "sad")])
            .await
            .assert(409);

        let (a, b) = (number.to_string(), other.to_string());
        let bulk = agent
            .post(
                "/desk/bulk?view=all",
                &[("case", &a), ("case", &b), ("owner", &me), ("step", "resolve")],
            )
            .await
            .assert(303);
        assert_eq!(
            (case(&db, number).await.state, case(&db, other).await.state),
            ("resolved".into(), "resolved".into())
        );
        undo(&mut agent, &bulk).await;
        assert_eq!(
            (case(&db, number).await.owner_id, case(&db, other).await.state),
            (None, "new".into())
        );
        agent.post("/desk/bulk", &[("step", "resolve")]).await.assert(422);
    })
    .await;
}

#[tokio::test]
async fn a_new_message_opens_a_case() {
    each_database(|db| async move {
        let server = TestApp::start(db.clone()).await;
        let mut agent = server.with_user(Role::Agent).await.client().await;
        assert!(
            agent
                .get("/cases/new")
                .await
                .assert(200)
                .shows("No channel to write from")
        );
        let account = mailbox(&db).await.to_string();
        let form = |to: &'static str, subject: &'static str| {
            vec![
                ("account", account.as_str()),
                ("to", to),
                ("subject", subject),
                ("body", "Buongiorno"),
                ("idempotency_key", "k"),
            ]
        };
        assert!(
            send(&mut agent, "/cases/new", &form("nobody", "Ciao"), &[])
                .await
                .assert(422)
                .shows("does not fit")
        );
        assert!(
            send(&mut agent, "/cases/new", &form("marta@example.it", ""), &[])
                .await
                .assert(422)
                .shows("wants a subject")
        );
        let done = send(&mut agent, "/cases/new", &form("marta@example.it", "Ciao"), &[])
            .await
            .assert(303);
        assert_eq!(done.location(), "/cases/1");
        send(&mut agent, "/cases/new", &form("marta@example.it", "Ciao"), &[])
            .await
            .assert(303);
        let opened = case(&db, 1).await;
        assert_eq!((opened.state.as_str(), opened.messages), ("open", 1));
        assert!(cases::by_number(&db, Scope::All, 2).await.is_err());
        assert!(agent.get("/cases/1").await.assert(200).shows("marta@example.it"));
    })
    .await;
}
