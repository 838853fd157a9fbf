//! The open page hears when the queue moved: items that wait get their outcome, new dead letters come.

use std::{convert::Infallible, time::Duration};

use axum::{
    extract::{Query, State},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures::{Stream, stream};
use serde::Deserialize;
use tokio::time::Instant;
use voce_store::{Db, commits::Commits, intake, raw_items};

use crate::{App, May, right};

/// Never more often than this, and so often when another process does the work.
const PAUSE: Duration = Duration::from_millis(400);
const POLL: Duration = Duration::from_secs(2);
/// A connection ends after this and is opened again, so that a revoked session ends too.
const LIFE: Duration = Duration::from_secs(600);

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Wanted {
    /// The one item that is looked at; otherwise all.
    item: Option<i64>,
    /// What the page shows already, see [`of_item`] and [`of_queue`].
    seen: String,
}

/// What a page about one item shows, as far as a refresh would change it.
pub fn of_item(outcome: Option<&str>, attempts: i64) -> String {
    format!("{}.{attempts}", outcome.unwrap_or("waiting"))
}

/// The same of a page about the whole queue.
pub fn of_queue(waiting: i64, dead: i64) -> String {
    format!("{waiting}.{dead}")
}

struct Watch {
    db: Db,
    item: Option<i64>,
    commits: Commits,
    seen: String,
    ends: Instant,
}

/// `GET /settings/intake/live`: server-sent `refresh` events.
pub async fn stream(_: May<right::ReadIntake>, State(app): State<App>, Query(wanted): Query<Wanted>) -> Response {
    let Wanted { item, seen } = wanted;
    let watch = Watch {
        db: app.db,
        item,
        commits: Commits::watch(),
        seen,
        ends: Instant::now() + LIFE,
    };
    Sse::new(refreshes(watch))
        .keep_alive(KeepAlive::default())
        .into_response()
}

fn refreshes(watch: Watch) -> impl Stream<Item = Result<Event, Infallible>> {
    stream::unfold(watch, async |mut watch| {
        let told = watch.next().await;
        told.then(|| (Ok(Event::default().event("refresh").data("-")), watch))
    })
}

impl Watch {
    /// Waits until there is something else to see; false when the connection ends.
    async fn next(&mut self) -> bool {
        while Instant::now() < self.ends {
            // A database that does not answer now is asked again.
            let seen = self.look().await.unwrap_or_else(|_| self.seen.clone());
            if seen != self.seen {
                self.seen = seen;
                return true;
            }
            self.commits.next(PAUSE, POLL).await;
        }
        false
    }

    async fn look(&self) -> voce_store::Result<String> {
        Ok(match self.item {
            Some(id) => {
                let (outcome, attempts) = raw_items::fate(&self.db, id).await?;
                of_item(outcome.as_deref(), attempts)
            }
            None => of_queue(
                intake::backlog(&self.db).await?.waiting,
                intake::count_dead_letters(&self.db).await?,
            ),
        })
    }
}
