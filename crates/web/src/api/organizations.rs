//! `/api/v1/organizations`: the companies that contacts belong to.

use std::collections::BTreeMap;

use axum::{extract::State, http::StatusCode, response::Response};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use voce_events::shape::{Organization, Time};
use voce_store::{
    contacts::Fields,
    organizations::{self, From, Values},
};

use super::{
    cases::given,
    contacts::checked_fields,
    extract::{Json, Path, Query},
    once::{Begun, Key},
    page::{self, Page},
};
use crate::{App, Error, May, Result, form, right, state::now};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Asked {
    /// The beginning of the name.
    q: Option<String>,
    /// Items of a page, 1 to 200.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
    /// `next` of the page before.
    cursor: Option<String>,
}

/// List organizations
#[utoipa::path(get, path = "/api/v1/organizations", tag = "Organizations", params(Asked), responses((status = 200, body = Page<Organization>)))]
pub async fn list(
    _: May<right::ReadContacts>,
    State(app): State<App>,
    Query(asked): Query<Asked>,
) -> Result<axum::Json<Page<Organization>>> {
    let limit = page::limit(asked.limit)?;
    let from = page::place::<String>(asked.cursor.as_deref())?.map(From::After);
    let search = asked.q.unwrap_or_default().replace('\0', "");
    let rows = organizations::list(&app.db, &search, from.as_ref(), limit + 1).await?;
    let (rows, next) = Page::<Organization>::cut(rows, limit, |row| row.name_key.clone())?;
    Ok(axum::Json(Page {
        items: rows.into_iter().map(Organization::from).collect(),
        next,
    }))
}

/// Get an organization
#[utoipa::path(get, path = "/api/v1/organizations/{id}", tag = "Organizations", params(("id" = Uuid, Path)), responses((status = 200, body = Organization)))]
pub async fn get(
    _: May<right::ReadContacts>,
    State(app): State<App>,
    Path(id): Path<Uuid>,
) -> Result<axum::Json<Organization>> {
    Ok(axum::Json(organizations::get(&app.db, id).await?.into()))
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewOrganization {
    #[schema(min_length = 1, max_length = 200)]
    name: String,
    /// Of its web site and mail addresses.
    #[schema(example = "example.com")]
    domain: Option<String>,
    /// Custom fields by their name.
    #[serde(default)]
    fields: BTreeMap<String, String>,
}

/// Make an organization
#[utoipa::path(post, path = "/api/v1/organizations", tag = "Organizations", params(super::KeyHeader), request_body = NewOrganization, responses((status = 201, body = Organization), (status = 409, description = "There is one of that name")))]
pub async fn create(
    may: May<right::EditContacts>,
    State(app): State<App>,
    key: Key,
    body: Json<NewOrganization>,
) -> Result<Response> {
    let once = match key.begin(&app, may.user.id, &body.bytes).await? {
        Begun::First(once) => once,
        Begun::Repeated(response) => return Ok(response),
    };
    let new = body.value;
    let values = Values {
        name: name(&new.name)?,
        domain: domain(new.domain)?,
        fields: Fields(checked_fields(new.fields)?),
    };
    let now = now();
    let mut tx = app.db.begin().await?;
    let id = organizations::create(&mut tx, &values, now).await?;
    let (created_at, updated_at) = (Time(now), Time(now));
    let made = Organization {
        id,
        name: values.name,
        domain: values.domain,
        fields: values.fields.0,
        created_at,
        updated_at,
        version: now,
    };
    once.end(tx, StatusCode::CREATED, &made).await
}

fn name(text: &str) -> Result<String> {
    form::line(text, 200)
        .ok_or_else(|| Error::Fields(vec![("/name".into(), "must have from 1 to 200 characters".into())]))
}

fn domain(text: Option<String>) -> Result<Option<String>> {
    let Some(text) = text
        .map(|text| text.trim().to_lowercase())
        .filter(|text| !text.is_empty())
    else {
        return Ok(None);
    };
    let sound = text.len() <= 253
        && text
            .chars()
            .all(|letter| letter.is_alphanumeric() || matches!(letter, '.' | '-'));
    if sound {
        Ok(Some(text))
    } else {
        Err(Error::Fields(vec![("/domain".into(), "is not a domain".into())]))
    }
}

/// What changes; whatever is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// The version that you have read: the change is refused (409) when the organization has another one meanwhile.
    version: Option<i64>,
    #[schema(min_length = 1, max_length = 200)]
    name: Option<String>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    domain: Option<Option<String>>,
    /// All custom fields.
    fields: Option<BTreeMap<String, String>>,
}

/// Change an organization
#[utoipa::path(patch, path = "/api/v1/organizations/{id}", tag = "Organizations", params(("id" = Uuid, Path)), request_body = Change, responses((status = 200, body = Organization), (status = 409, description = "Changed meanwhile, or the name is taken")))]
pub async fn change(
    _: May<right::EditContacts>,
    State(app): State<App>,
    Path(id): Path<Uuid>,
    body: Json<Change>,
) -> Result<axum::Json<Organization>> {
    let change = body.value;
    let before = organizations::get(&app.db, id).await?;
    let mut values = before.values();
    if let Some(text) = change.name {
        values.name = name(&text)?;
    }
    if let Some(text) = change.domain {
        values.domain = domain(text)?;
    }
    if let Some(fields) = change.fields {
        values.fields = Fields(checked_fields(fields)?);
    }
    let mut tx = app.db.begin().await?;
    organizations::edit(&mut tx, id, &values, change.version.unwrap_or(before.updated_at), now()).await?;
    tx.commit().await?;
    Ok(axum::Json(organizations::get(&app.db, id).await?.into()))
}
