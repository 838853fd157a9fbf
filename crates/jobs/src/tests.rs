//! The small jobs, on both databases.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use serde_json::json;
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use uuid::Uuid;
use voce_channels::{NewRaw, api, http};
use voce_domain::{
    Millis,
    case::{Step, Waiting},
    event::Actor,
    message::Outcome,
};
use voce_ingest::{Intake, Pipeline};
use voce_store::{
    accounts::{self, Settings},
    attachments,
    cases::{self, CaseRow, Scope},
    intake::{self, Finished},
    messages,
    opinions::{self, Asked},
    settings,
    testing::each_database,
};

use super::{fetch::Fetch, opinion::SecondOpinion, prune::Prune, wake::Wake, *};

const ACCOUNT: Uuid = Uuid::from_u128(7);

/// An installation with an open intake.
struct House {
    parts: Parts,
    _folder: TempDir,
}

impl House {
    async fn new(db: Db) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let http = Client::new(http::Policy {
            allow_private: true,
            ..Default::default()
        });
        let parts = Parts {
            blobs: Blobs::open(folder.path().join("blobs")).unwrap(),
            vault: Vault::open(folder.path()).unwrap(),
            registry: Registry::of(vec![Arc::new(api::Api::new(http.clone()))]),
            http,
            db,
        };
        let account = Settings {
            name: "Shop",
            address: "shop",
            config: &json!({}),
            secrets: None,
            team_id: None,
        };
        let mut tx = parts.db.begin().await.unwrap();
        accounts::create(&mut tx, ACCOUNT, "api", &account, Actor::SYSTEM, 1)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        Self { parts, _folder: folder }
    }

    /// A message comes in; returns the case that came of it.
    async fn hear(&self, message: serde_json::Value) -> CaseRow {
        let item = NewRaw {
            format: api::MESSAGE,
            body: message.to_string().into_bytes(),
            received_at: now(),
        };
        let intake = Intake::start(self.parts.db.clone());
        intake.accept(ACCOUNT, vec![item], None).await.unwrap();
        let Parts {
            db,
            registry,
            blobs,
            vault,
            ..
        } = self.parts.clone();
        Pipeline::new(db, registry, blobs, vault).drain().await.unwrap();
        self.case().await
    }

    async fn case(&self) -> CaseRow {
        cases::by_number(&self.parts.db, Scope::All, 1).await.unwrap()
    }

    async fn step(&self, step: Step, at: Millis) {
        let case = self.case().await;
        let mut tx = self.parts.db.begin().await.unwrap();
        cases::step(&mut tx, case.id, step, Actor::SYSTEM, at, None)
            .await
            .unwrap();
        tx.commit().await.unwrap();
    }
}

fn question() -> serde_json::Value {
    json!({ "id": "1", "author": { "email": "anna@example.it" }, "text": "Dov'è il mio pacco?" })
}

#[tokio::test]
async fn a_sleeping_case_wakes_and_a_resolved_one_closes() {
    each_database(|db| async move {
        let house = House::new(db.clone()).await;
        house.hear(question()).await;
        house.step(Step::Wait(Waiting::Until(now() + 3_600_000)), now()).await;
        Wake::new(db.clone()).run().await.unwrap();
        assert_eq!(house.case().await.state, "waiting", "its time has not come");
        house.step(Step::Wait(Waiting::Until(2)), 1).await;
        Wake::new(db.clone()).run().await.unwrap();
        assert_eq!(house.case().await.state, "new");

        house.step(Step::Resolve, now()).await;
        Wake::new(db.clone()).run().await.unwrap();
        assert_eq!(house.case().await.state, "resolved", "a customer may still answer");
        house.step(Step::Reopen, now()).await;
        house.step(Step::Resolve, 1).await;
        Wake::new(db).run().await.unwrap();
        assert_eq!(house.case().await.state, "closed");
    })
    .await;
}

#[tokio::test]
async fn only_what_is_done_and_old_is_forgotten() {
    each_database(|db| async move {
        let house = House::new(db.clone()).await;
        house.hear(question()).await;
        let mut tx = db.begin().await.unwrap();
        let item = |body| intake::NewItem {
            account_id: ACCOUNT,
            format: "x",
            body,
            received_at: 1,
        };
        let old = intake::append(&mut tx, &[item(b"done"), item(b"dead"), item(b"waiting")])
            .await
            .unwrap();
        let finished = [(old[0], Outcome::Accepted), (old[1], Outcome::Invalid)].map(|(id, outcome)| Finished {
            id,
            outcome,
            detail: None,
        });
        intake::finish(&mut tx, &finished, 1).await.unwrap();
        tx.commit().await.unwrap();
        Prune::new(db.clone()).run().await.unwrap();
        assert!(matches!(
            intake::get(&db, old[0]).await,
            Err(voce_store::Error::NotFound)
        ));
        let kept = [intake::oldest(&db).await.unwrap().unwrap(), old[1], old[2]];
        for id in kept {
            intake::get(&db, id).await.unwrap();
        }

        let mut company = settings::company(&db).await.unwrap();
        company.retention_days = 0;
        let mut tx = db.begin().await.unwrap();
        settings::save_company(&mut tx, &company).await.unwrap();
        tx.commit().await.unwrap();
        tokio::time::sleep(Duration::from_millis(2)).await;
        Prune::new(db.clone()).run().await.unwrap();
        assert_eq!(intake::oldest(&db).await.unwrap(), Some(old[1]), "dead letters stay");
        intake::get(&db, old[2]).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn files_given_by_address_are_fetched_or_say_why_not() {
    each_database(|db| async move {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                let mut request = vec![0; 4096];
                let read = socket.read(&mut request).await.unwrap();
                let answer: &[u8] = match request[..read].starts_with(b"GET /photo") {
                    true => b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nphoto",
                    false => b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
                };
                socket.write_all(answer).await.unwrap();
            }
        });
        let house = House::new(db.clone()).await;
        let file = |name: &str| json!({ "name": name, "url": format!("http://{address}/{name}") });
        let mut message = question();
        message["attachments"] = json!([file("photo"), file("gone")]);
        let case = house.hear(message).await;
        Fetch::new(house.parts.clone()).run().await.unwrap();
        let said = messages::of_case(&db, Scope::All, case.id, None, 10).await.unwrap();
        let files = attachments::of_messages(&db, &[said.messages[0].id]).await.unwrap();
        assert_eq!((files[0].size, files[0].problem.as_deref()), (5, None));
        let blob = files[0].blob.as_deref().unwrap();
        assert_eq!(std::fs::read(house.parts.blobs.path(blob).unwrap()).unwrap(), b"photo");
        assert_eq!(
            (files[1].blob.as_deref(), files[1].problem.as_deref()),
            (None, Some("the server answered 404 Not Found"))
        );
    })
    .await;
}

/// A language model that gives one answer to everything and counts its questions; without an answer it fails.
async fn model(answer: Option<&'static str>, questions: Arc<AtomicUsize>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let (mut request, mut piece) = (Vec::new(), [0; 4096]);
            while !request.ends_with(b"}") {
                let read = socket.read(&mut piece).await.unwrap();
                request.extend_from_slice(&piece[..read]);
            }
            let request = String::from_utf8(request).unwrap();
            assert!(request.starts_with("POST /v1/chat/completions "), "{request}");
            assert!(request.contains("Bearer secret"), "{request}");
            assert!(!request.contains("anna@example.it"), "masked: {request}");
            questions.fetch_add(1, Ordering::SeqCst);
            let (status, body) = match answer {
                Some(answer) => (
                    "200 OK",
                    json!({ "choices": [{ "message": { "content": answer } }] }).to_string(),
                ),
                None => ("503 Service Unavailable", String::new()),
            };
            let length = body.len();
            let head = format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
            socket.write_all((head + &body).as_bytes()).await.unwrap();
        }
    });
    format!("http://{address}/v1")
}

#[tokio::test]
async fn a_second_opinion_is_asked_once_within_its_budget_and_only_for_new_messages() {
    each_database(|db| async move {
        let house = House::new(db.clone()).await;
        let ask = |id: &str, text: &str| json!({ "id": id, "author": { "email": format!("{id}@x.it") }, "text": text });
        house.hear(ask("old", "Prima di tutto questo")).await;
        let questions = Arc::new(AtomicUsize::new(0));
        let answer = r#"{"sentiment": "negative", "request_type": "press", "urgency": "high"}"#;
        let mut asked = Asked {
            on: true,
            url: model(Some(answer), questions.clone()).await,
            model: "small".into(),
            key: Some(house.parts.vault.seal(opinions::PURPOSE, b"secret")),
            below: 100,
            per_day: 1,
            seconds: 5,
        };
        let mut tx = db.begin().await.unwrap();
        opinions::save(&mut tx, &asked, false).await.unwrap();
        tx.commit().await.unwrap();
        let job = SecondOpinion::new(&house.parts);
        let text = "Mandate il listino ad anna@example.it";
        house.hear(ask("a", text)).await;
        job.run().await.unwrap();
        job.run().await.unwrap();
        assert_eq!(
            questions.load(Ordering::SeqCst),
            1,
            "the old message is none of its business"
        );
        let case = cases::by_number(&db, Scope::All, 2).await.unwrap();
        assert_eq!(
            (case.request_type.as_deref(), case.urgency.as_str()),
            (Some("press"), "high")
        );
        let said = messages::of_case(&db, Scope::All, case.id, None, 1)
            .await
            .unwrap()
            .messages
            .remove(0);
        assert_eq!(said.sentiment.as_deref(), Some("negative"));
        assert!(
            said.evidence.is_some_and(|why| why.contains("small")),
            "it says who said so"
        );

        house.hear(ask("b", text)).await;
        job.run().await.unwrap();
        assert_eq!(
            questions.load(Ordering::SeqCst),
            1,
            "the same question is not asked twice"
        );
        let again = cases::by_number(&db, Scope::All, 3).await.unwrap();
        assert_eq!(again.request_type.as_deref(), Some("press"));
        house.hear(ask("c", "Un altro testo per anna@example.it")).await;
        job.run().await.unwrap();
        assert_eq!(questions.load(Ordering::SeqCst), 1, "the day's budget is used up");

        asked.per_day = 10;
        asked.url = model(None, questions.clone()).await;
        let mut tx = db.begin().await.unwrap();
        opinions::save(&mut tx, &asked, true).await.unwrap();
        tx.commit().await.unwrap();
        job.run().await.unwrap();
        job.run().await.unwrap();
        assert_eq!(questions.load(Ordering::SeqCst), 2, "after a failure it waits");
        let progress = opinions::progress(&db).await.unwrap();
        assert!(progress.problem.is_some_and(|problem| problem.contains("503")) && progress.again_at > now());
    })
    .await;
}
