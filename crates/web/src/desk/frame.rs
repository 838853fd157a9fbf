//! What surrounds every page of the desk: the views with their numbers, and what its menus offer.

use uuid::Uuid;
use voce_domain::permission::{Permission, Role};
use voce_store::{
    cases::Scope,
    desk::{self, COUNTED_TO, Choice, Counts, Reader, View},
    request_types::{self, RequestTypeRow},
    teams::{self, Team},
    views::{self, ViewRow},
};

use super::address::Address;
use crate::{App, Result, session::CurrentUser, text::Text};

pub struct Frame {
    pub reader: Reader,
    pub links: Vec<ViewLink>,
    pub team_links: Vec<ViewLink>,
    pub saved: Vec<SavedLink>,
    pub choices: Vec<Choice>,
    pub types: Vec<RequestTypeRow>,
    pub previous: Option<String>,
    pub next: Option<String>,
}

/// A view in the side bar.
pub struct ViewLink {
    pub url: String,
    pub name: String,
    pub icon: &'static str,
    pub hotkey: &'static str,
    pub count: String,
    pub current: bool,
}

pub struct SavedLink {
    pub id: Uuid,
    pub url: String,
    pub name: String,
    pub current: bool,
}

/// Who reads, for the store.
pub fn reader(user: &CurrentUser, my_teams: &[Team]) -> Reader {
    Reader {
        user: user.id,
        scope: Scope::of(user.role, user.id),
        teams: my_teams.iter().map(|team| team.id).collect(),
    }
}

impl Frame {
    /// Five queries.
    pub async fn load(app: &App, user: &CurrentUser, address: &Address) -> Result<Self> {
        let t = user.text();
        let my_teams = teams::of_user(&app.db, user.id).await?;
        let reader = reader(user, &my_teams);
        let counts = desk::counts(&app.db, &reader).await?;
        let saved = views::of_user(&app.db, user.id).await?;
        let choices = desk::choices(&app.db).await?;
        let types = request_types::all(&app.db).await?;
        let here = address.view();
        let is_saved =
            |view: &ViewRow| address.with("sort", "").query() == Address::parse(&view.filter).with("sort", "").query();
        let on_saved = address.filtered() && saved.iter().any(is_saved);
        let link = |view: View| link(view, &t, &counts, &reader, here == view && !on_saved);
        let mut links: Vec<ViewLink> = View::FIXED.into_iter().map(link).collect();
        let team_links: Vec<ViewLink> = my_teams
            .iter()
            .map(|team| ViewLink {
                name: team.name.clone(),
                ..self::link(View::Team(team.id), &t, &counts, &reader, here == View::Team(team.id))
            })
            .collect();
        if my_teams.is_empty() {
            links.retain(|link| !link.url.ends_with("view=teams"));
        }
        let at = links.iter().position(|link| link.current);
        let beside = |step: isize| {
            let at = at?.checked_add_signed(step)?;
            links.get(at).map(|link| link.url.clone())
        };
        Ok(Self {
            previous: beside(-1),
            next: beside(1),
            saved: saved
                .iter()
                .map(|view| SavedLink {
                    id: view.id,
                    url: Address::parse(&view.filter).desk(),
                    name: view.name.clone(),
                    current: on_saved && is_saved(view),
                })
                .collect(),
            reader,
            links,
            team_links,
            choices,
            types,
        })
    }

    pub fn offered(&self, list: &str) -> Vec<&Choice> {
        self.choices.iter().filter(|choice| choice.list == list).collect()
    }

    /// Colleagues who can own a case: those who may work on it.
    pub fn assignable(&self) -> Vec<&Choice> {
        let owns = |role: Role| role.may(Permission::WorkCases) || role == Role::Guest;
        self.offered("user")
            .into_iter()
            .filter(|person| person.detail.parse().is_ok_and(owns))
            .collect()
    }

    pub fn choice(&self, list: &str, id: Option<Uuid>) -> Option<&Choice> {
        self.choices
            .iter()
            .find(|choice| choice.list == list && Some(choice.id) == id)
    }

    /// The name of a request type, the company's own or that of the locales.
    pub fn type_name(&self, t: &Text, key: &str) -> String {
        type_name(&self.types, t, key)
    }
}

/// The name of a request type, the company's own or that of the locales.
pub fn type_name(types: &[RequestTypeRow], t: &Text, key: &str) -> String {
    let own = types.iter().find(|row| row.key == key).and_then(|row| row.name.clone());
    own.unwrap_or_else(|| builtin_type(t, key))
}

/// The locales' name of a request type; the key itself when they have none.
pub fn builtin_type(t: &Text, key: &str) -> String {
    let name = t.get(&format!("request-{}", key.replace('_', "-")));
    if name.starts_with("request-") {
        key.to_owned()
    } else {
        name
    }
}

fn link(view: View, t: &Text, counts: &Counts, reader: &Reader, current: bool) -> ViewLink {
    let (icon, hotkey) = match view {
        View::Mine => ("inbox", "g m"),
        View::Unassigned => ("user-plus", "g u"),
        View::Teams => ("users", "g t"),
        View::Team(_) => ("headphones", ""),
        View::Mentions => ("at-sign", "g @"),
        View::Waiting => ("clock", "g w"),
        View::All => ("layers", "g a"),
        View::Resolved => ("circle-check", ""),
        View::Closed => ("archive", ""),
        View::Noise => ("trash-2", ""),
    };
    let count = match counts.of(view, reader) {
        None | Some(0) => String::new(),
        Some(count) if count > COUNTED_TO => t.name("counted-more", &t.number(&COUNTED_TO)),
        Some(count) => t.number(&count),
    };
    ViewLink {
        url: Address::default().with_view(view).desk(),
        name: t.get(&format!("view-{}", view.key())),
        icon,
        hotkey,
        count,
        current,
    }
}
