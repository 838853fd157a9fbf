//! Every channel account: where it is, whether it works, and what came in today.

use std::collections::HashMap;

use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use jiff::{Timestamp, tz::TimeZone};
use uuid::Uuid;
use voce_store::{
    accounts::{self, ChannelAccount},
    intake::Tally,
    raw_items, teams,
};

use super::Admin;
use crate::{App, Html, Result, Shell, state::now, text::Text};

#[derive(Template)]
#[template(path = "channels/list.html")]
struct Page {
    shell: Shell,
    lines: Vec<Line>,
}

struct Line {
    account: ChannelAccount,
    team: String,
    health: Health,
    today: Counts,
}

pub async fn show(may: Admin, State(app): State<App>) -> Result<Response> {
    let accounts = accounts::all(&app.db).await?;
    let teams: HashMap<Uuid, String> = teams::list(&app.db)
        .await?
        .into_iter()
        .map(|team| (team.id, team.name))
        .collect();
    let midnight = day_start(now(), &may.user.zone());
    let tallies = raw_items::tallies(&app.db, midnight).await?;
    let line = |account: ChannelAccount| Line {
        team: account
            .team_id
            .and_then(|id| teams.get(&id).cloned())
            .unwrap_or_default(),
        health: Health::of(&account),
        today: Counts::of(&tallies, account.id),
        account,
    };
    let lines = accounts.into_iter().map(line).collect();
    Ok(Html(Page {
        shell: Shell::new(may, "settings"),
        lines,
    })
    .into_response())
}

/// When the day began in a time zone.
fn day_start(now: i64, zone: &TimeZone) -> i64 {
    let started = Timestamp::from_millisecond(now)
        .ok()
        .and_then(|now| now.to_zoned(zone.clone()).start_of_day().ok());
    started.map_or(now, |start| start.timestamp().as_millisecond())
}

/// How an account is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    Paused,
    /// What is wrong is told in words.
    Trouble,
    /// Started, and not heard of yet.
    Connecting,
    Connected {
        since: i64,
    },
    /// Nothing to connect to: others come to us.
    Listening,
}

impl Health {
    pub fn of(account: &ChannelAccount) -> Self {
        match account.health_at {
            _ if !account.active => Self::Paused,
            _ if account.problem.is_some() => Self::Trouble,
            _ if account.kind == "api" => Self::Listening,
            // Heard before the settings changed: about another connection.
            Some(since) if since >= account.updated_at => Self::Connected { since },
            _ => Self::Connecting,
        }
    }

    /// Colour and words of its chip.
    pub fn chip(&self, t: &Text) -> (&'static str, String) {
        let (color, key) = match self {
            Self::Paused => ("chip-outline", "channel-paused"),
            Self::Trouble => ("chip-red", "channel-trouble"),
            Self::Connecting => ("chip-amber", "channel-connecting"),
            Self::Connected { .. } => ("chip-green", "channel-connected"),
            Self::Listening => ("chip-green", "channel-listening"),
        };
        (color, t.get(key))
    }

    pub fn since(&self) -> Option<i64> {
        match self {
            Self::Connected { since } => Some(*since),
            _ => None,
        }
    }
}

/// How many items came to which outcome.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    pub waiting: i64,
    pub accepted: i64,
    pub duplicate: i64,
    pub filtered: i64,
    pub invalid: i64,
}

impl Counts {
    pub fn of(tallies: &[Tally], account: Uuid) -> Self {
        let mut counts = Self::default();
        for tally in tallies.iter().filter(|tally| tally.account_id == account) {
            *counts.place(tally.outcome.as_deref()) += tally.items;
        }
        counts
    }

    fn place(&mut self, outcome: Option<&str>) -> &mut i64 {
        match outcome {
            None => &mut self.waiting,
            Some("accepted") => &mut self.accepted,
            Some("duplicate") => &mut self.duplicate,
            Some("filtered") => &mut self.filtered,
            Some(_) => &mut self.invalid,
        }
    }

    pub fn all(&self) -> i64 {
        self.waiting + self.accepted + self.duplicate + self.filtered + self.invalid
    }

    /// Outcomes that occurred, as `data-outcome` and number.
    pub fn parts(&self) -> Vec<(&'static str, i64)> {
        let parts = [
            ("accepted", self.accepted),
            ("duplicate", self.duplicate),
            ("filtered", self.filtered),
            ("invalid", self.invalid),
            ("waiting", self.waiting),
        ];
        parts.into_iter().filter(|(_, items)| *items > 0).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_midnight_of_the_company() {
        let rome = TimeZone::get("Europe/Rome").unwrap();
        let noon = "2026-11-22T11:00:00Z".parse::<Timestamp>().unwrap().as_millisecond();
        let midnight = "2026-11-21T23:00:00Z".parse::<Timestamp>().unwrap().as_millisecond();
        assert_eq!(day_start(noon, &rome), midnight);
    }

    #[test]
    fn every_outcome_has_its_place() {
        let tally = |outcome: Option<&str>| Tally {
            account_id: Uuid::nil(),
            outcome: outcome.map(Into::into),
            items: 2,
        };
        let tallies = [
            None,
            Some("accepted"),
            Some("duplicate"),
            Some("filtered"),
            Some("invalid"),
        ]
        .map(tally);
        let counts = Counts::of(&tallies, Uuid::nil());
        assert_eq!((counts.all(), counts.parts().len()), (10, 5));
        assert_eq!(Counts::of(&tallies, Uuid::from_u128(1)), Counts::default());
    }
}
