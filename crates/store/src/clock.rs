//! What becomes due by time alone.

use uuid::Uuid;
use voce_domain::Millis;

use crate::{Db, Result};

/// Cases that wait until a moment that has come.
pub async fn due_cases(db: &Db, now: Millis, limit: i64) -> Result<Vec<Uuid>> {
    sql!(db, c => sqlx::query_scalar(
        "SELECT id FROM cases WHERE waiting_until IS NOT NULL AND waiting_until <= $1 ORDER BY waiting_until LIMIT $2",
    ).bind(now).bind(limit).fetch_all(c).await)
}

/// Cases resolved before a moment. Looks at every case that is not active.
pub async fn resolved_cases(db: &Db, before: Millis, limit: i64) -> Result<Vec<Uuid>> {
    sql!(db, c => sqlx::query_scalar(
        "SELECT id FROM cases WHERE state = 'resolved' AND resolved_at < $1 AND merged_into IS NULL LIMIT $2",
    ).bind(before).bind(limit).fetch_all(c).await)
}
