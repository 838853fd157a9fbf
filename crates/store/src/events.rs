//! Facts, written in the transaction of the change itself, and the cursors of those who react to them.

use serde_json::Value;
use sqlx::FromRow;
use uuid::Uuid;
use voce_domain::{
    Millis,
    event::{Actor, Event, EventKind},
};

use crate::{Db, Dialect, Result, Tx};

/// Writes facts.
pub async fn append(tx: &mut Tx, events: &[Event]) -> Result<()> {
    write_rows!(
        tx, "INSERT INTO events (at, kind, actor_kind, actor_id, case_id, contact_id, message_id, data) VALUES ", events,
        event => [
            event.at, event.kind.key(), event.actor.kind.key(), event.actor.id, event.case_id, event.contact_id, event.message_id,
            (!event.data.is_null()).then(|| event.data.to_string()),
        ], ""
    )?;
    Ok(())
}

/// Where a listener stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, FromRow)]
pub struct Cursor {
    pub tx: i64,
    pub seq: i64,
}

/// A fact with its place in the order of facts.
#[derive(Debug, Clone)]
pub struct Recorded {
    pub cursor: Cursor,
    pub event: Event,
}

/// The next facts after `cursor`, oldest first. On PostgreSQL only those before which none can appear any more.
pub async fn after(db: &Db, cursor: Cursor, limit: i64) -> Result<Vec<Recorded>> {
    let text = match db.dialect() {
        Dialect::Sqlite => {
            "SELECT tx, seq, at, kind, actor_kind, actor_id, case_id, contact_id, message_id, data
             FROM events WHERE seq > $2 AND tx >= $1 ORDER BY seq LIMIT $3"
        }
        Dialect::Postgres => {
            "SELECT tx, seq, at, kind, actor_kind, actor_id, case_id, contact_id, message_id, data
             FROM events WHERE (tx, seq) > ($1, $2) AND tx < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
             ORDER BY tx, seq LIMIT $3"
        }
    };
    let rows: Vec<EventRow> =
        sql!(db, c => sqlx::query_as(text).bind(cursor.tx).bind(cursor.seq).bind(limit).fetch_all(c).await)?;
    rows.into_iter().map(EventRow::read).collect()
}

/// The history of a case, oldest first.
pub async fn of_case(db: &Db, case_id: Uuid) -> Result<Vec<Recorded>> {
    let rows: Vec<EventRow> = sql!(db, c => sqlx::query_as(
        "SELECT tx, seq, at, kind, actor_kind, actor_id, case_id, contact_id, message_id, data
         FROM events WHERE case_id = $1 ORDER BY seq LIMIT 2000",
    ).bind(case_id).fetch_all(c).await)?;
    rows.into_iter().map(EventRow::read).collect()
}

/// Where the named listener stands; the beginning for a new one.
pub async fn cursor(db: &Db, name: &str) -> Result<Cursor> {
    let found: Option<Cursor> = sql!(db, c => sqlx::query_as("SELECT tx, seq FROM cursors WHERE name = $1").bind(name).fetch_optional(c).await)?;
    Ok(found.unwrap_or_default())
}

/// Moves a listener on, in the transaction of what it did.
pub async fn advance(tx: &mut Tx, name: &str, cursor: Cursor) -> Result<()> {
    execute!(tx, sqlx::query(
        "INSERT INTO cursors (name, tx, seq) VALUES ($1, $2, $3) ON CONFLICT (name) DO UPDATE SET tx = excluded.tx, seq = excluded.seq",
    ).bind(name).bind(cursor.tx).bind(cursor.seq))?;
    Ok(())
}

/// The place after the newest fact: where a listener starts that does not care for the past.
pub async fn end(db: &Db) -> Result<Cursor> {
    let found: Option<Cursor> =
        sql!(db, c => sqlx::query_as("SELECT tx, seq FROM events ORDER BY seq DESC LIMIT 1").fetch_optional(c).await)?;
    Ok(found.unwrap_or_default())
}

#[derive(FromRow)]
struct EventRow {
    tx: i64,
    seq: i64,
    at: Millis,
    kind: String,
    actor_kind: String,
    actor_id: Option<Uuid>,
    case_id: Option<Uuid>,
    contact_id: Option<Uuid>,
    message_id: Option<Uuid>,
    data: Option<String>,
}

impl EventRow {
    fn read(self) -> Result<Recorded> {
        Ok(Recorded {
            cursor: Cursor {
                tx: self.tx,
                seq: self.seq,
            },
            event: Event {
                kind: self.kind.parse::<EventKind>()?,
                at: self.at,
                actor: Actor {
                    kind: self.actor_kind.parse()?,
                    id: self.actor_id,
                },
                case_id: self.case_id,
                contact_id: self.contact_id,
                message_id: self.message_id,
                data: self.data.map_or(Ok(Value::Null), |data| serde_json::from_str(&data))?,
            },
        })
    }
}
