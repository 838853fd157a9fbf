//! `/api/v1/cases`: lists, single cases, and changes of them.

use axum::{extract::State, http::StatusCode, response::Response};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use voce_channels::api::message::Moment;
use voce_domain::{
    case::{CaseState, Priority, Step, Waiting},
    event::Actor,
    labels::{SentimentClass, Urgency},
};
use voce_events::shape::{Case, Message};
use voce_store::{
    Db, Tx, accounts, answers,
    cases::{self, CaseRow, Scope},
    contacts,
    desk::{self, Filter, Owner, Place, Reader, Sort, View},
    messages, tags, teams, users,
};

use super::{
    extract::{Json, Path, Query},
    once::{Begun, Key},
    page::{self, Page},
};
use crate::{App, Error, May, Result, right, session::CurrentUser, state::now};

/// Which cases, narrowed by everything that is given.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Asked {
    /// `all` (everything that needs somebody, unless said otherwise), `mine`, `unassigned`, `teams`, `mentions`, `waiting`,
    /// `resolved`, `closed` or `noise`.
    view: Option<String>,
    /// `newest` (unless said otherwise), `oldest`, `unanswered` or `priority`.
    sort: Option<String>,
    /// Words that stand in a message of the case.
    q: Option<String>,
    #[param(value_type = Option<String>)]
    state: Option<CaseState>,
    /// A user's id, `me` or `nobody`.
    owner: Option<String>,
    team: Option<Uuid>,
    account: Option<Uuid>,
    contact: Option<Uuid>,
    tag: Option<Uuid>,
    #[param(value_type = Option<String>)]
    priority: Option<Priority>,
    request_type: Option<String>,
    #[param(value_type = Option<String>)]
    urgency: Option<Urgency>,
    /// ISO 639-1.
    language: Option<String>,
    #[param(value_type = Option<String>)]
    sentiment: Option<SentimentClass>,
    /// Only cases in which the customer waits for an answer.
    unanswered: Option<bool>,
    /// Items of a page, 1 to 200.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
    /// `next` of the page before.
    cursor: Option<String>,
}

fn wrong<T>(pointer: &str, detail: &str) -> Result<T> {
    Err(Error::Fields(vec![(pointer.into(), detail.into())]))
}

impl Asked {
    /// The list as the store reads it, one row longer than a page.
    pub(crate) fn query(&self, user: &CurrentUser) -> Result<desk::Query> {
        let view = match self.view.as_deref() {
            None => View::All,
            Some(key) => match View::FIXED.into_iter().find(|view| view.key() == key) {
                Some(view) => view,
                None => return wrong("?view", "is not one of the views"),
            },
        };
        let sort = match self.sort.as_deref() {
            None => Sort::Newest,
            Some(key) => match Sort::ALL.into_iter().find(|sort| sort.key() == key) {
                Some(sort) => sort,
                None => return wrong("?sort", "is not one of the orders"),
            },
        };
        let owner = match self.owner.as_deref() {
            None => None,
            Some("nobody") => Some(Owner::Nobody),
            Some("me") => Some(Owner::Is(user.id)),
            Some(id) => match id.parse() {
                Ok(id) => Some(Owner::Is(id)),
                Err(_) => return wrong("?owner", "must be the id of a user, `me` or `nobody`"),
            },
        };
        let after =
            page::place::<(i64, i64, Uuid)>(self.cursor.as_deref())?.map(|(band, at, id)| Place { band, at, id });
        let text = |text: &Option<String>| {
            text.as_deref()
                .map(|text| text.replace('\0', ""))
                .filter(|text| !text.trim().is_empty())
        };
        let filter = Filter {
            state: self.state,
            waiting: None,
            owner,
            team: self.team,
            account: self.account,
            contact: self.contact,
            tag: self.tag,
            priority: self.priority,
            request_type: text(&self.request_type),
            urgency: self.urgency,
            language: text(&self.language),
            sentiment: self.sentiment,
            unanswered: self.unanswered.unwrap_or_default(),
            words: text(&self.q),
        };
        Ok(desk::Query {
            view,
            filter,
            sort,
            after,
            limit: page::limit(self.limit)? + 1,
        })
    }
}

pub(crate) async fn reader(app: &App, user: &CurrentUser) -> Result<Reader> {
    let teams = teams::of_user(&app.db, user.id)
        .await?
        .into_iter()
        .map(|team| team.id)
        .collect();
    Ok(Reader {
        user: user.id,
        scope: scope(user),
        teams,
    })
}

pub(crate) fn scope(user: &CurrentUser) -> Scope {
    Scope::of(user.role, user.id)
}

/// List cases
#[utoipa::path(get, path = "/api/v1/cases", tag = "Cases", params(Asked), responses((status = 200, body = Page<Case>)))]
pub async fn list(
    may: May<right::ReadCases>,
    State(app): State<App>,
    Query(asked): Query<Asked>,
) -> Result<axum::Json<Page<Case>>> {
    let query = asked.query(&may.user)?;
    let reader = reader(&app, &may.user).await?;
    let lines = desk::list(&app.db, &reader, &query).await?;
    let (lines, next) = Page::<Case>::cut(lines, query.limit - 1, |line| {
        let place = line.place(query.sort);
        (place.band, place.at, place.id)
    })?;
    let items = Case::all(&app.db, lines.into_iter().map(|line| line.case).collect()).await?;
    Ok(axum::Json(Page { items, next }))
}

/// Get a case
#[utoipa::path(get, path = "/api/v1/cases/{number}", tag = "Cases", params(("number" = i64, Path, description = "As people call it: 1042", minimum = 1)), responses((status = 200, body = Case)))]
pub async fn get(
    may: May<right::ReadCases>,
    State(app): State<App>,
    Path(number): Path<i64>,
) -> Result<axum::Json<Case>> {
    let row = cases::by_number(&app.db, scope(&may.user), number).await?;
    Ok(axum::Json(one(&app, row).await?))
}

async fn one(app: &App, row: CaseRow) -> Result<Case> {
    Case::all(&app.db, vec![row]).await?.pop().ok_or(Error::NotFound)
}

/// A case to be opened by hand.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCase {
    contact_id: Uuid,
    /// The channel account on which the contact will be written to.
    account_id: Uuid,
    #[schema(min_length = 1, max_length = 200)]
    subject: String,
}

/// Open a case
///
/// It has a conversation without messages: the first one is written as an answer.
#[utoipa::path(post, path = "/api/v1/cases", tag = "Cases", request_body = NewCase, params(super::KeyHeader), responses((status = 201, body = Case)))]
pub async fn create(
    may: May<right::AnswerCases>,
    State(app): State<App>,
    key: Key,
    body: Json<NewCase>,
) -> Result<Response> {
    let once = match key.begin(&app, may.user.id, &body.bytes).await? {
        Begun::First(once) => once,
        Begun::Repeated(response) => return Ok(response),
    };
    let new = body.value;
    let Some(subject) = crate::form::line(&new.subject, 200) else {
        return wrong("/subject", "must have from 1 to 200 characters");
    };
    exists(accounts::get(&app.db, new.account_id).await, "/account_id")?;
    if exists(contacts::get(&app.db, new.contact_id).await, "/contact_id")?
        .merged_into
        .is_some()
    {
        return wrong("/contact_id", "was merged into another contact");
    }
    let mut tx = app.db.begin().await?;
    let conversation = answers::NewConversation {
        account: new.account_id,
        contact: new.contact_id,
        subject: &subject,
        user: may.user.id,
    };
    let (row, _) = answers::open(&mut tx, &conversation, now()).await?;
    once.end(tx, StatusCode::CREATED, &Case::new(row, Vec::new())).await
}

/// A reference that must lead somewhere.
pub(crate) fn exists<T>(found: voce_store::Result<T>, pointer: &str) -> Result<T> {
    match found {
        Err(voce_store::Error::NotFound) => wrong(pointer, "does not exist"),
        found => Ok(found?),
    }
}

fn moment(moment: &Moment) -> Result<i64> {
    match moment {
        Moment::Millis(millis) => Ok(*millis),
        Moment::Text(text) => match text.parse::<jiff::Timestamp>() {
            Ok(moment) => Ok(moment.as_millisecond()),
            Err(_) => wrong("/waiting_until", "must be RFC 3339 or milliseconds since 1970"),
        },
    }
}

/// What changes; whatever is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// The version that you have read: the change is refused (409) when the case has another one meanwhile.
    version: Option<i64>,
    /// `open` takes up again what waits or has ended; `waiting` needs `waiting`.
    #[schema(value_type = Option<String>, example = "resolved")]
    state: Option<CaseState>,
    /// With the state `waiting`: `customer`, `us`, or `until` with `waiting_until`.
    waiting: Option<String>,
    /// With `waiting` = `until`: milliseconds since 1970-01-01 UTC, or RFC 3339.
    #[schema(value_type = Option<String>, format = DateTime)]
    waiting_until: Option<Moment>,
    /// Null gives the case back to everybody.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Uuid>)]
    owner_id: Option<Option<Uuid>>,
    /// Null takes it from its team.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Uuid>)]
    team_id: Option<Option<Uuid>>,
    #[schema(value_type = Option<String>, example = "high")]
    priority: Option<Priority>,
    #[schema(min_length = 1, max_length = 200)]
    subject: Option<String>,
    /// All tags of the case, by name; new ones are made.
    tags: Option<Vec<String>>,
}

/// Tells null, which takes a value away, from a field that is not there.
pub(crate) fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

impl Change {
    fn step(&self) -> Result<Option<Step>> {
        Ok(Some(match self.state {
            None if self.waiting.is_some() || self.waiting_until.is_some() => {
                return wrong("/state", "must be `waiting` then");
            }
            None => return Ok(None),
            Some(CaseState::New | CaseState::Open) => Step::Reopen,
            Some(CaseState::Resolved) => Step::Resolve,
            Some(CaseState::Closed) => Step::Close,
            Some(CaseState::Waiting) => {
                let until = self.waiting_until.as_ref().map(moment).transpose()?;
                match Waiting::from_key(self.waiting.as_deref().unwrap_or_default(), until) {
                    Some(waiting) => Step::Wait(waiting),
                    None => return wrong("/waiting", "must be `customer`, `us`, or `until` with `waiting_until`"),
                }
            }
        }))
    }
}

/// Change a case
///
/// State, owner, team, priority, subject and tags. All or nothing.
#[utoipa::path(patch, path = "/api/v1/cases/{number}", tag = "Cases", params(("number" = i64, Path, minimum = 1)), request_body = Change, responses((status = 200, body = Case), (status = 409, description = "Changed meanwhile, closed or merged")))]
pub async fn change(
    may: May<right::WorkCases>,
    State(app): State<App>,
    Path(number): Path<i64>,
    body: Json<Change>,
) -> Result<axum::Json<Case>> {
    let change = body.value;
    let case = cases::by_number(&app.db, scope(&may.user), number).await?;
    if let Some(Some(owner)) = change.owner_id
        && !exists(users::by_id(&app.db, owner).await, "/owner_id")?.active
    {
        return wrong("/owner_id", "is not active");
    }
    if let Some(Some(team)) = change.team_id {
        exists(teams::by_id(&app.db, team).await, "/team_id")?;
    }
    let step = change.step()?;
    let mut tx = app.db.begin().await?;
    apply(&app.db, &mut tx, &case, &change, step, Actor::user(may.user.id)).await?;
    tx.commit().await?;
    let row = cases::by_id(&app.db, Scope::All, case.id).await?;
    Ok(axum::Json(one(&app, row).await?))
}

async fn apply(db: &Db, tx: &mut Tx, case: &CaseRow, change: &Change, step: Option<Step>, actor: Actor) -> Result<()> {
    let (id, now) = (case.id, now());
    // A step into the past changes nothing, but it holds the case and compares the version.
    cases::step(tx, id, Step::Time(0), actor, now, change.version).await?;
    // A closed case takes no owner: it is taken up first. One that closes gets its owner before.
    let reopens = step == Some(Step::Reopen);
    if let (true, Some(step)) = (reopens, step) {
        cases::step(tx, id, step, actor, now, None).await?;
    }
    if let Some(owner) = change.owner_id {
        cases::step(tx, id, Step::Assign(owner), actor, now, None).await?;
    }
    if let Some(team) = change.team_id {
        cases::set_team(tx, id, team, actor, now).await?;
    }
    if let Some(priority) = change.priority {
        cases::set_priority(tx, id, priority, actor, now).await?;
    }
    if let Some(subject) = &change.subject {
        let Some(subject) = crate::form::line(subject, 200) else {
            return wrong("/subject", "must have from 1 to 200 characters");
        };
        cases::set_subject(tx, id, &subject, actor, now).await?;
    }
    if let (false, Some(step)) = (reopens, step) {
        cases::step(tx, id, step, actor, now, None).await?;
    }
    match &change.tags {
        Some(names) => set_tags(db, tx, id, names, actor, now).await,
        None => Ok(()),
    }
}

async fn set_tags(db: &Db, tx: &mut Tx, case: Uuid, names: &[String], actor: Actor, now: i64) -> Result<()> {
    const MOST: usize = 50;
    if names.len() > MOST {
        return wrong("/tags", "are too many");
    }
    let mut wanted = Vec::with_capacity(names.len());
    for (at, name) in names.iter().enumerate() {
        let Some(name) = crate::form::line(name, 50) else {
            return wrong(&format!("/tags/{at}"), "must have from 1 to 50 characters");
        };
        wanted.push(tags::find_or_create(tx, &name, now).await?.id);
    }
    // The case is held: nobody else changes its tags until this is done.
    for tag in tags::of_cases(db, &[case]).await?.remove(&case).unwrap_or_default() {
        if !wanted.contains(&tag.id) {
            tags::remove(tx, case, tag.id, actor, now).await?;
        }
    }
    for tag in wanted {
        tags::add(tx, case, tag, actor, now).await?;
    }
    Ok(())
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Paged {
    /// Items of a page, 1 to 200.
    #[param(minimum = 1, maximum = 200, default = 50)]
    pub limit: Option<u32>,
    /// `next` of the page before.
    pub cursor: Option<String>,
}

/// List the messages of a case
///
/// The newest first, with internal notes.
#[utoipa::path(get, path = "/api/v1/cases/{number}/messages", tag = "Cases", params(("number" = i64, Path, minimum = 1), Paged), responses((status = 200, body = Page<Message>)))]
pub async fn messages(
    may: May<right::ReadCases>,
    State(app): State<App>,
    Path(number): Path<i64>,
    Query(paged): Query<Paged>,
) -> Result<axum::Json<Page<Message>>> {
    let scope = scope(&may.user);
    let case = cases::by_number(&app.db, scope, number).await?;
    let found = messages::of_case(
        &app.db,
        scope,
        case.id,
        page::place(paged.cursor.as_deref())?,
        page::limit(paged.limit)?,
    )
    .await?;
    let next = found
        .messages
        .first()
        .filter(|_| found.earlier)
        .map(|oldest| page::cursor(&oldest.seq))
        .transpose()?;
    let mut items = Message::all(&app.db, found.messages).await?;
    items.reverse();
    Ok(axum::Json(Page { items, next }))
}

/// A thread of messages in which a case can be answered.
#[derive(Debug, Serialize, ToSchema)]
pub struct Conversation {
    pub id: Uuid,
    pub account_id: Uuid,
    /// `email`, `mastodon`, `api`…
    pub channel: String,
    pub subject: Option<String>,
    pub contact_id: Uuid,
}

/// List the conversations of a case
///
/// Those in which it can be answered, the one that spoke last first.
#[utoipa::path(get, path = "/api/v1/cases/{number}/conversations", tag = "Cases", params(("number" = i64, Path, minimum = 1)), responses((status = 200, body = Page<Conversation>)))]
pub async fn conversations(
    may: May<right::ReadCases>,
    State(app): State<App>,
    Path(number): Path<i64>,
) -> Result<axum::Json<Page<Conversation>>> {
    let case = cases::by_number(&app.db, scope(&may.user), number).await?;
    let rows = messages::conversations(&app.db, case.id).await?.into_iter();
    let items = rows
        .map(|row| Conversation {
            id: row.id,
            account_id: row.account_id,
            channel: row.channel,
            subject: row.subject,
            contact_id: row.contact_id,
        })
        .collect();
    Ok(axum::Json(Page { items, next: None }))
}
