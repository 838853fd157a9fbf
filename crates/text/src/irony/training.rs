//! How the models of irony are made.

use crate::engine::Engine;
use crate::linear::{Example, Link, Options, Trainer};
use crate::model::Model;
use crate::train::{Set, Sources, TrainError};

/// Counts up when the weights change.
const VERSION: u32 = 1;

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
    Ok(model("irony_en", OPTIONS, &posts(engine, sources)?))
}

/// For languages without ironic posts to learn from: what cues, feelings and punctuation say in English is taken to hold everywhere.
pub(crate) fn other(engine: &Engine, sources: &Sources) -> Result<Vec<u8>, TrainError> {
    let mut examples = posts(engine, sources)?;
    for example in &mut examples {
        example.features.sparse.clear();
    }
    let options = Options { bits: 0, ..OPTIONS };
    Ok(model("irony_xx", options, &examples))
}

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

fn model(name: &str, options: Options, examples: &[Example]) -> Vec<u8> {
    let model = Model {
        name: name.to_owned(),
        version: VERSION,
        outputs: vec!["irony".to_owned()],
        linear: Trainer::fit(1, options, examples),
    };
    model.write()
}
