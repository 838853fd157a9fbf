//! Learning by stochastic gradients whose steps shrink where much was seen: J. Duchi et al., "Adaptive Subgradient Methods for
//! Online Learning and Stochastic Optimization" (JMLR 2011), averaged over the later rounds.
//!
//! One thread, a seeded order and sums in a fixed order: the same examples give the same bytes.

use std::borrow::Cow;

use super::{Linear, Link};
use crate::features::{DENSE, Features};

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Options {
    pub link: Link,
    /// The model has 2^`bits` rows.
    pub bits: u32,
    /// Rounds over all examples.
    pub epochs: u32,
    /// Size of the first steps.
    pub rate: f32,
    /// How strongly weights are drawn to 0.
    pub decay: f32,
    /// Like `decay`, for the weights of the dense sums.
    pub dense_decay: f32,
    pub seed: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            link: Link::Softmax,
            bits: 18,
            epochs: 12,
            rate: 0.3,
            decay: 2e-4,
            dense_decay: 1e-5,
            seed: 1,
        }
    }
}

/// A text and what is right for it.
#[derive(Debug, Clone)]
pub(crate) struct Example {
    pub features: Features,
    /// What each output should say, 0..1; an output with `NaN` learns nothing from this example.
    pub target: Vec<f32>,
    /// How much the example counts; 1 is usual.
    pub weight: f32,
}

impl Example {
    /// One class out of several is right.
    pub fn of_class(features: Features, class: usize, classes: usize) -> Self {
        let mut target = vec![0.0; classes];
        if let Some(right) = target.get_mut(class) {
            *right = 1.0;
        }
        Self {
            features,
            target,
            weight: 1.0,
        }
    }
}

pub(crate) struct Trainer {
    options: Options,
    outputs: usize,
    rows: Weights,
    dense: Weights,
    bias: Weights,
    order: Order,
}

impl Trainer {
    pub fn new(outputs: usize, options: Options) -> Self {
        Self {
            options,
            outputs,
            rows: Weights::new(outputs << options.bits),
            dense: Weights::new(outputs * DENSE),
            bias: Weights::new(outputs),
            order: Order::new(options.seed),
        }
    }

    /// Trains on a tenth less, finds the temperature at which the probabilities of that tenth hold, and then trains on everything.
    pub fn fit(outputs: usize, options: Options, examples: &[Example]) -> Linear {
        let held_out = |at: usize| at % 10 == 7;
        let indices = |held: bool| (0..examples.len()).filter(move |at| held_out(*at) == held);
        let mut trial = Self::new(outputs, options);
        trial.train(examples, indices(false).collect());
        let trial = trial.finish();
        let mut model = Self::new(outputs, options);
        model.train(examples, (0..examples.len()).collect());
        let mut model = model.finish();
        model.temperature = temperature(&trial, examples, indices(true).collect());
        model
    }

    /// Learns from the examples with the given indices, in rounds. May be called again with more examples.
    pub fn train(&mut self, examples: &[Example], mut indices: Vec<usize>) {
        let mut sums = vec![0.0; self.outputs];
        for epoch in 0..self.options.epochs {
            self.order.shuffle(&mut indices);
            for &at in &indices {
                if let Some(example) = examples.get(at) {
                    self.learn(example, &mut sums);
                }
            }
            if epoch * 2 >= self.options.epochs {
                for weights in [&mut self.rows, &mut self.dense, &mut self.bias] {
                    weights.average();
                }
            }
        }
    }

    /// One step on one example.
    fn learn(&mut self, example: &Example, sums: &mut [f32]) {
        self.sums(&example.features, sums);
        self.options.link.apply(sums);
        for (sum, target) in sums.iter_mut().zip(&example.target) {
            // From here on, the gradient.
            *sum = if target.is_nan() {
                0.0
            } else {
                (*sum - target) * example.weight
            };
        }
        let Options {
            rate,
            decay,
            dense_decay,
            ..
        } = self.options;
        self.bias.step(0, 1.0, sums, rate, 0.0);
        for (at, value) in example.features.dense.iter().enumerate() {
            if *value != 0.0 {
                self.dense.step(at * self.outputs, *value, sums, rate, dense_decay);
            }
        }
        let mask = (1 << self.options.bits) - 1;
        for feature in &example.features.sparse {
            let start = (feature.bucket as usize & mask) * self.outputs;
            self.rows.step(start, feature.value, sums, rate, decay);
        }
    }

    fn sums(&self, features: &Features, sums: &mut [f32]) {
        sums.copy_from_slice(&self.bias.now);
        for (value, weights) in features.dense.iter().zip(self.dense.now.chunks_exact(self.outputs)) {
            for (sum, weight) in sums.iter_mut().zip(weights) {
                *sum += value * weight;
            }
        }
        let mask = (1 << self.options.bits) - 1;
        for feature in &features.sparse {
            let start = (feature.bucket as usize & mask) * self.outputs;
            for (sum, weight) in sums.iter_mut().zip(&self.rows.now[start..start + self.outputs]) {
                *sum += feature.value * weight;
            }
        }
    }

    /// The model, its weights as bytes.
    pub fn finish(self) -> Linear {
        let rows = self.rows.mean();
        let steps: Vec<f32> = (0..self.outputs)
            .map(|output| {
                let largest = rows
                    .iter()
                    .skip(output)
                    .step_by(self.outputs)
                    .fold(0.0, |most: f32, weight| most.max(weight.abs()));
                largest.max(f32::MIN_POSITIVE) / 127.0
            })
            .collect();
        let bytes = rows
            .chunks_exact(self.outputs)
            .flat_map(|row| {
                row.iter()
                    .zip(&steps)
                    .map(|(weight, step)| (weight / step).round() as i8 as u8)
            })
            .collect();
        let mut dense = self.dense.mean();
        if dense.iter().all(|weight| *weight == 0.0) {
            dense.clear();
        }
        Linear {
            link: self.options.link,
            bits: self.options.bits,
            rows: Cow::Owned(bytes),
            steps,
            dense,
            bias: self.bias.mean(),
            temperature: 1.0,
        }
    }
}

/// Weights while they are learnt.
struct Weights {
    now: Vec<f32>,
    /// Sum of the squares of all gradients so far.
    squares: Vec<f32>,
    /// Sum of the weights after each of the later rounds.
    sum: Vec<f32>,
    rounds: u32,
}

impl Weights {
    fn new(count: usize) -> Self {
        Self {
            now: vec![0.0; count],
            squares: vec![1e-6; count],
            sum: vec![0.0; count],
            rounds: 0,
        }
    }

    fn step(&mut self, start: usize, value: f32, gradients: &[f32], rate: f32, decay: f32) {
        let end = start + gradients.len();
        let (now, squares) = (&mut self.now[start..end], &mut self.squares[start..end]);
        for ((weight, squares), gradient) in now.iter_mut().zip(squares).zip(gradients) {
            let gradient = gradient * value + decay * *weight;
            *squares += gradient * gradient;
            *weight -= rate * gradient / squares.sqrt();
        }
    }

    fn average(&mut self) {
        for (sum, now) in self.sum.iter_mut().zip(&self.now) {
            *sum += now;
        }
        self.rounds += 1;
    }

    fn mean(&self) -> Vec<f32> {
        match self.rounds {
            0 => self.now.clone(),
            rounds => self.sum.iter().map(|sum| sum / rounds as f32).collect(),
        }
    }
}

/// SplitMix64, for a repeatable order.
pub(crate) struct Order(u64);

impl Order {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub fn shuffle(&mut self, indices: &mut [usize]) {
        for at in (1..indices.len()).rev() {
            let other = (self.next() % (at as u64 + 1)) as usize;
            indices.swap(at, other);
        }
    }
}

/// The temperature at which the model is least surprised by the given examples, found by trying.
fn temperature(model: &Linear, examples: &[Example], indices: Vec<usize>) -> f32 {
    if indices.len() < 20 {
        return 1.0;
    }
    let mut sums = vec![0.0; model.outputs()];
    let held_out: Vec<(Vec<f32>, &Example)> = indices
        .into_iter()
        .filter_map(|at| examples.get(at))
        .map(|example| {
            model.sums(&example.features, &mut sums);
            (sums.clone(), example)
        })
        .collect();
    let surprise = |temperature: f32| -> f64 {
        held_out
            .iter()
            .map(|(sums, example)| {
                let mut probabilities: Vec<f32> = sums.iter().map(|sum| sum / temperature).collect();
                model.link.apply(&mut probabilities);
                surprise(model.link, &probabilities, &example.target)
            })
            .sum()
    };
    let tried = (-20..=30).map(|step| (f64::from(step) * 0.1).exp() as f32);
    let best = tried.map(|temperature| (surprise(temperature), temperature));
    best.min_by(|(a, _), (b, _)| a.total_cmp(b))
        .map_or(1.0, |(_, temperature)| temperature)
}

/// Cross-entropy of one example.
fn surprise(link: Link, probabilities: &[f32], target: &[f32]) -> f64 {
    let certain = |probability: f32| f64::from(probability).clamp(1e-7, 1.0 - 1e-7);
    let pairs = probabilities.iter().zip(target).filter(|(_, target)| !target.is_nan());
    pairs
        .map(|(probability, target)| {
            let (probability, target) = (certain(*probability), f64::from(*target));
            match link {
                Link::Softmax => -target * probability.ln(),
                Link::Logistic => -target * probability.ln() - (1.0 - target) * (1.0 - probability).ln(),
            }
        })
        .sum()
}
