//! Outgoing web hooks, under Settings: who is told what, and what became of every delivery.

pub mod deliveries;
pub mod incoming;

use std::net::IpAddr;

use askama::Template;
use axum::{
    extract::{Path, RawForm, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use serde_json::json;
use url::{Host, Url, form_urlencoded};
use uuid::Uuid;
use voce_channels::{http, standard_webhooks};
use voce_domain::event::EventKind;
use voce_events::hooks::offered;
use voce_store::{
    audit,
    web_hooks::{self, NewDelivery, Settings, Tally, WebHook},
};

use crate::{
    App, Error, May, Result,
    flash::Flash,
    form::{self, Problems},
    once, right,
    shell::{Html, Shell, see_other},
    state::now,
};

#[derive(Template)]
#[template(path = "hooks/list.html")]
struct List {
    shell: Shell,
    hooks: Vec<(WebHook, Tally)>,
}

pub async fn list(may: May<right::ManageHooks>, State(app): State<App>) -> Result<Response> {
    let tallies = web_hooks::tallies(&app.db).await?;
    let tally = |id| {
        tallies
            .iter()
            .find(|tally| tally.hook_id == id)
            .copied()
            .unwrap_or_default()
    };
    let hooks = web_hooks::all(&app.db)
        .await?
        .into_iter()
        .map(|hook| (hook.clone(), tally(hook.id)))
        .collect();
    Ok(Html(List {
        shell: Shell::new(may, "settings"),
        hooks,
    })
    .into_response())
}

#[derive(Template)]
#[template(path = "hooks/edit.html")]
struct Edit {
    shell: Shell,
    /// None for a new one.
    id: Option<Uuid>,
    form: Entry,
    problems: Problems,
}

impl Edit {
    /// The facts to choose from, by what they are about.
    fn groups(&self) -> Vec<(&'static str, Vec<EventKind>)> {
        let mut groups: Vec<(&'static str, Vec<EventKind>)> = Vec::new();
        for kind in offered() {
            let about = kind.key().split('.').next().unwrap_or_default().trim_end_matches('s');
            match groups.iter_mut().find(|(name, _)| *name == about) {
                Some((_, kinds)) => kinds.push(kind),
                None => groups.push((about, vec![kind])),
            }
        }
        groups
    }

    fn chosen(&self, kind: &EventKind) -> bool {
        self.form.events.contains(kind)
    }

    fn words(&self, kind: &EventKind) -> String {
        self.shell.t.get(&event_text(kind))
    }

    fn action(&self) -> String {
        self.id
            .map_or("/settings/hooks".into(), |id| format!("/settings/hooks/{id}"))
    }
}

/// The locales' key of a fact.
fn event_text(kind: &EventKind) -> String {
    format!("hook-event-{}", kind.key().replace(['.', '_'], "-"))
}

/// What was typed.
#[derive(Debug, Default)]
pub struct Entry {
    name: String,
    url: String,
    events: Vec<EventKind>,
}

impl Entry {
    /// Boxes that are ticked repeat their name, which `serde` of forms does not read.
    fn read(body: &[u8]) -> Self {
        let mut entry = Self::default();
        for (name, value) in form_urlencoded::parse(body) {
            match &*name {
                "name" => entry.name = value.into_owned(),
                "url" => entry.url = value.trim().to_owned(),
                "events" => entry.events.extend(
                    value
                        .parse::<EventKind>()
                        .ok()
                        .filter(|kind| offered().any(|one| one == *kind)),
                ),
                _ => {}
            }
        }
        entry
    }

    fn check(&self, policy: &http::Policy) -> Result<String, Problems> {
        let mut problems = Problems::default();
        let name = form::line(&self.name, 100);
        problems.check(name.is_some(), "name", "hook-name-needed");
        if let Err(problem) = reachable(&self.url, policy) {
            problems.add("url", problem);
        }
        problems.check(!self.events.is_empty(), "events", "hook-events-needed");
        match name {
            Some(name) if problems.none() => Ok(name),
            _ => Err(problems),
        }
    }

    fn settings<'a>(&'a self, name: &'a str) -> Settings<'a> {
        Settings {
            name,
            url: &self.url,
            events: &self.events,
        }
    }
}

/// Whether a hook may point there. Names are looked at again at every delivery, when their addresses are known.
fn reachable(url: &str, policy: &http::Policy) -> Result<(), &'static str> {
    let url = Url::parse(url).map_err(|_| "hook-url-wrong")?;
    if !matches!(url.scheme(), "http" | "https") || !url.username().is_empty() || url.as_str().len() > 2_000 {
        return Err("hook-url-wrong");
    }
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    let private = match url.host() {
        Some(Host::Ipv4(address)) => !http::is_public(IpAddr::V4(address)),
        Some(Host::Ipv6(address)) => !http::is_public(IpAddr::V6(address)),
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => return Err("hook-url-wrong"),
    };
    if private && !policy.allows_private(host) {
        Err("hook-url-private")
    } else {
        Ok(())
    }
}

pub async fn new(may: May<right::ManageHooks>) -> Response {
    let form = Entry {
        events: vec![EventKind::CaseOpened, EventKind::MessageReceived],
        ..Entry::default()
    };
    Html(Edit {
        shell: Shell::new(may, "settings"),
        id: None,
        form,
        problems: Problems::default(),
    })
    .into_response()
}

pub async fn create(may: May<right::ManageHooks>, State(app): State<App>, RawForm(body): RawForm) -> Result<Response> {
    let form = Entry::read(&body);
    let name = match form.check(app.http.policy()) {
        Ok(name) => name,
        Err(problems) => return Ok(again(may, None, form, problems)),
    };
    let (id, secret) = (Uuid::now_v7(), standard_webhooks::random_secret());
    let sealed = app.vault.seal(&web_hooks::purpose(id), secret.as_bytes());
    let mut tx = app.db.begin().await?;
    web_hooks::create(&mut tx, id, &form.settings(&name), &sealed, now()).await?;
    audit::write(
        &mut tx,
        now(),
        &may.user.who(),
        "hook.created",
        &name,
        json!({ "url": form.url }),
    )
    .await?;
    tx.commit().await?;
    with_secret(&app, &may, id, &secret, "hook-created")
}

fn again(may: May<right::ManageHooks>, id: Option<Uuid>, form: Entry, problems: Problems) -> Response {
    (
        StatusCode::UNPROCESSABLE_ENTITY,
        Html(Edit {
            shell: Shell::new(may, "settings"),
            id,
            form,
            problems,
        }),
    )
        .into_response()
}

/// On to the page of the hook, which shows the secret this once.
fn with_secret(app: &App, may: &May<right::ManageHooks>, id: Uuid, secret: &str, said: &str) -> Result<Response> {
    let mut response = see_other(
        &format!("/settings/hooks/{id}"),
        Some(Flash::done(may.user.text().get(said))),
    );
    let cookie = once::hand(app, may.user.id, &shown(id), secret)?;
    response.headers_mut().append(axum::http::header::SET_COOKIE, cookie);
    Ok(response)
}

fn shown(id: Uuid) -> String {
    format!("hook {id}")
}

pub async fn edit(may: May<right::ManageHooks>, State(app): State<App>, Path(id): Path<Uuid>) -> Result<Response> {
    let hook = web_hooks::get(&app.db, id).await?;
    let form = Entry {
        name: hook.name,
        url: hook.url,
        events: hook.events.0,
    };
    Ok(Html(Edit {
        shell: Shell::new(may, "settings"),
        id: Some(id),
        form,
        problems: Problems::default(),
    })
    .into_response())
}

pub async fn save(
    may: May<right::ManageHooks>,
    State(app): State<App>,
    Path(id): Path<Uuid>,
    RawForm(body): RawForm,
) -> Result<Response> {
    let form = Entry::read(&body);
    let name = match form.check(app.http.policy()) {
        Ok(name) => name,
        Err(problems) => return Ok(again(may, Some(id), form, problems)),
    };
    let mut tx = app.db.begin().await?;
    web_hooks::update(&mut tx, id, &form.settings(&name)).await?;
    audit::write(
        &mut tx,
        now(),
        &may.user.who(),
        "hook.changed",
        &name,
        json!({ "url": form.url }),
    )
    .await?;
    tx.commit().await?;
    Ok(see_other(
        &format!("/settings/hooks/{id}"),
        Some(Flash::done(may.user.text().get("saved"))),
    ))
}

/// A new secret; the old one ends at once.
pub async fn renew_secret(
    may: May<right::ManageHooks>,
    State(app): State<App>,
    Path(id): Path<Uuid>,
) -> Result<Response> {
    let hook = web_hooks::get(&app.db, id).await?;
    let secret = standard_webhooks::random_secret();
    let sealed = app.vault.seal(&web_hooks::purpose(id), secret.as_bytes());
    let mut tx = app.db.begin().await?;
    web_hooks::replace_secret(&mut tx, id, &sealed).await?;
    audit::write(
        &mut tx,
        now(),
        &may.user.who(),
        "hook.secret_renewed",
        &hook.name,
        json!({}),
    )
    .await?;
    tx.commit().await?;
    with_secret(&app, &may, id, &secret, "hook-secret-renewed")
}

pub async fn switch_on(may: May<right::ManageHooks>, State(app): State<App>, Path(id): Path<Uuid>) -> Result<Response> {
    switch(may, app, id, true).await
}

pub async fn switch_off(
    may: May<right::ManageHooks>,
    State(app): State<App>,
    Path(id): Path<Uuid>,
) -> Result<Response> {
    switch(may, app, id, false).await
}

async fn switch(may: May<right::ManageHooks>, app: App, id: Uuid, active: bool) -> Result<Response> {
    let hook = web_hooks::get(&app.db, id).await?;
    let (action, said) = if active {
        ("hook.switched_on", "hook-is-on")
    } else {
        ("hook.switched_off", "hook-is-off")
    };
    let mut tx = app.db.begin().await?;
    web_hooks::set_active(&mut tx, id, active, now()).await?;
    audit::write(&mut tx, now(), &may.user.who(), action, &hook.name, json!({})).await?;
    tx.commit().await?;
    Ok(see_other(
        &format!("/settings/hooks/{id}"),
        Some(Flash::done(may.user.text().get(said))),
    ))
}

pub async fn delete(may: May<right::ManageHooks>, State(app): State<App>, Path(id): Path<Uuid>) -> Result<Response> {
    let hook = web_hooks::get(&app.db, id).await?;
    let mut tx = app.db.begin().await?;
    web_hooks::delete(&mut tx, id).await?;
    audit::write(
        &mut tx,
        now(),
        &may.user.who(),
        "hook.deleted",
        &hook.name,
        json!({ "url": hook.url }),
    )
    .await?;
    tx.commit().await?;
    Ok(see_other(
        "/settings/hooks",
        Some(Flash::done(may.user.text().name("hook-deleted", &hook.name))),
    ))
}

/// Queues an event of the type `ping`, which says nothing.
pub async fn test(may: May<right::ManageHooks>, State(app): State<App>, Path(id): Path<Uuid>) -> Result<Response> {
    let hook = web_hooks::get(&app.db, id).await?;
    if !hook.active {
        return Err(Error::Conflict("hook-is-off".into()));
    }
    let now = now();
    let body = json!({ "type": "ping", "timestamp": voce_events::shape::Time(now), "data": { "hook": { "id": hook.id, "name": hook.name } } });
    let ping = NewDelivery {
        hook_id: id,
        event_seq: -now,
        body: body.to_string(),
    };
    let mut tx = app.db.begin().await?;
    web_hooks::queue(&mut tx, &[ping], now).await?;
    tx.commit().await?;
    Ok(see_other(
        &format!("/settings/hooks/{id}"),
        Some(Flash::done(may.user.text().get("hook-test-sent"))),
    ))
}

/// The secret that was just made, if it was for this page.
fn fresh_secret(app: &App, headers: &HeaderMap, user: Uuid, id: Uuid) -> Option<String> {
    once::take(app, headers, user, &shown(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_addresses_are_refused_unless_the_operator_allows_them() {
        let closed = http::Policy::default();
        for (url, expected) in [
            ("https://example.com/in", Ok(())),
            ("http://127.0.0.1:8080/", Err("hook-url-private")),
            ("http://169.254.169.254/latest", Err("hook-url-private")),
            ("http://[::1]/", Err("hook-url-private")),
            ("http://localhost/", Err("hook-url-private")),
            ("http://2130706433/", Err("hook-url-private")),
            ("ftp://example.com/", Err("hook-url-wrong")),
            ("https://user@example.com/", Err("hook-url-wrong")),
            ("example.com", Err("hook-url-wrong")),
        ] {
            assert_eq!(reachable(url, &closed), expected, "{url}");
        }
        let open = http::Policy {
            allow_hosts: vec!["127.0.0.1".into()],
            ..http::Policy::default()
        };
        assert_eq!(reachable("http://127.0.0.1:8080/", &open), Ok(()));
    }

    #[test]
    fn ticked_boxes_are_read_and_internal_facts_are_not_offered() {
        let entry = Entry::read(
            b"name=a+b&url=+https://x.y+&events=case.opened&events=channel.changed&events=note.written&evil=1",
        );
        assert_eq!((entry.name.as_str(), entry.url.as_str()), ("a b", "https://x.y"));
        assert_eq!(entry.events, [EventKind::CaseOpened, EventKind::NoteWritten]);
    }
}
