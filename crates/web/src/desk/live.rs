//! The open page hears what happens, and says that somebody is there.

use std::{convert::Infallible, time::Duration};

use axum::{
    Form,
    extract::{Path, Query, State},
    http::StatusCode,
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures::{Stream, stream};
use serde::Deserialize;
use tokio::time::{Instant, timeout_at};
use uuid::Uuid;
use voce_domain::event::EventKind;
use voce_events::{News, Subscription};
use voce_store::{
    Db,
    cases::{self, Scope},
    events::Recorded,
    looks::{self, Look, Presence},
    mentions,
};

use crate::{App, Error, May, Result, right, state::now};

/// What a page wants to hear of.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Wanted {
    /// `desk`: everything about cases. `contacts`: contacts. Nothing: nothing.
    #[serde(default)]
    watch: String,
    /// The open case: its news comes at once, and who else is there.
    case: Option<Uuid>,
}

impl Wanted {
    fn anything(&self) -> bool {
        !self.watch.is_empty() || self.case.is_some()
    }
}

/// News that is only about the list refreshes it this often at most: a busy desk must not dance.
const CALM: Duration = Duration::from_millis(1500);
/// What follows news so closely mostly belongs to it.
const GATHER: Duration = Duration::from_millis(100);
/// How often it is looked who else is at the open case.
const LOOK: Duration = Duration::from_secs(3);
/// A connection ends after this and is opened again, so that a revoked session ends too.
const LIFE: Duration = Duration::from_secs(600);

/// `GET /live`: server-sent `refresh` events.
pub async fn stream(may: May<right::ReadCases>, State(app): State<App>, Query(wanted): Query<Wanted>) -> Response {
    let listener = Listener {
        scope: Scope::of(may.user.role, may.user.id),
        user: may.user.id,
        news: app.live.subscribe(),
        db: app.db,
        wanted,
        ends: Instant::now() + LIFE,
        due: None,
        told: None,
        present: None,
    };
    Sse::new(refreshes(listener))
        .keep_alive(KeepAlive::default())
        .into_response()
}

struct Listener {
    db: Db,
    user: Uuid,
    scope: Scope,
    news: Subscription,
    wanted: Wanted,
    ends: Instant,
    /// When the page is told of what was gathered.
    due: Option<Instant>,
    /// When it was told last.
    told: Option<Instant>,
    present: Option<Vec<Presence>>,
}

/// How much the page cares for news.
enum Matters {
    /// It is about the open case.
    AtOnce,
    /// It is about the list.
    Soon,
}

fn refreshes(listener: Listener) -> impl Stream<Item = Result<Event, Infallible>> {
    stream::unfold(listener, async |mut listener| {
        let told = listener.next().await;
        // Browsers pass over an event without data.
        told.then(|| (Ok(Event::default().event("refresh").data("-")), listener))
    })
}

impl Listener {
    /// Waits until the page has to be refreshed; false when the connection ends.
    async fn next(&mut self) -> bool {
        loop {
            let look = Instant::now() + LOOK;
            let until = self.due.unwrap_or(self.ends).min(self.ends).min(look);
            match timeout_at(until, self.news.next()).await {
                Ok(None) => return false,
                Ok(Some(news)) => {
                    if let Some(matters) = self.weigh(&news).await {
                        let at = self.moment(matters);
                        self.due = Some(self.due.map_or(at, |due| due.min(at)));
                    }
                }
                Err(_) if Instant::now() >= self.ends => return false,
                Err(_) => {}
            }
            if self.due.is_some_and(|due| due <= Instant::now()) {
                self.due = None;
                self.told = Some(Instant::now());
                return true;
            }
            if Instant::now() >= look && self.company_changed().await {
                return true;
            }
        }
    }

    /// When the page is told of news.
    fn moment(&self, matters: Matters) -> Instant {
        let now = Instant::now();
        match matters {
            Matters::AtOnce => now,
            Matters::Soon => self.told.map_or(now, |told| told + CALM).max(now + GATHER),
        }
    }

    /// `None` when the page does not care.
    async fn weigh(&self, news: &News) -> Option<Matters> {
        let facts = match news {
            News::Missed => return self.wanted.anything().then_some(Matters::Soon),
            News::Facts(facts) => facts,
        };
        let mut all = None;
        for fact in facts.iter() {
            match self.weigh_one(fact).await {
                Some(Matters::AtOnce) => return Some(Matters::AtOnce),
                Some(Matters::Soon) => all = Some(Matters::Soon),
                None => {}
            }
        }
        all
    }

    async fn weigh_one(&self, fact: &Recorded) -> Option<Matters> {
        let event = &fact.event;
        if self.wanted.case.is_some() && event.case_id == self.wanted.case {
            return Some(Matters::AtOnce);
        }
        let about_contact = matches!(
            event.kind,
            EventKind::ContactCreated
                | EventKind::ContactChanged
                | EventKind::ContactsMerged
                | EventKind::ContactsUnmerged
        );
        match self.wanted.watch.as_str() {
            "contacts" => about_contact.then_some(Matters::Soon),
            "desk" if !about_contact => {
                let case = event.case_id?;
                // A guest's page must not even stir for cases that are not theirs.
                let seen = self.scope == Scope::All || cases::by_id(&self.db, self.scope, case).await.is_ok();
                seen.then_some(Matters::Soon)
            }
            _ => None,
        }
    }

    /// Whether somebody came to the open case, left it, or began to write.
    async fn company_changed(&mut self) -> bool {
        let Some(case) = self.wanted.case else { return false };
        let Ok(others) = looks::others(&self.db, case, self.user, now()).await else {
            return false;
        };
        let before = self.present.replace(others.clone());
        before.is_some_and(|before| before != others)
    }
}

#[derive(Deserialize)]
pub struct Sign {
    /// `looking`, `typing` or `left`.
    state: String,
}

/// `POST /cases/{number}/presence`
pub async fn presence(
    may: May<right::ReadCases>,
    State(app): State<App>,
    Path(number): Path<i64>,
    Form(sign): Form<Sign>,
) -> Result<StatusCode> {
    let case = cases::by_number(&app.db, Scope::of(may.user.role, may.user.id), number).await?;
    let look = match sign.state.as_str() {
        "looking" => Look::Looking,
        "typing" => Look::Typing,
        "left" => Look::Left,
        _ => return Err(Error::Invalid("error-fields".into())),
    };
    let now = now();
    let mut tx = app.db.begin().await?;
    looks::note(&mut tx, case.id, may.user.id, look, now).await?;
    if look != Look::Left {
        mentions::mark_seen(&mut tx, case.id, may.user.id, now).await?;
    }
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
