//! `voce bench`: measures this machine with this version.

mod client;
mod intake;
mod limits;
mod load;
mod workload;

use crate::config::Config;

#[derive(Debug, clap::Subcommand)]
pub enum Bench {
    /// Messages over HTTP into an empty installation: accepted, stored, threaded, labelled, routed and visible.
    Intake(intake::Args),
}

pub async fn run(config: &Config, bench: Bench) -> anyhow::Result<()> {
    match bench {
        Bench::Intake(args) => intake::run(config, args).await,
    }
}
