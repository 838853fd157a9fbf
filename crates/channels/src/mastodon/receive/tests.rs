use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use async_trait::async_trait;
use tokio::sync::Notify;
use uuid::Uuid;

use super::*;
use crate::http::{
    Client, Policy,
    testing::{reply, serve},
};

#[derive(Default)]
struct Kept {
    ids: Mutex<Vec<String>>,
    cursor: Mutex<Option<Value>>,
    came: Notify,
}

#[async_trait]
impl Sink for Kept {
    async fn accept(&self, items: Vec<NewRaw>, cursor: Option<Value>) -> Result<(), SinkError> {
        for item in items {
            let value: Value = serde_json::from_slice(&item.body).unwrap();
            self.ids
                .lock()
                .unwrap()
                .push(format!("{} {}", item.format, value["id"].as_str().unwrap()));
        }
        if let Some(cursor) = cursor {
            *self.cursor.lock().unwrap() = Some(cursor);
        }
        self.came.notify_one();
        Ok(())
    }

    async fn health(&self, _: Option<String>) {}
}

impl Kept {
    async fn wait_for(&self, id: &str) {
        while !self.ids.lock().unwrap().iter().any(|kept| kept == id) {
            self.came.notified().await;
        }
    }
}

fn notification(id: u32) -> Value {
    json!({"id": id.to_string(), "type": "follow", "created_at": "2020-01-01T00:00:00Z", "account": {"id": "2", "acct": "anna"}})
}

/// The entries of a list that the query asks for, newest first as servers give them.
fn page(ids: &[u32], request: &str) -> String {
    let after = request
        .split("min_id=")
        .nth(1)
        .and_then(|rest| rest.split(['&', ' ']).next())
        .map(|id| id.parse().unwrap());
    let mut entries: Vec<Value> = ids
        .iter()
        .copied()
        .filter(|id| after.is_none_or(|after: u32| *id > after))
        .map(notification)
        .collect();
    entries.reverse();
    reply("200 OK", "", &json!(entries).to_string())
}

/// A server whose stream gives notification 11, loses 12, and breaks.
#[tokio::test]
async fn what_the_stream_loses_comes_late_and_nothing_comes_twice() {
    let (streams, mut lists_since) = (Arc::new(AtomicUsize::new(0)), 0);
    let opened = streams.clone();
    let (address, _) = serve(move |request: &str| {
        let path = request.split(' ').nth(1).unwrap();
        match path.split('?').next().unwrap() {
            "/api/v1/accounts/verify_credentials" => reply("200 OK", "", r#"{"id":"1","acct":"shop"}"#),
            "/api/v2/instance" => reply("200 OK", "", "{}"),
            "/api/v1/streaming/user" => {
                opened.fetch_add(1, Ordering::SeqCst);
                let event = format!(":hi\n\nevent: notification\ndata: {}\n\n", notification(11));
                format!("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n{event}")
            }
            "/api/v1/notifications" => {
                // The list that is read while the stream opens does not show 11 and 12 yet.
                lists_since += opened.load(Ordering::SeqCst).min(1);
                page(if lists_since > 1 { &[9, 10, 11, 12] } else { &[9, 10] }, request)
            }
            _ => reply("404 Not Found", "", "{}"),
        }
    })
    .await;
    let http = Client::new(Policy {
        allow_private: true,
        ..Policy::default()
    });
    let server = Server::new(http, &format!("http://{address}"), "token");
    let account = Account {
        id: Uuid::now_v7(),
        kind: "mastodon".into(),
        name: "Shop".into(),
        address: "shop@example.com".into(),
        config: json!({}),
        secrets: json!({}),
        cursor: json!({"notification_id": "9"}),
        reply_key: [0; 32],
    };
    let kept = Kept::default();
    tokio::select! {
        over = run(&server, &account, &kept) => panic!("{over:?}"),
        () = kept.wait_for("notification 12") => {}
    }
    assert_eq!(
        *kept.ids.lock().unwrap(),
        ["notification 10", "notification 11", "notification 12"]
    );
    assert_eq!(kept.cursor.lock().unwrap().as_ref().unwrap()["notification_id"], "12");
    assert!(streams.load(Ordering::SeqCst) >= 1);
}

/// A new account does not bring what was said long before it was set up, but knows where it stands.
#[tokio::test]
async fn a_new_account_begins_where_it_was_set_up() {
    let (address, _) = serve(|request: &str| {
        let path = request.split(' ').nth(1).unwrap();
        match path.split('?').next().unwrap() {
            "/api/v1/accounts/verify_credentials" => reply("200 OK", "", r#"{"id":"1","acct":"shop"}"#),
            "/api/v1/notifications" if path.contains("min_id") => {
                let fresh =
                    json!([{"id": "12", "type": "follow", "created_at": "2020-01-01T00:00:00Z", "account": null}]);
                let fresh = if path.contains("min_id=12") { json!([]) } else { fresh };
                reply("200 OK", "", &fresh.to_string())
            }
            "/api/v1/notifications" => page(&[9, 10, 11], request),
            "/api/v1/accounts/1/statuses" => reply("200 OK", "", "[]"),
            _ => reply("404 Not Found", "", "{}"),
        }
    })
    .await;
    let http = Client::new(Policy {
        allow_private: true,
        ..Policy::default()
    });
    let server = Server::new(http, &format!("http://{address}"), "token");
    let kept = Kept::default();
    let mut receiver = Receiver {
        server: &server,
        sink: &kept,
        me: Id("1".into()),
        own_list: "/api/v1/accounts/1/statuses".into(),
        since: now() - BEFORE_SET_UP,
        cursor: Cursor::default(),
        streamed: HashSet::new(),
        settling: HashMap::new(),
    };
    assert!(receiver.catch_up().await.unwrap());
    assert_eq!(*kept.ids.lock().unwrap(), ["notification 12"]);
    assert_eq!(
        receiver.cursor,
        Cursor {
            notification_id: Some("12".into()),
            status_id: None
        }
    );
    assert!(!receiver.catch_up().await.unwrap());
}
