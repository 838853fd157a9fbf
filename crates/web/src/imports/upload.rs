//! Bringing a file: it goes to disk as it comes and is never whole in memory.

use std::io::Write;

use askama::Template;
use axum::{
    extract::{DefaultBodyLimit, FromRequest, Multipart, Query, Request, State, multipart::Field},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use tempfile::NamedTempFile;
use voce_jobs::import::{self, CONTACTS, ImportError, ORGANIZATIONS};

use super::Importer;
use crate::{
    App, Error, Result,
    form::Problems,
    shell::{Html, Shell, see_other},
};

/// Largest file, in bytes.
const LARGEST: usize = 256 << 20;

#[derive(Template)]
#[template(path = "imports/new.html")]
struct Page {
    shell: Shell,
    kind: &'static str,
    problems: Problems,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    kind: String,
}

pub async fn new(may: Importer, Query(asked): Query<Asked>) -> Html<impl Template> {
    Html(Page {
        shell: Shell::new(may, "imports"),
        kind: known(&asked.kind),
        problems: Problems::default(),
    })
}

fn known(kind: &str) -> &'static str {
    if kind == ORGANIZATIONS { ORGANIZATIONS } else { CONTACTS }
}

pub async fn create(may: Importer, State(app): State<App>, mut request: Request) -> Result<Response> {
    DefaultBodyLimit::max(LARGEST + (1 << 20)).apply(&mut request);
    let form = Multipart::from_request(request, &app)
        .await
        .map_err(|error| Error::Invalid(error.body_text()))?;
    let sent = read(&app, form).await?;
    let Some((file, name)) = sent.file else {
        return Ok(again(may, sent.kind, "import-file-missing"));
    };
    match import::draft(&app.db, &app.blobs, file.path(), &name, sent.kind, may.user.id).await {
        Ok(id) => Ok(see_other(&format!("/imports/{id}/columns"), None)),
        Err(ImportError::Table(error)) => {
            tracing::info!(%error, "a file could not be read");
            Ok(again(may, sent.kind, error.key()))
        }
        Err(error) => Err(Error::internal(error)),
    }
}

fn again(may: Importer, kind: &'static str, problem: &'static str) -> Response {
    let mut problems = Problems::default();
    problems.add("file", problem);
    (
        StatusCode::UNPROCESSABLE_ENTITY,
        Html(Page {
            shell: Shell::new(may, "imports"),
            kind,
            problems,
        }),
    )
        .into_response()
}

struct Sent {
    kind: &'static str,
    file: Option<(NamedTempFile, String)>,
}

async fn read(app: &App, mut form: Multipart) -> Result<Sent> {
    let mut sent = Sent {
        kind: CONTACTS,
        file: None,
    };
    while let Some(field) = form.next_field().await.map_err(refused)? {
        match field.name() {
            Some("kind") => sent.kind = known(&field.text().await.map_err(refused)?),
            Some("file") => {
                let name: String = field
                    .file_name()
                    .unwrap_or_default()
                    .chars()
                    .filter(|letter| !letter.is_control())
                    .take(200)
                    .collect();
                let file = store(app, field).await?;
                if !name.is_empty() {
                    sent.file = Some((file, name));
                }
            }
            _ => {}
        }
    }
    Ok(sent)
}

async fn store(app: &App, mut field: Field<'_>) -> Result<NamedTempFile> {
    let mut file = NamedTempFile::new_in(app.blobs.folder()).map_err(Error::internal)?;
    let mut size = 0;
    while let Some(piece) = field.chunk().await.map_err(refused)? {
        size += piece.len();
        if size > LARGEST {
            return Err(Error::TooLarge);
        }
        file.write_all(&piece).map_err(Error::internal)?;
    }
    file.flush().map_err(Error::internal)?;
    Ok(file)
}

fn refused(error: axum::extract::multipart::MultipartError) -> Error {
    match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Error::TooLarge,
        _ => Error::Invalid(error.body_text()),
    }
}
