//! `voce text evaluate`.

use std::path::PathBuf;

use clap::ValueEnum;
use serde_json::{Value, json};
use voce_domain::labels::Emotion;
use voce_text::Engine;
use voce_text::evaluate::{Report, Task};
use voce_text::table::Table;

#[derive(Debug, clap::Args)]
pub struct Evaluate {
    #[arg(long, value_enum)]
    task: Name,
    /// A tab-separated table whose first line names the columns.
    file: PathBuf,
    #[arg(long, default_value = "text")]
    text_column: String,
    #[arg(long, default_value = "label")]
    label_column: String,
    /// Where labels are numbers: of which emotion [default: the one that the file's name tells].
    #[arg(long)]
    emotion: Option<String>,
    /// One JSON object.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Name {
    Language,
    Sentiment,
    Emotion,
    Irony,
    Complaint,
    Noise,
}

pub fn run(args: &Evaluate) -> anyhow::Result<()> {
    let table = Table::open(&args.file)?;
    let rows = table.columns([args.label_column.as_str(), args.text_column.as_str()])?;
    let report = task(args)?.evaluate(&Engine::new(), &rows)?;
    if args.json {
        println!("{}", as_json(&report));
    } else {
        print(&report);
    }
    Ok(())
}

fn task(args: &Evaluate) -> anyhow::Result<Task> {
    let file = args
        .file
        .file_name()
        .map(|name| name.to_string_lossy().to_lowercase())
        .unwrap_or_default();
    Ok(match args.task {
        Name::Language => Task::Language,
        Name::Sentiment => Task::Sentiment,
        Name::Irony => Task::Irony,
        Name::Complaint => Task::Complaint,
        Name::Noise => Task::Noise,
        // Valence is how good or bad a feeling is: the score of sentiment.
        Name::Emotion if args.emotion.as_deref().unwrap_or(&file).contains("valence") => Task::Sentiment,
        Name::Emotion => Task::Emotion(match &args.emotion {
            Some(name) => Some(
                name.parse()
                    .map_err(|_| anyhow::anyhow!("there is no emotion \"{name}\""))?,
            ),
            None => Emotion::ALL
                .iter()
                .copied()
                .find(|emotion| file.contains(emotion.key())),
        }),
    })
}

pub(super) fn as_json(report: &Report) -> Value {
    let confusion = &report.confusion;
    let classes = (!confusion.classes().is_empty()).then_some(confusion);
    let per_class: serde_json::Map<String, Value> = confusion
        .classes()
        .iter()
        .zip(confusion.per_class())
        .map(|(class, quality)| {
            let predicted: Vec<usize> = confusion.classes().iter().map(|other| confusion.count(class, other)).collect();
            let quality = json!({
                "n": quality.given, "precision": quality.precision, "recall": quality.recall, "f1": quality.f1, "predicted": predicted,
            });
            (class.clone(), quality)
        })
        .collect();
    json!({
        "n": report.n,
        "skipped": report.skipped,
        "accuracy": classes.map(|confusion| confusion.accuracy()),
        "macro_f1": classes.map(|confusion| confusion.macro_f1()),
        "macro_recall": classes.map(|confusion| confusion.macro_recall()),
        "auc": report.auc,
        "pearson": report.pearson,
        "ece": report.ece,
        "polarity_f1": report.polarity_f1,
        "posts_per_s": report.posts_per_second().round(),
        "classes": confusion.classes(),
        "per_class": per_class,
    })
}

pub(super) fn print(report: &Report) {
    println!(
        "{} texts, {} rows passed over, {:.0} posts/s",
        report.n,
        report.skipped,
        report.posts_per_second()
    );
    let confusion = &report.confusion;
    if !confusion.classes().is_empty() {
        println!(
            "accuracy {:.3}  macro-F1 {:.3}  macro-recall {:.3}",
            confusion.accuracy(),
            confusion.macro_f1(),
            confusion.macro_recall()
        );
    }
    let others = [
        ("AUC", report.auc),
        ("Pearson", report.pearson),
        ("calibration error", report.ece),
        ("polarity F1", report.polarity_f1),
    ];
    for (name, value) in others {
        if let Some(value) = value {
            println!("{name} {value:.3}");
        }
    }
    for (class, quality) in confusion.classes().iter().zip(confusion.per_class()) {
        let predicted: Vec<String> = confusion
            .classes()
            .iter()
            .map(|other| (other, confusion.count(class, other)))
            .filter(|(_, count)| *count > 0)
            .map(|(other, count)| format!("{other} {count}"))
            .collect();
        println!(
            "  {class}: {} given, precision {:.3}, recall {:.3}, F1 {:.3}; called {}",
            quality.given,
            quality.precision,
            quality.recall,
            quality.f1,
            predicted.join(", ")
        );
    }
}
