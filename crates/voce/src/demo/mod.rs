//! `voce demo`: a living example company. Nothing leaves the machine: its channels end on a stage where simulated customers
//! write and answer.

mod company;
mod customers;
mod history;
mod scenarios;
mod stage;

use std::{net::SocketAddr, path::PathBuf};

use anyhow::ensure;
use url::Url;
use voce_channels::http::Policy;
use voce_store::{settings, users};

use crate::{
    config::{Config, Listen},
    serve::Server,
};

#[derive(Debug, clap::Args)]
pub struct Demo {
    /// Address and port of the web server; loopback only, since everybody is signed in.
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: SocketAddr,

    /// Folder of the example company; remove it to begin anew.
    #[arg(long = "folder", default_value = "demo")]
    folder: PathBuf,
}

/// Set once the year of history is complete.
const FILLED: &str = "demo-filled";

pub async fn run(demo: Demo) -> anyhow::Result<()> {
    ensure!(
        demo.listen.ip().is_loopback(),
        "the demo signs everybody in, so it listens on loopback addresses only"
    );
    let config = Config {
        data: demo.folder,
        database: None,
        allow_private_hosts: Vec::new(),
    };
    let mut installation = config.open().await?;
    if settings::get(&installation.db, FILLED).await?.is_none() {
        if users::any(&installation.db).await? {
            // The first start was interrupted: half a history is none.
            installation.db.close().await;
            std::fs::remove_dir_all(&config.data)?;
            installation = config.open().await?;
        }
        history::fill(&installation).await?;
        let mut tx = installation.db.begin().await?;
        settings::put(&mut tx, FILLED, "yes").await?;
        tx.commit().await?;
    }
    let company = company::Company::load(&installation.db).await?;
    let (registry, cues) = stage::registry();
    let server = Server::new(installation, voce_channels::http::Client::new(Policy::default())).with_registry(registry);
    tokio::spawn(stage::play(
        server.intake.clone(),
        company.clone(),
        cues,
        server.stop.clone(),
    ));
    let base_url = Url::parse(&format!("http://localhost:{}", demo.listen.port()))?;
    println!(
        "\n  Bottega Aurora is open: {base_url}\n  Signed in as {}. Stop with Ctrl+C.\n",
        company.me.name
    );
    server
        .serve(
            &Listen {
                listen: demo.listen,
                base_url: Some(base_url),
                behind_proxy: false,
            },
            Some(company.me.id),
        )
        .await
}
