//! The list of contacts, and the short one that pickers ask for.

use std::collections::HashMap;

use askama::Template;
use axum::{
    Json,
    extract::{Query, State},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use voce_domain::{Millis, identity::IdentityKind};
use voce_identity::name;
use voce_store::{
    Db,
    contacts::{self, Figures, Filter, From, Listed, Place, Sort},
    identities::{self, Held},
};

use super::first;
use crate::{
    App, May, Result, right,
    session::encode,
    shell::{Html, Shell},
};

/// Lines of a page.
const PAGE: usize = 50;
/// Counted no further: nobody needs to know whether it is 81,204 or 81,205.
const COUNTED: i64 = 10_000;

#[derive(Template)]
#[template(path = "contacts/list.html")]
struct Page {
    shell: Shell,
    query: Asked,
    lines: Vec<Line>,
    total: i64,
    before: Option<Uuid>,
    after: Option<Uuid>,
}

struct Line {
    contact: Listed,
    email: Option<String>,
    phone: Option<String>,
    figures: Figures,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    q: String,
    /// `customers`, `prospects`, or empty for all.
    kind: String,
    /// `name`, `-name`, `new` or `old`.
    sort: String,
    /// The last line of the page before, or the first of the one after.
    after: Option<Uuid>,
    before: Option<Uuid>,
}

impl Asked {
    fn filter(&self) -> Filter {
        let customer = match self.kind.as_str() {
            "customers" => Some(true),
            "prospects" => Some(false),
            _ => None,
        };
        Filter {
            customer,
            search: Some(self.q.clone()),
            ..Filter::default()
        }
    }

    fn order(&self) -> Sort {
        match self.sort.as_str() {
            "-name" => Sort::NameDown,
            "new" => Sort::Newest,
            "old" => Sort::Oldest,
            _ => Sort::Name,
        }
    }

    async fn from(&self, db: &Db) -> Result<Option<From>> {
        let (Some(id), backwards) = (self.after.or(self.before), self.after.is_none()) else {
            return Ok(None);
        };
        // Gone meanwhile: the list begins anew.
        let Some(contact) = contacts::get_many(db, &[id]).await?.pop() else {
            return Ok(None);
        };
        let place = Place {
            name_key: name::key(&contact.name),
            created_at: contact.created_at,
            id,
        };
        Ok(Some(if backwards {
            From::Before(place)
        } else {
            From::After(place)
        }))
    }
}

impl Page {
    /// The address of this list with another kind or order.
    fn with(&self, kind: &str, sort: &str) -> String {
        format!(
            "/contacts?kind={}&sort={}&q={}",
            encode(kind),
            encode(sort),
            encode(&self.query.q)
        )
    }

    fn at(&self, way: &str, id: &Uuid) -> String {
        format!("{}&{way}={id}", self.with(&self.query.kind, &self.query.sort))
    }

    fn sort_by_name(&self) -> &'static str {
        if self.query.order() == Sort::Name {
            "-name"
        } else {
            "name"
        }
    }

    fn sort_by_age(&self) -> &'static str {
        if self.query.order() == Sort::Newest {
            "old"
        } else {
            "new"
        }
    }

    fn sorted(&self, by_name: bool) -> Option<&'static str> {
        match (self.query.order(), by_name) {
            (Sort::Name, true) | (Sort::Oldest, false) => Some("ascending"),
            (Sort::NameDown, true) | (Sort::Newest, false) => Some("descending"),
            _ => None,
        }
    }

    fn is_plain(&self) -> bool {
        self.query.q.trim().is_empty() && self.query.kind.is_empty()
    }

    fn counted(&self) -> String {
        let number = self.shell.t.number(&self.total);
        if self.total == COUNTED {
            format!("{number}+")
        } else {
            number
        }
    }
}

pub async fn show(
    may: May<right::ReadContacts>,
    State(app): State<App>,
    Query(query): Query<Asked>,
) -> Result<Response> {
    let (filter, from) = (query.filter(), query.from(&app.db).await?);
    let mut rows = contacts::list(&app.db, &filter, query.order(), from.as_ref(), PAGE as i64 + 1).await?;
    let more = rows.len() > PAGE;
    let backwards = matches!(from, Some(From::Before(_)));
    if more && backwards {
        rows.remove(0);
    }
    rows.truncate(PAGE);
    let before = rows
        .first()
        .filter(|_| if backwards { more } else { from.is_some() })
        .map(|row| row.id);
    let after = rows.last().filter(|_| backwards || more).map(|row| row.id);
    let total = contacts::count(&app.db, &filter, COUNTED).await?;
    let lines = lines(&app.db, rows).await?;
    Ok(Html(Page {
        shell: Shell::new(may, "contacts"),
        query,
        lines,
        total,
        before,
        after,
    })
    .into_response())
}

async fn lines(db: &Db, rows: Vec<Listed>) -> Result<Vec<Line>> {
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let held: HashMap<Uuid, Vec<Held>> = identities::of_contacts(db, &ids).await?;
    let figures = contacts::figures(db, &ids).await?;
    let line = |contact: Listed| Line {
        email: first(held.get(&contact.id), IdentityKind::Email),
        phone: first(held.get(&contact.id), IdentityKind::Phone),
        figures: figures.get(&contact.id).copied().unwrap_or_default(),
        contact,
    };
    Ok(rows.into_iter().map(line).collect())
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Wanted {
    q: String,
    /// Left out: the contact for which another is looked for.
    except: Option<Uuid>,
}

/// One contact for a picker.
#[derive(Debug, Serialize)]
pub struct Found {
    pub id: Uuid,
    pub name: String,
    pub address: Option<String>,
    pub organization: Option<String>,
    pub customer: bool,
    pub created_at: Millis,
}

/// A few contacts by the beginnings of words.
pub async fn lookup(
    _may: May<right::ReadContacts>,
    State(app): State<App>,
    Query(wanted): Query<Wanted>,
) -> Result<Json<Vec<Found>>> {
    Ok(Json(find(&app.db, &wanted.q, wanted.except, 10).await?))
}

pub(crate) async fn find(db: &Db, words: &str, except: Option<Uuid>, most: usize) -> Result<Vec<Found>> {
    let filter = Filter {
        search: Some(words.to_owned()),
        ..Filter::default()
    };
    let sort = if words.trim().is_empty() {
        Sort::Newest
    } else {
        Sort::Name
    };
    let mut rows = contacts::list(db, &filter, sort, None, most as i64 + 1).await?;
    rows.retain(|row| Some(row.id) != except);
    rows.truncate(most);
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let held = identities::of_contacts(db, &ids).await?;
    let found = |row: Listed| Found {
        address: held
            .get(&row.id)
            .and_then(|held| held.first())
            .map(|held| held.identity.value.clone()),
        id: row.id,
        name: row.name,
        organization: row.organization,
        customer: row.customer,
        created_at: row.created_at,
    };
    Ok(rows.into_iter().map(found).collect())
}
