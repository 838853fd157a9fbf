//! The worker: takes pending items, prepares them outside of the transaction and writes them in one.
//!
//! While one batch is written the next is prepared. On SQLite there is one worker; on PostgreSQL any number may run, in any
//! number of processes: each holds a claim on the items that it took.

use std::{
    collections::HashMap,
    io,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use voce_channels::registry::Registry;
use voce_domain::{
    message::{Outcome, RawItem},
    routing::Rule,
};
use voce_store::{
    Db, Failure, Tx,
    blobs::Blobs,
    commits::Commits,
    intake::{self, Finished},
    rules,
    vault::Vault,
};
use voce_text::{Company, Engine};

use crate::{
    Accounts,
    accounts::Known,
    enrich::enrich,
    lessons::Lessons,
    normalize::{Item, normalize},
    now,
    persist::persist,
};

/// Items of one transaction.
const BATCH: i64 = 1024;
/// Bytes of raw items in hand at once.
const BATCH_BYTES: i64 = 64 << 20;
/// How often the same batch may collide with other workers before it is looked at more closely.
const COLLISIONS: u32 = 8;
/// Items that are worth a batch. Large batches cost far less per item.
const ENOUGH: i64 = BATCH / 2;
/// For more to come in before the next batch is taken, while there are not enough.
const BREATH: Duration = Duration::from_millis(10);
/// A batch so large tells that much is coming in: it is worth waiting for enough, but not longer than [`PATIENCE`].
const MUCH: usize = 48;
const PATIENCE: Duration = Duration::from_millis(120);
/// Between looks at an empty queue when nobody wakes us: other processes write too.
const POLL: Duration = Duration::from_millis(500);

/// Why the pipeline cannot go on for now.
#[derive(Debug, thiserror::Error)]
pub enum PipelineError {
    #[error(transparent)]
    Store(#[from] voce_store::Error),
    #[error("attachments cannot be written: {0}")]
    Blobs(#[from] io::Error),
    #[error("the worker was interrupted")]
    Interrupted,
}

pub struct Pipeline {
    db: Db,
    registry: Registry,
    engine: Arc<Engine>,
    blobs: Blobs,
    accounts: Mutex<Accounts>,
    lessons: Mutex<Lessons>,
}

/// Items that are ready to be written.
struct Prepared {
    items: Vec<Item>,
    claim: Option<Tx>,
}

impl Pipeline {
    pub fn new(db: Db, registry: Registry, blobs: Blobs, vault: Vault) -> Self {
        let accounts = Mutex::new(Accounts::new(db.clone(), vault));
        let engine = Arc::new(Engine::new());
        let lessons = Mutex::new(Lessons::new(db.clone(), engine.clone()));
        Self {
            db,
            registry,
            engine,
            blobs,
            accounts,
            lessons,
        }
    }

    /// Works until stopped. What is in hand then is finished.
    pub async fn run(&self, stop: CancellationToken) {
        let mut commits = Commits::watch();
        let mut wait = Duration::ZERO;
        while !stop.is_cancelled() {
            match self.drain().await {
                Ok(_) => wait = Duration::ZERO,
                Err(error) => {
                    tracing::error!(%error, "the pipeline waits and tries again");
                    wait = (wait * 2).clamp(Duration::from_millis(200), Duration::from_secs(30));
                }
            }
            tokio::select! {
                () = commits.next(wait, POLL) => {}
                () = stop.cancelled() => {}
            }
        }
    }

    /// Processes until nothing is pending; says how many items there were.
    pub async fn drain(&self) -> Result<usize, PipelineError> {
        let mut done = 0;
        let mut ready = self.prepare(0).await?;
        while let Some(last) = ready.items.last().map(|item| item.id) {
            done += ready.items.len();
            let size = ready.items.len();
            let next = async {
                self.gather(last, size).await?;
                self.prepare(last).await
            };
            let (next, written) = tokio::join!(next, self.store(ready));
            written?;
            ready = next?;
        }
        Ok(done)
    }

    /// Waits for a batch worth its cost.
    async fn gather(&self, after: i64, last_size: usize) -> Result<(), PipelineError> {
        let began = Instant::now();
        while intake::waiting(&self.db, after, ENOUGH).await? < ENOUGH {
            tokio::time::sleep(BREATH).await;
            if last_size < MUCH || began.elapsed() >= PATIENCE {
                break;
            }
        }
        Ok(())
    }

    /// Takes items and does all that needs no transaction.
    async fn prepare(&self, after: i64) -> Result<Prepared, PipelineError> {
        let taken = intake::take(&self.db, after, BATCH, BATCH_BYTES).await?;
        if taken.items.is_empty() {
            return Ok(Prepared {
                items: Vec::new(),
                claim: None,
            });
        }
        let accounts = self.accounts.lock().await.current().await?.clone();
        let company = self.lessons.lock().await.current().await?;
        let (registry, engine, blobs) = (self.registry.clone(), self.engine.clone(), self.blobs.clone());
        let work = move || understand(&registry, &engine, &company, &blobs, &accounts, taken.items);
        let items = tokio::task::spawn_blocking(work)
            .await
            .map_err(|_| PipelineError::Interrupted)??;
        Ok(Prepared {
            items,
            claim: taken.claim,
        })
    }

    /// Writes items, all together if that goes. Where it does not, halves are tried, down to the one item that is at
    /// fault: it becomes a dead letter, and the others go through.
    async fn store(&self, prepared: Prepared) -> Result<(), PipelineError> {
        let rules = rules::active(&self.db).await?;
        let mut claim = prepared.claim;
        let mut parts = vec![&prepared.items[..]];
        let mut collisions = 0;
        while let Some(part) = parts.pop() {
            let error = match self.attempt(claim.take(), part, &rules).await {
                Ok(()) => continue,
                Err(error) => error,
            };
            match (error.failure(), part) {
                (Failure::Outage, _) => return Err(error.into()),
                (Failure::Conflict, _) if collisions < COLLISIONS => {
                    collisions += 1;
                    tokio::time::sleep(Duration::from_millis(rand::random_range(1..20 * u64::from(collisions)))).await;
                    parts.push(part);
                }
                (_, [item]) => self.bury(item, &error).await?,
                (_, part) => {
                    tracing::warn!(%error, items = part.len(), "a batch cannot be written; trying its halves");
                    let (first, second) = part.split_at(part.len() / 2);
                    parts.extend([second, first]);
                }
            }
        }
        Ok(())
    }

    async fn attempt(&self, claim: Option<Tx>, part: &[Item], rules: &[Rule]) -> voce_store::Result<()> {
        let (mut tx, pending) = match claim {
            Some(tx) => (tx, part.iter().collect()),
            None => {
                let mut tx = self.db.begin().await?;
                let ids: Vec<i64> = part.iter().map(|item| item.id).collect();
                let pending = intake::retake(&mut tx, &ids).await?;
                (
                    tx,
                    part.iter()
                        .filter(|item| pending.binary_search(&item.id).is_ok())
                        .collect::<Vec<&Item>>(),
                )
            }
        };
        persist(&mut tx, &pending, rules, now()).await?;
        tx.commit().await
    }

    /// Makes a dead letter of an item whose values cannot be stored.
    async fn bury(&self, item: &Item, error: &voce_store::Error) -> voce_store::Result<()> {
        tracing::error!(%error, item = item.id, "a raw item cannot be stored; it is kept as a dead letter");
        let mut tx = self.db.begin().await?;
        let finished = Finished {
            id: item.id,
            outcome: Outcome::Invalid,
            detail: Some(error.to_string()),
        };
        intake::finish(&mut tx, &[finished], now()).await?;
        tx.commit().await
    }
}

fn understand(
    registry: &Registry,
    engine: &Engine,
    company: &Company,
    blobs: &Blobs,
    accounts: &HashMap<Uuid, Arc<Known>>,
    raws: Vec<RawItem>,
) -> io::Result<Vec<Item>> {
    let mut items: Vec<Item> = raws
        .iter()
        .map(|raw| normalize(registry, accounts.get(&raw.account_id).cloned(), raw))
        .collect();
    enrich(engine, company, blobs, &mut items)?;
    Ok(items)
}
