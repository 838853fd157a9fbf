//! One colleague: role, teams, access.

use askama::Template;
use axum::{
    Form,
    extract::{Path, State},
    http::{HeaderMap, header},
    response::Response,
};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;
use voce_domain::permission::Role;
use voce_store::{
    Tx, audit, secret,
    sessions::{self, Session},
    teams::{self, Team},
    tokens::{self, Token},
    users::{self, User},
};

use crate::{
    App, Error, May, Result,
    flash::Flash,
    once, right,
    settings_pages::audit::address_of,
    shell::{Html, Shell, see_other},
    state::now,
};

#[derive(Template)]
#[template(path = "people/person.html")]
struct Page {
    shell: Shell,
    user: User,
    teams: Vec<Team>,
    sessions: Vec<Session>,
    tokens: Vec<Token>,
    /// A link for a new password, shown once.
    link: Option<String>,
    /// Where what they did is listed.
    audit: String,
}

impl Page {
    fn roles(&self) -> &'static [Role] {
        Role::ALL
    }
}

const LINK: &str = "reset link";

type Admin = May<right::ManagePeople>;

pub async fn show(may: Admin, State(app): State<App>, Path(id): Path<Uuid>, headers: HeaderMap) -> Result<Response> {
    let user = users::by_id(&app.db, id).await?;
    let link = once::take(&app, &headers, may.user.id, &format!("{LINK} {id}"));
    let shown = link.is_some();
    let page = Page {
        teams: teams::of_user(&app.db, id).await?,
        sessions: sessions::of_user(&app.db, id, now()).await?,
        tokens: tokens::of_user(&app.db, id).await?,
        audit: address_of(id),
        user,
        link,
        shell: Shell::new(may, "settings"),
    };
    once::showing(&app, shown, Html(page))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct RoleEntry {
    role: String,
}

pub async fn set_role(
    may: Admin,
    State(app): State<App>,
    Path(id): Path<Uuid>,
    Form(form): Form<RoleEntry>,
) -> Result<Response> {
    let role: Role = form.role.parse().map_err(|_| Error::Invalid("role-unknown".into()))?;
    let user = users::by_id(&app.db, id).await?;
    let mut tx = app.db.begin().await?;
    let changed = users::set_role(&mut tx, id, role).await;
    finish(
        &app,
        &may,
        tx,
        changed,
        &user,
        "user.role_changed",
        json!({ "role": [user.role, role] }),
    )
    .await
}

pub async fn disable(may: Admin, State(app): State<App>, Path(id): Path<Uuid>) -> Result<Response> {
    let user = users::by_id(&app.db, id).await?;
    let mut tx = app.db.begin().await?;
    let changed = users::set_active(&mut tx, id, false, now()).await;
    finish(&app, &may, tx, changed, &user, "user.disabled", json!({})).await
}

pub async fn enable(may: Admin, State(app): State<App>, Path(id): Path<Uuid>) -> Result<Response> {
    let user = users::by_id(&app.db, id).await?;
    let mut tx = app.db.begin().await?;
    let changed = users::set_active(&mut tx, id, true, now()).await;
    finish(&app, &may, tx, changed, &user, "user.enabled", json!({})).await
}

/// Makes a link for a new password; the administrator hands it on.
pub async fn reset_link(may: Admin, State(app): State<App>, Path(id): Path<Uuid>) -> Result<Response> {
    let user = users::by_id(&app.db, id).await?;
    if !user.active {
        return Err(Error::Conflict("error-person-disabled".into()));
    }
    let token = secret::generate("");
    let mut tx = app.db.begin().await?;
    let opened = users::open_reset(&mut tx, id, &secret::hash(&token), now()).await;
    let mut response = finish(&app, &may, tx, opened, &user, "user.reset_link_made", json!({})).await?;
    let link = app
        .options
        .base_url
        .join(&format!("reset/{token}"))
        .map_err(Error::internal)?;
    let cookie = once::hand(&app, may.user.id, &format!("{LINK} {id}"), link.as_str())?;
    response.headers_mut().append(header::SET_COOKIE, cookie);
    Ok(response)
}

pub async fn end_sessions(may: Admin, State(app): State<App>, Path(id): Path<Uuid>) -> Result<Response> {
    let user = users::by_id(&app.db, id).await?;
    let mut tx = app.db.begin().await?;
    let keep = may.user.session().filter(|_| may.user.id == id);
    let ended = sessions::revoke_all(&mut tx, id, keep).await;
    finish(&app, &may, tx, ended, &user, "session.revoked", json!({ "all": true })).await
}

/// For somebody who lost their phone and their recovery codes.
pub async fn clear_second_factor(may: Admin, State(app): State<App>, Path(id): Path<Uuid>) -> Result<Response> {
    let user = users::by_id(&app.db, id).await?;
    let mut tx = app.db.begin().await?;
    let cleared = users::clear_totp(&mut tx, id).await;
    finish(
        &app,
        &may,
        tx,
        cleared,
        &user,
        "user.second_factor_off",
        json!({ "by": "admin" }),
    )
    .await
}

pub async fn revoke_token(
    may: Admin,
    State(app): State<App>,
    Path((id, token)): Path<(Uuid, Uuid)>,
) -> Result<Response> {
    let user = users::by_id(&app.db, id).await?;
    let mut tx = app.db.begin().await?;
    let name = tokens::revoke(&mut tx, id, token, now())
        .await?
        .ok_or(Error::NotFound)?;
    finish(&app, &may, tx, Ok(()), &user, "token.revoked", json!({ "token": name })).await
}

/// Writes down what was done and goes back to the person; what the store refuses is said there, and nothing is done.
async fn finish(
    app: &App,
    may: &Admin,
    mut tx: Tx,
    done: voce_store::Result<()>,
    user: &User,
    action: &str,
    details: Value,
) -> Result<Response> {
    let (t, back) = (may.user.text(), format!("/settings/people/{}", user.id));
    match done {
        Ok(()) => {}
        Err(voce_store::Error::Refused(key)) => return Ok(see_other(&back, Some(Flash::failed(t.get(key))))),
        Err(error) => return Err(error.into()),
    }
    audit::write(&mut tx, now(), &may.user.who(), action, &user.name, details).await?;
    tx.commit().await?;
    // Who has just taken their own rights away has no page of this kind any more.
    let still = users::by_id(&app.db, may.user.id)
        .await?
        .role
        .may(voce_domain::permission::Permission::ManagePeople);
    Ok(see_other(
        if still { &back } else { "/account" },
        Some(Flash::done(t.get("saved"))),
    ))
}
