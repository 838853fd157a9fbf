//! Forgets what is kept for a while only.

use std::time::Duration;

use async_trait::async_trait;
use voce_store::{Db, idempotent_calls, intake, opinions, settings, web_hooks};

use crate::{Job, JobError, Pace, now};

const DAY: i64 = 24 * 60 * 60 * 1000;
/// Rows of one transaction, so that nobody waits long.
const MOST: i64 = 2_000;
/// How long the answer to an API call can be repeated.
const CALLS: i64 = 2 * DAY;

pub struct Prune {
    db: Db,
}

impl Prune {
    pub fn new(db: Db) -> Self {
        Self { db }
    }
}

#[async_trait]
impl Job for Prune {
    fn name(&self) -> &'static str {
        "prune"
    }

    fn pace(&self) -> Pace {
        Pace::Every(Duration::from_secs(3600))
    }

    async fn run(&self) -> Result<(), JobError> {
        let now = now();
        let kept = i64::from(settings::company(&self.db).await?.retention_days) * DAY;
        loop {
            let mut tx = self.db.begin().await?;
            let gone = intake::prune(&mut tx, now - kept, MOST).await?;
            idempotent_calls::prune(&mut tx, now - CALLS).await?;
            web_hooks::prune(&mut tx, now - kept, MOST).await?;
            opinions::prune(&mut tx, now - kept).await?;
            tx.commit().await?;
            if gone < MOST.unsigned_abs() {
                return Ok(());
            }
            // Others write in between.
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }
}
