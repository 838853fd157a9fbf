//! How the model of emotions is made.

use super::{VALENCE, spoken, words};
use crate::engine::{Context, Engine};
use crate::features::Features;
use crate::linear::{Example, Link, Options, Trainer};
use crate::model::Model;
use crate::train::{Sources, TrainError};
use voce_domain::labels::Emotion;

/// Posts with one emotion each.
const EMOTIONS: &str = "emotion/tweeteval_emotion_en_train";
/// Posts with their polarity, and of how many one is taken.
const POLARITIES: [(&str, usize); 7] = [
    ("sentiment/semeval2013_2016_en_train", 3),
    ("sentiment/umsab_italian_train", 1),
    ("sentiment/umsab_english_train", 1),
    ("sentiment/umsab_french_train", 1),
    ("sentiment/umsab_german_train", 1),
    ("sentiment/umsab_spanish_train", 1),
    ("sentiment/umsab_portuguese_train", 1),
];

const OUTPUTS: usize = VALENCE + 1;
/// Says nothing of an emotion.
const UNTOLD: f32 = f32::NAN;

/// Learns valence from polarity, the emotions that posts are labelled with from those, and the others from the company that the
/// words of the lexicon keep.
pub(crate) fn train(engine: &Engine, sources: &Sources) -> Result<Vec<u8>, TrainError> {
    let mut examples = Vec::new();
    for [label, text] in sources.table(EMOTIONS)?.columns(["label", "text"])? {
        examples.extend(labelled(label).map(|told| example(engine, text, told, 2.0)));
    }
    for (set, every) in POLARITIES {
        let table = sources.table(set)?;
        for [label, text] in table.columns(["label", "text"])?.into_iter().step_by(every) {
            let valence = match label {
                "positive" => 0.85,
                "neutral" => 0.5,
                "negative" => 0.15,
                _ => continue,
            };
            let mut told = [UNTOLD; OUTPUTS];
            told[VALENCE] = valence;
            examples.push(example(engine, text, told, 1.0));
        }
    }
    let options = Options {
        link: Link::Logistic,
        bits: 16,
        epochs: 8,
        ..Options::default()
    };
    let mut linear = Trainer::fit(OUTPUTS, options, &examples);
    // Amounts are to be told, not certainties, which are near 0 or 1.
    linear.temperature = 2.5;
    let names = Emotion::ALL.iter().map(|emotion| emotion.key().to_owned());
    let model = Model {
        name: "emotion".to_owned(),
        version: 1,
        outputs: names.chain(["valence".to_owned()]).collect(),
        linear,
    };
    Ok(model.write())
}

/// What one label says of every emotion: of those that may go with it, nothing.
fn labelled(label: &str) -> Option<[f32; OUTPUTS]> {
    use Emotion::{Anger, Anticipation, Fear, Joy, Sadness};
    let (there, absent, valence): (&[Emotion], &[Emotion], f32) = match label {
        "anger" => (&[Anger], &[Joy, Sadness, Fear], 0.2),
        "joy" => (&[Joy], &[Anger, Sadness, Fear], 0.85),
        "optimism" => (&[Anticipation], &[Anger, Sadness], 0.75),
        "sadness" => (&[Sadness], &[Anger, Joy], 0.2),
        _ => return None,
    };
    let mut told = [UNTOLD; OUTPUTS];
    for emotion in there {
        told[*emotion as usize] = 1.0;
    }
    for emotion in absent {
        told[*emotion as usize] = 0.0;
    }
    told[VALENCE] = valence;
    Some(told)
}

fn example(engine: &Engine, text: &str, mut told: [f32; OUTPUTS], weight: f32) -> Example {
    engine.with_reading(text, &Context::default(), |reading, language| {
        let code = language.as_ref().map(|decision| decision.code.as_str());
        let spoken = spoken(reading, &words(reading, code));
        for (told, spoken) in told.iter_mut().zip(spoken).take(VALENCE) {
            if told.is_nan() {
                *told = spoken;
            }
        }
        Example {
            features: Features::read(reading),
            target: told.to_vec(),
            weight,
        }
    })
}
