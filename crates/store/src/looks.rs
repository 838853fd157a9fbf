//! Who looks at a case, who answers it, and what is new to whom.

use sqlx::FromRow;
use uuid::Uuid;
use voce_domain::Millis;

use crate::{Db, Result, Tx};

/// After so long without a sign somebody is gone, in milliseconds. Open pages give one every 10 s.
pub const GONE_AFTER: Millis = 25_000;

/// Stands in `typing_at` of whoever left: what they have read stays read, but they are not there.
const LEFT: Millis = 0;

/// What an open page says about its reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    Looking,
    Typing,
    Left,
}

/// Somebody else at the same case.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Presence {
    pub user_id: Uuid,
    pub name: String,
    pub typing: bool,
}

/// Notes a sign of life. Returns whether it is news to the others: somebody came, went, began or stopped to write.
pub async fn note(tx: &mut Tx, case_id: Uuid, user_id: Uuid, look: Look, now: Millis) -> Result<bool> {
    let before: Option<(Millis, Option<Millis>)> = sql!(&mut *tx, c => sqlx::query_as(
        "SELECT seen_at, typing_at FROM case_looks WHERE case_id = $1 AND user_id = $2",
    ).bind(case_id).bind(user_id).fetch_optional(c).await)?;
    let fresh = |at: Millis| at > now - GONE_AFTER;
    let was_here = before.is_some_and(|(seen, typing)| fresh(seen) && typing != Some(LEFT));
    let was_typing = before.and_then(|(_, typing)| typing).is_some_and(fresh);
    let typing_at = match look {
        Look::Looking => None,
        Look::Typing => Some(now),
        Look::Left => Some(LEFT),
    };
    execute!(
        tx,
        sqlx::query(
            "INSERT INTO case_looks (case_id, user_id, seen_at, typing_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (case_id, user_id) DO UPDATE SET seen_at = excluded.seen_at, typing_at = excluded.typing_at",
        )
        .bind(case_id)
        .bind(user_id)
        .bind(now)
        .bind(typing_at)
    )?;
    Ok(was_here != (look != Look::Left) || was_typing != (look == Look::Typing))
}

/// The colleagues who are at a case now, besides the reader.
pub async fn others(db: &Db, case_id: Uuid, reader: Uuid, now: Millis) -> Result<Vec<Presence>> {
    sql!(db, c => sqlx::query_as(
        "SELECT u.id AS user_id, u.name, COALESCE(l.typing_at, 1) > $3 AS typing FROM case_looks l JOIN users u ON u.id = l.user_id
         WHERE l.case_id = $1 AND l.user_id <> $2 AND l.seen_at > $3 AND COALESCE(l.typing_at, 1) > 0 ORDER BY u.name LIMIT 5",
    ).bind(case_id).bind(reader).bind(now - GONE_AFTER).fetch_all(c).await)
}
