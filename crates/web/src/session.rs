//! Who asks: the signed-in user behind a cookie or an API token.

use std::net::{IpAddr, SocketAddr};

use axum::{
    extract::ConnectInfo,
    http::{HeaderMap, HeaderValue, header, request::Parts},
};
use uuid::Uuid;
use voce_domain::permission::{Permission, Role};
use voce_store::{
    audit::Who,
    secret,
    sessions::{self, Holder},
    settings::Company,
    tokens,
};

use crate::{App, Result, api::memory::Memory, state::now, text::Text};

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
    /// The settings of their company; they come with the same query.
    pub company: Company,
    /// Where the request comes from; empty when that is not known.
    pub ip: String,
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

    /// The session of the browser that asks.
    pub fn session(&self) -> Option<Uuid> {
        match self.by {
            By::Cookie { session } => Some(session),
            By::Token { .. } | By::Demo => None,
        }
    }

    pub fn text(&self) -> Text {
        Text::of(&self.locale)
    }

    /// The company's time zone; UTC when its name is not known here.
    pub fn zone(&self) -> jiff::tz::TimeZone {
        jiff::tz::TimeZone::get(&self.company.zone).unwrap_or(jiff::tz::TimeZone::UTC)
    }

    /// As the audit log names them.
    pub fn who(&self) -> Who {
        Who {
            id: Some(self.id),
            name: self.name.clone(),
            ip: self.ip.clone(),
        }
    }

    fn new(holder: Holder, by: By, ip: String) -> Self {
        let person = holder.person;
        Self {
            id: person.user_id,
            name: person.name,
            email: person.email,
            role: person.role,
            locale: person.locale,
            theme: person.theme,
            signature: person.signature,
            by,
            company: holder.company,
            ip,
        }
    }
}

/// The user behind a request, if its cookie or token is good. One query.
pub async fn identify(app: &App, parts: &Parts) -> Result<Option<CurrentUser>> {
    let ip = address(app, parts);
    // Whoever shows a token wants to be judged by it: a bad one is not made good by a cookie.
    if let Some(authorization) = parts.headers.get(header::AUTHORIZATION) {
        let token = authorization.to_str().ok().and_then(bearer);
        return match token {
            Some(token) => by_token(app, parts, token, ip).await,
            None => Ok(None),
        };
    }
    if let Some(secret) = cookie(&parts.headers, cookie_name(app))
        && let Some(user) = by_session(app, secret, &ip).await?
    {
        return Ok(Some(user));
    }
    match app.options.demo_user {
        Some(user) => Ok(sessions::demo(&app.db, user)
            .await?
            .map(|holder| CurrentUser::new(holder, By::Demo, ip))),
        None => Ok(None),
    }
}

/// How API tokens begin, so that they are recognised when they leak.
pub const TOKEN_PREFIX: &str = "voce_";

fn bearer(authorization: &str) -> Option<&str> {
    let (scheme, token) = authorization.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && token.starts_with(TOKEN_PREFIX)).then_some(token)
}

/// Uses are noted at most so often.
const NOTE_EVERY: i64 = 60 * 1000;

async fn by_token(app: &App, parts: &Parts, token: &str, ip: String) -> Result<Option<CurrentUser>> {
    let now = now();
    let hash = secret::hash(token);
    // Messages come in by thousands a second: the intake remembers who sends them.
    let memory = parts
        .extensions
        .get::<Memory>()
        .filter(|_| parts.uri.path() == Memory::INTAKE);
    if let Some(user) = memory.and_then(|memory| memory.holder(&hash)) {
        return Ok(Some(CurrentUser { ip, ..user }));
    }
    let Some(holder) = tokens::find(&app.db, &hash, now).await? else {
        return Ok(None);
    };
    let id = holder.id;
    if holder.seen_at.is_none_or(|seen| now - seen >= NOTE_EVERY) {
        let db = app.db.clone();
        tokio::spawn(async move {
            let noted = async {
                let mut tx = db.begin().await?;
                tokens::touch(&mut tx, id, now).await?;
                tx.commit().await
            };
            log(noted.await);
        });
    }
    let scopes = tokens::permissions(holder.scopes.as_deref().unwrap_or_default());
    let user = CurrentUser::new(holder, By::Token { token: id, scopes }, ip);
    if let Some(memory) = memory {
        memory.remember(hash, user.clone());
    }
    Ok(Some(user))
}

async fn by_session(app: &App, secret: &str, ip: &str) -> Result<Option<CurrentUser>> {
    let now = now();
    let Some(holder) = sessions::find(&app.db, &secret::hash(secret), now).await? else {
        return Ok(None);
    };
    let (id, user) = (holder.id, holder.person.user_id);
    if holder.seen_at.is_none_or(|seen| now - seen >= NOTE_EVERY) {
        let (db, ip) = (app.db.clone(), ip.to_owned());
        tokio::spawn(async move {
            let noted = async {
                let mut tx = db.begin().await?;
                sessions::touch(&mut tx, id, user, &ip, now).await?;
                tx.commit().await
            };
            log(noted.await);
        });
    }
    Ok(Some(CurrentUser::new(
        holder,
        By::Cookie { session: id },
        ip.to_owned(),
    )))
}

/// Nobody waits for the note; that it failed is worth a line.
fn log(noted: voce_store::Result<()>) {
    if let Err(error) = noted {
        tracing::warn!(%error, "the use of a session was not noted");
    }
}

/// The address of the client. Behind a reverse proxy the last entry of `X-Forwarded-For`: the one that it wrote itself.
pub fn address(app: &App, parts: &Parts) -> String {
    let forwarded = parts
        .headers
        .get_all("x-forwarded-for")
        .iter()
        .next_back()
        .and_then(|line| line.to_str().ok());
    let forwarded = forwarded
        .and_then(|line| line.rsplit(',').next())
        .and_then(|last| last.trim().parse::<IpAddr>().ok());
    let direct = parts
        .extensions
        .get::<ConnectInfo<SocketAddr>>()
        .map(|info| info.0.ip());
    let ip = if app.options.behind_proxy {
        forwarded.or(direct)
    } else {
        direct
    };
    ip.map(|ip| ip.to_canonical().to_string()).unwrap_or_default()
}

/// `__Host-` binds a cookie to exactly this host and to TLS (RFC 6265bis, 4.1.3.2).
pub fn cookie_name(app: &App) -> &'static str {
    if app.secure() { "__Host-voce" } else { "voce" }
}

/// The header that signs a browser in, or out when `secret` is empty.
pub fn cookie_header(app: &App, secret: &str) -> Result<HeaderValue> {
    let seconds = if secret.is_empty() {
        0
    } else {
        sessions::LIFETIME / 1000
    };
    set_cookie(app, cookie_name(app), secret, seconds)
}

/// A cookie that scripts cannot read and other sites' forms do not send.
pub fn set_cookie(app: &App, name: &str, value: &str, seconds: i64) -> Result<HeaderValue> {
    let secure = if app.secure() { "; Secure" } else { "" };
    format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}")
        .parse()
        .map_err(crate::Error::internal)
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

    #[test]
    fn only_our_bearer_tokens_are_tokens() {
        assert_eq!(bearer("Bearer voce_1"), Some("voce_1"));
        assert_eq!(bearer("bearer  voce_1 "), Some("voce_1"));
        for other in ["Basic voce_1", "Bearer other", "voce_1", ""] {
            assert_eq!(bearer(other), None, "{other}");
        }
    }
}
