//! Measures the engine on public sets of labelled posts, where they are at hand, and fails when it has become worse.

use std::path::{Path, PathBuf};

use voce_domain::labels::SentimentClass;
use voce_text::evaluate::Confusion;
use voce_text::{Classifier, Context, Engine};

/// The sets lie beside the project. Where they are missing the measure is left out, except on CI.
fn set(name: &str) -> Option<String> {
    let path: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/data")
        .join(name);
    match std::fs::read_to_string(&path) {
        Ok(text) => Some(text),
        Err(error) if std::env::var("CI").as_deref() == Ok("true") => panic!("{name} must be there on CI: {error}"),
        Err(_) => {
            println!("left out: {name} is not at hand");
            None
        }
    }
}

/// Rows of a tab-separated table below its header.
fn rows(table: &str) -> impl Iterator<Item = Vec<&str>> {
    table.lines().skip(1).map(|line| line.split('\t').collect())
}

fn measure(name: &str, given: impl Fn(&[&str]) -> Option<(SentimentClass, String)>, floor: f64) {
    let Some(table) = set(name) else { return };
    let engine = Engine::new();
    let mut confusion = Confusion::new(SentimentClass::ALL.iter().map(|class| class.key()));
    for row in rows(&table) {
        if let Some((class, text)) = given(&row) {
            let labels = engine.label(&text, &Context::default());
            assert!(confusion.add(class.key(), labels.sentiment.class.key()));
        }
    }
    println!(
        "{name}: {} posts, macro-F1 {:.3}, macro-recall {:.3}, accuracy {:.3}",
        confusion.total(),
        confusion.macro_f1(),
        confusion.macro_recall(),
        confusion.accuracy()
    );
    for (class, quality) in confusion.classes().iter().zip(confusion.per_class()) {
        println!(
            "  {class}: precision {:.3}, recall {:.3}, F1 {:.3}, {}",
            quality.precision, quality.recall, quality.f1, quality.given
        );
    }
    assert!(confusion.total() > 100, "{name} was not read");
    assert!(
        confusion.macro_f1() >= floor,
        "{name}: macro-F1 {:.3} is under {floor}",
        confusion.macro_f1()
    );
}

/// Undoes the escapes `\u2019` and `\"` in which some sets come.
fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        plain.push_str(&rest[..at]);
        let code = rest.get(at + 2..at + 6).filter(|_| rest[at + 1..].starts_with('u'));
        match code.and_then(|code| u32::from_str_radix(code, 16).ok()) {
            Some(code) => {
                plain.extend(char::from_u32(code));
                rest = &rest[at + 6..];
            }
            None => rest = &rest[at + 1..],
        }
    }
    plain + rest
}

fn label_and_text(row: &[&str]) -> Option<(SentimentClass, String)> {
    let [label, text] = row else { return None };
    Some((label.parse().ok()?, unescaped(text)))
}

#[test]
fn italian_posts() {
    measure("sentiment/umsab_italian_val.tsv", label_and_text, 0.52);
}

#[test]
fn italian_posts_seen_in_development() {
    measure("sentiment/umsab_italian_train.tsv", label_and_text, 0.57);
}

#[test]
fn english_posts() {
    measure("sentiment/umsab_english_val.tsv", label_and_text, 0.605);
}

#[test]
fn english_posts_seen_in_development() {
    measure("sentiment/umsab_english_train.tsv", label_and_text, 0.585);
}

/// Posts of six languages, four of them without lexicons of ours.
#[test]
fn languages() {
    let engine = Engine::new();
    let (mut right, mut total) = (0, 0);
    for (name, code) in [
        ("english", "en"),
        ("french", "fr"),
        ("german", "de"),
        ("italian", "it"),
        ("portuguese", "pt"),
        ("spanish", "es"),
    ] {
        let Some(table) = set(&format!("sentiment/umsab_{name}_val.tsv")) else {
            return;
        };
        for (_, text) in rows(&table).filter_map(|row| label_and_text(&row)) {
            total += 1;
            let found = engine.label(&text, &Context::default()).language;
            right += usize::from(found.as_deref() == Some(code));
        }
    }
    let accuracy = right as f64 / total as f64;
    println!("language: {total} posts, accuracy {accuracy:.3}");
    assert!(accuracy >= 0.975, "{accuracy:.3}");
}

/// SENTIPOLC 2016 marks positive and negative apart; posts that are both are left out.
#[test]
fn italian_political_posts() {
    let given = |row: &[&str]| {
        let [_, _, positive, negative, .., text] = row else {
            return None;
        };
        let class = match (*positive, *negative) {
            ("1", "0") => SentimentClass::Positive,
            ("0", "1") => SentimentClass::Negative,
            ("0", "0") => SentimentClass::Neutral,
            _ => return None,
        };
        Some((class, (*text).to_owned()))
    };
    measure("sentiment/sentipolc2016_it_train.tsv", given, 0.54);
}

#[test]
fn english_airline_posts() {
    let given = |row: &[&str]| {
        let [_, label, .., text] = row else { return None };
        Some((label.parse().ok()?, (*text).to_owned()))
    };
    measure("care/airline_en.tsv", given, 0.58);
}

/// Learns from four fifths of a company's labelled posts and measures on the rest.
#[test]
fn complaints_learned_in_domain() {
    let Some(table) = set("care/complaints_en.tsv") else {
        return;
    };
    let labelled = rows(&table).filter_map(|row| Some([*row.get(1)?, *row.get(3)?]));
    let (test, train): (Vec<_>, Vec<_>) = labelled.partition(|[_, text]| hash(text).is_multiple_of(5));
    let engine = Engine::new();
    let examples = train.iter().map(|[label, text]| (*text, *label, 1.0));
    let classifier = Classifier::learn(&engine, examples).expect("there are examples");
    let report = classifier.evaluate(&engine, &test);
    println!(
        "complaints learned in domain: {} posts, macro-F1 {:.3}",
        report.n,
        report.confusion.macro_f1()
    );
    assert!(report.n > 100, "{}", report.n);
    assert!(
        report.confusion.macro_f1() >= 0.78,
        "{:.3}",
        report.confusion.macro_f1()
    );
}

/// Fowler-Noll-Vo 1a.
fn hash(text: &str) -> u64 {
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    hash >> 17
}
