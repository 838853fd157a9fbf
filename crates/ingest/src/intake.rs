//! Group commit: callers hand over raw items and wait; everything that waits together is written and synced together.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use serde_json::Value;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use uuid::Uuid;
use voce_channels::{NewRaw, Sink, SinkError};
use voce_store::{
    Db, accounts,
    intake::{self, NewItem},
};

use crate::now;

/// Requests that may wait at once.
const LONGEST_QUEUE: usize = 4_096;
/// KiB of raw items that may wait at once.
const LARGEST_QUEUE: u32 = 256 * 1024;
/// For those whom the last commit answered to come back before the next begins, when they were many.
const LINGER: Duration = Duration::from_millis(1);
const MANY: usize = 16;
/// Items of one transaction.
const LARGEST_COMMIT: usize = 2_000;

/// Makes raw items durable. Cheap to clone.
#[derive(Clone)]
pub struct Intake {
    db: Db,
    queue: mpsc::Sender<Request>,
    room: Arc<Semaphore>,
}

#[derive(Debug, Clone, thiserror::Error)]
pub enum IntakeError {
    /// More is coming in than can be written: the caller should come back later (503).
    #[error("the intake is full; try again in a moment")]
    Full,
    #[error("the intake cannot write: {0}")]
    Store(String),
    #[error("the intake has stopped")]
    Stopped,
}

struct Request {
    account_id: Uuid,
    items: Vec<NewRaw>,
    cursor: Option<Value>,
    done: oneshot::Sender<Result<Vec<i64>, IntakeError>>,
    /// Held until the answer.
    _room: OwnedSemaphorePermit,
}

impl Intake {
    /// Starts the writer; it ends when the last clone is dropped.
    pub fn start(db: Db) -> Self {
        let (queue, requests) = mpsc::channel(LONGEST_QUEUE);
        tokio::spawn(write_all(db.clone(), requests));
        Self {
            db,
            queue,
            room: Arc::new(Semaphore::new(LARGEST_QUEUE as usize)),
        }
    }

    /// Returns the ids of the items in their order, once they and the account's cursor (when given) are durable.
    /// [`IntakeError::Full`] at once when too much waits already.
    pub async fn accept(
        &self,
        account_id: Uuid,
        items: Vec<NewRaw>,
        cursor: Option<Value>,
    ) -> Result<Vec<i64>, IntakeError> {
        let room = self
            .room
            .clone()
            .try_acquire_many_owned(size(&items))
            .map_err(|_| IntakeError::Full)?;
        let (done, answer) = oneshot::channel();
        self.queue
            .try_send(Request {
                account_id,
                items,
                cursor,
                done,
                _room: room,
            })
            .map_err(|error| match error {
                mpsc::error::TrySendError::Full(_) => IntakeError::Full,
                mpsc::error::TrySendError::Closed(_) => IntakeError::Stopped,
            })?;
        answer.await.map_err(|_| IntakeError::Stopped)?
    }

    /// The same, but waits for its turn where others would be refused: for connectors, which read no faster than we write.
    pub async fn accept_in_turn(
        &self,
        account_id: Uuid,
        items: Vec<NewRaw>,
        cursor: Option<Value>,
    ) -> Result<Vec<i64>, IntakeError> {
        let room = self
            .room
            .clone()
            .acquire_many_owned(size(&items))
            .await
            .map_err(|_| IntakeError::Stopped)?;
        let (done, answer) = oneshot::channel();
        self.queue
            .send(Request {
                account_id,
                items,
                cursor,
                done,
                _room: room,
            })
            .await
            .map_err(|_| IntakeError::Stopped)?;
        answer.await.map_err(|_| IntakeError::Stopped)?
    }

    /// Where the connector of an account puts what it receives.
    pub fn sink(&self, account_id: Uuid) -> AccountSink {
        AccountSink {
            intake: self.clone(),
            account_id,
        }
    }
}

/// Room that items take, in KiB; what is larger than everything waits for everything.
fn size(items: &[NewRaw]) -> u32 {
    let bytes: usize = items.iter().map(|item| item.body.len() + 512).sum();
    u32::try_from(bytes / 1024 + 1)
        .unwrap_or(LARGEST_QUEUE)
        .min(LARGEST_QUEUE)
}

async fn write_all(db: Db, mut requests: mpsc::Receiver<Request>) {
    let mut last = 0;
    while let Some(first) = requests.recv().await {
        if last >= MANY {
            tokio::time::sleep(LINGER).await;
        }
        let mut items = first.items.len();
        let mut together = vec![first];
        while items < LARGEST_COMMIT
            && let Ok(next) = requests.try_recv()
        {
            items += next.items.len();
            together.push(next);
        }
        last = together.len();
        let written = write(&db, &together).await.map_err(|error| {
            tracing::error!(%error, "raw items could not be written");
            IntakeError::Store(error.to_string())
        });
        answer(together, written);
    }
}

/// Nothing is told to anyone before it is durable.
fn answer(together: Vec<Request>, written: Result<Vec<i64>, IntakeError>) {
    let mut ids = written.map(Vec::into_iter);
    for request in together {
        let own = match &mut ids {
            Ok(ids) => Ok(ids.take(request.items.len()).collect()),
            Err(error) => Err(error.clone()),
        };
        // Whoever asked may be gone; the items are kept all the same.
        let _ = request.done.send(own);
    }
}

async fn write(db: &Db, together: &[Request]) -> voce_store::Result<Vec<i64>> {
    let items: Vec<NewItem> = together
        .iter()
        .flat_map(|request| {
            request.items.iter().map(|item| NewItem {
                account_id: request.account_id,
                format: item.format,
                body: &item.body,
                received_at: item.received_at,
            })
        })
        .collect();
    let mut tx = db.begin().await?;
    let ids = intake::append(&mut tx, &items).await?;
    for request in together {
        if let Some(cursor) = &request.cursor {
            accounts::set_cursor(&mut tx, request.account_id, cursor).await?;
        }
    }
    tx.commit().await?;
    Ok(ids)
}

/// The intake as the connector of one account sees it.
pub struct AccountSink {
    intake: Intake,
    account_id: Uuid,
}

#[async_trait]
impl Sink for AccountSink {
    async fn accept(&self, items: Vec<NewRaw>, cursor: Option<Value>) -> Result<(), SinkError> {
        let accepted = self.intake.accept_in_turn(self.account_id, items, cursor).await;
        accepted.map(|_| ()).map_err(|error| SinkError(error.to_string()))
    }

    async fn health(&self, problem: Option<String>) {
        if let Err(error) = set_health(&self.intake.db, self.account_id, problem.as_deref()).await {
            tracing::error!(%error, account = %self.account_id, "the health of a channel account could not be written");
        }
    }
}

pub(crate) async fn set_health(db: &Db, account_id: Uuid, problem: Option<&str>) -> voce_store::Result<()> {
    let mut tx = db.begin().await?;
    accounts::set_health(&mut tx, account_id, problem, now()).await?;
    tx.commit().await
}
