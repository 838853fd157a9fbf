//! The open case: its head, its conversation, the composer and the customer beside it.

use askama::Template;
use axum::{
    extract::{Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use uuid::Uuid;
use voce_domain::permission::Permission;
use voce_store::{
    cases::{self, CaseRow, Scope},
    desk::View,
    looks::{self, Presence},
    tags,
};

use super::{
    address::Address,
    composer::{self, Composer},
    contact::{self, ContactPane},
    frame::Frame,
    list::{self, ListPane, duration},
    marks::{TagView, When, state, subject},
    snooze,
    thread::{self, Entry, Thread},
};
use crate::{
    App, Error, Html, May, Result, Shell, flash::Flash, guard::Right, right, see_other, state::now, text::Text,
};

#[derive(Template)]
#[template(path = "desk/case.html")]
struct CasePage {
    shell: Shell,
    frame: Frame,
    list: ListPane,
    case: CaseView,
    thread: Thread,
    composer: Option<Composer>,
    contact: Option<ContactPane>,
}

pub struct CaseView {
    pub row: CaseRow,
    pub title: String,
    pub state: String,
    pub priority: String,
    pub tags: Vec<TagView>,
    pub owner: Option<String>,
    pub team: Option<String>,
    pub clock: Option<String>,
    pub until: Option<When>,
    /// The address of an action: `/cases/1042/assign?…`.
    pub base: String,
    /// The query that keeps the list beside it.
    pub query: String,
    /// The same after another parameter: `&view=…`.
    pub and: String,
    /// `1042`, for sentences.
    pub number_words: String,
    pub mine: bool,
    pub presence: Option<PresenceView>,
    pub snoozes: Vec<(&'static str, String)>,
    pub priorities: Vec<(&'static str, String)>,
    pub can_work: bool,
    pub can_arrange: bool,
}

impl CaseView {
    fn is_owner(&self, id: &Uuid) -> bool {
        self.row.owner_id == Some(*id)
    }

    fn is_team(&self, id: &Uuid) -> bool {
        self.row.team_id == Some(*id)
    }
}

pub struct PresenceView {
    /// `looking` or `typing`.
    pub how: &'static str,
    pub people: Vec<Presence>,
    pub words: String,
}

#[derive(Deserialize)]
pub struct Shown {
    messages: Option<i64>,
}

/// `GET /cases/{number}`
pub async fn show(
    may: May<right::ReadCases>,
    State(app): State<App>,
    Path(number): Path<i64>,
    Query(shown): Query<Shown>,
    address: Address,
) -> Result<Response> {
    page(
        &app,
        may,
        number,
        address,
        shown.messages.unwrap_or(thread::SHOWN),
        None,
    )
    .await
}

/// The page, or the same with what went wrong (and then 422, so that nothing typed is lost).
pub async fn page<R: Right>(
    app: &App,
    may: May<R>,
    number: i64,
    address: Address,
    shown: i64,
    problem: Option<String>,
) -> Result<Response> {
    let user = &may.user;
    let scope = Scope::of(user.role, user.id);
    let case = cases::by_number(&app.db, scope, number).await?;
    if let Some(kept) = case.merged_into {
        let kept = cases::by_id(&app.db, scope, kept).await?;
        return Ok(see_other(&address.case(kept.number), None));
    }
    let address = if address.has_view() {
        address
    } else {
        address.with_view(home_of(&case, user.id))
    };
    let frame = Frame::load(app, user, &address).await?;
    let list = list::load(app, user, &frame, address.clone(), Some(case.id)).await?;
    let tags = tags::of_cases(&app.db, &[case.id])
        .await?
        .remove(&case.id)
        .unwrap_or_default();
    let thread = thread::load(app, user, &frame, case.id, shown).await?;
    let composer = composer::load(app, user, &case, &thread, &address).await?;
    let contact = if user.may(Permission::ReadContacts) {
        Some(contact::load(app, user, &case).await?)
    } else {
        None
    };
    let others = looks::others(&app.db, case.id, user.id, now()).await?;
    let t = user.text();
    let view = view(
        &t,
        user,
        &frame,
        case,
        tags.into_iter().map(TagView::new).collect(),
        others,
        &address,
    );
    let mut shell = Shell::new(may, "desk");
    let status = match problem {
        Some(words) => {
            shell.flash = Some(Flash::failed(words));
            StatusCode::UNPROCESSABLE_ENTITY
        }
        None => StatusCode::OK,
    };
    Ok((
        status,
        Html(CasePage {
            shell,
            frame,
            list,
            case: view,
            thread,
            composer,
            contact,
        }),
    )
        .into_response())
}

/// The list in which a case stands, for whoever comes by its address alone.
fn home_of(case: &CaseRow, user: Uuid) -> View {
    match case.state.as_str() {
        _ if case.noise.is_some() => View::Noise,
        "open" if case.owner_id == Some(user) => View::Mine,
        "new" => View::Unassigned,
        "waiting" => View::Waiting,
        "resolved" => View::Resolved,
        "closed" => View::Closed,
        _ => View::All,
    }
}

fn view(
    t: &Text,
    user: &crate::session::CurrentUser,
    frame: &Frame,
    row: CaseRow,
    tags: Vec<TagView>,
    others: Vec<Presence>,
    address: &Address,
) -> CaseView {
    let zone = user.zone();
    let waited = row
        .unanswered_since
        .filter(|_| row.active)
        .map(|since| (now() - since).max(0));
    CaseView {
        title: subject(t, &row.subject),
        state: state(t, &row),
        priority: t.get(&format!("priority-{}", row.priority)),
        owner: row.owner_id.map(|id| {
            frame
                .choice("user", Some(id))
                .map_or_else(|| t.get("actor-former"), |owner| owner.name.clone())
        }),
        team: frame.choice("team", row.team_id).map(|team| team.name.clone()),
        clock: waited.map(|waited| t.name("waits-since", &duration(t, waited))),
        until: row.waiting_until.map(|until| When::new(t, until, &zone)),
        base: format!("/cases/{}", row.number),
        query: address.query(),
        and: address.query().replacen('?', "&", 1),
        number_words: row.number.to_string(),
        mine: row.owner_id == Some(user.id),
        presence: presence(t, others),
        snoozes: snooze::PRESETS
            .iter()
            .map(|preset| (*preset, t.get(&format!("snooze-{preset}"))))
            .collect(),
        priorities: ["urgent", "high", "normal", "low"]
            .iter()
            .map(|key| (*key, t.get(&format!("priority-{key}"))))
            .collect(),
        can_work: user.may(Permission::WorkCases),
        can_arrange: user.may(Permission::ArrangeCases),
        tags,
        row,
    }
}

fn presence(t: &Text, people: Vec<Presence>) -> Option<PresenceView> {
    let writer = people.iter().find(|other| other.typing);
    let (how, key, first) = match writer {
        Some(writer) => ("typing", "presence-typing", writer),
        None => ("looking", "presence-looking", people.first()?),
    };
    let first_name = first.name.split_whitespace().next().unwrap_or(&first.name).to_owned();
    Some(PresenceView {
        how,
        words: t.name(key, &first_name),
        people,
    })
}

/// The number of the case of something, for the way back.
pub async fn number(app: &App, id: Uuid) -> Result<i64> {
    cases::by_id(&app.db, Scope::All, id)
        .await
        .map(|case| case.number)
        .map_err(Error::from)
}
