//! `voce text`: the engine that reads texts, at hand for files: label, measure, train.

mod evaluate;
mod label;
mod learn;
mod relabel;
mod train;

use clap::Subcommand;

use crate::config::Config;

#[derive(Subcommand)]
pub enum Text {
    /// Says of every text of a file what it says: one text a line, or a column of a tab-separated table.
    Label(label::Label),
    /// Makes the models that ship from named sets of labelled texts; the same sets give the same bytes.
    Train(train::Train),
    /// Measures the engine on a tab-separated table of labelled texts.
    Evaluate(evaluate::Evaluate),
    /// Learns labels of your own from examples, and measures how well.
    Learn(learn::Learn),
    /// Labels every stored message anew; interrupted, the same command goes on where it stood.
    Relabel,
}

pub async fn run(config: &Config, command: Text) -> anyhow::Result<()> {
    match command {
        Text::Label(args) => label::run(&args),
        Text::Train(args) => train::run(&args),
        Text::Evaluate(args) => evaluate::run(&args),
        Text::Learn(args) => learn::run(&args),
        Text::Relabel => relabel::run(config).await,
    }
}
