//! Switching one's second factor on and off.

use askama::Template;
use axum::{
    Form,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::Deserialize;
use serde_json::json;
use voce_store::{audit, users};

use super::{
    in_person, prove,
    security::{CODES, again, done},
};
use crate::{
    App, Error, May, Result,
    auth::second_factor::{self, Enrolment},
    form::Problems,
    once, right,
    session::CurrentUser,
    shell::{Html, Shell},
    state::now,
};

#[derive(Template)]
#[template(path = "account/second_factor.html")]
struct Page {
    shell: Shell,
    enrolment: Enrolment,
    /// The secret on its way through the form, sealed.
    sealed: String,
    problems: Problems,
}

pub async fn show(may: May<right::OwnAccount>, State(app): State<App>) -> Result<Response> {
    in_person(&may.user)?;
    page(&app, may, second_factor::new_secret(), Problems::default())
}

fn page(app: &App, may: May<right::OwnAccount>, secret: Vec<u8>, problems: Problems) -> Result<Response> {
    let user = &may.user;
    let enrolment = second_factor::enrolment(&secret, &user.email, &user.company.name)?;
    let sealed = BASE64_URL_SAFE_NO_PAD.encode(app.vault.seal(&second_factor::purpose(user.id), &secret));
    let status = if problems.none() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    let page = Page {
        shell: Shell::new(may, "settings"),
        enrolment,
        sealed,
        problems,
    };
    Ok((status, Html(page)).into_response())
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Entry {
    sealed: String,
    code: String,
    current: String,
}

/// Switches it on once a code proves that the phone has the secret, and shows the recovery codes.
pub async fn enable(may: May<right::OwnAccount>, State(app): State<App>, Form(form): Form<Entry>) -> Result<Response> {
    in_person(&may.user)?;
    let Some((sealed, secret)) = opened(&app, &may.user, &form.sealed) else {
        return page(
            &app,
            may,
            second_factor::new_secret(),
            Problems::of_form("second-factor-again"),
        );
    };
    let now = now();
    let code: String = form.code.chars().filter(|c| !c.is_whitespace()).collect();
    let Some(step) = second_factor::step(&secret, &code, now) else {
        let mut problems = Problems::default();
        problems.add("code", "code-wrong");
        return page(&app, may, secret, problems);
    };
    if let Err(key) = prove(&app, &may.user, &form.current).await? {
        let mut problems = Problems::default();
        problems.add("current", key);
        return page(&app, may, secret, problems);
    }
    let (codes, hashes) = second_factor::recovery_codes(&app, may.user.id)?;
    let mut tx = app.db.begin().await?;
    users::set_totp(&mut tx, may.user.id, &sealed, step, &hashes).await?;
    let who = may.user.who();
    audit::write(&mut tx, now, &who, "user.second_factor_on", &who.name, json!({})).await?;
    tx.commit().await?;
    shown_once(&app, &may, &codes, "second-factor-is-on")
}

fn opened(app: &App, user: &CurrentUser, sealed: &str) -> Option<(Vec<u8>, Vec<u8>)> {
    let sealed = BASE64_URL_SAFE_NO_PAD.decode(sealed).ok()?;
    let secret = app.vault.unseal(&second_factor::purpose(user.id), &sealed).ok()?;
    Some((sealed, secret))
}

fn shown_once(app: &App, may: &May<right::OwnAccount>, codes: &[String], key: &str) -> Result<Response> {
    let mut response = done(may, key)?;
    let cookie = once::hand(app, may.user.id, CODES, &codes.join("\n"))?;
    response.headers_mut().append(header::SET_COOKIE, cookie);
    Ok(response)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Confirmation {
    confirm: String,
}

/// What is wrong with the password that was asked for again, as a problem of its field.
async fn confirmed(app: &App, user: &CurrentUser, form: &Confirmation) -> Result<Problems> {
    let mut problems = Problems::default();
    if let Err(key) = prove(app, user, &form.confirm).await? {
        problems.add("confirm", key);
    }
    Ok(problems)
}

pub async fn disable(
    may: May<right::OwnAccount>,
    State(app): State<App>,
    Form(form): Form<Confirmation>,
) -> Result<Response> {
    in_person(&may.user)?;
    let problems = confirmed(&app, &may.user, &form).await?;
    if !problems.none() {
        return again(&app, may, problems).await;
    }
    let mut tx = app.db.begin().await?;
    users::clear_totp(&mut tx, may.user.id).await?;
    let who = may.user.who();
    audit::write(&mut tx, now(), &who, "user.second_factor_off", &who.name, json!({})).await?;
    tx.commit().await?;
    done(&may, "second-factor-is-off")
}

/// New recovery codes in place of the old ones.
pub async fn renew_codes(
    may: May<right::OwnAccount>,
    State(app): State<App>,
    Form(form): Form<Confirmation>,
) -> Result<Response> {
    in_person(&may.user)?;
    let problems = confirmed(&app, &may.user, &form).await?;
    if !problems.none() {
        return again(&app, may, problems).await;
    }
    let credentials = users::credentials_of(&app.db, may.user.id).await?;
    let was = credentials.recovery_codes.ok_or(Error::NotFound)?;
    let (codes, hashes) = second_factor::recovery_codes(&app, may.user.id)?;
    let mut tx = app.db.begin().await?;
    if !users::replace_recovery_codes(&mut tx, may.user.id, &was, &hashes).await? {
        return Err(Error::Conflict("error-stale".into()));
    }
    let who = may.user.who();
    audit::write(
        &mut tx,
        now(),
        &who,
        "user.recovery_codes_renewed",
        &who.name,
        json!({}),
    )
    .await?;
    tx.commit().await?;
    shown_once(&app, &may, &codes, "recovery-codes-new")
}
