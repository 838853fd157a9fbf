//! One import: how far it is, what it did, what it could not read.

use askama::Template;
use axum::{
    body::Body,
    extract::{Path, State},
    http::header,
    response::{IntoResponse, Response},
};
use futures::stream;
use uuid::Uuid;
use voce_jobs::import::{CONTACTS, ORGANIZATIONS, report};
use voce_store::imports::{self, Import, RowError, State as Phase};

use super::{Importer, chip, percent};
use crate::{
    App, Result,
    flash::Flash,
    shell::{Html, Shell, see_other},
    state::now,
};

/// Errors on the page; the rest is in the file.
const ERRORS: i64 = 100;

#[derive(Template)]
#[template(path = "imports/show.html")]
struct Page {
    shell: Shell,
    record: Import,
    errors: Vec<RowError>,
}

impl Page {
    fn chip(&self) -> &'static str {
        chip(self.record.state)
    }

    fn percent(&self) -> i64 {
        percent(&self.record)
    }

    /// Where what came in is to be seen.
    fn target(&self) -> &'static str {
        match self.record.kind.as_str() {
            CONTACTS => "/contacts?sort=new",
            ORGANIZATIONS => "/organizations",
            _ => "/desk",
        }
    }

    fn is_registry(&self) -> bool {
        [CONTACTS, ORGANIZATIONS].contains(&self.record.kind.as_str())
    }

    fn all_shown(&self) -> bool {
        (self.errors.len() as i64) < ERRORS
    }
}

pub async fn show(may: Importer, State(app): State<App>, Path(id): Path<Uuid>) -> Result<Response> {
    let record = imports::get(&app.db, id).await?;
    if record.state == Phase::Draft {
        return Ok(see_other(&format!("/imports/{id}/columns"), may.flash));
    }
    let errors = imports::errors(&app.db, id, None, ERRORS).await?;
    Ok(Html(Page {
        shell: Shell::new(may, "imports"),
        record,
        errors,
    })
    .into_response())
}

pub async fn cancel(may: Importer, State(app): State<App>, Path(id): Path<Uuid>) -> Result<Response> {
    let draft = imports::get(&app.db, id).await?.state == Phase::Draft;
    let mut tx = app.db.begin().await?;
    imports::cancel(&mut tx, id, now()).await?;
    tx.commit().await?;
    let path = if draft {
        "/imports".to_owned()
    } else {
        format!("/imports/{id}")
    };
    Ok(see_other(
        &path,
        Some(Flash::done(may.user.text().get("import-cancelled"))),
    ))
}

/// All errors as a file for a spreadsheet, written as it is read.
pub async fn errors(may: Importer, State(app): State<App>, Path(id): Path<Uuid>) -> Result<Response> {
    imports::get(&app.db, id).await?;
    let t = may.user.text();
    // With a mark, by which Excel knows UTF-8.
    let columns = ["import-row", "import-column", "import-problem", "import-value"]
        .map(|key| t.get(key))
        .join(",");
    let head = format!("\u{feff}{columns}\r\n").into_bytes();
    let pieces = stream::try_unfold((app.db, None, Some(head)), move |(db, after, head)| async move {
        if let Some(head) = head {
            return Ok(Some((head, (db, after, None))));
        }
        let piece = report::piece(&db, id, after, |problem| t.get(problem)).await?;
        Ok::<_, voce_store::Error>(piece.map(|piece| (piece.text, (db, Some(piece.next), None))))
    });
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{}.csv\"", t.get("import-errors-file")),
        ),
    ];
    Ok((headers, Body::from_stream(pieces)).into_response())
}
