//! Keeps the connectors of all active accounts running.

use std::{collections::HashMap, sync::Arc, time::Duration};

use tokio::{
    task::JoinHandle,
    time::{Instant, sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use voce_channels::{ConnectError, Connector, registry::Registry};
use voce_store::{
    Db,
    accounts::{self, ChannelAccount},
    vault::Vault,
};

use crate::{Intake, intake::set_health, open_account};

/// Between looks at the settings.
const LOOK: Duration = Duration::from_secs(1);
/// For a connector to end by itself when it is told to stop.
const GRACE: Duration = Duration::from_secs(5);
const SHORTEST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(300);
/// A connection that stood this long was a good one: the next trouble starts with a short wait again.
const GOOD: Duration = Duration::from_secs(60);

/// What every connector needs.
#[derive(Clone)]
struct Parts {
    db: Db,
    registry: Registry,
    vault: Vault,
    intake: Intake,
}

/// One account at work.
struct Running {
    updated_at: i64,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

/// Runs until stopped: starts, restarts and stops connectors as accounts are added, changed and paused.
pub async fn receive(db: Db, registry: Registry, vault: Vault, intake: Intake, stop: CancellationToken) {
    let parts = Parts {
        db,
        registry,
        vault,
        intake,
    };
    let mut running: HashMap<Uuid, Running> = HashMap::new();
    while !stop.is_cancelled() {
        match accounts::all(&parts.db).await {
            Ok(stored) => adjust(&parts, &mut running, stored).await,
            Err(error) => tracing::error!(%error, "channel accounts cannot be read"),
        }
        tokio::select! {
            () = sleep(LOOK) => {}
            () = stop.cancelled() => {}
        }
    }
    end(running.into_values().collect()).await;
}

async fn adjust(parts: &Parts, running: &mut HashMap<Uuid, Running>, stored: Vec<ChannelAccount>) {
    let wanted: HashMap<Uuid, ChannelAccount> = stored
        .into_iter()
        .filter(|account| account.active)
        .map(|account| (account.id, account))
        .collect();
    let is_current = |id: &Uuid, now: &Running| {
        wanted
            .get(id)
            .is_some_and(|account| account.updated_at == now.updated_at)
    };
    let outdated: Vec<Running> = running
        .extract_if(|id, now| !is_current(id, now))
        .map(|(_, now)| now)
        .collect();
    end(outdated).await;
    for (id, account) in wanted {
        running.entry(id).or_insert_with(|| {
            let stop = CancellationToken::new();
            let task = tokio::spawn(keep_running(parts.clone(), id, stop.clone()));
            Running {
                updated_at: account.updated_at,
                stop,
                task,
            }
        });
    }
}

async fn end(running: Vec<Running>) {
    for now in &running {
        now.stop.cancel();
    }
    let deadline = Instant::now() + GRACE;
    for mut now in running {
        if timeout(deadline.saturating_duration_since(Instant::now()), &mut now.task)
            .await
            .is_err()
        {
            now.task.abort();
        }
    }
}

/// Runs one account's connector again and again, with longer and longer pauses while it fails.
async fn keep_running(parts: Parts, id: Uuid, stop: CancellationToken) {
    let mut wait = SHORTEST_WAIT;
    while !stop.is_cancelled() {
        let started = Instant::now();
        let ended = run(&parts, id, &stop).await;
        if stop.is_cancelled() {
            return;
        }
        if started.elapsed() >= GOOD {
            wait = SHORTEST_WAIT;
        }
        let pause = match ended {
            Ok(()) => SHORTEST_WAIT,
            Err(ConnectError::Settings(reason)) => {
                problem(&parts.db, id, &reason).await;
                // Nothing will get better before somebody changes the settings, which cancels `stop`.
                return stop.cancelled().await;
            }
            Err(ConnectError::Temporary { reason, after }) => {
                problem(&parts.db, id, &reason).await;
                let pause = after.unwrap_or(wait);
                wait = (wait * 2).min(LONGEST_WAIT);
                pause
            }
        };
        tokio::select! {
            () = sleep(pause.mul_f64(rand::random_range(1.0..1.25))) => {}
            () = stop.cancelled() => {}
        }
    }
}

/// One run, from where the last one stood. A panic is a trouble like any other.
async fn run(parts: &Parts, id: Uuid, stop: &CancellationToken) -> Result<(), ConnectError> {
    let temporary = |reason: String| ConnectError::Temporary { reason, after: None };
    let stored = accounts::get(&parts.db, id)
        .await
        .map_err(|error| temporary(error.to_string()))?;
    let account = open_account(&stored, &parts.vault).map_err(|error| ConnectError::Settings(error.to_string()))?;
    let connector: Arc<dyn Connector> = match parts.registry.get(&stored.kind) {
        Some(connector) => connector.clone(),
        None => return Err(ConnectError::Settings(format!("no channel is called {}", stored.kind))),
    };
    let (sink, stop) = (parts.intake.sink(id), stop.clone());
    let running = tokio::spawn(async move { connector.run(&account, &sink, stop).await });
    // Aborting this account must end the connector too.
    let guard = AbortOnDrop(running.abort_handle());
    let ended = running
        .await
        .map_err(|_| temporary("the connector failed (panic)".to_owned()))?;
    drop(guard);
    ended
}

struct AbortOnDrop(tokio::task::AbortHandle);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn problem(db: &Db, id: Uuid, reason: &str) {
    tracing::warn!(account = %id, reason, "a channel account has trouble");
    if let Err(error) = set_health(db, id, Some(reason)).await {
        tracing::error!(%error, account = %id, "the health of a channel account could not be written");
    }
}
