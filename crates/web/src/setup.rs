//! The first run: the company and its first administrator, while there is nobody yet.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use askama::Template;
use axum::{
    Form,
    extract::{Request, State},
    http::{StatusCode, request::Parts},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use serde_json::json;
use voce_domain::permission::Role;
use voce_store::{
    audit::{self, Who},
    settings::{self, Company},
    users::{self, NewUser},
};

use crate::{
    App, Result,
    auth::{Frame, Proven, begin_session, password},
    form::{self, Problems},
    guard::{self, Anyone},
    session,
    settings_pages::company::zones,
    shell::{Html, see_other},
    state::now,
    text::Text,
};

#[derive(Template)]
#[template(path = "auth/set_up.html")]
struct Page {
    frame: Frame,
    form: Entry,
    problems: Problems,
    zones: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Entry {
    company: String,
    zone: String,
    locale: String,
    name: String,
    email: String,
    password: String,
}

pub async fn show(_: Anyone, State(app): State<App>, parts: Parts) -> Result<Response> {
    if users::any(&app.db).await? {
        return Ok(see_other("/", None));
    }
    let frame = Frame::new(&app, &parts);
    let form = Entry {
        zone: Company::default().zone,
        locale: frame.t.code().into(),
        ..Entry::default()
    };
    Ok(Html(Page {
        frame,
        form,
        problems: Problems::default(),
        zones: zones(),
    })
    .into_response())
}

/// Of two that come at the same time one founds the company, the other is sent to sign in.
pub async fn found(_: Anyone, State(app): State<App>, parts: Parts, Form(form): Form<Entry>) -> Result<Response> {
    guard::same_origin(&app, &parts)?;
    if users::any(&app.db).await? {
        return Ok(see_other("/sign-in", None));
    }
    let (valid, problems) = validate(&form);
    let Some(valid) = valid else {
        let frame = Frame::new(&app, &parts);
        let page = Page {
            frame,
            form,
            problems,
            zones: zones(),
        };
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, Html(page)).into_response());
    };
    let hash = password::hash(&form.password).await?;
    let now = now();
    let mut tx = app.db.begin().await?;
    match settings::found(&mut tx, now).await {
        Ok(()) => {}
        Err(voce_store::Error::Exists) => return Ok(see_other("/sign-in", None)),
        Err(error) => return Err(error.into()),
    }
    settings::save_company(&mut tx, &valid.company).await?;
    let new = NewUser {
        email: &valid.email,
        name: &valid.name,
        role: Role::Admin,
        locale: &valid.company.locale,
        password_hash: Some(&hash),
    };
    let user_id = users::create(&mut tx, &new, now).await?;
    let who = Who {
        id: Some(user_id),
        name: valid.name.clone(),
        ip: session::address(&app, &parts),
    };
    audit::write(
        &mut tx,
        now,
        &who,
        "company.founded",
        &valid.company.name,
        json!({ "admin": valid.email }),
    )
    .await?;
    begin_session(
        &app,
        tx,
        &parts,
        Proven {
            user_id,
            name: valid.name,
            password_hash: hash,
            by: "set_up",
        },
        "/",
    )
    .await
}

struct Valid {
    company: Company,
    name: String,
    email: String,
}

fn validate(form: &Entry) -> (Option<Valid>, Problems) {
    let mut problems = Problems::default();
    let (company, name, email) = (
        form::line(&form.company, 100),
        form::line(&form.name, 100),
        form::email(&form.email),
    );
    problems.check(company.is_some(), "company", "company-needed");
    problems.check(jiff::tz::TimeZone::get(&form.zone).is_ok(), "zone", "zone-unknown");
    problems.check(name.is_some(), "name", "name-needed");
    problems.check(email.is_some(), "email", "email-wrong");
    if let Some(key) = password::problem(&form.password, &form.email, &form.name) {
        problems.add("password", key);
    }
    let valid = match (company, name, email) {
        (Some(company), Some(name), Some(email)) if problems.none() => {
            let locale = Text::of(&form.locale).code().to_owned();
            let company = Company {
                name: company,
                zone: form.zone.clone(),
                locale,
                ..Company::default()
            };
            Some(Valid { company, name, email })
        }
        _ => None,
    };
    (valid, problems)
}

/// Whether somebody was seen to be there; it never becomes false again.
pub type Founded = Arc<AtomicBool>;

/// What answers while there is nobody: the set-up, its files, and what machines ask.
const OPEN: [&str; 6] = ["/set-up", "/language/", "/assets/", "/healthz", "/readyz", "/metrics"];

/// Leads every page to the set-up while there is nobody.
pub async fn gate(State((app, founded)): State<(App, Founded)>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let open = path.starts_with("/api/") || OPEN.iter().any(|start| path.starts_with(start));
    if open || founded.load(Ordering::Relaxed) {
        return next.run(request).await;
    }
    match users::any(&app.db).await {
        Ok(true) => {
            founded.store(true, Ordering::Relaxed);
            next.run(request).await
        }
        Ok(false) => Redirect::to("/set-up").into_response(),
        Err(error) => crate::Error::from(error).into_response(),
    }
}
