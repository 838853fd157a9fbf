//! Signing in and out.

use askama::Template;
use axum::{
    Form,
    extract::{Query, State},
    http::{HeaderMap, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;
use voce_store::{
    audit::{self, Who},
    logins::{self, Guarded},
    secret, sessions,
    users::{self, Credentials},
};

use super::{Frame, Next, Proven, begin_session, local, password, second_factor};
use crate::{
    App, Error, May, Result,
    flash::Flash,
    form,
    guard::{self, Anyone},
    right, session,
    shell::{Html, see_other},
    state::now,
    text::Text,
};

#[derive(Template)]
#[template(path = "auth/sign_in.html")]
struct Page {
    frame: Frame,
    form: Entry,
    problem: Option<String>,
    flash: Option<Flash>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Entry {
    email: String,
    password: String,
    next: String,
}

pub async fn show(_: Anyone, State(app): State<App>, parts: Parts, Query(query): Query<Next>) -> Result<Response> {
    if session::identify(&app, &parts).await?.is_some() {
        return Ok(see_other(local(&query.next), None));
    }
    let form = Entry {
        next: local(&query.next).to_owned(),
        ..Entry::default()
    };
    Ok(Html(Page {
        frame: Frame::new(&app, &parts),
        form,
        problem: None,
        flash: Flash::read(&parts.headers),
    })
    .into_response())
}

/// The same answer, in the same time, whether the account does not exist, is disabled or has another password.
pub async fn enter(_: Anyone, State(app): State<App>, parts: Parts, Form(form): Form<Entry>) -> Result<Response> {
    guard::same_origin(&app, &parts)?;
    let email = form::email(&form.email).unwrap_or_else(|| form.email.trim().to_lowercase());
    let guarded = [
        Guarded::account(&email),
        Guarded::address(&session::address(&app, &parts)),
    ];
    if let Some(wait) = attempt(&app, &guarded).await? {
        return Ok(again(&app, &parts, form, Refusal::Wait(wait)));
    }
    let credentials = users::credentials(&app.db, &email).await?;
    let stored = credentials.as_ref().and_then(|found| found.password_hash.as_deref());
    let right = password::verify(&form.password, stored).await?;
    let Some(found) = credentials.filter(|found| right && found.active) else {
        refused(&app, &parts, &email, "password").await?;
        return Ok(again(&app, &parts, form, Refusal::Wrong));
    };
    let mut tx = app.db.begin().await?;
    logins::succeeded(&mut tx, &guarded[0]).await?;
    logins::uncount(&mut tx, &guarded[1]).await?;
    if found.totp_secret.is_some() {
        tx.commit().await?;
        return ask_for_code(&app, &found, &form.next);
    }
    let proven = Proven {
        user_id: found.id,
        name: found.name,
        password_hash: found.password_hash.unwrap_or_default(),
        by: "password",
    };
    begin_session(&app, tx, &parts, proven, &form.next).await
}

/// Counts an attempt, or says how many milliseconds to wait.
pub(crate) async fn attempt(app: &App, guarded: &[Guarded]) -> Result<Option<i64>> {
    let mut tx = app.db.begin().await?;
    let wait = logins::attempt(&mut tx, guarded, now()).await?;
    tx.commit().await?;
    Ok(wait)
}

/// Writes down that somebody was not let in.
async fn refused(app: &App, parts: &Parts, email: &str, by: &str) -> Result<()> {
    let mut tx = app.db.begin().await?;
    let shown: String = email.chars().take(254).collect();
    let who = Who {
        id: None,
        name: shown.clone(),
        ip: session::address(app, parts),
    };
    audit::write(&mut tx, now(), &who, "session.refused", &shown, json!({ "by": by })).await?;
    Ok(tx.commit().await?)
}

enum Refusal {
    Wrong,
    /// So many milliseconds.
    Wait(i64),
}

impl Refusal {
    fn status(&self) -> StatusCode {
        match self {
            Self::Wrong => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Wait(_) => StatusCode::TOO_MANY_REQUESTS,
        }
    }

    fn sentence(&self, t: Text, wrong: &str) -> String {
        match self {
            Self::Wrong => t.get(wrong),
            Self::Wait(millis) => t.count("sign-in-wait", &seconds(*millis)),
        }
    }

    fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        if let Self::Wait(millis) = self {
            headers.insert(header::RETRY_AFTER, seconds(*millis).into());
        }
        headers
    }
}

fn seconds(millis: i64) -> i64 {
    (millis + 999) / 1000
}

fn again(app: &App, parts: &Parts, form: Entry, refusal: Refusal) -> Response {
    let frame = Frame::new(app, parts);
    let problem = Some(refusal.sentence(frame.t, "sign-in-wrong"));
    let form = Entry {
        next: local(&form.next).to_owned(),
        ..form
    };
    (
        refusal.status(),
        refusal.headers(),
        Html(Page {
            frame,
            form,
            problem,
            flash: None,
        }),
    )
        .into_response()
}

/// What a browser holds between the two factors: sealed, so that nobody can make it up or read it.
#[derive(Serialize, Deserialize)]
struct Pending {
    user: Uuid,
    /// Ties it to the password that was verified.
    password: Vec<u8>,
    until: i64,
}

const PENDING_WINDOW: i64 = 10 * 60 * 1000;
const PENDING_PURPOSE: &str = "between two factors";

fn pending_name(app: &App) -> &'static str {
    if app.secure() {
        "__Host-voce_pending"
    } else {
        "voce_pending"
    }
}

fn ask_for_code(app: &App, found: &Credentials, next: &str) -> Result<Response> {
    let pending = Pending {
        user: found.id,
        password: secret::hash(found.password_hash.as_deref().unwrap_or_default()),
        until: now() + PENDING_WINDOW,
    };
    let json = serde_json::to_vec(&pending).map_err(Error::internal)?;
    let sealed = BASE64_URL_SAFE_NO_PAD.encode(app.vault.seal(PENDING_PURPOSE, &json));
    let mut response = see_other(&format!("/sign-in/code?next={}", session::encode(local(next))), None);
    let cookie = session::set_cookie(app, pending_name(app), &sealed, PENDING_WINDOW / 1000)?;
    response.headers_mut().append(header::SET_COOKIE, cookie);
    Ok(response)
}

/// Who gave the right password a moment ago in this browser.
async fn pending(app: &App, parts: &Parts) -> Result<Option<Credentials>> {
    let read = || {
        let sealed = BASE64_URL_SAFE_NO_PAD
            .decode(session::cookie(&parts.headers, pending_name(app))?)
            .ok()?;
        let json = app.vault.unseal(PENDING_PURPOSE, &sealed).ok()?;
        serde_json::from_slice::<Pending>(&json)
            .ok()
            .filter(|pending| pending.until > now())
    };
    let Some(pending) = read() else {
        return Ok(None);
    };
    match users::credentials_of(&app.db, pending.user).await {
        Ok(found) => {
            let same = secret::hash(found.password_hash.as_deref().unwrap_or_default()) == pending.password;
            Ok((same && found.active).then_some(found))
        }
        Err(voce_store::Error::NotFound) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

#[derive(Template)]
#[template(path = "auth/code.html")]
struct CodePage {
    frame: Frame,
    next: String,
    problem: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct CodeEntry {
    code: String,
    next: String,
}

pub async fn show_code(_: Anyone, State(app): State<App>, parts: Parts, Query(query): Query<Next>) -> Result<Response> {
    if pending(&app, &parts).await?.is_none() {
        return Ok(see_other("/sign-in", None));
    }
    let next = local(&query.next).to_owned();
    Ok(Html(CodePage {
        frame: Frame::new(&app, &parts),
        next,
        problem: None,
    })
    .into_response())
}

pub async fn enter_code(
    _: Anyone,
    State(app): State<App>,
    parts: Parts,
    Form(form): Form<CodeEntry>,
) -> Result<Response> {
    guard::same_origin(&app, &parts)?;
    let Some(found) = pending(&app, &parts).await? else {
        return Ok(see_other("/sign-in", None));
    };
    let guarded = [
        Guarded::second_factor(found.id),
        Guarded::address(&session::address(&app, &parts)),
    ];
    if let Some(wait) = attempt(&app, &guarded).await? {
        return Ok(code_again(&app, &parts, &form, Refusal::Wait(wait)));
    }
    let mut tx = app.db.begin().await?;
    let Some(by) = second_factor::spend(&app, &mut tx, &found, &form.code, now()).await? else {
        drop(tx);
        refused(&app, &parts, &found.email, "second_factor").await?;
        return Ok(code_again(&app, &parts, &form, Refusal::Wrong));
    };
    logins::succeeded(&mut tx, &guarded[0]).await?;
    logins::uncount(&mut tx, &guarded[1]).await?;
    let password_hash = found.password_hash.unwrap_or_default();
    let proven = Proven {
        user_id: found.id,
        name: found.name,
        password_hash,
        by,
    };
    let mut response = begin_session(&app, tx, &parts, proven, &form.next).await?;
    response.headers_mut().append(
        header::SET_COOKIE,
        session::set_cookie(&app, pending_name(&app), "", 0)?,
    );
    Ok(response)
}

fn code_again(app: &App, parts: &Parts, form: &CodeEntry, refusal: Refusal) -> Response {
    let frame = Frame::new(app, parts);
    let problem = Some(refusal.sentence(frame.t, "code-wrong"));
    let page = CodePage {
        frame,
        next: local(&form.next).to_owned(),
        problem,
    };
    (refusal.status(), refusal.headers(), Html(page)).into_response()
}

#[derive(Template)]
#[template(path = "auth/forgotten.html")]
struct ForgottenPage {
    frame: Frame,
}

/// An administrator hands out a link: mail may not work yet, or be what is broken.
pub async fn forgotten(_: Anyone, State(app): State<App>, parts: Parts) -> Result<Response> {
    Ok(Html(ForgottenPage {
        frame: Frame::new(&app, &parts),
    })
    .into_response())
}

pub async fn leave(may: May<right::OwnAccount>, State(app): State<App>) -> Result<Response> {
    if let Some(id) = may.user.session() {
        let mut tx = app.db.begin().await?;
        sessions::revoke(&mut tx, may.user.id, id).await?;
        audit::write(
            &mut tx,
            now(),
            &may.user.who(),
            "session.closed",
            &may.user.name,
            json!({}),
        )
        .await?;
        tx.commit().await?;
    }
    let mut response = see_other("/sign-in", None);
    response
        .headers_mut()
        .append(header::SET_COOKIE, session::cookie_header(&app, "")?);
    Ok(response)
}
