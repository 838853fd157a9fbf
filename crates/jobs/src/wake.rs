//! Cases that come back by time alone: those that waited until a moment, and resolved ones that close.

use std::{
    sync::Mutex,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use voce_domain::{case::Step, event::Actor};
use voce_store::{Db, cases, clock, settings};

use crate::{Job, JobError, Pace, now};

const DAY: i64 = 24 * 60 * 60 * 1000;
/// Cases of one turn.
const MOST: i64 = 500;
/// Between looks for resolved cases, which cost more than the others and are in no hurry.
const CLOSING: Duration = Duration::from_secs(600);

pub struct Wake {
    db: Db,
    closed: Mutex<Option<Instant>>,
}

impl Wake {
    pub fn new(db: Db) -> Self {
        Self {
            db,
            closed: Mutex::new(None),
        }
    }

    async fn close_resolved(&self) -> Result<(), JobError> {
        let Some(days) = settings::company(&self.db).await?.auto_close_days else {
            return Ok(());
        };
        let now = now();
        for id in clock::resolved_cases(&self.db, now - i64::from(days) * DAY, MOST).await? {
            self.step(id, Step::Close, now).await?;
        }
        Ok(())
    }

    async fn step(&self, id: uuid::Uuid, step: Step, now: i64) -> voce_store::Result<()> {
        let mut tx = self.db.begin().await?;
        match cases::step(&mut tx, id, step, Actor::SYSTEM, now, None).await {
            Ok(_) => tx.commit().await,
            // Somebody merged or closed it in the meantime.
            Err(voce_store::Error::Refused(_) | voce_store::Error::NotFound) => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn closing_is_due(&self) -> bool {
        let mut closed = self.closed.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let due = closed.is_none_or(|last| last.elapsed() >= CLOSING);
        if due {
            *closed = Some(Instant::now());
        }
        due
    }
}

#[async_trait]
impl Job for Wake {
    fn name(&self) -> &'static str {
        "wake"
    }

    fn pace(&self) -> Pace {
        Pace::Every(Duration::from_secs(1))
    }

    async fn run(&self) -> Result<(), JobError> {
        let now = now();
        for id in clock::due_cases(&self.db, now, MOST).await? {
            self.step(id, Step::Time(now), now).await?;
        }
        if self.closing_is_due() {
            self.close_resolved().await?;
        }
        Ok(())
    }
}
