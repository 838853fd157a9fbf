//! What a handler can fail with, and how a person or a program is told.

use axum::{
    extract::{Request, State},
    http::{StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use serde_json::json;

use crate::{App, session, text::Text};

pub type Result<T, E = Error> = std::result::Result<T, E>;

#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    #[error("not signed in")]
    SignedOut,
    #[error("not allowed")]
    Forbidden,
    #[error("the request came from another site")]
    CrossSite,
    #[error("not found")]
    NotFound,
    /// Wrong input; the text is a key of the locales, or already a sentence.
    #[error("{0}")]
    Invalid(String),
    /// Wrong fields of an API call: JSON pointer and what is wrong there.
    #[error("invalid fields")]
    Fields(Vec<(String, String)>),
    /// It contradicts the present state, e.g. somebody changed it meanwhile.
    #[error("{0}")]
    Conflict(String),
    #[error("too large")]
    TooLarge,
    #[error("too many attempts")]
    TooMany { retry_after_seconds: u64 },
    #[error("busy")]
    Busy,
    /// Our fault; the details are in the log, not in the answer.
    #[error("internal error")]
    Internal,
}

impl From<voce_store::Error> for Error {
    fn from(error: voce_store::Error) -> Self {
        match error {
            voce_store::Error::NotFound => Self::NotFound,
            voce_store::Error::Exists => Self::Conflict("error-exists".into()),
            voce_store::Error::Stale => Self::Conflict("error-stale".into()),
            voce_store::Error::Refused(key) => Self::Conflict(key.into()),
            other => Self::internal(other),
        }
    }
}

impl Error {
    /// Logs the cause and hides it.
    pub fn internal(cause: impl std::fmt::Display) -> Self {
        tracing::error!(%cause, "request failed");
        Self::Internal
    }

    pub fn status(&self) -> StatusCode {
        match self {
            Self::SignedOut => StatusCode::UNAUTHORIZED,
            Self::Forbidden | Self::CrossSite => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Invalid(_) | Self::Fields(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Conflict(_) => StatusCode::CONFLICT,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Key of the sentence for people.
    fn key(&self) -> String {
        match self {
            Self::SignedOut => "error-signed-out".into(),
            Self::Forbidden => "error-forbidden".into(),
            Self::CrossSite => "error-cross-site".into(),
            Self::NotFound => "error-not-found".into(),
            Self::Invalid(text) | Self::Conflict(text) => text.clone(),
            Self::Fields(_) => "error-fields".into(),
            Self::TooLarge => "error-too-large".into(),
            Self::TooMany { .. } => "error-too-many".into(),
            Self::Busy => "error-busy".into(),
            Self::Internal => "error-internal".into(),
        }
    }
}

impl IntoResponse for Error {
    /// Carries the error to [`render`], which knows who asked and in which language.
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        if let Self::TooMany { retry_after_seconds } = self {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, retry_after_seconds.into());
        }
        response.extensions_mut().insert(self);
        response
    }
}

#[derive(askama::Template)]
#[template(path = "error.html")]
struct ErrorPage {
    t: Text,
    title: String,
    status: u16,
}

/// The outermost layer of the pages: turns a carried [`Error`] into a page, a redirect to the sign-in, or problem+json (RFC 9457).
pub async fn render(State(app): State<App>, request: Request, next: Next) -> Response {
    let api = ["/api/v1/", "/hooks/in/", "/metrics"]
        .iter()
        .any(|programs| request.uri().path().starts_with(programs));
    let is_page = !api
        && request.headers().get(header::ACCEPT).is_none_or(|accept| {
            accept
                .to_str()
                .is_ok_and(|accept| accept.contains("html") || accept.contains("*/*"))
        });
    let get = request.method() == axum::http::Method::GET;
    let path = request
        .uri()
        .path_and_query()
        .map(ToString::to_string)
        .unwrap_or_default();
    let t = session::locale(&app, request.headers());
    let response = next.run(request).await;
    let Some(error) = response.extensions().get::<Error>().cloned() else {
        return response;
    };
    let retry_after = response.headers().get(header::RETRY_AFTER).cloned();
    let mut rendered = if !is_page {
        problem(&error, t)
    } else if matches!(error, Error::SignedOut) {
        let target = if get && path != "/" {
            format!("/sign-in?next={}", session::encode(&path))
        } else {
            "/sign-in".into()
        };
        Redirect::to(&target).into_response()
    } else {
        let page = ErrorPage {
            t,
            title: t.get(&error.key()),
            status: error.status().as_u16(),
        };
        (error.status(), crate::Html(page)).into_response()
    };
    if let Some(value) = retry_after {
        rendered.headers_mut().insert(header::RETRY_AFTER, value);
    }
    rendered
}

fn problem(error: &Error, t: Text) -> Response {
    let mut body = json!({ "type": "about:blank", "title": error.status().canonical_reason(), "status": error.status().as_u16(), "detail": t.get(&error.key()) });
    if let Error::Fields(fields) = error {
        body["errors"] = fields
            .iter()
            .map(|(pointer, detail)| json!({ "pointer": pointer, "detail": detail }))
            .collect();
    }
    (
        error.status(),
        [(header::CONTENT_TYPE, "application/problem+json")],
        body.to_string(),
    )
        .into_response()
}
