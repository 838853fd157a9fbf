//! One sentence after an action, with the way back: kept in a cookie until the next page shows it.

use axum::http::{HeaderMap, HeaderValue, header};
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
