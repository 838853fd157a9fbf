//! Who asks: the signed-in user behind a cookie or an API token.

use axum::http::{HeaderMap, header, request::Parts};
use uuid::Uuid;
use voce_domain::permission::{Permission, Role};

use crate::{App, Result, text::Text};

/// Somebody who is signed in.
#[derive(Debug, Clone)]
pub struct CurrentUser {
    pub id: Uuid,
    pub name: String,
    pub email: String,
    pub role: Role,
    pub locale: String,
    pub theme: String,
    pub signature: String,
    pub by: By,
}

/// How they proved it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum By {
    /// A session of a browser.
    Cookie { session: Uuid },
    /// An API token with its scopes.
    Token { token: Uuid, scopes: Vec<Permission> },
    /// The demo signs everybody in.
    Demo,
}

impl CurrentUser {
    /// The role allows it, and so does the token when there is one.
    pub fn may(&self, permission: Permission) -> bool {
        let scope = match &self.by {
            By::Token { scopes, .. } => scopes.contains(&permission),
            By::Cookie { .. } | By::Demo => true,
        };
        scope && self.role.may(permission)
    }

    pub fn by_cookie(&self) -> bool {
        !matches!(self.by, By::Token { .. })
    }

    pub fn text(&self) -> Text {
        Text::of(&self.locale)
    }
}

/// The user behind a request, if its cookie or token is good.
pub async fn identify(_app: &App, _parts: &Parts) -> Result<Option<CurrentUser>> {
    Ok(None)
}

/// The language for people who are not signed in.
pub fn locale(_app: &App, headers: &HeaderMap) -> Text {
    cookie(headers, "voce_locale").map(Text::of).unwrap_or_else(|| {
        Text::negotiate(
            headers
                .get(header::ACCEPT_LANGUAGE)
                .and_then(|value| value.to_str().ok()),
        )
    })
}

/// The value of a cookie.
pub fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let lines = headers
        .get_all(header::COOKIE)
        .into_iter()
        .filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(';')).find_map(|pair| {
        pair.trim()
            .split_once('=')
            .filter(|(key, _)| *key == name)
            .map(|(_, value)| value)
    })
}

/// A path of this installation: never another host, whatever a link says.
pub fn is_local(path: &str) -> bool {
    path.starts_with('/') && !path.starts_with("//") && !path.contains(['\\', '\r', '\n', '\t'])
}

/// Percent-encoding of a query value.
pub fn encode(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_of_ours_are_local() {
        assert!(is_local("/cases/1042?view=mine"));
        for foreign in [
            "https://evil.example",
            "//evil.example",
            "/\\evil.example",
            "evil",
            "",
            "/a\r\nb",
        ] {
            assert!(!is_local(foreign), "{foreign:?}");
        }
    }
}
