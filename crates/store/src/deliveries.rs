//! The way out of an answer: queued, claimed before the network is touched, and its fate.

use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::FromRow;
use uuid::Uuid;
use voce_domain::{
    Millis,
    event::{Actor, Event, EventKind},
    message::DeliveryState,
};

use crate::{Db, Error, Result, Tx, events, message_search, statement::Statement};

/// What an answer needs to leave besides the message itself.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Payload {
    /// Address values, first the one who is answered. Empty: whoever wrote the message that is answered.
    pub to: Vec<String>,
    pub cc: Vec<String>,
    /// The message that is answered; its external id and meta go along.
    pub answers: Option<Uuid>,
}

/// An answer to be sent.
#[derive(Debug, Clone, Copy)]
pub struct NewDelivery<'a> {
    /// The outbound message, written in the same transaction.
    pub message_id: Uuid,
    pub account_id: Uuid,
    /// The same key twice is refused ([`Error::Exists`]): the same answer is never queued twice.
    pub idempotency_key: &'a str,
    pub payload: &'a Payload,
    /// When it may leave; until then it can be withdrawn.
    pub next_at: Millis,
}

pub async fn queue(tx: &mut Tx, delivery: NewDelivery<'_>, now: Millis) -> Result<()> {
    execute!(tx, sqlx::query(
        "INSERT INTO deliveries (message_id, account_id, idempotency_key, state, attempts, next_at, payload, updated_at)
         VALUES ($1, $2, $3, 'queued', 0, $4, $5, $6)",
    ).bind(delivery.message_id).bind(delivery.account_id).bind(delivery.idempotency_key).bind(delivery.next_at)
     .bind(serde_json::to_string(delivery.payload)?).bind(now))?;
    Ok(())
}

/// A delivery as pages show it.
#[derive(Debug, Clone, PartialEq, FromRow)]
pub struct Delivery {
    pub message_id: Uuid,
    pub state: String,
    pub detail: Option<String>,
    pub attempts: i64,
    pub next_at: Option<Millis>,
    pub updated_at: Millis,
}

/// The deliveries of these messages; internal, inbound and foreign ones have none.
pub async fn of_messages(db: &Db, messages: &[Uuid]) -> Result<Vec<Delivery>> {
    let mut statement = Statement::new(
        "SELECT message_id, state, detail, attempts, next_at, updated_at FROM deliveries WHERE message_id IN ",
    );
    statement.bind_list(messages);
    statement.all(db).await
}

/// A delivery that this worker holds.
#[derive(Debug, Clone, FromRow)]
pub struct Claimed {
    pub message_id: Uuid,
    pub account_id: Uuid,
    /// Tries including the one that begins now.
    pub attempts: i64,
    pub payload: String,
}

/// An answer whose time has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromRow)]
pub struct Due {
    pub message_id: Uuid,
    pub account_id: Uuid,
}

/// Answers that are due, the oldest of each conversation only, so that a conversation keeps its order.
pub async fn due(db: &Db, now: Millis, limit: i64) -> Result<Vec<Due>> {
    sql!(db, c => sqlx::query_as(
        "SELECT message_id, account_id FROM (
            SELECT message_id, account_id, state, next_at, seq, MIN(seq) OVER (PARTITION BY conversation_id) AS first FROM (
                SELECT d.message_id, d.account_id, d.state, d.next_at, m.conversation_id, m.seq
                FROM deliveries d JOIN messages m ON m.id = d.message_id WHERE d.state = 'queued'
                UNION ALL
                SELECT d.message_id, d.account_id, d.state, d.next_at, m.conversation_id, m.seq
                FROM deliveries d JOIN messages m ON m.id = d.message_id WHERE d.state = 'sending'
            ) AS unsent
         ) AS ranked WHERE state = 'queued' AND next_at <= $1 AND seq = first ORDER BY next_at, seq LIMIT $2",
    ).bind(now).bind(limit).fetch_all(c).await)
}

/// Claims answers; others may have been faster or a person may have withdrawn one. The transaction must be committed before
/// the network is touched.
pub async fn claim(tx: &mut Tx, worker: Uuid, messages: &[Uuid], now: Millis) -> Result<Vec<Claimed>> {
    let mut claimed = Vec::with_capacity(messages.len());
    for message_id in messages {
        let found: Option<Claimed> = sql!(&mut *tx, c => sqlx::query_as(
            "UPDATE deliveries SET state = 'sending', claimed_by = $2, attempts = attempts + 1, updated_at = $3
             WHERE message_id = $1 AND state = 'queued' RETURNING message_id, account_id, attempts, payload",
        ).bind(*message_id).bind(worker).bind(now).fetch_optional(c).await)?;
        claimed.extend(found);
    }
    Ok(claimed)
}

/// Everything about an answer that the channel has to know.
#[derive(Debug, Clone, FromRow)]
pub struct Answer {
    pub id: Uuid,
    pub conversation_id: Uuid,
    pub case_id: Uuid,
    pub thread_key: String,
    pub kind: String,
    pub visibility: String,
    pub author_name: String,
    pub subject: Option<String>,
    pub body: String,
    pub html: Option<String>,
}

pub async fn answer(db: &Db, message_id: Uuid) -> Result<Answer> {
    sql!(db, c => sqlx::query_as(
        "SELECT m.id, m.conversation_id, m.case_id, v.thread_key, m.kind, m.visibility, m.author_name, m.subject, m.body, m.html
         FROM messages m JOIN conversations v ON v.id = m.conversation_id WHERE m.id = $1",
    ).bind(message_id).fetch_one(c).await)
}

/// A message of the thread that is answered.
#[derive(Debug, Clone, FromRow)]
pub struct Earlier {
    pub id: Uuid,
    pub external_id: String,
    pub direction: String,
    pub meta: Option<String>,
    /// The address that wrote it, when it is known.
    pub address: Option<String>,
}

/// What was said before an answer in its conversation, oldest first, at most `limit` of the newest.
pub async fn thread_before(db: &Db, answer: &Answer, limit: i64) -> Result<Vec<Earlier>> {
    let mut found: Vec<Earlier> = sql!(db, c => sqlx::query_as(
        "SELECT m.id, m.external_id, m.direction, m.meta, i.value AS address
         FROM messages m LEFT JOIN identities i ON i.id = m.identity_id
         WHERE m.case_id = $1 AND m.conversation_id = $2 AND m.direction <> 'internal'
           AND m.seq < (SELECT seq FROM messages WHERE id = $3)
         ORDER BY m.seq DESC LIMIT $4",
    ).bind(answer.case_id).bind(answer.conversation_id).bind(answer.id).bind(limit).fetch_all(c).await)?;
    found.reverse();
    Ok(found)
}

/// What became of one try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    Sent {
        external_id: String,
        url: Option<String>,
    },
    /// Surely not sent; tried again at that moment.
    Retry {
        reason: String,
        at: Millis,
    },
    Failed {
        reason: String,
    },
    Unknown {
        reason: String,
    },
}

/// Stores the fate of a claimed answer. Does nothing when the claim is no longer the worker's own.
pub async fn conclude(tx: &mut Tx, message_id: Uuid, worker: Uuid, fate: &Fate, now: Millis) -> Result<()> {
    let (state, detail, next_at) = match fate {
        Fate::Sent { .. } => (DeliveryState::Sent, None, None),
        Fate::Retry { reason, at } => (DeliveryState::Queued, Some(reason), Some(*at)),
        Fate::Failed { reason } => (DeliveryState::Failed, Some(reason), None),
        Fate::Unknown { reason } => (DeliveryState::Unknown, Some(reason), None),
    };
    // A late answer still settles a delivery that was given up as unknown, but never queues it again.
    let touched = execute!(
        &mut *tx,
        sqlx::query(
            "UPDATE deliveries SET state = $3, detail = $4, next_at = $5, updated_at = $6
         WHERE message_id = $1 AND claimed_by = $2 AND (state = 'sending' OR state = 'unknown' AND $3 <> 'queued')",
        )
        .bind(message_id)
        .bind(worker)
        .bind(state.key())
        .bind(detail)
        .bind(next_at)
        .bind(now)
    )?;
    if touched == 0 {
        return Ok(());
    }
    if let Fate::Sent { external_id, url } = fate {
        rename(tx, message_id, external_id, url.as_deref()).await?;
    }
    let kind = match fate {
        Fate::Sent { .. } => EventKind::MessageSent,
        Fate::Retry { .. } => return Ok(()),
        Fate::Failed { .. } => EventKind::MessageFailed,
        Fate::Unknown { .. } => EventKind::MessageUnknown,
    };
    tell(tx, message_id, kind, detail.map(String::as_str), now).await
}

/// Withdraws an answer that has not left. [`Error::Stale`] when it is too late.
pub async fn cancel(tx: &mut Tx, message_id: Uuid, actor: Actor, now: Millis) -> Result<()> {
    let touched = execute!(&mut *tx, sqlx::query(
        "UPDATE deliveries SET state = 'cancelled', next_at = NULL, updated_at = $2 WHERE message_id = $1 AND state = 'queued'",
    ).bind(message_id).bind(now))?;
    if touched == 0 {
        return Err(Error::Stale);
    }
    let of = subject(tx, message_id).await?;
    let event = Event::new(EventKind::CaseChanged, now, actor)
        .case(of.case_id)
        .message(message_id);
    events::append(tx, &[event.data(json!({"message": "cancelled"}))]).await
}

/// A person asks for another try of an answer that failed or whose fate is unknown.
pub async fn try_again(tx: &mut Tx, message_id: Uuid, actor: Actor, now: Millis) -> Result<()> {
    let touched = execute!(&mut *tx, sqlx::query(
        "UPDATE deliveries SET state = 'queued', detail = NULL, attempts = 0, next_at = $2, claimed_by = NULL, updated_at = $2
         WHERE message_id = $1 AND state IN ('failed', 'unknown')",
    ).bind(message_id).bind(now))?;
    if touched == 0 {
        return Err(Error::Stale);
    }
    let of = subject(tx, message_id).await?;
    let event = Event::new(EventKind::MessageWritten, now, actor)
        .case(of.case_id)
        .message(message_id);
    events::append(tx, &[event.data(json!({"again": true}))]).await
}

/// A person knows that an answer of unknown fate did arrive.
pub async fn settle_as_sent(tx: &mut Tx, message_id: Uuid, actor: Actor, now: Millis) -> Result<()> {
    let touched = execute!(
        &mut *tx,
        sqlx::query(
            "UPDATE deliveries SET state = 'sent', updated_at = $2 WHERE message_id = $1 AND state = 'unknown'",
        )
        .bind(message_id)
        .bind(now)
    )?;
    if touched == 0 {
        return Err(Error::Stale);
    }
    let of = subject(tx, message_id).await?;
    let event = Event::new(EventKind::MessageSent, now, actor)
        .case(of.case_id)
        .message(message_id);
    events::append(tx, &[event.data(json!({"settled": true}))]).await
}

/// Claims older than `before` belong to a worker that died: their fate is unknown. Returns how many.
pub async fn give_up(tx: &mut Tx, before: Millis, now: Millis) -> Result<usize> {
    let lost: Vec<(Uuid,)> = sql!(&mut *tx, c => sqlx::query_as(
        "UPDATE deliveries SET state = 'unknown', detail = 'interrupted', updated_at = $2
         WHERE state = 'sending' AND updated_at < $1 RETURNING message_id",
    ).bind(before).bind(now).fetch_all(c).await)?;
    for (message_id,) in &lost {
        tell(tx, *message_id, EventKind::MessageUnknown, Some("interrupted"), now).await?;
    }
    Ok(lost.len())
}

/// What the other side reported about an answer that left (a bounce, a receipt). False when it changes nothing.
pub async fn report(tx: &mut Tx, message_id: Uuid, state: DeliveryState, detail: &str, now: Millis) -> Result<bool> {
    let touched = execute!(
        &mut *tx,
        sqlx::query(
            "UPDATE deliveries SET state = $2, detail = $3, next_at = NULL, updated_at = $4
         WHERE message_id = $1 AND state IN ('sending', 'sent', 'delivered', 'unknown') AND state <> $2",
        )
        .bind(message_id)
        .bind(state.key())
        .bind(detail)
        .bind(now)
    )?;
    if touched == 0 {
        return Ok(false);
    }
    let kind = match state {
        DeliveryState::Failed => EventKind::MessageFailed,
        DeliveryState::Unknown => EventKind::MessageUnknown,
        _ => EventKind::MessageSent,
    };
    tell(tx, message_id, kind, Some(detail), now).await?;
    Ok(true)
}

/// Gives a sent message the platform's id of it.
async fn rename(tx: &mut Tx, message_id: Uuid, external_id: &str, url: Option<&str>) -> Result<()> {
    // The platform's own stream may have brought our answer in before we heard that it was sent.
    let echo: Option<(i64, Uuid, Uuid)> = sql!(&mut *tx, c => sqlx::query_as(
        "SELECT seq, id, case_id FROM messages
         WHERE account_id = (SELECT account_id FROM messages WHERE id = $1) AND external_id = $2 AND id <> $1 AND direction = 'outbound'",
    ).bind(message_id).bind(external_id).fetch_optional(c).await)?;
    if let Some((seq, echo, case)) = echo {
        message_search::remove(&mut *tx, seq).await?;
        execute!(
            &mut *tx,
            sqlx::query("DELETE FROM attachments WHERE message_id = $1").bind(echo)
        )?;
        execute!(&mut *tx, sqlx::query("DELETE FROM messages WHERE id = $1").bind(echo))?;
        execute!(
            &mut *tx,
            sqlx::query("UPDATE cases SET messages = messages - 1 WHERE id = $1").bind(case)
        )?;
    }
    execute!(
        &mut *tx,
        sqlx::query("UPDATE messages SET external_id = $2, url = COALESCE($3, url) WHERE id = $1")
            .bind(message_id)
            .bind(external_id)
            .bind(url)
    )?;
    Ok(())
}

#[derive(FromRow)]
struct Subject {
    case_id: Uuid,
    contact_id: Option<Uuid>,
}

async fn subject(tx: &mut Tx, message_id: Uuid) -> Result<Subject> {
    sql!(tx, c => sqlx::query_as(
        "SELECT m.case_id, v.contact_id FROM messages m LEFT JOIN conversations v ON v.id = m.conversation_id WHERE m.id = $1",
    ).bind(message_id).fetch_one(c).await)
}

async fn tell(tx: &mut Tx, message_id: Uuid, kind: EventKind, detail: Option<&str>, now: Millis) -> Result<()> {
    let of = subject(tx, message_id).await?;
    let mut event = Event::new(kind, now, Actor::SYSTEM)
        .case(of.case_id)
        .message(message_id);
    event.contact_id = of.contact_id;
    if let Some(detail) = detail {
        event.data = json!({"detail": detail});
    }
    events::append(tx, &[event]).await
}
