//! The desk as people use it: lists, a case, answering, arranging, taking back, finding; and what strangers put into it.

use std::{pin::Pin, time::Duration};

use axum::{
    body::{Body, HttpBody},
    http::Method,
};
use serde_json::json;
use uuid::Uuid;
use voce_domain::{
    case::Priority,
    event::Actor,
    identity::{Address, IdentityKind},
    labels::{Labels, Urgency},
    message::{Automatic, Direction, MessageKind, Visibility},
    permission::Role,
};
use voce_store::{
    Db,
    accounts::{self, Settings},
    arrivals::{self, Conversation, NewContact, NewIdentity, NewMessage, Rows},
    cases::{self, CaseRow, Scope},
    count_queries, deliveries, messages,
    testing::each_database,
};

use crate::harness::{Answer, Client, TestApp};

const EVIL: &str = "<script>alert(1)</script>";

/// A mailbox of the company.
async fn mailbox(db: &Db) -> Uuid {
    let id = Uuid::now_v7();
    let config = json!({});
    let settings = Settings {
        name: "Assistenza",
        address: "a@example.it",
        config: &config,
        secrets: None,
        team_id: None,
    };
    let mut tx = db.begin().await.unwrap();
    accounts::create(&mut tx, id, "email", &settings, Actor::SYSTEM, 1)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    id
}

/// A customer who wrote: name, subject and texts; the last one with HTML. Returns the number of the case.
async fn wrote(db: &Db, account: Uuid, name: &str, subject: &str, texts: &[&str], html: Option<&str>) -> i64 {
    let (case, contact, conversation) = (Uuid::now_v7(), Uuid::now_v7(), Uuid::now_v7());
    let address = Address::new(IdentityKind::Email, format!("{}@example.org", contact.simple()));
    let ids: Vec<(Uuid, String)> = texts
        .iter()
        .map(|_| Uuid::now_v7())
        .map(|id| (id, id.to_string()))
        .collect();
    let labels = Labels {
        language: Some("it".into()),
        ..Labels::unknown()
    };
    let mut tx = db.begin().await.unwrap();
    let number = arrivals::reserve_numbers(&mut tx, 1).await.unwrap();
    let at = number * 100_000;
    let mut rows = Rows::default();
    rows.contacts.push(NewContact {
        id: contact,
        name: name.into(),
        language: None,
        avatar_url: None,
        addresses: vec![address.clone()],
        created_at: 1,
    });
    rows.identities.push(NewIdentity {
        id: Uuid::now_v7(),
        address,
        contact_id: contact,
        name: None,
        created_at: 1,
    });
    rows.conversations.push(Conversation {
        id: conversation,
        account_id: account,
        thread_key: case.to_string(),
        subject: Some(subject.into()),
        contact_id: contact,
        case_id: case,
        created_at: 1,
    });
    rows.cases.push(CaseRow {
        id: case,
        number,
        subject: subject.into(),
        preview: texts.last().copied().unwrap_or_default().into(),
        contact_id: contact,
        account_id: account,
        state: "new".into(),
        waiting: None,
        waiting_until: None,
        owner_id: None,
        team_id: None,
        priority: Priority::Normal.key().into(),
        language: None,
        request_type: None,
        urgency: Urgency::Normal.key().into(),
        sentiment_score: 0.0,
        noise: None,
        active: true,
        messages: texts.len() as i64,
        unanswered_since: Some(at),
        last_message_at: at + texts.len() as i64,
        first_answer_at: None,
        resolved_at: None,
        merged_into: None,
        version: 1,
        created_at: at,
        updated_at: at,
    });
    for (turn, (text, (id, external_id))) in texts.iter().zip(&ids).enumerate() {
        rows.messages.push(NewMessage {
            id: *id,
            account_id: account,
            conversation_id: conversation,
            case_id: case,
            external_id,
            direction: Direction::Inbound,
            kind: MessageKind::Mail,
            visibility: Visibility::Private,
            contact_id: Some(contact),
            identity_id: None,
            author_name: name,
            subject: Some(subject),
            body: text,
            html: html.filter(|_| turn + 1 == texts.len()),
            url: None,
            meta: None,
            automatic: Automatic::No,
            attachments: 0,
            sent_at: at + turn as i64,
            created_at: at + turn as i64,
            labels: Some(&labels),
            evidence: Some("[{\"label\":\"sentiment\",\"words\":\"<script>alert(1)</script>\",\"weight\":1.0}]"),
        });
    }
    arrivals::write(&mut tx, &rows).await.unwrap();
    tx.commit().await.unwrap();
    number
}

async fn case(db: &Db, number: i64) -> CaseRow {
    cases::by_number(db, Scope::All, number).await.unwrap()
}

/// A form with files, as a browser sends it.
async fn send(client: &mut Client, path: &str, fields: &[(&str, &str)], files: &[(&str, &str, &str)]) -> Answer {
    let mut body = String::new();
    for (name, value) in fields {
        body.push_str(&format!(
            "--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
        ));
    }
    for (name, kind, bytes) in files {
        body.push_str(&format!(
            "--x\r\nContent-Disposition: form-data; name=\"files\"; filename=\"{name}\"\r\nContent-Type: {kind}\r\n\r\n{bytes}\r\n"
        ));
    }
    body.push_str("--x--\r\n");
    client
        .send(
            Method::POST,
            path,
            Body::from(body),
            Some("multipart/form-data; boundary=x"),
        )
        .await
        .read()
        .await
}

/// The way by which the open case can be answered.
async fn way(client: &mut Client, number: i64) -> String {
    let page = client.get(&format!("/cases/{number}")).await.assert(200);
    page.between("name=\"visibility\"", "</select>")
        .split('"')
        .find(|part| part.ends_with(":private"))
        .expect("a way")
        .to_owned()
}

/// Follows what an action answered and presses the undo of its page.
async fn undo(client: &mut Client, done: &Answer) -> Answer {
    let page = client.get(done.location()).await.assert(200);
    let path = page
        .between("action=\"/undo?", "\"")
        .replace("&amp;", "&")
        .replace("&#38;", "&");
    client.post(&format!("/undo?{path}"), &[]).await.assert(303)
}

#[tokio::test]
async fn pages_make_a_fixed_number_of_queries() {
    each_database(|db| async move {
        let server = TestApp::start(db.clone()).await;
        let mut agent = server.with_user(Role::Agent).await.client().await;
        let account = mailbox(&db).await;
        let number = wrote(&db, account, "Marta", "Pacco", &["Dov'è il pacco?"], None).await;
        let paths = [
            "/desk?view=all".to_owned(),
            format!("/cases/{number}?view=all"),
            "/search?q=pacco".to_owned(),
            "/search/palette?q=pacco".to_owned(),
        ];
        let mut few = Vec::new();
        for path in &paths {
            let mut client = agent.clone();
            agent.get(path).await.assert(200);
            few.push(count_queries(async move { client.get(path).await.assert(200) }).await.1);
        }
        for at in 0..70 {
            let texts: Vec<String> = (0..5).map(|turn| format!("pacco {at} {turn}")).collect();
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            wrote(&db, account, &format!("Cliente {at}"), "Pacco", &texts, None).await;
        }
        let texts: Vec<&str> = std::iter::repeat_n("pacco", 50).collect();
        let long = wrote(&db, account, "Lunga", "Storia", &texts, None).await;
        let paths = [
            paths[0].clone(),
            format!("/cases/{long}?view=all"),
            paths[2].clone(),
            paths[3].clone(),
        ];
        for (path, few) in paths.iter().zip(few) {
            let mut client = agent.clone();
            let (page, many) = count_queries(async move { client.get(path).await.assert(200) }).await;
            assert_eq!(many, few, "{path}");
            assert!(page.shows("acco"), "{path}");
        }
    })
    .await;
}

#[tokio::test]
async fn what_strangers_write_stays_text() {
    each_database(|db| async move {
        let server = TestApp::start(db.clone()).await;
        let mut admin = server.with_user(Role::Admin).await.client().await;
        let account = mailbox(&db).await;
        let html = format!("<p onclick=\"alert(1)\">Ciao {EVIL}</p><img src=\"https://tracker.example/x.gif\">");
        let number = wrote(
            &db,
            account,
            EVIL,
            EVIL,
            &["\"'><img src=x onerror=alert(1)> <script>alert(1)</script>"],
            Some(&html),
        )
        .await;
        admin
            .post(&format!("/cases/{number}/tags"), &[("name", EVIL)])
            .await
            .assert(303);
        admin
            .post(
                "/settings/canned",
                &[("shortcut", "evil"), ("title", EVIL), ("body", EVIL)],
            )
            .await
            .assert(303);
        admin
            .post("/settings/request-types", &[("name", EVIL)])
            .await
            .assert(303);
        let named = [("name", EVIL)];
        admin.post("/views?view=all&language=it", &named).await.assert(303);
        for path in [
            "/desk?view=all".to_owned(),
            "/desk?view=all&q=%3Cscript%3Ealert(1)%3C/script%3E&owner=%22%3E%3Cscript%3Ealert(1)%3C/script%3E"
                .to_owned(),
            format!("/cases/{number}?view=all"),
            "/search?q=script".to_owned(),
            "/search?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E&state=%3Cscript%3Ealert(1)".to_owned(),
            "/search/palette?q=script".to_owned(),
            "/settings/tags".to_owned(),
            "/settings/canned".to_owned(),
            "/settings/request-types".to_owned(),
            "/cases/new?to=%22%3E%3Cscript%3Ealert(1)%3C/script%3E".to_owned(),
        ] {
            let page = admin.get(&path).await.assert(200).text();
            assert!(
                !page.contains("<script>alert") && !page.contains("<img src=x"),
                "{path}: {page}"
            );
        }
        let id = messages::of_case(&db, Scope::All, case(&db, number).await.id, None, 9)
            .await
            .unwrap()
            .messages[0]
            .id;
        let frame = admin.get(&format!("/messages/{id}/html")).await.assert(200);
        assert!(frame.shows("Ciao") && !frame.shows("script") && !frame.shows("onclick") && !frame.shows("tracker"));
        assert!(frame.header("content-security-policy").starts_with("sandbox"));
        assert!(!frame.header("content-security-policy").contains("allow-scripts"));
    })
    .await;
}

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
async fn files_come_back_harmless() {
    each_database(|db| async move {
        let server = TestApp::start(db.clone()).await;
        let mut agent = server.with_user(Role::Agent).await.client().await;
        let mut guest = server.with_user(Role::Guest).await.client().await;
        let account = mailbox(&db).await;
        let number = wrote(&db, account, "Marta", "Pacco", &["Dov'è?"], None).await;
        let note = [("kind", "note"), ("idempotency_key", "n"), ("body", "")];
        let files = [
            ("foto.png", "image/png", "PNG"),
            ("x.svg", "image/svg+xml", "<svg onload=alert(1)>"),
            ("../../a\u{e8}.html", "text/html", EVIL),
        ];
        send(&mut agent, &format!("/cases/{number}/messages"), &note, &files)
            .await
            .assert(303);
        let said = messages::of_case(&db, Scope::All, case(&db, number).await.id, None, 9)
            .await
            .unwrap()
            .messages;
        let mut stored = voce_store::attachments::of_messages(&db, &[said[1].id]).await.unwrap();
        stored.sort_by_key(|file| file.position);
        let mut seen = Vec::new();
        for file in &stored {
            let path = format!("/attachments/{}", file.id);
            guest.get(&path).await.assert(404);
            let answer = agent.get(&path).await.assert(200);
            assert!(answer.header("content-security-policy").starts_with("sandbox"));
            assert_eq!(answer.header("x-content-type-options"), "nosniff");
            seen.push((
                answer.header("content-type").to_owned(),
                answer.header("content-disposition").to_owned(),
            ));
        }
        assert_eq!(
            seen[0],
            ("image/png".into(), "inline; filename*=UTF-8''foto.png".into())
        );
        assert_eq!(
            seen[1],
            (
                "application/octet-stream".into(),
                "attachment; filename*=UTF-8''x.svg".into()
            )
        );
        assert_eq!(
            seen[2],
            (
                "application/octet-stream".into(),
                "attachment; filename*=UTF-8''a%C3%A8.html".into()
            )
        );
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

/// The next piece of a body that does not end.
async fn next(body: &mut Body) -> Vec<u8> {
    let frame = std::future::poll_fn(|context| Pin::new(&mut *body).poll_frame(context)).await;
    let frame = frame.expect("the body goes on").expect("a frame");
    frame.into_data().expect("data").to_vec()
}
