//! `voce export`: whole lists as CSV or JSONL, to a file or to the standard output.

use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::PathBuf,
};

use anyhow::Context;
use clap::ValueEnum;
use serde_json::json;
use voce_store::{
    audit::{self, Who},
    contacts,
    export::MessageFilter,
};
use voce_web::{
    api::exports::{Export as Pages, Format, Rows, Style},
    state::now,
    text::Text,
};

use crate::config::Config;

#[derive(Debug, clap::Args)]
pub struct Export {
    /// What to export.
    #[arg(value_enum)]
    list: List,
    #[arg(long, value_enum, default_value_t = As::Csv)]
    format: As,
    /// Where to [default: the standard output].
    #[arg(long, short)]
    output: Option<PathBuf>,
    /// Language of the headers of CSV.
    #[arg(long, value_parser = ["it", "en"], default_value = "it")]
    language: String,
    /// Begin CSV with the mark by which Excel knows UTF-8.
    #[arg(long)]
    mark: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum List {
    Contacts,
    Cases,
    Messages,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum As {
    Csv,
    /// One JSON object a line, in the shapes of the API.
    Jsonl,
}

pub async fn run(config: &Config, args: Export) -> anyhow::Result<()> {
    let db = config.open().await?.db;
    let (rows, action) = match args.list {
        List::Contacts => (Rows::Contacts(contacts::Filter::default()), "export.contacts"),
        List::Cases => (Rows::Cases(None), "export.cases"),
        List::Messages => (Rows::Messages(MessageFilter::default()), "export.messages"),
    };
    let format = if args.format == As::Csv {
        Format::Csv
    } else {
        Format::Jsonl
    };
    let style = Style {
        format,
        text: Text::of(&args.language),
        mark: args.mark,
    };
    let mut out: Box<dyn Write> = match &args.output {
        Some(path) => Box::new(File::create(path).with_context(|| format!("cannot write {}", path.display()))?),
        None => Box::new(io::stdout()),
    };
    let mut out = BufWriter::new(&mut out);
    let mut pages = Pages::new(db.clone(), rows, style);
    while let Some(page) = pages.next().await? {
        out.write_all(&page).context("cannot write the export")?;
    }
    out.flush().context("cannot write the export")?;
    let who = Who {
        id: None,
        name: "voce export".into(),
        ip: String::new(),
    };
    let mut tx = db.begin().await?;
    audit::write(
        &mut tx,
        now(),
        &who,
        action,
        action,
        json!({ "rows": pages.count, "format": format }),
    )
    .await?;
    tx.commit().await?;
    eprintln!("{} rows", pages.count);
    Ok(())
}
