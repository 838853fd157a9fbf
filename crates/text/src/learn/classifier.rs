//! A company's own labels, learned from examples.

use std::collections::BTreeSet;
use std::time::Instant;

use super::fit::{Fit, Lesson, Terms, softmax};
use super::sample::Sample;
use crate::engine::{Context, Engine};
use crate::evaluate::{Certainty, Confusion, Report, auc};
use crate::features::Features;

/// The label of texts that belong to none of the others. It is no label of its own: it teaches the others their limits.
pub const OUT_OF_SCOPE: &str = "oos";

/// Tells labels apart that it was shown examples of, and texts that belong to none of them.
#[derive(Debug, Clone)]
pub struct Classifier {
    labels: Vec<String>,
    fit: Fit,
}

/// What a classifier says of a text.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict<'a> {
    pub label: &'a str,
    /// 0..1, how sure it is of the label, if it is one of those it knows.
    pub confidence: f32,
    /// How much the text is like the examples at all: the lower, the likelier it is none of the labels. Any number; compare it with
    /// that of other texts.
    pub belonging: f32,
}

impl Classifier {
    /// Learns from texts with their labels and how much each counts (1 is usual). The same examples in the same order give the same
    /// classifier. `None` without examples.
    pub fn learn<'a>(engine: &Engine, examples: impl IntoIterator<Item = (&'a str, &'a str, f32)>) -> Option<Self> {
        let examples: Vec<(&str, Sample, f32)> = examples
            .into_iter()
            .map(|(text, label, weight)| (label, sample(engine, text), weight))
            .collect();
        let labels: BTreeSet<&str> = examples.iter().map(|(label, ..)| *label).collect();
        let labels = labels.into_iter().filter(|label| *label != OUT_OF_SCOPE);
        let labels: Vec<String> = labels.map(str::to_owned).collect();
        if labels.is_empty() {
            return None;
        }
        let lessons: Vec<Lesson> = examples
            .iter()
            .map(|(label, sample, weight)| {
                let class = labels.binary_search_by(|known| known.as_str().cmp(label));
                Lesson {
                    weight: *weight,
                    ..Lesson::new(sample, class.ok())
                }
            })
            .collect();
        let terms = Terms {
            classes: labels.len(),
            bias: true,
            balanced: true,
        };
        let fit = Fit::new(&lessons, terms);
        Some(Self { labels, fit })
    }

    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    pub fn judge(&self, engine: &Engine, text: &str) -> Verdict<'_> {
        let sample = sample(engine, text);
        let sums = self.fit.sums(&self.fit.vector(&sample, 0.0));
        let probabilities = softmax(&sums, &[], self.fit.temperature());
        let best = probabilities.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1));
        let (class, confidence) = best.map_or((0, 0.0), |(class, probability)| (class, *probability));
        let cautious = self.fit.sums(&self.fit.vector(&sample, 1.0));
        Verdict {
            label: self.labels.get(class).map_or("", String::as_str),
            confidence,
            belonging: cautious.into_iter().fold(f32::NEG_INFINITY, f32::max),
        }
    }
}

impl Classifier {
    /// Measures on texts with their labels: how many it tells, and, as the area under the curve, how well `belonging` tells those that
    /// are [`OUT_OF_SCOPE`]. Rows are label and text; those with a label that was not learnt are passed over.
    pub fn evaluate(&self, engine: &Engine, rows: &[[&str; 2]]) -> Report {
        let start = Instant::now();
        let judged: Vec<(&str, Verdict)> = rows
            .iter()
            .map(|[label, text]| (*label, self.judge(engine, text)))
            .collect();
        let took = start.elapsed();
        let mut confusion = Confusion::new(self.labels.iter().cloned());
        let mut certainty = Certainty::default();
        let mut scored = Vec::new();
        let mut skipped = 0;
        for (label, verdict) in judged {
            if confusion.add(label, verdict.label) {
                certainty.add(f64::from(verdict.confidence), label == verdict.label);
                scored.push((f64::from(verdict.belonging), true));
            } else if label == OUT_OF_SCOPE {
                scored.push((f64::from(verdict.belonging), false));
            } else {
                skipped += 1;
            }
        }
        Report {
            n: rows.len() - skipped,
            skipped,
            confusion,
            auc: auc(&scored),
            pearson: None,
            ece: certainty.error(),
            polarity_f1: None,
            took,
        }
    }
}

fn sample(engine: &Engine, text: &str) -> Sample {
    engine.with_reading(text, &Context::default(), |reading, _| {
        Sample::of(&Features::read(reading))
    })
}
