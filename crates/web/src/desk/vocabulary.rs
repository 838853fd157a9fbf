//! Settings of the desk: tags, canned answers, request types.

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
    canned::{self, CannedRow},
    lessons,
    request_types::{self, RequestTypeRow},
    tags,
};

use super::{frame::builtin_type, marks::TagView};
use crate::{
    App, Error, Html, May, Result, Shell,
    flash::Flash,
    form::{self, Problems},
    right, see_other,
    state::now,
};

#[derive(Template)]
#[template(path = "desk/tags.html")]
struct Tags {
    shell: Shell,
    tags: Vec<TagLine>,
    form: TagForm,
    problems: Problems,
}

impl Tags {
    /// The colours of the design system, with their names.
    fn colors(&self) -> Vec<(String, String)> {
        (0..10)
            .map(|hue| (hue.to_string(), self.shell.t.get(&format!("hue-{hue}"))))
            .collect()
    }
}

struct TagLine {
    tag: TagView,
    color: String,
    uses: i64,
}

#[derive(Debug, Default, Deserialize)]
pub struct TagForm {
    #[serde(default)]
    name: String,
    /// `0` to `9`, or empty for the colour of the name.
    #[serde(default)]
    color: String,
}

/// `GET /settings/tags`
pub async fn tags(may: May<right::ManageRules>, State(app): State<App>) -> Result<Response> {
    tags_page(&app, may, TagForm::default(), Problems::default()).await
}

async fn tags_page(app: &App, may: May<right::ManageRules>, form: TagForm, problems: Problems) -> Result<Response> {
    let status = if problems.none() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    let tags = tags::all_with_use(&app.db).await?;
    let tags = tags
        .into_iter()
        .map(|(tag, uses)| TagLine {
            color: tag.color.clone(),
            tag: TagView::new(tag),
            uses,
        })
        .collect();
    Ok((
        status,
        Html(Tags {
            shell: Shell::new(may, "settings"),
            tags,
            form,
            problems,
        }),
    )
        .into_response())
}

impl TagForm {
    fn name(&self) -> Option<String> {
        form::line(&self.name, 40)
    }

    fn color(&self) -> &str {
        if self.color.len() == 1 && self.color.bytes().all(|byte| byte.is_ascii_digit()) {
            &self.color
        } else {
            ""
        }
    }
}

/// `POST /settings/tags`
pub async fn add_tag(
    may: May<right::ManageRules>,
    State(app): State<App>,
    Form(form): Form<TagForm>,
) -> Result<Response> {
    let Some(name) = form.name() else {
        let mut problems = Problems::default();
        problems.add("name", "tag-name-wrong");
        return tags_page(&app, may, form, problems).await;
    };
    let now = now();
    let mut tx = app.db.begin().await?;
    match tags::create(&mut tx, &name, form.color(), now).await {
        Ok(tag) => {
            audit::write(
                &mut tx,
                now,
                &may.user.who(),
                "tag.created",
                &name,
                json!({ "id": tag.id }),
            )
            .await?;
            tx.commit().await?;
            Ok(see_other(
                "/settings/tags",
                Some(Flash::done(may.user.text().get("saved"))),
            ))
        }
        Err(voce_store::Error::Exists) => {
            drop(tx);
            let mut problems = Problems::default();
            problems.add("name", "tag-name-taken");
            tags_page(&app, may, form, problems).await
        }
        Err(error) => Err(error.into()),
    }
}

/// `POST /settings/tags/{id}`
pub async fn edit_tag(
    may: May<right::ManageRules>,
    State(app): State<App>,
    Path(id): Path<Uuid>,
    Form(form): Form<TagForm>,
) -> Result<Response> {
    let t = may.user.text();
    let Some(name) = form.name() else {
        return Ok(see_other(
            "/settings/tags",
            Some(Flash::failed(t.get("tag-name-wrong"))),
        ));
    };
    let now = now();
    let mut tx = app.db.begin().await?;
    let flash = match tags::update(&mut tx, id, &name, form.color()).await {
        Ok(()) => {
            audit::write(&mut tx, now, &may.user.who(), "tag.changed", &name, json!({ "id": id })).await?;
            tx.commit().await?;
            Flash::done(t.get("saved"))
        }
        Err(voce_store::Error::Exists) => Flash::failed(t.get("tag-name-taken")),
        Err(error) => return Err(error.into()),
    };
    Ok(see_other("/settings/tags", Some(flash)))
}

/// `POST /settings/tags/{id}/delete`
pub async fn delete_tag(
    may: May<right::ManageRules>,
    State(app): State<App>,
    Path(id): Path<Uuid>,
) -> Result<Response> {
    let mut tx = app.db.begin().await?;
    tags::delete(&mut tx, id).await?;
    audit::write(
        &mut tx,
        now(),
        &may.user.who(),
        "tag.deleted",
        &id.to_string(),
        json!({}),
    )
    .await?;
    tx.commit().await?;
    Ok(see_other(
        "/settings/tags",
        Some(Flash::done(may.user.text().get("done-deleted"))),
    ))
}

#[derive(Template)]
#[template(path = "desk/canned.html")]
struct Canned {
    shell: Shell,
    rows: Vec<CannedRow>,
    form: CannedForm,
    /// The answer that is being changed.
    open: Option<Uuid>,
    problems: Problems,
}

#[derive(Debug, Default, Deserialize)]
pub struct CannedForm {
    #[serde(default)]
    shortcut: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    body: String,
}

/// `GET /settings/canned`
pub async fn canned(may: May<right::ManageRules>, State(app): State<App>) -> Result<Response> {
    canned_page(&app, may, CannedForm::default(), None, Problems::default()).await
}

/// `GET /settings/canned/{id}`
pub async fn open_canned(
    may: May<right::ManageRules>,
    State(app): State<App>,
    Path(id): Path<Uuid>,
) -> Result<Response> {
    let row = canned::get(&app.db, id).await?;
    let form = CannedForm {
        shortcut: row.shortcut,
        title: row.title,
        body: row.body,
    };
    canned_page(&app, may, form, Some(id), Problems::default()).await
}

async fn canned_page(
    app: &App,
    may: May<right::ManageRules>,
    form: CannedForm,
    open: Option<Uuid>,
    problems: Problems,
) -> Result<Response> {
    let status = if problems.none() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    let rows = canned::all(&app.db).await?;
    Ok((
        status,
        Html(Canned {
            shell: Shell::new(may, "settings"),
            rows,
            form,
            open,
            problems,
        }),
    )
        .into_response())
}

/// `POST /settings/canned`
pub async fn add_canned(
    may: May<right::ManageRules>,
    State(app): State<App>,
    Form(form): Form<CannedForm>,
) -> Result<Response> {
    save_canned(&app, may, form, None).await
}

/// `POST /settings/canned/{id}`
pub async fn edit_canned(
    may: May<right::ManageRules>,
    State(app): State<App>,
    Path(id): Path<Uuid>,
    Form(form): Form<CannedForm>,
) -> Result<Response> {
    canned::get(&app.db, id).await?;
    save_canned(&app, may, form, Some(id)).await
}

async fn save_canned(
    app: &App,
    may: May<right::ManageRules>,
    typed: CannedForm,
    open: Option<Uuid>,
) -> Result<Response> {
    let shortcut: String = voce_text::fold(&typed.shortcut)
        .split_whitespace()
        .collect::<Vec<_>>()
        .join("-");
    let title = form::line(&typed.title, 80);
    let mut problems = Problems::default();
    problems.check(
        !shortcut.is_empty() && shortcut.chars().count() <= 30,
        "shortcut",
        "canned-shortcut-wrong",
    );
    problems.check(title.is_some(), "title", "canned-title-wrong");
    problems.check(
        !typed.body.trim().is_empty() && typed.body.len() <= 20_000,
        "body",
        "canned-body-wrong",
    );
    let (Some(title), true) = (title, problems.none()) else {
        return canned_page(app, may, typed, open, problems).await;
    };
    let now = now();
    let id = open.unwrap_or_else(Uuid::now_v7);
    let row = CannedRow {
        id,
        shortcut,
        title,
        body: typed.body.replace("\r\n", "\n"),
        language: None,
        updated_at: now,
    };
    let mut tx = app.db.begin().await?;
    match canned::save(&mut tx, &row).await {
        Ok(()) => {
            audit::write(
                &mut tx,
                now,
                &may.user.who(),
                "canned.saved",
                &row.title,
                json!({ "id": id }),
            )
            .await?;
            tx.commit().await?;
            Ok(see_other(
                "/settings/canned",
                Some(Flash::done(may.user.text().get("saved"))),
            ))
        }
        Err(voce_store::Error::Exists) => {
            drop(tx);
            problems.add("shortcut", "canned-shortcut-taken");
            canned_page(app, may, typed, open, problems).await
        }
        Err(error) => Err(error.into()),
    }
}

/// `POST /settings/canned/{id}/delete`
pub async fn delete_canned(
    may: May<right::ManageRules>,
    State(app): State<App>,
    Path(id): Path<Uuid>,
) -> Result<Response> {
    let mut tx = app.db.begin().await?;
    canned::delete(&mut tx, id).await?;
    audit::write(
        &mut tx,
        now(),
        &may.user.who(),
        "canned.deleted",
        &id.to_string(),
        json!({}),
    )
    .await?;
    tx.commit().await?;
    Ok(see_other(
        "/settings/canned",
        Some(Flash::done(may.user.text().get("done-deleted"))),
    ))
}

#[derive(Template)]
#[template(path = "desk/types.html")]
struct Types {
    shell: Shell,
    types: Vec<TypeLine>,
}

struct TypeLine {
    row: RequestTypeRow,
    /// What it is called now.
    name: String,
    /// Examples and corrections that teach it.
    lessons: i64,
    first: bool,
    last: bool,
}

/// `GET /settings/request-types`
pub async fn types(may: May<right::ManageRules>, State(app): State<App>) -> Result<Response> {
    let rows = request_types::all(&app.db).await?;
    let t = may.user.text();
    let last = rows.len().saturating_sub(1);
    let taught = lessons::counts(&app.db, LabelKind::RequestType).await?;
    let line = |(at, row): (usize, RequestTypeRow)| TypeLine {
        lessons: taught
            .iter()
            .find(|(key, _)| *key == row.key)
            .map_or(0, |(_, lessons)| *lessons),
        name: row.name.clone().unwrap_or_else(|| builtin_type(&t, &row.key)),
        first: at == 0,
        last: at == last,
        row,
    };
    let types = rows.into_iter().enumerate().map(line).collect();
    Ok(Html(Types {
        shell: Shell::new(may, "settings"),
        types,
    })
    .into_response())
}

#[derive(Debug, Default, Deserialize)]
pub struct TypeForm {
    #[serde(default)]
    name: String,
    /// `up`, `down`, `archive`, `restore`; empty renames.
    #[serde(default)]
    action: String,
}

/// `POST /settings/request-types`
pub async fn add_type(
    may: May<right::ManageRules>,
    State(app): State<App>,
    Form(form): Form<TypeForm>,
) -> Result<Response> {
    let t = may.user.text();
    let Some(name) = form::line(&form.name, 60) else {
        return Ok(see_other(
            "/settings/request-types",
            Some(Flash::failed(t.get("type-name-wrong"))),
        ));
    };
    let mut tx = app.db.begin().await?;
    let flash = match request_types::create(&mut tx, &name).await {
        Ok(key) => {
            audit::write(
                &mut tx,
                now(),
                &may.user.who(),
                "request_type.created",
                &name,
                json!({ "key": key }),
            )
            .await?;
            tx.commit().await?;
            Flash::done(t.get("saved"))
        }
        Err(voce_store::Error::Exists) => Flash::failed(t.get("type-name-taken")),
        Err(error) => return Err(error.into()),
    };
    Ok(see_other("/settings/request-types", Some(flash)))
}

/// `POST /settings/request-types/{key}`
pub async fn edit_type(
    may: May<right::ManageRules>,
    State(app): State<App>,
    Path(key): Path<String>,
    Form(form): Form<TypeForm>,
) -> Result<Response> {
    let mut rows = request_types::all(&app.db).await?;
    let at = rows.iter().position(|row| row.key == key).ok_or(Error::NotFound)?;
    match form.action.as_str() {
        "up" if at > 0 => rows.swap(at, at - 1),
        "down" if at + 1 < rows.len() => rows.swap(at, at + 1),
        _ => {}
    }
    for (position, row) in rows.iter_mut().enumerate() {
        row.position = position as i64;
        if row.key == key {
            match form.action.as_str() {
                "archive" => row.archived = true,
                "restore" => row.archived = false,
                // An empty name gives a built-in type the locales' name back.
                "" => row.name = form::line(&form.name, 60),
                _ => {}
            }
        }
    }
    let mut tx = app.db.begin().await?;
    for row in &rows {
        request_types::save(&mut tx, row).await?;
    }
    audit::write(
        &mut tx,
        now(),
        &may.user.who(),
        "request_type.changed",
        &key,
        json!({ "action": form.action }),
    )
    .await?;
    tx.commit().await?;
    Ok(see_other(
        "/settings/request-types",
        Some(Flash::done(may.user.text().get("saved"))),
    ))
}
