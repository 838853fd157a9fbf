//! The frame around every page: who looks at it, in which language, and what the last action said.

use askama::Template;
use axum::{
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use voce_domain::permission::Permission;

use crate::{Error, May, flash::Flash, guard::Right, session::CurrentUser, text::Text};

/// What `layout.html` needs. Every page's template has it as `shell`.
pub struct Shell {
    pub user: CurrentUser,
    pub t: Text,
    pub flash: Option<Flash>,
    /// The entry of the navigation that is lit: `desk`, `contacts`, `settings`…
    pub section: &'static str,
    pub path: String,
}

impl Shell {
    pub fn new<R: Right>(may: May<R>, section: &'static str) -> Self {
        Self {
            t: may.user.text(),
            user: may.user,
            flash: may.flash,
            section,
            path: may.path,
        }
    }

    /// For templates: whether the reader has a permission, by its key. Unknown keys are nobody's.
    pub fn may(&self, key: &str) -> bool {
        key.parse::<Permission>()
            .is_ok_and(|permission| self.user.may(permission))
    }
}

/// A template as an answer; a template that cannot be rendered is our fault, not a panic.
pub struct Html<T>(pub T);

impl<T: Template> IntoResponse for Html<T> {
    fn into_response(self) -> Response {
        match self.0.render() {
            Ok(html) => (
                [
                    (header::CONTENT_TYPE, "text/html; charset=utf-8"),
                    (header::CACHE_CONTROL, "no-store"),
                ],
                html,
            )
                .into_response(),
            Err(error) => Error::internal(error).into_response(),
        }
    }
}

/// After a change: on to a page of ours, with something to say.
pub fn see_other(path: &str, flash: Option<Flash>) -> Response {
    let mut response = (StatusCode::SEE_OTHER, [(header::LOCATION, path.to_owned())]).into_response();
    if let Some(cookie) = flash.and_then(|flash| flash.set()) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}
