//! A new password by a link that an administrator handed out.

use askama::Template;
use axum::{
    Form,
    extract::{Path, State},
    http::{StatusCode, request::Parts},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::json;
use voce_store::{
    audit::{self, Who},
    secret,
    users::{self, User},
};

use super::{Frame, password};
use crate::{
    App, Result,
    flash::Flash,
    form::Problems,
    guard::{self, Anyone},
    session,
    shell::{Html, see_other},
    state::now,
};

#[derive(Template)]
#[template(path = "auth/reset.html")]
struct Page {
    frame: Frame,
    /// `None`: the link is void.
    user: Option<User>,
    problems: Problems,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Entry {
    password: String,
}

pub async fn show(_: Anyone, State(app): State<App>, parts: Parts, Path(token): Path<String>) -> Result<Response> {
    page(&app, &parts, &token, Problems::default()).await
}

/// Changes the password and ends every session; the second factor stays, so the link alone lets nobody in.
pub async fn change(
    _: Anyone,
    State(app): State<App>,
    parts: Parts,
    Path(token): Path<String>,
    Form(form): Form<Entry>,
) -> Result<Response> {
    guard::same_origin(&app, &parts)?;
    let (now, token_hash) = (now(), secret::hash(&token));
    let Some(user) = users::of_reset(&app.db, &token_hash, now).await? else {
        return page(&app, &parts, &token, Problems::default()).await;
    };
    if let Some(key) = password::problem(&form.password, &user.email, &user.name) {
        let mut problems = Problems::default();
        problems.add("password", key);
        return page(&app, &parts, &token, problems).await;
    }
    let hash = password::hash(&form.password).await?;
    let mut tx = app.db.begin().await?;
    if users::spend_reset(&mut tx, &token_hash, now).await.is_err() {
        drop(tx);
        return page(&app, &parts, &token, Problems::default()).await;
    }
    users::set_password(&mut tx, user.id, &hash, None).await?;
    let who = Who {
        id: Some(user.id),
        name: user.name.clone(),
        ip: session::address(&app, &parts),
    };
    audit::write(
        &mut tx,
        now,
        &who,
        "user.password_changed",
        &user.name,
        json!({ "by": "link" }),
    )
    .await?;
    tx.commit().await?;
    let t = session::locale(&app, &parts.headers);
    Ok(see_other("/sign-in", Some(Flash::done(t.get("reset-done")))))
}

async fn page(app: &App, parts: &Parts, token: &str, problems: Problems) -> Result<Response> {
    let user = users::of_reset(&app.db, &secret::hash(token), now()).await?;
    let status = match (&user, problems.none()) {
        (None, _) => StatusCode::NOT_FOUND,
        (Some(_), true) => StatusCode::OK,
        (Some(_), false) => StatusCode::UNPROCESSABLE_ENTITY,
    };
    Ok((
        status,
        Html(Page {
            frame: Frame::new(app, parts),
            user,
            problems,
        }),
    )
        .into_response())
}
