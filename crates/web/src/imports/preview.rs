//! What an import would do with the first rows, before it does anything.

use askama::Template;
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use uuid::Uuid;
use voce_jobs::import::{self, Fate, ImportError, Preview, Settings, columns::Target};
use voce_store::imports::{self, Import};

use super::{Importer, draft};
use crate::{
    App, Error, Result,
    flash::Flash,
    shell::{Html, Shell, see_other},
    state::now,
};

/// Rows of the preview.
const ROWS: usize = 50;

#[derive(Template)]
#[template(path = "imports/preview.html")]
struct Page {
    shell: Shell,
    import: Import,
    columns: Vec<(usize, String)>,
    rows: Vec<Preview>,
}

impl Page {
    fn chip(&self, row: &Preview) -> &'static str {
        match row.fate {
            Fate::Created => "chip-green",
            Fate::Updated => "chip-blue",
            Fate::Unchanged => "chip-outline",
            Fate::Failed => "chip-red",
        }
    }

    fn cell<'r>(&self, row: &'r Preview, column: &usize) -> &'r str {
        row.row.cell(*column)
    }

    /// What is wrong with a cell.
    fn problem(&self, row: &Preview, name: &str) -> Option<String> {
        let error = row.errors.iter().find(|error| error.column_name == name)?;
        Some(self.shell.t.get(&error.problem))
    }

    fn count(&self, key: &str) -> i64 {
        self.rows.iter().filter(|row| row.fate.key() == key).count() as i64
    }

    fn shown(&self) -> i64 {
        self.rows.len() as i64
    }
}

pub async fn show(may: Importer, State(app): State<App>, Path(id): Path<Uuid>) -> Result<Response> {
    let (import, settings) = draft(&app.db, id).await?;
    let rows = import::preview(&app.db, &app.blobs, &import.kind, &settings, ROWS)
        .await
        .map_err(|error| match error {
            ImportError::Store(error) => error.into(),
            other => Error::internal(other),
        })?;
    let columns = used(
        &settings,
        import::names(&app.blobs, &settings).map_err(Error::internal)?,
    );
    Ok(Html(Page {
        shell: Shell::new(may, "imports"),
        import,
        columns,
        rows,
    })
    .into_response())
}

/// The columns that are not left out.
fn used(settings: &Settings, names: Vec<String>) -> Vec<(usize, String)> {
    let wanted = |at: &usize| {
        settings
            .mapping
            .columns
            .get(*at)
            .is_some_and(|target| *target != Target::Nothing)
    };
    names.into_iter().enumerate().filter(|(at, _)| wanted(at)).collect()
}

pub async fn start(may: Importer, State(app): State<App>, Path(id): Path<Uuid>) -> Result<Response> {
    draft(&app.db, id).await?;
    let mut tx = app.db.begin().await?;
    imports::queue(&mut tx, id, now()).await?;
    tx.commit().await?;
    Ok(see_other(
        &format!("/imports/{id}"),
        Some(Flash::done(may.user.text().get("import-begun"))),
    ))
}
