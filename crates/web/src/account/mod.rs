//! One's own account: name and language, password and second factor, sessions, API tokens.

pub mod second_factor;
pub mod security;
pub mod tokens;

use askama::Template;
use axum::{
    Form,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use voce_store::{
    logins::{self, Guarded},
    users::{self, Credentials, Profile},
};

use crate::{
    App, Error, May, Result,
    auth::{password, sign_in},
    flash::Flash,
    form::{self, Problems},
    right,
    session::CurrentUser,
    shell::{Html, Shell, see_other},
    text::Text,
};

#[derive(Template)]
#[template(path = "account/profile.html")]
struct Page {
    shell: Shell,
    form: Entry,
    problems: Problems,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Entry {
    name: String,
    locale: String,
    theme: String,
    signature: String,
}

const THEMES: [&str; 3] = ["auto", "light", "dark"];
const LONGEST_SIGNATURE: usize = 2_000;

pub async fn show(may: May<right::OwnAccount>) -> Result<Response> {
    let user = &may.user;
    let form = Entry {
        name: user.name.clone(),
        locale: user.locale.clone(),
        theme: user.theme.clone(),
        signature: user.signature.clone(),
    };
    Ok(Html(Page {
        shell: Shell::new(may, "settings"),
        form,
        problems: Problems::default(),
    })
    .into_response())
}

pub async fn save(may: May<right::OwnAccount>, State(app): State<App>, Form(form): Form<Entry>) -> Result<Response> {
    let mut problems = Problems::default();
    let name = form::line(&form.name, 100);
    problems.check(name.is_some(), "name", "name-needed");
    let signature = form.signature.trim().replace("\r\n", "\n");
    problems.check(
        signature.chars().count() <= LONGEST_SIGNATURE,
        "signature",
        "signature-long",
    );
    problems.check(THEMES.contains(&form.theme.as_str()), "theme", "theme-unknown");
    let Some(name) = name.filter(|_| problems.none()) else {
        let page = Page {
            shell: Shell::new(may, "settings"),
            form,
            problems,
        };
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, Html(page)).into_response());
    };
    let t = Text::of(&form.locale);
    let mut tx = app.db.begin().await?;
    let profile = Profile {
        name: &name,
        locale: t.code(),
        theme: &form.theme,
        signature: &signature,
    };
    users::save_profile(&mut tx, may.user.id, &profile).await?;
    tx.commit().await?;
    Ok(see_other("/account", Some(Flash::done(t.get("saved")))))
}

/// Keys and passwords are a person's own business: a program with a token has no part in them, or it could make itself
/// further tokens.
pub(crate) fn in_person(user: &CurrentUser) -> Result<()> {
    if user.by_cookie() {
        Ok(())
    } else {
        Err(Error::Forbidden)
    }
}

/// Asks for the password again before something that a borrowed browser must not do. The key of a sentence when it is
/// not theirs; guesses are slowed down as at the sign-in.
pub(crate) async fn prove(app: &App, user: &CurrentUser, given: &str) -> Result<Result<Credentials, &'static str>> {
    let guarded = [Guarded::account(&user.email)];
    if sign_in::attempt(app, &guarded).await?.is_some() {
        return Ok(Err("error-too-many"));
    }
    let credentials = users::credentials_of(&app.db, user.id).await?;
    if !password::verify(given, credentials.password_hash.as_deref()).await? {
        return Ok(Err("password-wrong"));
    }
    let mut tx = app.db.begin().await?;
    logins::succeeded(&mut tx, &guarded[0]).await?;
    tx.commit().await?;
    Ok(Ok(credentials))
}
