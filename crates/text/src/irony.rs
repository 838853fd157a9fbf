//! Whether the words mean the opposite of what they say.

pub(crate) mod training;

use std::sync::LazyLock;

use voce_domain::labels::LabelKind;

use crate::engine::Reading;
use crate::evidence::Evidences;
use crate::features::Features;
use crate::lexicon::{Effect, Hit};
use crate::model::Model;
use crate::tokens::Kind;

static ENGLISH: LazyLock<Option<Model>> = LazyLock::new(|| Model::read(include_bytes!("../models/irony_en.bin")).ok());
static OTHER: LazyLock<Option<Model>> = LazyLock::new(|| Model::read(include_bytes!("../models/irony_xx.bin")).ok());

/// From this probability on a text is called ironic.
pub(crate) const IRONIC_FROM: f32 = 0.5;
/// A cue that suggests irony more softly than this is only one of the features of the model.
const CLEAR: f32 = 0.8;

/// 0..1, how likely the text is ironic.
pub(crate) fn judge(reading: &Reading, features: &Features, language: Option<&str>, evidences: &mut Evidences) -> f32 {
    let model = match language {
        Some("en") => ENGLISH.as_ref(),
        _ => OTHER.as_ref(),
    };
    let mut learnt = [0.0];
    if let Some(model) = model {
        model.linear.probabilities(features, &mut learnt);
    }
    let cues = || reading.hits.iter().filter_map(|hit| Some((hit, cue(reading, hit)?)));
    let clearest = cues()
        .map(|(_, weight)| weight)
        .filter(|weight| *weight >= CLEAR)
        .fold(0.0, f32::max);
    let irony = learnt[0].max(clearest);
    if irony >= IRONIC_FROM {
        for (hit, weight) in cues() {
            evidences.hit(LabelKind::Irony, reading, hit, weight);
        }
        if clearest < CLEAR
            && let Some(model) = model
        {
            let reasons = model.linear.why(features, 0);
            for reason in reasons.into_iter().filter(|reason| reason.weight > 0.0).take(2) {
                evidences.words(LabelKind::Irony, reading, reason.token..=reason.token, reason.weight);
            }
        }
    }
    irony
}

/// How far a hit suggests irony, if it does.
pub(crate) fn cue(reading: &Reading, hit: &Hit) -> Option<f32> {
    match hit.effect {
        Effect::Irony(weight) => Some(weight),
        Effect::IronyTag(weight) => {
            let tagged = reading
                .tokens
                .get(hit.first)
                .is_some_and(|token| token.kind == Kind::Hashtag);
            tagged.then_some(weight)
        }
        _ => None,
    }
}
