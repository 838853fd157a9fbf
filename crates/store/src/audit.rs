//! Who administered what, in a chain: each row's hash covers its content and the hash of the row before, so that a
//! changed, removed or inserted row shows.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use sqlx::{FromRow, QueryBuilder};
use uuid::Uuid;
use voce_domain::Millis;

use crate::{Db, Result, Tx};

/// Who did something, and from where.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Who {
    pub id: Option<Uuid>,
    /// Kept as it was then: names change.
    pub name: String,
    pub ip: String,
}

/// Writes one row, in the transaction of the change itself. `action` is a key such as `user.role_changed`, `subject`
/// what it was done to in words, `details` what else is worth knowing - never a secret.
pub async fn write(tx: &mut Tx, now: Millis, who: &Who, action: &str, subject: &str, details: Value) -> Result<i64> {
    // The counter's row is held until the end of the transaction: the chain has one writer at a time.
    let seq: i64 = sql!(&mut *tx, c => sqlx::query_scalar(
        "UPDATE counters SET value = value + 1 WHERE name = 'audit' RETURNING value",
    ).fetch_one(c).await)?;
    let before: Option<Vec<u8>> = sql!(&mut *tx, c => sqlx::query_scalar("SELECT hash FROM audit_log WHERE seq = $1")
        .bind(seq - 1).fetch_optional(c).await)?;
    let row = Row {
        seq,
        at: now,
        actor_id: who.id,
        actor: who.name.clone(),
        action: action.to_owned(),
        subject: subject.to_owned(),
        details: details.to_string(),
        ip: who.ip.clone(),
    };
    let hash = row.hash(before.as_deref().unwrap_or(&GENESIS));
    execute!(
        tx,
        sqlx::query(
            "INSERT INTO audit_log (seq, at, actor_id, actor, action, subject, details, ip, hash) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
        )
        .bind(row.seq)
        .bind(row.at)
        .bind(row.actor_id)
        .bind(row.actor)
        .bind(row.action)
        .bind(row.subject)
        .bind(row.details)
        .bind(row.ip)
        .bind(hash)
    )?;
    Ok(seq)
}

/// Before the first row.
const GENESIS: [u8; 32] = [0; 32];

/// One line of the log.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Row {
    pub seq: i64,
    pub at: Millis,
    pub actor_id: Option<Uuid>,
    pub actor: String,
    pub action: String,
    pub subject: String,
    /// JSON.
    pub details: String,
    pub ip: String,
}

impl Row {
    /// SHA-256 of the hash before and of the row as a JSON array, in which no two different rows look the same.
    fn hash(&self, before: &[u8]) -> Vec<u8> {
        let canonical = json!([
            self.seq,
            self.at,
            self.actor_id,
            self.actor,
            self.action,
            self.subject,
            self.details,
            self.ip
        ]);
        Sha256::new()
            .chain_update(before)
            .chain_update(canonical.to_string())
            .finalize()
            .to_vec()
    }
}

/// What an examination of the chain found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// So many rows, all as they were written.
    Whole { rows: i64 },
    /// The first row that is missing or not as it was written.
    Broken { seq: i64 },
}

/// Rows examined at a time.
const CHUNK: i64 = 1000;

/// Examines the whole chain, up to the row that was the last when it began.
pub async fn verify(db: &Db) -> Result<Verdict> {
    let last: i64 =
        sql!(db, c => sqlx::query_scalar("SELECT value FROM counters WHERE name = 'audit'").fetch_one(c).await)?;
    let mut before = GENESIS.to_vec();
    let mut expected = 1;
    while expected <= last {
        let rows: Vec<Hashed> = sql!(db, c => sqlx::query_as(
            "SELECT seq, at, actor_id, actor, action, subject, details, ip, hash FROM audit_log
             WHERE seq >= $1 AND seq <= $2 ORDER BY seq LIMIT $3",
        ).bind(expected).bind(last).bind(CHUNK).fetch_all(c).await)?;
        if rows.is_empty() {
            return Ok(Verdict::Broken { seq: expected });
        }
        for found in rows {
            if found.row.seq != expected || found.row.hash(&before) != found.hash {
                return Ok(Verdict::Broken { seq: expected });
            }
            before = found.hash;
            expected += 1;
        }
    }
    Ok(Verdict::Whole { rows: last })
}

#[derive(FromRow)]
struct Hashed {
    #[sqlx(flatten)]
    row: Row,
    hash: Vec<u8>,
}

/// Which rows to show.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    pub actor_id: Option<Uuid>,
    /// The part before the dot: `user`, `token`, `channel`…
    pub area: Option<String>,
    pub from: Option<Millis>,
    pub until: Option<Millis>,
    /// Only rows older than this one: the next page.
    pub before: Option<i64>,
}

/// The rows of a filter, the newest first.
pub async fn list(db: &Db, filter: &Filter, limit: i64) -> Result<Vec<Row>> {
    sql!(db, c => {
        let mut query = QueryBuilder::new("SELECT seq, at, actor_id, actor, action, subject, details, ip FROM audit_log WHERE seq < ");
        query.push_bind(filter.before.unwrap_or(i64::MAX));
        if let Some(actor) = filter.actor_id {
            query.push(" AND actor_id = ").push_bind(actor);
        }
        if let Some(area) = &filter.area {
            // The character after the dot ends the range: no wildcard of the reader's reaches the database.
            query.push(" AND action >= ").push_bind(format!("{area}.")).push(" AND action < ").push_bind(format!("{area}/"));
        }
        if let Some(from) = filter.from {
            query.push(" AND at >= ").push_bind(from);
        }
        if let Some(until) = filter.until {
            query.push(" AND at < ").push_bind(until);
        }
        query.push(" ORDER BY seq DESC LIMIT ").push_bind(limit);
        query.build_query_as().fetch_all(c).await
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::each_database;

    async fn written(db: &Db, rows: i64) {
        for at in 0..rows {
            let mut tx = db.begin().await.unwrap();
            let who = Who {
                id: Some(Uuid::now_v7()),
                name: "Anna".into(),
                ip: "::1".into(),
            };
            let action = if at % 2 == 0 { "user.disabled" } else { "username.odd" };
            write(&mut tx, at, &who, action, "Luca", json!({ "at": at }))
                .await
                .unwrap();
            tx.commit().await.unwrap();
        }
    }

    async fn tamper(db: &Db, sql: &'static str) {
        let mut tx = db.begin().await.unwrap();
        assert!(execute!(&mut tx, sqlx::query(sql)).unwrap() > 0);
        tx.commit().await.unwrap();
    }

    #[tokio::test]
    async fn a_whole_chain_is_whole_and_can_be_filtered() {
        each_database(|db| async move {
            assert_eq!(verify(&db).await.unwrap(), Verdict::Whole { rows: 0 });
            written(&db, 6).await;
            assert_eq!(verify(&db).await.unwrap(), Verdict::Whole { rows: 6 });
            let filter = Filter {
                area: Some("user".into()),
                from: Some(1),
                before: Some(5),
                ..Filter::default()
            };
            let found: Vec<i64> = list(&db, &filter, 10)
                .await
                .unwrap()
                .into_iter()
                .map(|row| row.seq)
                .collect();
            assert_eq!(found, [3]);
        })
        .await;
    }

    #[tokio::test]
    async fn every_tampering_shows() {
        for (sql, seq) in [
            ("UPDATE audit_log SET subject = 'Someone' WHERE seq = 3", 3),
            ("UPDATE audit_log SET actor_id = NULL WHERE seq = 2", 2),
            ("DELETE FROM audit_log WHERE seq = 4", 4),
            ("DELETE FROM audit_log WHERE seq > 4", 5),
            ("DELETE FROM audit_log WHERE seq = 1", 1),
        ] {
            each_database(|db| async move {
                written(&db, 5).await;
                tamper(&db, sql).await;
                assert_eq!(verify(&db).await.unwrap(), Verdict::Broken { seq }, "{sql}");
            })
            .await;
        }
    }

    #[tokio::test]
    async fn rows_written_at_the_same_time_make_one_chain() {
        each_database(|db| async move {
            let writers: Vec<_> = (0..8)
                .map(|_| {
                    let db = db.clone();
                    tokio::spawn(async move { written(&db, 3).await })
                })
                .collect();
            for writer in writers {
                writer.await.unwrap();
            }
            assert_eq!(verify(&db).await.unwrap(), Verdict::Whole { rows: 24 });
        })
        .await;
    }
}
