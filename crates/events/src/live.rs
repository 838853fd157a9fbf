//! What just happened, for the open pages.

use std::{sync::Arc, time::Duration};

use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;
use voce_store::{
    Db, Result,
    commits::Commits,
    events::{self, Cursor, Recorded},
};

/// Between two looks at the table, however much happens.
const PAUSE: Duration = Duration::from_millis(25);
/// Between looks when nobody in this process commits: other processes do too.
const POLL: Duration = Duration::from_millis(500);
/// Facts of one look. A page that is further behind is better refreshed as a whole.
const MOST: i64 = 1_000;
/// News that a slow subscriber may leave unread.
const UNREAD: usize = 256;

/// Tails the events table while somebody listens. Cheap to clone.
#[derive(Clone)]
pub struct Live {
    news: broadcast::Sender<News>,
}

#[derive(Debug, Clone)]
pub enum News {
    /// Facts in their order.
    Facts(Arc<[Recorded]>),
    /// More happened than is told one by one: look again at everything.
    Missed,
}

impl Live {
    /// Starts the tail; it ends with `stop`.
    pub fn start(db: Db, stop: CancellationToken) -> Self {
        let news = broadcast::Sender::new(UNREAD);
        let live = Self { news: news.clone() };
        tokio::spawn(async move {
            tokio::select! {
                () = tail(db, news) => {}
                () = stop.cancelled() => {}
            }
        });
        live
    }

    /// Hears of everything from now on.
    pub fn subscribe(&self) -> Subscription {
        Subscription(self.news.subscribe())
    }
}

pub struct Subscription(broadcast::Receiver<News>);

impl Subscription {
    /// The next news; `None` when the process stops.
    pub async fn next(&mut self) -> Option<News> {
        match self.0.recv().await {
            Ok(news) => Some(news),
            Err(broadcast::error::RecvError::Lagged(_)) => Some(News::Missed),
            Err(broadcast::error::RecvError::Closed) => None,
        }
    }
}

async fn tail(db: Db, news: broadcast::Sender<News>) {
    let mut commits = Commits::watch();
    let mut cursor = None;
    loop {
        if news.receiver_count() == 0 {
            cursor = None;
        } else {
            match look(&db, cursor).await {
                Ok((now, told)) => {
                    cursor = Some(now);
                    // Nobody left to hear it is no error.
                    told.into_iter().for_each(|told| drop(news.send(told)));
                }
                Err(error) => tracing::error!(%error, "events cannot be read"),
            }
        }
        commits.next(PAUSE, POLL).await;
    }
}

/// What happened since `cursor`. The first look tells to look again: something may have happened since the page was made.
async fn look(db: &Db, cursor: Option<Cursor>) -> Result<(Cursor, Option<News>)> {
    let Some(cursor) = cursor else {
        return Ok((events::end(db).await?, Some(News::Missed)));
    };
    let facts = events::after(db, cursor, MOST).await?;
    match facts.last() {
        None => Ok((cursor, None)),
        Some(_) if facts.len() as i64 == MOST => Ok((events::end(db).await?, Some(News::Missed))),
        Some(last) => Ok((last.cursor, Some(News::Facts(facts.into())))),
    }
}
