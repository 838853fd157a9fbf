//! The small jobs, on both databases.

use std::sync::Arc;

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
    messages, settings,
    testing::each_database,
};

use super::{fetch::Fetch, prune::Prune, wake::Wake, *};

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
