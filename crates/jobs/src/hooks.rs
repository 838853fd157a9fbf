//! Delivers web hooks: signed after the Standard Webhooks specification, tried again for three days, no hook waiting for
//! another.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use tokio::task::JoinSet;
use uuid::Uuid;
use voce_channels::{
    http::{Client, Error as HttpError, Response},
    standard_webhooks,
};
use voce_domain::Millis;
use voce_store::{
    Db, Result,
    vault::Vault,
    web_hooks::{self, Answer, Claimed, Fate, WebHook},
};

use crate::{Job, JobError, Pace, Parts, now};

/// Seconds to wait after each failed attempt, as the specification recommends: a delivery is tried ten times in 75 hours.
pub const SCHEDULE: [i64; 9] = [
    5,
    5 * 60,
    30 * 60,
    2 * 3600,
    5 * 3600,
    10 * 3600,
    14 * 3600,
    20 * 3600,
    24 * 3600,
];

/// Time for the receiver to answer; it should queue the event and answer at once.
const TIMEOUT: Duration = Duration::from_secs(15);
/// Deliveries of one hook that are under way together.
const EACH: i64 = 16;
/// A claim lasts longer than its deliveries can take.
const LEASE: Millis = 60_000;
const PAUSE: Duration = Duration::from_millis(100);
const POLL: Duration = Duration::from_secs(1);
/// Bytes of an answer that are read, and characters that are kept for people.
const LARGEST_ANSWER: usize = 256 * 1024;
const KEPT_ANSWER: usize = 2_000;

/// The job. Each hook has a lane of its own: while one is under way, the others go on.
pub(crate) struct Hooks {
    worker: Worker,
    busy: Arc<Mutex<HashSet<Uuid>>>,
}

impl Hooks {
    pub fn new(parts: &Parts) -> Self {
        Self {
            worker: Worker {
                db: parts.db.clone(),
                vault: parts.vault.clone(),
                http: parts.http.clone(),
            },
            busy: Arc::default(),
        }
    }

    fn busy(&self) -> MutexGuard<'_, HashSet<Uuid>> {
        self.busy.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Job for Hooks {
    fn name(&self) -> &'static str {
        "hooks"
    }

    fn pace(&self) -> Pace {
        Pace::Woken {
            pause: PAUSE,
            poll: POLL,
        }
    }

    async fn run(&self) -> Result<(), JobError> {
        let now = now();
        if web_hooks::next_due(&self.worker.db).await?.is_none_or(|due| due > now) {
            return Ok(());
        }
        let busy = self.busy().clone();
        for (hook, deliveries) in self.worker.claim(&busy, now).await? {
            self.busy().insert(hook);
            let lane = Lane {
                hook,
                busy: self.busy.clone(),
            };
            let worker = self.worker.clone();
            tokio::spawn(async move {
                let lane = lane;
                worker.deliver_all(lane.hook, deliveries).await;
            });
        }
        Ok(())
    }
}

/// Free again when it ends, however it ends.
struct Lane {
    hook: Uuid,
    busy: Arc<Mutex<HashSet<Uuid>>>,
}

impl Drop for Lane {
    fn drop(&mut self) {
        self.busy
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&self.hook);
    }
}

/// Delivers everything that is due at `now` once, and waits for it. Says how many attempts there were.
pub async fn deliver_due(parts: &Parts, now: Millis) -> Result<usize> {
    let worker = Hooks::new(parts).worker;
    let claimed = worker.claim(&HashSet::new(), now).await?;
    let attempts = claimed.values().map(Vec::len).sum();
    for (hook, deliveries) in claimed {
        worker.deliver_all(hook, deliveries).await;
    }
    Ok(attempts)
}

#[derive(Clone)]
struct Worker {
    db: Db,
    vault: Vault,
    http: Client,
}

impl Worker {
    async fn claim(&self, busy: &HashSet<Uuid>, now: Millis) -> Result<HashMap<Uuid, Vec<Claimed>>> {
        let busy: Vec<Uuid> = busy.iter().copied().collect();
        let mut tx = self.db.begin().await?;
        let claimed = web_hooks::claim(&mut tx, &busy, EACH, now, now + LEASE).await?;
        tx.commit().await?;
        let mut by_hook: HashMap<Uuid, Vec<Claimed>> = HashMap::new();
        for one in claimed {
            by_hook.entry(one.hook_id).or_default().push(one);
        }
        Ok(by_hook)
    }

    async fn deliver_all(&self, hook: Uuid, deliveries: Vec<Claimed>) {
        let hook = match web_hooks::get(&self.db, hook).await {
            Ok(hook) => hook,
            Err(error) => return tracing::error!(%error, %hook, "a web hook cannot be read"),
        };
        let mut under_way = JoinSet::new();
        for delivery in deliveries {
            let (worker, hook) = (self.clone(), hook.clone());
            under_way.spawn(async move {
                let (fate, answer) = worker.attempt(&hook, &delivery).await;
                if let Err(error) = worker.conclude(&hook, &delivery, &fate, &answer).await {
                    tracing::error!(%error, delivery = %delivery.id, "the fate of a web hook could not be written");
                }
            });
        }
        while under_way.join_next().await.is_some() {}
    }

    async fn attempt(&self, hook: &WebHook, delivery: &Claimed) -> (Fate, Answer) {
        let secret = match self.vault.unseal(&web_hooks::purpose(hook.id), &hook.secret) {
            Ok(secret) => String::from_utf8_lossy(&secret).into_owned(),
            Err(error) => {
                return (
                    Fate::Failed,
                    Answer {
                        status: None,
                        text: error.to_string(),
                    },
                );
            }
        };
        match self.post(hook, &secret, delivery).await {
            Ok(response) => {
                let answer = Answer {
                    status: Some(i64::from(response.status.as_u16())),
                    text: beginning(&response.body),
                };
                (judge(response.status.as_u16(), delivery, now()), answer)
            }
            Err(error) => {
                let fate = if error.is_final() {
                    Fate::Failed
                } else {
                    again(delivery, now())
                };
                (
                    fate,
                    Answer {
                        status: None,
                        text: error.to_string(),
                    },
                )
            }
        }
    }

    async fn post(&self, hook: &WebHook, secret: &str, delivery: &Claimed) -> Result<Response, HttpError> {
        let id = format!("msg_{}", delivery.id.simple());
        let seconds = now() / 1000;
        let signature = standard_webhooks::sign(secret, &id, seconds, delivery.body.as_bytes());
        self.http
            .post(&hook.url)
            .timeout(TIMEOUT)
            .max_body(LARGEST_ANSWER)
            .header(standard_webhooks::ID, &id)
            .header(standard_webhooks::TIMESTAMP, &seconds.to_string())
            .header(standard_webhooks::SIGNATURE, &signature)
            .body("application/json", delivery.body.clone())
            .send()
            .await
    }

    async fn conclude(&self, hook: &WebHook, delivery: &Claimed, fate: &Fate, answer: &Answer) -> Result<()> {
        let mut tx = self.db.begin().await?;
        let switched_off = web_hooks::conclude(&mut tx, delivery, fate, answer, now()).await?;
        tx.commit().await?;
        if switched_off {
            tracing::warn!(hook = %hook.name, "a web hook was switched off: it has failed for too long");
        }
        Ok(())
    }
}

/// 2xx is success; 410 means that the receiver wants no more of this hook (Standard Webhooks, "operational considerations").
fn judge(status: u16, delivery: &Claimed, now: Millis) -> Fate {
    match status {
        200..=299 => Fate::Delivered,
        410 => Fate::Gone,
        _ => again(delivery, now),
    }
}

/// The next attempt, a little later than its turn so that many do not come back together; none after the last.
fn again(delivery: &Claimed, now: Millis) -> Fate {
    let turn = usize::try_from(delivery.attempts - 1).unwrap_or_default();
    match SCHEDULE.get(turn) {
        Some(seconds) => {
            let spread = i64::from(delivery.id.as_bytes()[15]) * seconds * 1000 / 2560;
            Fate::Again(now + seconds * 1000 + spread)
        }
        None => Fate::Failed,
    }
}

fn beginning(body: &[u8]) -> String {
    String::from_utf8_lossy(body).chars().take(KEPT_ANSWER).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claimed(attempts: i64) -> Claimed {
        Claimed {
            id: Uuid::max(),
            hook_id: Uuid::nil(),
            body: String::new(),
            attempts,
            created_at: 0,
        }
    }

    #[test]
    fn is_tried_for_three_days_and_then_given_up() {
        let mut at = 0;
        for attempt in 1..=9 {
            let Fate::Again(next) = again(&claimed(attempt), at) else {
                panic!("attempt {attempt}")
            };
            assert!(next > at);
            at = next;
        }
        assert_eq!(again(&claimed(10), at), Fate::Failed);
        let hours = at / 3_600_000;
        assert!((72..90).contains(&hours), "{hours}");
    }

    #[test]
    fn only_success_is_success() {
        assert_eq!(judge(204, &claimed(1), 0), Fate::Delivered);
        assert_eq!(judge(410, &claimed(1), 0), Fate::Gone);
        for status in [301, 400, 404, 429, 500, 503] {
            assert!(matches!(judge(status, &claimed(1), 0), Fate::Again(_)), "{status}");
        }
    }
}
