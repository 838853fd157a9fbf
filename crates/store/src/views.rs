//! Views that somebody saved for themselves.

use sqlx::FromRow;
use uuid::Uuid;

use crate::{Db, Error, Result, Tx};

#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct ViewRow {
    pub id: Uuid,
    pub name: String,
    /// The query string of the desk, e.g. `view=all&language=de`.
    pub filter: String,
}

pub async fn of_user(db: &Db, user_id: Uuid) -> Result<Vec<ViewRow>> {
    sql!(db, c => sqlx::query_as("SELECT id, name, filter FROM saved_views WHERE user_id = $1 ORDER BY position, id").bind(user_id).fetch_all(c).await)
}

pub async fn create(tx: &mut Tx, user_id: Uuid, name: &str, filter: &str) -> Result<Uuid> {
    let id = Uuid::now_v7();
    execute!(
        tx,
        sqlx::query(
            "INSERT INTO saved_views (id, user_id, name, filter, position)
         VALUES ($1, $2, $3, $4, (SELECT COALESCE(MAX(position), 0) + 1 FROM saved_views WHERE user_id = $2))",
        )
        .bind(id)
        .bind(user_id)
        .bind(name.trim())
        .bind(filter)
    )?;
    Ok(id)
}

/// Only one's own.
pub async fn delete(tx: &mut Tx, user_id: Uuid, id: Uuid) -> Result<()> {
    let touched = execute!(
        tx,
        sqlx::query("DELETE FROM saved_views WHERE id = $1 AND user_id = $2")
            .bind(id)
            .bind(user_id)
    )?;
    if touched == 0 { Err(Error::NotFound) } else { Ok(()) }
}
