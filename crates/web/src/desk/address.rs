//! Which list the desk shows, as it stands in the address: read from a query string, written into links.

use std::collections::BTreeMap;

use axum::{extract::FromRequestParts, http::request::Parts};
use url::form_urlencoded;
use uuid::Uuid;
use voce_domain::{case::CaseState, labels::SentimentClass};
use voce_store::desk::{Filter, Owner, Place, Query, Sort, View};

use crate::session::CurrentUser;

/// The parts of an address that matter for a list, in the order in which links name them.
const KEYS: [&str; 17] = [
    "view",
    "team",
    "sort",
    "q",
    "state",
    "waiting",
    "owner",
    "group",
    "account",
    "contact",
    "tag",
    "priority",
    "type",
    "urgency",
    "language",
    "sentiment",
    "unanswered",
];

/// Narrow a list; the others say which list and where.
pub const FILTERS: [&str; 14] = [
    "q",
    "state",
    "waiting",
    "owner",
    "group",
    "account",
    "contact",
    "tag",
    "priority",
    "type",
    "urgency",
    "language",
    "sentiment",
    "unanswered",
];

/// Lines of one page.
pub const PAGE: i64 = 50;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Address {
    parts: BTreeMap<&'static str, String>,
    after: Option<String>,
}

impl<S: Send + Sync> FromRequestParts<S> for Address {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self::parse(parts.uri.query().unwrap_or_default()))
    }
}

impl Address {
    /// Reads what it knows and ignores the rest.
    pub fn parse(query: &str) -> Self {
        let mut address = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let value = value.trim();
            if value.is_empty() || value.len() > 300 {
                continue;
            }
            if name == "after" {
                address.after = Some(value.to_owned());
            } else if let Some(key) = KEYS.iter().find(|key| **key == name) {
                address.parts.insert(key, value.to_owned());
            }
        }
        address
    }

    pub fn get(&self, key: &str) -> &str {
        self.parts.get(key).map(String::as_str).unwrap_or_default()
    }

    pub fn view(&self) -> View {
        let key = self.get("view");
        let team = self.id("team");
        match (key, team) {
            ("team", Some(team)) => View::Team(team),
            _ => View::FIXED
                .into_iter()
                .find(|view| view.key() == key)
                .unwrap_or(View::Mine),
        }
    }

    pub fn has_view(&self) -> bool {
        self.parts.contains_key("view")
    }

    pub fn sort(&self) -> Sort {
        Sort::ALL
            .into_iter()
            .find(|sort| sort.key() == self.get("sort"))
            .unwrap_or_default()
    }

    pub fn filtered(&self) -> bool {
        FILTERS.iter().any(|key| self.parts.contains_key(key))
    }

    /// The same list with one part changed (or without it, when empty), from its beginning.
    pub fn with(&self, key: &'static str, value: &str) -> Self {
        let mut other = Self {
            parts: self.parts.clone(),
            after: None,
        };
        match value {
            "" => other.parts.remove(key),
            value => other.parts.insert(key, value.to_owned()),
        };
        other
    }

    pub fn with_view(&self, view: View) -> Self {
        let mut other = self.with("view", view.key()).with("team", "");
        if let View::Team(team) = view {
            other = other.with("team", &team.to_string());
        }
        other
    }

    /// The same list without filters.
    pub fn unfiltered(&self) -> Self {
        FILTERS
            .iter()
            .fold(self.with("q", ""), |address, key| address.with(key, ""))
    }

    pub fn after(&self, place: Place) -> Self {
        Self {
            after: Some(format!("{}.{}.{}", place.band, place.at, place.id)),
            ..self.clone()
        }
    }

    pub fn first_page(&self) -> Self {
        Self {
            after: None,
            ..self.clone()
        }
    }

    /// Whether it is a later page of its list.
    pub fn is_later(&self) -> bool {
        self.after.is_some()
    }

    /// With its `?`; empty when there is nothing to say.
    pub fn query(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for key in KEYS {
            if let Some(value) = self.parts.get(key) {
                query.append_pair(key, value);
            }
        }
        if let Some(after) = &self.after {
            query.append_pair("after", after);
        }
        let query = query.finish();
        if query.is_empty() { query } else { format!("?{query}") }
    }

    pub fn desk(&self) -> String {
        format!("/desk{}", self.query())
    }

    pub fn case(&self, number: i64) -> String {
        format!("/cases/{number}{}", self.query())
    }

    /// The page of the list, as the store reads it.
    pub fn list(&self, user: &CurrentUser) -> Query {
        Query {
            view: self.view(),
            filter: self.filter(user),
            sort: self.sort(),
            after: self.place(),
            limit: PAGE + 1,
        }
    }

    fn filter(&self, user: &CurrentUser) -> Filter {
        let text = |key| Some(self.get(key).to_owned()).filter(|text| !text.is_empty());
        Filter {
            state: self.get("state").parse::<CaseState>().ok(),
            waiting: ["customer", "us", "until"]
                .into_iter()
                .find(|key| *key == self.get("waiting")),
            owner: match self.get("owner") {
                "nobody" => Some(Owner::Nobody),
                "me" => Some(Owner::Is(user.id)),
                _ => self.id("owner").map(Owner::Is),
            },
            team: self.id("group"),
            account: self.id("account"),
            contact: self.id("contact"),
            tag: self.id("tag"),
            priority: self.get("priority").parse().ok(),
            request_type: text("type"),
            urgency: self.get("urgency").parse().ok(),
            language: text("language"),
            sentiment: self.get("sentiment").parse::<SentimentClass>().ok(),
            unanswered: self.get("unanswered") == "1",
            words: text("q"),
        }
    }

    fn id(&self, key: &str) -> Option<Uuid> {
        self.get(key).parse().ok()
    }

    fn place(&self) -> Option<Place> {
        let mut parts = self.after.as_deref()?.splitn(3, '.');
        Some(Place {
            band: parts.next()?.parse().ok()?,
            at: parts.next()?.parse().ok()?,
            id: parts.next()?.parse().ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_survives_being_written_and_read() {
        let address = Address::parse(
            "view=waiting&tag=01890000-0000-7000-8000-000000000000&q=pacco+%22rotto%22&evil=1&sort=oldest",
        );
        assert_eq!(
            address.desk(),
            "/desk?view=waiting&sort=oldest&q=pacco+%22rotto%22&tag=01890000-0000-7000-8000-000000000000"
        );
        assert_eq!(Address::parse(&address.query()[1..]), address);
        let place = Place {
            band: 1,
            at: -5,
            id: Uuid::nil(),
        };
        assert_eq!(address.after(place).place(), Some(place));
        assert_eq!(address.after(place).with("sort", "").place(), None);
    }

    #[test]
    fn nonsense_is_the_first_view() {
        let address = Address::parse("view=%00&team=x&after=1.2&owner=');--");
        assert_eq!(
            (address.view(), address.sort(), address.place(), address.id("owner")),
            (View::Mine, Sort::Newest, None, None)
        );
        assert_eq!(Address::default().query(), "");
    }

    #[test]
    fn filters_are_taken_away_together() {
        let address = Address::parse("view=all&q=a&language=de&unanswered=1");
        assert!(address.filtered());
        assert_eq!(address.unfiltered().desk(), "/desk?view=all");
    }
}
