//! How the models of irony are made.

use crate::engine::Engine;
use crate::linear::{Example, Linear, Link, Options, Trainer};
use crate::model::Model;
use crate::sentiment;
use crate::train::{Set, Sources, TrainError};

/// Counts up when the weights change.
const VERSION: u32 = 2;

const OPTIONS: Options = Options {
    link: Link::Logistic,
    bits: 17,
    epochs: 12,
    rate: 0.03,
    decay: 1e-3,
    dense_decay: 1e-5,
    seed: 1,
};

pub(crate) fn english(engine: &Engine, sources: &Sources) -> Result<Vec<u8>, TrainError> {
    Ok(model("irony_en", Trainer::fit(1, OPTIONS, &posts(engine, sources)?)))
}

/// For languages without ironic posts to learn from: emoji, punctuation, borrowed words and feelings speak as they do in English.
///
/// The prior is set so that of Italian posts one in [`ONE_IN`] is called ironic, about what F. Barbieri et al., "Overview of the Evalita
/// 2016 SENTIment POLarity Classification Task" (2016), report; no labels of irony are needed for that.
pub(crate) fn other(engine: &Engine, sources: &Sources) -> Result<Vec<u8>, TrainError> {
    let mut linear = Trainer::fit(1, OPTIONS, &posts(engine, sources)?);
    let mut sums: Vec<f32> = sentiment::training::italian_posts(engine, sources)?
        .iter()
        .map(|example| {
            let mut sum = [0.0];
            linear.sums(&example.features, &mut sum);
            sum[0]
        })
        .collect();
    sums.sort_by(f32::total_cmp);
    let ironic_from = sums.len().saturating_sub(sums.len() / ONE_IN + 1);
    linear.bias[0] -= sums.get(ironic_from).copied().unwrap_or_default();
    Ok(model("irony_xx", linear))
}

/// Of how many posts one is ironic.
const ONE_IN: usize = 8;

fn posts(engine: &Engine, sources: &Sources) -> Result<Vec<Example>, TrainError> {
    let set = Set {
        name: "emotion/tweeteval_irony_en_train",
        label: "label",
        classes: &["non_irony", "irony"],
        language: Some("en"),
        weight: 1.0,
        without: Default::default(),
    };
    let mut examples = sources.examples(engine, &set)?;
    for example in &mut examples {
        // Of two classes that exclude each other, one output is enough.
        example.target.remove(0);
    }
    Ok(examples)
}

fn model(name: &str, linear: Linear) -> Vec<u8> {
    let model = Model {
        name: name.to_owned(),
        version: VERSION,
        outputs: vec!["irony".to_owned()],
        linear,
    };
    model.write()
}
