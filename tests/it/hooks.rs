//! Web hooks both ways: what comes in signed, and what goes out.

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::State,
    http::{HeaderMap, Method, StatusCode},
};
use serde_json::{Value, json};
use uuid::Uuid;
use voce_channels::{
    http::{Client as HttpClient, Policy},
    standard_webhooks::{self, sign},
};
use voce_domain::{event::EventKind, permission::Role};
use voce_events::{Listener, hooks::WebHooks};
use voce_jobs::{Parts, hooks::deliver_due};
use voce_store::{
    Db, events,
    testing::each_database,
    web_hooks::{self, Settings},
};
use voce_web::state::now;

use crate::{
    api::{intake_account, message, process},
    harness::{Client, TestApp},
};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// A request as a sender makes it who knows the secret.
async fn signed(client: &Client, path: &str, secret: &str, at: i64, body: &str) -> StatusCode {
    let mut client = client
        .clone()
        .with_header(standard_webhooks::ID, "msg_1")
        .with_header(standard_webhooks::TIMESTAMP, &at.to_string())
        .with_header(
            standard_webhooks::SIGNATURE,
            &sign(secret, "msg_1", at, body.as_bytes()),
        );
    let kind = Some("application/json");
    client
        .send(Method::POST, path, Body::from(body.to_owned()), kind)
        .await
        .0
        .status()
}

#[tokio::test]
async fn only_who_knows_the_secret_gets_in_and_a_replay_changes_nothing() {
    each_database(|db| async move {
        let server = TestApp::start(db.clone()).await;
        server.with_user(Role::Admin).await;
        let account = intake_account(&server, json!({}), SECRET).await;
        let path = format!("/hooks/in/{account}");
        let client = server.client();
        let body = message("h1", "Dov'è il pacco?").to_string();
        let now = now() / 1000;
        for (what, path, secret, at) in [
            ("forged", path.clone(), "whsec_AAAA", now),
            ("old", path.clone(), SECRET, now - 600),
            ("from the future", path.clone(), SECRET, now + 600),
            ("unknown", format!("/hooks/in/{}", Uuid::now_v7()), SECRET, now),
            ("no id", "/hooks/in/1".into(), SECRET, now),
        ] {
            assert_eq!(signed(&client, &path, secret, at, &body).await, 401, "{what}");
        }
        let kind = Some("application/json");
        let unsigned = client
            .clone()
            .send(Method::POST, &path, Body::from(body.clone()), kind)
            .await;
        assert_eq!(unsigned.0.status(), 401);
        let large = " ".repeat(10 * 1024 * 1024 + 1);
        assert_eq!(signed(&client, &path, SECRET, now, &large).await, 413);
        assert_eq!(process(&server).await, 0);

        for _ in 0..3 {
            assert_eq!(signed(&client, &path, SECRET, now, &body).await, 202);
        }
        assert_eq!(process(&server).await, 3);
        let facts = events::after(&db, Default::default(), 500).await.unwrap();
        let received = facts
            .iter()
            .filter(|fact| fact.event.kind == EventKind::MessageReceived);
        assert_eq!(received.count(), 1);
    })
    .await;
}

/// What a receiver was sent, and what it answers.
#[derive(Clone)]
struct Receiver {
    heard: Arc<Mutex<Vec<(HeaderMap, Bytes)>>>,
    status: Arc<Mutex<StatusCode>>,
}

impl Receiver {
    async fn start() -> (Self, String) {
        let receiver = Self {
            heard: Arc::default(),
            status: Arc::new(Mutex::new(StatusCode::NO_CONTENT)),
        };
        let take = async |State(receiver): State<Self>, headers: HeaderMap, body: Bytes| {
            receiver.heard.lock().unwrap().push((headers, body));
            *receiver.status.lock().unwrap()
        };
        let router = Router::new().fallback(take).with_state(receiver.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/in", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        (receiver, url)
    }

    fn answers(&self, status: StatusCode) {
        *self.status.lock().unwrap() = status;
    }

    fn take(&self) -> Vec<(HeaderMap, Bytes)> {
        std::mem::take(&mut *self.heard.lock().unwrap())
    }
}

async fn hook(server: &TestApp, url: &str, kinds: &[EventKind]) -> Uuid {
    let id = Uuid::now_v7();
    let sealed = server.app.vault.seal(&web_hooks::purpose(id), SECRET.as_bytes());
    let mut tx = server.db.begin().await.unwrap();
    web_hooks::create(
        &mut tx,
        id,
        &Settings {
            name: "Hook",
            url,
            events: kinds,
        },
        &sealed,
        1,
    )
    .await
    .unwrap();
    tx.commit().await.unwrap();
    id
}

/// The listener hears everything from the beginning.
async fn hear(db: &Db) {
    let facts = events::after(db, Default::default(), 500).await.unwrap();
    let mut tx = db.begin().await.unwrap();
    WebHooks::new(db.clone()).hear(&mut tx, &facts).await.unwrap();
    tx.commit().await.unwrap();
}

fn parts(server: &TestApp, policy: Policy) -> Parts {
    let app = &server.app;
    Parts {
        db: app.db.clone(),
        blobs: app.blobs.clone(),
        vault: app.vault.clone(),
        registry: app.registry.clone(),
        http: HttpClient::new(policy),
    }
}

fn open() -> Policy {
    Policy {
        allow_private: true,
        ..Policy::default()
    }
}

#[tokio::test]
async fn facts_are_told_once_signed_and_again_under_the_same_id() {
    each_database(|db| async move {
        let server = TestApp::start(db.clone()).await;
        let mut admin = server.with_user(Role::Admin).await.client().await;
        let (receiver, url) = Receiver::start().await;
        let id = hook(&server, &url, &[EventKind::MessageReceived]).await;
        let account = intake_account(&server, json!({}), SECRET).await;
        let body = message("h1", "Dov'è il pacco?").to_string();
        signed(
            &server.client(),
            &format!("/hooks/in/{account}"),
            SECRET,
            now() / 1000,
            &body,
        )
        .await;
        process(&server).await;
        // PostgreSQL shows a fact once no older transaction of the whole server can still write one.
        for _ in 0..100 {
            hear(&db).await;
            if web_hooks::next_due(&db).await.unwrap().is_some() {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        hear(&db).await;
        let parts = parts(&server, open());
        receiver.answers(StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(
            deliver_due(&parts, now() + 1).await.unwrap(),
            1,
            "one fact, one delivery"
        );
        receiver.answers(StatusCode::NO_CONTENT);
        let due = web_hooks::next_due(&db).await.unwrap().unwrap();
        assert_eq!(deliver_due(&parts, due - 1).await.unwrap(), 0, "not before its time");
        assert_eq!(deliver_due(&parts, due).await.unwrap(), 1);
        let heard = receiver.take();
        let header = |at: usize, name: &str| heard[at].0[name].to_str().unwrap().to_owned();
        assert_eq!(header(0, standard_webhooks::ID), header(1, standard_webhooks::ID));
        for (at, (_, body)) in heard.iter().enumerate() {
            let (id, time, signature) = (
                header(at, standard_webhooks::ID),
                header(at, standard_webhooks::TIMESTAMP),
                header(at, standard_webhooks::SIGNATURE),
            );
            assert_eq!(
                standard_webhooks::verify(SECRET, &id, &time, &signature, body, now()),
                Ok(())
            );
        }
        let told: Value = serde_json::from_slice(&heard[0].1).unwrap();
        assert_eq!(told["type"], "message.received");
        assert_eq!(
            (&told["data"]["message"]["text"], &told["data"]["case"]["number"]),
            (&json!("Dov'è il pacco?"), &json!(1))
        );
        assert_eq!(told["data"]["contact"]["identities"][0]["value"], "h1@example.com");

        let page = admin.get(&format!("/settings/hooks/{id}")).await.assert(200);
        assert!(page.shows("message.received") && page.shows("2 attempts") && page.shows("HTTP 204"));
        let delivery = web_hooks::deliveries(&db, id, false, None, 9)
            .await
            .unwrap()
            .remove(0)
            .id;
        admin
            .post(&format!("/settings/hooks/{id}/deliveries/{delivery}/replay"), &[])
            .await
            .assert(303);
        admin.post(&format!("/settings/hooks/{id}/test"), &[]).await.assert(303);
        assert_eq!(deliver_due(&parts, now() + 1).await.unwrap(), 2);
        let kinds: Vec<Value> = receiver
            .take()
            .iter()
            .map(|(_, body)| serde_json::from_slice::<Value>(body).unwrap()["type"].clone())
            .collect();
        assert!(kinds.contains(&json!("ping")) && kinds.contains(&json!("message.received")));

        receiver.answers(StatusCode::GONE);
        admin.post(&format!("/settings/hooks/{id}/test"), &[]).await.assert(303);
        deliver_due(&parts, now() + 1).await.unwrap();
        assert!(!web_hooks::get(&db, id).await.unwrap().active, "410 ends it");
        assert!(
            admin
                .get(&format!("/settings/hooks/{id}"))
                .await
                .shows("Switched off after failures")
        );
        admin.post(&format!("/settings/hooks/{id}/on"), &[]).await.assert(303);
        admin
            .post(&format!("/settings/hooks/{id}/replay"), &[])
            .await
            .assert(303);
        receiver.answers(StatusCode::OK);
        assert_eq!(deliver_due(&parts, now() + 1).await.unwrap(), 1);
    })
    .await;
}

#[tokio::test]
async fn private_addresses_are_refused_when_saved_and_when_delivered() {
    each_database(|db| async move {
        let server = TestApp::start(db.clone()).await;
        let mut admin = server.with_user(Role::Admin).await.client().await;
        for url in [
            "http://127.0.0.1:1/",
            "http://169.254.169.254/latest/meta-data",
            "http://[::1]/",
            "http://localhost/",
        ] {
            let form = [("name", "Hook"), ("url", url), ("events", "case.opened")];
            let again = admin.post("/settings/hooks", &form).await.assert(422);
            assert!(again.shows("private network") && again.shows("value=\"Hook\""), "{url}");
        }
        let (receiver, url) = Receiver::start().await;
        let id = hook(&server, &url, &[EventKind::CaseOpened]).await;
        admin.post(&format!("/settings/hooks/{id}/test"), &[]).await.assert(303);
        assert_eq!(
            deliver_due(&parts(&server, Policy::default()), now() + 1)
                .await
                .unwrap(),
            1
        );
        assert!(receiver.take().is_empty());
        let delivery = web_hooks::deliveries(&db, id, false, None, 9).await.unwrap().remove(0);
        assert_eq!((delivery.state.as_str(), delivery.status), ("failed", None));
    })
    .await;
}

#[tokio::test]
async fn a_secret_is_shown_once_and_everything_is_written_down() {
    each_database(|db| async move {
        let server = TestApp::start(db.clone()).await;
        let mut admin = server.with_user(Role::Admin).await.client().await;
        assert!(admin.get("/settings/hooks").await.assert(200).shows("No web hook yet"));
        admin.get("/settings/hooks/new").await.assert(200);
        let form = [
            ("name", "Magazzino"),
            ("url", "https://example.com/in"),
            ("events", "case.opened"),
            ("events", "note.written"),
        ];
        let made = admin.post("/settings/hooks", &form).await.assert(303);
        let path = made.location().to_owned();
        let first = admin.get(&path).await.assert(200).between("whsec_", "<");
        assert!(!admin.get(&path).await.assert(200).shows("whsec_"));
        admin.post(&format!("{path}/secret"), &[]).await.assert(303);
        assert_ne!(admin.get(&path).await.between("whsec_", "<"), first);
        let edit = admin.get(&format!("{path}/edit")).await.assert(200);
        assert!(edit.shows("Magazzino"));
        admin
            .post(
                &path,
                &[
                    ("name", "Deposito"),
                    ("url", "https://example.com/due"),
                    ("events", "case.opened"),
                ],
            )
            .await
            .assert(303);
        assert!(admin.get("/settings/hooks").await.shows("https://example.com/due"));
        admin.post(&format!("{path}/off"), &[]).await.assert(303);
        admin.post(&format!("{path}/test"), &[]).await.assert(409);
        admin.post(&format!("{path}/delete"), &[]).await.assert(303);
        admin.get(&path).await.assert(404);
        let rows = voce_store::audit::list(&db, &Default::default(), 50).await.unwrap();
        let done: Vec<&str> = rows
            .iter()
            .map(|row| row.action.as_str())
            .filter(|action| action.starts_with("hook."))
            .collect();
        assert_eq!(
            done,
            [
                "hook.deleted",
                "hook.switched_off",
                "hook.changed",
                "hook.secret_renewed",
                "hook.created"
            ]
        );
        assert!(rows.iter().all(|row| !row.details.contains("whsec_")));
    })
    .await;
}
