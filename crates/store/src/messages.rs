//! What was said in a case: reading it page by page, and writing internal notes and answers.

use serde_json::json;
use sqlx::FromRow;
use uuid::Uuid;
use voce_domain::{
    Millis,
    event::{Actor, Event, EventKind},
    message::{MessageKind, Visibility},
};

use crate::{
    Db, Error, Result, Tx, attachments,
    attachments::Attachment,
    cases::Scope,
    drafts, events, mentions,
    message_search::{self, Said},
    statement::Statement,
};

/// One message as pages show it.
#[derive(Debug, Clone, PartialEq, FromRow)]
pub struct MessageRow {
    pub seq: i64,
    pub id: Uuid,
    pub account_id: Uuid,
    pub conversation_id: Uuid,
    pub case_id: Uuid,
    pub direction: String,
    pub kind: String,
    pub visibility: String,
    pub contact_id: Option<Uuid>,
    pub user_id: Option<Uuid>,
    pub author_name: String,
    pub subject: Option<String>,
    pub body: String,
    /// Whether there is HTML to look at; see [`html`].
    pub has_html: bool,
    pub url: Option<String>,
    pub automatic: String,
    pub attachments: i64,
    pub sent_at: Millis,
    pub created_at: Millis,
    pub language: Option<String>,
    pub sentiment: Option<String>,
    pub sentiment_score: Option<f64>,
    pub sentiment_weight: Option<f64>,
    pub sentiment_confidence: Option<f64>,
    pub request_type: Option<String>,
    pub request_confidence: Option<f64>,
    pub urgency: Option<String>,
    pub noise: Option<String>,
    pub noise_confidence: Option<f64>,
    pub emotion: Option<String>,
    pub irony: Option<String>,
    pub complaint: Option<String>,
    pub evidence: Option<String>,
    pub details: Option<String>,
    pub model: Option<i64>,
    /// The address that wrote it.
    pub address: Option<String>,
    /// The kind of its channel.
    pub channel: String,
}

/// Messages of a case, oldest first.
#[derive(Debug, Clone, Default)]
pub struct Page {
    pub messages: Vec<MessageRow>,
    /// There are older ones.
    pub earlier: bool,
}

pub(crate) const COLUMNS: &str = "m.seq, m.id, m.account_id, m.conversation_id, m.case_id, m.direction, m.kind, m.visibility, m.contact_id,
    m.user_id, m.author_name, m.subject, m.body, (m.html IS NOT NULL) AS has_html, m.url, m.automatic, m.attachments, m.sent_at,
    m.created_at, m.language, m.sentiment, m.sentiment_score, m.sentiment_weight, m.sentiment_confidence, m.request_type,
    m.request_confidence, m.urgency, m.noise, m.noise_confidence,
    m.emotion, m.irony, m.complaint, m.evidence, m.details, m.model, i.value AS address, a.kind AS channel";

/// The newest messages of a case, or those before `before`.
pub async fn of_case(db: &Db, scope: Scope, case_id: Uuid, before: Option<i64>, limit: i64) -> Result<Page> {
    let mut s = Statement::new("SELECT ");
    s.push(COLUMNS).push(
        " FROM messages m JOIN cases c ON c.id = m.case_id JOIN channel_accounts a ON a.id = m.account_id
          LEFT JOIN identities i ON i.id = m.identity_id WHERE m.case_id = ",
    );
    s.bind(case_id);
    scope.limit(&mut s);
    if let Some(before) = before {
        s.push(" AND m.seq < ").bind(before);
    }
    s.push(" ORDER BY m.seq DESC LIMIT ").bind(limit + 1);
    let mut messages: Vec<MessageRow> = s.all(db).await?;
    let earlier = messages.len() as i64 > limit;
    messages.truncate(limit as usize);
    messages.reverse();
    Ok(Page { messages, earlier })
}

/// One message, if its case may be seen.
pub async fn get(db: &Db, scope: Scope, id: Uuid) -> Result<MessageRow> {
    let mut s = Statement::new("SELECT ");
    s.push(COLUMNS).push(
        " FROM messages m JOIN cases c ON c.id = m.case_id JOIN channel_accounts a ON a.id = m.account_id
          LEFT JOIN identities i ON i.id = m.identity_id WHERE m.id = ",
    );
    s.bind(id);
    scope.limit(&mut s);
    s.all(db).await?.pop().ok_or(Error::NotFound)
}

/// The untrusted HTML of a message, if its case may be seen and it has any.
pub async fn html(db: &Db, scope: Scope, id: Uuid) -> Result<Option<String>> {
    let mut s = Statement::new("SELECT m.html FROM messages m JOIN cases c ON c.id = m.case_id WHERE m.id = ");
    s.bind(id);
    scope.limit(&mut s);
    let (html,): (Option<String>,) = s.all(db).await?.pop().ok_or(Error::NotFound)?;
    Ok(html)
}

/// A file, if the case of its message may be seen.
pub async fn attachment(db: &Db, scope: Scope, id: Uuid) -> Result<Attachment> {
    let mut s = Statement::new(
        "SELECT f.id, f.message_id, f.position, f.name, f.content_type, f.content_id, f.size, f.blob, f.url, f.problem
         FROM attachments f JOIN messages x ON x.id = f.message_id JOIN cases c ON c.id = x.case_id WHERE f.id = ",
    );
    s.bind(id);
    scope.limit(&mut s);
    s.all(db).await?.pop().ok_or(Error::NotFound)
}

/// A conversation in which a case can be answered.
#[derive(Debug, Clone, PartialEq, FromRow)]
pub struct Conversation {
    pub id: Uuid,
    pub account_id: Uuid,
    pub subject: Option<String>,
    pub channel: String,
    pub account_name: String,
    pub account_address: String,
    /// JSON of the account's public settings.
    pub config: String,
    pub contact_id: Uuid,
}

/// The conversations of a case, the one that spoke last first.
pub async fn conversations(db: &Db, case_id: Uuid) -> Result<Vec<Conversation>> {
    sql!(db, c => sqlx::query_as(
        "WITH n AS (SELECT conversation_id AS id FROM messages WHERE case_id = $1 AND direction <> 'internal' ORDER BY seq DESC LIMIT 1)
         SELECT v.id, v.account_id, v.subject, a.kind AS channel, a.name AS account_name, a.address AS account_address, a.config, v.contact_id
         FROM conversations v JOIN channel_accounts a ON a.id = v.account_id
         WHERE v.id IN (SELECT id FROM conversations WHERE case_id = $1 UNION SELECT id FROM n)
         ORDER BY CASE WHEN v.id = (SELECT id FROM n) THEN 0 ELSE 1 END, v.created_at DESC LIMIT 20",
    ).bind(case_id).fetch_all(c).await)
}

/// The newest message of the customer in a conversation of a case: what an answer answers, and of which kind it is.
pub async fn last_inbound(db: &Db, case_id: Uuid, conversation: Uuid) -> Result<Option<(Uuid, String)>> {
    sql!(db, c => sqlx::query_as(
        "SELECT id, kind FROM messages WHERE case_id = $1 AND conversation_id = $2 AND direction = 'inbound' ORDER BY seq DESC LIMIT 1",
    ).bind(case_id).bind(conversation).fetch_optional(c).await)
}

/// A boost or favourite of a message.
#[derive(Debug, Clone, PartialEq, FromRow)]
pub struct ReactionRow {
    pub message_id: Uuid,
    pub kind: String,
    pub count: i64,
}

pub async fn reactions(db: &Db, messages: &[Uuid]) -> Result<Vec<ReactionRow>> {
    let mut s = Statement::new(
        "SELECT message_id, kind, COUNT(*) AS count FROM reactions WHERE message_id IS NOT NULL AND message_id IN ",
    );
    s.bind_list(messages).push(" GROUP BY message_id, kind ORDER BY kind");
    s.all(db).await
}

/// An internal note, or the words of an answer.
#[derive(Debug, Clone)]
pub struct NewWords<'a> {
    pub case_id: Uuid,
    pub user: Uuid,
    pub author_name: &'a str,
    pub text: &'a str,
    /// The same key twice writes once.
    pub idempotency_key: &'a str,
    pub files: Vec<Attachment>,
}

/// Writes a note for colleagues; those named in it are told. `None` when the same was written before.
pub async fn write_note(tx: &mut Tx, note: &NewWords<'_>, mentioned: &[Uuid], now: Millis) -> Result<Option<Uuid>> {
    let Some((conversation, account)) = newest_conversation(tx, note.case_id).await? else {
        return Err(Error::NotFound);
    };
    let id = Uuid::now_v7();
    let row = NewRow {
        id,
        account_id: account,
        conversation_id: conversation,
        external_id: format!("note:{}:{}", note.user, note.idempotency_key),
        direction: "internal",
        kind: MessageKind::Note,
        visibility: Visibility::Private,
        subject: None,
        html: None,
        words: note,
    };
    let Some(()) = insert(tx, row, now).await? else {
        return Ok(None);
    };
    mentions::add(tx, id, note.case_id, mentioned, now).await?;
    drafts::forget(tx, note.case_id, note.user, "note").await?;
    let data = json!({ "mentions": mentioned });
    let event = Event::new(EventKind::NoteWritten, now, Actor::user(note.user))
        .case(note.case_id)
        .message(id)
        .data(data);
    events::append(tx, &[event]).await?;
    Ok(Some(id))
}

pub(crate) async fn newest_conversation(tx: &mut Tx, case_id: Uuid) -> Result<Option<(Uuid, Uuid)>> {
    let spoken: Option<(Uuid, Uuid)> = sql!(&mut *tx, c => sqlx::query_as(
        "SELECT conversation_id, account_id FROM messages WHERE case_id = $1 ORDER BY seq DESC LIMIT 1",
    ).bind(case_id).fetch_optional(c).await)?;
    if spoken.is_some() {
        return Ok(spoken);
    }
    sql!(tx, c => sqlx::query_as("SELECT id, account_id FROM conversations WHERE case_id = $1 ORDER BY created_at DESC LIMIT 1")
        .bind(case_id).fetch_optional(c).await)
}

pub(crate) struct NewRow<'a> {
    pub id: Uuid,
    pub account_id: Uuid,
    pub conversation_id: Uuid,
    pub external_id: String,
    pub direction: &'static str,
    pub kind: MessageKind,
    pub visibility: Visibility,
    pub subject: Option<&'a str>,
    pub html: Option<&'a str>,
    pub words: &'a NewWords<'a>,
}

/// Stores a message written here with its files and its words for the search. `None` when its external id is known.
pub(crate) async fn insert(tx: &mut Tx, row: NewRow<'_>, now: Millis) -> Result<Option<()>> {
    let words = row.words;
    let inserted: Option<(i64,)> = sql!(&mut *tx, c => sqlx::query_as(
        "INSERT INTO messages (id, account_id, conversation_id, case_id, external_id, direction, kind, visibility, user_id, author_name,
            subject, body, html, automatic, attachments, sent_at, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 'no', $14, $15, $15)
         ON CONFLICT (account_id, external_id) DO NOTHING RETURNING seq",
    ).bind(row.id).bind(row.account_id).bind(row.conversation_id).bind(words.case_id).bind(row.external_id.as_str())
     .bind(row.direction).bind(row.kind.key()).bind(row.visibility.key()).bind(words.user).bind(words.author_name)
     .bind(row.subject).bind(words.text).bind(row.html).bind(words.files.len() as i64).bind(now).fetch_optional(c).await)?;
    let Some((seq,)) = inserted else {
        return Ok(None);
    };
    let files: Vec<Attachment> = words
        .files
        .iter()
        .map(|file| Attachment {
            message_id: row.id,
            ..file.clone()
        })
        .collect();
    attachments::add(tx, &files).await?;
    message_search::write(
        tx,
        &[Said {
            seq,
            subject: row.subject,
            body: words.text,
            author_name: words.author_name,
        }],
    )
    .await?;
    Ok(Some(()))
}

/// Takes a message out again with everything that hangs on it.
pub(crate) async fn remove(tx: &mut Tx, id: Uuid) -> Result<()> {
    let (seq,): (i64,) = sql!(&mut *tx, c => sqlx::query_as("DELETE FROM messages WHERE id = $1 RETURNING seq").bind(id).fetch_one(c).await)?;
    message_search::remove(&mut *tx, seq).await?;
    execute!(
        &mut *tx,
        sqlx::query("DELETE FROM attachments WHERE message_id = $1").bind(id)
    )?;
    execute!(
        tx,
        sqlx::query("DELETE FROM note_mentions WHERE message_id = $1").bind(id)
    )?;
    Ok(())
}
