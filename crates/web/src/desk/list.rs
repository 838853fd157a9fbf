//! The list of cases: one page of a view, as lines.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use jiff::{Timestamp, tz::TimeZone};
use uuid::Uuid;
use voce_store::{
    desk::{self, Line, Sort, View},
    tags,
};

use super::{
    address::{Address, PAGE},
    frame::Frame,
    marks::{TagView, When, channel_icon, initials, state, subject},
};
use crate::{App, Html, May, Result, Shell, right, session::CurrentUser, state::now, text::Text};

/// The middle of the desk, left: what `desk/list.html` needs.
pub struct ListPane {
    pub title: String,
    pub lines: Vec<LineView>,
    /// The rest of the list.
    pub next: Option<String>,
    pub address: Address,
    pub sorts: Vec<Chosen>,
    /// Filters that are set, each with the address without it.
    pub chips: Vec<Chosen>,
    /// The key of what an empty list says.
    pub empty: &'static str,
    pub empty_title: String,
    pub empty_hint: String,
    pub first_page: String,
    /// Level of its heading: 2 beside an open case, whose subject is the page's title.
    pub heading: u8,
    /// What the list can be narrowed to.
    pub fields: Vec<Field>,
}

/// A field of the filters; the `url` of an option is its value.
pub struct Field {
    pub key: &'static str,
    pub label: String,
    pub options: Vec<Chosen>,
}

/// A choice in a menu.
pub struct Chosen {
    pub name: String,
    pub url: String,
    pub current: bool,
}

pub struct LineView {
    pub line: Line,
    pub number: i64,
    pub url: String,
    pub who_hue: u8,
    pub who_initials: String,
    pub channel_icon: &'static str,
    pub subject: String,
    pub state: String,
    pub priority: String,
    pub at: When,
    /// Words for the box that chooses it.
    pub choose: String,
    pub tags: Vec<TagView>,
    pub current: bool,
    /// The heading that stands before it.
    pub group: Option<String>,
    /// How long somebody waits: words, and how bad it is.
    pub clock: Option<(String, &'static str)>,
}

#[derive(Template)]
#[template(path = "desk/desk.html")]
struct Desk {
    shell: Shell,
    frame: Frame,
    list: ListPane,
}

/// `GET /`
pub async fn home(_: May<right::ReadCases>) -> Response {
    crate::see_other("/desk", None)
}

/// `GET /desk`
pub async fn show(may: May<right::ReadCases>, State(app): State<App>, address: Address) -> Result<Response> {
    let frame = Frame::load(&app, &may.user, &address).await?;
    let list = load(&app, &may.user, &frame, address, None).await?;
    Ok(Html(Desk {
        shell: Shell::new(may, "desk"),
        frame,
        list,
    })
    .into_response())
}

/// Two queries, whatever the number of lines.
pub async fn load(
    app: &App,
    user: &CurrentUser,
    frame: &Frame,
    address: Address,
    current: Option<Uuid>,
) -> Result<ListPane> {
    let t = user.text();
    let query = address.list(user);
    let mut found = desk::list(&app.db, &frame.reader, &query).await?;
    let more = found.len() as i64 > PAGE;
    found.truncate(PAGE as usize);
    let next = found
        .last()
        .filter(|_| more)
        .map(|line| address.after(line.place(query.sort)).desk());
    let ids: Vec<Uuid> = found.iter().map(|line| line.case.id).collect();
    let mut tags = tags::of_cases(&app.db, &ids).await?;
    let (now, zone) = (now(), user.zone());
    let mut last_group = String::new();
    let lines = found
        .into_iter()
        .map(|line| {
            let group = group(&t, query.sort, &line, now, &zone).filter(|group| *group != last_group);
            if let Some(group) = &group {
                last_group.clone_from(group);
            }
            LineView {
                number: line.case.number,
                url: address.case(line.case.number),
                who_hue: voce_assets::hue(&line.contact_name),
                who_initials: initials(&line.contact_name),
                channel_icon: channel_icon(&line.channel),
                subject: subject(&t, &line.case.subject),
                state: state(&t, &line.case),
                priority: t.get(&format!("priority-{}", line.case.priority)),
                at: When::new(&t, line.case.last_message_at, &zone),
                choose: t.with("choose-case", &[("number", line.case.number.into())]),
                tags: tags
                    .remove(&line.case.id)
                    .unwrap_or_default()
                    .into_iter()
                    .map(TagView::new)
                    .collect(),
                current: current == Some(line.case.id),
                clock: clock(&t, &line, now),
                group,
                line,
            }
        })
        .collect();
    let empty = empty(&address, user);
    let sorts = Sort::ALL.into_iter().map(|sort| Chosen {
        name: t.get(&format!("sort-{}", sort.key())),
        url: address
            .with("sort", if sort == Sort::Newest { "" } else { sort.key() })
            .desk(),
        current: sort == query.sort,
    });
    Ok(ListPane {
        title: title(&t, frame, &address),
        lines,
        next,
        sorts: sorts.collect(),
        chips: chips(&t, frame, &address),
        empty_title: t.get(empty),
        empty_hint: t.get(&format!("{empty}-hint")),
        empty,
        first_page: address.first_page().desk(),
        fields: fields(&t, frame, &address),
        heading: if current.is_some() { 2 } else { 1 },
        address,
    })
}

fn title(t: &Text, frame: &Frame, address: &Address) -> String {
    if let Some(saved) = frame.saved.iter().find(|saved| saved.current) {
        return saved.name.clone();
    }
    match address.view() {
        View::Team(team) => frame
            .choice("team", Some(team))
            .map(|team| team.name.clone())
            .unwrap_or_default(),
        view => t.get(&format!("view-{}", view.key())),
    }
}

/// Which sentence an empty list says: what to do next, never just "nothing".
fn empty(address: &Address, user: &CurrentUser) -> &'static str {
    if address.filtered() {
        return "empty-filtered";
    }
    if !user.role.sees_all_cases() {
        return "empty-guest";
    }
    match address.view() {
        View::Mine => "empty-mine",
        View::Unassigned => "empty-unassigned",
        View::Teams | View::Team(_) => "empty-teams",
        View::Mentions => "empty-mentions",
        View::Waiting => "empty-waiting",
        View::All => "empty-all",
        View::Resolved => "empty-resolved",
        View::Closed => "empty-closed",
        View::Noise => "empty-noise",
    }
}

/// The filters that are set, in words.
fn chips(t: &Text, frame: &Frame, address: &Address) -> Vec<Chosen> {
    super::address::FILTERS
        .into_iter()
        .filter(|key| !address.get(key).is_empty())
        .map(|key| {
            let value = address.get(key);
            let listed = |list: &str| {
                frame
                    .choice(list, value.parse().ok())
                    .map_or_else(|| value.to_owned(), |choice| choice.name.clone())
            };
            let name = match key {
                "q" => format!("“{value}”"),
                "owner" if matches!(value, "me" | "nobody") => t.get(&format!("owner-{value}")),
                "owner" => listed("user"),
                "group" => listed("team"),
                "account" | "tag" => listed(key),
                "type" => frame.type_name(t, value),
                "language" => language(t, value),
                "unanswered" => t.get("filter-unanswered"),
                "contact" => t.get("filter-contact"),
                _ => t.get(&format!("{key}-{value}")),
            };
            Chosen {
                name,
                url: address.with(key, "").desk(),
                current: true,
            }
        })
        .collect()
}

/// The selects of the filters.
fn fields(t: &Text, frame: &Frame, address: &Address) -> Vec<Field> {
    let field = |key: &'static str, options: Vec<(String, String)>| Field {
        key,
        label: t.get(&format!("filter-{key}")),
        options: options
            .into_iter()
            .map(|(value, name)| Chosen {
                current: address.get(key) == value,
                url: value,
                name,
            })
            .collect(),
    };
    let listed = |list: &str| {
        frame
            .offered(list)
            .into_iter()
            .map(|choice| (choice.id.to_string(), choice.name.clone()))
    };
    let keys = |key: &str, values: &[&str]| {
        values
            .iter()
            .map(|value| ((*value).to_owned(), t.get(&format!("{key}-{value}"))))
            .collect()
    };
    let owners = ["me", "nobody"].map(|key| (key.to_owned(), t.get(&format!("owner-{key}"))));
    let types = frame
        .types
        .iter()
        .filter(|row| !row.archived)
        .map(|row| (row.key.clone(), frame.type_name(t, &row.key)));
    vec![
        field("owner", owners.into_iter().chain(listed("user")).collect()),
        field("group", listed("team").collect()),
        field("account", listed("account").collect()),
        field("tag", listed("tag").collect()),
        field("type", types.collect()),
        field("priority", keys("priority", &["urgent", "high", "normal", "low"])),
        field("urgency", keys("urgency", &["critical", "high", "normal", "low"])),
        field("sentiment", keys("sentiment", &["negative", "neutral", "positive"])),
        field("waiting", keys("waiting", &["customer", "us", "until"])),
        field(
            "language",
            LANGUAGES
                .iter()
                .map(|code| ((*code).to_owned(), language(t, code)))
                .collect(),
        ),
    ]
}

/// The languages that filters and corrections offer.
pub const LANGUAGES: [&str; 9] = ["it", "en", "de", "fr", "es", "pt", "nl", "ro", "pl"];

/// The name of a language, by its code; the code where the locales have none.
pub fn language(t: &Text, code: &str) -> String {
    let name = t.get(&format!("language-{code}"));
    if name.starts_with("language-") {
        code.to_owned()
    } else {
        name
    }
}

/// Today, yesterday, this week, earlier.
fn group(t: &Text, sort: Sort, line: &Line, now: i64, zone: &TimeZone) -> Option<String> {
    if !matches!(sort, Sort::Newest | Sort::Oldest) {
        return None;
    }
    let day = |millis: i64| {
        Timestamp::from_millisecond(millis)
            .ok()
            .map(|moment| moment.to_zoned(zone.clone()).date())
    };
    let (today, then) = (day(now)?, day(line.case.last_message_at)?);
    let days = today.since(then).ok()?.get_days();
    Some(t.get(match days {
        ..=0 => "group-today",
        1 => "group-yesterday",
        2..=6 => "group-week",
        _ => "group-earlier",
    }))
}

const HOUR: i64 = 60 * 60 * 1000;

fn clock(t: &Text, line: &Line, now: i64) -> Option<(String, &'static str)> {
    let since = line.case.unanswered_since.filter(|_| line.case.active)?;
    let waited = (now - since).max(0);
    let how = match waited {
        waited if waited > 24 * HOUR => "overdue",
        waited if waited > 4 * HOUR => "soon",
        _ => "none",
    };
    Some((duration(t, waited), how))
}

/// 18 min, 3 h, 2 d.
pub fn duration(t: &Text, millis: i64) -> String {
    match millis {
        short if short < HOUR => t.count("duration-minutes", &(short / 60_000)),
        hours if hours < 48 * HOUR => t.count("duration-hours", &(hours / HOUR)),
        days => t.count("duration-days", &(days / (24 * HOUR))),
    }
}
