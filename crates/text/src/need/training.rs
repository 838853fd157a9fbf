//! How the models of need are made: from requests written for Voce, and from posts that are no requests at all.

use voce_domain::labels::REQUEST_TYPES;

use super::SIGNS;
use crate::engine::{Context, Engine};
use crate::features::Features;
use crate::linear::{Example, Link, Options, Trainer};
use crate::model::Model;
use crate::train::{Sources, TrainError, balance};

/// Counts up when the weights change.
const VERSION: u32 = 1;

const OPTIONS: Options = Options {
    link: Link::Softmax,
    bits: 16,
    epochs: 20,
    rate: 0.05,
    decay: 5e-4,
    dense_decay: 1e-4,
    seed: 1,
};

const OWN: [(&str, &str); 2] = [("own: requests_it", "it"), ("own: requests_en", "en")];

pub(crate) fn request(engine: &Engine, sources: &Sources) -> Result<Vec<u8>, TrainError> {
    let mut examples = Vec::new();
    for (name, language) in OWN {
        let table = sources.table(name)?;
        for [request, text] in table.columns(["request", "text"])? {
            if let Some(class) = REQUEST_TYPES.iter().position(|key| *key == request) {
                examples.push(Example::of_class(
                    read(engine, text, language),
                    class,
                    REQUEST_TYPES.len(),
                ));
            }
        }
    }
    known(&examples, "requests")?;
    balance(&mut examples);
    Ok(model("request", &REQUEST_TYPES, OPTIONS, &examples))
}

pub(crate) fn need(engine: &Engine, sources: &Sources) -> Result<Vec<u8>, TrainError> {
    let mut examples = Vec::new();
    for (name, language) in OWN {
        let table = sources.table(name)?;
        for [request, complaint, urgency, text] in table.columns(["request", "complaint", "urgency", "text"])? {
            let is = |yes: bool| f32::from(u8::from(yes));
            let target = vec![
                is(complaint == "1"),
                is(matches!(urgency, "high" | "critical")),
                is(urgency == "critical"),
                is(request == "purchase"),
                is(request == "praise"),
                is(request == "idea"),
                is(request == "cancellation"),
            ];
            // What is rare is heard less often than it should be.
            let weight = if target[0] == 1.0 || target[1] == 1.0 { 4.0 } else { 1.0 };
            examples.push(example(engine, text, language, target, weight));
        }
    }
    known(&examples, "requests")?;
    for (name, language) in [
        ("sentiment/umsab_italian_train", "it"),
        ("sentiment/umsab_english_train", "en"),
    ] {
        let table = sources.table(name)?;
        for [label, text] in table.columns(["label", "text"])? {
            // Anger at something is not yet a complaint to somebody; it may be one.
            if label != "negative" {
                let mut target = vec![0.0; SIGNS.len()];
                target[super::Sign::Praise as usize] = f32::NAN;
                examples.push(example(engine, text, language, target, 0.2));
            }
        }
    }
    let options = Options {
        link: Link::Logistic,
        ..OPTIONS
    };
    Ok(model("need", &SIGNS, options, &examples))
}

fn known(examples: &[Example], set: &str) -> Result<(), TrainError> {
    match examples.is_empty() {
        true => Err(TrainError::Empty(set.to_owned())),
        false => Ok(()),
    }
}

fn example(engine: &Engine, text: &str, language: &str, target: Vec<f32>, weight: f32) -> Example {
    Example {
        features: read(engine, text, language),
        target,
        weight,
    }
}

fn read(engine: &Engine, text: &str, language: &str) -> Features {
    let context = Context {
        language_hint: Some(language),
        ..Context::default()
    };
    engine.with_reading(text, &context, |reading, _| Features::read(reading))
}

fn model(name: &str, outputs: &[&str], options: Options, examples: &[Example]) -> Vec<u8> {
    let model = Model {
        name: name.to_owned(),
        version: VERSION,
        outputs: outputs.iter().map(|&output| output.to_owned()).collect(),
        linear: Trainer::fit(outputs.len(), options, examples),
    };
    model.write()
}
