//! Tells facts to the web hooks that asked for them: one queued delivery for each hook and fact, in the transaction of the
//! cursor, so that none is missed and none is queued twice. The job of web hooks posts them.

use std::collections::{HashMap, HashSet};

use async_trait::async_trait;
use serde_json::{Value, json};
use uuid::Uuid;
use voce_domain::event::{Event, EventKind};
use voce_store::{
    Db, Error, Result, Tx,
    events::Recorded,
    export,
    web_hooks::{self, NewDelivery, WebHook},
};

use crate::{
    Listener,
    shape::{Case, Contact, Message, Time},
};

/// Facts about the installation itself, which are nobody's business but its administrators'.
const INTERNAL: [EventKind; 2] = [EventKind::ItemFailed, EventKind::ChannelChanged];

/// The facts that a hook may ask for.
pub fn offered() -> impl Iterator<Item = EventKind> {
    EventKind::ALL.iter().copied().filter(|kind| !INTERNAL.contains(kind))
}

/// Listens for the web hooks.
pub struct WebHooks {
    db: Db,
}

impl WebHooks {
    pub fn new(db: Db) -> Self {
        Self { db }
    }
}

#[async_trait]
impl Listener for WebHooks {
    fn name(&self) -> &'static str {
        "web_hooks"
    }

    async fn hear(&self, tx: &mut Tx, facts: &[Recorded]) -> Result<()> {
        let hooks = web_hooks::all(&self.db).await?;
        let wants = |hook: &WebHook, kind| hook.active && hook.events.0.contains(&kind);
        let asked: Vec<&Recorded> = facts
            .iter()
            .filter(|fact| hooks.iter().any(|hook| wants(hook, fact.event.kind)))
            .collect();
        if asked.is_empty() {
            return Ok(());
        }
        let known = Known::load(&self.db, &asked).await?;
        let mut deliveries = Vec::new();
        for fact in asked {
            let body = known.body(&fact.event).to_string();
            for hook in hooks.iter().filter(|hook| wants(hook, fact.event.kind)) {
                deliveries.push(NewDelivery {
                    hook_id: hook.id,
                    event_seq: fact.cursor.seq,
                    body: body.clone(),
                });
            }
        }
        let newest = facts.iter().map(|fact| fact.event.at).max().unwrap_or_default();
        web_hooks::queue(tx, &deliveries, newest).await?;
        Ok(())
    }
}

/// What the facts are about, as it is now.
struct Known {
    cases: HashMap<Uuid, Value>,
    messages: HashMap<Uuid, Value>,
    contacts: HashMap<Uuid, Value>,
}

impl Known {
    /// A few queries, whatever the number of facts.
    async fn load(db: &Db, facts: &[&Recorded]) -> Result<Self> {
        let ids = |of: fn(&Event) -> Option<Uuid>| -> Vec<Uuid> {
            facts
                .iter()
                .filter_map(|fact| of(&fact.event))
                .collect::<HashSet<_>>()
                .into_iter()
                .collect()
        };
        let cases = Case::all(db, export::cases_of(db, &ids(|event| event.case_id)).await?).await?;
        let messages = Message::all(db, export::messages_of(db, &ids(|event| event.message_id)).await?).await?;
        let contacts = Contact::all(db, &ids(|event| event.contact_id)).await?;
        Ok(Self {
            cases: cases
                .into_iter()
                .map(|case| Ok((case.id, serde_json::to_value(case)?)))
                .collect::<Result<_, Error>>()?,
            messages: messages
                .into_iter()
                .map(|one| Ok((one.id, serde_json::to_value(one)?)))
                .collect::<Result<_, Error>>()?,
            contacts: contacts
                .into_iter()
                .map(|one| Ok((one.id, serde_json::to_value(one)?)))
                .collect::<Result<_, Error>>()?,
        })
    }

    fn body(&self, event: &Event) -> Value {
        let find = |among: &HashMap<Uuid, Value>, id: Option<Uuid>| id.and_then(|id| among.get(&id).cloned());
        let data = json!({
            "case": find(&self.cases, event.case_id),
            "message": find(&self.messages, event.message_id),
            "contact": find(&self.contacts, event.contact_id),
            "actor": event.actor,
            "change": event.data,
        });
        json!({ "type": event.kind, "timestamp": Time(event.at), "data": data })
    }
}
