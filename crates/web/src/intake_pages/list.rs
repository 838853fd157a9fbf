//! The dead letters, and the numbers of the last day.

use std::collections::HashMap;

use askama::Template;
use axum::{
    extract::{Query, State},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use uuid::Uuid;
use voce_store::{
    accounts::ChannelAccount,
    intake::{self, Backlog, ItemLine},
    raw_items::{self, Filter, Heap},
};

use super::{accounts, live};
use crate::{App, Html, May, Result, Shell, channels::list::Counts, right, state::now};

/// Lines of a page.
const PAGE: i64 = 50;
const HOUR: i64 = 60 * 60 * 1000;

/// Ages to choose from, with their hours.
const AGES: [(&str, i64); 4] = [("hour", 1), ("day", 24), ("week", 7 * 24), ("month", 30 * 24)];

#[derive(Template)]
#[template(path = "intake/list.html")]
struct Page {
    shell: Shell,
    asked: Asked,
    lines: Vec<ItemLine>,
    found: i64,
    /// The query of the next page.
    older: Option<String>,
    accounts: Vec<ChannelAccount>,
    names: HashMap<Uuid, String>,
    /// Every dead letter there is.
    all: i64,
    /// Those of the account that is filtered by: they can be tried again together.
    heap: Option<Heap>,
    backlog: Backlog,
    last_day: Vec<(ChannelAccount, Counts)>,
    /// Of all accounts.
    day: i64,
    zone: jiff::tz::TimeZone,
}

/// The filter as it stands in the address; what cannot be read is left out.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    account: String,
    error: String,
    age: String,
    before: Option<i64>,
}

impl Asked {
    fn filter(&self, now: i64) -> Filter {
        let hours = AGES.iter().find(|(age, _)| *age == self.age).map(|(_, hours)| hours);
        Filter {
            account_id: self.account.parse().ok(),
            words: self.error.clone(),
            since: hours.map(|hours| now - hours * HOUR),
        }
    }

    fn is_empty(&self) -> bool {
        self.account.is_empty() && self.error.trim().is_empty() && self.age.is_empty()
    }

    /// The same filter further down.
    fn before(&self, id: i64) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in [("account", &self.account), ("error", &self.error), ("age", &self.age)] {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        query.append_pair("before", &id.to_string()).finish()
    }
}

impl Page {
    fn name(&self, account: &Uuid) -> String {
        self.names
            .get(account)
            .cloned()
            .unwrap_or_else(|| self.shell.t.get("intake-account-gone"))
    }

    fn kind(&self, account: &Uuid) -> String {
        let account = self.accounts.iter().find(|known| known.id == *account);
        format!(
            "channel-{}",
            account.map(|account| account.kind.as_str()).unwrap_or_default()
        )
    }

    fn is_asked(&self, account: &Uuid) -> bool {
        self.asked.account == account.to_string()
    }

    fn ages(&self) -> [(&'static str, i64); 4] {
        AGES
    }

    /// The address that tells of news.
    fn live(&self) -> String {
        format!(
            "/settings/intake/live?seen={}",
            live::of_queue(self.backlog.waiting, self.all)
        )
    }

    fn replays(&self) -> bool {
        self.shell.may("replay_intake")
    }
}

/// `GET /settings/intake`
pub async fn show(may: May<right::ReadIntake>, State(app): State<App>, Query(asked): Query<Asked>) -> Result<Response> {
    let now = now();
    let filter = asked.filter(now);
    let mut lines = raw_items::dead_letters(&app.db, &filter, asked.before, PAGE + 1).await?;
    let more = lines.len() as i64 > PAGE;
    lines.truncate(PAGE as usize);
    let accounts = accounts(&app).await?;
    let names = accounts
        .values()
        .map(|account| (account.id, account.name.clone()))
        .collect();
    let mut accounts: Vec<ChannelAccount> = accounts.into_values().collect();
    accounts.sort_by_key(|account| (account.created_at, account.id));
    let tallies = raw_items::tallies(&app.db, now - 24 * HOUR).await?;
    let last_day = accounts
        .iter()
        .map(|account| (account.clone(), Counts::of(&tallies, account.id)));
    let heaps = raw_items::heaps(&app.db).await?;
    let page = Page {
        found: raw_items::count(&app.db, &filter).await?,
        older: lines.last().filter(|_| more).map(|line| asked.before(line.id)),
        all: heaps.iter().map(|heap| heap.items).sum(),
        heap: heaps
            .into_iter()
            .find(|heap| Some(heap.account_id) == filter.account_id),
        day: tallies.iter().map(|tally| tally.items).sum(),
        backlog: intake::backlog(&app.db).await?,
        last_day: last_day.filter(|(_, counts)| counts.all() > 0).collect(),
        zone: may.user.zone(),
        shell: Shell::new(may, "settings"),
        asked,
        lines,
        accounts,
        names,
    };
    Ok(Html(page).into_response())
}
