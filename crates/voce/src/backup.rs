//! `voce backup` and `voce restore`: one archive with everything, made while the installation runs.
//!
//! The archive is a tar under Zstandard: `manifest.json`, `tables/<name>.jsonl`, `blobs/…`, `keys/master.key`. It can be
//! restored into the other kind of database.

use std::{
    fs::File,
    io::{BufRead, BufReader, BufWriter, Read, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context, bail, ensure};
use serde::{Deserialize, Serialize};
use voce_store::{Db, backup, contact_search, message_search};

use crate::config::Config;

/// What this version writes and understands.
const FORMAT: u32 = 1;

#[derive(Debug, clap::Args)]
pub struct Backup {
    /// The archive to write, e.g. `voce-2026-11-22.tar.zst`. Must not exist yet.
    file: PathBuf,
}

#[derive(Debug, clap::Args)]
pub struct Restore {
    /// An archive that `voce backup` wrote.
    file: PathBuf,
}

#[derive(Serialize, Deserialize)]
struct Manifest {
    format: u32,
    version: String,
    created_at: String,
    tables: Vec<TableEntry>,
}

#[derive(Serialize, Deserialize)]
struct TableEntry {
    name: String,
    columns: Vec<String>,
    rows: u64,
}

/// Writes the archive beside its final name and renames it when it is complete.
pub async fn backup(config: &Config, args: Backup) -> anyhow::Result<()> {
    ensure!(!args.file.exists(), "{} exists already", args.file.display());
    let installation = config.open().await?;
    let scratch = tempfile::tempdir_in(&config.data).context("cannot write in the data folder")?;
    let manifest = dump(&installation.db, scratch.path()).await?;
    let partial = args.file.with_extension("partial");
    let data = config.data.clone();
    let (target, rows) = (
        args.file.clone(),
        manifest.tables.iter().map(|table| table.rows).sum::<u64>(),
    );
    tokio::task::spawn_blocking(move || pack(&manifest, scratch.path(), &data, &partial, &target)).await??;
    println!("{} rows in {}", rows, args.file.display());
    Ok(())
}

async fn dump(db: &Db, folder: &Path) -> anyhow::Result<Manifest> {
    let mut snapshot = backup::Snapshot::take(db).await?;
    let mut entries = Vec::new();
    for table in backup::tables(db).await? {
        let mut out = BufWriter::new(File::create(folder.join(format!("{}.jsonl", table.name)))?);
        let rows = snapshot
            .dump(&table, &mut out)
            .await
            .with_context(|| format!("table {}", table.name))?;
        out.flush()?;
        entries.push(TableEntry {
            name: table.name.into(),
            columns: table.columns.into_iter().map(|column| column.name).collect(),
            rows,
        });
    }
    Ok(Manifest {
        format: FORMAT,
        version: env!("CARGO_PKG_VERSION").into(),
        created_at: jiff::Timestamp::now().to_string(),
        tables: entries,
    })
}

fn pack(manifest: &Manifest, tables: &Path, data: &Path, partial: &Path, target: &Path) -> anyhow::Result<()> {
    let file = File::create(partial).with_context(|| format!("cannot write {}", partial.display()))?;
    let mut archive = tar::Builder::new(zstd::Encoder::new(BufWriter::new(file), 3)?);
    let json = serde_json::to_vec_pretty(manifest)?;
    let mut header = tar::Header::new_gnu();
    header.set_size(json.len() as u64);
    header.set_mode(0o600);
    archive.append_data(&mut header, "manifest.json", &json[..])?;
    archive.append_path_with_name(data.join("keys/master.key"), "keys/master.key")?;
    for table in &manifest.tables {
        let name = format!("{}.jsonl", table.name);
        archive.append_path_with_name(tables.join(&name), format!("tables/{name}"))?;
    }
    // Blobs are written before the rows that name them, so whatever the snapshot refers to is here.
    archive.append_dir_all("blobs", data.join("blobs"))?;
    let file = archive
        .into_inner()?
        .finish()?
        .into_inner()
        .map_err(|error| error.into_error())?;
    file.sync_all()?;
    std::fs::rename(partial, target)?;
    Ok(())
}

/// Fills an empty installation: all rows in one transaction, so an interrupted restore leaves it empty.
pub async fn restore(config: &Config, args: Restore) -> anyhow::Result<()> {
    let file = File::open(&args.file).with_context(|| format!("cannot open {}", args.file.display()))?;
    let keys = config.data.join("keys");
    ensure!(
        !keys.join("master.key").exists(),
        "{} holds an installation already; restore into an empty folder",
        config.data.display()
    );
    std::fs::create_dir_all(&config.data)?;
    let mut archive = tar::Archive::new(zstd::Decoder::new(BufReader::new(file))?);
    let mut entries = archive.entries().context("not an archive of voce backup")?;
    let manifest = read_manifest(&mut entries)?;
    let db = Db::open(&config.database()).await?;
    ensure!(
        backup::is_empty(&db).await?,
        "the database is in use already; restore into an empty one"
    );
    let tables = backup::tables(&db).await?;
    let mut tx = db.begin().await?;
    backup::clear(&mut tx).await?;
    let mut rows = 0;
    for entry in entries {
        let mut entry = entry?;
        let path = entry.path()?.into_owned();
        if let Some(name) = path
            .strip_prefix("tables")
            .ok()
            .and_then(|file| file.to_str()?.strip_suffix(".jsonl").map(str::to_owned))
        {
            let from = manifest
                .tables
                .iter()
                .find(|table| table.name == name)
                .with_context(|| format!("{name} is not in the manifest"))?;
            let Some(table) = tables.iter().find(|table| table.name == name) else {
                continue;
            };
            let mut lines = BufReader::with_capacity(1 << 20, &mut entry);
            let restored = backup::restore(&mut tx, table, &from.columns, &mut lines as &mut dyn BufRead)
                .await
                .with_context(|| format!("table {name}"))?;
            ensure!(restored == from.rows, "table {name}: {restored} of {} rows", from.rows);
            rows += restored;
        } else if path.starts_with("blobs") || path == Path::new("keys/master.key") {
            // `unpack_in` refuses paths that would leave the folder.
            entry.unpack_in(&config.data)?;
        }
    }
    message_search::rebuild(&mut tx).await.context("index of messages")?;
    contact_search::rebuild(&mut tx).await.context("index of contacts")?;
    tx.commit().await?;
    println!("{rows} rows from {} ({})", args.file.display(), manifest.created_at);
    Ok(())
}

fn read_manifest<R: Read>(entries: &mut tar::Entries<'_, R>) -> anyhow::Result<Manifest> {
    let mut first = entries.next().context("the archive is empty")??;
    ensure!(
        first.path()?.as_ref() == Path::new("manifest.json"),
        "not an archive of voce backup"
    );
    let mut json = Vec::new();
    first.read_to_end(&mut json)?;
    let manifest: Manifest = serde_json::from_slice(&json).context("manifest.json")?;
    if manifest.format > FORMAT {
        bail!("the archive was written by a newer version ({})", manifest.version);
    }
    Ok(manifest)
}
