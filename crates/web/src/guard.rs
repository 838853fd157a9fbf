//! The right to do something, as the first argument of every handler.
//!
//! A route can only be registered when its handler's first argument is a [`May`] or [`Anyone`] (see
//! [`crate::router::Routes`]), so a page without a permission does not compile.

use std::marker::PhantomData;

use axum::{
    extract::FromRequestParts,
    http::{Method, request::Parts},
};
use voce_domain::permission::Permission;

use crate::{App, Error, flash::Flash, session, session::CurrentUser};

/// Somebody who is signed in and has the right `R`.
pub struct May<R> {
    pub user: CurrentUser,
    /// What the last action has to say to them, shown once.
    pub flash: Option<Flash>,
    /// The path and query that were asked for.
    pub path: String,
    right: PhantomData<R>,
}

/// Nobody in particular: pages before signing in, files, health.
pub struct Anyone;

/// A permission as a type.
pub trait Right: Send + Sync + 'static {
    const PERMISSION: Permission;
}

macro_rules! rights {
    ($($name:ident),+ $(,)?) => {
        /// One type per permission.
        pub mod right {
            $(
                #[derive(Debug, Clone, Copy)]
                pub struct $name;
                impl super::Right for $name {
                    const PERMISSION: voce_domain::permission::Permission = voce_domain::permission::Permission::$name;
                }
            )+
        }
    };
}

rights!(
    OwnAccount,
    ReadCases,
    WriteNotes,
    AnswerCases,
    WorkCases,
    ArrangeCases,
    CorrectLabels,
    ReadContacts,
    EditContacts,
    MergeContacts,
    Import,
    Export,
    WriteIntake,
    ReadIntake,
    ReplayIntake,
    ManageRules,
    ManageChannels,
    ManageHooks,
    ManagePeople,
    ManageSettings,
    ReadAudit,
    ReadReports,
);

impl<R: Right> FromRequestParts<App> for May<R> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Error> {
        let user = session::identify(app, parts).await?.ok_or(Error::SignedOut)?;
        if !user.may(R::PERMISSION) {
            return Err(Error::Forbidden);
        }
        // A browser attaches the cookie to requests that other sites make; a token is attached by nobody but its holder.
        if user.by_cookie() && !is_safe(&parts.method) {
            same_origin(app, parts)?;
        }
        Ok(Self {
            user,
            flash: Flash::read(&parts.headers),
            path: parts.uri.path_and_query().map(ToString::to_string).unwrap_or_default(),
            right: PhantomData,
        })
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Anyone {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(_: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self)
    }
}

fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// Refuses changes that another site's page asks for (CSRF): by `Sec-Fetch-Site` where the browser sends it, else by
/// `Origin`; a request with neither does not come from a browser's form.
pub fn same_origin(app: &App, parts: &Parts) -> Result<(), Error> {
    let header = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
    let same = match (header("sec-fetch-site"), header("origin")) {
        (Some(site), _) => matches!(site, "same-origin" | "none"),
        (None, Some(origin)) => {
            let host = header("host").unwrap_or_default();
            origin == app.options.base_url.origin().ascii_serialization()
                || origin.split_once("://").is_some_and(|(_, authority)| authority == host)
        }
        (None, None) => true,
    };
    if same { Ok(()) } else { Err(Error::CrossSite) }
}

/// Who may come in, as the route table shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    Anyone,
    Needs(Permission),
}

/// Implemented for the argument lists of handlers whose first argument is a guard.
pub trait Guarded {
    const ACCESS: Access;
}

pub trait Guard {
    const ACCESS: Access;
}

impl<R: Right> Guard for May<R> {
    const ACCESS: Access = Access::Needs(R::PERMISSION);
}

impl Guard for Anyone {
    const ACCESS: Access = Access::Anyone;
}

macro_rules! guarded {
    ($(($($rest:ident),*)),+) => {
        $(impl<M, G: Guard, $($rest),*> Guarded for (M, G, $($rest,)*) {
            const ACCESS: Access = G::ACCESS;
        })+
    };
}

guarded!(
    (),
    (A),
    (A, B),
    (A, B, C),
    (A, B, C, D),
    (A, B, C, D, E),
    (A, B, C, D, E, F)
);
