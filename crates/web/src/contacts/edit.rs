//! Writing a new contact, and changing what is known about one.

use askama::Template;
use axum::{
    Form,
    extract::{Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use uuid::Uuid;
use voce_domain::{
    event::Actor,
    identity::{Address, IdentityKind},
};
use voce_identity::{merge::Person, normalize};
use voce_store::{Tx, contacts, organizations};

use super::{identities::problem, path};
use crate::{
    App, Error, May, Result,
    flash::Flash,
    form::{self, Problems},
    right,
    shell::{Html, Shell, see_other},
    state::now,
};

/// Longest name, note, custom field and name of one, in characters.
const LONGEST_NAME: usize = 200;
const LONGEST_NOTE: usize = 20_000;
const LONGEST_FIELD: usize = 2_000;
const LONGEST_KEY: usize = 100;
/// Custom fields of a contact.
const MOST_FIELDS: usize = 200;

#[derive(Template)]
#[template(path = "contacts/edit.html")]
struct Page {
    shell: Shell,
    /// The contact that is changed; none for a new one.
    id: Option<Uuid>,
    form: Entry,
    problems: Problems,
}

impl Page {
    fn languages(&self) -> Vec<String> {
        let known = ["it", "en", "fr", "de", "es", "pt", "nl", "ro"].map(str::to_owned);
        let other = Some(self.form.language.clone()).filter(|code| !code.is_empty() && !known.contains(code));
        known.into_iter().chain(other).collect()
    }

    fn back(&self) -> String {
        self.id.map_or_else(|| "/contacts".to_owned(), path)
    }
}

/// The form as it was typed.
#[derive(Debug, Default)]
struct Entry {
    name: String,
    customer: bool,
    organization: String,
    language: String,
    note: String,
    fields: Vec<(String, String)>,
    version: i64,
    email: String,
    phone: String,
    customer_number: String,
}

impl Entry {
    /// Names and values of the custom fields come as pairs, in the order of the form.
    fn of(pairs: Vec<(String, String)>) -> Self {
        let mut entry = Self::default();
        for (name, value) in pairs {
            match name.as_str() {
                "name" => entry.name = value,
                "customer" => entry.customer = true,
                "organization" => entry.organization = value,
                "language" => entry.language = value,
                "note" => entry.note = value.replace("\r\n", "\n"),
                "version" => entry.version = value.parse().unwrap_or_default(),
                "email" => entry.email = value,
                "phone" => entry.phone = value,
                "customer_number" => entry.customer_number = value,
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

    fn check(&self) -> Problems {
        let mut problems = Problems::default();
        problems.check(
            form::line(&self.name, LONGEST_NAME).is_some(),
            "name",
            "contacts-name-wrong",
        );
        problems.check(
            self.organization.chars().count() <= LONGEST_NAME,
            "organization",
            "contacts-too-long",
        );
        problems.check(self.note.chars().count() <= LONGEST_NOTE, "note", "contacts-too-long");
        problems.check(self.language.len() <= 8, "language", "contacts-too-long");
        let fits = |(key, value): &(String, String)| {
            key.chars().count() <= LONGEST_KEY && value.chars().count() <= LONGEST_FIELD
        };
        problems.check(
            self.fields.iter().all(fits) && self.fields.len() <= MOST_FIELDS,
            "fields",
            "contacts-too-long",
        );
        problems.check(
            self.fields.iter().all(|(key, _)| !key.trim().is_empty()),
            "fields",
            "contacts-field-name-missing",
        );
        let mut keys: Vec<&str> = self.fields.iter().map(|(key, _)| key.trim()).collect();
        keys.sort_unstable();
        problems.check(
            keys.windows(2).all(|pair| pair.first() != pair.get(1)),
            "fields",
            "contacts-field-twice",
        );
        problems
    }

    /// The addresses of a new contact, each checked where it was typed.
    fn addresses(&self, country: &str, problems: &mut Problems) -> Vec<Address> {
        let typed = [
            (IdentityKind::Email, "email", &self.email),
            (IdentityKind::Phone, "phone", &self.phone),
            (IdentityKind::CustomerNumber, "customer_number", &self.customer_number),
        ];
        let mut addresses = Vec::new();
        for (kind, field, text) in typed {
            match normalize::address(kind, text, country) {
                _ if text.trim().is_empty() => {}
                Ok(address) => addresses.push(address),
                Err(error) => problems.add(field, problem(&error)),
            }
        }
        addresses
    }

    async fn person(&self, tx: &mut Tx, avatar_url: Option<String>) -> Result<Person> {
        let organization = form::line(&self.organization, LONGEST_NAME);
        Ok(Person {
            name: form::line(&self.name, LONGEST_NAME).unwrap_or_default(),
            customer: self.customer,
            organization_id: match organization {
                Some(name) => Some(organizations::named(tx, &name, now()).await?),
                None => None,
            },
            language: Some(self.language.clone()).filter(|code| !code.is_empty()),
            avatar_url,
            note: clean(&self.note).trim_end().to_owned(),
            fields: self
                .fields
                .iter()
                .map(|(key, value)| (clean(key).trim().to_owned(), clean(value).trim().to_owned()))
                .collect(),
        })
    }
}

/// Without NUL, which PostgreSQL cannot store.
fn clean(text: &str) -> String {
    text.replace('\0', "")
}

type Editor = May<right::EditContacts>;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Preset {
    organization: String,
    name: String,
}

pub async fn new(may: Editor, Query(preset): Query<Preset>) -> Html<impl Template> {
    let form = Entry {
        customer: true,
        organization: preset.organization,
        name: preset.name,
        ..Entry::default()
    };
    Html(Page {
        shell: Shell::new(may, "contacts"),
        id: None,
        form,
        problems: Problems::default(),
    })
}

pub async fn create(may: Editor, State(app): State<App>, Form(pairs): Form<Vec<(String, String)>>) -> Result<Response> {
    let form = Entry::of(pairs);
    let mut problems = form.check();
    let addresses = form.addresses(&may.user.company.country, &mut problems);
    for (address, field) in addresses
        .iter()
        .filter_map(|address| Some((address, field_of(address.kind)?)))
    {
        let taken = voce_store::identities::find(&app.db, address).await?.is_some();
        problems.check(!taken, field, "contacts-address-taken");
    }
    if !problems.none() {
        return Ok(again(may, None, form, problems));
    }
    let mut tx = app.db.begin().await?;
    let person = form.person(&mut tx, None).await?;
    match contacts::create(&mut tx, &person, &addresses, Actor::user(may.user.id), now()).await {
        // Somebody was faster.
        Err(voce_store::Error::Exists) => Ok(again(may, None, form, Problems::of_form("contacts-address-taken"))),
        created => {
            let id = created?;
            tx.commit().await?;
            Ok(see_other(
                &path(id),
                Some(Flash::done(may.user.text().get("contacts-created"))),
            ))
        }
    }
}

fn field_of(kind: IdentityKind) -> Option<&'static str> {
    match kind {
        IdentityKind::Email => Some("email"),
        IdentityKind::Phone => Some("phone"),
        IdentityKind::CustomerNumber => Some("customer_number"),
        IdentityKind::Handle => None,
    }
}

pub async fn edit(may: Editor, State(app): State<App>, Path(id): Path<Uuid>) -> Result<Response> {
    let contact = contacts::get(&app.db, id).await?;
    if contact.merged_into.is_some() {
        return Err(Error::NotFound);
    }
    let form = Entry {
        name: contact.name,
        customer: contact.customer,
        organization: contact.organization.unwrap_or_default(),
        language: contact.language.unwrap_or_default(),
        note: contact.note,
        fields: contact.fields.0.into_iter().collect(),
        version: contact.updated_at,
        ..Entry::default()
    };
    let page = Page {
        shell: Shell::new(may, "contacts"),
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
    let problems = form.check();
    if !problems.none() {
        return Ok(again(may, Some(id), form, problems));
    }
    let avatar_url = contacts::get(&app.db, id).await?.avatar_url;
    let mut tx = app.db.begin().await?;
    let person = form.person(&mut tx, avatar_url).await?;
    match contacts::edit(&mut tx, id, &person, form.version, Actor::user(may.user.id), now()).await {
        Err(voce_store::Error::Stale) => Ok(again(may, Some(id), form, Problems::of_form("error-stale"))),
        edited => {
            edited?;
            tx.commit().await?;
            Ok(see_other(&path(id), Some(Flash::done(may.user.text().get("saved")))))
        }
    }
}

fn again(may: Editor, id: Option<Uuid>, form: Entry, problems: Problems) -> Response {
    let page = Page {
        shell: Shell::new(may, "contacts"),
        id,
        form,
        problems,
    };
    (StatusCode::UNPROCESSABLE_ENTITY, Html(page)).into_response()
}
