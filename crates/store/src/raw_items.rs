//! Looking into the durable queue: dead letters by account, error and age, and what came in lately.

use sqlx::FromRow;
use uuid::Uuid;
use voce_domain::Millis;

use crate::{
    Db, Result,
    intake::{Item, ItemLine, Tally},
};

/// Which dead letters.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    pub account_id: Option<Uuid>,
    /// Stand in the error, whatever their case.
    pub words: String,
    /// Received at this moment or later.
    pub since: Option<Millis>,
}

impl Filter {
    fn pattern(&self) -> String {
        let escaped = self
            .words
            .trim()
            .to_lowercase()
            .replace('\\', "\\\\")
            .replace('%', "\\%")
            .replace('_', "\\_");
        format!("%{escaped}%")
    }
}

/// Items that could not be understood, newest first; `before` is the last id of the page before.
pub async fn dead_letters(db: &Db, filter: &Filter, before: Option<i64>, limit: i64) -> Result<Vec<ItemLine>> {
    sql!(db, c => sqlx::query_as(
        "SELECT id, account_id, format, CAST(length(body) AS BIGINT) AS size, received_at, detail, attempts
         FROM intake WHERE outcome = 'invalid' AND id < $1 AND received_at >= $2 AND ($3 IS NULL OR account_id = $3)
           AND lower(COALESCE(detail, '')) LIKE $4 ESCAPE '\\' ORDER BY id DESC LIMIT $5",
    ).bind(before.unwrap_or(i64::MAX)).bind(filter.since.unwrap_or(i64::MIN)).bind(filter.account_id)
     .bind(filter.pattern()).bind(limit).fetch_all(c).await)
}

/// How many dead letters a filter finds.
pub async fn count(db: &Db, filter: &Filter) -> Result<i64> {
    sql!(db, c => sqlx::query_scalar(
        "SELECT COUNT(*) FROM intake WHERE outcome = 'invalid' AND received_at >= $1 AND ($2 IS NULL OR account_id = $2)
           AND lower(COALESCE(detail, '')) LIKE $3 ESCAPE '\\'",
    ).bind(filter.since.unwrap_or(i64::MIN)).bind(filter.account_id).bind(filter.pattern()).fetch_one(c).await)
}

/// How many dead letters an account has.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Heap {
    pub account_id: Uuid,
    pub items: i64,
}

/// The dead letters of each account that has any.
pub async fn heaps(db: &Db) -> Result<Vec<Heap>> {
    sql!(db, c => sqlx::query_as(
        "SELECT account_id, COUNT(*) AS items FROM intake WHERE outcome = 'invalid' GROUP BY account_id ORDER BY items DESC, account_id",
    ).fetch_all(c).await)
}

/// The outcome of an item, if it has one, and how often it was tried.
pub async fn fate(db: &Db, id: i64) -> Result<(Option<String>, i64)> {
    sql!(db, c => sqlx::query_as("SELECT outcome, attempts FROM intake WHERE id = $1").bind(id).fetch_one(c).await)
}

/// So far back it is looked for the last items of an account: it has no index of its own, which would slow down the intake.
const LOOK_BACK: i64 = 5_000;

/// The last items of an account in a format, newest first.
pub async fn latest(db: &Db, account_id: Uuid, format: &str, limit: i64) -> Result<Vec<Item>> {
    sql!(db, c => sqlx::query_as(
        "SELECT id, account_id, format, body, received_at, outcome, detail, attempts, done_at FROM intake
         WHERE id > (SELECT COALESCE(MAX(id), 0) FROM intake) - $1 AND account_id = $2 AND format = $3 ORDER BY id DESC LIMIT $4",
    ).bind(LOOK_BACK).bind(account_id).bind(format).bind(limit).fetch_all(c).await)
}

/// Tallies of each account over the items received since a moment. Reads these, and not the whole queue.
pub async fn tallies(db: &Db, since: Millis) -> Result<Vec<Tally>> {
    let first = first_since(db, since).await?;
    sql!(db, c => sqlx::query_as(
        "SELECT account_id, outcome, COUNT(*) AS items FROM intake WHERE id >= $1 AND received_at >= $2
         GROUP BY account_id, outcome ORDER BY account_id, outcome",
    ).bind(first).bind(since).fetch_all(c).await)
}

/// The first id that was received at a moment or later: ids are given in the order of arrival, so that halving finds it.
async fn first_since(db: &Db, since: Millis) -> Result<i64> {
    let (low, high): (Option<i64>, Option<i64>) =
        sql!(db, c => sqlx::query_as("SELECT MIN(id), MAX(id) FROM intake").fetch_one(c).await)?;
    let (Some(mut low), Some(high)) = (low, high) else {
        return Ok(0);
    };
    let mut high = high + 1;
    while low < high {
        let middle = low + (high - low) / 2;
        let next: Option<(i64, Millis)> = sql!(db, c => sqlx::query_as("SELECT id, received_at FROM intake WHERE id >= $1 ORDER BY id LIMIT 1")
            .bind(middle).fetch_optional(c).await)?;
        match next {
            Some((id, at)) if at < since => low = id + 1,
            _ => high = middle,
        }
    }
    Ok(low)
}

#[cfg(test)]
mod tests {
    use voce_domain::message::Outcome;

    use super::*;
    use crate::{
        intake::{self, Finished, NewItem},
        testing::each_database,
    };

    const ANNA: Uuid = Uuid::from_u128(1);
    const SHOP: Uuid = Uuid::from_u128(2);

    #[tokio::test]
    async fn dead_letters_are_found_by_account_error_and_age() {
        each_database(|db| async move {
            let bodies: Vec<Vec<u8>> = (0..40u8).map(|n| vec![n; 3]).collect();
            let item = |(n, body): (i64, &Vec<u8>)| (if n % 2 == 0 { ANNA } else { SHOP }, n * 10, body.clone());
            let raw: Vec<(Uuid, i64, Vec<u8>)> = (0i64..).zip(&bodies).map(item).collect();
            let new: Vec<NewItem> = raw
                .iter()
                .map(|(account_id, at, body)| NewItem {
                    account_id: *account_id,
                    format: "hook",
                    body,
                    received_at: *at,
                })
                .collect();
            let mut tx = db.begin().await.unwrap();
            let ids = intake::append(&mut tx, &new).await.unwrap();
            let finished: Vec<Finished> = ids[..38]
                .iter()
                .map(|&id| Finished {
                    id,
                    outcome: Outcome::Invalid,
                    detail: Some(if id % 3 == 0 { "100% Wrong" } else { "other" }.into()),
                })
                .collect();
            intake::finish(&mut tx, &finished, 1_000).await.unwrap();
            tx.commit().await.unwrap();

            let all = Filter::default();
            assert_eq!(count(&db, &all).await.unwrap(), 38);
            let first = dead_letters(&db, &all, None, 30).await.unwrap();
            let rest = dead_letters(&db, &all, first.last().map(|line| line.id), 30)
                .await
                .unwrap();
            let seen: Vec<i64> = first.iter().chain(&rest).map(|line| line.id).collect();
            assert_eq!(seen, ids[..38].iter().rev().copied().collect::<Vec<_>>());

            let some = Filter {
                account_id: Some(ANNA),
                words: " 100% wrong ".into(),
                since: Some(100),
            };
            let found = dead_letters(&db, &some, None, 100).await.unwrap();
            assert!(!found.is_empty());
            assert!(
                found
                    .iter()
                    .all(|line| line.account_id == ANNA && line.id % 3 == 0 && line.received_at >= 100)
            );
            assert_eq!(count(&db, &some).await.unwrap(), found.len() as i64);
            assert_eq!(
                count(
                    &db,
                    &Filter {
                        words: "_ther".into(),
                        ..all
                    }
                )
                .await
                .unwrap(),
                0,
                "no wildcard from outside"
            );
            assert_eq!(
                heaps(&db).await.unwrap(),
                [
                    Heap {
                        account_id: ANNA,
                        items: 19
                    },
                    Heap {
                        account_id: SHOP,
                        items: 19
                    }
                ]
            );

            let last = latest(&db, SHOP, "hook", 2).await.unwrap();
            assert_eq!(last.iter().map(|item| item.id).collect::<Vec<_>>(), [ids[39], ids[37]]);
            assert!(latest(&db, SHOP, "message", 2).await.unwrap().is_empty());
        })
        .await;
    }

    #[tokio::test]
    async fn tallies_count_from_their_moment() {
        each_database(|db| async move {
            assert!(tallies(&db, 0).await.unwrap().is_empty());
            let new: Vec<NewItem> = (0..100)
                .map(|n| NewItem {
                    account_id: ANNA,
                    format: "x",
                    body: b"",
                    received_at: n,
                })
                .collect();
            let mut tx = db.begin().await.unwrap();
            let ids = intake::append(&mut tx, &new).await.unwrap();
            let done = Finished {
                id: ids[60],
                outcome: Outcome::Filtered,
                detail: Some("own".into()),
            };
            intake::finish(&mut tx, &[done], 1).await.unwrap();
            tx.commit().await.unwrap();
            for (since, waiting, filtered) in [
                (-5, 99, 1),
                (0, 99, 1),
                (37, 62, 1),
                (61, 39, 0),
                (99, 1, 0),
                (100, 0, 0),
            ] {
                let mut found = tallies(&db, since).await.unwrap();
                found.sort_by_key(|tally| tally.outcome.is_some());
                let of = |outcome: Option<&str>| {
                    found
                        .iter()
                        .find(|tally| tally.outcome.as_deref() == outcome)
                        .map_or(0, |tally| tally.items)
                };
                assert_eq!((of(None), of(Some("filtered"))), (waiting, filtered), "since {since}");
            }
        })
        .await;
    }
}
