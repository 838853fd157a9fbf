//! Finding: a page with filters, and what the palette offers while one types.

use askama::Template;
use axum::{
    extract::{Query, State},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use uuid::Uuid;
use voce_domain::{case::CaseState, message::Direction, permission::Permission};
use voce_store::{
    cases::{CaseRow, Scope},
    desk::{self, Choice},
    search::{self, ContactHit, Filter, Hit, Piece, Words},
};

use super::{
    list::Chosen,
    marks::{When, channel_icon, initials, subject},
};
use crate::{App, Html, May, Result, Shell, right, session, state::now, text::Text};

#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    #[serde(default)]
    q: String,
    #[serde(default)]
    state: String,
    #[serde(default)]
    account: String,
    #[serde(default)]
    direction: String,
    /// Days back.
    #[serde(default)]
    since: String,
    before: Option<i64>,
}

#[derive(Template)]
#[template(path = "desk/search.html")]
struct Page {
    shell: Shell,
    asked: Asked,
    case: Option<CaseRow>,
    contacts: Vec<ContactView>,
    hits: Vec<HitView>,
    next: Option<String>,
    states: Vec<Chosen>,
    directions: Vec<Chosen>,
    times: Vec<Chosen>,
    accounts: Vec<Choice>,
}

impl Page {
    fn is_account(&self, id: &Uuid) -> bool {
        self.asked.account == id.to_string()
    }

    fn state_key(&self, state: &str) -> String {
        format!("state-{state}")
    }
}

pub struct ContactView {
    pub hit: ContactHit,
    pub hue: u8,
    pub initials: String,
}

pub struct HitView {
    pub hit: Hit,
    pub url: String,
    pub at: When,
    pub hue: u8,
    pub initials: String,
    pub channel_icon: &'static str,
    pub state: String,
    pub subject: Vec<Piece>,
    pub snippet: Vec<Piece>,
}

const PAGE: i64 = 30;
const SNIPPET: usize = 180;
const DAY: i64 = 24 * 60 * 60 * 1000;

/// `GET /search`
pub async fn show(may: May<right::ReadCases>, State(app): State<App>, Query(asked): Query<Asked>) -> Result<Response> {
    let (t, zone) = (may.user.text(), may.user.zone());
    let scope = Scope::of(may.user.role, may.user.id);
    let words = Words::parse(&asked.q);
    let found = search::messages(&app.db, scope, &words, &filter(&asked), asked.before, PAGE).await?;
    let first = asked.before.is_none() && !words.is_empty();
    let case = if first {
        search::case_by_number(&app.db, scope, &asked.q).await?
    } else {
        None
    };
    let contacts = if first && may.user.may(Permission::ReadContacts) {
        search::contacts(&app.db, &asked.q, 6).await?
    } else {
        Vec::new()
    };
    let accounts = desk::choices(&app.db)
        .await?
        .into_iter()
        .filter(|choice| choice.list == "account")
        .collect();
    let options = |key: &str, values: &[&str], current: &str| {
        let option = |value: &&str| Chosen {
            name: t.get(&format!("{key}-{value}")),
            url: (*value).to_owned(),
            current: *value == current,
        };
        values.iter().map(option).collect()
    };
    let page = Page {
        next: found.next.map(|next| asked.url(next)),
        hits: found
            .hits
            .into_iter()
            .map(|hit| hit_view(&t, &zone, &words, hit))
            .collect(),
        contacts: contacts.into_iter().map(contact_view).collect(),
        states: options("state", &["new", "open", "waiting", "resolved", "closed"], &asked.state),
        directions: options("direction", &["inbound", "outbound", "internal"], &asked.direction),
        times: options("since", &["7", "30", "365"], &asked.since),
        shell: Shell::new(may, "search"),
        accounts,
        case,
        asked,
    };
    Ok(Html(page).into_response())
}

impl Asked {
    fn url(&self, before: i64) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        let parts = [
            ("q", &self.q),
            ("state", &self.state),
            ("account", &self.account),
            ("direction", &self.direction),
            ("since", &self.since),
        ];
        for (key, value) in parts {
            if !value.is_empty() {
                query.append_pair(key, value);
            }
        }
        format!("/search?{}", query.append_pair("before", &before.to_string()).finish())
    }
}

fn filter(asked: &Asked) -> Filter {
    Filter {
        state: asked.state.parse::<CaseState>().ok().map(CaseState::key),
        account: asked.account.parse::<Uuid>().ok(),
        direction: asked.direction.parse::<Direction>().ok().map(Direction::key),
        contact: None,
        since: asked
            .since
            .parse::<i64>()
            .ok()
            .filter(|days| (1..=3650).contains(days))
            .map(|days| now() - days * DAY),
    }
}

fn contact_view(hit: ContactHit) -> ContactView {
    ContactView {
        hue: voce_assets::hue(&hit.name),
        initials: initials(&hit.name),
        hit,
    }
}

fn hit_view(t: &Text, zone: &jiff::tz::TimeZone, words: &Words, hit: Hit) -> HitView {
    HitView {
        url: format!("/cases/{}#message-{}", hit.number, hit.message_id),
        at: When::new(t, hit.sent_at, zone),
        hue: voce_assets::hue(&hit.author_name),
        initials: initials(&hit.author_name),
        channel_icon: channel_icon(&hit.channel),
        state: t.get(&format!("state-{}", hit.state)),
        subject: words.snippet(&subject(t, &hit.subject), 120),
        snippet: words.snippet(&hit.body, SNIPPET),
        hit,
    }
}

#[derive(Template)]
#[template(path = "desk/palette.html")]
struct Found {
    t: Text,
    q: String,
    everywhere: String,
    case: Option<CaseRow>,
    contacts: Vec<ContactView>,
    hits: Vec<HitView>,
}

/// `GET /search/palette?q=…`: a fragment.
pub async fn palette(
    may: May<right::ReadCases>,
    State(app): State<App>,
    Query(asked): Query<Asked>,
) -> Result<Response> {
    let (t, zone) = (may.user.text(), may.user.zone());
    let scope = Scope::of(may.user.role, may.user.id);
    let words = Words::parse(&asked.q);
    let case = search::case_by_number(&app.db, scope, &asked.q).await?;
    let contacts = if may.user.may(Permission::ReadContacts) {
        search::contacts(&app.db, &asked.q, 4).await?
    } else {
        Vec::new()
    };
    let found = search::messages(&app.db, scope, &words, &Filter::default(), None, 20).await?;
    let mut hits: Vec<HitView> = Vec::new();
    for hit in found.hits {
        // One line per case: the newest message that matches.
        if hits.len() < 6 && !hits.iter().any(|other| other.hit.number == hit.number) {
            hits.push(hit_view(&t, &zone, &words, hit));
        }
    }
    let everywhere = format!("/search?q={}", session::encode(&asked.q));
    Ok(Html(Found {
        t,
        q: asked.q,
        everywhere,
        case,
        contacts: contacts.into_iter().map(contact_view).collect(),
        hits,
    })
    .into_response())
}
