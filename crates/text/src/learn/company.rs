//! What one company's people corrected, on top of what every engine knows.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use voce_domain::labels::{Entity, LabelKind, Labels};

use super::anchors;
use super::fit::{Fit, Lesson, Terms, softmax};
use super::guard;
use super::sample::Sample;
use super::value;
use crate::engine::{Context, Engine, Reading};
use crate::entities::{self, Catalogue};
use crate::evidence::Evidences;
use crate::features::Features;

/// A company's own knowledge: for each label a small model, fitted to its corrections when it is first needed.
///
/// Kept are hashes of n-grams, never words. The newest [`MOST`] corrections of each label count, old ones less than new ones, and
/// nobody's count who keeps contradicting the others.
#[derive(Debug, Clone, Default)]
pub struct Company {
    memories: Vec<Memory>,
    products: Catalogue,
}

/// How many corrections of one label are kept.
pub(super) const MOST: usize = 3_000;
/// From so many corrections on, some values may be likelier than others whatever the words.
const FREQUENT: usize = 60;
/// How much an everyday text, whose label should stay as it is, counts against a correction.
const EVERYDAY: f32 = 0.3;

/// The corrections of one label.
#[derive(Debug, Clone)]
pub(super) struct Memory {
    pub kind: LabelKind,
    pub examples: Vec<Example>,
    model: OnceLock<Option<Model>>,
}

/// One correction.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Example {
    pub sample: Sample,
    /// Key of the right value; empty for none.
    pub value: String,
    /// What the engine had said, and how sure it was.
    pub said: (String, f32),
    pub by: u128,
    /// Milliseconds since 1970.
    pub at: i64,
}

#[derive(Debug, Clone)]
struct Model {
    values: Vec<String>,
    fit: Fit,
}

impl Company {
    /// Remembers that a person gave a text this value of a label (`None`: that it has none). Corrections of what is not corrected one
    /// by one are passed over. Somebody who corrects the same text again takes back what he said before.
    pub fn learn(&mut self, engine: &Engine, label: LabelKind, text: &str, value: Option<&str>, by: u128, at: i64) {
        let Some((sample, labels)) = read(engine, text) else {
            return;
        };
        let Some((said, sure)) = value::of(&labels, label) else {
            return;
        };
        let memory = self.memory(label);
        memory
            .examples
            .retain(|example| !(example.by == by && example.sample == sample));
        memory.examples.push(Example {
            sample,
            value: value.unwrap_or_default().to_owned(),
            // As it will be read back.
            said: (said, (sure * 255.0).round() / 255.0),
            by,
            at,
        });
        memory.changed();
    }

    /// Takes back a correction.
    pub fn forget(&mut self, engine: &Engine, label: LabelKind, text: &str, value: Option<&str>, by: u128) {
        let Some((sample, _)) = read(engine, text) else { return };
        let value = value.unwrap_or_default();
        let memory = self.memory(label);
        memory
            .examples
            .retain(|example| !(example.by == by && example.value == value && example.sample == sample));
        memory.changed();
    }

    /// Names of brands, products and people that are to be found as entities, and towards which sentiment is to be told. They are
    /// not part of [`Self::to_bytes`].
    pub fn set_products<'a>(&mut self, names: impl IntoIterator<Item = &'a str>) {
        self.products = Catalogue::new(names);
    }

    pub(crate) fn products_in(&self, text: &str) -> Vec<Entity> {
        self.products.find(text)
    }

    /// Everything in a text that is worth a link, the company's products among it.
    pub fn entities(&self, text: &str) -> Vec<Entity> {
        let mut found = entities::entities(text);
        for product in self.products.find(text) {
            let apart = |entity: &Entity| entity.end <= product.start || entity.start >= product.end;
            if found.iter().all(apart) {
                found.push(product);
            }
        }
        found.sort_by_key(|entity| entity.start);
        found
    }

    /// How many corrections of a label count.
    pub fn examples(&self, label: LabelKind) -> usize {
        let memory = self.memories.iter().find(|memory| memory.kind == label);
        memory.map_or(0, |memory| memory.examples.len())
    }

    /// Fits the models now rather than when the first text comes.
    pub fn prepare(&self, engine: &Engine) {
        for memory in &self.memories {
            memory.model(engine);
        }
    }

    pub(super) fn memories(&self) -> impl Iterator<Item = &Memory> {
        self.memories.iter().filter(|memory| !memory.examples.is_empty())
    }

    pub(super) fn put(&mut self, kind: LabelKind, examples: Vec<Example>) {
        let memory = self.memory(kind);
        memory.examples = examples;
        memory.changed();
    }

    fn memory(&mut self, kind: LabelKind) -> &mut Memory {
        let place = match self.memories.iter().position(|memory| memory.kind == kind) {
            Some(place) => place,
            None => {
                self.memories.push(Memory {
                    kind,
                    examples: Vec::new(),
                    model: OnceLock::new(),
                });
                self.memories.len() - 1
            }
        };
        &mut self.memories[place]
    }

    /// Says what the company's people would say where that differs from the labels given.
    pub(crate) fn revise(
        &self,
        engine: &Engine,
        reading: &Reading,
        features: &Features,
        labels: &mut Labels,
        evidences: &mut Evidences,
    ) {
        if self.memories.iter().all(|memory| memory.examples.is_empty()) {
            return;
        }
        let sample = Sample::of(features);
        for memory in self.memories() {
            let (Some(model), Some(said)) = (memory.model(engine), value::of(labels, memory.kind)) else {
                continue;
            };
            let Some((class, confidence)) = model.judge(&sample, &said) else {
                continue;
            };
            let value = &model.values[class];
            if *value != said.0 {
                evidences.forget(memory.kind);
                let instead_of = model.values.binary_search(&said.0).ok();
                model.explain(class, instead_of, memory.kind, reading, features, evidences);
            }
            value::set(labels, memory.kind, value, confidence);
        }
    }
}

fn read(engine: &Engine, text: &str) -> Option<(Sample, Labels)> {
    let context = Context::default();
    let sample = engine.with_reading(text, &context, |reading, _| Sample::of(&Features::read(reading)));
    (sample.len() > 0).then(|| (sample, engine.label(text, &context)))
}

impl Memory {
    fn changed(&mut self) {
        self.model = OnceLock::new();
        while self.examples.len() > MOST {
            let at = oldest_of_most(&self.examples);
            self.examples.remove(at);
        }
    }

    fn model(&self, engine: &Engine) -> Option<&Model> {
        self.model
            .get_or_init(|| Model::of(self.kind, &self.examples, anchors::all(engine)))
            .as_ref()
    }
}

/// The oldest correction to the value that has most.
fn oldest_of_most(examples: &[Example]) -> usize {
    let count = |value: &str| examples.iter().filter(|example| example.value == value).count();
    let values: BTreeSet<&str> = examples.iter().map(|example| example.value.as_str()).collect();
    let most = values.into_iter().max_by_key(|value| count(value));
    let of_most = examples
        .iter()
        .enumerate()
        .filter(|(_, example)| Some(example.value.as_str()) == most);
    of_most.min_by_key(|(_, example)| example.at).map_or(0, |(at, _)| at)
}

impl Model {
    fn of(kind: LabelKind, examples: &[Example], anchors: &[(Sample, Labels)]) -> Option<Self> {
        let weights = guard::weights(examples);
        let everyday: Vec<(&Sample, (String, f32))> = anchors
            .iter()
            .filter_map(|(sample, labels)| Some((sample, value::of(labels, kind)?)))
            .collect();
        let given = examples.iter().flat_map(|example| [&example.value, &example.said.0]);
        let values: BTreeSet<&String> = given.chain(everyday.iter().map(|(_, said)| &said.0)).collect();
        let values: Vec<String> = values.into_iter().cloned().collect();
        let class = |value: &String| values.binary_search(value).ok();
        let corrected = examples.iter().zip(weights).filter_map(|(example, weight)| {
            Some(Lesson {
                sample: &example.sample,
                class: Some(class(&example.value)?),
                weight,
                prior: prior(&values, &example.said),
            })
        });
        let stays = everyday.iter().filter_map(|(sample, said)| {
            Some(Lesson {
                sample,
                class: Some(class(&said.0)?),
                weight: EVERYDAY,
                prior: prior(&values, said),
            })
        });
        let lessons: Vec<Lesson> = corrected.filter(|lesson| lesson.weight > 0.0).chain(stays).collect();
        let terms = Terms {
            classes: values.len(),
            bias: examples.len() >= FREQUENT,
            balanced: false,
        };
        let fit = Fit::new(&lessons, terms);
        (values.len() > 1).then_some(Self { values, fit })
    }

    /// The best value's place, and 0..1 how sure.
    fn judge(&self, sample: &Sample, said: &(String, f32)) -> Option<(usize, f32)> {
        let sums = self.fit.sums(&self.fit.vector(sample, 0.5));
        let prior = prior(&self.values, said);
        // What is said here and was never corrected, this model knows nothing of.
        self.values.binary_search(&said.0).ok()?;
        let probabilities = softmax(&sums, &prior, self.fit.temperature());
        let best = probabilities.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1));
        best.map(|(class, probability)| (class, *probability))
    }

    fn explain(
        &self,
        class: usize,
        other: Option<usize>,
        kind: LabelKind,
        reading: &Reading,
        features: &Features,
        evidences: &mut Evidences,
    ) {
        let mut tokens = vec![0.0_f32; reading.tokens.len()];
        for feature in &features.sparse {
            let lead = self.fit.lead(super::sample::bucket(feature.bucket), class, other) * feature.value;
            let span = usize::from(feature.first)..=usize::from(feature.last);
            let share = lead / span.clone().count() as f32;
            tokens
                .get_mut(span)
                .unwrap_or_default()
                .iter_mut()
                .for_each(|sum| *sum += share);
        }
        let mut ranked: Vec<(usize, f32)> = tokens.into_iter().enumerate().filter(|(_, lead)| *lead > 0.0).collect();
        ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
        for (token, lead) in ranked.into_iter().take(3) {
            evidences.words(kind, reading, token..=token, lead);
        }
        evidences.rule(kind, "corrections", 1.0);
    }
}

/// What was known before as sums: for what was said, against all else, as much as it was sure of it.
fn prior(values: &[String], said: &(String, f32)) -> Vec<f32> {
    let sure = 0.4 + 0.6 * said.1;
    values
        .iter()
        .map(|value| if *value == said.0 { sure } else { -sure })
        .collect()
}
