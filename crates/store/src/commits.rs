//! Wakes whoever in this process waits for something new in the database. Other processes' commits are found by polling.

use std::{sync::LazyLock, time::Duration};

use tokio::{
    sync::watch,
    time::{sleep, timeout},
};

static COMMITS: LazyLock<watch::Sender<()>> = LazyLock::new(|| watch::Sender::new(()));

pub(crate) fn happened() {
    COMMITS.send_replace(());
}

/// Tells of the commits since it was made or last asked.
pub struct Commits(watch::Receiver<()>);

impl Commits {
    pub fn watch() -> Self {
        Self(COMMITS.subscribe())
    }

    /// Returns after the next commit of this process, or after `poll`; never twice within `pause`, so that a thousand
    /// commits a second are one look.
    pub async fn next(&mut self, pause: Duration, poll: Duration) {
        sleep(pause).await;
        // The sender lives as long as the process; a timeout is the wanted poll.
        let _ = timeout(poll, self.0.changed()).await;
    }
}
