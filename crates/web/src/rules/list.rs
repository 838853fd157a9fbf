//! The rules in their order, which is changed here.

use askama::Template;
use axum::{
    Form,
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;
use voce_store::{
    audit,
    rules::{self, StoredRule},
};

use super::{Supervisor, words::Choices};
use crate::{App, Error, Html, Result, Shell, flash::Flash, see_other, state::now};

pub(super) const LIST: &str = "/settings/rules";

#[derive(Template)]
#[template(path = "rules/list.html")]
struct Page {
    shell: Shell,
    lines: Vec<Line>,
}

struct Line {
    stored: StoredRule,
    conditions: Vec<(String, String)>,
    decisions: Vec<(String, String)>,
}

/// `GET /settings/rules`
pub async fn show(may: Supervisor, State(app): State<App>) -> Result<Response> {
    let t = may.user.text();
    let choices = Choices::read(&app, t).await?;
    let line = |stored: StoredRule| Line {
        conditions: choices.conditions(&t, &stored.rule.when),
        decisions: choices.decisions(&t, &stored.rule.then),
        stored,
    };
    let lines = rules::all(&app.db).await?.into_iter().map(line).collect();
    Ok(Html(Page {
        shell: Shell::new(may, "settings"),
        lines,
    })
    .into_response())
}

#[derive(Deserialize)]
pub struct Move {
    /// `up` or `down`.
    to: String,
}

/// `POST /settings/rules/{id}/move`: one place up or down.
pub async fn shift(
    may: Supervisor,
    State(app): State<App>,
    Path(id): Path<Uuid>,
    Form(wanted): Form<Move>,
) -> Result<Response> {
    let all = rules::all(&app.db).await?;
    let at = all
        .iter()
        .position(|stored| stored.rule.id == id)
        .ok_or(Error::NotFound)?;
    let other = match wanted.to.as_str() {
        "up" => at.checked_sub(1),
        "down" => Some(at + 1).filter(|next| *next < all.len()),
        _ => return Err(Error::Invalid("error-fields".into())),
    };
    if let Some(other) = other {
        let mut ids: Vec<Uuid> = all.iter().map(|stored| stored.rule.id).collect();
        ids.swap(at, other);
        let name = all.get(at).map(|stored| stored.rule.name.clone()).unwrap_or_default();
        let mut tx = app.db.begin().await?;
        rules::reorder(&mut tx, &ids).await?;
        audit::write(
            &mut tx,
            now(),
            &may.user.who(),
            "rule.moved",
            &name,
            json!({ "place": [at + 1, other + 1] }),
        )
        .await?;
        tx.commit().await?;
    }
    Ok(see_other(LIST, None))
}

/// `POST /settings/rules/{id}/switch`: on, or off.
pub async fn switch(may: Supervisor, State(app): State<App>, Path(id): Path<Uuid>) -> Result<Response> {
    let all = rules::all(&app.db).await?;
    let stored = all
        .into_iter()
        .find(|stored| stored.rule.id == id)
        .ok_or(Error::NotFound)?;
    let (action, said) = if stored.active {
        ("rule.off", "rule-now-off")
    } else {
        ("rule.on", "rule-now-on")
    };
    let now = now();
    let mut tx = app.db.begin().await?;
    rules::save(&mut tx, &stored.rule, !stored.active, now).await?;
    audit::write(&mut tx, now, &may.user.who(), action, &stored.rule.name, json!({})).await?;
    tx.commit().await?;
    Ok(see_other(
        LIST,
        Some(Flash::done(may.user.text().name(said, &stored.rule.name))),
    ))
}

/// `POST /settings/rules/{id}/delete`
pub async fn delete(may: Supervisor, State(app): State<App>, Path(id): Path<Uuid>) -> Result<Response> {
    let all = rules::all(&app.db).await?;
    let stored = all
        .into_iter()
        .find(|stored| stored.rule.id == id)
        .ok_or(Error::NotFound)?;
    let mut tx = app.db.begin().await?;
    rules::delete(&mut tx, id).await?;
    // Whole, so that it can be written again.
    let details = json!({ "when": stored.rule.when, "then": stored.rule.then });
    audit::write(
        &mut tx,
        now(),
        &may.user.who(),
        "rule.deleted",
        &stored.rule.name,
        details,
    )
    .await?;
    tx.commit().await?;
    Ok(see_other(
        LIST,
        Some(Flash::done(may.user.text().name("rule-deleted", &stored.rule.name))),
    ))
}
