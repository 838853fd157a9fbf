//! Answers on their way out: claimed and committed before the network is touched, so that nothing is ever sent twice.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use serde_json::{Map, Value};
use uuid::Uuid;
use voce_channels::{Connector, Outgoing, OutgoingAttachment, SendError};
use voce_domain::{Millis, message::Direction};
use voce_ingest::open_account;
use voce_store::{
    Db, Dialect, Error, accounts, attachments,
    deliveries::{self, Answer, Claimed, Due, Earlier, Fate, Payload},
};

use crate::{Job, JobError, Pace, Parts, now};

/// Answers of one account on their way at once.
const AT_ONCE: usize = 4;
/// Answers looked at in one turn.
const MOST: i64 = 200;
/// For a channel to say what became of an answer.
const PATIENCE: Duration = Duration::from_secs(180);
/// Claims older than this belong to a process that died, where several share a database.
const STALE: Millis = 15 * 60 * 1000;
const MOST_TRIES: i64 = 10;
const FIRST_WAIT: Duration = Duration::from_secs(10);
const LONGEST_WAIT: Duration = Duration::from_secs(3600);
/// Messages of the thread that are named to the channel.
const REFERENCES: i64 = 50;

/// Sends what is due. Cheap to clone.
#[derive(Clone)]
pub struct Send {
    parts: Parts,
    /// Marks the claims of this process.
    worker: Uuid,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// Answers on their way by account.
    under_way: HashMap<Uuid, usize>,
    /// When claims were last looked at for those of the dead.
    buried: Option<Millis>,
}

impl Send {
    pub fn new(parts: Parts) -> Self {
        Self {
            parts,
            worker: Uuid::now_v7(),
            state: Arc::default(),
        }
    }

    /// Claims and sends everything that is due now, and waits for the end of it.
    pub async fn send_due(&self) -> Result<usize, JobError> {
        let claimed = self.claim().await?;
        let count = claimed.len();
        for task in self.dispatch(claimed) {
            // A panic is told in the task itself.
            let _ = task.await;
        }
        Ok(count)
    }

    /// Claims what is due as far as each account has room.
    async fn claim(&self) -> Result<Vec<Claimed>, JobError> {
        let now = now();
        let due = deliveries::due(&self.parts.db, now, MOST).await?;
        let chosen = self.reserve(due);
        if chosen.is_empty() {
            return Ok(Vec::new());
        }
        let claimed: voce_store::Result<Vec<Claimed>> = async {
            let mut tx = self.parts.db.begin().await?;
            let ids: Vec<Uuid> = chosen.iter().map(|due| due.message_id).collect();
            let claimed = deliveries::claim(&mut tx, self.worker, &ids, now).await?;
            tx.commit().await?;
            Ok(claimed)
        }
        .await;
        let kept: Vec<Uuid> = claimed.iter().flatten().map(|claimed| claimed.message_id).collect();
        for due in chosen.iter().filter(|due| !kept.contains(&due.message_id)) {
            self.release(due.account_id);
        }
        Ok(claimed?)
    }

    fn reserve(&self, due: Vec<Due>) -> Vec<Due> {
        let mut state = self.state();
        due.into_iter()
            .filter(|due| {
                let under_way = state.under_way.entry(due.account_id).or_default();
                let room = *under_way < AT_ONCE;
                *under_way += usize::from(room);
                room
            })
            .collect()
    }

    fn release(&self, account: Uuid) {
        if let Some(under_way) = self.state().under_way.get_mut(&account) {
            *under_way = under_way.saturating_sub(1);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn dispatch(&self, claimed: Vec<Claimed>) -> Vec<tokio::task::JoinHandle<()>> {
        claimed
            .into_iter()
            .map(|claimed| {
                let this = self.clone();
                tokio::spawn(async move {
                    let fate = this.deliver(&claimed).await;
                    this.conclude(&claimed, &fate).await;
                    this.release(claimed.account_id);
                })
            })
            .collect()
    }

    /// Hands one answer to its channel.
    async fn deliver(&self, claimed: &Claimed) -> Fate {
        let prepared = match prepare(&self.parts, claimed).await {
            Ok(prepared) => prepared,
            // Nothing has left yet: whatever the database or the file system says, another try harms nobody.
            Err(NotReady::Later(reason)) => return again(reason, None, claimed.attempts),
            Err(NotReady::Never(reason)) => return Fate::Failed { reason },
        };
        let sending = tokio::spawn(async move { prepared.connector.send(&prepared.account, &prepared.outgoing).await });
        let abort = sending.abort_handle();
        match tokio::time::timeout(PATIENCE, sending).await {
            Ok(Ok(Ok(sent))) => Fate::Sent {
                external_id: sent.external_id,
                url: sent.url,
            },
            Ok(Ok(Err(SendError::Rejected(reason)))) => Fate::Failed { reason },
            Ok(Ok(Err(SendError::Retry { reason, after }))) => again(reason, after, claimed.attempts),
            Ok(Ok(Err(SendError::Unknown(reason)))) => Fate::Unknown { reason },
            Ok(Err(_)) => Fate::Unknown {
                reason: "the channel failed while sending (panic)".to_owned(),
            },
            Err(_) => {
                abort.abort();
                Fate::Unknown {
                    reason: "the channel did not answer in time".to_owned(),
                }
            }
        }
    }

    /// Writes the fate down, as long as it takes: until then the answer counts as being sent.
    async fn conclude(&self, claimed: &Claimed, fate: &Fate) {
        let mut wait = Duration::from_millis(50);
        loop {
            let written = async {
                let mut tx = self.parts.db.begin().await?;
                deliveries::conclude(&mut tx, claimed.message_id, self.worker, fate, now()).await?;
                tx.commit().await
            };
            match written.await {
                Ok(()) => return,
                Err(error) => {
                    tracing::error!(%error, message = %claimed.message_id, "the fate of an answer could not be written")
                }
            }
            tokio::time::sleep(wait).await;
            wait = (wait * 2).min(Duration::from_secs(30));
        }
    }

    /// Claims of processes that died: whether their answers left, nobody knows.
    async fn bury(&self) -> Result<(), JobError> {
        let (now, last) = (now(), self.state().buried);
        let before = match (self.parts.db.dialect(), last) {
            // On SQLite there is no other process: at the start all claims are of the dead.
            (Dialect::Sqlite, None) => now + 1,
            (_, Some(last)) if now - last < 60_000 => return Ok(()),
            _ => now - STALE,
        };
        give_up(&self.parts.db, before, now).await?;
        self.state().buried = Some(now);
        Ok(())
    }
}

async fn give_up(db: &Db, before: Millis, now: Millis) -> voce_store::Result<()> {
    let mut tx = db.begin().await?;
    let lost = deliveries::give_up(&mut tx, before, now).await?;
    if lost > 0 {
        tracing::warn!(
            lost,
            "answers were interrupted while they were sent; people have to decide about them"
        );
    }
    tx.commit().await
}

#[async_trait]
impl Job for Send {
    fn name(&self) -> &'static str {
        "send"
    }

    fn pace(&self) -> Pace {
        Pace::Woken {
            pause: Duration::from_millis(20),
            poll: Duration::from_millis(500),
        }
    }

    async fn run(&self) -> Result<(), JobError> {
        self.bury().await?;
        let claimed = self.claim().await?;
        drop(self.dispatch(claimed));
        Ok(())
    }
}

struct Prepared {
    connector: Arc<dyn Connector>,
    account: voce_channels::Account,
    outgoing: Outgoing,
}

/// Why an answer cannot be handed to its channel.
enum NotReady {
    Later(String),
    Never(String),
}

impl From<Error> for NotReady {
    fn from(error: Error) -> Self {
        match error {
            Error::NotFound | Error::Corrupt(_) => Self::Never(error.to_string()),
            other => Self::Later(other.to_string()),
        }
    }
}

async fn prepare(parts: &Parts, claimed: &Claimed) -> Result<Prepared, NotReady> {
    let stored = match accounts::get(&parts.db, claimed.account_id).await {
        Ok(stored) => stored,
        Err(Error::NotFound) => return Err(NotReady::Never("the channel account is gone".to_owned())),
        Err(error) => return Err(error.into()),
    };
    if !stored.active {
        return Err(NotReady::Later("the channel account is paused".to_owned()));
    }
    let connector = parts.registry.get(&stored.kind).cloned();
    let connector = connector.ok_or_else(|| NotReady::Never(format!("no channel is called {}", stored.kind)))?;
    let account = open_account(&stored, &parts.vault).map_err(|error| NotReady::Never(error.to_string()))?;
    let answer = deliveries::answer(&parts.db, claimed.message_id).await?;
    let thread = deliveries::thread_before(&parts.db, &answer, REFERENCES).await?;
    let files = read_files(parts, claimed.message_id).await?;
    let payload: Payload =
        serde_json::from_str(&claimed.payload).map_err(|error| NotReady::Never(error.to_string()))?;
    let outgoing = outgoing(answer, thread, payload, files).map_err(|error| NotReady::Never(error.to_string()))?;
    Ok(Prepared {
        connector,
        account,
        outgoing,
    })
}

async fn read_files(parts: &Parts, message: Uuid) -> Result<Vec<OutgoingAttachment>, NotReady> {
    let mut files = Vec::new();
    for file in attachments::of_messages(&parts.db, &[message]).await? {
        let path = file.blob.as_deref().and_then(|blob| parts.blobs.path(blob));
        let path = path.ok_or_else(|| NotReady::Never(format!("the file {} is missing", file.name)))?;
        let body = tokio::fs::read(path)
            .await
            .map_err(|error| NotReady::Later(error.to_string()))?;
        files.push(OutgoingAttachment {
            name: file.name,
            content_type: file.content_type,
            body,
        });
    }
    Ok(files)
}

fn outgoing(
    answer: Answer,
    thread: Vec<Earlier>,
    payload: Payload,
    attachments: Vec<OutgoingAttachment>,
) -> Result<Outgoing, voce_domain::UnknownKey> {
    let newest_inbound = thread
        .iter()
        .rev()
        .find(|earlier| earlier.direction == Direction::Inbound.key());
    let answered = payload
        .answers
        .and_then(|id| thread.iter().find(|earlier| earlier.id == id))
        .or(newest_inbound);
    let meta = answered
        .and_then(|earlier| earlier.meta.as_deref())
        .map(serde_json::from_str::<Map<String, Value>>);
    let to = match payload.to.is_empty() {
        true => answered
            .and_then(|earlier| earlier.address.clone())
            .into_iter()
            .collect(),
        false => payload.to,
    };
    Ok(Outgoing {
        id: answer.id,
        conversation: answer.conversation_id,
        thread_key: answer.thread_key,
        kind: answer.kind.parse()?,
        visibility: answer.visibility.parse()?,
        to,
        cc: payload.cc,
        from_name: Some(answer.author_name),
        subject: answer.subject,
        text: answer.body,
        html: answer.html,
        in_reply_to: answered.map(|earlier| earlier.external_id.clone()),
        references: thread.iter().map(|earlier| earlier.external_id.clone()).collect(),
        attachments,
        // What cannot be read any more is only not told to the channel.
        meta: meta.and_then(Result::ok).unwrap_or_default(),
    })
}

/// Another try later, or the end of tries.
fn again(reason: String, after: Option<Duration>, attempts: i64) -> Fate {
    if attempts >= MOST_TRIES {
        return Fate::Failed { reason };
    }
    let doubled = FIRST_WAIT
        .saturating_mul(1 << (attempts - 1).clamp(0, 16))
        .min(LONGEST_WAIT);
    let wait = after.unwrap_or(doubled).mul_f64(rand::random_range(1.0..1.25));
    Fate::Retry {
        reason,
        at: now() + i64::try_from(wait.as_millis()).unwrap_or(i64::MAX / 2),
    }
}
