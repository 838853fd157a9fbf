//! The durable queue: raw items as they came, and what became of each.

use serde_json::json;
use sqlx::{FromRow, QueryBuilder};
use uuid::Uuid;
use voce_domain::{
    Millis,
    event::{Actor, Event, EventKind},
    message::{Outcome, RawItem},
};

use crate::{Db, Dialect, Result, Tx, events};

/// A raw item on its way in.
#[derive(Debug, Clone, Copy)]
pub struct NewItem<'a> {
    pub account_id: Uuid,
    pub format: &'a str,
    pub body: &'a [u8],
    pub received_at: Millis,
}

/// Writes raw items and returns their ids in the order given.
pub async fn append(tx: &mut Tx, items: &[NewItem<'_>]) -> Result<Vec<i64>> {
    insert_counted!(
        tx, "id", "INSERT INTO intake (account_id, format, body, received_at) VALUES ", items,
        item => [item.account_id, item.format, item.body, item.received_at]
    )
}

/// Pending items that nobody else works on, oldest first.
pub struct Taken {
    pub items: Vec<RawItem>,
    /// Holds the claim on PostgreSQL, where other workers pass over these items until it ends.
    pub claim: Option<Tx>,
}

/// Takes pending items for processing, at most `limit` and about `bytes` of them. `after` passes over those that the only
/// worker on SQLite has in hand already.
pub async fn take(db: &Db, after: i64, limit: i64, bytes: i64) -> Result<Taken> {
    match db.dialect() {
        Dialect::Sqlite => take_alone(db, after, limit, bytes).await,
        Dialect::Postgres => take_among_others(db, limit, bytes).await,
    }
}

async fn take_alone(db: &Db, after: i64, limit: i64, bytes: i64) -> Result<Taken> {
    let sizes: Vec<(i64, i64)> = sql!(db, c => sqlx::query_as(
        "SELECT id, length(body) FROM intake WHERE outcome IS NULL AND id > $1 ORDER BY id LIMIT $2",
    ).bind(after).bind(limit).fetch_all(c).await)?;
    let Some(last) = within(&sizes, bytes).last().copied() else {
        return Ok(Taken {
            items: Vec::new(),
            claim: None,
        });
    };
    let rows: Vec<RawRow> = sql!(db, c => sqlx::query_as(
        "SELECT id, account_id, format, body, received_at FROM intake WHERE outcome IS NULL AND id > $1 AND id <= $2 ORDER BY id",
    ).bind(after).bind(last).fetch_all(c).await)?;
    Ok(Taken {
        items: rows.into_iter().map(RawRow::read).collect(),
        claim: None,
    })
}

async fn take_among_others(db: &Db, limit: i64, bytes: i64) -> Result<Taken> {
    let mut tx = db.begin().await?;
    let sizes: Vec<(i64, i64)> = sql!(&mut tx, c => sqlx::query_as(
        "SELECT id, length(body)::bigint FROM intake WHERE outcome IS NULL ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED",
    ).bind(limit).fetch_all(c).await)?;
    let ids = within(&sizes, bytes);
    let tx_ref = &mut tx;
    let mut rows: Vec<RawRow> = fetch_in!(
        tx_ref, "SELECT id, account_id, format, body, received_at FROM intake WHERE id IN (VALUES ", ids, id => [*id], ")"
    )?;
    rows.sort_by_key(|row| row.id);
    Ok(Taken {
        items: rows.into_iter().map(RawRow::read).collect(),
        claim: Some(tx),
    })
}

/// The first ids whose sizes together stay within `bytes`; always at least one.
fn within(sizes: &[(i64, i64)], bytes: i64) -> Vec<i64> {
    let mut total = 0;
    let fits = |(_, size): &&(i64, i64)| {
        let first = total == 0;
        total += size.max(&1);
        first || total <= bytes
    };
    sizes.iter().take_while(fits).map(|(id, _)| *id).collect()
}

/// Claims items again after the transaction that held them failed; returns those still pending and free.
pub async fn retake(tx: &mut Tx, ids: &[i64]) -> Result<Vec<i64>> {
    let free = match tx.dialect() {
        Dialect::Sqlite => ") AND outcome IS NULL",
        Dialect::Postgres => ") AND outcome IS NULL FOR UPDATE SKIP LOCKED",
    };
    let mut found: Vec<(i64,)> = fetch_in!(tx, "SELECT id FROM intake WHERE id IN (VALUES ", ids, id => [*id], free)?;
    found.sort_unstable();
    found.dedup();
    Ok(found.into_iter().map(|(id,)| id).collect())
}

/// What became of one item.
#[derive(Debug, Clone, PartialEq)]
pub struct Finished {
    pub id: i64,
    pub outcome: Outcome,
    /// Why, for all but accepted items.
    pub detail: Option<String>,
}

/// Writes outcomes, and tells of dead letters.
pub async fn finish(tx: &mut Tx, finished: &[Finished], now: Millis) -> Result<()> {
    let (plain, told): (Vec<&Finished>, Vec<&Finished>) = finished
        .iter()
        .partition(|item| item.outcome == Outcome::Accepted && item.detail.is_none());
    write_rows!(
        tx, "WITH f (id, at) AS (VALUES ", plain, item => [item.id, now],
        ") UPDATE intake SET outcome = 'accepted', attempts = attempts + 1, done_at = (SELECT MAX(at) FROM f) WHERE id IN (SELECT id FROM f)"
    )?;
    for item in told {
        execute!(
            &mut *tx,
            sqlx::query(
                "UPDATE intake SET outcome = $2, detail = $3, attempts = attempts + 1, done_at = $4 WHERE id = $1"
            )
            .bind(item.id)
            .bind(item.outcome.key())
            .bind(&item.detail)
            .bind(now)
        )?;
    }
    let failed = finished.iter().filter(|item| item.outcome == Outcome::Invalid);
    let told: Vec<Event> = failed
        .map(|item| {
            Event::new(EventKind::ItemFailed, now, Actor::SYSTEM)
                .data(json!({ "item": item.id, "detail": item.detail }))
        })
        .collect();
    events::append(tx, &told).await
}

/// A raw item with its fate, as pages and the API show it.
#[derive(Debug, Clone, FromRow)]
pub struct Item {
    pub id: i64,
    pub account_id: Uuid,
    pub format: String,
    pub body: Vec<u8>,
    pub received_at: Millis,
    /// `None` while it waits.
    pub outcome: Option<String>,
    pub detail: Option<String>,
    pub attempts: i64,
    pub done_at: Option<Millis>,
}

/// An item in a list, without its bytes.
#[derive(Debug, Clone, FromRow)]
pub struct ItemLine {
    pub id: i64,
    pub account_id: Uuid,
    pub format: String,
    pub size: i64,
    pub received_at: Millis,
    pub detail: Option<String>,
    pub attempts: i64,
}

pub async fn get(db: &Db, id: i64) -> Result<Item> {
    sql!(db, c => sqlx::query_as(
        "SELECT id, account_id, format, body, received_at, outcome, detail, attempts, done_at FROM intake WHERE id = $1",
    ).bind(id).fetch_one(c).await)
}

/// Items that could not be understood, newest first; `before` is the last id of the page before.
pub async fn dead_letters(db: &Db, before: Option<i64>, limit: i64) -> Result<Vec<ItemLine>> {
    sql!(db, c => sqlx::query_as(
        "SELECT id, account_id, format, CAST(length(body) AS BIGINT) AS size, received_at, detail, attempts
         FROM intake WHERE outcome = 'invalid' AND id < $1 ORDER BY id DESC LIMIT $2",
    ).bind(before.unwrap_or(i64::MAX)).bind(limit).fetch_all(c).await)
}

/// How many items could not be understood.
pub async fn count_dead_letters(db: &Db) -> Result<i64> {
    let (count,): (i64,) =
        sql!(db, c => sqlx::query_as("SELECT COUNT(*) FROM intake WHERE outcome = 'invalid'").fetch_one(c).await)?;
    Ok(count)
}

/// How many items wait, and since when the oldest does.
#[derive(Debug, Clone, Copy, PartialEq, FromRow)]
pub struct Backlog {
    pub waiting: i64,
    pub oldest: Option<Millis>,
}

pub async fn backlog(db: &Db) -> Result<Backlog> {
    sql!(db, c => sqlx::query_as("SELECT COUNT(*) AS waiting, MIN(received_at) AS oldest FROM intake WHERE outcome IS NULL").fetch_one(c).await)
}

/// How many items wait after one of them; counts no further than `most`.
pub async fn waiting(db: &Db, after: i64, most: i64) -> Result<i64> {
    sql!(db, c => sqlx::query_scalar(
        "SELECT COUNT(*) FROM (SELECT 1 FROM intake WHERE outcome IS NULL AND id > $1 LIMIT $2) AS waiting",
    ).bind(after).bind(most).fetch_one(c).await)
}

/// The first item that waits; all before it are done.
pub async fn oldest_pending(db: &Db) -> Result<Option<i64>> {
    sql!(db, c => sqlx::query_scalar("SELECT MIN(id) FROM intake WHERE outcome IS NULL").fetch_one(c).await)
}

/// The first item that is kept.
pub async fn oldest(db: &Db) -> Result<Option<i64>> {
    sql!(db, c => sqlx::query_scalar("SELECT MIN(id) FROM intake").fetch_one(c).await)
}

/// How many items of an account came to each outcome.
#[derive(Debug, Clone, PartialEq, FromRow)]
pub struct Tally {
    pub account_id: Uuid,
    /// `None`: waiting.
    pub outcome: Option<String>,
    pub items: i64,
}

/// Tallies over the items received since a moment; reads every one of them.
pub async fn tallies(db: &Db, since: Millis) -> Result<Vec<Tally>> {
    sql!(db, c => sqlx::query_as(
        "SELECT account_id, outcome, COUNT(*) AS items FROM intake WHERE received_at >= $1 GROUP BY account_id, outcome ORDER BY account_id, outcome",
    ).bind(since).fetch_all(c).await)
}

/// Puts items back into the queue; returns how many there were. What they already brought in is found again as duplicate.
pub async fn replay(tx: &mut Tx, ids: &[i64]) -> Result<u64> {
    if ids.is_empty() {
        return Ok(0);
    }
    sql!(tx, c => {
        let mut query = QueryBuilder::new("UPDATE intake SET outcome = NULL, detail = NULL, done_at = NULL WHERE outcome IS NOT NULL AND id IN (");
        let mut list = query.separated(", ");
        for id in ids {
            list.push_bind(*id);
        }
        list.push_unseparated(")");
        query.build().persistent(false).execute(c).await.map(|done| done.rows_affected())
    })
}

/// Puts every dead letter of an account (or of all) back into the queue.
pub async fn replay_dead_letters(tx: &mut Tx, account_id: Option<Uuid>) -> Result<u64> {
    execute!(tx, sqlx::query(
        "UPDATE intake SET outcome = NULL, detail = NULL, done_at = NULL WHERE outcome = 'invalid' AND ($1 IS NULL OR account_id = $1)",
    ).bind(account_id))
}

/// Forgets the raw bytes of items that were done before a moment, at most `limit` at once; dead letters stay.
pub async fn prune(tx: &mut Tx, done_before: Millis, limit: i64) -> Result<u64> {
    execute!(tx, sqlx::query(
        "DELETE FROM intake WHERE id IN (SELECT id FROM intake WHERE outcome IN ('accepted', 'duplicate', 'filtered') AND done_at < $1 ORDER BY id LIMIT $2)",
    ).bind(done_before).bind(limit))
}

#[derive(FromRow)]
struct RawRow {
    id: i64,
    account_id: Uuid,
    format: String,
    body: Vec<u8>,
    received_at: Millis,
}

impl RawRow {
    fn read(self) -> RawItem {
        let Self {
            id,
            account_id,
            format,
            body,
            received_at,
        } = self;
        RawItem {
            id,
            account_id,
            format,
            body,
            received_at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::each_database;

    fn item(body: &[u8]) -> NewItem<'_> {
        NewItem {
            account_id: Uuid::from_u128(1),
            format: "x",
            body,
            received_at: 5,
        }
    }

    #[test]
    fn one_large_item_is_always_taken() {
        assert_eq!(within(&[(1, 900), (2, 5)], 100), [1]);
        assert_eq!(within(&[(1, 50), (2, 40), (3, 11)], 100), [1, 2]);
    }

    #[tokio::test]
    async fn every_item_ends_in_one_outcome_and_can_be_replayed() {
        each_database(|db| async move {
            let mut tx = db.begin().await.unwrap();
            let bodies: Vec<Vec<u8>> = (0..300).map(|n: u32| n.to_string().into_bytes()).collect();
            let ids = append(&mut tx, &bodies.iter().map(|body| item(body)).collect::<Vec<_>>())
                .await
                .unwrap();
            tx.commit().await.unwrap();
            assert_eq!(ids.len(), 300);
            assert_eq!(get(&db, ids[299]).await.unwrap().body, b"299");

            let taken = take(&db, 0, 1000, 1 << 20).await.unwrap();
            assert_eq!(taken.items.iter().map(|item| item.id).collect::<Vec<_>>(), ids);
            let mut tx = match taken.claim {
                Some(tx) => {
                    assert!(
                        take(&db, 0, 10, 100).await.unwrap().items.is_empty(),
                        "claimed items are passed over"
                    );
                    tx
                }
                None => db.begin().await.unwrap(),
            };
            let mut finished: Vec<Finished> = ids
                .iter()
                .map(|&id| Finished {
                    id,
                    outcome: Outcome::Accepted,
                    detail: None,
                })
                .collect();
            finished[7] = Finished {
                id: ids[7],
                outcome: Outcome::Invalid,
                detail: Some("broken".into()),
            };
            finish(&mut tx, &finished, 9).await.unwrap();
            tx.commit().await.unwrap();

            assert_eq!(
                backlog(&db).await.unwrap(),
                Backlog {
                    waiting: 0,
                    oldest: None
                }
            );
            let dead = dead_letters(&db, None, 10).await.unwrap();
            assert_eq!(
                (dead.len(), dead[0].id, dead[0].detail.as_deref(), dead[0].size),
                (1, ids[7], Some("broken"), 1)
            );
            assert!(dead_letters(&db, Some(ids[7]), 10).await.unwrap().is_empty());
            let tally = tallies(&db, 0).await.unwrap();
            assert_eq!(
                tally
                    .iter()
                    .map(|t| (t.outcome.as_deref(), t.items))
                    .collect::<Vec<_>>(),
                [(Some("accepted"), 299), (Some("invalid"), 1)]
            );

            let mut tx = db.begin().await.unwrap();
            assert_eq!(replay(&mut tx, &[ids[7], ids[8]]).await.unwrap(), 2);
            assert_eq!(retake(&mut tx, &ids).await.unwrap(), [ids[7], ids[8]]);
            assert_eq!(prune(&mut tx, 10, 100).await.unwrap(), 100);
            tx.commit().await.unwrap();
            assert_eq!(backlog(&db).await.unwrap().waiting, 2);
        })
        .await;
    }
}
