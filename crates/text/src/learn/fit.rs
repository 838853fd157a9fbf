//! A linear model fitted in a moment to the examples at hand: n-grams weighed by how rare they are, classes by how scarce.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use super::sample::Sample;
use crate::features::DENSE;
use crate::linear::Order;

/// One text with what is right for it.
#[derive(Debug, Clone)]
pub(super) struct Lesson<'a> {
    pub sample: &'a Sample,
    /// `None`: it is none of the classes.
    pub class: Option<usize>,
    pub weight: f32,
    /// What was known before, added to the sums of each class; empty when nothing was.
    pub prior: Vec<f32>,
}

impl<'a> Lesson<'a> {
    pub fn new(sample: &'a Sample, class: Option<usize>) -> Self {
        Self {
            sample,
            class,
            weight: 1.0,
            prior: Vec::new(),
        }
    }
}

/// How a model is fitted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Terms {
    pub classes: usize,
    /// Whether some classes may be likelier than others before a word is read.
    pub bias: bool,
    /// Whether scarce classes count as much as frequent ones.
    pub balanced: bool,
}

/// Most rounds over the examples.
const ROUNDS: u32 = 30;
/// What an error costs against large weights, where a class has a hundred examples.
const COST: f32 = 0.4;
/// Smaller steps change nothing that is seen.
const FELT: f32 = 1e-3;
/// When no step of a round is larger, the model is found.
const ENOUGH: f32 = 1e-2;

#[derive(Debug, Clone)]
pub(super) struct Fit {
    classes: usize,
    index: HashMap<u32, u32, BuildHasherDefault<Identity>>,
    /// How rare the n-gram of each row is.
    rarity: Vec<f32>,
    /// Rarity of an n-gram that was never seen.
    unseen: f32,
    rows: Vec<f32>,
    dense: Vec<f32>,
    bias: Vec<f32>,
    /// Divides the sums before they become probabilities.
    temperature: f32,
}

/// A sample as rows of the model.
pub(super) struct Vector {
    pub rows: Vec<(u32, f32)>,
    pub dense: [f32; DENSE],
}

impl Vector {
    /// Square of its length, the bias included.
    fn square(&self) -> f32 {
        let sparse: f32 = self.rows.iter().map(|(_, value)| value * value).sum();
        sparse + self.dense.iter().map(|value| value * value).sum::<f32>() + 1.0
    }
}

impl Fit {
    pub fn new(lessons: &[Lesson], terms: Terms) -> Self {
        let mut fit = Self::untrained(lessons, terms);
        if lessons.len() >= 60 && terms.classes > 1 {
            fit.temperature = fit.held_out_temperature(lessons, terms);
        }
        fit.train(&lessons.iter().collect::<Vec<_>>(), terms);
        fit
    }

    /// As [`Self::new`], without asking how sure it may be.
    pub fn quick(lessons: &[Lesson], terms: Terms) -> Self {
        let mut fit = Self::untrained(lessons, terms);
        fit.train(&lessons.iter().collect::<Vec<_>>(), terms);
        fit
    }

    fn untrained(lessons: &[Lesson], terms: Terms) -> Self {
        let mut counts: HashMap<u32, u32, BuildHasherDefault<Identity>> = HashMap::default();
        for bucket in lessons.iter().flat_map(|lesson| lesson.sample.buckets()) {
            *counts.entry(bucket).or_default() += 1;
        }
        // Of very many examples, what only one has can be spared.
        let fewest = if lessons.len() > 20_000 { 2 } else { 1 };
        let mut known: Vec<(u32, u32)> = counts.into_iter().filter(|(_, count)| *count >= fewest).collect();
        known.sort_unstable();
        let all = lessons.len() as f32;
        let rarity = |count: u32| ((1.0 + all) / (1.0 + count as f32)).ln() + 2.0;
        Self {
            classes: terms.classes,
            index: known
                .iter()
                .enumerate()
                .map(|(row, (bucket, _))| (*bucket, row as u32))
                .collect(),
            rarity: known.iter().map(|(_, count)| rarity(*count)).collect(),
            unseen: rarity(0),
            rows: vec![0.0; known.len() * terms.classes],
            dense: vec![0.0; DENSE * terms.classes],
            bias: vec![0.0; terms.classes],
            temperature: 1.0,
        }
    }

    /// The n-grams of words and those of letters each have length 1. What was never seen makes this less by `unseen`, from 0 for not
    /// at all to 1 for as much as what is known.
    pub fn vector(&self, sample: &Sample, unseen: f32) -> Vector {
        let mut rows = Vec::with_capacity(sample.len());
        for group in sample.groups() {
            let start = rows.len();
            let mut length = 0.0;
            for bucket in group {
                match self.index.get(bucket).map(|row| (*row, self.rarity[*row as usize])) {
                    Some((row, rarity)) => {
                        length += rarity * rarity;
                        rows.push((row, rarity));
                    }
                    None => length += self.unseen * self.unseen * unseen,
                }
            }
            let scale = 1.0 / f32::max(length, 1.0).sqrt();
            rows[start..].iter_mut().for_each(|(_, value)| *value *= scale);
        }
        Vector {
            rows,
            dense: sample.dense,
        }
    }

    /// What speaks for each class, before priors.
    pub fn sums(&self, vector: &Vector) -> Vec<f32> {
        let mut sums = self.bias.clone();
        for (value, weights) in vector.dense.iter().zip(self.dense.chunks_exact(self.classes)) {
            for (sum, weight) in sums.iter_mut().zip(weights) {
                *sum += value * weight;
            }
        }
        for (row, value) in &vector.rows {
            for (sum, weight) in sums.iter_mut().zip(self.row(*row)) {
                *sum += value * weight;
            }
        }
        sums
    }

    fn row(&self, row: u32) -> &[f32] {
        let start = row as usize * self.classes;
        self.rows.get(start..start + self.classes).unwrap_or_default()
    }

    /// How much an n-gram speaks for a class rather than for another.
    pub fn lead(&self, bucket: u32, class: usize, other: Option<usize>) -> f32 {
        let Some(row) = self.index.get(&bucket) else {
            return 0.0;
        };
        let weights = self.row(*row);
        let of = |class: usize| weights.get(class).copied().unwrap_or_default();
        let rarity = self.rarity.get(*row as usize).copied().unwrap_or_default();
        (of(class) - other.map_or(0.0, of)) * rarity
    }

    pub fn temperature(&self) -> f32 {
        self.temperature
    }

    /// Dual coordinate descent for squared hinge loss, one class against the others (C.-J. Hsieh et al., "A Dual Coordinate Descent
    /// Method for Large-scale Linear SVM", ICML 2008), for all classes side by side.
    fn train(&mut self, lessons: &[&Lesson], terms: Terms) {
        let class_weights = class_weights(lessons, terms);
        let cost = cost(lessons.len(), terms.classes);
        let vectors: Vec<Vector> = lessons.iter().map(|lesson| self.vector(lesson.sample, 0.0)).collect();
        let mut duals = vec![0.0_f32; lessons.len() * self.classes];
        let mut order: Vec<usize> = (0..lessons.len()).collect();
        let mut shuffle = Order::new(1);
        let mut changes = Vec::with_capacity(self.classes);
        for _ in 0..ROUNDS {
            shuffle.shuffle(&mut order);
            let mut largest = 0.0_f32;
            for &at in &order {
                let (lesson, vector) = (lessons[at], &vectors[at]);
                let slack =
                    0.5 / (cost * lesson.weight * lesson.class.map_or(1.0, |class| class_weights[class])).max(1e-6);
                let reach = vector.square() + slack;
                let duals = &mut duals[at * self.classes..(at + 1) * self.classes];
                changes.clear();
                for (class, (sum, dual)) in self.sums(vector).into_iter().zip(duals).enumerate() {
                    let sign = if Some(class) == lesson.class { 1.0 } else { -1.0 };
                    let known = lesson.prior.get(class).copied().unwrap_or_default();
                    let gradient = sign * (sum + known) - 1.0 + slack * *dual;
                    let better = (*dual - gradient / reach).max(0.0);
                    let change = better - *dual;
                    if change.abs() > FELT {
                        *dual = better;
                        changes.push((class, change * sign));
                        largest = largest.max(change.abs());
                    }
                }
                self.change(vector, &changes, terms.bias);
            }
            if largest < ENOUGH {
                break;
            }
        }
    }

    fn change(&mut self, vector: &Vector, changes: &[(usize, f32)], bias: bool) {
        for (row, value) in &vector.rows {
            let start = *row as usize * self.classes;
            for (class, change) in changes {
                self.rows[start + class] += value * change;
            }
        }
        for (at, value) in vector.dense.iter().enumerate().filter(|(_, value)| **value != 0.0) {
            for (class, change) in changes {
                self.dense[at * self.classes + class] += value * change;
            }
        }
        if bias {
            for (class, change) in changes {
                self.bias[*class] += change;
            }
        }
    }

    /// Fits to nine tenths and asks at which temperature the rest surprises least.
    fn held_out_temperature(&self, lessons: &[Lesson], terms: Terms) -> f32 {
        let (mut learned, mut held): (Vec<&Lesson>, Vec<&Lesson>) = (Vec::new(), Vec::new());
        for (at, lesson) in lessons.iter().enumerate() {
            if at % 10 == 7 {
                held.push(lesson)
            } else {
                learned.push(lesson)
            }
        }
        let mut trial = self.clone();
        trial.train(&learned, terms);
        let judged: Vec<(Vec<f32>, &Lesson)> = held
            .into_iter()
            .map(|lesson| (trial.sums(&trial.vector(lesson.sample, 0.0)), lesson))
            .collect();
        let surprise = |temperature: f32| -> f32 {
            let of = |(sums, lesson): &(Vec<f32>, &Lesson)| {
                let probabilities = softmax(sums, &lesson.prior, temperature);
                lesson.class.map_or(0.0, |class| -probabilities[class].max(1e-6).ln())
            };
            judged.iter().map(of).sum()
        };
        let tried = (-16..=16).map(|step| (step as f32 * 0.1).exp());
        let best = tried.map(|temperature| (surprise(temperature), temperature));
        best.min_by(|a, b| a.0.total_cmp(&b.0)).map_or(1.0, |best| best.1)
    }
}

/// Probabilities from sums and what was known before.
pub(super) fn softmax(sums: &[f32], prior: &[f32], temperature: f32) -> Vec<f32> {
    let known = |class: usize| prior.get(class).copied().unwrap_or_default();
    let scaled = sums
        .iter()
        .enumerate()
        .map(|(class, sum)| (sum + known(class)) / temperature);
    let mut probabilities: Vec<f32> = scaled.collect();
    let highest = probabilities.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mut whole = 0.0;
    for probability in &mut probabilities {
        *probability = (*probability - highest).exp();
        whole += *probability;
    }
    probabilities.iter_mut().for_each(|probability| *probability /= whole);
    probabilities
}

/// Many examples of few classes are noisier than few examples of many: each counts less.
fn cost(lessons: usize, classes: usize) -> f32 {
    let each = lessons as f32 / classes.max(1) as f32;
    COST * (100.0 / each.max(100.0)).powf(0.25)
}

/// What makes each class weigh the same, or 1 where they are taken as they come.
fn class_weights(lessons: &[&Lesson], terms: Terms) -> Vec<f32> {
    let mut weights = vec![0.0_f32; terms.classes];
    for lesson in lessons {
        if let Some(class) = lesson.class {
            weights[class] += lesson.weight;
        }
    }
    let there = weights.iter().filter(|weight| **weight > 0.0).count().max(1) as f32;
    let all: f32 = weights.iter().sum();
    for weight in &mut weights {
        *weight = match terms.balanced && *weight > 0.0 {
            true => (all / there / *weight).min(20.0),
            false => 1.0,
        };
    }
    weights
}

/// Buckets are hashes already.
#[derive(Debug, Default)]
pub(super) struct Identity(u64);

impl Hasher for Identity {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0 << 8 | u64::from(*byte);
        }
    }

    fn write_u32(&mut self, value: u32) {
        self.0 = u64::from(value).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
