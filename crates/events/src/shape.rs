//! The shapes in which programs see cases, messages and contacts: in the API, in web hooks and in exports.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use serde::{Serialize, Serializer};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;
use voce_domain::Millis;
use voce_store::{
    Db, Result,
    attachments::{self, Attachment},
    cases::CaseRow,
    contacts,
    deliveries::{self, Delivery},
    identities::{self, Held},
    messages::MessageRow,
    organizations, tags,
};

/// A moment, written as RFC 3339 in UTC with milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ToSchema)]
#[schema(value_type = String, format = DateTime, example = "2026-03-01T08:30:00.000Z")]
pub struct Time(pub Millis);

impl std::fmt::Display for Time {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The store holds moments only; one that no calendar has would be written as the epoch.
        let moment = Timestamp::from_millisecond(self.0).unwrap_or(Timestamp::UNIX_EPOCH);
        write!(f, "{moment:.3}")
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The unit of work: one need of one contact.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Case {
    pub id: Uuid,
    /// As people call it: #1042.
    pub number: i64,
    pub subject: String,
    /// The beginning of the newest message.
    pub preview: String,
    /// `new`, `open`, `waiting`, `resolved` or `closed`.
    pub state: String,
    /// What a waiting case waits for: `customer`, `us` or `until`.
    pub waiting: Option<String>,
    pub waiting_until: Option<Time>,
    pub owner_id: Option<Uuid>,
    pub team_id: Option<Uuid>,
    pub contact_id: Uuid,
    /// The channel account on which it began.
    pub account_id: Uuid,
    /// `low`, `normal`, `high` or `urgent`.
    pub priority: String,
    pub tags: Vec<String>,
    /// Of the newest message of the customer: ISO 639-1.
    pub language: Option<String>,
    pub request_type: Option<String>,
    /// `low`, `normal`, `high` or `critical`.
    pub urgency: String,
    /// -1 (negative) to 1 (positive).
    pub sentiment_score: f64,
    /// Set while nothing but noise has been said.
    pub noise: Option<String>,
    /// Messages, without internal notes.
    pub messages: i64,
    /// Since when the customer waits for an answer.
    pub unanswered_since: Option<Time>,
    pub last_message_at: Time,
    pub first_answer_at: Option<Time>,
    pub resolved_at: Option<Time>,
    /// The id of the case into which this one was merged.
    pub merged_into: Option<Uuid>,
    /// Grows with every change. Give it with a change to be refused (409) when somebody was faster.
    pub version: i64,
    pub created_at: Time,
    pub updated_at: Time,
}

impl Case {
    pub fn new(row: CaseRow, tags: Vec<String>) -> Self {
        Self {
            id: row.id,
            number: row.number,
            subject: row.subject,
            preview: row.preview,
            state: row.state,
            waiting: row.waiting,
            waiting_until: row.waiting_until.map(Time),
            owner_id: row.owner_id,
            team_id: row.team_id,
            contact_id: row.contact_id,
            account_id: row.account_id,
            priority: row.priority,
            tags,
            language: row.language,
            request_type: row.request_type,
            urgency: row.urgency,
            sentiment_score: row.sentiment_score,
            noise: row.noise,
            messages: row.messages,
            unanswered_since: row.unanswered_since.map(Time),
            last_message_at: Time(row.last_message_at),
            first_answer_at: row.first_answer_at.map(Time),
            resolved_at: row.resolved_at.map(Time),
            merged_into: row.merged_into,
            version: row.version,
            created_at: Time(row.created_at),
            updated_at: Time(row.updated_at),
        }
    }

    /// Cases with their tags, in one more query.
    pub async fn all(db: &Db, rows: Vec<CaseRow>) -> Result<Vec<Self>> {
        let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
        let mut tags = tags::of_cases(db, &ids).await?;
        let names = |tags: Vec<tags::TagRow>| tags.into_iter().map(|tag| tag.name).collect();
        Ok(rows
            .into_iter()
            .map(|row| {
                let own = tags.remove(&row.id).map(names).unwrap_or_default();
                Self::new(row, own)
            })
            .collect())
    }
}

/// One thing said.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Message {
    pub id: Uuid,
    pub case_id: Uuid,
    pub conversation_id: Uuid,
    pub account_id: Uuid,
    /// `email`, `mastodon`, `api`…
    pub channel: String,
    /// `inbound`, `outbound`, or `internal` for a note of a colleague.
    pub direction: String,
    /// `mail`, `private_message`, `post`, `comment`, `review`, `chat`, `form`, `survey` or `note`.
    pub kind: String,
    /// Who can read it where it was said: `public`, `unlisted`, `followers` or `private`.
    pub visibility: String,
    pub contact_id: Option<Uuid>,
    /// The colleague who wrote it.
    pub user_id: Option<Uuid>,
    pub author_name: String,
    /// The address that wrote it.
    pub address: Option<String>,
    pub subject: Option<String>,
    pub text: String,
    /// Where it stands on the web.
    pub url: Option<String>,
    /// `no`, or why a machine wrote it.
    pub automatic: String,
    pub sent_at: Time,
    pub created_at: Time,
    pub labels: Labels,
    pub attachments: Vec<File>,
    /// The way of an answer that was written here.
    pub delivery: Option<Fate>,
}

/// What a message says, by the machine or put right by a person.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Labels {
    pub language: Option<String>,
    /// `negative`, `neutral` or `positive`.
    pub sentiment: Option<String>,
    pub sentiment_score: Option<f64>,
    /// 0 to 1: how much feeling there is, whatever its sign.
    pub sentiment_weight: Option<f64>,
    pub request_type: Option<String>,
    pub request_confidence: Option<f64>,
    pub urgency: Option<String>,
    pub noise: Option<String>,
    /// The strongest basic emotion (Plutchik), where one is plain.
    pub emotion: Option<String>,
    /// `yes` or `no`.
    pub irony: Option<String>,
    /// `yes` or `no`.
    pub complaint: Option<String>,
    /// Emotions with their intensity from 0 to 1, signals (buying, leaving, threats), sentiment by sentence and by target, key phrases, entities.
    pub details: Option<Value>,
    /// Version of the models that labelled it.
    pub model: Option<i64>,
}

/// A file of a message.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct File {
    pub id: Uuid,
    pub name: String,
    pub content_type: String,
    /// Bytes; 0 until they are fetched from the platform.
    pub size: i64,
}

/// Where an answer is on its way out.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Fate {
    /// `queued`, `sending`, `sent`, `delivered`, `failed`, `unknown` or `cancelled`.
    pub state: String,
    pub detail: Option<String>,
    pub attempts: i64,
    pub updated_at: Time,
}

impl Message {
    fn new(row: MessageRow, files: Vec<File>, delivery: Option<Fate>) -> Self {
        Self {
            id: row.id,
            case_id: row.case_id,
            conversation_id: row.conversation_id,
            account_id: row.account_id,
            channel: row.channel,
            direction: row.direction,
            kind: row.kind,
            visibility: row.visibility,
            contact_id: row.contact_id,
            user_id: row.user_id,
            author_name: row.author_name,
            address: row.address,
            subject: row.subject,
            text: row.body,
            url: row.url,
            automatic: row.automatic,
            sent_at: Time(row.sent_at),
            created_at: Time(row.created_at),
            labels: Labels {
                language: row.language,
                sentiment: row.sentiment,
                sentiment_score: row.sentiment_score,
                sentiment_weight: row.sentiment_weight,
                request_type: row.request_type,
                request_confidence: row.request_confidence,
                urgency: row.urgency,
                noise: row.noise,
                emotion: row.emotion,
                irony: row.irony,
                complaint: row.complaint,
                details: row.details.as_deref().and_then(|json| serde_json::from_str(json).ok()),
                model: row.model,
            },
            attachments: files,
            delivery,
        }
    }

    /// A message without files that was just written here; `fate` is the state of its delivery, if it leaves.
    pub fn fresh(row: MessageRow, fate: Option<&str>, now: Millis) -> Self {
        let delivery = fate.map(|state| Fate {
            state: state.to_owned(),
            detail: None,
            attempts: 0,
            updated_at: Time(now),
        });
        Self::new(row, Vec::new(), delivery)
    }

    /// Messages with their files and deliveries, in two more queries.
    pub async fn all(db: &Db, rows: Vec<MessageRow>) -> Result<Vec<Self>> {
        let having = |wanted: fn(&MessageRow) -> bool| -> Vec<Uuid> {
            rows.iter().filter(|row| wanted(row)).map(|row| row.id).collect()
        };
        let mut files: HashMap<Uuid, Vec<File>> = HashMap::new();
        for file in attachments::of_messages(db, &having(|row| row.attachments > 0)).await? {
            files.entry(file.message_id).or_default().push(file.into());
        }
        let fates = deliveries::of_messages(db, &having(|row| row.direction == "outbound")).await?;
        let mut fates: HashMap<Uuid, Fate> = fates.into_iter().map(|fate| (fate.message_id, fate.into())).collect();
        Ok(rows
            .into_iter()
            .map(|row| {
                let (own, fate) = (files.remove(&row.id).unwrap_or_default(), fates.remove(&row.id));
                Self::new(row, own, fate)
            })
            .collect())
    }
}

impl From<Attachment> for File {
    fn from(file: Attachment) -> Self {
        Self {
            id: file.id,
            name: file.name,
            content_type: file.content_type,
            size: file.size,
        }
    }
}

impl From<Delivery> for Fate {
    fn from(delivery: Delivery) -> Self {
        Self {
            state: delivery.state,
            detail: delivery.detail,
            attempts: delivery.attempts,
            updated_at: Time(delivery.updated_at),
        }
    }
}

/// A person: a customer, or a prospect while not in the registry.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Contact {
    pub id: Uuid,
    pub name: String,
    /// In the registry.
    pub customer: bool,
    pub organization_id: Option<Uuid>,
    /// The organization's name.
    pub organization: Option<String>,
    pub language: Option<String>,
    pub note: String,
    /// Custom fields by their name.
    pub fields: BTreeMap<String, String>,
    pub identities: Vec<Identity>,
    /// The id of the contact into which this one was merged.
    pub merged_into: Option<Uuid>,
    pub created_at: Time,
    pub updated_at: Time,
    /// Grows with every change. Give it with a change to be refused (409) when somebody was faster.
    pub version: i64,
}

/// An address by which a contact is recognised.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Identity {
    pub id: Uuid,
    /// `email`, `phone`, `handle` or `customer_number`.
    pub kind: String,
    /// In its normal form: phones in E.164, handles with their platform in front.
    pub value: String,
    /// Another contact owns the address and shares it.
    pub shared: bool,
}

impl Contact {
    pub fn new(row: contacts::Contact, held: Vec<Held>) -> Self {
        Self {
            id: row.id,
            name: row.name,
            customer: row.customer,
            organization_id: row.organization_id,
            organization: row.organization,
            language: row.language,
            note: row.note,
            fields: row.fields.0,
            identities: held.into_iter().map(Identity::from).collect(),
            merged_into: row.merged_into,
            created_at: Time(row.created_at),
            updated_at: Time(row.updated_at),
            version: row.updated_at,
        }
    }

    /// The contacts of these ids in their order, in two queries; those that do not exist are left out.
    pub async fn all(db: &Db, ids: &[Uuid]) -> Result<Vec<Self>> {
        let rows = contacts::get_many(db, ids).await?;
        let mut rows: HashMap<Uuid, contacts::Contact> = rows.into_iter().map(|row| (row.id, row)).collect();
        let mut held = identities::of_contacts(db, ids).await?;
        let one = |id: &Uuid| {
            rows.remove(id)
                .map(|row| Self::new(row, held.remove(id).unwrap_or_default()))
        };
        Ok(ids.iter().filter_map(one).collect())
    }
}

impl From<Held> for Identity {
    fn from(held: Held) -> Self {
        let shared = !held.owned();
        Self {
            id: held.identity.id,
            kind: held.identity.kind.key().to_owned(),
            value: held.identity.value,
            shared,
        }
    }
}

/// A company that contacts belong to.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Organization {
    pub id: Uuid,
    pub name: String,
    /// Of its web site and mail addresses.
    pub domain: Option<String>,
    /// Custom fields by their name.
    pub fields: BTreeMap<String, String>,
    pub created_at: Time,
    pub updated_at: Time,
    /// Grows with every change. Give it with a change to be refused (409) when somebody was faster.
    pub version: i64,
}

impl From<organizations::Organization> for Organization {
    fn from(row: organizations::Organization) -> Self {
        Self {
            id: row.id,
            name: row.name,
            domain: row.domain,
            fields: row.fields.0,
            created_at: Time(row.created_at),
            updated_at: Time(row.updated_at),
            version: row.updated_at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_with_milliseconds_in_utc() {
        assert_eq!(
            serde_json::to_string(&Time(1_772_353_800_007)).unwrap(),
            "\"2026-03-01T08:30:00.007Z\""
        );
        assert_eq!(Time(i64::MAX).to_string(), "1970-01-01T00:00:00.000Z");
    }
}
