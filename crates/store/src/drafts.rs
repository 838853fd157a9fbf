//! What somebody began to write, kept until it is sent.

use sqlx::FromRow;
use uuid::Uuid;
use voce_domain::Millis;

use crate::{Db, Result, Tx};

#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct DraftRow {
    /// `reply` or `note`.
    pub mode: String,
    pub body: String,
}

/// The drafts of one person in one case.
pub async fn of(db: &Db, case_id: Uuid, user_id: Uuid) -> Result<Vec<DraftRow>> {
    sql!(db, c => sqlx::query_as("SELECT mode, body FROM drafts WHERE case_id = $1 AND user_id = $2").bind(case_id).bind(user_id).fetch_all(c).await)
}

/// Keeps a draft; an empty one is forgotten.
pub async fn keep(tx: &mut Tx, case_id: Uuid, user_id: Uuid, mode: &str, body: &str, now: Millis) -> Result<()> {
    if body.trim().is_empty() {
        return forget(tx, case_id, user_id, mode).await;
    }
    execute!(
        tx,
        sqlx::query(
            "INSERT INTO drafts (case_id, user_id, mode, body, updated_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (case_id, user_id, mode) DO UPDATE SET body = excluded.body, updated_at = excluded.updated_at",
        )
        .bind(case_id)
        .bind(user_id)
        .bind(mode)
        .bind(body)
        .bind(now)
    )?;
    Ok(())
}

pub async fn forget(tx: &mut Tx, case_id: Uuid, user_id: Uuid, mode: &str) -> Result<()> {
    execute!(
        tx,
        sqlx::query("DELETE FROM drafts WHERE case_id = $1 AND user_id = $2 AND mode = $3")
            .bind(case_id)
            .bind(user_id)
            .bind(mode)
    )?;
    Ok(())
}
