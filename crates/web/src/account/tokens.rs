//! One's API tokens.

use askama::Template;
use axum::{
    Form,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::json;
use uuid::Uuid;
use voce_domain::permission::Permission;
use voce_store::{
    audit, secret,
    tokens::{self, NewToken, Token},
};

use super::in_person;
use crate::{
    App, Error, May, Result,
    flash::Flash,
    form::{self, Problems},
    once, right,
    session::{CurrentUser, TOKEN_PREFIX},
    shell::{Html, Shell, see_other},
    state::now,
};

#[derive(Template)]
#[template(path = "account/tokens.html")]
struct Page {
    shell: Shell,
    tokens: Vec<Token>,
    /// What the role allows, and so what a token may be given.
    scopes: Vec<Permission>,
    form: Entry,
    problems: Problems,
    /// The secret of a new token, shown once.
    secret: Option<String>,
    base_url: String,
    now: i64,
}

impl Page {
    fn chosen(&self, scope: &Permission) -> bool {
        self.form.scopes.contains(scope)
    }

    /// The scopes of a token that its owner's role still has, in words.
    fn rights(&self, token: &Token) -> Vec<String> {
        let t = self.shell.t;
        let left = token
            .permissions()
            .into_iter()
            .filter(|permission| self.shell.user.role.may(*permission));
        left.map(|permission| t.get(&format!("permission-{}", permission.key())))
            .collect()
    }

    fn expired(&self, token: &Token) -> bool {
        token.expires_at.is_some_and(|end| end <= self.now)
    }
}

/// A filled-in form; a checkbox comes as often as it is ticked.
#[derive(Debug, Default)]
struct Entry {
    name: String,
    scopes: Vec<Permission>,
    /// Days until it expires; 0 for never.
    days: i64,
}

impl Entry {
    fn read(fields: &[(String, String)]) -> Self {
        let value = |name: &str| {
            fields
                .iter()
                .find(|(key, _)| key == name)
                .map(|(_, value)| value.as_str())
        };
        let scopes = fields
            .iter()
            .filter(|(key, _)| key == "scope")
            .filter_map(|(_, value)| value.parse().ok());
        Self {
            name: value("name").unwrap_or_default().to_owned(),
            scopes: scopes.collect(),
            days: value("days").and_then(|days| days.parse().ok()).unwrap_or(90),
        }
    }
}

const SECRET: &str = "token";
const DAY: i64 = 24 * 60 * 60 * 1000;
/// How long a token may be made to last.
const LIFETIMES: [i64; 4] = [30, 90, 365, 0];

pub async fn show(may: May<right::OwnAccount>, State(app): State<App>, headers: HeaderMap) -> Result<Response> {
    in_person(&may.user)?;
    let secret = once::take(&app, &headers, may.user.id, SECRET);
    let (shown, form) = (
        secret.is_some(),
        Entry {
            days: 90,
            ..Entry::default()
        },
    );
    once::showing(
        &app,
        shown,
        Html(page(&app, may, form, Problems::default(), secret).await?),
    )
}

async fn page(
    app: &App,
    may: May<right::OwnAccount>,
    form: Entry,
    problems: Problems,
    secret: Option<String>,
) -> Result<Page> {
    Ok(Page {
        tokens: tokens::of_user(&app.db, may.user.id).await?,
        scopes: allowed(&may.user),
        form,
        problems,
        secret,
        base_url: app.options.base_url.as_str().trim_end_matches('/').to_owned(),
        now: now(),
        shell: Shell::new(may, "settings"),
    })
}

fn allowed(user: &CurrentUser) -> Vec<Permission> {
    Permission::ALL
        .iter()
        .copied()
        .filter(|permission| user.may(*permission))
        .collect()
}

pub async fn create(
    may: May<right::OwnAccount>,
    State(app): State<App>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response> {
    in_person(&may.user)?;
    let form = Entry::read(&fields);
    let mut problems = Problems::default();
    let name = form::line(&form.name, 100);
    problems.check(name.is_some(), "name", "name-needed");
    problems.check(!form.scopes.is_empty(), "scope", "token-scope-needed");
    problems.check(
        form.scopes.iter().all(|scope| may.user.may(*scope)),
        "scope",
        "token-scope-foreign",
    );
    problems.check(LIFETIMES.contains(&form.days), "days", "token-days-unknown");
    let Some(name) = name.filter(|_| problems.none()) else {
        let page = page(&app, may, form, problems, None).await?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, Html(page)).into_response());
    };
    let (now, secret) = (now(), secret::generate(TOKEN_PREFIX));
    let expires_at = (form.days > 0).then(|| now + form.days * DAY);
    let mut tx = app.db.begin().await?;
    let new = NewToken {
        user_id: may.user.id,
        name: &name,
        token_hash: &secret::hash(&secret),
        scopes: &form.scopes,
        expires_at,
    };
    tokens::create(&mut tx, &new, now).await?;
    let scopes: Vec<&str> = form.scopes.iter().map(|scope| scope.key()).collect();
    let expires = expires_at.map(|at| may.user.text().iso(&at));
    let details = json!({ "scopes": scopes.join(", "), "expires": expires });
    audit::write(&mut tx, now, &may.user.who(), "token.created", &name, details).await?;
    tx.commit().await?;
    let mut response = see_other("/account/tokens", None);
    response
        .headers_mut()
        .append(header::SET_COOKIE, once::hand(&app, may.user.id, SECRET, &secret)?);
    Ok(response)
}

pub async fn revoke(may: May<right::OwnAccount>, State(app): State<App>, Path(id): Path<Uuid>) -> Result<Response> {
    in_person(&may.user)?;
    let now = now();
    let mut tx = app.db.begin().await?;
    let name = tokens::revoke(&mut tx, may.user.id, id, now)
        .await?
        .ok_or(Error::NotFound)?;
    audit::write(&mut tx, now, &may.user.who(), "token.revoked", &name, json!({})).await?;
    tx.commit().await?;
    Ok(see_other(
        "/account/tokens",
        Some(Flash::done(may.user.text().get("token-revoked"))),
    ))
}
