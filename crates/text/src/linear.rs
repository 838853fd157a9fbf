//! Linear models over [`Features`]: what one says of a text, and why.
//!
//! Weights are bytes, laid out row by row, so that one n-gram touches one cache line for all outputs of a model.

mod trainer;

use std::borrow::Cow;

use crate::features::{Feature, Features};
pub(crate) use trainer::{Example, Options, Order, Trainer};

/// How the outputs of a model hang together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Link {
    /// Exactly one class is right: the outputs sum to 1.
    Softmax,
    /// Each output is a yes or no, or an amount from 0 to 1, of its own.
    Logistic,
}

/// A trained model with `outputs` outputs over 2^`bits` rows of weights.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Linear {
    pub link: Link,
    pub bits: u32,
    /// `rows[bucket * outputs + output]`, two's complement.
    pub rows: Cow<'static, [u8]>,
    /// What one step of a byte is worth, by output.
    pub steps: Vec<f32>,
    /// `dense[sum * outputs + output]`.
    pub dense: Vec<f32>,
    pub bias: Vec<f32>,
    /// Divides the sums before they become probabilities, so that these hold (C. Guo et al., "On Calibration of Modern Neural
    /// Networks", ICML 2017).
    pub temperature: f32,
}

/// How much the n-grams of one token spoke for an output.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Reason {
    /// Index of the token in the reading.
    pub token: usize,
    pub weight: f32,
}

impl Linear {
    pub fn outputs(&self) -> usize {
        self.bias.len()
    }

    /// The probability of each output. `probabilities` must have [`Self::outputs`] places; more are left as they are.
    pub fn probabilities(&self, features: &Features, probabilities: &mut [f32]) {
        self.sums(features, probabilities);
        for sum in probabilities.iter_mut() {
            *sum /= self.temperature;
        }
        self.link.apply(probabilities);
    }

    /// The sums before they become probabilities.
    pub fn sums(&self, features: &Features, sums: &mut [f32]) {
        // The usual sizes are known to the compiler, so that the sums stay in registers.
        match self.outputs() {
            1 => self.sum_of::<1>(features, sums),
            2 => self.sum_of::<2>(features, sums),
            3 => self.sum_of::<3>(features, sums),
            7 => self.sum_of::<7>(features, sums),
            8 => self.sum_of::<8>(features, sums),
            9 => self.sum_of::<9>(features, sums),
            _ => {
                sums.fill(0.0);
                for feature in &features.sparse {
                    for (sum, byte) in sums.iter_mut().zip(self.row(feature.bucket)) {
                        *sum += feature.value * f32::from(*byte as i8);
                    }
                }
                self.finish(features, sums);
            }
        }
    }

    fn sum_of<const OUTPUTS: usize>(&self, features: &Features, sums: &mut [f32]) {
        let mut fixed = [0.0; OUTPUTS];
        let mask = (1usize << self.bits) - 1;
        let (rows, _) = self.rows.as_chunks::<OUTPUTS>();
        for Feature { bucket, value, .. } in &features.sparse {
            let Some(row) = rows.get(*bucket as usize & mask) else {
                continue;
            };
            fixed = std::array::from_fn(|output| fixed[output] + value * f32::from(row[output] as i8));
        }
        for (sum, fixed) in sums.iter_mut().zip(fixed) {
            *sum = fixed;
        }
        self.finish(features, sums);
    }

    fn finish(&self, features: &Features, sums: &mut [f32]) {
        for (sum, (step, bias)) in sums.iter_mut().zip(self.steps.iter().zip(&self.bias)) {
            *sum = *sum * step + bias;
        }
        for (value, weights) in features.dense.iter().zip(self.dense.chunks_exact(self.outputs())) {
            for (sum, weight) in sums.iter_mut().zip(weights) {
                *sum += value * weight;
            }
        }
    }

    fn row(&self, bucket: u32) -> &[u8] {
        let row = bucket as usize & ((1 << self.bits) - 1);
        let outputs = self.outputs();
        self.rows.get(row * outputs..(row + 1) * outputs).unwrap_or_default()
    }

    /// How much each token's n-grams spoke for an output, strongest first; where one class excludes the others, above what they
    /// gave to all.
    pub fn why(&self, features: &Features, output: usize) -> Vec<Reason> {
        let worth = self.worth(output);
        match *worth {
            [a, b, c] => self.why_of(features, [a, b, c]),
            [a, b, c, d, e, f, g] => self.why_of(features, [a, b, c, d, e, f, g]),
            [a, b, c, d, e, f, g, h, i] => self.why_of(features, [a, b, c, d, e, f, g, h, i]),
            _ => spread(features, |bucket| {
                let row = self.row(bucket).iter().zip(&worth);
                row.map(|(byte, worth)| f32::from(*byte as i8) * worth).sum()
            }),
        }
    }

    fn why_of<const OUTPUTS: usize>(&self, features: &Features, worth: [f32; OUTPUTS]) -> Vec<Reason> {
        let mask = (1usize << self.bits) - 1;
        let (rows, _) = self.rows.as_chunks::<OUTPUTS>();
        spread(features, |bucket| {
            let Some(row) = rows.get(bucket as usize & mask) else {
                return 0.0;
            };
            let products: [f32; OUTPUTS] = std::array::from_fn(|output| worth[output] * f32::from(row[output] as i8));
            products.iter().sum()
        })
    }

    /// What one step of each byte of a row speaks for an output.
    fn worth(&self, output: usize) -> Vec<f32> {
        let outputs = self.outputs() as f32;
        let share = |(place, step): (usize, &f32)| match (self.link, place == output) {
            (Link::Softmax, own) => step * (f32::from(own) - 1.0 / outputs),
            (Link::Logistic, own) => step * f32::from(own),
        };
        self.steps.iter().enumerate().map(share).collect()
    }
}

/// Shares what each n-gram is worth among the tokens that it was made from.
fn spread(features: &Features, worth: impl Fn(u32) -> f32) -> Vec<Reason> {
    let tokens = features
        .sparse
        .iter()
        .map(|feature| usize::from(feature.last) + 1)
        .max();
    let mut weights = vec![0.0; tokens.unwrap_or_default()];
    for feature in &features.sparse {
        let weight = feature.value * worth(feature.bucket);
        let (first, last) = (usize::from(feature.first), usize::from(feature.last));
        if first == last {
            if let Some(place) = weights.get_mut(first) {
                *place += weight;
            }
            continue;
        }
        let share = weight / (last + 1 - first) as f32;
        for place in weights.get_mut(first..=last).unwrap_or_default() {
            *place += share;
        }
    }
    let mut reasons: Vec<Reason> = weights
        .into_iter()
        .enumerate()
        .filter(|(_, weight)| *weight != 0.0)
        .map(|(token, weight)| Reason { token, weight })
        .collect();
    reasons.sort_by(|a, b| b.weight.abs().total_cmp(&a.weight.abs()));
    reasons
}

impl Link {
    /// Turns sums into probabilities.
    pub fn apply(self, sums: &mut [f32]) {
        match self {
            Self::Softmax => {
                let highest = sums.iter().copied().fold(f32::NEG_INFINITY, f32::max);
                let mut whole = 0.0;
                for sum in sums.iter_mut() {
                    *sum = (*sum - highest).exp();
                    whole += *sum;
                }
                for sum in sums.iter_mut() {
                    *sum /= whole;
                }
            }
            Self::Logistic => {
                for sum in sums.iter_mut() {
                    *sum = 1.0 / (1.0 + (-*sum).exp());
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Context, Engine};

    const GOOD: [&str; 4] = ["ottimo lavoro", "che bel lavoro", "lavoro perfetto", "bel colpo"];
    const BAD: [&str; 4] = ["pessimo lavoro", "che brutto lavoro", "lavoro orribile", "brutto colpo"];

    fn features(text: &str) -> Features {
        Engine::new().with_reading(text, &Context::default(), |reading, _| Features::read(reading))
    }

    fn model(link: Link) -> Linear {
        let options = Options {
            link,
            bits: 12,
            ..Options::default()
        };
        let examples: Vec<Example> = [(GOOD, 0), (BAD, 1)]
            .into_iter()
            .flat_map(|(texts, class)| texts.map(|text| Example::of_class(features(text), class, 2)))
            .collect();
        Trainer::fit(2, options, &examples)
    }

    #[test]
    fn learns_and_says_why() {
        for link in [Link::Softmax, Link::Logistic] {
            let model = model(link);
            let unseen = features("un lavoro davvero orribile");
            let mut probabilities = [0.0; 2];
            model.probabilities(&unseen, &mut probabilities);
            assert!(probabilities[1] > 0.6, "{link:?} {probabilities:?}");
            assert_eq!(model.why(&unseen, 1).first().map(|reason| reason.token), Some(3));
        }
    }

    #[test]
    fn training_twice_gives_the_same_bytes() {
        assert_eq!(model(Link::Softmax), model(Link::Softmax));
    }
}
