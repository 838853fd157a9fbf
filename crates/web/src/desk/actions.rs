//! What one does with a case: owner, team, state, priority, tags, subject; to one or to many; and taking it back.

use axum::{
    Form,
    extract::{Path, Query, State},
    response::Response,
};
use serde::Deserialize;
use uuid::Uuid;
use voce_domain::{
    case::{Priority, Step, Waiting},
    event::Actor,
};
use voce_store::{
    Tx,
    cases::{self, CaseRow, Scope},
    tags,
    undo::{self, Span},
};

use super::address::Address;
use crate::{App, Error, May, Result, flash::Flash, right, see_other, session, state::now, text::Text};

/// A change that was made, and how to say so.
pub struct Done {
    pub words: String,
    /// Where the events stood before.
    pub from: i64,
    pub at: i64,
}

/// Commits, then leads back to the case with a word and the way back.
pub async fn finish(tx: Tx, done: Done, address: &Address, number: i64) -> Result<Response> {
    finish_at(tx, done, &address.case(number)).await
}

pub async fn finish_at(mut tx: Tx, done: Done, back: &str) -> Result<Response> {
    let span = undo::span(&mut tx, done.from, done.at).await?;
    tx.commit().await?;
    let flash = span.map(|span| Flash::done(done.words).undo(undo_path(span, back)));
    Ok(see_other(back, flash))
}

pub fn undo_path(span: Span, back: &str) -> String {
    format!(
        "/undo?at={}&from={}&to={}&back={}",
        span.at,
        span.from,
        span.to,
        session::encode(back)
    )
}

/// The case behind an action, if its reader may see it.
async fn found(app: &App, scope: Scope, number: i64) -> Result<CaseRow> {
    Ok(cases::by_number(&app.db, scope, number).await?)
}

#[derive(Deserialize)]
pub struct Assign {
    /// `nobody` or a user's id; empty leaves the owner.
    #[serde(default)]
    owner: String,
    /// `none` or a team's id; empty leaves the team.
    #[serde(default)]
    team: String,
}

impl Assign {
    fn owner(&self) -> Result<Option<Option<Uuid>>> {
        choice(&self.owner, "nobody")
    }

    fn team(&self) -> Result<Option<Option<Uuid>>> {
        choice(&self.team, "none")
    }
}

/// Nothing, an explicit nobody, or somebody.
fn choice(value: &str, nobody: &str) -> Result<Option<Option<Uuid>>> {
    match value {
        "" => Ok(None),
        value if value == nobody => Ok(Some(None)),
        value => value
            .parse()
            .map(|id| Some(Some(id)))
            .map_err(|_| Error::Invalid("error-fields".into())),
    }
}

/// `POST /cases/{number}/assign`
pub async fn assign(
    may: May<right::WorkCases>,
    State(app): State<App>,
    Path(number): Path<i64>,
    address: Address,
    Form(form): Form<Assign>,
) -> Result<Response> {
    let case = found(&app, Scope::of(may.user.role, may.user.id), number).await?;
    let (t, now, actor) = (may.user.text(), now(), Actor::user(may.user.id));
    let mut tx = app.db.begin().await?;
    let from = undo::mark(&mut tx).await?;
    let mut words = String::new();
    if let Some(team) = form.team()? {
        cases::set_team(&mut tx, case.id, team, actor, now).await?;
        words = t.get("done-team");
    }
    if let Some(owner) = form.owner()? {
        cases::step(&mut tx, case.id, Step::Assign(owner), actor, now, None).await?;
        words = t.get(match owner {
            None => "done-unassigned",
            Some(owner) if owner == may.user.id => "done-taken",
            Some(_) => "done-assigned",
        });
    }
    finish(tx, Done { words, from, at: now }, &address, number).await
}

#[derive(Deserialize)]
pub struct Move {
    /// `resolve`, `close`, `reopen`, `customer`, `us`, or `until`.
    step: String,
    /// With `until`: a preset (`1h`, `tomorrow`, …) or a local time (`2026-11-23T09:00`).
    #[serde(default)]
    until: String,
}

/// `POST /cases/{number}/state`
pub async fn state(
    may: May<right::WorkCases>,
    State(app): State<App>,
    Path(number): Path<i64>,
    address: Address,
    Form(form): Form<Move>,
) -> Result<Response> {
    let case = found(&app, Scope::of(may.user.role, may.user.id), number).await?;
    let (t, now) = (may.user.text(), now());
    let step = step(&form.step, &form.until, &may.user, now)?;
    let mut tx = app.db.begin().await?;
    let from = undo::mark(&mut tx).await?;
    cases::step(&mut tx, case.id, step, Actor::user(may.user.id), now, None).await?;
    finish(
        tx,
        Done {
            words: said(&t, step, &may.user.zone()),
            from,
            at: now,
        },
        &address,
        number,
    )
    .await
}

/// A step by its key.
pub fn step(key: &str, until: &str, user: &session::CurrentUser, now: i64) -> Result<Step> {
    Ok(match key {
        "resolve" => Step::Resolve,
        "close" => Step::Close,
        "reopen" => Step::Reopen,
        "customer" | "wait" => Step::Wait(Waiting::Customer),
        "us" => Step::Wait(Waiting::Us),
        "until" => Step::Wait(Waiting::Until(
            super::snooze::moment(until, now, &user.zone()).ok_or(Error::Invalid("case-moment-passed".into()))?,
        )),
        _ => return Err(Error::Invalid("error-fields".into())),
    })
}

fn said(t: &Text, step: Step, zone: &jiff::tz::TimeZone) -> String {
    match step {
        Step::Resolve => t.get("done-resolved"),
        Step::Close => t.get("done-closed"),
        Step::Wait(Waiting::Until(until)) => t.name("done-snoozed", &t.time(&until, zone)),
        Step::Wait(_) => t.get("done-waiting"),
        _ => t.get("done-reopened"),
    }
}

#[derive(Deserialize)]
pub struct SetPriority {
    priority: Priority,
}

/// `POST /cases/{number}/priority`
pub async fn priority(
    may: May<right::WorkCases>,
    State(app): State<App>,
    Path(number): Path<i64>,
    address: Address,
    Form(form): Form<SetPriority>,
) -> Result<Response> {
    let case = found(&app, Scope::of(may.user.role, may.user.id), number).await?;
    let (t, now) = (may.user.text(), now());
    let mut tx = app.db.begin().await?;
    let from = undo::mark(&mut tx).await?;
    cases::set_priority(&mut tx, case.id, form.priority, Actor::user(may.user.id), now).await?;
    let words = t.name("done-priority", &t.get(&format!("priority-{}", form.priority)));
    finish(tx, Done { words, from, at: now }, &address, number).await
}

#[derive(Deserialize)]
pub struct SetTag {
    /// Puts this tag on, or takes it off when it is there.
    #[serde(default)]
    tag: Option<Uuid>,
    /// Puts a tag of this name on, which is made if there is none.
    #[serde(default)]
    name: String,
}

/// `POST /cases/{number}/tags`
pub async fn tag(
    may: May<right::WorkCases>,
    State(app): State<App>,
    Path(number): Path<i64>,
    address: Address,
    Form(form): Form<SetTag>,
) -> Result<Response> {
    let case = found(&app, Scope::of(may.user.role, may.user.id), number).await?;
    let (t, now, actor) = (may.user.text(), now(), Actor::user(may.user.id));
    let there = tags::of_cases(&app.db, &[case.id])
        .await?
        .remove(&case.id)
        .unwrap_or_default();
    let mut tx = app.db.begin().await?;
    let from = undo::mark(&mut tx).await?;
    let words = match form.tag {
        Some(tag) if there.iter().any(|other| other.id == tag) => {
            tags::remove(&mut tx, case.id, tag, actor, now).await?;
            t.get("done-untagged")
        }
        Some(tag) => {
            tags::add(&mut tx, case.id, tag, actor, now).await?;
            t.get("done-tagged")
        }
        None => {
            let name = crate::form::line(&form.name, 40).ok_or(Error::Invalid("tag-name-wrong".into()))?;
            let tag = tags::find_or_create(&mut tx, &name, now).await?;
            tags::add(&mut tx, case.id, tag.id, actor, now).await?;
            t.get("done-tagged")
        }
    };
    finish(tx, Done { words, from, at: now }, &address, number).await
}

#[derive(Deserialize)]
pub struct SetSubject {
    subject: String,
}

/// `POST /cases/{number}/subject`
pub async fn subject(
    may: May<right::WorkCases>,
    State(app): State<App>,
    Path(number): Path<i64>,
    address: Address,
    Form(form): Form<SetSubject>,
) -> Result<Response> {
    let case = found(&app, Scope::of(may.user.role, may.user.id), number).await?;
    let (t, now) = (may.user.text(), now());
    let subject = crate::form::line(&form.subject, 200).ok_or(Error::Invalid("subject-wrong".into()))?;
    let mut tx = app.db.begin().await?;
    let from = undo::mark(&mut tx).await?;
    cases::set_subject(&mut tx, case.id, &subject, Actor::user(may.user.id), now).await?;
    finish(
        tx,
        Done {
            words: t.get("done-subject"),
            from,
            at: now,
        },
        &address,
        number,
    )
    .await
}

/// Cases that one bulk action may touch.
const MOST_AT_ONCE: usize = 200;

/// `POST /desk/bulk`
pub async fn bulk(
    may: May<right::WorkCases>,
    State(app): State<App>,
    address: Address,
    body: String,
) -> Result<Response> {
    let (t, now, actor) = (may.user.text(), now(), Actor::user(may.user.id));
    let fields: Vec<(String, String)> = url::form_urlencoded::parse(body.as_bytes()).into_owned().collect();
    let value = |key: &str| {
        fields
            .iter()
            .find(|(name, _)| name == key)
            .map(|(_, value)| value.as_str())
            .unwrap_or_default()
    };
    let numbers: Vec<i64> = fields
        .iter()
        .filter(|(name, _)| name == "case")
        .filter_map(|(_, value)| value.parse().ok())
        .collect();
    if numbers.is_empty() || numbers.len() > MOST_AT_ONCE {
        return Err(Error::Invalid("bulk-wrong".into()));
    }
    let chosen = cases::by_numbers(&app.db, Scope::of(may.user.role, may.user.id), &numbers).await?;
    let form = Assign {
        owner: value("owner").to_owned(),
        team: value("team").to_owned(),
    };
    let (owner, team) = (form.owner()?, form.team()?);
    let tag: Option<Uuid> = value("tag").parse().ok();
    let move_to = match value("step") {
        "" => None,
        key => Some(step(key, value("until"), &may.user, now)?),
    };
    let mut tx = app.db.begin().await?;
    let from = undo::mark(&mut tx).await?;
    let mut touched = 0;
    for case in &chosen {
        if case.merged_into.is_some() {
            continue;
        }
        if let Some(team) = team {
            cases::set_team(&mut tx, case.id, team, actor, now).await?;
        }
        if let Some(tag) = tag {
            tags::add(&mut tx, case.id, tag, actor, now).await?;
        }
        for step in [owner.map(Step::Assign), move_to].into_iter().flatten() {
            match cases::step(&mut tx, case.id, step, actor, now, None).await {
                // A closed case among the chosen ones does not keep the others back.
                Ok(_) | Err(voce_store::Error::Refused(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        touched += 1;
    }
    finish_at(
        tx,
        Done {
            words: t.count("done-bulk", &touched),
            from,
            at: now,
        },
        &address.desk(),
    )
    .await
}

#[derive(Deserialize)]
pub struct Undo {
    at: i64,
    from: i64,
    to: i64,
    #[serde(default)]
    back: String,
}

/// `POST /undo`: only what one did oneself, and only for a while; so whoever could do it can take it back.
pub async fn take_back(
    may: May<right::WriteNotes>,
    State(app): State<App>,
    Query(query): Query<Undo>,
) -> Result<Response> {
    let t = may.user.text();
    let span = Span {
        at: query.at,
        from: query.from,
        to: query.to,
    };
    let back = if session::is_local(&query.back) {
        query.back.as_str()
    } else {
        "/desk"
    };
    let mut tx = app.db.begin().await?;
    let flash = match undo::revert(&mut tx, may.user.id, span, now()).await {
        Ok(_) => {
            tx.commit().await?;
            Flash::done(t.get("done-undone"))
        }
        Err(voce_store::Error::Stale) => Flash::failed(t.get("undo-too-late")),
        Err(error) => return Err(error.into()),
    };
    Ok(see_other(back, Some(flash)))
}
