//! Whether the database is there and sound.

use crate::{Db, Dialect, Result};

/// One round trip.
pub async fn ping(db: &Db) -> Result<()> {
    let _: i64 = sql!(db, c => sqlx::query_scalar("SELECT CAST(1 AS BIGINT)").fetch_one(c).await)?;
    Ok(())
}

/// What the database itself finds wrong with its files; nothing when all is well. PostgreSQL guards its own.
pub async fn faults(db: &Db) -> Result<Vec<String>> {
    if db.dialect() == Dialect::Postgres {
        return Ok(Vec::new());
    }
    let found: Vec<String> = sql!(db, c => sqlx::query_scalar("PRAGMA quick_check(20)").fetch_all(c).await)?;
    Ok(found.into_iter().filter(|line| line != "ok").collect())
}

/// What runs, e.g. `SQLite 3.51.1`.
pub async fn version(db: &Db) -> Result<String> {
    let text = match db.dialect() {
        Dialect::Sqlite => "SELECT 'SQLite ' || sqlite_version()",
        Dialect::Postgres => "SELECT 'PostgreSQL ' || current_setting('server_version')",
    };
    sql!(db, c => sqlx::query_scalar(text).fetch_one(c).await)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::each_database;

    #[tokio::test]
    async fn a_fresh_database_is_sound() {
        each_database(async |db| {
            ping(&db).await.unwrap();
            assert_eq!(faults(&db).await.unwrap(), Vec::<String>::new());
            assert!(version(&db).await.unwrap().contains("SQL"));
        })
        .await;
    }
}
