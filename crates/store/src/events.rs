//! Facts, written in the transaction of the change itself, and the cursors of those who react to them.

use serde_json::Value;
use sqlx::FromRow;
use uuid::Uuid;
use voce_domain::{
    Millis,
    event::{Actor, Event, EventKind},
};

use crate::{Db, Result, Tx};

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
    let (text, horizon) = match db {
        Db::Sqlite { .. } => (
            "SELECT tx, seq, at, kind, actor_kind, actor_id, case_id, contact_id, message_id, data
             FROM events WHERE seq > $2 AND tx >= $1 AND tx < $4 ORDER BY seq LIMIT $3",
            i64::MAX,
        ),
        Db::Postgres(pool) => (
            "SELECT tx, seq, at, kind, actor_kind, actor_id, case_id, contact_id, message_id, data
             FROM events WHERE (tx, seq) > ($1, $2) AND tx < $4 ORDER BY tx, seq LIMIT $3",
            sqlx::query_scalar(OLDEST_OPEN).fetch_one(pool).await?,
        ),
    };
    let rows: Vec<EventRow> = sql!(db, c => sqlx::query_as(text).bind(cursor.tx).bind(cursor.seq).bind(limit).bind(horizon).fetch_all(c).await)?;
    rows.into_iter().map(EventRow::read).collect()
}

/// The oldest transaction that is open in this database, or else the next: whatever began earlier has ended, and a later
/// statement sees what it wrote. `pg_snapshot_xmin` would do for this but counts the transactions of all databases of the
/// server. The snapshot is taken first, so that a transaction which is too young to be in it is of no concern. Activity
/// shows 32 bits of an id, of which the newest 2^31 are in use.
const OLDEST_OPEN: &str = "
    SELECT next - coalesce(max(age), 0)
    FROM (SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS next) snapshot
    LEFT JOIN LATERAL (
        SELECT (next - backend_xid::text::bigint) & 4294967295 AS age
        FROM pg_stat_activity WHERE datname = current_database() AND backend_xid IS NOT NULL
    ) open ON age < 2147483648
    GROUP BY next";

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::each_database;

    fn fact(at: Millis) -> Event {
        Event::new(EventKind::CaseChanged, at, Actor::SYSTEM)
    }

    async fn heard(db: &Db) -> Vec<Millis> {
        let facts = after(db, Cursor::default(), 10).await.unwrap();
        facts.iter().map(|fact| fact.event.at).collect()
    }

    #[tokio::test]
    async fn nothing_is_told_before_what_may_still_come_before_it() {
        each_database(|db| async move {
            // SQLite has one writer: there nothing can overtake.
            if matches!(db, Db::Postgres(_)) {
                let (mut slow, mut quick) = (db.begin().await.unwrap(), db.begin().await.unwrap());
                append(&mut slow, &[fact(1)]).await.unwrap();
                append(&mut quick, &[fact(2)]).await.unwrap();
                quick.commit().await.unwrap();
                assert!(heard(&db).await.is_empty());
                slow.commit().await.unwrap();
                assert_eq!(heard(&db).await, [1, 2]);
            }
            let mut tx = db.begin().await.unwrap();
            append(&mut tx, &[fact(3)]).await.unwrap();
            tx.commit().await.unwrap();
            assert_eq!(heard(&db).await.last(), Some(&3));
        })
        .await;
    }
}
