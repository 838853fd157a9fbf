//! Every URL of Voce.

use axum::{
    Extension, Router,
    handler::Handler,
    http::{HeaderValue, Method, header},
    middleware,
    routing::{MethodFilter, MethodRouter, on},
};
use tower_http::{compression::CompressionLayer, set_header::SetResponseHeaderLayer};

use crate::{
    App, Error, api, auth, error,
    guard::{Access, Guarded},
    setup,
};

/// The pages and the API, ready to serve.
pub fn router(app: App) -> Router {
    let routes = routes();
    let memory = api::memory::Memory::default();
    routes
        .router
        .fallback(async || Error::NotFound)
        .layer(middleware::from_fn_with_state(memory.clone(), api::memory::limit))
        .layer(Extension(memory))
        .layer(middleware::from_fn_with_state(
            (app.clone(), setup::Founded::default()),
            setup::gate,
        ))
        .layer(middleware::from_fn_with_state(app.clone(), error::render))
        .layer(SetResponseHeaderLayer::if_not_present(
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static(POLICY),
        ))
        .layer(SetResponseHeaderLayer::if_not_present(
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        ))
        .layer(SetResponseHeaderLayer::if_not_present(
            header::REFERRER_POLICY,
            HeaderValue::from_static("same-origin"),
        ))
        .layer(SetResponseHeaderLayer::if_not_present(
            header::X_FRAME_OPTIONS,
            HeaderValue::from_static("DENY"),
        ))
        .layer(CompressionLayer::new())
        .with_state(app)
}

/// No inline script or style, nothing from other hosts: what a message smuggles in cannot run or call home.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
     connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'";

/// The table of routes: what [`router`] serves, and who may come in where.
pub fn routes() -> Routes {
    let mut r = Routes::default();
    people(&mut r);
    api(&mut r);
    r
}

/// Coming in, one's own account, colleagues, and what the company decides.
fn people(r: &mut Routes) {
    r.get("/set-up", setup::show);
    r.post("/set-up", setup::found);
    r.get("/language/{code}", auth::language);
    r.get("/sign-in", auth::sign_in::show);
    r.post("/sign-in", auth::sign_in::enter);
    r.get("/sign-in/code", auth::sign_in::show_code);
    r.post("/sign-in/code", auth::sign_in::enter_code);
    r.post("/sign-out", auth::sign_in::leave);
    r.get("/forgotten-password", auth::sign_in::forgotten);
    r.get("/reset/{token}", auth::reset::show);
    r.post("/reset/{token}", auth::reset::change);
    r.get("/join/{token}", auth::join::show);
    r.post("/join/{token}", auth::join::accept);
}

/// What programs use.
fn api(r: &mut Routes) {
    r.post("/api/v1/messages", api::messages::accept);
}

/// Routes that cannot be registered without a guard in their handler's signature.
#[derive(Default)]
pub struct Routes {
    router: Router<App>,
    pub table: Vec<Route>,
}

/// One line of the route table.
#[derive(Debug, Clone)]
pub struct Route {
    pub method: Method,
    pub path: &'static str,
    pub access: Access,
}

impl Routes {
    pub fn get<H: Handler<T, App>, T: Guarded + 'static>(&mut self, path: &'static str, handler: H) -> &mut Self {
        self.add(Method::GET, path, T::ACCESS, on(MethodFilter::GET, handler))
    }

    pub fn post<H: Handler<T, App>, T: Guarded + 'static>(&mut self, path: &'static str, handler: H) -> &mut Self {
        self.add(Method::POST, path, T::ACCESS, on(MethodFilter::POST, handler))
    }

    pub fn put<H: Handler<T, App>, T: Guarded + 'static>(&mut self, path: &'static str, handler: H) -> &mut Self {
        self.add(Method::PUT, path, T::ACCESS, on(MethodFilter::PUT, handler))
    }

    pub fn patch<H: Handler<T, App>, T: Guarded + 'static>(&mut self, path: &'static str, handler: H) -> &mut Self {
        self.add(Method::PATCH, path, T::ACCESS, on(MethodFilter::PATCH, handler))
    }

    pub fn delete<H: Handler<T, App>, T: Guarded + 'static>(&mut self, path: &'static str, handler: H) -> &mut Self {
        self.add(Method::DELETE, path, T::ACCESS, on(MethodFilter::DELETE, handler))
    }

    fn add(&mut self, method: Method, path: &'static str, access: Access, handler: MethodRouter<App>) -> &mut Self {
        self.table.push(Route { method, path, access });
        self.router = std::mem::take(&mut self.router).route(path, handler);
        self
    }
}
