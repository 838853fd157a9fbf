//! Imports of registries: bringing a file, saying what its columns are, looking at what would happen, and watching it happen.

pub mod columns;
pub mod live;
pub mod preview;
pub mod show;
pub mod upload;

use askama::Template;
use axum::{
    extract::{Query, State},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use uuid::Uuid;
use voce_jobs::import::{CONTACTS, ORGANIZATIONS, Settings};
use voce_store::{
    Db,
    imports::{self, Import, State as Phase},
};

use crate::{
    App, Error, May, Result, right,
    shell::{Html, Shell},
};

pub(crate) type Importer = May<right::Import>;

/// Lines of a page.
const PAGE: usize = 50;

#[derive(Template)]
#[template(path = "imports/list.html")]
struct List {
    shell: Shell,
    imports: Vec<Import>,
    after: Option<Uuid>,
}

impl List {
    fn chip(&self, import: &Import) -> &'static str {
        chip(import.state)
    }

    fn percent(&self, import: &Import) -> i64 {
        percent(import)
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    after: Option<Uuid>,
}

pub async fn list(may: Importer, State(app): State<App>, Query(asked): Query<Asked>) -> Result<Response> {
    let mut imports = imports::list(&app.db, asked.after, PAGE as i64 + 1).await?;
    let more = imports.len() > PAGE;
    imports.truncate(PAGE);
    let after = imports.last().filter(|_| more).map(|import| import.id);
    Ok(Html(List {
        shell: Shell::new(may, "imports"),
        imports,
        after,
    })
    .into_response())
}

/// The colour of a state.
pub(crate) fn chip(state: Phase) -> &'static str {
    match state {
        Phase::Draft => "chip-outline",
        Phase::Queued | Phase::Running => "chip-blue",
        Phase::Done => "chip-green",
        Phase::Cancelled => "chip-amber",
        Phase::Failed => "chip-red",
    }
}

pub(crate) fn percent(import: &Import) -> i64 {
    if import.total == 0 {
        100
    } else {
        (import.position * 100 / import.total).clamp(0, 100)
    }
}

/// A registry that was uploaded and not started yet, and how it is read.
pub(crate) async fn draft(db: &Db, id: Uuid) -> Result<(Import, Settings)> {
    let import = imports::get(db, id).await?;
    if import.state != Phase::Draft || ![CONTACTS, ORGANIZATIONS].contains(&import.kind.as_str()) {
        return Err(Error::Conflict("import-started".into()));
    }
    let settings = serde_json::from_str(&import.mapping).map_err(Error::internal)?;
    Ok((import, settings))
}
