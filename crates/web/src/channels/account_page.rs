//! The page of a channel account, new or stored.

use std::sync::Arc;

use askama::Template;
use axum::{
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use uuid::Uuid;
use voce_channels::{Account, Connector};
use voce_jobs::connect::Trouble;
use voce_store::{
    accounts::ChannelAccount,
    raw_items,
    teams::{self, Team},
};

use super::{
    Admin,
    fields::{self, Group, Values},
    list::{Counts, Health},
    open_intake::OpenIntake,
    providers::{self, Provider},
};
use crate::{App, Html, Result, Shell, form::Problems, once, state::now, text::Text};

/// What the page is made of.
pub struct Draft {
    pub connector: Arc<dyn Connector>,
    pub values: Values,
    pub problems: Problems,
    pub before: Option<Before>,
    pub provider: Option<&'static Provider>,
    pub trial: Option<Tried>,
}

/// The account as it is stored, and with its secrets in clear.
pub struct Before {
    pub stored: ChannelAccount,
    pub open: Account,
}

/// What came of trying the form.
pub enum Tried {
    /// Nothing: it is not complete.
    Incomplete,
    Done(Result<(), Trouble>),
}

#[derive(Template)]
#[template(path = "channels/account.html")]
struct Page {
    shell: Shell,
    kind: &'static str,
    values: Values,
    groups: Vec<Group>,
    problems: Problems,
    teams: Vec<Team>,
    provider: Option<&'static Provider>,
    stored: Option<Stored>,
    trial: Option<Trial>,
}

/// What the page of an account shows besides its settings.
struct Stored {
    account: ChannelAccount,
    health: Health,
    last_day: Counts,
    open: Option<OpenIntake>,
    /// Has a token of its platform.
    connected: bool,
}

impl Draft {
    pub fn new(connector: Arc<dyn Connector>, values: Values, before: Option<Before>) -> Self {
        Self {
            connector,
            values,
            problems: Problems::default(),
            before,
            provider: None,
            trial: None,
        }
    }

    pub async fn show(self, app: &App, may: Admin, headers: &HeaderMap) -> Result<Response> {
        let t = may.user.text();
        let opened = self.before.as_ref().map(|before| &before.open);
        let groups = fields::groups(t, self.connector.as_ref(), &self.values, opened, &self.problems);
        let status = match (&self.trial, self.problems.none()) {
            (None, false) => StatusCode::UNPROCESSABLE_ENTITY,
            _ => StatusCode::OK,
        };
        let kind = self.connector.kind();
        let trial = self.trial.map(|tried| match tried {
            Tried::Incomplete => Trial::incomplete(t, &groups),
            Tried::Done(outcome) => Trial::of(t, kind, outcome),
        });
        let mut shown_once = false;
        let stored = match self.before {
            None => None,
            Some(before) => {
                let secret = once::take(app, headers, may.user.id, &once_key(before.stored.id));
                shown_once = secret.is_some();
                Some(Stored::read(app, before, secret).await?)
            }
        };
        let page = Page {
            kind,
            values: self.values,
            groups,
            problems: self.problems,
            teams: teams::list(&app.db).await?,
            provider: self.provider,
            stored,
            trial,
            shell: Shell::new(may, "settings"),
        };
        once::showing(app, shown_once, (status, Html(page)).into_response())
    }
}

/// Under which a new secret of the account waits to be shown.
pub fn once_key(account: Uuid) -> String {
    format!("hook secret {account}")
}

const DAY: i64 = 24 * 60 * 60 * 1000;

impl Stored {
    async fn read(app: &App, before: Before, secret: Option<String>) -> Result<Self> {
        let Before { stored: account, open } = before;
        let tallies = raw_items::tallies(&app.db, now() - DAY).await?;
        Ok(Self {
            health: Health::of(&account),
            last_day: Counts::of(&tallies, account.id),
            open: (account.kind == "api").then(|| OpenIntake::of(app, &account, &open, secret)),
            connected: open.secrets.get("access_token").is_some(),
            account,
        })
    }
}

impl Page {
    fn providers(&self) -> &'static [Provider] {
        if self.kind == "email" && self.stored.is_none() {
            &providers::PROVIDERS
        } else {
            &[]
        }
    }

    fn is_provider(&self, key: &str) -> bool {
        self.provider.is_some_and(|provider| provider.key == key)
    }

    fn title(&self) -> String {
        match &self.stored {
            Some(stored) => stored.account.name.clone(),
            None => self.shell.t.get(&format!("channel-{}-new", self.kind)),
        }
    }

    /// Where the form goes.
    fn action(&self) -> String {
        match &self.stored {
            Some(stored) => super::page(stored.account.id),
            None => format!("/settings/channels/new/{}", self.kind),
        }
    }

    fn is_team(&self, id: &Uuid) -> bool {
        self.values.get("team") == id.to_string()
    }

    /// Signing in at the platform comes first; tokens typed by hand are for those who know what they do.
    fn signs_in(&self) -> bool {
        self.kind == "mastodon"
    }
}

/// What came of trying an account, in words.
struct Trial {
    worked: bool,
    title: String,
    /// In the words of the server, or the fields that are wrong.
    reasons: Vec<String>,
    /// What to do now.
    advice: String,
}

impl Trial {
    fn of(t: Text, kind: &str, outcome: Result<(), Trouble>) -> Self {
        let (trouble, reasons) = match outcome {
            Ok(()) => ("worked", Vec::new()),
            Err(Trouble::Settings(reason)) => ("settings", vec![reason]),
            Err(Trouble::Connection(reason)) => ("connection", vec![reason]),
            Err(Trouble::Silence) => ("silence", Vec::new()),
        };
        let worked = trouble == "worked";
        let advice = if worked {
            "channel-trial-worked-advice".to_owned()
        } else {
            format!("channel-{kind}-advice-{trouble}")
        };
        Self {
            worked,
            title: t.get(&format!("channel-trial-{trouble}")),
            reasons,
            advice: t.get(&advice),
        }
    }

    fn incomplete(t: Text, groups: &[Group]) -> Self {
        let fields = groups.iter().flat_map(|group| group.rows.iter().flatten());
        let wrong = fields.filter(|field| !field.problem.is_empty());
        Self {
            worked: false,
            title: t.get("channel-trial-incomplete"),
            reasons: wrong
                .map(|field| format!("{}: {}", field.label, field.problem))
                .collect(),
            advice: String::new(),
        }
    }
}
