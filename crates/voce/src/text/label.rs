//! `voce text label`.

use std::io::{BufWriter, Read, Write, stdout};
use std::path::PathBuf;

use anyhow::Context as _;
use serde_json::json;
use voce_domain::labels::{LabelKind, Labels};
use voce_text::table::Table;
use voce_text::{Context, Engine};

#[derive(Debug, clap::Args)]
pub struct Label {
    /// One text a line, or, with `--text-column`, a tab-separated table; `-` reads the standard input.
    file: PathBuf,
    /// The column of the texts.
    #[arg(long)]
    text_column: Option<String>,
    /// Language of texts too short to tell (ISO 639-1).
    #[arg(long)]
    language: Option<String>,
    /// A brand, product or person towards which the sentiment is to be told; may be repeated.
    #[arg(long = "target")]
    targets: Vec<String>,
    /// One JSON object a line, with every label and the words that made it.
    #[arg(long)]
    json: bool,
}

pub fn run(args: &Label) -> anyhow::Result<()> {
    let texts = texts(args)?;
    let engine = Engine::new();
    let targets: Vec<&str> = args.targets.iter().map(String::as_str).collect();
    let context = Context {
        language_hint: args.language.as_deref(),
        targets: &targets,
        ..Context::default()
    };
    let mut out = BufWriter::new(stdout().lock());
    for text in &texts {
        let labels = engine.label(text, &context);
        if args.json {
            serde_json::to_writer(&mut out, &json!({ "text": text, "labels": labels }))?;
            writeln!(out)?;
        } else {
            writeln!(out, "{text}\n  {}", in_words(&labels))?;
        }
    }
    Ok(out.flush()?)
}

fn texts(args: &Label) -> anyhow::Result<Vec<String>> {
    let bytes = if args.file.as_os_str() == "-" {
        let mut bytes = Vec::new();
        std::io::stdin().read_to_end(&mut bytes)?;
        bytes
    } else {
        std::fs::read(&args.file).with_context(|| format!("{} cannot be read", args.file.display()))?
    };
    let content = String::from_utf8_lossy(&bytes);
    Ok(match &args.text_column {
        Some(column) => {
            let table = Table::parse(&content);
            table
                .columns([column])?
                .into_iter()
                .map(|[text]| text.to_owned())
                .collect()
        }
        None => content
            .lines()
            .filter(|line| !line.trim().is_empty())
            .map(str::to_owned)
            .collect(),
    })
}

/// The labels on one line, each with the words that made it.
fn in_words(labels: &Labels) -> String {
    let because = |kind: LabelKind| {
        let words = labels.evidence.iter().filter(|piece| piece.label == kind);
        let words: Vec<String> = words
            .map(|piece| format!("{} {:+.2}", piece.words, piece.weight))
            .collect();
        if words.is_empty() {
            String::new()
        } else {
            format!(" ({})", words.join(", "))
        }
    };
    let sentiment = labels.sentiment;
    let mut parts = vec![
        labels.language.clone().unwrap_or_else(|| "unknown language".to_owned()),
        format!(
            "{} {:+.2}, {:.0} % sure{}",
            sentiment.class.key(),
            sentiment.score,
            sentiment.confidence * 100.0,
            because(LabelKind::Sentiment)
        ),
    ];
    let emotions = labels
        .details
        .emotions
        .iter()
        .map(|(emotion, intensity)| format!("{} {intensity:.2}", emotion.key()));
    parts.extend(emotions);
    parts.extend(
        (labels.details.irony >= 0.5)
            .then(|| format!("ironic {:.2}{}", labels.details.irony, because(LabelKind::Irony))),
    );
    parts.extend(
        labels
            .request_type
            .as_ref()
            .map(|request| format!("{request}{}", because(LabelKind::RequestType))),
    );
    parts.extend(
        labels
            .details
            .complaint
            .as_ref()
            .map(|complaint| format!("complaint {:.2}{}", complaint.confidence, because(LabelKind::Complaint))),
    );
    parts.push(format!(
        "{} urgency{}",
        labels.urgency.key(),
        because(LabelKind::Urgency)
    ));
    parts.extend(
        labels
            .details
            .signals
            .iter()
            .map(|(signal, confidence)| format!("{} {confidence:.2}", signal.key())),
    );
    parts.extend(
        labels
            .noise
            .map(|noise| format!("{}{}", noise.key(), because(LabelKind::Noise))),
    );
    parts.extend(
        labels
            .details
            .targets
            .iter()
            .map(|target| format!("{} {:+.2}", target.target, target.score)),
    );
    parts.join(" · ")
}
