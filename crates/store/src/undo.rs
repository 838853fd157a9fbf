//! Taking back what somebody just did, by its own history: every event says from what to what.

use serde_json::{Value, json};
use sqlx::FromRow;
use uuid::Uuid;
use voce_domain::{
    Millis,
    case::{Priority, Status},
    event::{Actor, EventKind},
};

use crate::{Error, Result, Tx, answers, case_merges, cases, corrections, tags};

/// How long an action can be taken back, in milliseconds.
pub const WINDOW: Millis = 10 * 60 * 1000;

/// The events of one action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    pub at: Millis,
    /// Before the first.
    pub from: i64,
    /// The last.
    pub to: i64,
}

/// Where the events stand before an action, inside its transaction.
pub async fn mark(tx: &mut Tx) -> Result<i64> {
    let (last,): (i64,) = sql!(tx, c => sqlx::query_as("SELECT COALESCE(MAX(seq), 0) FROM events").fetch_one(c).await)?;
    Ok(last)
}

/// The span from a [`mark`] to the end of the action; `None` when it changed nothing.
pub async fn span(tx: &mut Tx, from: i64, at: Millis) -> Result<Option<Span>> {
    let to = mark(tx).await?;
    Ok((to > from).then_some(Span { at, from, to }))
}

#[derive(FromRow)]
struct Done {
    kind: String,
    case_id: Option<Uuid>,
    message_id: Option<Uuid>,
    data: Option<String>,
}

/// Takes back what `user` did in that span, newest first; what has changed again since stays. Returns how many changes
/// were taken back; [`Error::Stale`] when none could be.
pub async fn revert(tx: &mut Tx, user: Uuid, span: Span, now: Millis) -> Result<usize> {
    if now - span.at > WINDOW {
        return Err(Error::Stale);
    }
    let events: Vec<Done> = sql!(&mut *tx, c => sqlx::query_as(
        "SELECT kind, case_id, message_id, data FROM events
         WHERE seq > $1 AND seq <= $2 AND at = $3 AND actor_kind = 'user' AND actor_id = $4 ORDER BY seq DESC LIMIT 2000",
    ).bind(span.from).bind(span.to).bind(span.at).bind(user).fetch_all(c).await)?;
    let mut taken_back = 0;
    for event in events {
        taken_back += usize::from(take_back(tx, user, &event, now).await?);
    }
    if taken_back == 0 {
        Err(Error::Stale)
    } else {
        Ok(taken_back)
    }
}

async fn take_back(tx: &mut Tx, user: Uuid, event: &Done, now: Millis) -> Result<bool> {
    let data: Value = event.data.as_deref().map_or(Ok(Value::Null), serde_json::from_str)?;
    let actor = Actor::user(user);
    let kind: EventKind = event.kind.parse()?;
    let Some(case_id) = event.case_id else { return Ok(false) };
    match kind {
        EventKind::CaseAssigned | EventKind::CaseStateChanged | EventKind::CaseReopened => {
            let (from, to): (Status, Status) = (
                serde_json::from_value(data["from"].clone())?,
                serde_json::from_value(data["to"].clone())?,
            );
            if cases::locked(tx, case_id).await?.status()? != to {
                return Ok(false);
            }
            cases::restore(tx, case_id, from, actor, now).await?;
            Ok(true)
        }
        EventKind::CaseChanged => field(tx, case_id, &data, actor, now).await,
        EventKind::CaseTagged => {
            let tag: Uuid = serde_json::from_value(data["tag"].clone())?;
            match data["change"].as_str() {
                Some("added") => tags::remove(tx, case_id, tag, actor, now).await?,
                _ => tags::add(tx, case_id, tag, actor, now).await?,
            }
            Ok(true)
        }
        EventKind::LabelsCorrected => match event.message_id {
            Some(message) => corrections::take_back(tx, message, &data, user, now).await,
            None => Ok(false),
        },
        EventKind::MessageWritten => match event.message_id {
            Some(message) => answers::withdraw(tx, message, actor, now).await.map(|()| true),
            None => Ok(false),
        },
        // Both cases tell of a merge; the second telling finds it undone.
        EventKind::CaseMerged => {
            let merge: Uuid = serde_json::from_value(data["merge"].clone())?;
            ignore_stale(case_merges::unmerge(tx, merge, user, now).await)
        }
        EventKind::CaseSplit if data["new"].is_string() => {
            let new: Uuid = serde_json::from_value(data["new"].clone())?;
            if case_id == new {
                return Ok(false);
            }
            case_merges::merge(tx, case_id, new, user, now).await.map(|_| true)
        }
        _ => Ok(false),
    }
}

async fn field(tx: &mut Tx, case_id: Uuid, data: &Value, actor: Actor, now: Millis) -> Result<bool> {
    let case = cases::locked(tx, case_id).await?;
    let (from, to) = (&data["from"], &data["to"]);
    match data["field"].as_str() {
        Some("team") if json!(case.team_id) == *to => {
            cases::set_team(tx, case_id, serde_json::from_value(from.clone())?, actor, now).await?;
        }
        Some("priority") if json!(case.priority) == *to => {
            let priority: Priority = serde_json::from_value(from.clone())?;
            cases::set_priority(tx, case_id, priority, actor, now).await?;
        }
        Some("subject") if json!(case.subject) == *to => {
            cases::set_subject(tx, case_id, from.as_str().unwrap_or_default(), actor, now).await?;
        }
        _ => return Ok(false),
    }
    Ok(true)
}

fn ignore_stale(done: Result<()>) -> Result<bool> {
    match done {
        Ok(()) => Ok(true),
        Err(Error::Stale) => Ok(false),
        Err(error) => Err(error),
    }
}
