//! `voce bench`: measures this machine with this version.

mod client;
mod desk;
mod desk_fill;
mod intake;
mod limits;
mod load;
mod workload;

use crate::config::Config;

#[derive(Debug, clap::Subcommand)]
pub enum Bench {
    /// Messages over HTTP into an empty installation: accepted, stored, threaded, labelled, routed and visible.
    Intake(intake::Args),
    /// The pages of the desk over a million messages: lists, a case, searches.
    Desk(desk::Args),
}

pub async fn run(config: &Config, bench: Bench) -> anyhow::Result<()> {
    match bench {
        Bench::Intake(args) => intake::run(config, args).await,
        Bench::Desk(args) => desk::run(config, args).await,
    }
}
