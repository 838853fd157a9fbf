//! The first step of a new channel: which one.

use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};

use super::Admin;
use crate::{App, Html, Result, Shell};

#[derive(Template)]
#[template(path = "channels/choose.html")]
struct Page {
    shell: Shell,
    kinds: Vec<&'static str>,
}

pub async fn show(may: Admin, State(app): State<App>) -> Result<Response> {
    let kinds = app.registry.all().iter().map(|connector| connector.kind()).collect();
    Ok(Html(Page {
        shell: Shell::new(may, "settings"),
        kinds,
    })
    .into_response())
}
