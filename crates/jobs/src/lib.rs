//! Background work: a job is one file and one registration line in [`all`].

pub mod connect;
mod fetch;
pub mod hooks;
pub mod import;
pub mod opinion;
mod prune;
mod relabel;
mod send;
#[cfg(test)]
mod tests;
mod wake;

use std::time::Duration;

use async_trait::async_trait;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use voce_channels::{http::Client, registry::Registry};
use voce_store::{Db, blobs::Blobs, commits::Commits, vault::Vault};

pub use send::Send as SendJob;

/// What jobs work with.
#[derive(Clone)]
pub struct Parts {
    pub db: Db,
    pub blobs: Blobs,
    pub vault: Vault,
    pub registry: Registry,
    pub http: Client,
}

/// Every job there is.
fn all(parts: &Parts) -> Vec<Box<dyn Job>> {
    vec![
        Box::new(send::Send::new(parts.clone())),
        Box::new(hooks::Hooks::new(parts)),
        Box::new(wake::Wake::new(parts.db.clone())),
        Box::new(fetch::Fetch::new(parts.clone())),
        Box::new(import::Imports::new(parts.db.clone(), parts.blobs.clone())),
        Box::new(prune::Prune::new(parts.db.clone())),
        Box::new(opinion::SecondOpinion::new(parts)),
        Box::new(relabel::Relabel::new(parts.db.clone())),
    ]
}

/// Work that is done again and again.
#[async_trait]
pub trait Job: std::marker::Send + Sync {
    fn name(&self) -> &'static str;

    fn pace(&self) -> Pace;

    /// Does what is due now.
    async fn run(&self) -> Result<(), JobError>;
}

/// When a job runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// After commits of this process, at most so often; and anyway after `poll`.
    Woken {
        pause: Duration,
        poll: Duration,
    },
    Every(Duration),
}

#[derive(Debug, thiserror::Error)]
pub enum JobError {
    #[error(transparent)]
    Store(#[from] voce_store::Error),
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

/// Runs all jobs until stopped.
pub async fn run(parts: Parts, stop: CancellationToken) {
    let mut running: JoinSet<()> = all(&parts)
        .into_iter()
        .map(|job| keep_running(job, stop.clone()))
        .collect();
    while running.join_next().await.is_some() {}
}

async fn keep_running(job: Box<dyn Job>, stop: CancellationToken) {
    let mut commits = Commits::watch();
    while !stop.is_cancelled() {
        if let Err(error) = job.run().await {
            tracing::error!(%error, job = job.name(), "a job failed and will be tried again");
        }
        let next = async {
            match job.pace() {
                Pace::Woken { pause, poll } => commits.next(pause, poll).await,
                Pace::Every(pause) => tokio::time::sleep(pause).await,
            }
        };
        tokio::select! {
            () = next => {}
            () = stop.cancelled() => {}
        }
    }
}

/// Now, in UTC milliseconds.
fn now() -> voce_domain::Millis {
    let since = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
