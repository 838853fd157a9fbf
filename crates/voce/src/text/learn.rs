//! `voce text learn`.

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::bail;
use serde_json::json;
use voce_text::table::Table;
use voce_text::{Classifier, Engine};

use super::evaluate::{as_json, print};

#[derive(Debug, clap::Args)]
pub struct Learn {
    /// Tables of examples; several are read as one. Rows labelled `oos` teach what belongs to no label.
    #[arg(long, required = true, num_args = 1..)]
    train: Vec<PathBuf>,
    /// A table of texts to measure on. Rows labelled `oos` are out of scope: the AUC says how well they are told.
    #[arg(long)]
    test: PathBuf,
    /// A table of later corrections, each of which counts as much as twenty examples.
    #[arg(long)]
    corrections: Option<PathBuf>,
    #[arg(long, default_value = "text")]
    text_column: String,
    #[arg(long, default_value = "label")]
    label_column: String,
    /// One JSON object.
    #[arg(long)]
    json: bool,
}

/// How much a correction counts against an example from elsewhere.
const CORRECTION: f32 = 20.0;

pub fn run(args: &Learn) -> anyhow::Result<()> {
    let engine = Engine::new();
    let mut tables = Vec::new();
    for path in &args.train {
        tables.push((Table::open(path)?, 1.0));
    }
    if let Some(path) = &args.corrections {
        tables.push((Table::open(path)?, CORRECTION));
    }
    let mut examples = Vec::new();
    for (table, weight) in &tables {
        let rows = table.columns([args.label_column.as_str(), args.text_column.as_str()])?;
        examples.extend(rows.into_iter().map(|[label, text]| (text, label, *weight)));
    }
    let start = Instant::now();
    let count = examples.len();
    let Some(classifier) = Classifier::learn(&engine, examples) else {
        bail!("there are no examples in {}", named(&args.train));
    };
    let took = start.elapsed();
    let test = Table::open(&args.test)?;
    let rows = test.columns([args.label_column.as_str(), args.text_column.as_str()])?;
    let report = classifier.evaluate(&engine, &rows);
    if report.n == 0 {
        bail!("no row of {} has a label that was learnt", args.test.display());
    }
    if args.json {
        let mut object = as_json(&report);
        object["examples"] = json!(count);
        object["labels"] = json!(classifier.labels().len());
        object["learning_s"] = json!(took.as_secs_f64());
        println!("{object}");
    } else {
        println!(
            "{count} examples of {} labels learnt in {took:.1?}",
            classifier.labels().len()
        );
        print(&report);
    }
    Ok(())
}

fn named(paths: &[PathBuf]) -> String {
    let names = paths.iter().map(|path| Path::display(path).to_string());
    names.collect::<Vec<_>>().join(", ")
}
