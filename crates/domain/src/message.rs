//! Messages as every channel hands them over, and what becomes of them.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Millis, identity::Address};

/// One thing a channel delivered, after its pure `parse`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Incoming {
    Message(Box<IncomingMessage>),
    /// The fate of something we sent (a bounce, a read receipt).
    Delivery(DeliveryReport),
    /// A boost, a favourite, a follow: a fact about somebody, not something to answer.
    Reaction(Reaction),
    /// Nothing for us, and why. Becomes the outcome `filtered`.
    Ignored {
        reason: String,
    },
}

/// A message normalised from any channel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IncomingMessage {
    /// Unique within the channel account; the key of deduplication.
    pub external_id: String,
    pub kind: MessageKind,
    pub visibility: Visibility,
    /// True when the company itself wrote it elsewhere (an answer sent from the phone): stored as outbound, already sent.
    pub from_us: bool,
    pub author: Author,
    pub subject: Option<String>,
    /// Plain text, always present (may be empty when there are only attachments).
    pub text: String,
    /// Original HTML, untrusted; sanitised when shown.
    pub html: Option<String>,
    /// When the writer sent it, UTC milliseconds, as claimed.
    pub sent_at: Millis,
    /// Where the message stands on the web, if anywhere.
    pub url: Option<String>,
    pub thread: Thread,
    /// What protocol headers say about a machine having written it.
    pub automatic: Automatic,
    pub attachments: Vec<IncomingAttachment>,
    /// Facts of the channel worth keeping (recipients, message headers), shown on demand.
    pub meta: serde_json::Map<String, serde_json::Value>,
}

impl IncomingMessage {
    /// A plain message; the rest is filled in by the channel.
    pub fn new(external_id: impl Into<String>, author: Author, text: impl Into<String>, sent_at: Millis) -> Self {
        Self {
            external_id: external_id.into(),
            kind: MessageKind::PrivateMessage,
            visibility: Visibility::Private,
            from_us: false,
            author,
            subject: None,
            text: text.into(),
            html: None,
            sent_at,
            url: None,
            thread: Thread::default(),
            automatic: Automatic::No,
            attachments: Vec::new(),
            meta: serde_json::Map::new(),
        }
    }
}

/// Who wrote a message: the address that identifies them and what else the channel tells.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Author {
    pub address: Address,
    pub name: Option<String>,
    pub avatar_url: Option<String>,
    /// Further addresses of the same person that the channel vouches for (a customer number in a form).
    #[serde(default)]
    pub also: Vec<Address>,
}

/// How a message finds its conversation. Tried in this order: `conversation` (our own signed reply address),
/// `replies_to` (external ids of earlier messages on the account, nearest first), `key`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Thread {
    /// A conversation of ours, named by a reply address whose signature was verified.
    pub conversation: Option<Uuid>,
    /// External ids of the messages this one answers, nearest first.
    pub replies_to: Vec<String>,
    /// The channel's own name for the thread; every message of a thread must give the same one.
    /// `None`: the message opens a thread named by its own external id.
    pub key: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IncomingAttachment {
    pub name: String,
    /// As claimed by the sender; never served as is.
    pub content_type: String,
    /// Content-ID of an inline picture, without angle brackets.
    pub content_id: Option<String>,
    pub body: AttachmentBody,
}

/// Where the bytes of an attachment are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttachmentBody {
    /// Inside the raw item.
    Bytes(Vec<u8>),
    /// At the platform; fetched later through the guarded client.
    Url(String),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeliveryReport {
    /// External id of the message we sent.
    pub external_id: String,
    pub state: DeliveryState,
    /// In words, e.g. the diagnostic code of a bounce.
    pub detail: String,
    pub at: Millis,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reaction {
    /// Unique within the channel account.
    pub external_id: String,
    pub kind: ReactionKind,
    pub author: Author,
    /// External id of the message it is about, if any.
    pub about: Option<String>,
    pub at: Millis,
}

closed_list! {
    pub enum ReactionKind { Boost = "boost", Favourite = "favourite", Follow = "follow" }
}

closed_list! {
    /// What sort of utterance a message is.
    pub enum MessageKind {
        Mail = "mail", PrivateMessage = "private_message", Post = "post", Comment = "comment",
        Review = "review", Chat = "chat", Form = "form", Survey = "survey", Note = "note",
    }
}

closed_list! {
    pub enum Direction { Inbound = "inbound", Outbound = "outbound", /** For colleagues only. */ Internal = "internal" }
}

closed_list! {
    /// Who can read a message where it was said.
    pub enum Visibility { Public = "public", Unlisted = "unlisted", Followers = "followers", Private = "private" }
}

closed_list! {
    /// What protocol headers say about a machine having written a message. Never answered by a machine of ours.
    pub enum Automatic { No = "no", AutoReply = "auto_reply", OutOfOffice = "out_of_office", Bounce = "bounce", Bulk = "bulk" }
}

closed_list! {
    /// The way of an answer.
    pub enum DeliveryState {
        /// Waiting for its turn, or for the next try.
        Queued = "queued",
        /// A worker holds it; after a crash this becomes `unknown`.
        Sending = "sending",
        Sent = "sent",
        /// The other side confirmed receipt.
        Delivered = "delivered",
        /// Refused for good, or bounced.
        Failed = "failed",
        /// It may or may not have left: a person decides.
        Unknown = "unknown",
        /// Withdrawn before it was sent (undo).
        Cancelled = "cancelled",
    }
}

/// One raw item as a channel received it, before anything looked at it.
#[derive(Debug, Clone, PartialEq)]
pub struct RawItem {
    pub id: i64,
    pub account_id: Uuid,
    /// The channel's name for the payload's shape, e.g. `rfc5322`, `notification`.
    pub format: String,
    pub body: Vec<u8>,
    pub received_at: Millis,
}

closed_list! {
    /// What became of one raw item. Each ends in exactly one.
    pub enum Outcome { Accepted = "accepted", Duplicate = "duplicate", Filtered = "filtered", Invalid = "invalid" }
}
