//! Outgoing web hooks: who wants to hear of which facts, and the way of every single delivery.

use sqlx::FromRow;
use uuid::Uuid;
use voce_domain::{Millis, event::EventKind};

use crate::{Db, Dialect, Error, Result, Tx, statement::Statement};

/// A URL that wants to hear of facts.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct WebHook {
    pub id: Uuid,
    pub name: String,
    pub url: String,
    /// Sealed for the purpose [`purpose`].
    pub secret: Vec<u8>,
    #[sqlx(try_from = "String")]
    pub events: Kinds,
    pub active: bool,
    /// Failed attempts since the last success; a hook that failed too long is switched off, and this says so.
    pub failures: i64,
    pub created_at: Millis,
}

/// The facts a hook asked for; those of a later version that this one does not know are left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Kinds(pub Vec<EventKind>);

impl TryFrom<String> for Kinds {
    type Error = serde_json::Error;
    fn try_from(text: String) -> Result<Self, serde_json::Error> {
        let keys: Vec<String> = serde_json::from_str(&text)?;
        Ok(Self(keys.iter().filter_map(|key| key.parse().ok()).collect()))
    }
}

/// For what a hook's secret is sealed.
pub fn purpose(id: Uuid) -> String {
    format!("web hook {id}")
}

/// What a person sets.
#[derive(Debug, Clone, Copy)]
pub struct Settings<'a> {
    pub name: &'a str,
    pub url: &'a str,
    pub events: &'a [EventKind],
}

pub async fn all(db: &Db) -> Result<Vec<WebHook>> {
    sql!(db, c => sqlx::query_as("SELECT id, name, url, secret, events, active, failures, created_at FROM web_hooks ORDER BY name, id")
        .fetch_all(c).await)
}

pub async fn get(db: &Db, id: Uuid) -> Result<WebHook> {
    sql!(db, c => sqlx::query_as("SELECT id, name, url, secret, events, active, failures, created_at FROM web_hooks WHERE id = $1")
        .bind(id).fetch_one(c).await)
}

pub async fn create(tx: &mut Tx, id: Uuid, settings: &Settings<'_>, sealed_secret: &[u8], now: Millis) -> Result<()> {
    execute!(tx, sqlx::query("INSERT INTO web_hooks (id, name, url, secret, events, active, created_at) VALUES ($1, $2, $3, $4, $5, TRUE, $6)")
        .bind(id).bind(settings.name).bind(settings.url).bind(sealed_secret).bind(serde_json::to_string(settings.events)?).bind(now))?;
    Ok(())
}

pub async fn update(tx: &mut Tx, id: Uuid, settings: &Settings<'_>) -> Result<()> {
    let touched = execute!(
        tx,
        sqlx::query("UPDATE web_hooks SET name = $2, url = $3, events = $4 WHERE id = $1")
            .bind(id)
            .bind(settings.name)
            .bind(settings.url)
            .bind(serde_json::to_string(settings.events)?)
    )?;
    found(touched)
}

pub async fn replace_secret(tx: &mut Tx, id: Uuid, sealed_secret: &[u8]) -> Result<()> {
    found(execute!(
        tx,
        sqlx::query("UPDATE web_hooks SET secret = $2 WHERE id = $1")
            .bind(id)
            .bind(sealed_secret)
    )?)
}

/// Switches a hook on, which forgets its failures, or off, which gives up what still waits.
pub async fn set_active(tx: &mut Tx, id: Uuid, active: bool, now: Millis) -> Result<()> {
    let text = match active {
        true => "UPDATE web_hooks SET active = TRUE, failures = 0 WHERE id = $1",
        false => "UPDATE web_hooks SET active = FALSE WHERE id = $1",
    };
    found(execute!(&mut *tx, sqlx::query(text).bind(id))?)?;
    if !active {
        give_up(tx, id, now).await?;
    }
    Ok(())
}

async fn give_up(tx: &mut Tx, hook: Uuid, now: Millis) -> Result<u64> {
    execute!(tx, sqlx::query(
        "UPDATE web_hook_deliveries SET state = 'failed', next_at = NULL, response = COALESCE(response, 'switched off'), updated_at = $2
         WHERE hook_id = $1 AND state = 'queued'",
    ).bind(hook).bind(now))
}

/// Removes a hook with its deliveries.
pub async fn delete(tx: &mut Tx, id: Uuid) -> Result<()> {
    found(execute!(
        tx,
        sqlx::query("DELETE FROM web_hooks WHERE id = $1").bind(id)
    )?)
}

fn found(touched: u64) -> Result<()> {
    if touched == 0 { Err(Error::NotFound) } else { Ok(()) }
}

/// A fact for one hook.
#[derive(Debug, Clone)]
pub struct NewDelivery {
    pub hook_id: Uuid,
    /// Of the event; negative for a test.
    pub event_seq: i64,
    pub body: String,
}

/// Queues deliveries. The same fact for the same hook twice is queued once.
pub async fn queue(tx: &mut Tx, deliveries: &[NewDelivery], now: Millis) -> Result<u64> {
    write_rows!(
        tx, "INSERT INTO web_hook_deliveries (id, hook_id, event_seq, body, state, attempts, next_at, created_at, updated_at) VALUES ", deliveries,
        new => [Uuid::now_v7(), new.hook_id, new.event_seq, &new.body, "queued", 0_i64, now, now, now], " ON CONFLICT (hook_id, event_seq) DO NOTHING"
    )
}

/// A delivery as pages show it.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Delivery {
    pub id: Uuid,
    pub hook_id: Uuid,
    pub event_seq: i64,
    pub body: String,
    /// `queued`, `delivered` or `failed`.
    pub state: String,
    pub attempts: i64,
    pub next_at: Option<Millis>,
    /// Status of the last answer; none when there was no answer.
    pub status: Option<i64>,
    /// The beginning of the last answer, or why there was none.
    pub response: Option<String>,
    pub created_at: Millis,
    pub updated_at: Millis,
}

/// Deliveries of a hook, the newest first; `before` is the last id of the page before.
pub async fn deliveries(
    db: &Db,
    hook: Uuid,
    failed_only: bool,
    before: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Delivery>> {
    let mut s = Statement::new(
        "SELECT id, hook_id, event_seq, body, state, attempts, next_at, status, response, created_at, updated_at
         FROM web_hook_deliveries WHERE hook_id = ",
    );
    s.bind(hook);
    if failed_only {
        s.push(" AND state = 'failed'");
    }
    if let Some(before) = before {
        s.push(" AND id < ").bind(before);
    }
    s.push(" ORDER BY id DESC LIMIT ").bind(limit);
    s.all(db).await
}

/// How the deliveries of a hook stand.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, FromRow)]
pub struct Tally {
    pub hook_id: Uuid,
    pub queued: i64,
    pub delivered: i64,
    pub failed: i64,
}

pub async fn tallies(db: &Db) -> Result<Vec<Tally>> {
    sql!(db, c => sqlx::query_as(
        "SELECT hook_id, COUNT(CASE WHEN state = 'queued' THEN 1 END) AS queued, COUNT(CASE WHEN state = 'delivered' THEN 1 END) AS delivered,
            COUNT(CASE WHEN state = 'failed' THEN 1 END) AS failed
         FROM web_hook_deliveries GROUP BY hook_id",
    ).fetch_all(c).await)
}

/// A delivery that this worker holds until `lease`; the attempt that begins now is counted.
#[derive(Debug, Clone, FromRow)]
pub struct Claimed {
    pub id: Uuid,
    pub hook_id: Uuid,
    pub body: String,
    pub attempts: i64,
    pub created_at: Millis,
}

/// Claims deliveries that are due, at most `each` of a hook, none of the hooks in `busy`. Whoever does not conclude them until
/// `lease` loses them to the next who asks: the receiver may then see one twice, under the same id.
pub async fn claim(tx: &mut Tx, busy: &[Uuid], each: i64, now: Millis, lease: Millis) -> Result<Vec<Claimed>> {
    let locked = match tx.dialect() {
        Dialect::Sqlite => "",
        Dialect::Postgres => " FOR UPDATE SKIP LOCKED",
    };
    let mut s = Statement::new("UPDATE web_hook_deliveries SET attempts = attempts + 1, next_at = ");
    s.bind(lease).push(", updated_at = ").bind(now);
    s.push(
        " WHERE state = 'queued' AND id IN (SELECT id FROM web_hook_deliveries WHERE state = 'queued' AND id IN (
            SELECT id FROM (SELECT id, ROW_NUMBER() OVER (PARTITION BY hook_id ORDER BY next_at, id) AS place
                FROM web_hook_deliveries WHERE state = 'queued' AND next_at <= ",
    );
    s.bind(now).push(" AND hook_id NOT IN ");
    // An empty list would be `NOT IN (NULL)`, which nothing fulfils.
    let nobody = [Uuid::nil()];
    s.bind_list(if busy.is_empty() { &nobody } else { busy });
    s.push(") due WHERE place <= ")
        .bind(each)
        .push(")")
        .push(locked)
        .push(") RETURNING id, hook_id, body, attempts, created_at");
    s.all_in(tx).await
}

/// When the next delivery is due.
pub async fn next_due(db: &Db) -> Result<Option<Millis>> {
    let (next,): (Option<Millis>,) = sql!(db, c => sqlx::query_as("SELECT MIN(next_at) FROM web_hook_deliveries WHERE state = 'queued'").fetch_one(c).await)?;
    Ok(next)
}

/// What became of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    Delivered,
    /// Tried again at that moment.
    Again(Millis),
    Failed,
    /// The receiver wants no more of this hook at all.
    Gone,
}

/// What the receiver said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    pub status: Option<i64>,
    pub text: String,
}

/// Stores what became of a claimed delivery. True when the hook was switched off by it: because its receiver is gone, or
/// because a delivery failed for good and nothing has arrived there since that delivery began.
pub async fn conclude(tx: &mut Tx, claimed: &Claimed, fate: &Fate, answer: &Answer, now: Millis) -> Result<bool> {
    let (state, next_at) = match fate {
        Fate::Delivered => ("delivered", None),
        Fate::Again(at) => ("queued", Some(*at)),
        Fate::Failed | Fate::Gone => ("failed", None),
    };
    let text = answer.text.replace('\0', "");
    execute!(&mut *tx, sqlx::query(
        "UPDATE web_hook_deliveries SET state = $2, next_at = $3, status = $4, response = $5, updated_at = $6 WHERE id = $1 AND state = 'queued'",
    ).bind(claimed.id).bind(state).bind(next_at).bind(answer.status).bind(text).bind(now))?;
    let failures = match fate {
        Fate::Delivered => "UPDATE web_hooks SET failures = 0 WHERE id = $1 AND failures <> 0",
        _ => "UPDATE web_hooks SET failures = failures + 1 WHERE id = $1",
    };
    execute!(&mut *tx, sqlx::query(failures).bind(claimed.hook_id))?;
    let dead = match fate {
        Fate::Gone => true,
        Fate::Failed => !arrived_since(tx, claimed).await?,
        Fate::Delivered | Fate::Again(_) => false,
    };
    if dead {
        set_active(tx, claimed.hook_id, false, now).await?;
    }
    Ok(dead)
}

async fn arrived_since(tx: &mut Tx, claimed: &Claimed) -> Result<bool> {
    let found: Option<(Uuid,)> = sql!(tx, c => sqlx::query_as(
        "SELECT id FROM web_hook_deliveries WHERE hook_id = $1 AND state = 'delivered' AND updated_at >= $2 LIMIT 1",
    ).bind(claimed.hook_id).bind(claimed.created_at).fetch_optional(c).await)?;
    Ok(found.is_some())
}

/// Delivers again what was delivered or failed, under the same id.
pub async fn replay(tx: &mut Tx, hook: Uuid, delivery: Uuid, now: Millis) -> Result<()> {
    found(execute!(tx, sqlx::query(
        "UPDATE web_hook_deliveries SET state = 'queued', attempts = 0, next_at = $3, updated_at = $3 WHERE id = $2 AND hook_id = $1",
    ).bind(hook).bind(delivery).bind(now))?)
}

/// Delivers again everything of a hook that failed.
pub async fn replay_failed(tx: &mut Tx, hook: Uuid, now: Millis) -> Result<u64> {
    execute!(tx, sqlx::query(
        "UPDATE web_hook_deliveries SET state = 'queued', attempts = 0, next_at = $2, updated_at = $2 WHERE hook_id = $1 AND state = 'failed'",
    ).bind(hook).bind(now))
}

/// Forgets deliveries that ended before a moment, at most `limit` at once.
pub async fn prune(tx: &mut Tx, before: Millis, limit: i64) -> Result<u64> {
    execute!(tx, sqlx::query(
        "DELETE FROM web_hook_deliveries WHERE id IN (SELECT id FROM web_hook_deliveries WHERE state <> 'queued' AND updated_at < $1 LIMIT $2)",
    ).bind(before).bind(limit))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::each_database;

    async fn hook(tx: &mut Tx, name: &str) -> Uuid {
        let id = Uuid::now_v7();
        let settings = Settings {
            name,
            url: "https://example.com/in",
            events: &[EventKind::CaseOpened],
        };
        create(tx, id, &settings, b"sealed", 1).await.unwrap();
        id
    }

    fn facts(hook_id: Uuid, seqs: std::ops::Range<i64>) -> Vec<NewDelivery> {
        seqs.map(|event_seq| NewDelivery {
            hook_id,
            event_seq,
            body: "{}".into(),
        })
        .collect()
    }

    async fn states(db: &Db, hook: Uuid) -> Vec<String> {
        deliveries(db, hook, false, None, 100)
            .await
            .unwrap()
            .into_iter()
            .map(|row| row.state)
            .collect()
    }

    #[tokio::test]
    async fn a_fact_is_queued_once_for_each_hook_and_claimed_by_one() {
        each_database(|db| async move {
            let mut tx = db.begin().await.unwrap();
            let (slow, quick) = (hook(&mut tx, "slow").await, hook(&mut tx, "quick").await);
            assert_eq!(queue(&mut tx, &facts(slow, 0..5), 10).await.unwrap(), 5);
            assert_eq!(queue(&mut tx, &facts(slow, 3..6), 10).await.unwrap(), 1);
            queue(&mut tx, &facts(quick, 0..1), 10).await.unwrap();
            tx.commit().await.unwrap();
            let mut tx = db.begin().await.unwrap();
            let claimed = claim(&mut tx, &[], 2, 10, 100).await.unwrap();
            assert_eq!(
                claimed.iter().filter(|one| one.hook_id == slow).count(),
                2,
                "no hook takes everything"
            );
            assert_eq!(claimed.len(), 3);
            let more = claim(&mut tx, &[slow], 9, 10, 100).await.unwrap();
            assert!(more.is_empty(), "{more:?}");
            assert_eq!(claim(&mut tx, &[], 9, 10, 100).await.unwrap().len(), 4);
            assert_eq!(claim(&mut tx, &[], 9, 100, 200).await.unwrap().len(), 7, "a lease ends");
            tx.commit().await.unwrap();
            assert_eq!(next_due(&db).await.unwrap(), Some(200));
        })
        .await;
    }

    #[tokio::test]
    async fn a_hook_that_never_answers_is_switched_off_and_can_be_replayed() {
        each_database(|db| async move {
            let mut tx = db.begin().await.unwrap();
            let id = hook(&mut tx, "h").await;
            queue(&mut tx, &facts(id, 0..3), 10).await.unwrap();
            let mut claimed = claim(&mut tx, &[], 1, 10, 100).await.unwrap();
            let one = claimed.remove(0);
            let answer = Answer {
                status: Some(500),
                text: "no\0".into(),
            };
            assert!(!conclude(&mut tx, &one, &Fate::Again(50), &answer, 11).await.unwrap());
            assert!(conclude(&mut tx, &one, &Fate::Failed, &answer, 12).await.unwrap());
            tx.commit().await.unwrap();
            let stored = get(&db, id).await.unwrap();
            assert_eq!((stored.active, stored.failures), (false, 2));
            assert_eq!(states(&db, id).await, ["failed"; 3]);
            let mut tx = db.begin().await.unwrap();
            set_active(&mut tx, id, true, 20).await.unwrap();
            assert_eq!(replay_failed(&mut tx, id, 20).await.unwrap(), 3);
            for one in claim(&mut tx, &[], 9, 20, 100).await.unwrap() {
                assert!(
                    !conclude(
                        &mut tx,
                        &one,
                        &Fate::Delivered,
                        &Answer {
                            status: Some(200),
                            text: String::new()
                        },
                        21
                    )
                    .await
                    .unwrap()
                );
            }
            replay(&mut tx, id, one.id, 30).await.unwrap();
            let again = claim(&mut tx, &[], 9, 30, 100).await.unwrap();
            assert_eq!(again[0].id, one.id, "the same id");
            assert!(
                !conclude(&mut tx, &again[0], &Fate::Failed, &answer, 31).await.unwrap(),
                "others arrived meanwhile"
            );
            assert_eq!(prune(&mut tx, 100, 10).await.unwrap(), 3);
            tx.commit().await.unwrap();
            assert_eq!(tallies(&db).await.unwrap(), []);
        })
        .await;
    }

    #[tokio::test]
    async fn settings_change_and_a_hook_goes_with_its_deliveries() {
        each_database(|db| async move {
            let mut tx = db.begin().await.unwrap();
            let id = hook(&mut tx, "h").await;
            queue(&mut tx, &facts(id, -1..1), 10).await.unwrap();
            let settings = Settings {
                name: "n",
                url: "https://b.example",
                events: &[EventKind::NoteWritten, EventKind::CaseOpened],
            };
            update(&mut tx, id, &settings).await.unwrap();
            replace_secret(&mut tx, id, b"new").await.unwrap();
            tx.commit().await.unwrap();
            let stored = get(&db, id).await.unwrap();
            assert_eq!(
                (stored.name.as_str(), stored.events.0.len(), &stored.secret[..]),
                ("n", 2, &b"new"[..])
            );
            let mut tx = db.begin().await.unwrap();
            delete(&mut tx, id).await.unwrap();
            assert!(matches!(delete(&mut tx, id).await, Err(Error::NotFound)));
            tx.commit().await.unwrap();
            assert_eq!(states(&db, id).await, [] as [&str; 0]);
        })
        .await;
    }
}
