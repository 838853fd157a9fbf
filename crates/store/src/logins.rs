//! Attempts to guess a secret, slowed down by account and by address. An attempt is counted before it is examined, so
//! that a thousand at the same time are a thousand.

use std::net::{IpAddr, Ipv6Addr};

use sqlx::FromRow;
use voce_domain::Millis;

use crate::{Dialect, Result, Tx};

const SECOND: Millis = 1000;
/// The longest wait: long enough to make guessing hopeless, short enough not to lock the owner out for the day.
const LONGEST: Millis = 15 * 60 * SECOND;
/// After so long without an attempt the failures are forgotten.
pub const MEMORY: Millis = 24 * 60 * 60 * SECOND;

/// What is guarded, and how many failures are forgiven before waiting begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guarded {
    key: String,
    free: i64,
}

impl Guarded {
    /// An account, whether it exists or not.
    pub fn account(email: &str) -> Self {
        Self {
            key: format!("account:{}", email.chars().take(320).collect::<String>()),
            free: 5,
        }
    }

    /// The second factor of a person.
    pub fn second_factor(user: uuid::Uuid) -> Self {
        Self {
            key: format!("second:{user}"),
            free: 5,
        }
    }

    /// Where the attempts come from; many people may share it. Of IPv6 the network counts: one subscriber has all of its
    /// 2^64 addresses (RFC 6177).
    pub fn address(ip: &str) -> Self {
        let place = match ip.parse() {
            Ok(IpAddr::V6(ip)) => Ipv6Addr::from_bits(ip.to_bits() >> 64 << 64).to_string(),
            _ => ip.to_owned(),
        };
        Self {
            key: format!("address:{place}"),
            free: 20,
        }
    }
}

/// How long to wait after so many failures: nothing while they are forgiven, then one second, doubled by each one more.
pub fn delay(failures: i64, free: i64) -> Millis {
    match failures - free {
        ..0 => 0,
        over => SECOND
            .checked_shl(u32::try_from(over).unwrap_or(63).min(20))
            .unwrap_or(LONGEST)
            .min(LONGEST),
    }
}

#[derive(FromRow)]
struct Attempts {
    failures: i64,
    last_at: Millis,
}

/// Counts an attempt on all of these, or says how many milliseconds are still to wait, and counts nothing.
pub async fn attempt(tx: &mut Tx, guarded: &[Guarded], now: Millis) -> Result<Option<Millis>> {
    let mut keys: Vec<&Guarded> = guarded.iter().collect();
    // Always locked in the same order, so that two cannot wait for each other.
    keys.sort_by(|one, other| one.key.cmp(&other.key));
    let mut wait = 0;
    for what in &keys {
        let seen = look(tx, &what.key, now).await?;
        if now - seen.last_at < MEMORY {
            wait = wait.max(seen.last_at + delay(seen.failures, what.free) - now);
        }
    }
    if wait > 0 {
        return Ok(Some(wait));
    }
    for what in keys {
        execute!(
            &mut *tx,
            sqlx::query(
                "UPDATE login_attempts SET failures = CASE WHEN last_at > $3 THEN failures + 1 ELSE 1 END, last_at = $2 WHERE key = $1"
            )
            .bind(&what.key)
            .bind(now)
            .bind(now - MEMORY)
        )?;
    }
    Ok(None)
}

/// The attempts so far; the row is made if need be, and on PostgreSQL held until the end of the transaction.
async fn look(tx: &mut Tx, key: &str, now: Millis) -> Result<Attempts> {
    execute!(
        &mut *tx,
        sqlx::query(
            "INSERT INTO login_attempts (key, failures, last_at) VALUES ($1, 0, $2) ON CONFLICT (key) DO NOTHING"
        )
        .bind(key)
        .bind(now)
    )?;
    let text = match tx.dialect() {
        Dialect::Sqlite => "SELECT failures, last_at FROM login_attempts WHERE key = $1",
        Dialect::Postgres => "SELECT failures, last_at FROM login_attempts WHERE key = $1 FOR UPDATE",
    };
    sql!(tx, c => sqlx::query_as(text).bind(key).fetch_one(c).await)
}

/// The attempt was right: the failures are forgotten.
pub async fn succeeded(tx: &mut Tx, guarded: &Guarded) -> Result<()> {
    execute!(
        tx,
        sqlx::query("DELETE FROM login_attempts WHERE key = $1").bind(&guarded.key)
    )?;
    Ok(())
}

/// The attempt was right, but does not speak for the others from there: only this one is not counted.
pub async fn uncount(tx: &mut Tx, guarded: &Guarded) -> Result<()> {
    execute!(
        tx,
        sqlx::query("UPDATE login_attempts SET failures = failures - 1 WHERE key = $1 AND failures > 0")
            .bind(&guarded.key)
    )?;
    Ok(())
}

/// Forgets what is older than [`MEMORY`].
pub async fn prune(tx: &mut Tx, now: Millis) -> Result<u64> {
    execute!(
        tx,
        sqlx::query("DELETE FROM login_attempts WHERE last_at <= $1").bind(now - MEMORY)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::each_database;

    #[test]
    fn the_wait_doubles_up_to_a_quarter_of_an_hour() {
        assert_eq!(
            [4, 5, 6, 8].map(|failures| delay(failures, 5)),
            [0, 1_000, 2_000, 8_000]
        );
        assert_eq!(delay(100, 5), LONGEST);
        assert_eq!(delay(i64::MAX, 5), LONGEST);
    }

    #[test]
    fn neighbours_of_one_ipv6_network_count_together() {
        assert_eq!(Guarded::address("2001:db8::1"), Guarded::address("2001:db8::ffff:2"));
        assert_ne!(Guarded::address("2001:db8::1"), Guarded::address("2001:db8:0:1::1"));
        assert_ne!(Guarded::address("192.0.2.1"), Guarded::address("192.0.2.2"));
    }

    #[tokio::test]
    async fn attempts_are_counted_before_and_forgotten_after_success_or_a_day() {
        each_database(|db| async move {
            let mut tx = db.begin().await.unwrap();
            let account = [Guarded::account("a@x.it")];
            for _ in 0..5 {
                assert_eq!(attempt(&mut tx, &account, 0).await.unwrap(), None);
            }
            assert_eq!(attempt(&mut tx, &account, 0).await.unwrap(), Some(1_000));
            assert_eq!(attempt(&mut tx, &account, 400).await.unwrap(), Some(600));
            assert_eq!(attempt(&mut tx, &account, 1_000).await.unwrap(), None);
            assert_eq!(attempt(&mut tx, &account, 1_000).await.unwrap(), Some(2_000));
            assert_eq!(
                attempt(&mut tx, &[Guarded::account("b@x.it")], 1_000).await.unwrap(),
                None
            );
            assert_eq!(attempt(&mut tx, &account, 1_000 + MEMORY).await.unwrap(), None);
            assert_eq!(
                attempt(&mut tx, &account, 1_000 + MEMORY).await.unwrap(),
                None,
                "counted anew"
            );
            succeeded(&mut tx, &account[0]).await.unwrap();
            for _ in 0..5 {
                assert_eq!(attempt(&mut tx, &account, 2 * MEMORY).await.unwrap(), None);
            }
            assert_eq!(prune(&mut tx, 3 * MEMORY).await.unwrap(), 2);
            tx.commit().await.unwrap();
        })
        .await;
    }

    #[tokio::test]
    async fn a_thousand_at_once_are_a_thousand() {
        each_database(|db| async move {
            let tries = (0..40).map(|_| {
                let db = db.clone();
                tokio::spawn(async move {
                    let mut tx = db.begin().await.unwrap();
                    let keys = [Guarded::account("a@x.it"), Guarded::address("::1")];
                    let allowed = attempt(&mut tx, &keys, 5).await.unwrap().is_none();
                    tx.commit().await.unwrap();
                    allowed
                })
            });
            let mut allowed = 0;
            for one in tries.collect::<Vec<_>>() {
                allowed += u32::from(one.await.unwrap());
            }
            assert_eq!(allowed, 5);
        })
        .await;
    }
}
