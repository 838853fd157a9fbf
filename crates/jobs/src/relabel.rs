//! Labels the history anew when somebody asked for it. It goes on where it stood after a restart.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use tokio::sync::Mutex;
use voce_store::{Db, relabel};
use voce_text::Engine;

use crate::{Job, JobError, Pace};

pub struct Relabel {
    db: Db,
    /// Made when it is first needed: an engine costs memory.
    worker: Mutex<Option<voce_ingest::Relabel>>,
}

impl Relabel {
    pub fn new(db: Db) -> Self {
        Self {
            db,
            worker: Mutex::new(None),
        }
    }
}

#[async_trait]
impl Job for Relabel {
    fn name(&self) -> &'static str {
        "relabel"
    }

    fn pace(&self) -> Pace {
        Pace::Woken {
            pause: Duration::from_secs(1),
            poll: Duration::from_secs(30),
        }
    }

    async fn run(&self) -> Result<(), JobError> {
        let mut worker = self.worker.lock().await;
        if relabel::walk(&self.db)
            .await?
            .is_none_or(|walk| walk.ended_at.is_some())
        {
            *worker = None;
            return Ok(());
        }
        let worker = worker.get_or_insert_with(|| voce_ingest::Relabel::new(self.db.clone(), Arc::new(Engine::new())));
        while worker.step().await?.is_some_and(|walk| walk.ended_at.is_none()) {
            // Others write in between.
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }
}
