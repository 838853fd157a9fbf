//! One's password and the browsers in which one is signed in.

use askama::Template;
use axum::{
    Form,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;
use voce_store::{
    audit,
    sessions::{self, Session},
    users,
};

use super::{in_person, prove};
use crate::{
    App, Error, May, Result,
    auth::{password, second_factor},
    flash::Flash,
    form::Problems,
    once, right,
    shell::{Html, Shell, see_other},
    state::now,
};

#[derive(Template)]
#[template(path = "account/security.html")]
pub(super) struct Page {
    shell: Shell,
    sessions: Vec<Session>,
    /// Of the browser that asks.
    current: Uuid,
    second_factor: bool,
    codes_left: i64,
    /// Recovery codes, shown once.
    codes: Vec<String>,
    problems: Problems,
}

impl Page {
    fn device(&self, session: &Session) -> String {
        device(&session.user_agent).unwrap_or_else(|| self.shell.t.get("device-unknown"))
    }
}

/// What recovery codes are handed on as.
pub(super) const CODES: &str = "recovery codes";

pub async fn show(may: May<right::OwnAccount>, State(app): State<App>, headers: HeaderMap) -> Result<Response> {
    in_person(&may.user)?;
    let codes = once::take(&app, &headers, may.user.id, CODES);
    let shown = codes.is_some();
    let codes = codes
        .map(|text| text.lines().map(str::to_owned).collect())
        .unwrap_or_default();
    once::showing(&app, shown, Html(page(&app, may, codes, Problems::default()).await?))
}

/// The page again, with what was wrong.
pub(super) async fn again(app: &App, may: May<right::OwnAccount>, problems: Problems) -> Result<Response> {
    let page = page(app, may, Vec::new(), problems).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, Html(page)).into_response())
}

async fn page(app: &App, may: May<right::OwnAccount>, codes: Vec<String>, problems: Problems) -> Result<Page> {
    let credentials = users::credentials_of(&app.db, may.user.id).await?;
    Ok(Page {
        sessions: sessions::of_user(&app.db, may.user.id, now()).await?,
        current: may.user.session().unwrap_or_default(),
        second_factor: credentials.totp_secret.is_some(),
        codes_left: i64::try_from(second_factor::codes_left(&credentials)).unwrap_or_default(),
        codes,
        problems,
        shell: Shell::new(may, "settings"),
    })
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct PasswordEntry {
    current: String,
    password: String,
}

/// Changes the password; whoever else is signed in with the old one is out.
pub async fn change_password(
    may: May<right::OwnAccount>,
    State(app): State<App>,
    Form(form): Form<PasswordEntry>,
) -> Result<Response> {
    in_person(&may.user)?;
    let mut problems = Problems::default();
    if let Some(key) = password::problem(&form.password, &may.user.email, &may.user.name) {
        problems.add("password", key);
    } else if let Err(key) = prove(&app, &may.user, &form.current).await? {
        problems.add("current", key);
    }
    if !problems.none() {
        return again(&app, may, problems).await;
    }
    let hash = password::hash(&form.password).await?;
    let mut tx = app.db.begin().await?;
    users::set_password(&mut tx, may.user.id, &hash, may.user.session()).await?;
    let who = may.user.who();
    audit::write(
        &mut tx,
        now(),
        &who,
        "user.password_changed",
        &who.name,
        json!({ "by": "password" }),
    )
    .await?;
    tx.commit().await?;
    done(&may, "password-changed")
}

pub async fn end_session(
    may: May<right::OwnAccount>,
    State(app): State<App>,
    Path(id): Path<Uuid>,
) -> Result<Response> {
    in_person(&may.user)?;
    let mut tx = app.db.begin().await?;
    if !sessions::revoke(&mut tx, may.user.id, id).await? {
        return Err(Error::NotFound);
    }
    let who = may.user.who();
    audit::write(
        &mut tx,
        now(),
        &who,
        "session.revoked",
        &who.name,
        json!({ "session": id }),
    )
    .await?;
    tx.commit().await?;
    done(&may, "session-ended")
}

pub async fn end_others(may: May<right::OwnAccount>, State(app): State<App>) -> Result<Response> {
    in_person(&may.user)?;
    let mut tx = app.db.begin().await?;
    sessions::revoke_all(&mut tx, may.user.id, may.user.session()).await?;
    let who = may.user.who();
    audit::write(
        &mut tx,
        now(),
        &who,
        "session.revoked",
        &who.name,
        json!({ "all": "others" }),
    )
    .await?;
    tx.commit().await?;
    done(&may, "sessions-ended")
}

pub(super) fn done(may: &May<right::OwnAccount>, key: &str) -> Result<Response> {
    Ok(see_other(
        "/account/security",
        Some(Flash::done(may.user.text().get(key))),
    ))
}

/// A browser and its system in words, e.g. `Firefox · Linux`, as far as its own description gives them away.
fn device(user_agent: &str) -> Option<String> {
    // Those who name several mean the first of this list.
    const BROWSERS: [(&str, &str); 7] = [
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("SamsungBrowser", "Samsung Internet"),
        ("Firefox/", "Firefox"),
        ("FxiOS", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ];
    const SYSTEMS: [(&str, &str); 6] = [
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("Linux", "Linux"),
    ];
    let named = |list: &[(&str, &'static str)]| {
        list.iter()
            .find(|(mark, _)| user_agent.contains(mark))
            .map(|(_, name)| *name)
    };
    match (named(&BROWSERS), named(&SYSTEMS)) {
        (Some(browser), Some(system)) => Some(format!("{browser} · {system}")),
        (Some(one), None) | (None, Some(one)) => Some(one.to_owned()),
        (None, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_are_named_as_people_know_them() {
        let edge = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36 Edg/140.0";
        assert_eq!(device(edge).as_deref(), Some("Edge · Windows"));
        let phone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1 (KHTML, like Gecko) Version/18.0 Mobile Safari/604.1";
        assert_eq!(device(phone).as_deref(), Some("Safari · iPhone"));
        assert_eq!(device("curl/8"), None);
    }
}
