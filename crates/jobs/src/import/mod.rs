//! Imports: registries from sheets, messages and mail archives from files. One file per kind.
//!
//! A file becomes a [`table::Table`] when it arrives. Its rows are taken in chunks; what a chunk does, its errors and the
//! new position are one transaction, so that an import goes on after any interruption and does nothing twice.

pub mod columns;
pub mod contacts;
mod decode;
mod delimited;
pub mod feed;
pub mod mail;
pub mod messages;
pub mod organizations;
pub mod report;
pub mod table;

use std::{
    collections::HashSet,
    path::Path,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use voce_domain::{event::Actor, identity::Address};
use voce_store::{
    Db, Error, Tx,
    blobs::Blobs,
    imports::{self, Import, RowError, Step},
    registry,
};

use self::{
    columns::Mapping,
    contacts::{Batch, Said},
    table::{Row, Rows, Table, TableError},
};
use crate::{Job, JobError, Pace, now};

pub const CONTACTS: &str = "contacts";
pub const ORGANIZATIONS: &str = "organizations";

/// Rows of one transaction.
const CHUNK: usize = 500;
/// A worker that gave no sign for so long has died.
const SILENCE_MS: i64 = 20_000;
/// After which a long import lets others have their turn.
const TURN: Duration = Duration::from_secs(3);
/// How often a chunk is planned anew because somebody changed the same contacts meanwhile.
const ATTEMPTS: u32 = 5;

/// How an import of a registry reads its file; kept with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    pub table: Table,
    pub mapping: Mapping,
}

/// What becomes of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    Created,
    Updated,
    Unchanged,
    Failed,
}

impl Fate {
    pub const fn key(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Unchanged => "unchanged",
            Self::Failed => "failed",
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error(transparent)]
    Table(#[from] TableError),
    #[error(transparent)]
    Store(#[from] Error),
    #[error("the settings of the import cannot be read: {0}")]
    Settings(#[from] serde_json::Error),
    #[error("a worker of the import ended: {0}")]
    Worker(#[from] tokio::task::JoinError),
}

/// Runs waiting imports, one after the other.
pub struct Imports {
    db: Db,
    blobs: Blobs,
}

impl Imports {
    pub fn new(db: Db, blobs: Blobs) -> Self {
        Self { db, blobs }
    }
}

#[async_trait]
impl Job for Imports {
    fn name(&self) -> &'static str {
        "imports"
    }

    fn pace(&self) -> Pace {
        Pace::Woken {
            pause: Duration::from_millis(200),
            poll: Duration::from_secs(2),
        }
    }

    /// Works for a turn, then lets others have one.
    async fn run(&self) -> Result<(), JobError> {
        let Some(import) = next(&self.db).await? else {
            return Ok(());
        };
        let (id, stop, begun) = (import.id, CancellationToken::new(), Instant::now());
        let end_turn = |_: &Import| {
            if begun.elapsed() > TURN {
                stop.cancel();
            }
        };
        if let Err(error) = run(&self.db, &self.blobs, import, &stop, end_turn).await {
            tracing::warn!(%id, %error, "an import stopped");
        }
        if stop.is_cancelled() {
            let mut tx = self.db.begin().await?;
            match imports::give_back(&mut tx, id, now()).await {
                // Over meanwhile.
                Err(Error::Stale) => {}
                other => other?,
            }
            tx.commit().await?;
        }
        Ok(())
    }
}

async fn next(db: &Db) -> Result<Option<Import>, Error> {
    // The look costs nothing; the claim takes the writer.
    if !imports::waiting(db, [CONTACTS, ORGANIZATIONS], now() - SILENCE_MS).await? {
        return Ok(None);
    }
    let mut tx = db.begin().await?;
    let claimed = imports::claim(&mut tx, [CONTACTS, ORGANIZATIONS], now() - SILENCE_MS, now()).await?;
    tx.commit().await?;
    Ok(claimed)
}

/// Finds the import of the same file with the same settings, or makes it, to be run at once by this process. One that is done
/// stays done.
pub async fn start(db: &Db, kind: &str, file_name: &str, settings: &Settings) -> Result<Import, ImportError> {
    let mapping = serde_json::to_string(settings)?;
    let mut tx = db.begin().await?;
    let id = match imports::same(db, kind, &settings.table.blob, &mapping).await? {
        Some(import) if import.state == imports::State::Done => return Ok(import),
        Some(import) => {
            imports::resume(&mut tx, import.id, imports::State::Running, now()).await?;
            import.id
        }
        None => {
            let state = imports::State::Running;
            let new = imports::New {
                kind,
                file_name,
                blob: &settings.table.blob,
                mapping: &mapping,
                state,
                total: data_rows(settings),
                user_id: None,
            };
            imports::create(&mut tx, &new, now()).await?
        }
    };
    tx.commit().await?;
    Ok(imports::get(db, id).await?)
}

/// Reads an uploaded file and keeps it as a draft with a guessed mapping.
pub async fn draft(
    db: &Db,
    blobs: &Blobs,
    path: &Path,
    file_name: &str,
    kind: &'static str,
    user: Uuid,
) -> Result<Uuid, ImportError> {
    let settings = prepare(blobs, path, kind).await?;
    let new = imports::New {
        kind,
        file_name,
        blob: &settings.table.blob,
        mapping: &serde_json::to_string(&settings)?,
        state: imports::State::Draft,
        total: data_rows(&settings),
        user_id: Some(user),
    };
    let mut tx = db.begin().await?;
    let id = imports::create(&mut tx, &new, now()).await?;
    tx.commit().await?;
    Ok(id)
}

/// Reads a file and guesses what its columns mean.
pub async fn prepare(blobs: &Blobs, path: &Path, kind: &str) -> Result<Settings, ImportError> {
    let (folder, path) = (blobs.clone(), path.to_owned());
    let table = tokio::task::spawn_blocking(move || table::take(&path, &folder)).await??;
    let header = table.header;
    let names = if header {
        header_of(blobs, &table)?
    } else {
        vec![String::new(); table.columns]
    };
    let mapping = columns::guess_mapping(&names, header, kind == ORGANIZATIONS);
    Ok(Settings { table, mapping })
}

pub fn data_rows(settings: &Settings) -> i64 {
    settings.table.rows - i64::from(settings.mapping.header)
}

/// The cells of the first row, one for each column.
fn header_of(blobs: &Blobs, table: &Table) -> Result<Vec<String>, TableError> {
    let first = Rows::open(blobs, &table.blob, 0)?.next(1)?;
    let cell = |column| first.first().map_or("", |row| row.cell(column)).to_owned();
    Ok((0..table.columns).map(cell).collect())
}

/// The names of the columns: of the header, else letters as in a sheet.
pub fn names(blobs: &Blobs, settings: &Settings) -> Result<Vec<String>, TableError> {
    let header = match settings.mapping.header {
        true => header_of(blobs, &settings.table)?,
        false => vec![String::new(); settings.table.columns],
    };
    Ok(header
        .into_iter()
        .enumerate()
        .map(|(column, name)| if name.is_empty() { letters(column) } else { name })
        .collect())
}

/// `A`, `B` … `Z`, `AA`.
fn letters(column: usize) -> String {
    let last = char::from(b'A' + u8::try_from(column % 26).unwrap_or_default());
    match column / 26 {
        0 => last.to_string(),
        more => format!("{}{last}", letters(more - 1)),
    }
}

/// What is wrong with a cell, for people.
fn error(row: &Row, names: &[String], column: usize, problem: &str, value: &str) -> RowError {
    RowError {
        row_number: row.line,
        column_name: names.get(column).cloned().unwrap_or_default(),
        problem: problem.to_owned(),
        value: value.chars().take(200).collect(),
    }
}

/// A row as the import would take it.
#[derive(Debug)]
pub struct Preview {
    pub row: Row,
    pub fate: Fate,
    pub errors: Vec<RowError>,
}

/// What the import would do with the first rows; changes nothing.
pub async fn preview(
    db: &Db,
    blobs: &Blobs,
    kind: &str,
    settings: &Settings,
    most: usize,
) -> Result<Vec<Preview>, ImportError> {
    let names = names(blobs, settings)?;
    let rows = Rows::open(blobs, &settings.table.blob, i64::from(settings.mapping.header))?.next(most)?;
    let mut tx = db.begin().await?;
    let chunk = Chunk::plan(&mut tx, kind, &settings.mapping, &names, &rows).await?;
    drop(tx);
    Ok(rows
        .into_iter()
        .zip(chunk.fates)
        .zip(chunk.errors)
        .map(|((row, fate), errors)| Preview { row, fate, errors })
        .collect())
}

/// Runs an import to its end, its cancellation or `stop`. `progress` is told after every chunk.
pub async fn run(
    db: &Db,
    blobs: &Blobs,
    mut import: Import,
    stop: &CancellationToken,
    mut progress: impl FnMut(&Import),
) -> Result<(), ImportError> {
    let outcome = run_rows(db, blobs, &mut import, stop, &mut progress).await;
    let problem = match &outcome {
        Ok(true) => None,
        Ok(false) => return Ok(()),
        Err(error) => Some(error.to_string()),
    };
    let mut tx = db.begin().await?;
    imports::finish(&mut tx, import.id, problem.as_deref(), now()).await?;
    tx.commit().await?;
    outcome.map(|_| ())
}

/// True when all rows were taken, false when somebody stopped it.
async fn run_rows(
    db: &Db,
    blobs: &Blobs,
    import: &mut Import,
    stop: &CancellationToken,
    progress: &mut impl FnMut(&Import),
) -> Result<bool, ImportError> {
    let settings: Settings = serde_json::from_str(&import.mapping)?;
    let names = names(blobs, &settings)?;
    let passed = import.position + i64::from(settings.mapping.header);
    let (folder, blob) = (blobs.clone(), settings.table.blob.clone());
    let mut rows = tokio::task::spawn_blocking(move || Rows::open(&folder, &blob, passed)).await??;
    loop {
        if stop.is_cancelled() {
            return Ok(false);
        }
        let (back, chunk) = tokio::task::spawn_blocking(move || {
            let chunk = rows.next(CHUNK);
            (rows, chunk)
        })
        .await?;
        rows = back;
        let chunk = chunk?;
        if chunk.is_empty() {
            return Ok(true);
        }
        match take(db, import, &settings.mapping, &names, &chunk).await? {
            Some(step) => add(import, step),
            None => return Ok(false),
        }
        progress(import);
    }
}

fn add(import: &mut Import, step: Step) {
    import.position += step.passed;
    import.created += step.created;
    import.updated += step.updated;
    import.skipped += step.skipped;
    import.failed += step.failed;
}

/// Takes a chunk of rows in one transaction. `None` when the import is not ours any more.
async fn take(
    db: &Db,
    import: &Import,
    mapping: &Mapping,
    names: &[String],
    rows: &[Row],
) -> Result<Option<Step>, ImportError> {
    let actor = import.user_id.map_or(Actor::SYSTEM, Actor::user);
    for attempt in 1.. {
        let mut tx = db.begin().await?;
        let chunk = Chunk::plan(&mut tx, &import.kind, mapping, names, rows).await?;
        let step = chunk.step();
        match imports::advance(&mut tx, import.id, import.position, &step, now()).await {
            Err(Error::Stale) => return Ok(None),
            other => other?,
        }
        imports::add_errors(&mut tx, import.id, &chunk.errors.concat()).await?;
        match registry::write(&mut tx, &chunk.changes, actor, now()).await {
            Err(Error::Stale | Error::Exists) if attempt < ATTEMPTS => continue,
            other => other?,
        }
        tx.commit().await?;
        return Ok(Some(step));
    }
    Ok(None)
}

/// A chunk of rows and what it does.
struct Chunk {
    fates: Vec<Fate>,
    errors: Vec<Vec<RowError>>,
    changes: registry::Changes,
}

impl Chunk {
    async fn plan(tx: &mut Tx, kind: &str, mapping: &Mapping, names: &[String], rows: &[Row]) -> Result<Self, Error> {
        if kind == ORGANIZATIONS {
            return Self::plan_organizations(tx, mapping, names, rows).await;
        }
        let (said, errors): (Vec<Option<Said>>, Vec<_>) =
            rows.iter().map(|row| contacts::read(row, mapping, names)).unzip();
        let all = || said.iter().flatten();
        let addresses: Vec<Address> = all()
            .flat_map(|said| said.addresses.iter().cloned())
            .collect::<HashSet<_>>()
            .into_iter()
            .collect();
        let organizations: Vec<String> = all()
            .filter_map(|said| said.organization.clone())
            .collect::<HashSet<_>>()
            .into_iter()
            .collect();
        let mut batch = Batch::new(registry::load(tx, &addresses, &organizations).await?);
        let fates = said
            .iter()
            .map(|said| said.as_ref().map_or(Fate::Failed, |said| batch.take(said, mapping)))
            .collect();
        Ok(Self {
            fates,
            errors,
            changes: batch.into_changes(),
        })
    }

    /// Organizations are few: each is written as it is planned.
    async fn plan_organizations(tx: &mut Tx, mapping: &Mapping, names: &[String], rows: &[Row]) -> Result<Self, Error> {
        let (said, errors): (Vec<_>, Vec<_>) = rows.iter().map(|row| organizations::read(row, mapping, names)).unzip();
        let sound: Vec<_> = said.iter().flatten().cloned().collect();
        let mut taken = organizations::take(tx, &sound, now()).await?.into_iter();
        let fates = said
            .iter()
            .map(|said| said.as_ref().and_then(|_| taken.next()).unwrap_or(Fate::Failed))
            .collect();
        Ok(Self {
            fates,
            errors,
            changes: registry::Changes::default(),
        })
    }

    fn step(&self) -> Step {
        let count = |wanted: Fate| self.fates.iter().filter(|fate| **fate == wanted).count() as i64;
        Step {
            passed: self.fates.len() as i64,
            created: count(Fate::Created),
            updated: count(Fate::Updated),
            skipped: count(Fate::Unchanged),
            failed: count(Fate::Failed),
        }
    }
}
