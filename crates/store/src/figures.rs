//! Numbers for whoever watches the installation. Each is read along an index.

use crate::{Db, Result};

/// Cases that need somebody, by state.
pub async fn active_cases(db: &Db) -> Result<Vec<(String, i64)>> {
    sql!(db, c => sqlx::query_as("SELECT state, COUNT(*) FROM cases WHERE active GROUP BY state").fetch_all(c).await)
}

/// Answers on their way: queued, and in the hands of a worker.
pub async fn answers_under_way(db: &Db) -> Result<Vec<(String, i64)>> {
    sql!(db, c => sqlx::query_as(
        "SELECT 'queued', COUNT(*) FROM deliveries WHERE state = 'queued' UNION ALL SELECT 'sending', COUNT(*) FROM deliveries WHERE state = 'sending'",
    ).fetch_all(c).await)
}

/// Deliveries of web hooks that wait.
pub async fn waiting_hooks(db: &Db) -> Result<i64> {
    sql!(db, c => sqlx::query_scalar("SELECT COUNT(*) FROM web_hook_deliveries WHERE state = 'queued'").fetch_one(c).await)
}

/// Connections of a pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pool {
    pub name: &'static str,
    pub open: usize,
    pub idle: usize,
}

pub fn pools(db: &Db) -> Vec<Pool> {
    match db {
        Db::Sqlite { write, read } => vec![
            Pool {
                name: "write",
                open: write.size() as usize,
                idle: write.num_idle(),
            },
            Pool {
                name: "read",
                open: read.size() as usize,
                idle: read.num_idle(),
            },
        ],
        Db::Postgres(pool) => vec![Pool {
            name: "all",
            open: pool.size() as usize,
            idle: pool.num_idle(),
        }],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::each_database;

    #[tokio::test]
    async fn a_fresh_installation_has_nothing_to_do() {
        each_database(|db| async move {
            assert_eq!(active_cases(&db).await.unwrap(), []);
            assert_eq!(
                answers_under_way(&db)
                    .await
                    .unwrap()
                    .iter()
                    .map(|(_, count)| count)
                    .sum::<i64>(),
                0
            );
            assert_eq!(waiting_hooks(&db).await.unwrap(), 0);
            assert!(pools(&db).iter().all(|pool| pool.idle <= pool.open));
        })
        .await;
    }
}
