//! One sentence after an action, with the way back: kept in a cookie until the next page shows it.

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderValue, Method, header},
    middleware::Next,
    response::Response,
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

use crate::session;

const COOKIE: &str = "voce_flash";

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flash {
    /// Already in the reader's language.
    pub text: String,
    /// Where a POST takes the action back.
    pub undo: Option<String>,
    pub failed: bool,
}

impl Flash {
    pub fn done(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            undo: None,
            failed: false,
        }
    }

    pub fn failed(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            undo: None,
            failed: true,
        }
    }

    /// Offers to take the action back by a POST to a path of ours.
    pub fn undo(mut self, path: impl Into<String>) -> Self {
        self.undo = Some(path.into());
        self
    }

    pub fn read(headers: &HeaderMap) -> Option<Self> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(session::cookie(headers, COOKIE)?).ok()?;
        let flash: Self = serde_json::from_slice(&bytes).ok()?;
        flash.undo.as_deref().is_none_or(session::is_local).then_some(flash)
    }

    /// The header that hands it to the next page.
    pub fn set(&self) -> Option<HeaderValue> {
        let json = serde_json::to_vec(self).ok()?;
        format!(
            "{COOKIE}={}; Path=/; HttpOnly; SameSite=Lax; Max-Age=30",
            BASE64_URL_SAFE_NO_PAD.encode(json)
        )
        .parse()
        .ok()
    }

    /// Forgets it, once a page has shown it.
    pub fn clear(headers: &mut HeaderMap) {
        headers.append(
            header::SET_COOKIE,
            HeaderValue::from_static("voce_flash=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0"),
        );
    }
}

/// A layer of the pages: forgets the sentence once a page was made with it. Pages that a browser fetches ahead are not
/// looked at yet and leave it where it is.
pub async fn forget(request: Request, next: Next) -> Response {
    let ahead = ["sec-purpose", "x-sec-purpose"].iter().any(|name| {
        let purpose = request.headers().get(*name).and_then(|value| value.to_str().ok());
        purpose.is_some_and(|purpose| purpose.starts_with("prefetch"))
    });
    let shows = request.method() == Method::GET && !ahead && session::cookie(request.headers(), COOKIE).is_some();
    let mut response = next.run(request).await;
    let html = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    if shows && html {
        Flash::clear(response.headers_mut());
    }
    response
}
