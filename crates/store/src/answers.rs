//! Answers to customers: written once, whatever is clicked twice, and taken back while they have not left.

use serde_json::json;
use uuid::Uuid;
use voce_domain::{
    Millis,
    case::Step,
    event::{Actor, Event, EventKind},
    message::{MessageKind, Visibility},
};

use crate::{
    Error, Result, Tx,
    cases::{self, CaseRow},
    deliveries::{self, NewDelivery, Payload},
    drafts, events,
    messages::{self, NewRow, NewWords},
};

/// An answer as somebody wrote it.
#[derive(Debug, Clone)]
pub struct NewAnswer<'a> {
    pub words: NewWords<'a>,
    pub conversation: Uuid,
    pub kind: MessageKind,
    pub visibility: Visibility,
    pub subject: Option<&'a str>,
    pub html: Option<&'a str>,
    pub payload: Payload,
    /// When it may leave: now and the time to think better of it.
    pub leaves_at: Millis,
    /// What becomes of the case once answered, e.g. [`Step::Resolve`].
    pub then: Option<Step>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    Now(Uuid),
    /// The same key was used before: nothing was written.
    Before,
}

/// Writes an answer and queues it.
pub async fn write(tx: &mut Tx, answer: &NewAnswer<'_>, now: Millis) -> Result<Written> {
    let words = &answer.words;
    let actor = Actor::user(words.user);
    let case = cases::locked(tx, words.case_id).await?;
    let id = Uuid::now_v7();
    let (account,): (Uuid,) = sql!(&mut *tx, c => sqlx::query_as("SELECT account_id FROM conversations WHERE id = $1")
        .bind(answer.conversation).fetch_one(c).await)?;
    let idempotency_key = format!("{}:{}", words.user, words.idempotency_key);
    if is_known(tx, words.user, words.idempotency_key).await? {
        return Ok(Written::Before);
    }
    let row = NewRow {
        id,
        account_id: account,
        conversation_id: answer.conversation,
        external_id: id.to_string(),
        direction: "outbound",
        kind: answer.kind,
        visibility: answer.visibility,
        subject: answer.subject,
        html: answer.html,
        words,
    };
    messages::insert(tx, row, now).await?;
    let delivery = NewDelivery {
        message_id: id,
        account_id: account,
        idempotency_key: &idempotency_key,
        payload: &answer.payload,
        next_at: answer.leaves_at,
    };
    deliveries::queue(tx, delivery, now).await?;
    // Whatever comes back belongs to the case that spoke last.
    execute!(
        &mut *tx,
        sqlx::query("UPDATE conversations SET case_id = $2 WHERE id = $1 AND case_id <> $2")
            .bind(answer.conversation)
            .bind(case.id)
    )?;
    answered(tx, &case, words.text, now).await?;
    let data = json!({ "number": case.number, "visibility": answer.visibility });
    let event = Event::new(EventKind::MessageWritten, now, actor)
        .case(case.id)
        .contact(case.contact_id)
        .message(id)
        .data(data);
    events::append(tx, &[event]).await?;
    cases::step(tx, case.id, Step::Answered(words.user), actor, now, None).await?;
    if let Some(then) = answer.then {
        cases::step(tx, case.id, then, actor, now, None).await?;
    }
    drafts::forget(tx, case.id, words.user, "reply").await?;
    Ok(Written::Now(id))
}

/// Whether somebody sent something with that key before.
pub async fn is_known(tx: &mut Tx, user: Uuid, idempotency_key: &str) -> Result<bool> {
    let found: Option<(Uuid,)> = sql!(tx, c => sqlx::query_as("SELECT message_id FROM deliveries WHERE idempotency_key = $1")
        .bind(format!("{user}:{idempotency_key}")).fetch_optional(c).await)?;
    Ok(found.is_some())
}

async fn answered(tx: &mut Tx, case: &CaseRow, text: &str, now: Millis) -> Result<()> {
    let preview: String = text.chars().take(200).collect();
    execute!(
        tx,
        sqlx::query(
            "UPDATE cases SET messages = messages + 1, preview = $2, last_message_at = $3, unanswered_since = NULL,
            first_answer_at = COALESCE(first_answer_at, $3), version = version + 1, updated_at = $3 WHERE id = $1",
        )
        .bind(case.id)
        .bind(preview)
        .bind(now)
    )?;
    Ok(())
}

/// A new conversation that somebody of the company begins.
#[derive(Debug, Clone)]
pub struct NewConversation<'a> {
    pub account: Uuid,
    pub contact: Uuid,
    pub subject: &'a str,
    pub user: Uuid,
}

/// Opens a case with a conversation and no messages; the first one is written by [`write`] with the case's id.
pub async fn open(tx: &mut Tx, new: &NewConversation<'_>, now: Millis) -> Result<(CaseRow, Uuid)> {
    let case = cases::open(tx, new.subject, new.contact, new.account, Actor::user(new.user), now).await?;
    let conversation = Uuid::now_v7();
    execute!(tx, sqlx::query(
        "INSERT INTO conversations (id, account_id, thread_key, subject, contact_id, case_id, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
    ).bind(conversation).bind(new.account).bind(conversation.to_string()).bind(new.subject).bind(new.contact).bind(case.id).bind(now))?;
    Ok((case, conversation))
}

/// Takes an answer back that has not left: the message goes, its words become the writer's draft again.
/// [`Error::Stale`] when it has left.
pub async fn withdraw(tx: &mut Tx, message_id: Uuid, actor: Actor, now: Millis) -> Result<()> {
    deliveries::cancel(tx, message_id, actor, now).await?;
    let (case_id, user, body): (Uuid, Option<Uuid>, String) = sql!(&mut *tx, c => sqlx::query_as(
        "SELECT case_id, user_id, body FROM messages WHERE id = $1",
    ).bind(message_id).fetch_one(c).await)?;
    messages::remove(tx, message_id).await?;
    cases::recount(tx, case_id).await?;
    if let Some(user) = user.filter(|user| actor.id == Some(*user)) {
        drafts::keep(tx, case_id, user, "reply", &body, now).await?;
    }
    Ok(())
}

/// How many answers somebody took back in a case: pages show the words again when it grows.
pub async fn withdrawn(db: &crate::Db, case_id: Uuid, user: Uuid) -> Result<i64> {
    let (count,): (i64,) = sql!(db, c => sqlx::query_as(
        "SELECT COUNT(*) FROM events WHERE case_id = $1 AND kind = 'case.changed' AND actor_id = $2 AND data = '{\"message\":\"cancelled\"}'",
    ).bind(case_id).bind(user).fetch_one(c).await)?;
    Ok(count)
}

/// Whether somebody may act on the delivery of this message: the case of it, under a lock.
pub async fn case_of(tx: &mut Tx, message_id: Uuid) -> Result<CaseRow> {
    let (case_id,): (Uuid,) = sql!(&mut *tx, c => sqlx::query_as("SELECT case_id FROM messages WHERE id = $1")
        .bind(message_id).fetch_optional(c).await)?
    .ok_or(Error::NotFound)?;
    cases::locked(tx, case_id).await
}
