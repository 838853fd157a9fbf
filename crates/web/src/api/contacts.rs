//! `/api/v1/contacts`: the people who write, and their addresses.

use std::collections::BTreeMap;

use axum::{extract::State, http::StatusCode, response::Response};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use voce_domain::{event::Actor, identity::Address};
use voce_events::shape::Contact;
use voce_identity::merge::Person;
use voce_store::{
    contacts::{self, Filter, From, Place, Sort},
    export, identities, organizations,
};

use super::{
    cases::{exists, given},
    extract::{Json, Path, Query},
    once::{Begun, Key},
    page::{self, Page},
};
use crate::{App, Error, May, Result, form, right, session::CurrentUser, state::now};

#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Asked {
    /// Beginnings of words of the name, an address, the organization, a field or the note.
    q: Option<String>,
    /// Only customers, or only prospects.
    customer: Option<bool>,
    organization: Option<Uuid>,
    /// `name` (unless said otherwise), `newest` or `oldest`.
    sort: Option<String>,
    /// Items of a page, 1 to 200.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
    /// `next` of the page before.
    cursor: Option<String>,
}

impl Asked {
    pub(crate) fn filter(&self) -> Filter {
        Filter {
            customer: self.customer,
            organization: self.organization,
            search: self.q.as_deref().map(|words| words.replace('\0', "")),
            field: None,
        }
    }

    pub(crate) fn sort(&self) -> Result<Sort> {
        match self.sort.as_deref() {
            None | Some("name") => Ok(Sort::Name),
            Some("newest") => Ok(Sort::Newest),
            Some("oldest") => Ok(Sort::Oldest),
            Some(_) => wrong("?sort", "must be `name`, `newest` or `oldest`"),
        }
    }
}

fn wrong<T>(pointer: &str, detail: &str) -> Result<T> {
    Err(Error::Fields(vec![(pointer.into(), detail.into())]))
}

/// List contacts
#[utoipa::path(get, path = "/api/v1/contacts", tag = "Contacts", params(Asked), responses((status = 200, body = Page<Contact>)))]
pub async fn list(
    _: May<right::ReadContacts>,
    State(app): State<App>,
    Query(asked): Query<Asked>,
) -> Result<axum::Json<Page<Contact>>> {
    let limit = page::limit(asked.limit)?;
    let place = page::place::<(String, i64, Uuid)>(asked.cursor.as_deref())?;
    let from = place.map(|(name_key, created_at, id)| {
        From::After(Place {
            name_key,
            created_at,
            id,
        })
    });
    let rows = contacts::list(&app.db, &asked.filter(), asked.sort()?, from.as_ref(), limit + 1).await?;
    let (rows, next) = Page::<Contact>::cut(rows, limit, |row| (row.name_key.clone(), row.created_at, row.id))?;
    let ids: Vec<Uuid> = rows.into_iter().map(|row| row.id).collect();
    let items = Contact::all(&app.db, &ids).await?;
    Ok(axum::Json(Page { items, next }))
}

/// Get a contact
///
/// One that was merged says into which.
#[utoipa::path(get, path = "/api/v1/contacts/{id}", tag = "Contacts", params(("id" = Uuid, Path)), responses((status = 200, body = Contact)))]
pub async fn get(
    _: May<right::ReadContacts>,
    State(app): State<App>,
    Path(id): Path<Uuid>,
) -> Result<axum::Json<Contact>> {
    Ok(axum::Json(one(&app, id).await?))
}

async fn one(app: &App, id: Uuid) -> Result<Contact> {
    Contact::all(&app.db, &[id]).await?.pop().ok_or(Error::NotFound)
}

/// An address of a contact, as people write it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewIdentity {
    /// `email`, `phone`, `handle` (`mastodon:anna@example.social`) or `customer_number`.
    #[schema(value_type = String, example = "email")]
    kind: voce_domain::identity::IdentityKind,
    #[schema(example = "anna@example.com")]
    value: String,
}

impl NewIdentity {
    fn address(&self, pointer: &str, user: &CurrentUser) -> Result<Address> {
        let address = voce_identity::normalize::address(self.kind, &self.value, &user.company.country);
        address.or_else(|error| wrong(&format!("{pointer}/value"), &error.to_string()))
    }
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewContact {
    #[schema(min_length = 1, max_length = 200)]
    name: String,
    /// In the registry; a prospect otherwise.
    #[serde(default)]
    customer: bool,
    organization_id: Option<Uuid>,
    /// ISO 639-1.
    language: Option<String>,
    #[serde(default)]
    note: String,
    /// Custom fields by their name.
    #[serde(default)]
    fields: BTreeMap<String, String>,
    #[serde(default)]
    identities: Vec<NewIdentity>,
}

/// Make a contact
#[utoipa::path(post, path = "/api/v1/contacts", tag = "Contacts", params(super::KeyHeader), request_body = NewContact, responses((status = 201, body = Contact), (status = 409, description = "An address belongs to somebody")))]
pub async fn create(
    may: May<right::EditContacts>,
    State(app): State<App>,
    key: Key,
    body: Json<NewContact>,
) -> Result<Response> {
    let once = match key.begin(&app, may.user.id, &body.bytes).await? {
        Begun::First(once) => once,
        Begun::Repeated(response) => return Ok(response),
    };
    let new = body.value;
    let mut addresses = Vec::with_capacity(new.identities.len());
    for (at, identity) in new.identities.iter().enumerate() {
        addresses.push(identity.address(&format!("/identities/{at}"), &may.user)?);
    }
    let mut person = Person {
        customer: new.customer,
        organization_id: new.organization_id,
        ..Person::default()
    };
    let values = Values {
        name: Some(new.name),
        language: Some(new.language),
        note: Some(new.note),
        fields: Some(new.fields),
    };
    values.apply(&mut person)?;
    if let Some(organization) = new.organization_id {
        exists(organizations::get(&app.db, organization).await, "/organization_id")?;
    }
    let mut tx = app.db.begin().await?;
    let id = contacts::create(&mut tx, &person, &addresses, Actor::user(may.user.id), now()).await?;
    let contact = Contact::new(
        contacts::get_in(&mut tx, id).await?,
        export::identities_in(&mut tx, id).await?,
    );
    once.end(tx, StatusCode::CREATED, &contact).await
}

/// The values that both making and changing check.
struct Values {
    name: Option<String>,
    language: Option<Option<String>>,
    note: Option<String>,
    fields: Option<BTreeMap<String, String>>,
}

impl Values {
    fn apply(self, person: &mut Person) -> Result<()> {
        if let Some(name) = self.name {
            let Some(name) = form::line(&name, 200) else {
                return wrong("/name", "must have from 1 to 200 characters");
            };
            person.name = name;
        }
        if let Some(language) = self.language {
            let known = |code: &String| code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_lowercase());
            if !language.as_ref().is_none_or(known) {
                return wrong("/language", "must be an ISO 639-1 code in lower case");
            }
            person.language = language;
        }
        if let Some(note) = self.note {
            if note.chars().count() > 10_000 {
                return wrong("/note", "is longer than 10000 characters");
            }
            person.note = note.replace('\0', "");
        }
        if let Some(fields) = self.fields {
            person.fields = checked_fields(fields)?;
        }
        Ok(())
    }
}

/// Custom fields without what the store cannot keep.
pub(crate) fn checked_fields(fields: BTreeMap<String, String>) -> Result<BTreeMap<String, String>> {
    if fields.len() > 100 {
        return wrong("/fields", "are more than 100");
    }
    let mut checked = BTreeMap::new();
    for (name, value) in fields {
        let Some(line) = form::line(&name, 100) else {
            return wrong("/fields", "have names of 1 to 100 characters");
        };
        if value.chars().count() > 5_000 {
            return wrong(
                &format!("/fields/{}", line.replace('~', "~0").replace('/', "~1")),
                "is longer than 5000 characters",
            );
        }
        checked.insert(line, value.replace('\0', ""));
    }
    Ok(checked)
}

/// What changes; whatever is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// The version that you have read: the change is refused (409) when the contact has another one meanwhile.
    version: Option<i64>,
    #[schema(min_length = 1, max_length = 200)]
    name: Option<String>,
    customer: Option<bool>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Uuid>)]
    organization_id: Option<Option<Uuid>>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    language: Option<Option<String>>,
    note: Option<String>,
    /// All custom fields.
    fields: Option<BTreeMap<String, String>>,
}

/// Change a contact
#[utoipa::path(patch, path = "/api/v1/contacts/{id}", tag = "Contacts", params(("id" = Uuid, Path)), request_body = Change, responses((status = 200, body = Contact), (status = 409, description = "Changed meanwhile, or merged")))]
pub async fn change(
    may: May<right::EditContacts>,
    State(app): State<App>,
    Path(id): Path<Uuid>,
    body: Json<Change>,
) -> Result<axum::Json<Contact>> {
    let change = body.value;
    if let Some(Some(organization)) = change.organization_id {
        exists(organizations::get(&app.db, organization).await, "/organization_id")?;
    }
    let mut tx = app.db.begin().await?;
    let before = contacts::get_in(&mut tx, id).await?;
    let mut person = before.person();
    person.customer = change.customer.unwrap_or(person.customer);
    person.organization_id = change.organization_id.unwrap_or(person.organization_id);
    let values = Values {
        name: change.name,
        language: change.language,
        note: change.note,
        fields: change.fields,
    };
    values.apply(&mut person)?;
    let version = change.version.unwrap_or(before.updated_at);
    contacts::edit(&mut tx, id, &person, version, Actor::user(may.user.id), now()).await?;
    tx.commit().await?;
    Ok(axum::Json(one(&app, id).await?))
}

/// Give a contact an address
#[utoipa::path(post, path = "/api/v1/contacts/{id}/identities", tag = "Contacts", params(("id" = Uuid, Path), super::KeyHeader), request_body = NewIdentity, responses((status = 201, body = Contact), (status = 409, description = "It belongs to somebody")))]
pub async fn add_identity(
    may: May<right::EditContacts>,
    State(app): State<App>,
    Path(id): Path<Uuid>,
    key: Key,
    body: Json<NewIdentity>,
) -> Result<Response> {
    let once = match key.begin(&app, may.user.id, &body.bytes).await? {
        Begun::First(once) => once,
        Begun::Repeated(response) => return Ok(response),
    };
    let address = body.value.address("", &may.user)?;
    let mut tx = app.db.begin().await?;
    if contacts::get_in(&mut tx, id).await?.merged_into.is_some() {
        return Err(Error::Conflict("error-stale".into()));
    }
    identities::add(&mut tx, id, &address, Actor::user(may.user.id), now()).await?;
    let contact = Contact::new(
        contacts::get_in(&mut tx, id).await?,
        export::identities_in(&mut tx, id).await?,
    );
    once.end(tx, StatusCode::CREATED, &contact).await
}

/// Take an address from a contact
#[utoipa::path(delete, path = "/api/v1/contacts/{id}/identities/{identity}", tag = "Contacts", params(("id" = Uuid, Path), ("identity" = Uuid, Path)), responses((status = 204), (status = 409, description = "Messages came from it")))]
pub async fn remove_identity(
    may: May<right::EditContacts>,
    State(app): State<App>,
    Path((id, identity)): Path<(Uuid, Uuid)>,
) -> Result<StatusCode> {
    let mut tx = app.db.begin().await?;
    identities::remove(&mut tx, identity, id, Actor::user(may.user.id), now()).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
