//! The list of people.

use std::collections::HashMap;

use askama::Template;
use axum::{
    extract::{Query, State},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use uuid::Uuid;
use voce_domain::permission::Role;
use voce_store::{
    teams,
    users::{self, User},
};

use crate::{
    App, May, Result, right,
    shell::{Html, Shell},
};

#[derive(Template)]
#[template(path = "people/users.html")]
struct Page {
    shell: Shell,
    users: Vec<User>,
    total: i64,
    /// The names of the teams of each person.
    teams: HashMap<Uuid, Vec<String>>,
    query: Asked,
}

impl Page {
    fn teams_of(&self, user: &User) -> String {
        self.teams
            .get(&user.id)
            .map(|names| names.join(", "))
            .unwrap_or_default()
    }

    fn roles(&self) -> &'static [Role] {
        Role::ALL
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    q: String,
    role: String,
    /// `disabled`, or empty for those who work here.
    state: String,
}

impl Asked {
    fn matches(&self, user: &User) -> bool {
        let text = voce_text::fold(&format!("{} {}", user.name, user.email));
        let words = voce_text::fold(&self.q);
        words.split_whitespace().all(|word| text.contains(word))
            && (self.role.is_empty() || self.role == user.role.key())
            && user.active == (self.state != "disabled")
    }
}

/// A company's people are few enough to be read at once, whatever is looked for among them.
pub async fn list(
    may: May<right::ManagePeople>,
    State(app): State<App>,
    Query(query): Query<Asked>,
) -> Result<Response> {
    let mut users = users::list(&app.db).await?;
    users.retain(|user| query.matches(user));
    let names: HashMap<Uuid, String> = teams::list(&app.db)
        .await?
        .into_iter()
        .map(|team| (team.id, team.name))
        .collect();
    let mut teams: HashMap<Uuid, Vec<String>> = HashMap::new();
    for (team, user) in teams::memberships(&app.db).await? {
        teams.entry(user).or_default().extend(names.get(&team).cloned());
    }
    let total = i64::try_from(users.len()).unwrap_or_default();
    Ok(Html(Page {
        shell: Shell::new(may, "settings"),
        users,
        total,
        teams,
        query,
    })
    .into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_found_without_accents_and_by_state() {
        let user = User {
            id: Uuid::now_v7(),
            email: "nico@x.it".into(),
            name: "Nicolò Bruni".into(),
            role: Role::Agent,
            locale: "it".into(),
            theme: "auto".into(),
            signature: String::new(),
            active: true,
            second_factor: false,
            created_at: 0,
            seen_at: None,
        };
        let asked = |q: &str, role: &str, state: &str| Asked {
            q: q.into(),
            role: role.into(),
            state: state.into(),
        };
        assert!(asked("bruni NICOLO", "", "").matches(&user));
        assert!(asked("", "agent", "").matches(&user));
        assert!(!asked("", "admin", "").matches(&user));
        assert!(!asked("", "", "disabled").matches(&user));
        assert!(!asked("carla", "", "").matches(&user));
    }
}
