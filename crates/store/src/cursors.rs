//! Cursors of durable listeners, moved on in the transaction of what the listener did.

use crate::{Db, Dialect, Result, Tx, events::Cursor};

/// Where a listener stands; of several processes one at a time. A new listener starts at `start`.
pub async fn lock(tx: &mut Tx, name: &str, start: Cursor) -> Result<Cursor> {
    execute!(
        &mut *tx,
        sqlx::query("INSERT INTO cursors (name, tx, seq) VALUES ($1, $2, $3) ON CONFLICT (name) DO NOTHING")
            .bind(name)
            .bind(start.tx)
            .bind(start.seq)
    )?;
    let text = match tx.dialect() {
        Dialect::Sqlite => "SELECT tx, seq FROM cursors WHERE name = $1",
        Dialect::Postgres => "SELECT tx, seq FROM cursors WHERE name = $1 FOR UPDATE",
    };
    sql!(tx, c => sqlx::query_as(text).bind(name).fetch_one(c).await)
}

/// Where a listener stands; `None` when it is new.
pub async fn find(db: &Db, name: &str) -> Result<Option<Cursor>> {
    sql!(db, c => sqlx::query_as("SELECT tx, seq FROM cursors WHERE name = $1").bind(name).fetch_optional(c).await)
}
