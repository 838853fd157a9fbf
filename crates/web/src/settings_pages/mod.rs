//! What the company decides, and what was administered.

pub mod audit;
pub mod company;
pub mod navigation;
pub mod opinion;

use askama::Template;
use axum::response::{IntoResponse, Response};

use crate::{
    May, Result, right,
    shell::{Html, Shell},
};

#[derive(Template)]
#[template(path = "settings/index.html")]
struct Page {
    shell: Shell,
}

/// Where the settings begin: on a phone only their table of contents.
pub async fn index(may: May<right::OwnAccount>) -> Result<Response> {
    Ok(Html(Page {
        shell: Shell::new(may, "settings"),
    })
    .into_response())
}
