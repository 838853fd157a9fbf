use std::sync::{Arc, Mutex};

use uuid::Uuid;
use voce_domain::message::MessageKind;

use super::*;
use crate::http::{
    Client, Policy,
    testing::{self, serve},
};

fn account(config: Value) -> Account {
    Account {
        id: Uuid::now_v7(),
        kind: "mastodon".into(),
        name: "Shop".into(),
        address: "shop@example.com".into(),
        config,
        secrets: json!({}),
        cursor: Value::Null,
        reply_key: [0; 32],
    }
}

fn answer(text: &str, to: &[&str]) -> Outgoing {
    Outgoing {
        id: Uuid::now_v7(),
        conversation: Uuid::now_v7(),
        thread_key: "1".into(),
        kind: MessageKind::Comment,
        visibility: Visibility::Unlisted,
        to: to.iter().map(|handle| (*handle).to_owned()).collect(),
        cc: Vec::new(),
        from_name: None,
        subject: None,
        text: text.into(),
        html: None,
        in_reply_to: Some("113950".into()),
        references: Vec::new(),
        attachments: Vec::new(),
        meta: Default::default(),
    }
}

#[test]
fn people_who_are_answered_are_named() {
    let account = account(json!({}));
    for (written, to, expected) in [
        (
            "ciao",
            vec!["mastodon:giulia@altrove.example"],
            "@giulia@altrove.example ciao",
        ),
        ("ciao", vec!["mastodon:ugo@example.com"], "@ugo ciao"),
        (
            "ciao",
            vec!["mastodon:a@x.example", "mastodon:b@x.example"],
            "@a@x.example @b@x.example ciao",
        ),
        (
            "@Giulia@altrove.example ciao",
            vec!["mastodon:giulia@altrove.example"],
            "@Giulia@altrove.example ciao",
        ),
        ("ciao @ugo.", vec!["mastodon:ugo@example.com"], "ciao @ugo."),
        ("ciao @ugolino", vec!["mastodon:ugo@example.com"], "@ugo ciao @ugolino"),
        (
            "ciao @ugo@altrove.example",
            vec!["mastodon:ugo@example.com"],
            "@ugo ciao @ugo@altrove.example",
        ),
        (
            "ciao @a@x.example.org",
            vec!["mastodon:a@x.example"],
            "@a@x.example ciao @a@x.example.org",
        ),
        (
            "ciao",
            vec!["mastodon:a@x.example", "mastodon:a@x.example"],
            "@a@x.example ciao",
        ),
        ("ciao", vec!["mastodon:shop@example.com"], "ciao"),
        ("ciao", vec!["evil name"], "ciao"),
    ] {
        assert_eq!(text(&account, &answer(written, &to)), expected, "{written} {to:?}");
    }
}

/// A server that gives these answers, `None` for hanging up without one; the requests are kept.
async fn server(answers: Vec<Option<String>>) -> (Server, Arc<Mutex<Vec<String>>>) {
    let mut answers = answers.into_iter();
    let (address, requests) = serve(move |_| answers.next().expect("more requests than answers")).await;
    (Server::new(http(), &format!("http://{address}"), "t0k3n"), requests)
}

fn http() -> Client {
    Client::new(Policy {
        allow_private: true,
        ..Policy::default()
    })
}

fn reply(status: &str, body: &str) -> Option<String> {
    Some(testing::reply(status, "", body))
}

fn posted() -> Option<String> {
    reply("200 OK", r#"{"id":"114","url":"https://social.example.com/@shop/114"}"#)
}

fn mastodon() -> Instance {
    serde_json::from_value(json!({"version": "4.4.0", "configuration": {"statuses": {"max_characters": 500}}})).unwrap()
}

fn other() -> Instance {
    serde_json::from_value(json!({"version": "0.17.3+git"})).unwrap()
}

#[tokio::test]
async fn posts_with_all_it_needs() {
    let (server, requests) = server(vec![posted()]).await;
    let mut message = answer("ciao", &["mastodon:giulia@altrove.example"]);
    message.subject = Some("lamentela".into());
    let sent = send(&server, &mastodon(), &account(json!({"language": "it"})), &message)
        .await
        .unwrap();
    assert_eq!(
        (sent.external_id.as_str(), sent.url.as_deref()),
        ("114", Some("https://social.example.com/@shop/114"))
    );
    let request = requests.lock().unwrap().remove(0);
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    assert!(
        head.contains("authorization: Bearer t0k3n") && head.contains(&format!("idempotency-key: {}", message.id)),
        "{head}"
    );
    let expected = json!({
        "status": "@giulia@altrove.example ciao", "visibility": "unlisted", "in_reply_to_id": "113950",
        "spoiler_text": "lamentela", "sensitive": true, "language": "it"
    });
    assert_eq!(serde_json::from_str::<Value>(body).unwrap(), expected);
}

#[tokio::test]
async fn what_is_too_long_is_not_even_tried() {
    let (server, requests) = server(vec![]).await;
    let long = answer(&"a".repeat(501), &[]);
    let error = send(&server, &mastodon(), &account(json!({})), &long)
        .await
        .unwrap_err();
    assert!(
        matches!(&error, SendError::Rejected(reason) if reason.contains("501")),
        "{error}"
    );
    let error = send(
        &server,
        &mastodon(),
        &account(json!({"max_characters": "3"})),
        &answer("ciao", &[]),
    )
    .await
    .unwrap_err();
    assert!(matches!(error, SendError::Rejected(_)));
    assert!(requests.lock().unwrap().is_empty());
}

#[tokio::test]
async fn an_unclear_fate_is_cleared_by_the_same_key() {
    let (server, requests) = server(vec![None, posted()]).await;
    let message = answer("ciao", &[]);
    let sent = send(&server, &mastodon(), &account(json!({})), &message).await.unwrap();
    assert_eq!(sent.external_id, "114");
    let key = format!("idempotency-key: {}", message.id);
    assert!(requests.lock().unwrap().iter().all(|request| request.contains(&key)));
    assert_eq!(requests.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn elsewhere_a_person_decides() {
    for lost in [None, reply("500 Internal Server Error", "{}"), reply("200 OK", "{}")] {
        let (server, requests) = server(vec![lost]).await;
        let error = send(&server, &other(), &account(json!({})), &answer("ciao", &[]))
            .await
            .unwrap_err();
        assert!(matches!(error, SendError::Unknown(_)), "{error}");
        assert_eq!(requests.lock().unwrap().len(), 1);
    }
}

#[tokio::test]
async fn refusals_are_told_in_the_words_of_the_server() {
    for status in [
        "401 Unauthorized",
        "403 Forbidden",
        "404 Not Found",
        "410 Gone",
        "422 Unprocessable Entity",
    ] {
        let (server, _) = server(vec![reply(status, r#"{"error":"Validation failed: Text is bad"}"#)]).await;
        let error = send(&server, &mastodon(), &account(json!({})), &answer("ciao", &[]))
            .await
            .unwrap_err();
        assert!(
            matches!(&error, SendError::Rejected(reason) if reason.contains("Text is bad")),
            "{status} {error}"
        );
    }
    let limited = testing::reply(
        "429 Too Many Requests",
        "Retry-After: 7
",
        "",
    );
    let (limited, _) = server(vec![Some(limited)]).await;
    let error = send(&limited, &mastodon(), &account(json!({})), &answer("ciao", &[]))
        .await
        .unwrap_err();
    assert!(
        matches!(&error, SendError::Retry { after: Some(after), .. } if after.as_secs() == 7),
        "{error}"
    );
    let (down, _) = server(vec![reply("503 Service Unavailable", "{}")]).await;
    let error = send(&down, &mastodon(), &account(json!({})), &answer("ciao", &[]))
        .await
        .unwrap_err();
    assert!(matches!(error, SendError::Retry { .. }), "{error}");
    let nobody = Server::new(http(), "http://127.0.0.1:1", "t");
    let error = send(&nobody, &mastodon(), &account(json!({})), &answer("ciao", &[]))
        .await
        .unwrap_err();
    assert!(matches!(error, SendError::Retry { .. }), "{error}");
}

#[tokio::test]
async fn attachments_are_uploaded_and_waited_for() {
    let answers = vec![
        reply("404 Not Found", "{}"),
        reply("202 Accepted", r#"{"id":"77","url":null}"#),
        reply("206 Partial Content", r#"{"id":"77"}"#),
        reply("200 OK", r#"{"id":"77","url":"https://x.example/77.png"}"#),
        posted(),
    ];
    let (server, requests) = server(answers).await;
    let mut message = answer("ecco", &[]);
    let file = OutgoingAttachment {
        name: "pacco.png".into(),
        content_type: "image/png".into(),
        body: b"PNG".to_vec(),
    };
    message.attachments.push(file);
    send(&server, &mastodon(), &account(json!({})), &message).await.unwrap();
    let requests = requests.lock().unwrap();
    let starts: Vec<&str> = requests
        .iter()
        .map(|request| request.split(" HTTP").next().unwrap())
        .collect();
    let expected = [
        "POST /api/v2/media",
        "POST /api/v1/media",
        "GET /api/v1/media/77",
        "GET /api/v1/media/77",
        "POST /api/v1/statuses",
    ];
    assert_eq!(starts, expected);
    assert!(
        requests[1].contains("filename=\"pacco.png\"") && requests[1].contains("PNG"),
        "{}",
        requests[1]
    );
    assert!(requests[4].contains(r#""media_ids":["77"]"#), "{}", requests[4]);
}
