//! `/api/v1/events`: everything that happens, in its order, to be followed with a cursor.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use voce_domain::{event::EventKind, permission::Permission};
use voce_events::shape::Time;
use voce_store::{
    cases,
    events::{self, Cursor, Recorded},
};

use super::{
    cases::scope,
    extract::{Path, Query},
    page::{self, Page},
};
use crate::{App, Error, May, Result, right, session::CurrentUser};

/// A fact in the product's life.
#[derive(Debug, Serialize, ToSchema)]
pub struct Event {
    pub seq: i64,
    /// `case.opened`, `message.received`…
    #[serde(rename = "type")]
    pub kind: String,
    pub at: Time,
    pub actor: Actor,
    pub case_id: Option<Uuid>,
    pub contact_id: Option<Uuid>,
    pub message_id: Option<Uuid>,
    /// What changed, where it applies with `from` and `to`.
    #[schema(value_type = Option<Object>)]
    pub data: serde_json::Value,
}

/// Who did it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Actor {
    /// `user`, `contact`, `system` or `token`.
    pub kind: String,
    pub id: Option<Uuid>,
}

impl From<Recorded> for Event {
    fn from(fact: Recorded) -> Self {
        let event = fact.event;
        Self {
            seq: fact.cursor.seq,
            kind: event.kind.key().to_owned(),
            at: Time(event.at),
            actor: Actor {
                kind: event.actor.kind.key().to_owned(),
                id: event.actor.id,
            },
            case_id: event.case_id,
            contact_id: event.contact_id,
            message_id: event.message_id,
            data: event.data,
        }
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Asked {
    /// `next` of the page before; `end` to begin with what happens from now on. From the beginning without.
    cursor: Option<String>,
    /// Items of a page, 1 to 200.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
}

/// Follow events
///
/// The oldest first. `next` is always there: ask again with it after a while to hear what happened since. A page can be shorter
/// than `limit`, or empty, and yet not the last. Nothing is skipped, and what is read twice has the same `seq`.
#[utoipa::path(get, path = "/api/v1/events", tag = "Events", params(Asked), responses((status = 200, body = Page<Event>)))]
pub async fn list(
    may: May<right::ReadCases>,
    State(app): State<App>,
    Query(asked): Query<Asked>,
) -> Result<axum::Json<Page<Event>>> {
    if !may.user.role.sees_all_cases() {
        return Err(Error::Forbidden);
    }
    let limit = page::limit(asked.limit)?;
    let from = match asked.cursor.as_deref() {
        Some("end") => events::end(&app.db).await?,
        cursor => page::place::<(i64, i64)>(cursor)?
            .map(|(tx, seq)| Cursor { tx, seq })
            .unwrap_or_default(),
    };
    let facts = events::after(&app.db, from, limit).await?;
    let last = facts.last().map_or(from, |fact| fact.cursor);
    let items = facts
        .into_iter()
        .filter(|fact| concerns(&may.user, fact.event.kind))
        .map(Event::from)
        .collect();
    Ok(axum::Json(Page {
        items,
        next: Some(page::cursor(&(last.tx, last.seq))?),
    }))
}

/// Facts about contacts and about the installation are for those who may see these.
fn concerns(user: &CurrentUser, kind: EventKind) -> bool {
    match kind {
        EventKind::ContactCreated
        | EventKind::ContactChanged
        | EventKind::ContactsMerged
        | EventKind::ContactsUnmerged => user.may(Permission::ReadContacts),
        EventKind::ItemFailed | EventKind::ChannelChanged => user.may(Permission::ReadIntake),
        _ => true,
    }
}

/// Get the history of a case
///
/// The oldest first, at most 2,000 events.
#[utoipa::path(get, path = "/api/v1/cases/{number}/events", tag = "Cases", params(("number" = i64, Path, minimum = 1)), responses((status = 200, body = Page<Event>)))]
pub async fn of_case(
    may: May<right::ReadCases>,
    State(app): State<App>,
    Path(number): Path<i64>,
) -> Result<axum::Json<Page<Event>>> {
    let case = cases::by_number(&app.db, scope(&may.user), number).await?;
    let items = events::of_case(&app.db, case.id)
        .await?
        .into_iter()
        .map(Event::from)
        .collect();
    Ok(axum::Json(Page { items, next: None }))
}
