//! A channel that does what tests tell it, and a house with everything that messages need on their way in.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use voce_channels::{
    Account, Capabilities, ConnectError, Connector, Field, FieldError, NewRaw, Outgoing, ParseError, SendError, Sent,
    Sink, registry::Registry,
};
use voce_domain::{
    event::Actor,
    identity::{Address, IdentityKind},
    message::{Author, Incoming, IncomingMessage, RawItem, Visibility},
};
use voce_ingest::{Intake, Pipeline};
use voce_store::{
    Db, accounts,
    accounts::Settings,
    blobs::Blobs,
    cases::{self, CaseRow, Scope},
    events::{self, Recorded},
    intake,
    messages::{self, MessageRow},
    vault::Vault,
};

pub struct Scripted;

/// A raw item whose parsing panics.
pub const PANIC: &[u8] = b"panic";

#[async_trait]
impl Connector for Scripted {
    fn kind(&self) -> &'static str {
        "scripted"
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            answers: true,
            visibilities: &[Visibility::Private],
            max_characters: None,
            attachments: true,
            subject: true,
            html: true,
        }
    }

    fn fields(&self) -> &'static [Field] {
        &[]
    }

    fn validate(&self, _: &Value) -> Result<(), Vec<FieldError>> {
        Ok(())
    }

    /// The body is a list of [`Incoming`] as JSON.
    fn parse(&self, _: &Account, raw: &RawItem) -> Result<Vec<Incoming>, ParseError> {
        assert_ne!(raw.body, PANIC, "told to panic");
        serde_json::from_slice(&raw.body).map_err(|error| ParseError(error.to_string()))
    }

    async fn check(&self, _: &Account) -> Result<(), ConnectError> {
        Ok(())
    }

    async fn run(&self, _: &Account, _: &dyn Sink, stop: CancellationToken) -> Result<(), ConnectError> {
        stop.cancelled().await;
        Ok(())
    }

    async fn send(&self, _: &Account, message: &Outgoing) -> Result<Sent, SendError> {
        Ok(Sent {
            external_id: message.id.to_string(),
            url: None,
        })
    }
}

pub struct House {
    pub db: Db,
    pub intake: Intake,
    pub pipeline: Pipeline,
    pub account: Uuid,
    _folder: TempDir,
}

impl House {
    pub async fn new(db: Db) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let account = Uuid::now_v7();
        let settings = Settings {
            name: "Help",
            address: "help@example.com",
            config: &json!({}),
            secrets: None,
            team_id: None,
        };
        let mut tx = db.begin().await.unwrap();
        accounts::create(&mut tx, account, "scripted", &settings, Actor::SYSTEM, 1)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let registry = Registry::of(vec![Arc::new(Scripted)]);
        let (blobs, vault) = (
            Blobs::open(folder.path().join("blobs")).unwrap(),
            Vault::open(folder.path()).unwrap(),
        );
        Self {
            intake: Intake::start(db.clone()),
            pipeline: Pipeline::new(db.clone(), registry, blobs, vault),
            db,
            account,
            _folder: folder,
        }
    }

    /// Takes raw bodies in, all at once, and processes them; returns their ids.
    pub async fn take(&self, bodies: Vec<Vec<u8>>) -> Vec<i64> {
        let items = bodies
            .into_iter()
            .map(|body| NewRaw {
                format: "json",
                body,
                received_at: NOW,
            })
            .collect();
        let ids = self.intake.accept(self.account, items, None).await.unwrap();
        self.pipeline.drain().await.unwrap();
        ids
    }

    /// The same for things said, one raw item each.
    pub async fn hear(&self, said: Vec<Incoming>) -> Vec<i64> {
        self.take(said.iter().map(|said| serde_json::to_vec(&[said]).unwrap()).collect())
            .await
    }

    pub async fn outcome(&self, id: i64) -> (String, Option<String>) {
        let item = intake::get(&self.db, id).await.unwrap();
        (item.outcome.unwrap_or_default(), item.detail)
    }

    pub async fn case(&self, number: i64) -> CaseRow {
        cases::by_number(&self.db, Scope::All, number).await.unwrap()
    }

    /// Whether there is a case of that number.
    pub async fn has_case(&self, number: i64) -> bool {
        cases::by_number(&self.db, Scope::All, number).await.is_ok()
    }

    pub async fn messages(&self, number: i64) -> Vec<MessageRow> {
        let case = self.case(number).await;
        messages::of_case(&self.db, Scope::All, case.id, None, 1_000)
            .await
            .unwrap()
            .messages
    }

    pub async fn bodies(&self, number: i64) -> Vec<String> {
        self.messages(number)
            .await
            .into_iter()
            .map(|message| message.body)
            .collect()
    }

    pub async fn events(&self) -> Vec<Recorded> {
        events::after(&self.db, Default::default(), 10_000).await.unwrap()
    }
}

/// When raw items arrive.
pub const NOW: i64 = 1_700_000_000_000;

/// A message of somebody, sent a number of seconds before its arrival.
pub fn message(id: &str, from: &str, text: &str, seconds_ago: i64) -> IncomingMessage {
    let author = Author {
        address: Address::new(IdentityKind::Email, from),
        name: None,
        avatar_url: None,
        also: Vec::new(),
    };
    IncomingMessage::new(id, author, text, NOW - seconds_ago * 1000)
}

pub fn said(message: IncomingMessage) -> Incoming {
    Incoming::Message(Box::new(message))
}
