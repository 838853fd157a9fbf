//! Durable listeners: nothing is missed, and a crash repeats at most what was not committed.

use std::time::Duration;

use async_trait::async_trait;
use tokio_util::sync::CancellationToken;
use voce_store::{
    Db, Result, Tx,
    commits::Commits,
    cursors,
    events::{self, Cursor, Recorded},
};

const PAUSE: Duration = Duration::from_millis(20);
const POLL: Duration = Duration::from_millis(500);
/// Facts of one transaction.
const MOST: i64 = 500;
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// Somebody who reacts to facts.
#[async_trait]
pub trait Listener: Send + Sync {
    /// The name of its cursor; never change it.
    fn name(&self) -> &'static str;

    /// Where it starts when it is new.
    fn start(&self) -> Start {
        Start::Now
    }

    /// Does what the facts ask for, in a transaction that also moves the cursor: it happens exactly once as far as the
    /// database goes. An error undoes all of it and is tried again.
    async fn hear(&self, tx: &mut Tx, facts: &[Recorded]) -> Result<()>;
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// With the first fact there ever was.
    Beginning,
    /// With what happens from now on.
    Now,
}

/// Runs a listener until stopped. Several processes may: one at a time has its turn.
pub async fn listen(db: Db, listener: impl Listener, stop: CancellationToken) {
    let mut commits = Commits::watch();
    let mut wait = Duration::ZERO;
    while !stop.is_cancelled() {
        match catch_up(&db, &listener).await {
            Ok(()) => wait = Duration::ZERO,
            Err(error) => {
                tracing::error!(%error, listener = listener.name(), "a listener failed and tries again");
                wait = (wait * 2).clamp(Duration::from_secs(1), LONGEST_WAIT);
            }
        }
        tokio::select! {
            () = commits.next(wait.max(PAUSE), POLL) => {}
            () = stop.cancelled() => {}
        }
    }
}

/// Hears everything up to now.
pub async fn catch_up(db: &Db, listener: &impl Listener) -> Result<()> {
    // Without a row of its own the listener is new, and `lock` says where it starts.
    while is_behind(db, listener).await? {
        let start = first(db, listener).await?;
        let mut tx = db.begin().await?;
        let cursor = cursors::lock(&mut tx, listener.name(), start).await?;
        let facts = events::after(db, cursor, MOST).await?;
        if let Some(last) = facts.last() {
            listener.hear(&mut tx, &facts).await?;
            events::advance(&mut tx, listener.name(), last.cursor).await?;
        }
        tx.commit().await?;
    }
    Ok(())
}

async fn is_behind(db: &Db, listener: &impl Listener) -> Result<bool> {
    match cursors::find(db, listener.name()).await? {
        Some(cursor) => Ok(!events::after(db, cursor, 1).await?.is_empty()),
        None => Ok(true),
    }
}

async fn first(db: &Db, listener: &impl Listener) -> Result<Cursor> {
    match listener.start() {
        Start::Beginning => Ok(Cursor::default()),
        Start::Now => events::end(db).await,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use voce_domain::event::{Actor, Event, EventKind};
    use voce_store::testing::each_database;

    use super::*;

    #[derive(Default)]
    struct Counting {
        heard: Mutex<Vec<i64>>,
        failing: Mutex<bool>,
    }

    #[async_trait]
    impl Listener for Counting {
        fn name(&self) -> &'static str {
            "counting"
        }

        async fn hear(&self, _: &mut Tx, facts: &[Recorded]) -> Result<()> {
            if *self.failing.lock().unwrap() {
                return Err(voce_store::Error::Refused("not now"));
            }
            self.heard
                .lock()
                .unwrap()
                .extend(facts.iter().map(|fact| fact.event.at));
            Ok(())
        }
    }

    async fn happen(db: &Db, at: std::ops::Range<i64>) {
        let mut tx = db.begin().await.unwrap();
        let facts: Vec<Event> = at
            .map(|at| Event::new(EventKind::CaseChanged, at, Actor::SYSTEM))
            .collect();
        events::append(&mut tx, &facts).await.unwrap();
        tx.commit().await.unwrap();
    }

    #[tokio::test]
    async fn hears_everything_once_from_its_start_on() {
        each_database(|db| async move {
            let listener = Counting::default();
            happen(&db, 0..3).await;
            catch_up(&db, &listener).await.unwrap();
            happen(&db, 3..1_203).await;
            *listener.failing.lock().unwrap() = true;
            assert!(catch_up(&db, &listener).await.is_err());
            *listener.failing.lock().unwrap() = false;
            catch_up(&db, &listener).await.unwrap();
            catch_up(&db, &listener).await.unwrap();
            assert_eq!(*listener.heard.lock().unwrap(), (3..1_203).collect::<Vec<_>>());
        })
        .await;
    }
}
