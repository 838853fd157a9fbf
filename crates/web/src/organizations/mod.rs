//! Organizations: the list, one of them with its contacts, and changing it.

use std::collections::HashMap;

use askama::Template;
use axum::{
    Form,
    extract::{Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use uuid::Uuid;
use voce_domain::identity::IdentityKind;
use voce_store::{
    contacts::{self, Filter, Listed, Sort},
    identities::{self, Held},
    organizations::{self, From, Organization, Values},
};

use crate::{
    App, May, Result,
    contacts::first,
    flash::Flash,
    form::{self, Problems},
    right,
    session::encode,
    shell::{Html, Shell, see_other},
    state::now,
};

const PAGE: usize = 50;
/// Contacts on the page of an organization.
const MEMBERS: i64 = 100;

#[derive(Template)]
#[template(path = "organizations/list.html")]
struct List {
    shell: Shell,
    q: String,
    organizations: Vec<Organization>,
    members: HashMap<Uuid, i64>,
    before: Option<String>,
    after: Option<String>,
}

impl List {
    fn members_of(&self, organization: &Organization) -> i64 {
        self.members.get(&organization.id).copied().unwrap_or_default()
    }

    fn at(&self, way: &str, key: &str) -> String {
        format!("/organizations?q={}&{way}={}", encode(&self.q), encode(key))
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    q: String,
    after: Option<String>,
    before: Option<String>,
}

pub async fn list(
    may: May<right::ReadContacts>,
    State(app): State<App>,
    Query(asked): Query<Asked>,
) -> Result<Response> {
    let from = asked.after.map(From::After).or(asked.before.map(From::Before));
    let mut rows = organizations::list(&app.db, &asked.q, from.as_ref(), PAGE as i64 + 1).await?;
    let more = rows.len() > PAGE;
    let backwards = matches!(from, Some(From::Before(_)));
    if more && backwards {
        rows.remove(0);
    }
    rows.truncate(PAGE);
    let before = rows
        .first()
        .filter(|_| if backwards { more } else { from.is_some() })
        .map(|row| row.name_key.clone());
    let after = rows
        .last()
        .filter(|_| backwards || more)
        .map(|row| row.name_key.clone());
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let members = organizations::members(&app.db, &ids).await?;
    let page = List {
        shell: Shell::new(may, "organizations"),
        q: asked.q,
        organizations: rows,
        members,
        before,
        after,
    };
    Ok(Html(page).into_response())
}

#[derive(Template)]
#[template(path = "organizations/show.html")]
struct Show {
    shell: Shell,
    organization: Organization,
    contacts: Vec<Listed>,
    held: HashMap<Uuid, Vec<Held>>,
}

impl Show {
    /// The first e-mail address and telephone of a contact.
    fn reached_at(&self, contact: &Listed) -> String {
        let held = self.held.get(&contact.id);
        let ways = [IdentityKind::Email, IdentityKind::Phone]
            .into_iter()
            .filter_map(|kind| first(held, kind));
        ways.collect::<Vec<_>>().join(" · ")
    }

    fn preset(&self) -> String {
        encode(&self.organization.name)
    }
}

pub async fn show(may: May<right::ReadContacts>, State(app): State<App>, Path(id): Path<Uuid>) -> Result<Response> {
    let organization = organizations::get(&app.db, id).await?;
    let filter = Filter {
        organization: Some(id),
        ..Filter::default()
    };
    let contacts = contacts::list(&app.db, &filter, Sort::Name, None, MEMBERS).await?;
    let ids: Vec<Uuid> = contacts.iter().map(|contact| contact.id).collect();
    let held = identities::of_contacts(&app.db, &ids).await?;
    Ok(Html(Show {
        shell: Shell::new(may, "organizations"),
        organization,
        contacts,
        held,
    })
    .into_response())
}

#[derive(Template)]
#[template(path = "organizations/edit.html")]
struct Edit {
    shell: Shell,
    id: Option<Uuid>,
    form: Entry,
    problems: Problems,
}

impl Edit {
    fn back(&self) -> String {
        self.id.map_or_else(|| "/organizations".to_owned(), path)
    }
}

fn path(id: Uuid) -> String {
    format!("/organizations/{id}")
}

#[derive(Debug, Default)]
struct Entry {
    name: String,
    domain: String,
    fields: Vec<(String, String)>,
    version: i64,
}

impl Entry {
    fn of(pairs: Vec<(String, String)>) -> Self {
        let mut entry = Self::default();
        for (name, value) in pairs {
            let value = value.replace('\0', "");
            match name.as_str() {
                "name" => entry.name = value,
                "domain" => entry.domain = value,
                "version" => entry.version = value.parse().unwrap_or_default(),
                "field_name" => entry.fields.push((value, String::new())),
                "field_value" => {
                    if let Some(field) = entry.fields.last_mut() {
                        field.1 = value;
                    }
                }
                _ => {}
            }
        }
        entry
            .fields
            .retain(|(key, value)| !key.trim().is_empty() || !value.trim().is_empty());
        entry
    }

    /// The values, or what is wrong with them.
    fn read(&self) -> Result<Values, Problems> {
        let mut problems = Problems::default();
        let name = form::line(&self.name, 200);
        problems.check(name.is_some(), "name", "organization-name-wrong");
        let domain = voce_jobs::import::organizations::domain(&self.domain);
        problems.check(
            self.domain.trim().is_empty() || domain.is_some(),
            "domain",
            "import-problem-domain",
        );
        let fits = |(key, value): &(String, String)| {
            !key.trim().is_empty() && key.chars().count() <= 100 && value.chars().count() <= 2_000
        };
        problems.check(
            self.fields.iter().all(fits) && self.fields.len() <= 200,
            "fields",
            "contacts-field-name-missing",
        );
        let fields = self
            .fields
            .iter()
            .map(|(key, value)| (key.trim().to_owned(), value.trim().to_owned()))
            .collect();
        match name.filter(|_| problems.none()) {
            Some(name) => Ok(Values {
                name,
                domain,
                fields: contacts::Fields(fields),
            }),
            None => Err(problems),
        }
    }
}

type Editor = May<right::EditContacts>;

pub async fn new(may: Editor) -> Html<impl Template> {
    Html(Edit {
        shell: Shell::new(may, "organizations"),
        id: None,
        form: Entry::default(),
        problems: Problems::default(),
    })
}

pub async fn create(may: Editor, State(app): State<App>, Form(pairs): Form<Vec<(String, String)>>) -> Result<Response> {
    let form = Entry::of(pairs);
    let values = match form.read() {
        Ok(values) => values,
        Err(problems) => return Ok(again(may, None, form, problems)),
    };
    let mut tx = app.db.begin().await?;
    match organizations::create(&mut tx, &values, now()).await {
        Err(voce_store::Error::Exists) => Ok(again(may, None, form, taken())),
        created => {
            let id = created?;
            tx.commit().await?;
            Ok(see_other(
                &path(id),
                Some(Flash::done(may.user.text().get("organization-created"))),
            ))
        }
    }
}

pub async fn edit(may: Editor, State(app): State<App>, Path(id): Path<Uuid>) -> Result<Response> {
    let organization = organizations::get(&app.db, id).await?;
    let form = Entry {
        name: organization.name,
        domain: organization.domain.unwrap_or_default(),
        fields: organization.fields.0.into_iter().collect(),
        version: organization.updated_at,
    };
    let page = Edit {
        shell: Shell::new(may, "organizations"),
        id: Some(id),
        form,
        problems: Problems::default(),
    };
    Ok(Html(page).into_response())
}

pub async fn save(
    may: Editor,
    State(app): State<App>,
    Path(id): Path<Uuid>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response> {
    let form = Entry::of(pairs);
    let values = match form.read() {
        Ok(values) => values,
        Err(problems) => return Ok(again(may, Some(id), form, problems)),
    };
    let mut tx = app.db.begin().await?;
    match organizations::edit(&mut tx, id, &values, form.version, now()).await {
        Err(voce_store::Error::Exists) => Ok(again(may, Some(id), form, taken())),
        Err(voce_store::Error::Stale) => Ok(again(may, Some(id), form, Problems::of_form("error-stale"))),
        edited => {
            edited?;
            tx.commit().await?;
            Ok(see_other(&path(id), Some(Flash::done(may.user.text().get("saved")))))
        }
    }
}

fn taken() -> Problems {
    let mut problems = Problems::default();
    problems.add("name", "organization-taken");
    problems
}

fn again(may: Editor, id: Option<Uuid>, form: Entry, problems: Problems) -> Response {
    let page = Edit {
        shell: Shell::new(may, "organizations"),
        id,
        form,
        problems,
    };
    (StatusCode::UNPROCESSABLE_ENTITY, Html(page)).into_response()
}
