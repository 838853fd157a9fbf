//! From raw bytes to what they say, by the channel's pure `parse`. Nothing in a raw item can stop the others.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use uuid::Uuid;
use voce_channels::registry::Registry;
use voce_domain::{
    Millis,
    labels::Labels,
    message::{DeliveryReport, Incoming, IncomingMessage, RawItem, Reaction},
};

use crate::{accounts::Known, batch::Kept};

/// A raw item and what it says.
pub(crate) struct Item {
    pub id: i64,
    pub account: Option<Arc<Known>>,
    /// What it says, or why it cannot be understood.
    pub says: Result<Vec<Said>, String>,
}

/// One thing that a raw item says.
pub(crate) enum Said {
    Message(Box<Arrival>),
    Delivery(DeliveryReport),
    Reaction(Reaction),
    Ignored(String),
}

/// A message on its way through the pipeline.
pub(crate) struct Arrival {
    pub id: Uuid,
    pub message: IncomingMessage,
    /// Empty until the message is enriched.
    pub labels: Option<Labels>,
    pub evidence: Option<String>,
    pub details: Option<String>,
    pub meta: Option<String>,
    pub files: Vec<Kept>,
}

pub(crate) fn normalize(registry: &Registry, account: Option<Arc<Known>>, raw: &RawItem) -> Item {
    let says = match &account {
        Some(known) => parse(registry, known, raw),
        None => Err("the channel account is gone".to_owned()),
    };
    Item {
        id: raw.id,
        account,
        says,
    }
}

fn parse(registry: &Registry, known: &Known, raw: &RawItem) -> Result<Vec<Said>, String> {
    let connector = registry
        .get(&known.account.kind)
        .ok_or_else(|| format!("no channel is called {}", known.account.kind))?;
    let incoming = catch_unwind(AssertUnwindSafe(|| connector.parse(&known.account, raw)))
        .map_err(|_| "the channel failed on this item (panic)".to_owned())?
        .map_err(|error| error.to_string())?;
    Ok(incoming
        .into_iter()
        .map(|incoming| said(incoming, raw.received_at))
        .collect())
}

fn said(incoming: Incoming, received_at: Millis) -> Said {
    match incoming {
        Incoming::Message(mut message) => {
            sound(&mut message, received_at);
            let meta =
                (!message.meta.is_empty()).then(|| clean(serde_json::Value::Object(message.meta.clone()).to_string()));
            Said::Message(Box::new(Arrival {
                id: Uuid::now_v7(),
                message: *message,
                labels: None,
                evidence: None,
                details: None,
                meta,
                files: Vec::new(),
            }))
        }
        Incoming::Delivery(report) => Said::Delivery(report),
        Incoming::Reaction(reaction) => Said::Reaction(reaction),
        Incoming::Ignored { reason } => Said::Ignored(reason),
    }
}

/// Takes out what no database can hold and what cannot be true.
fn sound(message: &mut IncomingMessage, received_at: Millis) {
    // PostgreSQL has no text with NUL in it.
    scrub(&mut message.text);
    scrub(&mut message.external_id);
    scrub(&mut message.author.address.value);
    for text in [
        &mut message.subject,
        &mut message.html,
        &mut message.url,
        &mut message.author.name,
        &mut message.author.avatar_url,
        &mut message.thread.key,
    ] {
        text.as_mut().map(scrub);
    }
    message.author.name = message
        .author
        .name
        .take()
        .map(|name| name.trim().to_owned())
        .filter(|name| !name.is_empty());
    // Nobody writes tomorrow; and a message without a sound date was written when it came.
    if message.sent_at <= 0 || message.sent_at > received_at {
        message.sent_at = received_at;
    }
}

fn scrub(text: &mut String) {
    if text.contains('\0') {
        text.retain(|letter| letter != '\0');
    }
}

/// JSON text whose escaped NULs are gone too.
fn clean(json: String) -> String {
    json.replace("\\u0000", "")
}
