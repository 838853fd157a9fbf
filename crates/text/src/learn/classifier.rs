//! A company's own labels, learned from examples.

use std::collections::BTreeSet;

use super::fit::{Fit, Lesson, Terms, softmax};
use super::sample::Sample;
use crate::engine::{Context, Engine};
use crate::features::Features;

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
        let labels: Vec<String> = labels.into_iter().map(str::to_owned).collect();
        if labels.is_empty() {
            return None;
        }
        let lessons: Vec<Lesson> = examples
            .iter()
            .map(|(label, sample, weight)| {
                // Every label is in the list that was made of them.
                let class = labels.binary_search_by(|known| known.as_str().cmp(label));
                Lesson {
                    weight: *weight,
                    ..Lesson::new(sample, class.unwrap_or_default())
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

fn sample(engine: &Engine, text: &str) -> Sample {
    engine.with_reading(text, &Context::default(), |reading, _| {
        Sample::of(&Features::read(reading))
    })
}
