//! A request type is taught by examples: a dozen make a usable label, and every correction makes it better.

use askama::Template;
use axum::{
    Form,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;
use voce_domain::labels::LabelKind;
use voce_store::{
    audit,
    lessons::{self, Example, LONGEST_EXAMPLE},
    request_types,
};

use crate::{
    App, Error, May, Result,
    desk::frame::builtin_type,
    flash::Flash,
    form::Problems,
    right,
    shell::{Html, Shell, see_other},
    state::now,
};

/// Examples that are worth learning from.
const ENOUGH: usize = 12;
/// Lines of one form.
const MOST: usize = 500;

type Ruler = May<right::ManageRules>;

#[derive(Template)]
#[template(path = "quality/examples.html")]
struct Page {
    shell: Shell,
    key: String,
    name: String,
    examples: Vec<Example>,
    /// How many more would be good to have.
    missing: i64,
    form: Entry,
    problems: Problems,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Entry {
    /// One example a line.
    examples: String,
}

async fn page(app: &App, may: Ruler, key: String, form: Entry, problems: Problems) -> Result<Page> {
    let types = request_types::all(&app.db).await?;
    let row = types.into_iter().find(|row| row.key == key).ok_or(Error::NotFound)?;
    let name = row.name.unwrap_or_else(|| builtin_type(&may.user.text(), &key));
    let examples = lessons::examples(&app.db, LabelKind::RequestType, &key).await?;
    Ok(Page {
        missing: ENOUGH.saturating_sub(examples.len()) as i64,
        examples,
        shell: Shell::new(may, "settings"),
        key,
        name,
        form,
        problems,
    })
}

/// `GET /settings/request-types/{key}`
pub async fn show(may: Ruler, State(app): State<App>, Path(key): Path<String>) -> Result<Response> {
    let page = page(&app, may, key, Entry::default(), Problems::default()).await?;
    Ok(Html(page).into_response())
}

/// `POST /settings/request-types/{key}/examples`
pub async fn add(
    may: Ruler,
    State(app): State<App>,
    Path(key): Path<String>,
    Form(form): Form<Entry>,
) -> Result<Response> {
    let lines = form.examples.lines().map(str::trim).filter(|line| !line.is_empty());
    let texts: Vec<String> = lines.map(str::to_owned).collect();
    let mut problems = Problems::default();
    problems.check(!texts.is_empty(), "examples", "examples-needed");
    problems.check(texts.len() <= MOST, "examples", "examples-too-many");
    let short = texts.iter().all(|text| text.len() <= LONGEST_EXAMPLE);
    problems.check(short, "examples", "example-too-long");
    if !problems.none() {
        let page = page(&app, may, key, form, problems).await?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, Html(page)).into_response());
    }
    if !request_types::all(&app.db).await?.iter().any(|row| row.key == key) {
        return Err(Error::NotFound);
    }
    let now = now();
    let mut tx = app.db.begin().await?;
    let new = lessons::add_examples(&mut tx, LabelKind::RequestType, &key, &texts, may.user.id, now).await?;
    let data = json!({ "examples": new });
    audit::write(&mut tx, now, &may.user.who(), "request_type.taught", &key, data).await?;
    tx.commit().await?;
    let flash = Flash::done(may.user.text().count("examples-added", &(new as i64)));
    Ok(see_other(&format!("/settings/request-types/{key}"), Some(flash)))
}

/// `POST /settings/request-types/{key}/examples/{id}/remove`
pub async fn remove(may: Ruler, State(app): State<App>, Path((_, id)): Path<(String, Uuid)>) -> Result<Response> {
    let mut tx = app.db.begin().await?;
    let key = lessons::remove_example(&mut tx, id).await?;
    audit::write(
        &mut tx,
        now(),
        &may.user.who(),
        "request_type.untaught",
        &key,
        json!({}),
    )
    .await?;
    tx.commit().await?;
    let flash = Flash::done(may.user.text().get("example-removed"));
    Ok(see_other(&format!("/settings/request-types/{key}"), Some(flash)))
}
