//! What the API remembers between requests, so that the hot path asks the database nothing.

use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use axum::{
    extract::{Request, State},
    http::header,
    middleware::Next,
    response::{IntoResponse, Response},
};
use uuid::Uuid;
use voce_store::accounts::{self, ChannelAccount};

use crate::{App, Error, Result, session::CurrentUser};

/// How long a channel account is believed to be as it was read.
const ACCOUNTS_LAST: Duration = Duration::from_secs(2);

/// How long the holder of a token is believed, on the way in of messages alone: a revoked token may hand over messages for so
/// long.
const HOLDERS_LAST: Duration = Duration::from_secs(3);

/// Requests a second that one token may make on and on, and at once after a pause.
const RATE: f64 = 1_000.0;
const BURST: f64 = 10_000.0;
/// Buckets kept at most; beyond that those that are full again are forgotten.
const MOST_BUCKETS: usize = 10_000;

/// Shared by all requests of one server. Cheap to clone.
#[derive(Clone, Default)]
pub struct Memory {
    accounts: Arc<Mutex<Option<Accounts>>>,
    holders: Arc<Mutex<Holders>>,
    buckets: Arc<Mutex<HashMap<u64, Bucket>>>,
    hasher: RandomState,
}

/// Holders of tokens by the token's hash, and when they were read.
type Holders = HashMap<Vec<u8>, (CurrentUser, Instant)>;

#[derive(Clone)]
struct Accounts {
    list: Arc<[ChannelAccount]>,
    read_at: Instant,
}

impl Memory {
    /// The hot path, on which holders of tokens are remembered.
    pub const INTAKE: &'static str = "/api/v1/messages";

    /// The holder of the token with that hash, if it was asked for a moment ago.
    pub fn holder(&self, hash: &[u8]) -> Option<CurrentUser> {
        let holders = self.holders.lock().unwrap_or_else(PoisonError::into_inner);
        let (user, since) = holders.get(hash)?;
        (since.elapsed() < HOLDERS_LAST).then(|| user.clone())
    }

    /// Remembers the holder of a good token, and forgets those remembered too long.
    pub fn remember(&self, hash: Vec<u8>, user: CurrentUser) {
        let mut holders = self.holders.lock().unwrap_or_else(PoisonError::into_inner);
        holders.retain(|_, (_, since)| since.elapsed() < HOLDERS_LAST);
        holders.insert(hash, (user, Instant::now()));
    }

    /// The account of an id.
    pub async fn account(&self, app: &App, id: Uuid) -> Result<ChannelAccount> {
        self.find(app, |accounts| {
            accounts.iter().find(|account| account.id == id).cloned()
        })
        .await?
        .ok_or(Error::NotFound)
    }

    /// The only active account of the open intake; `None` when there are none or several.
    pub async fn only_api_account(&self, app: &App) -> Result<Option<ChannelAccount>> {
        self.find(app, |accounts| {
            let mut open = accounts
                .iter()
                .filter(|account| account.kind == "api" && account.active);
            open.next().filter(|_| open.next().is_none()).cloned()
        })
        .await
    }

    /// Looks in what is remembered, and once more in the database when it is not there or too old.
    async fn find<T>(&self, app: &App, look: impl Fn(&[ChannelAccount]) -> Option<T>) -> Result<Option<T>> {
        let remembered = self.accounts.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let fresh = remembered.filter(|accounts| accounts.read_at.elapsed() < ACCOUNTS_LAST);
        if let Some(found) = fresh.and_then(|accounts| look(&accounts.list)) {
            return Ok(Some(found));
        }
        let read_at = Instant::now();
        let list: Arc<[ChannelAccount]> = accounts::all(&app.db).await?.into();
        *self.accounts.lock().unwrap_or_else(PoisonError::into_inner) = Some(Accounts {
            list: list.clone(),
            read_at,
        });
        Ok(look(&list))
    }

    /// Takes one request out of a bucket; says how long to wait when it is empty.
    fn take(&self, key: u64, now: Instant) -> Result<(), Duration> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= MOST_BUCKETS && !buckets.contains_key(&key) {
            buckets.retain(|_, bucket| bucket.level(now) < BURST);
        }
        let bucket = buckets.entry(key).or_insert(Bucket { left: BURST, at: now });
        bucket.left = bucket.level(now);
        bucket.at = now;
        if bucket.left < 1.0 {
            return Err(Duration::from_secs_f64((1.0 - bucket.left) / RATE));
        }
        bucket.left -= 1.0;
        Ok(())
    }
}

/// A token bucket: it fills with [`RATE`] up to [`BURST`].
struct Bucket {
    left: f64,
    at: Instant,
}

impl Bucket {
    fn level(&self, now: Instant) -> f64 {
        (self.left + now.duration_since(self.at).as_secs_f64() * RATE).min(BURST)
    }
}

/// Keeps one token from taking everything. The intake is left out: it has its own bound, and refuses with 503 when it is full.
pub async fn limit(State(memory): State<Memory>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    if path.starts_with("/api/v1/") && path != Memory::INTAKE {
        let headers = request.headers();
        let who = headers
            .get(header::AUTHORIZATION)
            .or_else(|| headers.get(header::COOKIE));
        let key = memory.hasher.hash_one(who.map(|value| value.as_bytes()));
        if let Err(wait) = memory.take(key, Instant::now()) {
            let retry_after_seconds = wait.as_secs() + 1;
            return Error::TooMany { retry_after_seconds }.into_response();
        }
    }
    next.run(request).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_empties_fills_again_and_belongs_to_one() {
        let memory = Memory::default();
        let start = Instant::now();
        let taken = (0..20_000).take_while(|_| memory.take(1, start).is_ok()).count();
        assert_eq!(taken, BURST as usize);
        assert!(memory.take(2, start).is_ok());
        let wait = memory.take(1, start).unwrap_err();
        assert!(memory.take(1, start + wait + Duration::from_millis(1)).is_ok());
    }

    #[test]
    fn unknown_tokens_cannot_fill_the_memory() {
        let memory = Memory::default();
        let start = Instant::now();
        for key in 0..3 * MOST_BUCKETS as u64 {
            let later = start + Duration::from_millis(key);
            assert!(memory.take(key, later).is_ok());
        }
        assert!(memory.buckets.lock().unwrap().len() <= MOST_BUCKETS + 1);
    }
}
