//! The closed list of facts in the product's life that other parts react to.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::Millis;

closed_list! {
    /// What happened. Web hooks subscribe to these keys.
    pub enum EventKind {
        MessageReceived = "message.received",
        /// An answer was written; it is on its way.
        MessageWritten = "message.written",
        MessageSent = "message.sent",
        MessageFailed = "message.failed",
        /// Its fate is not known; a person has to decide.
        MessageUnknown = "message.unknown",
        NoteWritten = "note.written",
        LabelsCorrected = "labels.corrected",
        ReactionReceived = "reaction.received",
        CaseOpened = "case.opened",
        CaseReopened = "case.reopened",
        CaseAssigned = "case.assigned",
        CaseStateChanged = "case.state_changed",
        CaseChanged = "case.changed",
        CaseTagged = "case.tagged",
        CaseMerged = "case.merged",
        CaseSplit = "case.split",
        ContactCreated = "contact.created",
        ContactChanged = "contact.changed",
        ContactsMerged = "contacts.merged",
        ContactsUnmerged = "contacts.unmerged",
        ItemFailed = "item.failed",
        ChannelChanged = "channel.changed",
    }
}

closed_list! {
    /// Who did it.
    pub enum ActorKind { User = "user", Contact = "contact", System = "system", Token = "token" }
}

/// One fact, as the store writes it in the transaction of the change itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    pub kind: EventKind,
    pub at: Millis,
    pub actor: Actor,
    pub case_id: Option<Uuid>,
    pub contact_id: Option<Uuid>,
    pub message_id: Option<Uuid>,
    /// What changed, for the history and for web hooks: `{"from": …, "to": …}` where it applies.
    pub data: serde_json::Value,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    pub kind: ActorKind,
    pub id: Option<Uuid>,
}

impl Actor {
    pub const SYSTEM: Self = Self {
        kind: ActorKind::System,
        id: None,
    };

    pub fn user(id: Uuid) -> Self {
        Self {
            kind: ActorKind::User,
            id: Some(id),
        }
    }

    pub fn contact(id: Uuid) -> Self {
        Self {
            kind: ActorKind::Contact,
            id: Some(id),
        }
    }
}

impl Event {
    pub fn new(kind: EventKind, at: Millis, actor: Actor) -> Self {
        Self {
            kind,
            at,
            actor,
            case_id: None,
            contact_id: None,
            message_id: None,
            data: serde_json::Value::Null,
        }
    }

    pub fn case(mut self, id: Uuid) -> Self {
        self.case_id = Some(id);
        self
    }

    pub fn contact(mut self, id: Uuid) -> Self {
        self.contact_id = Some(id);
        self
    }

    pub fn message(mut self, id: Uuid) -> Self {
        self.message_id = Some(id);
        self
    }

    pub fn data(mut self, data: serde_json::Value) -> Self {
        self.data = data;
        self
    }
}
