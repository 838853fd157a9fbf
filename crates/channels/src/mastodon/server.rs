//! Requests to one server in the name of one account.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use serde::de::DeserializeOwned;
use serde_json::Value;
use voce_domain::Millis;

use super::{entities::Instance, rate};
use crate::{
    Account, ConnectError,
    http::{self, Client, Request, Response, Stream},
};

/// Why a request did not bring what was asked for.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The token is not, or no longer, good for this (401, 403).
    #[error("the server denies access: {0}")]
    Denied(String),
    #[error("the server refuses ({status}): {reason}")]
    Refused { status: u16, reason: String },
    #[error("too many requests; the server asks to wait {} s", .0.as_secs())]
    Limited(Duration),
    #[error("the server has a problem ({status}): {reason}")]
    Down {
        status: u16,
        reason: String,
        after: Option<Duration>,
    },
    #[error(transparent)]
    Http(#[from] http::Error),
}

impl From<Failure> for ConnectError {
    fn from(failure: Failure) -> Self {
        let reason = failure.to_string();
        match failure {
            Failure::Denied(_) => Self::Settings(reason),
            Failure::Http(error) if error.is_final() => Self::Settings(reason),
            Failure::Refused { status: 404 | 410, .. } => Self::Settings(reason),
            Failure::Limited(after) => Self::Temporary {
                reason,
                after: Some(after),
            },
            Failure::Down { after, .. } => Self::Temporary { reason, after },
            Failure::Refused { .. } | Failure::Http(_) => Self::Temporary { reason, after: None },
        }
    }
}

pub struct Server {
    http: Client,
    base: String,
    token: String,
    /// No request before this moment: the limit is used up.
    resume: Mutex<Option<Instant>>,
}

/// Time for a request that a person may be waiting for.
const TIMEOUT: Duration = Duration::from_secs(20);
/// Longest silence of a stream: servers send a sign of life at least every 15 to 30 seconds.
const STREAM_SILENCE: Duration = Duration::from_secs(90);

impl Server {
    pub fn new(http: Client, base: &str, token: &str) -> Self {
        Self {
            http,
            base: base.trim_end_matches('/').to_owned(),
            token: token.to_owned(),
            resume: Mutex::new(None),
        }
    }

    /// The server of an account as configured.
    pub fn of(http: Client, account: &Account) -> Result<Self, ConnectError> {
        let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let base = base_url(&text(&account.config, "base_url"), http.policy().allow_private_hosts())
            .map_err(|problem| ConnectError::Settings(problem.to_string()))?;
        let token = text(&account.secrets, "access_token");
        if token.is_empty() {
            return Err(ConnectError::Settings(
                "the account has no access token: sign in again".into(),
            ));
        }
        Ok(Self::new(http, &base, &token))
    }

    pub fn base(&self) -> &str {
        &self.base
    }

    pub fn get(&self, path: &str) -> Request {
        self.authorized(self.http.get(&format!("{}{path}", self.base)))
    }

    pub fn post(&self, path: &str) -> Request {
        self.authorized(self.http.post(&format!("{}{path}", self.base)))
    }

    fn authorized(&self, request: Request) -> Request {
        let request = request.timeout(TIMEOUT);
        if self.token.is_empty() {
            request
        } else {
            request.bearer(&self.token)
        }
    }

    pub async fn json<T: DeserializeOwned>(&self, request: Request) -> Result<T, Failure> {
        Ok(self.send(request).await?.json()?)
    }

    /// Sends a request and turns unsuccessful answers into failures.
    pub async fn send(&self, request: Request) -> Result<Response, Failure> {
        if let Some(wait) = self.must_wait() {
            return Err(Failure::Limited(wait));
        }
        let response = request.send().await?;
        let wait = rate::wait(&response, now());
        *self.resume.lock().unwrap_or_else(PoisonError::into_inner) = wait.map(|wait| Instant::now() + wait);
        success(response, wait)
    }

    /// The events of the account's home, from `base` (the server may stream from another host).
    pub async fn stream(&self, base: &str) -> Result<Stream, Failure> {
        let request = self.authorized(self.http.get(&format!("{base}/api/v1/streaming/user")));
        let stream = request
            .header("accept", "text/event-stream")
            .timeout(STREAM_SILENCE)
            .stream()
            .await?;
        let events = stream
            .headers
            .get("content-type")
            .is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"));
        if stream.status.is_success() && events {
            return Ok(stream);
        }
        let reason = format!("no stream of events at {base}");
        Err(Failure::Refused {
            status: stream.status.as_u16(),
            reason,
        })
    }

    /// What the server says of itself, by the newer or the older version of the API.
    pub async fn instance(&self) -> Result<Instance, Failure> {
        match self.json(self.get("/api/v2/instance")).await {
            Err(Failure::Refused { .. } | Failure::Denied(_) | Failure::Http(http::Error::Answer(_))) => {
                self.json(self.get("/api/v1/instance")).await
            }
            other => other,
        }
    }

    fn must_wait(&self) -> Option<Duration> {
        let resume = *self.resume.lock().unwrap_or_else(PoisonError::into_inner);
        resume?
            .checked_duration_since(Instant::now())
            .filter(|wait| !wait.is_zero())
    }
}

fn success(response: Response, wait: Option<Duration>) -> Result<Response, Failure> {
    let status = response.status.as_u16();
    match status {
        200..=299 => Ok(response),
        401 | 403 => Err(Failure::Denied(reason(&response))),
        429 => Err(Failure::Limited(wait.unwrap_or_default())),
        500.. => Err(Failure::Down {
            status,
            reason: reason(&response),
            after: wait,
        }),
        _ => Err(Failure::Refused {
            status,
            reason: reason(&response),
        }),
    }
}

/// What the server says of its refusal, in words.
fn reason(response: &Response) -> String {
    let told = response.json::<Value>().ok().and_then(|body| {
        let text = |name| body.get(name).and_then(Value::as_str).map(str::to_owned);
        text("error_description")
            .or_else(|| text("error"))
            .or_else(|| text("message"))
    });
    told.unwrap_or_else(|| {
        response
            .status
            .canonical_reason()
            .unwrap_or("no reason given")
            .to_owned()
    })
}

/// Why a text is not the address of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BaseUrlError {
    #[error("not the address of a server")]
    Unreadable,
    #[error("the server must be reached by https")]
    NotHttps,
}

/// The address of a server out of what people type: `example.social`, `https://example.social/@anna`,
/// `@anna@example.social`. Plain http only where private hosts are allowed.
pub fn base_url(text: &str, allow_http: bool) -> Result<String, BaseUrlError> {
    let text = text.trim();
    let text = if text.contains("://") {
        text
    } else {
        text.rsplit('@').next().unwrap_or(text)
    };
    let full = if text.contains("://") {
        text.to_owned()
    } else {
        format!("https://{text}")
    };
    let url = url::Url::parse(&full).map_err(|_| BaseUrlError::Unreadable)?;
    if url.host_str().is_none_or(str::is_empty) {
        return Err(BaseUrlError::Unreadable);
    }
    match url.scheme() {
        "https" => Ok(url.origin().ascii_serialization()),
        "http" if allow_http => Ok(url.origin().ascii_serialization()),
        "http" => Err(BaseUrlError::NotHttps),
        _ => Err(BaseUrlError::Unreadable),
    }
}

pub fn now() -> Millis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Millis::try_from(since.as_millis()).unwrap_or(Millis::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_servers_as_people_type_them() {
        for text in [
            "example.social",
            " https://Example.Social/@anna ",
            "@anna@example.social",
            "anna@example.social",
        ] {
            assert_eq!(base_url(text, false).as_deref(), Ok("https://example.social"), "{text}");
        }
        assert_eq!(
            base_url("http://127.0.0.1:3000/", true).as_deref(),
            Ok("http://127.0.0.1:3000")
        );
        assert_eq!(base_url("http://example.social", false), Err(BaseUrlError::NotHttps));
        for text in ["", "https://", "ftp://example.social", "a b"] {
            assert_eq!(base_url(text, true), Err(BaseUrlError::Unreadable), "{text}");
        }
    }
}
