//! Receiving: the stream of the account's home, with the lists of the REST API as the source of truth.
//!
//! The cursor only moves with the lists, which are read when connecting, after the stream was opened, and every few minutes.
//! What a stream loses is therefore only late, and what comes twice is recognised by its id.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::time::{Instant, MissedTickBehavior, sleep, sleep_until};
use voce_domain::Millis;

use super::{
    entities::{self, Id},
    parse::{NOTIFICATION, STATUS, moment},
    server::{Failure, Server, now},
    sse,
};
use crate::{Account, ConnectError, NewRaw, Sink, SinkError, http::Stream};

/// How often the lists are read while the stream stands.
const CATCH_UP: Duration = Duration::from_secs(5 * 60);
/// Between two polls where there is no stream: shorter after something came, longer in silence.
const MIN_PAUSE: Duration = Duration::from_secs(5);
const MAX_PAUSE: Duration = Duration::from_secs(60);
/// How long to poll before another try with a stream that broke, or that the server does not offer.
const AFTER_BREAK: Duration = Duration::from_secs(5);
const AFTER_REFUSAL: Duration = Duration::from_secs(15 * 60);
/// Statuses of our own are taken this long after they were seen first: an answer of ours is recorded under its id by then,
/// and recognised.
const SETTLE: Duration = Duration::from_secs(10);
/// A new account starts with what came in the hour before it was set up.
const BEFORE_SET_UP: Millis = 60 * 60 * 1000;
/// Pages of a list that a new account reads back at most.
const MAX_PAGES: usize = 10;
const PAGE: usize = 40;

/// Where the lists were read up to.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Cursor {
    notification_id: Option<String>,
    status_id: Option<String>,
}

/// Receives until an error.
pub async fn run(server: &Server, account: &Account, sink: &dyn Sink) -> Result<(), ConnectError> {
    let me: entities::Account = server.json(server.get("/api/v1/accounts/verify_credentials")).await?;
    let set_up = account
        .id
        .get_timestamp()
        .map(|time| Millis::try_from(time.to_unix().0).unwrap_or_default() * 1000);
    let mut receiver = Receiver {
        server,
        sink,
        since: set_up.unwrap_or_else(now) - BEFORE_SET_UP,
        own_list: format!("/api/v1/accounts/{}/statuses", me.id.0),
        me: me.id,
        cursor: serde_json::from_value(account.cursor.clone()).unwrap_or_default(),
        streamed: HashSet::new(),
        settling: HashMap::new(),
    };
    receiver.receive().await
}

struct Receiver<'a> {
    server: &'a Server,
    sink: &'a dyn Sink,
    me: Id,
    own_list: String,
    /// Where an account without cursor begins.
    since: Millis,
    cursor: Cursor,
    /// Notifications handed over from the stream since the list was read.
    streamed: HashSet<Id>,
    /// Statuses of our own that are too new, with the moment when they were seen first.
    settling: HashMap<Id, Instant>,
}

/// Why a stream is over.
enum Over {
    NotOffered,
    Broken,
}

impl Receiver<'_> {
    async fn receive(&mut self) -> Result<(), ConnectError> {
        let streaming = self.limited(|server| server.instance()).await?.streaming();
        let streaming = streaming.unwrap_or_else(|| self.server.base().to_owned());
        loop {
            self.catch_up().await?;
            self.sink.health(None).await;
            let pause = match self.follow(&streaming).await? {
                Over::Broken => AFTER_BREAK,
                Over::NotOffered => AFTER_REFUSAL,
            };
            self.poll_for(pause).await?;
        }
    }

    async fn poll_for(&mut self, time: Duration) -> Result<(), ConnectError> {
        let until = Instant::now() + time;
        let mut pause = MIN_PAUSE;
        while Instant::now() < until {
            sleep(pause).await;
            let something_came = self.catch_up().await?;
            pause = if something_came {
                MIN_PAUSE
            } else {
                (pause * 3 / 2).min(MAX_PAUSE)
            };
        }
        Ok(())
    }

    async fn follow(&mut self, base: &str) -> Result<Over, ConnectError> {
        let mut stream = match self.server.stream(base).await {
            Ok(stream) => stream,
            Err(refused @ (Failure::Refused { .. } | Failure::Denied(_))) => {
                tracing::info!(%refused, "polling, as the server offers no stream of events");
                return Ok(Over::NotOffered);
            }
            Err(_) => return Ok(Over::Broken),
        };
        // What came between the last look at the lists and the opening of the stream.
        self.catch_up().await?;
        self.read(&mut stream).await
    }

    async fn read(&mut self, stream: &mut Stream) -> Result<Over, ConnectError> {
        let mut reader = sse::Reader::default();
        let mut check = tokio::time::interval(CATCH_UP);
        check.set_missed_tick_behavior(MissedTickBehavior::Delay);
        check.reset();
        loop {
            let settled = self.settling.values().min().map(|seen| *seen + SETTLE);
            tokio::select! {
                chunk = stream.next() => {
                    let Ok(Some(bytes)) = chunk else { return Ok(Over::Broken) };
                    let Ok(events) = reader.push(&bytes) else { return Ok(Over::Broken) };
                    for event in events {
                        self.event(&event).await?;
                    }
                }
                _ = check.tick() => {
                    self.catch_up().await?;
                }
                () = sleep_until(settled.unwrap_or_else(Instant::now)), if settled.is_some() => {
                    self.own_statuses().await?;
                }
            }
        }
    }

    async fn event(&mut self, event: &sse::Event) -> Result<(), ConnectError> {
        let Ok(payload) = serde_json::from_str::<Value>(&event.data) else {
            return Ok(());
        };
        let Some(id) = id(&payload) else { return Ok(()) };
        match event.name.as_str() {
            "notification" if !self.streamed.contains(&id) => {
                let item = self.with_ancestors(NOTIFICATION, payload).await?;
                self.hand_over(vec![item], None).await?;
                self.streamed.insert(id);
            }
            "update" if payload.get("account").and_then(self::id) == Some(self.me.clone()) => {
                self.settling.entry(id).or_insert_with(Instant::now);
            }
            _ => {}
        }
        Ok(())
    }

    /// Reads both lists from the cursor on. True when something came.
    async fn catch_up(&mut self) -> Result<bool, ConnectError> {
        let notified = self.notifications().await?;
        Ok(self.own_statuses().await? || notified)
    }

    async fn notifications(&mut self) -> Result<bool, ConnectError> {
        let mut something_came = false;
        loop {
            let page = self
                .list("/api/v1/notifications", &[], self.cursor.notification_id.as_deref())
                .await?;
            let Some((newest, _)) = page.last() else {
                self.streamed.clear();
                return Ok(something_came);
            };
            let beginning = self.cursor.notification_id.replace(newest.0.clone()).is_none();
            let mut items = Vec::new();
            for (id, payload) in page {
                let from_before = beginning && self.is_old(&payload);
                if !from_before && !self.streamed.contains(&id) {
                    items.push(self.with_ancestors(NOTIFICATION, payload).await?);
                }
            }
            something_came |= !items.is_empty();
            self.hand_over(items, Some(json!(self.cursor))).await?;
        }
    }

    async fn own_statuses(&mut self) -> Result<bool, ConnectError> {
        let mut something_came = false;
        loop {
            let list = self.own_list.clone();
            let after = self.cursor.status_id.as_deref();
            let page = match self.list(&list, &[("exclude_reblogs", "true")], after).await {
                // A server without this list still brings what others say.
                Err(Failure::Refused { .. }) => Vec::new(),
                other => other?,
            };
            let beginning = self.cursor.status_id.is_none();
            let mut items = Vec::new();
            let mut newest = None;
            for (id, payload) in page {
                if !(beginning && self.is_old(&payload)) {
                    if self.settling.entry(id.clone()).or_insert_with(Instant::now).elapsed() < SETTLE {
                        break;
                    }
                    items.push(self.with_ancestors(STATUS, payload).await?);
                }
                newest = Some(id);
            }
            let Some(newest) = newest else {
                self.forget_missing();
                return Ok(something_came);
            };
            self.settling.retain(|id, _| id.is_newer_than(&newest.0));
            self.cursor.status_id = Some(newest.0);
            something_came |= !items.is_empty();
            self.hand_over(items, Some(json!(self.cursor))).await?;
        }
    }

    /// Forgets statuses that had time to settle and did not show in the list: they were boosts, or were deleted.
    fn forget_missing(&mut self) {
        self.settling.retain(|_, seen| seen.elapsed() < SETTLE);
    }

    /// The entries newer than `after`, oldest first; without `after` the newest ones back to the beginning of the account.
    async fn list(&self, path: &str, query: &[(&str, &str)], after: Option<&str>) -> Result<Vec<(Id, Value)>, Failure> {
        let limit = PAGE.to_string();
        let mut found: Vec<(Id, Value)> = Vec::new();
        for _ in 0..MAX_PAGES {
            let oldest = found.first().map(|(id, _)| id.0.clone());
            let page: Vec<Value> = self
                .limited(|server| {
                    let mut request = server.get(path).query(&[("limit", &limit)]).query(query);
                    if let Some(after) = after {
                        request = request.query(&[("min_id", after)]);
                    } else if let Some(oldest) = &oldest {
                        request = request.query(&[("max_id", oldest)]);
                    }
                    server.json(request)
                })
                .await?;
            let mut page: Vec<(Id, Value)> = page
                .into_iter()
                .filter_map(|entry| Some((id(&entry)?, entry)))
                .collect();
            // Not every server heeds the parameters.
            page.retain(|(id, _)| match (after, &oldest) {
                (Some(after), _) => id.is_newer_than(after),
                (None, Some(oldest)) => Id(oldest.clone()).is_newer_than(&id.0),
                (None, None) => true,
            });
            page.sort_by(|(a, _), (b, _)| (a.0.len(), &a.0).cmp(&(b.0.len(), &b.0)));
            let reaches_back = page.first().is_none_or(|(_, entry)| self.is_old(entry));
            found.splice(..0, page);
            if after.is_some() || reaches_back {
                break;
            }
        }
        Ok(found)
    }

    fn is_old(&self, entry: &Value) -> bool {
        moment(entry.get("created_at").and_then(Value::as_str)).is_some_and(|at| at < self.since)
    }

    /// A raw item with the ids of the thread's earlier statuses. A thread that cannot be read is no reason to lose the message.
    async fn with_ancestors(&self, format: &'static str, mut payload: Value) -> Result<NewRaw, ConnectError> {
        let status = if format == STATUS {
            Some(&payload)
        } else {
            payload.get("status")
        };
        let reply = status.filter(|status| status.get("in_reply_to_id").is_some_and(|id| !id.is_null()));
        if let Some(Id(status)) = reply.and_then(id) {
            let path = format!("/api/v1/statuses/{status}/context");
            let context: Value = match self.limited(|server| server.json(server.get(&path))).await {
                Ok(context) => context,
                Err(failure) => {
                    tracing::warn!(%failure, %status, "the thread of a status cannot be read");
                    Value::Null
                }
            };
            let ancestors = context.get("ancestors").and_then(Value::as_array).into_iter().flatten();
            let ancestors: Vec<String> = ancestors.filter_map(id).map(|id| id.0).collect();
            if let Some(payload) = payload.as_object_mut() {
                payload.insert("voce_ancestors".into(), json!(ancestors));
            }
        }
        Ok(NewRaw {
            format,
            body: payload.to_string().into_bytes(),
            received_at: now(),
        })
    }

    async fn hand_over(&self, items: Vec<NewRaw>, cursor: Option<Value>) -> Result<(), ConnectError> {
        let failed = |SinkError(reason)| ConnectError::Temporary { reason, after: None };
        self.sink.accept(items, cursor).await.map_err(failed)
    }

    /// A request, made again when the server asked to wait.
    async fn limited<'s, T, F: Future<Output = Result<T, Failure>>>(
        &'s self,
        request: impl Fn(&'s Server) -> F,
    ) -> Result<T, Failure> {
        loop {
            match request(self.server).await {
                Err(Failure::Limited(wait)) => {
                    tracing::info!(seconds = wait.as_secs(), "waiting, as the server asked");
                    sleep(wait.max(Duration::from_millis(100))).await;
                }
                other => return other,
            }
        }
    }
}

fn id(entity: &Value) -> Option<Id> {
    Id::deserialize(entity.get("id")?).ok()
}

#[cfg(test)]
mod tests;
