//! One hook with what became of its deliveries.

use askama::Template;
use axum::{
    extract::{Path, Query, State},
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use jiff::tz::TimeZone;
use serde::Deserialize;
use uuid::Uuid;
use voce_store::web_hooks::{self, Delivery, WebHook};

use super::{event_text, fresh_secret};
use crate::{
    App, Error, May, Result,
    flash::Flash,
    once, right,
    shell::{Html, Shell, see_other},
    state::now,
};

/// Deliveries of a page.
const PAGE: i64 = 50;

#[derive(Template)]
#[template(path = "hooks/show.html")]
struct Page {
    shell: Shell,
    hook: WebHook,
    zone: TimeZone,
    deliveries: Vec<Delivery>,
    failed_only: bool,
    older: Option<Uuid>,
    /// Only right after it was made.
    secret: Option<String>,
}

impl Page {
    /// What a delivery tells, by the type in its body.
    fn kind(&self, delivery: &Delivery) -> String {
        let body: serde_json::Value = serde_json::from_str(&delivery.body).unwrap_or_default();
        body["type"].as_str().unwrap_or_default().to_owned()
    }

    fn body(&self, delivery: &Delivery) -> String {
        let body: serde_json::Value = serde_json::from_str(&delivery.body).unwrap_or_default();
        serde_json::to_string_pretty(&body).unwrap_or_default()
    }

    fn chip(&self, delivery: &Delivery) -> &'static str {
        match delivery.state.as_str() {
            "delivered" => "chip-green",
            "failed" => "chip-red",
            _ => "chip-amber",
        }
    }

    fn state(&self, delivery: &Delivery) -> String {
        self.shell.t.get(&format!("hook-state-{}", delivery.state))
    }

    fn events(&self) -> Vec<String> {
        self.hook
            .events
            .0
            .iter()
            .map(|kind| self.shell.t.get(&event_text(kind)))
            .collect()
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    state: String,
    before: Option<Uuid>,
}

pub async fn show(
    may: May<right::ManageHooks>,
    State(app): State<App>,
    Path(id): Path<Uuid>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Result<Response> {
    let hook = web_hooks::get(&app.db, id).await?;
    let failed_only = asked.state == "failed";
    let mut deliveries = web_hooks::deliveries(&app.db, id, failed_only, asked.before, PAGE + 1).await?;
    let more = deliveries.len() > PAGE as usize;
    deliveries.truncate(PAGE as usize);
    let older = deliveries.last().filter(|_| more).map(|delivery| delivery.id);
    let secret = fresh_secret(&app, &headers, may.user.id, id);
    let (shown, zone) = (secret.is_some(), may.user.zone());
    let page = Page {
        shell: Shell::new(may, "settings"),
        hook,
        zone,
        deliveries,
        failed_only,
        older,
        secret,
    };
    once::showing(&app, shown, Html(page)).map(IntoResponse::into_response)
}

/// Delivers one again, under its own id.
pub async fn replay(
    may: May<right::ManageHooks>,
    State(app): State<App>,
    Path((id, delivery)): Path<(Uuid, Uuid)>,
) -> Result<Response> {
    active(&app, id).await?;
    let mut tx = app.db.begin().await?;
    web_hooks::replay(&mut tx, id, delivery, now()).await?;
    tx.commit().await?;
    Ok(see_other(
        &format!("/settings/hooks/{id}"),
        Some(Flash::done(may.user.text().count("hook-replayed", &1))),
    ))
}

/// Delivers everything again that failed.
pub async fn replay_failed(
    may: May<right::ManageHooks>,
    State(app): State<App>,
    Path(id): Path<Uuid>,
) -> Result<Response> {
    active(&app, id).await?;
    let mut tx = app.db.begin().await?;
    let count = web_hooks::replay_failed(&mut tx, id, now()).await?;
    tx.commit().await?;
    let count = i64::try_from(count).unwrap_or_default();
    Ok(see_other(
        &format!("/settings/hooks/{id}"),
        Some(Flash::done(may.user.text().count("hook-replayed", &count))),
    ))
}

async fn active(app: &App, id: Uuid) -> Result<()> {
    if web_hooks::get(&app.db, id).await?.active {
        Ok(())
    } else {
        Err(Error::Conflict("hook-is-off".into()))
    }
}
