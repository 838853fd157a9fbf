//! Answers to API calls by their idempotency key: the same call twice gets the same answer and changes nothing.

use sqlx::FromRow;
use voce_domain::Millis;

use crate::{Db, Error, Result, Tx};

/// The stored answer to a call.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Answer {
    /// SHA-256 of the request, to tell a repetition from another call under the same key.
    pub request_hash: Vec<u8>,
    pub status: i64,
    pub body: String,
}

/// The answer that was given under `key`, which the caller prefixes with whoever asks.
pub async fn find(db: &Db, key: &str) -> Result<Option<Answer>> {
    sql!(db, c => sqlx::query_as("SELECT request_hash, status, body FROM idempotent_calls WHERE key = $1").bind(key).fetch_optional(c).await)
}

/// Keeps an answer in the transaction of what it answers. [`Error::Exists`] when the same call runs twice at once: the
/// transaction must then be given up and the first answer be looked up.
pub async fn keep(tx: &mut Tx, key: &str, answer: &Answer, now: Millis) -> Result<()> {
    let kept = execute!(tx, sqlx::query(
        "INSERT INTO idempotent_calls (key, request_hash, status, body, at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (key) DO NOTHING",
    ).bind(key).bind(&answer.request_hash).bind(answer.status).bind(&answer.body).bind(now))?;
    if kept == 0 { Err(Error::Exists) } else { Ok(()) }
}

/// Forgets answers older than a moment.
pub async fn prune(tx: &mut Tx, before: Millis) -> Result<u64> {
    execute!(
        tx,
        sqlx::query("DELETE FROM idempotent_calls WHERE at < $1").bind(before)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::each_database;

    #[tokio::test]
    async fn the_first_answer_stays() {
        each_database(|db| async move {
            let answer = Answer {
                request_hash: vec![1],
                status: 201,
                body: "{}".into(),
            };
            let mut tx = db.begin().await.unwrap();
            keep(&mut tx, "k", &answer, 5).await.unwrap();
            let other = Answer {
                status: 400,
                ..answer.clone()
            };
            assert!(matches!(keep(&mut tx, "k", &other, 6).await, Err(Error::Exists)));
            tx.commit().await.unwrap();
            assert_eq!(find(&db, "k").await.unwrap(), Some(answer));
            let mut tx = db.begin().await.unwrap();
            assert_eq!(prune(&mut tx, 6).await.unwrap(), 1);
            tx.commit().await.unwrap();
            assert_eq!(find(&db, "k").await.unwrap(), None);
        })
        .await;
    }
}
