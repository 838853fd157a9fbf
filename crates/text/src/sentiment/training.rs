//! How the models of sentiment are made.

use std::collections::HashSet;

use super::CLASSES;
use crate::engine::Engine;
use crate::linear::{Example, Options, Trainer};
use crate::model::Model;
use crate::train::{Set, Sources, TrainError, balance};

/// Counts up when the weights change.
const VERSION: u32 = 2;

const OPTIONS: Options = Options {
    link: crate::linear::Link::Softmax,
    bits: 18,
    epochs: 12,
    rate: 0.03,
    decay: 1e-3,
    dense_decay: 1e-5,
    seed: 1,
};

pub(crate) fn italian(engine: &Engine, sources: &Sources) -> Result<Vec<u8>, TrainError> {
    let mut examples = italian_posts(engine, sources)?;
    examples.extend(requests(engine, sources, "own: requests_it", "it", 0.15)?);
    // What emoji, punctuation and feelings mean is much the same in English, of which there is much more.
    let english = "sentiment/semeval2013_2016_en_train";
    examples.extend(posts(engine, sources, english, "en", 0.1)?);
    Ok(model("sentiment_it", OPTIONS, &examples))
}

pub(crate) fn italian_posts(engine: &Engine, sources: &Sources) -> Result<Vec<Example>, TrainError> {
    posts(engine, sources, "sentiment/umsab_italian_train", "it", 1.0)
}

pub(crate) fn english(engine: &Engine, sources: &Sources) -> Result<Vec<u8>, TrainError> {
    let mut examples = posts(engine, sources, "sentiment/semeval2013_2016_en_train", "en", 1.0)?;
    examples.extend(requests(engine, sources, "own: requests_en", "en", 0.6)?);
    let options = Options { epochs: 8, ..OPTIONS };
    Ok(model("sentiment_en", options, &examples))
}

/// For every other language, and for texts too short to tell.
pub(crate) fn other(engine: &Engine, sources: &Sources) -> Result<Vec<u8>, TrainError> {
    let mut examples = posts(engine, sources, "sentiment/semeval2013_2016_en_train", "en", 0.1)?;
    for (name, code) in [
        ("italian", "it"),
        ("english", "en"),
        ("french", "fr"),
        ("german", "de"),
        ("spanish", "es"),
        ("portuguese", "pt"),
    ] {
        examples.extend(posts(
            engine,
            sources,
            &format!("sentiment/umsab_{name}_train"),
            code,
            1.0,
        )?);
    }
    Ok(model("sentiment_xx", OPTIONS, &examples))
}

fn posts(
    engine: &Engine,
    sources: &Sources,
    name: &str,
    language: &str,
    weight: f32,
) -> Result<Vec<Example>, TrainError> {
    // The English sets overlap; what measures must not be learnt.
    let without = match name {
        "sentiment/semeval2013_2016_en_train" => sources.texts("sentiment/umsab_english_val")?,
        _ => HashSet::new(),
    };
    let classes = CLASSES.map(|class| class.key());
    let set = Set {
        name,
        label: "label",
        classes: &classes,
        language: Some(language),
        weight,
        without,
    };
    let mut examples = sources.examples(engine, &set)?;
    balance(&mut examples);
    Ok(examples)
}

/// Requests to companies, which posts seldom are.
fn requests(
    engine: &Engine,
    sources: &Sources,
    name: &str,
    language: &str,
    weight: f32,
) -> Result<Vec<Example>, TrainError> {
    let classes = CLASSES.map(|class| class.key());
    sources.examples(
        engine,
        &Set {
            name,
            label: "sentiment",
            classes: &classes,
            language: Some(language),
            weight,
            without: HashSet::new(),
        },
    )
}

fn model(name: &str, options: Options, examples: &[Example]) -> Vec<u8> {
    let model = Model {
        name: name.to_owned(),
        version: VERSION,
        outputs: CLASSES.map(|class| class.key().to_owned()).to_vec(),
        linear: Trainer::fit(CLASSES.len(), options, examples),
    };
    model.write()
}
