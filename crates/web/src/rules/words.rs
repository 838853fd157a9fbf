//! Rules in sentences, and the choices that they are made of.

use std::collections::HashMap;

use uuid::Uuid;
use voce_domain::routing::{Conditions, Decision};
use voce_store::{
    accounts::{self, ChannelAccount},
    request_types,
    tags::{self, TagRow},
    teams::{self, Team},
    users::{self, User},
};

use crate::{
    App, Result,
    desk::{
        frame::builtin_type,
        list::{LANGUAGES, language},
    },
    text::Text,
};

/// Everything that a rule can speak of.
pub struct Choices {
    pub accounts: Vec<ChannelAccount>,
    /// Codes with their names.
    pub languages: Vec<(String, String)>,
    /// Keys with their names.
    pub types: Vec<(String, String)>,
    pub teams: Vec<Team>,
    pub people: Vec<User>,
    pub tags: Vec<TagRow>,
}

impl Choices {
    pub async fn read(app: &App, t: Text) -> Result<Self> {
        let types = request_types::all(&app.db).await?;
        let mut people = users::list(&app.db).await?;
        people.retain(|person| person.active);
        Ok(Self {
            accounts: accounts::all(&app.db).await?,
            languages: LANGUAGES
                .iter()
                .map(|code| ((*code).to_owned(), language(&t, code)))
                .collect(),
            types: types
                .into_iter()
                .map(|row| (row.key.clone(), row.name.unwrap_or_else(|| builtin_type(&t, &row.key))))
                .collect(),
            teams: teams::list(&app.db).await?,
            people,
            tags: tags::all(&app.db).await?,
        })
    }

    fn names(&self) -> Names<'_> {
        let mut names: HashMap<Uuid, &str> = HashMap::new();
        names.extend(self.accounts.iter().map(|account| (account.id, account.name.as_str())));
        names.extend(self.teams.iter().map(|team| (team.id, team.name.as_str())));
        names.extend(self.people.iter().map(|person| (person.id, person.name.as_str())));
        names.extend(self.tags.iter().map(|tag| (tag.id, tag.name.as_str())));
        Names(names)
    }

    /// What must hold, each as a word and a value.
    pub fn conditions(&self, t: &Text, when: &Conditions) -> Vec<(String, String)> {
        let names = self.names();
        let of = |list: &[(String, String)], keys: &[String]| {
            let name = |key: &String| {
                list.iter()
                    .find(|(known, _)| known == key)
                    .map_or_else(|| key.clone(), |(_, name)| name.clone())
            };
            keys.iter().map(name).collect::<Vec<_>>().join(", ")
        };
        let customer = when
            .customer
            .map(|yes| t.get(if yes { "rule-customer-yes" } else { "rule-customer-no" }));
        let urgency = when
            .urgency_at_least
            .map(|urgency| t.get(&format!("rule-urgency-{}", urgency.key())));
        let words: Vec<String> = when.words.iter().map(|word| format!("“{word}”")).collect();
        let all = [
            ("rule-if-account", names.join(t, &when.accounts)),
            ("rule-if-language", of(&self.languages, &when.languages)),
            ("rule-if-type", of(&self.types, &when.request_types)),
            ("rule-if-urgency", urgency.unwrap_or_default()),
            (
                "rule-if-sentiment",
                when.sentiment_at_most
                    .map(|score| sentiment(t, score))
                    .unwrap_or_default(),
            ),
            ("rule-if-words", words.join(", ")),
            ("rule-if-customer", customer.unwrap_or_default()),
        ];
        said(t, all)
    }

    /// What happens, each as a word and a value.
    pub fn decisions(&self, t: &Text, then: &Decision) -> Vec<(String, String)> {
        let names = self.names();
        let one = |id: Option<Uuid>| names.join(t, id.as_slice());
        let priority = then
            .priority
            .map(|priority| t.get(&format!("priority-{}", priority.key())));
        let all = [
            ("rule-then-team", one(then.team)),
            ("rule-then-owner", one(then.owner)),
            ("rule-then-priority", priority.unwrap_or_default()),
            ("rule-then-tags", names.join(t, &then.tags)),
        ];
        said(t, all)
    }
}

fn said<const N: usize>(t: &Text, all: [(&str, String); N]) -> Vec<(String, String)> {
    all.into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(key, value)| (t.get(key), value))
        .collect()
}

struct Names<'a>(HashMap<Uuid, &'a str>);

impl Names<'_> {
    fn join(&self, t: &Text, ids: &[Uuid]) -> String {
        let name = |id: &Uuid| {
            self.0
                .get(id)
                .map_or_else(|| t.get("rule-gone"), |name| (*name).to_owned())
        };
        ids.iter().map(name).collect::<Vec<_>>().join(", ")
    }
}

/// How bad a mood the form offers, as scores.
pub const SENTIMENTS: [(&str, f32); 2] = [
    ("rule-sentiment-negative", -0.2),
    ("rule-sentiment-very-negative", -0.6),
];

/// A score in words, or as it is.
pub fn sentiment(t: &Text, score: f32) -> String {
    match SENTIMENTS.iter().find(|(_, known)| (known - score).abs() < 0.001) {
        Some((key, _)) => t.get(key),
        None => format!("≤ {score}"),
    }
}
