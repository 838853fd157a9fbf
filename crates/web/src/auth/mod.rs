//! Coming in: sign-in, second factor, invitations, forgotten passwords.

pub mod join;
pub mod password;
pub mod reset;
pub mod second_factor;
pub mod sign_in;

use axum::{
    http::{header, request::Parts},
    response::Response,
};
use serde_json::json;
use uuid::Uuid;
use voce_store::{
    Tx,
    audit::{self, Who},
    logins, secret,
    sessions::{self, NewSession},
    users,
};

use crate::{App, Result, guard::Anyone, session, shell, state::now, text::Text};

/// What `auth/layout.html` needs.
pub struct Frame {
    pub t: Text,
    /// Where switching the language comes back to.
    path: String,
}

impl Frame {
    pub fn new(app: &App, parts: &Parts) -> Self {
        let path = parts.uri.path_and_query().map(ToString::to_string).unwrap_or_default();
        Self {
            t: session::locale(app, &parts.headers),
            path,
        }
    }

    /// For the link to the other language.
    pub fn other_language(&self) -> String {
        let other = if self.t == Text::IT { "en" } else { "it" };
        format!("/language/{other}?next={}", session::encode(&self.path))
    }
}

/// Somebody who proved who they are and is about to be signed in.
pub struct Proven {
    pub user_id: Uuid,
    pub name: String,
    /// The password hash that was verified: it must still be theirs when the session begins.
    pub password_hash: String,
    /// By what, for the audit log: `password`, `second_factor`, `invitation`…
    pub by: &'static str,
}

/// Begins a session with a new secret (an old cookie of the browser is worth nothing afterwards) and goes on to `next`.
pub async fn begin_session(app: &App, mut tx: Tx, parts: &Parts, proven: Proven, next: &str) -> Result<Response> {
    let (now, ip, token) = (now(), session::address(app, parts), secret::generate(""));
    users::hold(&mut tx, proven.user_id, &proven.password_hash).await?;
    if let Some(old) = session::cookie(&parts.headers, session::cookie_name(app)) {
        sessions::end(&mut tx, &secret::hash(old)).await?;
    }
    let user_agent = parts
        .headers
        .get(header::USER_AGENT)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let user_agent: String = user_agent.chars().take(300).collect();
    let token_hash = secret::hash(&token);
    let new = NewSession {
        user_id: proven.user_id,
        token_hash: &token_hash,
        user_agent: &user_agent,
        ip: &ip,
    };
    sessions::create(&mut tx, &new, now).await?;
    // Signing in is rare: a good moment to clear away what has ended.
    sessions::prune(&mut tx, now).await?;
    logins::prune(&mut tx, now).await?;
    let who = Who {
        id: Some(proven.user_id),
        name: proven.name.clone(),
        ip,
    };
    audit::write(
        &mut tx,
        now,
        &who,
        "session.opened",
        &proven.name,
        json!({ "by": proven.by }),
    )
    .await?;
    tx.commit().await?;
    let mut response = shell::see_other(local(next), None);
    response
        .headers_mut()
        .append(header::SET_COOKIE, session::cookie_header(app, &token)?);
    Ok(response)
}

/// Where to go on: only ever a path of ours.
pub fn local(next: &str) -> &str {
    if session::is_local(next) { next } else { "/" }
}

/// Remembers the language of somebody who is not signed in.
pub async fn language(
    _: Anyone,
    axum::extract::State(app): axum::extract::State<App>,
    axum::extract::Path(code): axum::extract::Path<String>,
    axum::extract::Query(query): axum::extract::Query<Next>,
) -> Result<Response> {
    let mut response = shell::see_other(local(&query.next), None);
    let cookie = session::set_cookie(&app, "voce_locale", Text::of(&code).code(), 365 * 24 * 60 * 60)?;
    response.headers_mut().append(header::SET_COOKIE, cookie);
    Ok(response)
}

#[derive(Debug, Default, serde::Deserialize)]
pub struct Next {
    #[serde(default)]
    pub next: String,
}
