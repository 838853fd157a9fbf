//! The desk as people use it: lists, a case, answering, arranging, taking back, finding; and what strangers put into it.

mod changes;
mod sight;

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
            details: Some("{\"entities\":[{\"kind\":\"order\",\"start\":0,\"end\":1,\"value\":\"<img src=x onerror=alert(1)>\"}]}"),
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

/// The next piece of a body that does not end.
async fn next(body: &mut Body) -> Vec<u8> {
    let frame = std::future::poll_fn(|context| Pin::new(&mut *body).poll_frame(context)).await;
    let frame = frame.expect("the body goes on").expect("a frame");
    frame.into_data().expect("data").to_vec()
}
