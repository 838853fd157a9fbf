//! Every URL of Voce.

use axum::{
    Extension, Router,
    extract::DefaultBodyLimit,
    handler::Handler,
    http::{HeaderValue, Method, header},
    middleware,
    routing::{MethodFilter, MethodRouter, on},
};
use tower_http::{compression::CompressionLayer, set_header::SetResponseHeaderLayer};

use crate::{
    App, Error, account, api, assets, auth, channels, contacts, desk, error, flash,
    guard::{Access, Guarded},
    health, hooks, imports, intake_pages, metrics, organizations, people, quality, rules, settings_pages, setup,
};

/// The pages and the API, ready to serve.
pub fn router(app: App) -> Router {
    let routes = routes();
    metrics::record();
    let memory = api::memory::Memory::default();
    routes
        .router
        .fallback(async || Error::NotFound)
        .layer(middleware::from_fn_with_state(memory.clone(), api::memory::limit))
        .layer(middleware::from_fn(metrics::observe))
        .layer(Extension(memory))
        .layer(middleware::from_fn_with_state(
            (app.clone(), setup::Founded::default()),
            setup::gate,
        ))
        .layer(middleware::from_fn_with_state(app.clone(), error::render))
        .layer(middleware::from_fn(flash::forget))
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
     connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'";

/// The table of routes: what [`router`] serves, and who may come in where.
pub fn routes() -> Routes {
    let mut r = Routes::default();
    r.get("/assets/{*path}", assets::file);
    people(&mut r);
    desk(&mut r);
    contacts(&mut r);
    channels(&mut r);
    api(&mut r);
    r
}

/// Who writes, the companies they belong to, and bringing registries in.
fn contacts(r: &mut Routes) {
    r.get("/contacts", contacts::list::show);
    r.post("/contacts", contacts::edit::create);
    r.get("/contacts/new", contacts::edit::new);
    r.get("/contacts/lookup", contacts::list::lookup);
    r.get("/contacts/{id}", contacts::show::show);
    r.post("/contacts/{id}", contacts::edit::save);
    r.get("/contacts/{id}/edit", contacts::edit::edit);
    r.post("/contacts/{id}/identities", contacts::identities::add);
    r.post(
        "/contacts/{id}/identities/{identity}/remove",
        contacts::identities::remove,
    );
    r.post(
        "/contacts/{id}/identities/{identity}/share",
        contacts::identities::share,
    );
    r.post("/contacts/{id}/identities/{identity}/take", contacts::identities::take);
    r.get("/contacts/{id}/merge", contacts::merge::show);
    r.post("/contacts/{id}/merge", contacts::merge::merge);
    r.post("/contacts/merges/{id}/undo", contacts::merge::undo);
    r.get("/organizations", organizations::list);
    r.post("/organizations", organizations::create);
    r.get("/organizations/new", organizations::new);
    r.get("/organizations/{id}", organizations::show);
    r.post("/organizations/{id}", organizations::save);
    r.get("/organizations/{id}/edit", organizations::edit);
    r.get("/imports", imports::list);
    r.post("/imports", imports::upload::create);
    r.get("/imports/new", imports::upload::new);
    r.get("/imports/{id}", imports::show::show);
    r.get("/imports/{id}/columns", imports::columns::show);
    r.post("/imports/{id}/columns", imports::columns::save);
    r.get("/imports/{id}/preview", imports::preview::show);
    r.post("/imports/{id}/start", imports::preview::start);
    r.post("/imports/{id}/cancel", imports::show::cancel);
    r.get("/imports/{id}/errors.csv", imports::show::errors);
    r.get("/imports/{id}/live", imports::live::stream);
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
    r.get("/account", account::show);
    r.post("/account", account::save);
    r.get("/account/security", account::security::show);
    r.post("/account/password", account::security::change_password);
    r.post("/account/sessions/end-others", account::security::end_others);
    r.post("/account/sessions/{id}/end", account::security::end_session);
    r.get("/account/security/second-factor", account::second_factor::show);
    r.post("/account/security/second-factor", account::second_factor::enable);
    r.post("/account/security/second-factor/off", account::second_factor::disable);
    r.post(
        "/account/security/second-factor/codes",
        account::second_factor::renew_codes,
    );
    r.get("/account/tokens", account::tokens::show);
    r.post("/account/tokens", account::tokens::create);
    r.post("/account/tokens/{id}/revoke", account::tokens::revoke);
    r.get("/settings", settings_pages::index);
    r.get("/settings/people", people::users::list);
    r.get("/settings/people/{id}", people::person::show);
    r.post("/settings/people/{id}/role", people::person::set_role);
    r.post("/settings/people/{id}/disable", people::person::disable);
    r.post("/settings/people/{id}/enable", people::person::enable);
    r.post("/settings/people/{id}/reset-link", people::person::reset_link);
    r.post("/settings/people/{id}/end-sessions", people::person::end_sessions);
    r.post(
        "/settings/people/{id}/second-factor/off",
        people::person::clear_second_factor,
    );
    r.post(
        "/settings/people/{id}/tokens/{token}/revoke",
        people::person::revoke_token,
    );
    r.get("/settings/invitations", people::invitations::list);
    r.post("/settings/invitations", people::invitations::create);
    r.post("/settings/invitations/{id}/withdraw", people::invitations::withdraw);
    r.get("/settings/teams", people::teams::list);
    r.post("/settings/teams", people::teams::create);
    r.get("/settings/teams/{id}", people::teams::show);
    r.post("/settings/teams/{id}", people::teams::save);
    r.post("/settings/teams/{id}/delete", people::teams::delete);
    r.get("/settings/company", settings_pages::company::show);
    r.post("/settings/company", settings_pages::company::save);
    r.get("/settings/opinion", settings_pages::opinion::show);
    r.post("/settings/opinion", settings_pages::opinion::save);
    r.get("/settings/quality", quality::show::show);
    r.get("/settings/quality/live", quality::relabel::stream);
    r.post("/settings/quality/relabel", quality::relabel::start);
    r.get("/settings/request-types/{key}", quality::examples::show);
    r.post("/settings/request-types/{key}/examples", quality::examples::add);
    r.post(
        "/settings/request-types/{key}/examples/{id}/remove",
        quality::examples::remove,
    );
    r.get("/settings/audit", settings_pages::audit::show);
    r.post("/settings/audit/verify", settings_pages::audit::verify);
    r.get("/settings/audit.csv", settings_pages::audit::export);
}

/// Where messages come from, what became of them, and where they go.
fn channels(r: &mut Routes) {
    r.get("/settings/channels", channels::list::show);
    r.get("/settings/channels/new", channels::choose::show);
    r.get("/settings/channels/new/{kind}", channels::edit::new);
    r.post("/settings/channels/new/{kind}", channels::edit::create);
    r.post("/settings/channels/new/{kind}/check", channels::edit::check_new);
    r.post("/settings/channels/mastodon/connect", channels::mastodon::start);
    r.get("/settings/channels/mastodon/continue", channels::mastodon::leave);
    r.get("/settings/channels/mastodon/callback", channels::mastodon::back);
    r.get("/settings/channels/{id}", channels::edit::show);
    r.post("/settings/channels/{id}", channels::edit::save);
    r.post("/settings/channels/{id}/check", channels::edit::check);
    r.post("/settings/channels/{id}/pause", channels::edit::pause);
    r.post("/settings/channels/{id}/resume", channels::edit::resume);
    r.post("/settings/channels/{id}/secret", channels::edit::renew_secret);
    r.post("/settings/channels/{id}/disconnect", channels::mastodon::disconnect);
    r.get("/settings/channels/{id}/mapping", channels::mapping::show);
    r.post("/settings/channels/{id}/mapping", channels::mapping::save);
    r.post("/settings/channels/{id}/mapping/edit", channels::mapping::edit);
    r.post("/settings/channels/{id}/mapping/preview", channels::mapping::preview);
    r.get("/settings/intake", intake_pages::list::show);
    r.get("/settings/intake/live", intake_pages::live::stream);
    r.post("/settings/intake/replay", intake_pages::replay::many);
    r.get("/settings/intake/{id}", intake_pages::show::show);
    r.get("/settings/intake/{id}/raw", intake_pages::show::raw);
    r.post("/settings/intake/{id}/replay", intake_pages::replay::one);
    r.get("/settings/rules", rules::list::show);
    r.post("/settings/rules", rules::edit::create);
    r.get("/settings/rules/new", rules::edit::new);
    r.post("/settings/rules/preview", rules::edit::preview);
    r.get("/settings/rules/{id}", rules::edit::show);
    r.post("/settings/rules/{id}", rules::edit::save);
    r.post("/settings/rules/{id}/move", rules::list::shift);
    r.post("/settings/rules/{id}/switch", rules::list::switch);
    r.post("/settings/rules/{id}/delete", rules::list::delete);
}

/// What programs use.
fn api(r: &mut Routes) {
    r.get("/api/v1/me", api::lists::me);
    r.post("/api/v1/messages", api::messages::accept);
    r.get("/api/v1/messages/{id}", api::messages::get);
    r.get("/api/v1/cases", api::cases::list);
    r.post("/api/v1/cases", api::cases::create);
    r.get("/api/v1/cases/{number}", api::cases::get);
    r.patch("/api/v1/cases/{number}", api::cases::change);
    r.get("/api/v1/cases/{number}/messages", api::cases::messages);
    r.get("/api/v1/cases/{number}/conversations", api::cases::conversations);
    r.get("/api/v1/cases/{number}/events", api::events::of_case);
    r.post("/api/v1/cases/{number}/answers", api::answers::answer);
    r.post("/api/v1/cases/{number}/notes", api::answers::note);
    r.get("/api/v1/contacts", api::contacts::list);
    r.post("/api/v1/contacts", api::contacts::create);
    r.get("/api/v1/contacts/{id}", api::contacts::get);
    r.patch("/api/v1/contacts/{id}", api::contacts::change);
    r.post("/api/v1/contacts/{id}/identities", api::contacts::add_identity);
    r.delete(
        "/api/v1/contacts/{id}/identities/{identity}",
        api::contacts::remove_identity,
    );
    r.get("/api/v1/organizations", api::organizations::list);
    r.post("/api/v1/organizations", api::organizations::create);
    r.get("/api/v1/organizations/{id}", api::organizations::get);
    r.patch("/api/v1/organizations/{id}", api::organizations::change);
    r.get("/api/v1/users", api::lists::users);
    r.get("/api/v1/teams", api::lists::teams);
    r.get("/api/v1/tags", api::lists::tags);
    r.get("/api/v1/accounts", api::lists::accounts);
    r.get("/api/v1/events", api::events::list);
    r.get("/api/v1/exports/{list}", api::exports::export);
    r.get("/api/openapi.json", api::openapi::show);
    r.get("/api/docs", api::docs::show);
    r.get("/settings/export", api::exports::page_of_exports);
    r.get("/healthz", health::alive);
    r.get("/readyz", health::ready);
    r.get("/metrics", metrics::show);
    r.post("/hooks/in/{account}", hooks::incoming::receive);
    r.get("/settings/hooks", hooks::list);
    r.post("/settings/hooks", hooks::create);
    r.get("/settings/hooks/new", hooks::new);
    r.get("/settings/hooks/{id}", hooks::deliveries::show);
    r.post("/settings/hooks/{id}", hooks::save);
    r.get("/settings/hooks/{id}/edit", hooks::edit);
    r.post("/settings/hooks/{id}/secret", hooks::renew_secret);
    r.post("/settings/hooks/{id}/on", hooks::switch_on);
    r.post("/settings/hooks/{id}/off", hooks::switch_off);
    r.post("/settings/hooks/{id}/delete", hooks::delete);
    r.post("/settings/hooks/{id}/test", hooks::test);
    r.post("/settings/hooks/{id}/replay", hooks::deliveries::replay_failed);
    r.post(
        "/settings/hooks/{id}/deliveries/{delivery}/replay",
        hooks::deliveries::replay,
    );
}

/// Where people answer.
fn desk(r: &mut Routes) {
    r.get("/", desk::list::home);
    r.get("/desk", desk::list::show);
    r.post("/desk/bulk", desk::actions::bulk);
    r.post("/undo", desk::actions::take_back);
    r.post("/views", desk::saved::save);
    r.post("/views/{id}/delete", desk::saved::delete);
    r.get("/cases/new", desk::begin::show);
    r.post("/cases/new", desk::begin::send.layer(upload()));
    r.get("/cases/{number}", desk::case::show);
    r.post("/cases/{number}/messages", desk::write::send.layer(upload()));
    r.post("/cases/{number}/draft", desk::write::draft);
    r.post("/cases/{number}/presence", desk::live::presence);
    r.post("/cases/{number}/assign", desk::actions::assign);
    r.post("/cases/{number}/state", desk::actions::state);
    r.post("/cases/{number}/priority", desk::actions::priority);
    r.post("/cases/{number}/tags", desk::actions::tag);
    r.post("/cases/{number}/subject", desk::actions::subject);
    r.post("/cases/{number}/merge", desk::arrange::merge);
    r.post("/cases/{number}/split", desk::arrange::split);
    r.post("/messages/{id}/labels", desk::labels::correct);
    r.post("/messages/{id}/cancel", desk::delivery::cancel);
    r.post("/messages/{id}/retry", desk::delivery::retry);
    r.post("/messages/{id}/decide", desk::delivery::decide);
    r.get("/messages/{id}/html", desk::files::html);
    r.get("/attachments/{id}", desk::files::attachment);
    r.get("/people.json", desk::write::people);
    r.get("/search", desk::search::show);
    r.get("/search/palette", desk::search::palette);
    r.get("/live", desk::live::stream);
    r.get("/settings/tags", desk::vocabulary::tags);
    r.post("/settings/tags", desk::vocabulary::add_tag);
    r.post("/settings/tags/{id}", desk::vocabulary::edit_tag);
    r.post("/settings/tags/{id}/delete", desk::vocabulary::delete_tag);
    r.get("/settings/canned", desk::vocabulary::canned);
    r.post("/settings/canned", desk::vocabulary::add_canned);
    r.get("/settings/canned/{id}", desk::vocabulary::open_canned);
    r.post("/settings/canned/{id}", desk::vocabulary::edit_canned);
    r.post("/settings/canned/{id}/delete", desk::vocabulary::delete_canned);
    r.get("/settings/request-types", desk::vocabulary::types);
    r.post("/settings/request-types", desk::vocabulary::add_type);
    r.post("/settings/request-types/{key}", desk::vocabulary::edit_type);
}

/// Files of messages are larger than other forms.
fn upload() -> DefaultBodyLimit {
    DefaultBodyLimit::max(desk::parcel::MOST_BYTES + 1024 * 1024)
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
