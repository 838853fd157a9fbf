//! One batch of arrivals: a few set reads, then all of its rows, in one transaction.

use sqlx::FromRow;
use uuid::Uuid;
use voce_domain::{
    Millis,
    event::Event,
    identity::{Address, IdentityKind},
    labels::{LabelKind, Labels},
    message::{Automatic, Direction, MessageKind, ReactionKind, Visibility},
};
use voce_identity::name;

use crate::{
    Dialect, Result, Tx, attachments,
    attachments::Attachment,
    cases::CaseRow,
    contact_search, events,
    message_search::{self, Said},
};

/// A message that is stored already, found by the platform's id of it.
#[derive(Debug, Clone, FromRow)]
pub struct Known {
    pub account_id: Uuid,
    pub external_id: String,
    pub id: Uuid,
    pub conversation_id: Uuid,
    pub case_id: Uuid,
}

/// A message as its account and its external id name it. Sets of pairs are joined from the keys' side: SQLite would look at
/// every message for `(a, b) IN (VALUES …)`.
pub type MessageKey<'a> = (Uuid, &'a str);

pub async fn known_messages(tx: &mut Tx, keys: &[MessageKey<'_>]) -> Result<Vec<Known>> {
    fetch_in!(
        tx, "WITH k (account_id, external_id) AS (VALUES ", keys, key => [key.0, key.1],
        ") SELECT m.account_id, m.external_id, m.id, m.conversation_id, m.case_id
           FROM k CROSS JOIN messages m WHERE m.account_id = k.account_id AND m.external_id = k.external_id"
    )
}

/// Reactions that are stored already, by their account and external id.
pub async fn known_reactions(tx: &mut Tx, keys: &[MessageKey<'_>]) -> Result<Vec<(Uuid, String)>> {
    fetch_in!(
        tx, "WITH k (account_id, external_id) AS (VALUES ", keys, key => [key.0, key.1],
        ") SELECT r.account_id, r.external_id
           FROM k CROSS JOIN reactions r WHERE r.account_id = k.account_id AND r.external_id = k.external_id"
    )
}

/// Whom an address belongs to.
#[derive(Debug, Clone, FromRow)]
pub struct Owner {
    pub identity_id: Uuid,
    pub kind: String,
    pub value: String,
    pub contact_id: Uuid,
    pub name: String,
    pub customer: bool,
}

pub async fn owners(tx: &mut Tx, addresses: &[&Address]) -> Result<Vec<Owner>> {
    fetch_in!(
        tx, "WITH k (kind, value) AS (VALUES ", addresses, address => [address.kind.key(), &address.value],
        ") SELECT i.id AS identity_id, i.kind, i.value, i.contact_id, c.name, c.customer
           FROM k CROSS JOIN identities i CROSS JOIN contacts c WHERE i.kind = k.kind AND i.value = k.value AND c.id = i.contact_id"
    )
}

/// A further person who writes from an address.
#[derive(Debug, Clone, FromRow)]
pub struct Sharer {
    pub identity_id: Uuid,
    pub contact_id: Uuid,
    pub name: String,
    pub customer: bool,
}

pub async fn sharers(tx: &mut Tx, identities: &[Uuid]) -> Result<Vec<Sharer>> {
    fetch_in!(
        tx, "SELECT s.identity_id, s.contact_id, c.name, c.customer
             FROM identity_shares s JOIN contacts c ON c.id = s.contact_id WHERE s.identity_id IN (VALUES ",
        identities, id => [*id], ")"
    )
}

#[derive(Debug, Clone, PartialEq, FromRow)]
pub struct Conversation {
    pub id: Uuid,
    pub account_id: Uuid,
    pub thread_key: String,
    pub subject: Option<String>,
    pub contact_id: Uuid,
    pub case_id: Uuid,
    pub created_at: Millis,
}

pub async fn conversations(tx: &mut Tx, ids: &[Uuid]) -> Result<Vec<Conversation>> {
    fetch_in!(tx, "SELECT * FROM conversations WHERE id IN (VALUES ", ids, id => [*id], ")")
}

pub async fn conversations_of_threads(tx: &mut Tx, keys: &[MessageKey<'_>]) -> Result<Vec<Conversation>> {
    fetch_in!(
        tx, "WITH k (account_id, thread_key) AS (VALUES ", keys, key => [key.0, key.1],
        ") SELECT v.* FROM k CROSS JOIN conversations v WHERE v.account_id = k.account_id AND v.thread_key = k.thread_key"
    )
}

/// Cases, locked until the transaction ends.
pub async fn cases(tx: &mut Tx, ids: &[Uuid]) -> Result<Vec<CaseRow>> {
    let lock = match tx.dialect() {
        Dialect::Sqlite => ")",
        Dialect::Postgres => ") ORDER BY id FOR UPDATE",
    };
    fetch_in!(tx, "SELECT * FROM cases WHERE id IN (VALUES ", ids, id => [*id], lock)
}

/// Labels of these cases' messages that a person corrected: new messages no longer change them.
pub async fn corrected(tx: &mut Tx, cases: &[Uuid]) -> Result<Vec<(Uuid, LabelKind)>> {
    let any: Option<(i64,)> =
        sql!(&mut *tx, c => sqlx::query_as("SELECT at FROM corrections LIMIT 1").fetch_optional(c).await)?;
    if any.is_none() {
        return Ok(Vec::new());
    }
    let found: Vec<(Uuid, String)> = fetch_in!(
        tx, "SELECT DISTINCT m.case_id, c.label FROM messages m JOIN corrections c ON c.message_id = m.id WHERE m.case_id IN (VALUES ",
        cases, id => [*id], ")"
    )?;
    found
        .into_iter()
        .map(|(case, label)| Ok((case, label.parse()?)))
        .collect()
}

/// Reserves numbers for new cases and returns the first. Other writers wait until the transaction ends.
pub async fn reserve_numbers(tx: &mut Tx, count: i64) -> Result<i64> {
    let (last,): (i64,) = sql!(tx, c => sqlx::query_as(
        "UPDATE counters SET value = value + $1 WHERE name = 'case' RETURNING value",
    ).bind(count).fetch_one(c).await)?;
    Ok(last - count + 1)
}

/// Everything that a batch changes.
#[derive(Debug, Default)]
pub struct Rows<'a> {
    pub contacts: Vec<NewContact>,
    pub identities: Vec<NewIdentity>,
    pub conversations: Vec<Conversation>,
    /// Conversations that go on in another case: conversation and case.
    pub moved: Vec<(Uuid, Uuid)>,
    /// New and changed cases.
    pub cases: Vec<CaseRow>,
    /// Tags of new cases: case and tag.
    pub tags: Vec<(Uuid, Uuid)>,
    /// In the order in which they are shown.
    pub messages: Vec<NewMessage<'a>>,
    pub attachments: Vec<Attachment>,
    pub reactions: Vec<NewReaction>,
    pub events: Vec<Event>,
}

/// A person nobody knew: a prospect.
#[derive(Debug)]
pub struct NewContact {
    pub id: Uuid,
    pub name: String,
    pub language: Option<String>,
    pub avatar_url: Option<String>,
    pub addresses: Vec<Address>,
    pub created_at: Millis,
}

#[derive(Debug)]
pub struct NewIdentity {
    pub id: Uuid,
    pub address: Address,
    pub contact_id: Uuid,
    /// The display name that stood beside the address.
    pub name: Option<String>,
    pub created_at: Millis,
}

#[derive(Debug)]
pub struct NewMessage<'a> {
    pub id: Uuid,
    pub account_id: Uuid,
    pub conversation_id: Uuid,
    pub case_id: Uuid,
    pub external_id: &'a str,
    pub direction: Direction,
    pub kind: MessageKind,
    pub visibility: Visibility,
    pub contact_id: Option<Uuid>,
    pub identity_id: Option<Uuid>,
    pub author_name: &'a str,
    pub subject: Option<&'a str>,
    pub body: &'a str,
    pub html: Option<&'a str>,
    pub url: Option<&'a str>,
    pub meta: Option<&'a str>,
    pub automatic: Automatic,
    pub attachments: i64,
    pub sent_at: Millis,
    pub created_at: Millis,
    /// What it says; `None` for what we said ourselves.
    pub labels: Option<&'a Labels>,
    /// The labels' evidence and details as JSON.
    pub evidence: Option<&'a str>,
    pub details: Option<&'a str>,
}

#[derive(Debug)]
pub struct NewReaction {
    pub id: Uuid,
    pub account_id: Uuid,
    pub external_id: String,
    pub kind: ReactionKind,
    pub contact_id: Uuid,
    pub message_id: Option<Uuid>,
    pub at: Millis,
}

/// Writes a batch.
pub async fn write(tx: &mut Tx, rows: &Rows<'_>) -> Result<()> {
    write_people(tx, rows).await?;
    write_cases(tx, &rows.cases).await?;
    write_rows!(
        tx, "INSERT INTO conversations (id, account_id, thread_key, subject, contact_id, case_id, created_at) VALUES ", rows.conversations,
        row => [row.id, row.account_id, &row.thread_key, &row.subject, row.contact_id, row.case_id, row.created_at], ""
    )?;
    for (conversation, case) in &rows.moved {
        execute!(
            &mut *tx,
            sqlx::query("UPDATE conversations SET case_id = $2 WHERE id = $1")
                .bind(*conversation)
                .bind(*case)
        )?;
    }
    write_rows!(
        tx, "INSERT INTO case_tags (case_id, tag_id) SELECT v.case_id, t.id FROM (SELECT column1 AS case_id, column2 AS tag_id FROM (VALUES ",
        rows.tags, tag => [tag.0, tag.1], ") AS w) AS v JOIN tags t ON t.id = v.tag_id ON CONFLICT (case_id, tag_id) DO NOTHING"
    )?;
    write_messages(tx, &rows.messages).await?;
    attachments::add(tx, &rows.attachments).await?;
    write_rows!(
        tx, "INSERT INTO reactions (id, account_id, external_id, kind, contact_id, message_id, at) VALUES ", rows.reactions,
        row => [row.id, row.account_id, &row.external_id, row.kind.key(), row.contact_id, row.message_id, row.at], ""
    )?;
    events::append(tx, &rows.events).await
}

async fn write_people(tx: &mut Tx, rows: &Rows<'_>) -> Result<()> {
    write_rows!(
        tx, "INSERT INTO contacts (id, name, name_key, customer, language, avatar_url, created_at, updated_at) VALUES ", rows.contacts,
        row => [row.id, &row.name, name::key(&row.name), false, &row.language, &row.avatar_url, row.created_at, row.created_at], ""
    )?;
    write_rows!(
        tx, "INSERT INTO identities (id, kind, value, contact_id, name, created_at) VALUES ", rows.identities,
        row => [row.id, row.address.kind.key(), &row.address.value, row.contact_id, &row.name, row.created_at], ""
    )?;
    let lines: Vec<(Uuid, String)> = rows
        .contacts
        .iter()
        .map(|row| (row.id, contact_search::words(&[&row.name], &row.addresses)))
        .collect();
    contact_search::write(tx, &lines).await
}

async fn write_cases(tx: &mut Tx, cases: &[CaseRow]) -> Result<()> {
    write_rows!(
        tx, "INSERT INTO cases (id, number, subject, preview, contact_id, account_id, state, waiting, waiting_until, owner_id, team_id,
            priority, language, request_type, urgency, sentiment_score, noise, active, messages, unanswered_since, last_message_at,
            first_answer_at, resolved_at, merged_into, version, created_at, updated_at) VALUES ", cases,
        row => [
            row.id, row.number, &row.subject, &row.preview, row.contact_id, row.account_id, &row.state, &row.waiting, row.waiting_until,
            row.owner_id, row.team_id, &row.priority, &row.language, &row.request_type, &row.urgency, row.sentiment_score, &row.noise,
            row.active, row.messages, row.unanswered_since, row.last_message_at, row.first_answer_at, row.resolved_at, row.merged_into,
            row.version, row.created_at, row.updated_at
        ], " ON CONFLICT (id) DO UPDATE SET preview = excluded.preview, state = excluded.state, waiting = excluded.waiting,
            waiting_until = excluded.waiting_until, language = excluded.language, request_type = excluded.request_type,
            urgency = excluded.urgency, sentiment_score = excluded.sentiment_score, noise = excluded.noise, active = excluded.active,
            messages = excluded.messages, unanswered_since = excluded.unanswered_since, last_message_at = excluded.last_message_at,
            first_answer_at = excluded.first_answer_at, resolved_at = excluded.resolved_at, version = excluded.version,
            updated_at = excluded.updated_at"
    )?;
    Ok(())
}

async fn write_messages(tx: &mut Tx, messages: &[NewMessage<'_>]) -> Result<()> {
    let places = insert_messages(tx, messages).await?;
    let said: Vec<Said<&str>> = places
        .into_iter()
        .zip(messages)
        .map(|(seq, row)| Said {
            seq,
            subject: row.subject,
            body: row.body,
            author_name: row.author_name,
        })
        .collect();
    message_search::write(tx, &said).await
}

/// Writes the rows alone, which nobody finds by their words then; returns their places in order.
pub async fn insert_messages(tx: &mut Tx, messages: &[NewMessage<'_>]) -> Result<Vec<i64>> {
    insert_counted!(
        tx, "seq", "INSERT INTO messages (id, account_id, conversation_id, case_id, external_id, direction, kind, visibility, contact_id,
            identity_id, author_name, subject, body, html, url, meta, automatic, attachments, sent_at, created_at, language, sentiment,
            sentiment_score, sentiment_weight, sentiment_confidence, request_type, request_confidence, urgency, noise, evidence,
            noise_confidence, emotion, irony, complaint, details, model) VALUES ",
        messages, row => [
            row.id, row.account_id, row.conversation_id, row.case_id, row.external_id, row.direction.key(), row.kind.key(),
            row.visibility.key(), row.contact_id, row.identity_id, row.author_name, row.subject, row.body, row.html, row.url, row.meta,
            row.automatic.key(), row.attachments, row.sent_at, row.created_at,
            row.labels.and_then(|labels| labels.language.as_deref()),
            row.labels.map(|labels| labels.sentiment.class.key()),
            row.labels.map(|labels| f64::from(labels.sentiment.score)),
            row.labels.map(|labels| f64::from(labels.sentiment.weight)),
            row.labels.map(|labels| f64::from(labels.sentiment.confidence)),
            row.labels.and_then(|labels| labels.request_type.as_deref()),
            row.labels.map(|labels| f64::from(labels.request_confidence)),
            row.labels.map(|labels| labels.urgency.key()),
            row.labels.and_then(|labels| labels.noise).map(|noise| noise.key()),
            row.evidence,
            row.labels.map(|labels| f64::from(labels.noise_confidence)),
            row.labels.and_then(|labels| labels.emotion()).map(|emotion| emotion.key()),
            row.labels.map(|labels| labels.irony()),
            row.labels.map(|labels| labels.complaint()),
            row.details,
            row.labels.map(|labels| i64::from(labels.model)),
        ]
    )
}

impl Owner {
    pub fn address(&self) -> Result<Address> {
        Ok(Address::new(self.kind.parse::<IdentityKind>()?, self.value.clone()))
    }
}
