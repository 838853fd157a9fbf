//! What a channel must do.
//!
//! - `parse` is pure: the same raw item gives the same result for ever, so that it can be replayed.
//! - `run` hands raw items to the [`Sink`] and acknowledges to the platform only after the sink returned.
//! - `send` says truthfully whether the answer may have left; it is never called again after [`SendError::Unknown`]
//!   unless a person asks for it.

use std::time::Duration;

use async_trait::async_trait;
use serde::Serialize;
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use voce_domain::{
    Millis,
    message::{Incoming, MessageKind, RawItem, Visibility},
};

#[async_trait]
pub trait Connector: Send + Sync {
    /// The channel's key, stored with its accounts: `email`, `mastodon`.
    fn kind(&self) -> &'static str;

    /// What pages may offer for this channel.
    fn capabilities(&self) -> Capabilities;

    /// The settings of an account, in the order in which a page asks for them.
    fn fields(&self) -> &'static [Field];

    /// Clear text for each wrong setting, before it is saved. Pure.
    fn validate(&self, config: &Value) -> Result<(), Vec<FieldError>>;

    /// Turns one raw item into what it says. Pure; must not panic on any bytes.
    fn parse(&self, account: &Account, raw: &RawItem) -> Result<Vec<Incoming>, ParseError>;

    /// Tries the settings against the real server; the error is shown to the person who typed them.
    async fn check(&self, account: &Account) -> Result<(), ConnectError>;

    /// Receives until cancelled or until an error that needs a new connection (the caller restarts it with back-off).
    /// Channels that only receive web hooks wait for `stop`.
    async fn run(&self, account: &Account, sink: &dyn Sink, stop: CancellationToken) -> Result<(), ConnectError>;

    /// Sends one answer.
    async fn send(&self, account: &Account, message: &Outgoing) -> Result<Sent, SendError>;
}

/// One configured account, with its secrets in clear.
#[derive(Clone)]
pub struct Account {
    pub id: Uuid,
    pub kind: String,
    /// Shown to people, e.g. `Assistenza`.
    pub name: String,
    /// The account's own address on the channel, e.g. `support@example.com`.
    pub address: String,
    /// Public settings, as described by [`Connector::fields`].
    pub config: Value,
    /// Secret settings (password, token), by field name.
    pub secrets: Value,
    /// Where `run` stood when it last handed over items.
    pub cursor: Value,
    /// Signs reply addresses; the same for all accounts of an installation.
    pub reply_key: [u8; 32],
}

/// Where a connector puts what it received.
#[async_trait]
pub trait Sink: Send + Sync {
    /// Makes the items durable together with the cursor (when given), then returns. All or nothing.
    async fn accept(&self, items: Vec<NewRaw>, cursor: Option<Value>) -> Result<(), SinkError>;

    /// Tells people that the connection stands (`None`) or what is wrong with it.
    async fn health(&self, problem: Option<String>);
}

/// A raw item on its way to the durable queue.
#[derive(Debug, Clone)]
pub struct NewRaw {
    pub format: &'static str,
    pub body: Vec<u8>,
    pub received_at: Millis,
}

/// An answer on its way out.
#[derive(Debug, Clone)]
pub struct Outgoing {
    /// Our id of the message: the idempotency key towards the platform where it has one, and the source of the mail Message-ID.
    pub id: Uuid,
    pub conversation: Uuid,
    /// The channel's name of the thread, as `Thread::key` gave it.
    pub thread_key: String,
    pub kind: MessageKind,
    pub visibility: Visibility,
    /// Address values of the people it goes to, first the one who is answered.
    pub to: Vec<String>,
    pub cc: Vec<String>,
    /// Name the sender signs with.
    pub from_name: Option<String>,
    pub subject: Option<String>,
    pub text: String,
    pub html: Option<String>,
    /// External id of the message that is answered.
    pub in_reply_to: Option<String>,
    /// External ids of the thread, oldest first.
    pub references: Vec<String>,
    pub attachments: Vec<OutgoingAttachment>,
    /// Facts the channel stored with the answered message (`IncomingMessage::meta`).
    pub meta: serde_json::Map<String, Value>,
}

#[derive(Debug, Clone)]
pub struct OutgoingAttachment {
    pub name: String,
    pub content_type: String,
    pub body: Vec<u8>,
}

/// An answer that left.
#[derive(Debug, Clone)]
pub struct Sent {
    /// The platform's id of it; replies will refer to it.
    pub external_id: String,
    pub url: Option<String>,
}

#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// Refused for good; trying again is useless.
    #[error("{0}")]
    Rejected(String),
    /// Surely not sent; worth another try.
    #[error("{reason}")]
    Retry { reason: String, after: Option<Duration> },
    /// The connection broke at a moment when it may have been accepted.
    #[error("{0}")]
    Unknown(String),
}

#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The settings are wrong (credentials, host): no automatic retry before somebody changes them.
    #[error("{0}")]
    Settings(String),
    /// Worth another try after a while.
    #[error("{reason}")]
    Temporary { reason: String, after: Option<Duration> },
}

/// Why a raw item cannot be understood. Becomes the outcome `invalid`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ParseError(pub String);

/// The queue could not write: nothing may be acknowledged.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct SinkError(pub String);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Capabilities {
    /// Answers can be sent.
    pub answers: bool,
    /// Visibilities an answer may have, the default first.
    pub visibilities: &'static [Visibility],
    /// Longest answer in characters, when the channel (not the account) fixes it. See also `config.max_characters`.
    pub max_characters: Option<usize>,
    pub attachments: bool,
    pub subject: bool,
    pub html: bool,
}

/// One setting of a channel account. Its label is the text `channel-<kind>-<name>` of the locales.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Field {
    pub name: &'static str,
    pub kind: FieldKind,
    pub required: bool,
    /// Shown greyed in an empty field.
    pub example: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldKind {
    Text,
    Number,
    Secret,
    Choice(&'static [&'static str]),
    Flag,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldError {
    pub field: &'static str,
    /// Key of the locales' text that says what is wrong.
    pub message: &'static str,
}
