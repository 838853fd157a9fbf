//! Something that is shown once, on the page after an action: a new token, a link, recovery codes. It travels in a sealed
//! cookie of the browser that asked for it, and nowhere else.

use axum::http::{HeaderMap, HeaderValue};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use uuid::Uuid;

use crate::{App, Result, session};

const SECONDS: i64 = 120;

fn name(app: &App) -> &'static str {
    if app.secure() { "__Host-voce_once" } else { "voce_once" }
}

fn purpose(user: Uuid, what: &str) -> String {
    format!("once {user} {what}")
}

/// The header that hands `value` to the next page of this person that asks for `what`.
pub fn hand(app: &App, user: Uuid, what: &str, value: &str) -> Result<HeaderValue> {
    let sealed = app.vault.seal(&purpose(user, what), value.as_bytes());
    session::set_cookie(app, name(app), &BASE64_URL_SAFE_NO_PAD.encode(sealed), SECONDS)
}

/// What was handed on, if it was for this page and this person.
pub fn take(app: &App, headers: &HeaderMap, user: Uuid, what: &str) -> Option<String> {
    let sealed = BASE64_URL_SAFE_NO_PAD
        .decode(session::cookie(headers, name(app))?)
        .ok()?;
    String::from_utf8(app.vault.unseal(&purpose(user, what), &sealed).ok()?).ok()
}

/// The header that forgets it.
pub fn forget(app: &App) -> Result<HeaderValue> {
    session::set_cookie(app, name(app), "", 0)
}

/// A page that shows something once, and forgets it.
pub fn showing(app: &App, shown: bool, page: impl axum::response::IntoResponse) -> Result<axum::response::Response> {
    let mut response = page.into_response();
    if shown {
        response
            .headers_mut()
            .append(axum::http::header::SET_COOKIE, forget(app)?);
    }
    Ok(response)
}
