//! Joining by an invitation.

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
    invitations::{self, Invitation},
    secret,
    users::{self, NewUser},
};

use super::{Frame, Proven, begin_session, password};
use crate::{
    App, Result,
    form::{self, Problems},
    guard::{self, Anyone},
    session,
    shell::Html,
    state::now,
};

#[derive(Template)]
#[template(path = "auth/join.html")]
struct Page {
    frame: Frame,
    /// `None`: the link is void.
    invitation: Option<Invitation>,
    company: String,
    form: Entry,
    problems: Problems,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Entry {
    name: String,
    password: String,
}

pub async fn show(_: Anyone, State(app): State<App>, parts: Parts, Path(token): Path<String>) -> Result<Response> {
    page(&app, &parts, &token, Entry::default(), Problems::default()).await
}

pub async fn accept(
    _: Anyone,
    State(app): State<App>,
    parts: Parts,
    Path(token): Path<String>,
    Form(form): Form<Entry>,
) -> Result<Response> {
    guard::same_origin(&app, &parts)?;
    let Some(invitation) = invitations::find(&app.db, &secret::hash(&token), now()).await? else {
        return page(&app, &parts, &token, form, Problems::default()).await;
    };
    let mut problems = Problems::default();
    let name = form::line(&form.name, 100);
    problems.check(name.is_some(), "name", "name-needed");
    if let Some(key) = password::problem(&form.password, &invitation.email, &form.name) {
        problems.add("password", key);
    }
    let Some(name) = name.filter(|_| problems.none()) else {
        return page(&app, &parts, &token, form, problems).await;
    };
    let hash = password::hash(&form.password).await?;
    let now = now();
    let mut tx = app.db.begin().await?;
    let Ok(accepted) = invitations::accept(&mut tx, &secret::hash(&token), now).await else {
        drop(tx);
        return page(&app, &parts, &token, form, Problems::default()).await;
    };
    let locale = session::locale(&app, &parts.headers).code();
    let new = NewUser {
        email: &accepted.email,
        name: &name,
        role: accepted.role,
        locale,
        password_hash: Some(&hash),
    };
    let user_id = match users::create(&mut tx, &new, now).await {
        Ok(id) => id,
        Err(voce_store::Error::Exists) => {
            drop(tx);
            return page(&app, &parts, &token, form, Problems::of_form("join-exists")).await;
        }
        Err(error) => return Err(error.into()),
    };
    accepted.join(&mut tx, user_id).await?;
    let who = Who {
        id: Some(user_id),
        name: name.clone(),
        ip: session::address(&app, &parts),
    };
    let details = json!({ "email": accepted.email, "role": accepted.role });
    audit::write(&mut tx, now, &who, "user.joined", &name, details).await?;
    begin_session(
        &app,
        tx,
        &parts,
        Proven {
            user_id,
            name,
            password_hash: hash,
            by: "invitation",
        },
        "/",
    )
    .await
}

async fn page(app: &App, parts: &Parts, token: &str, form: Entry, problems: Problems) -> Result<Response> {
    let invitation = invitations::find(&app.db, &secret::hash(token), now()).await?;
    let company = voce_store::settings::company(&app.db).await?.name;
    let status = match (&invitation, problems.none()) {
        (None, _) => StatusCode::NOT_FOUND,
        (Some(_), true) => StatusCode::OK,
        (Some(_), false) => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let page = Page {
        frame: Frame::new(app, parts),
        invitation,
        company,
        form,
        problems,
    };
    Ok((status, Html(page)).into_response())
}
