//! `voce`: one binary for the whole installation.

mod backup;
mod bench;
mod config;
mod demo;
mod doctor;
mod export;
mod import;
mod serve;
mod text;
mod user;

use clap::{Parser, Subcommand};
use config::{Config, Listen};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Voce: an open, self-hosted Social CRM.
#[derive(Parser)]
#[command(version, about, max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    config: Config,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Runs everything: the web, the workers and the channels.
    Serve(Listen),
    /// Runs a living example company, on this machine only, signed in without typing.
    Demo(demo::Demo),
    /// Takes files in: archives of mail, messages, registries of contacts.
    #[command(subcommand)]
    Import(import::Import),
    /// Whole lists out, as CSV or JSONL.
    Export(export::Export),
    /// Creates or upgrades the database, and ends.
    Migrate,
    /// Writes everything into one archive, while the installation runs.
    Backup(backup::Backup),
    /// Fills an empty installation from an archive.
    Restore(backup::Restore),
    /// People of the company.
    #[command(subcommand)]
    User(user::User),
    /// Measures this machine with this version.
    #[command(subcommand)]
    Bench(bench::Bench),
    /// Labels texts of a file, measures the engine that does it, and trains it.
    #[command(subcommand)]
    Text(text::Text),
    /// Looks for what is wrong with the installation, and says how to mend it.
    Doctor,
}

fn main() -> anyhow::Result<()> {
    let cli = Cli::parse();
    tracing_subscriber::fmt()
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_env("VOCE_LOG").unwrap_or_else(|_| "info,sqlx=warn".into()),
        )
        .with_writer(std::io::stderr)
        .init();
    // The one cryptography of the process; only a second call could fail.
    let _ = rustls::crypto::ring::default_provider().install_default();
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?
        .block_on(run(cli))
}

async fn run(cli: Cli) -> anyhow::Result<()> {
    let config = &cli.config;
    match cli.command {
        Command::Serve(listen) => serve::run(config, listen).await,
        Command::Demo(demo) => demo::run(demo).await,
        Command::Import(import) => import::run(config, import).await,
        Command::Export(args) => export::run(config, args).await,
        Command::Migrate => config.open().await.map(|_| ()),
        Command::Backup(args) => backup::backup(config, args).await,
        Command::Restore(args) => backup::restore(config, args).await,
        Command::User(user) => user::run(config, user).await,
        Command::Bench(args) => bench::run(config, args).await,
        Command::Text(command) => text::run(config, command).await,
        Command::Doctor => doctor::run(config).await,
    }
}
