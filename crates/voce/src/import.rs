//! `voce import`: files into the installation, with progress; interrupted, the same command goes on where it stood.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use indicatif::{ProgressBar, ProgressStyle};
use jiff::tz::TimeZone;
use tokio_util::sync::CancellationToken;
use voce_channels::{
    api::{self, mapping::Mapping},
    email,
};
use voce_jobs::import::{self, CONTACTS, ORGANIZATIONS, columns::Key, feed, mail, messages};
use voce_store::{
    accounts::{self, ChannelAccount},
    imports::{self, Import as Record, State},
};

use crate::config::{Config, Installation};

#[derive(Debug, clap::Subcommand)]
pub enum Import {
    /// Contacts of a registry: CSV, TSV, XLSX or ODS.
    Contacts(Registry),
    /// Organizations of a registry: CSV, TSV, XLSX or ODS.
    Organizations { file: PathBuf },
    /// Messages: JSONL in the shape of POST /api/v1/messages, or CSV and TSV whose columns are recognised.
    Messages(Messages),
    /// An archive of mail.
    Mbox {
        file: PathBuf,
        /// Name of the mail account that the mails belong to.
        #[arg(long)]
        account: String,
    },
}

#[derive(Debug, clap::Args)]
pub struct Registry {
    file: PathBuf,
    /// By which column a row finds its contact: customer-number, email or phone [default: the first of these that the file has].
    #[arg(long, value_parser = parse_key)]
    key: Option<Key>,
    /// The people of the file are prospects, not customers.
    #[arg(long)]
    prospects: bool,
    /// Country (ISO 3166-1) whose national phone numbers the file holds.
    #[arg(long, default_value = "IT")]
    country: String,
}

#[derive(Debug, clap::Args)]
pub struct Messages {
    file: PathBuf,
    /// Name of the account of the open intake that the messages belong to; may be left out when there is one only.
    #[arg(long)]
    account: Option<String>,
    /// JSON file that says for each field of a message from which column it comes [default: by the columns' names].
    #[arg(long)]
    mapping: Option<PathBuf>,
    /// Time zone of moments that name none.
    #[arg(long, default_value = "UTC")]
    time_zone: String,
}

fn parse_key(text: &str) -> Result<Key, String> {
    let known = Key::ALL
        .into_iter()
        .find(|key| key.kind().key().replace('_', "-") == text);
    known.ok_or_else(|| "customer-number, email or phone".into())
}

pub async fn run(config: &Config, import: Import) -> anyhow::Result<()> {
    let installation = config.open().await?;
    let stop = CancellationToken::new();
    let interrupted = stop.clone();
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            interrupted.cancel();
        }
    });
    match import {
        Import::Contacts(args) => contacts(&installation, args, &stop).await,
        Import::Organizations { file } => organizations(&installation, &file, &stop).await,
        Import::Messages(args) => said(&installation, args, &stop).await,
        Import::Mbox { file, account } => mbox(&installation, &file, &account, &stop).await,
    }
}

async fn contacts(installation: &Installation, args: Registry, stop: &CancellationToken) -> anyhow::Result<()> {
    let mut settings = import::prepare(&installation.blobs, &args.file, CONTACTS)
        .await
        .map_err(|error| unreadable(&args.file, error))?;
    let mapping = &mut settings.mapping;
    mapping.key = args.key.unwrap_or(mapping.key);
    mapping.customers = !args.prospects;
    mapping.country = args.country;
    if !mapping.columns.contains(&mapping.key.target()) {
        bail!(
            "no column of {} is known as {}",
            args.file.display(),
            mapping.key.kind().key()
        );
    }
    rows(installation, CONTACTS, &args.file, &settings, stop).await
}

async fn organizations(installation: &Installation, file: &Path, stop: &CancellationToken) -> anyhow::Result<()> {
    let settings = import::prepare(&installation.blobs, file, ORGANIZATIONS)
        .await
        .map_err(|error| unreadable(file, error))?;
    if !settings.mapping.columns.contains(&import::columns::Target::Name) {
        bail!("no column of {} is known as the name", file.display());
    }
    rows(installation, ORGANIZATIONS, file, &settings, stop).await
}

async fn rows(
    installation: &Installation,
    kind: &str,
    file: &Path,
    settings: &import::Settings,
    stop: &CancellationToken,
) -> anyhow::Result<()> {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let record = import::start(&installation.db, kind, &name, settings).await?;
    if record.state == State::Done {
        return already(&record);
    }
    let (id, bar) = (record.id, bar(&record, ROWS)?);
    import::run(&installation.db, &installation.blobs, record, stop, |record| {
        show(&bar, record)
    })
    .await?;
    finish(installation, id, &bar).await
}

async fn said(installation: &Installation, args: Messages, stop: &CancellationToken) -> anyhow::Result<()> {
    let account = account(installation, "api", args.account.as_deref()).await?;
    let zone = TimeZone::get(&args.time_zone).with_context(|| format!("{} is not a time zone", args.time_zone))?;
    let mapping = args.mapping.as_deref().map(|path| mapping(path, &zone)).transpose()?;
    let reading = messages::Reading {
        country: api::country(&account.config).to_owned(),
        zone,
        mapping,
    };
    let total = messages::count(&args.file).map_err(|error| unreadable(&args.file, error))?;
    let record = feed::start(&installation.db, messages::KIND, &args.file, account.id, total).await?;
    let pieces =
        messages::open(&args.file, record.position, &reading).map_err(|error| unreadable(&args.file, error))?;
    hand_over(installation, record, &account, api::MESSAGE, pieces, ROWS, stop).await
}

async fn mbox(installation: &Installation, file: &Path, name: &str, stop: &CancellationToken) -> anyhow::Result<()> {
    let account = account(installation, "email", Some(name)).await?;
    let size = std::fs::metadata(file)
        .with_context(|| format!("cannot read {}", file.display()))?
        .len();
    let record = feed::start(&installation.db, mail::KIND, file, account.id, i64::try_from(size)?).await?;
    let pieces = mail::open(file, record.position).map_err(|error| unreadable(file, error))?;
    hand_over(installation, record, &account, email::FORMAT, pieces, BYTES, stop).await
}

async fn hand_over(
    installation: &Installation,
    mut record: Record,
    account: &ChannelAccount,
    format: &str,
    pieces: feed::Pieces,
    style: &str,
    stop: &CancellationToken,
) -> anyhow::Result<()> {
    if record.state == State::Done {
        return already(&record);
    }
    let (id, bar) = (record.id, bar(&record, style)?);
    feed::run(
        &installation.db,
        &mut record,
        account.id,
        format,
        pieces,
        stop,
        |record| show(&bar, record),
    )
    .await?;
    finish(installation, id, &bar).await
}

fn mapping(path: &Path, zone: &TimeZone) -> anyhow::Result<Mapping> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let value = serde_json::from_str(&text).with_context(|| format!("{} is not JSON", path.display()))?;
    Mapping::read(&value, zone.clone()).map_err(|problem| anyhow::anyhow!("{}: {problem}", path.display()))
}

/// The account of a channel by its name, or the only one there is.
async fn account(installation: &Installation, kind: &str, name: Option<&str>) -> anyhow::Result<ChannelAccount> {
    let of_kind = accounts::all(&installation.db)
        .await?
        .into_iter()
        .filter(|account| account.kind == kind);
    let mut fitting: Vec<ChannelAccount> = of_kind
        .filter(|account| name.is_none_or(|name| account.name == name || account.address == name))
        .collect();
    match (fitting.pop(), fitting.is_empty()) {
        (Some(account), true) => Ok(account),
        (Some(_), false) => bail!("there are several accounts of {kind}: name one with --account"),
        (None, _) => bail!("there is no such account of {kind}: add it on the page of the channels first"),
    }
}

fn unreadable(file: &Path, error: import::ImportError) -> anyhow::Error {
    anyhow::Error::new(error).context(format!("{} cannot be imported", file.display()))
}

const ROWS: &str = "{bar:32} {percent:>3} %  {human_pos} of {human_len} rows, {per_sec}, {eta} left";
const BYTES: &str = "{bar:32} {percent:>3} %  {bytes} of {total_bytes}, {binary_bytes_per_sec}, {eta} left";

fn bar(record: &Record, style: &str) -> anyhow::Result<ProgressBar> {
    let bar = ProgressBar::new(u64::try_from(record.total)?).with_style(ProgressStyle::with_template(style)?);
    bar.set_position(u64::try_from(record.position)?);
    bar.reset_eta();
    Ok(bar)
}

fn show(bar: &ProgressBar, record: &Record) {
    bar.set_position(u64::try_from(record.position).unwrap_or_default());
}

fn already(record: &Record) -> anyhow::Result<()> {
    println!("{} was imported before: nothing to do.", record.file_name);
    Ok(())
}

async fn finish(installation: &Installation, id: uuid::Uuid, bar: &ProgressBar) -> anyhow::Result<()> {
    bar.abandon();
    let record = imports::get(&installation.db, id).await?;
    let Record {
        created,
        updated,
        skipped,
        failed,
        ..
    } = record;
    match record.kind.as_str() {
        messages::KIND | mail::KIND => println!("{created} handed to the queue, {failed} not readable."),
        _ => println!("{created} new, {updated} changed, {skipped} as they were, {failed} not readable."),
    }
    for error in imports::errors(&installation.db, id, None, 10).await? {
        println!(
            "  row {} {}: {} {}",
            error.row_number, error.column_name, error.problem, error.value
        );
    }
    if record.state != State::Done {
        println!("Interrupted: the same command goes on from here.");
    }
    installation.db.close().await;
    Ok(())
}
