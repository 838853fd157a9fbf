//! What the writer asks for.

use voce_domain::labels::{LabelKind, REQUEST_TYPES, Sentiment, SentimentClass};

use crate::engine::Reading;
use crate::evidence::Evidences;
use crate::lexicon::Effect;
use crate::tokens::Kind;

/// Cues below this weight are not enough to say that something is asked.
const ENOUGH: f32 = 1.0;

/// Key of the request type and 0..1 how sure; `None` when nothing is asked.
pub(crate) fn judge(
    reading: &Reading,
    sentiment: &Sentiment,
    evidences: &mut Evidences,
) -> (Option<&'static str>, f32) {
    let mut weights = [0.0_f32; REQUEST_TYPES.len()];
    for hit in &reading.hits {
        if let Effect::Request(request, weight) = hit.effect
            && let Some(sum) = weights.get_mut(usize::from(request))
        {
            *sum += weight;
        }
    }
    lean(&mut weights, reading, sentiment);
    let Some((best, weight)) = weights.iter().copied().enumerate().max_by(|a, b| a.1.total_cmp(&b.1)) else {
        return (None, 0.0);
    };
    let questions = reading.tokens.iter().any(|token| token.kind == Kind::Question);
    let spoken_to = reading.tokens.iter().any(|token| token.kind == Kind::Mention);
    if weight < ENOUGH {
        return if questions && spoken_to {
            (Some("other"), 0.2)
        } else {
            (None, 0.0)
        };
    }
    for hit in &reading.hits {
        if let Effect::Request(request, weight) = hit.effect
            && usize::from(request) == best
        {
            evidences.hit(LabelKind::RequestType, reading, hit, weight);
        }
    }
    let second = weights
        .iter()
        .enumerate()
        .filter(|(at, _)| *at != best)
        .map(|(_, weight)| *weight)
        .fold(0.0, f32::max);
    let confidence = (weight / (weight + second + 1.0)).clamp(0.0, 1.0);
    (REQUEST_TYPES.get(best).copied(), confidence)
}

/// Lets sentiment and questions tip the scales between types whose words are alike.
fn lean(weights: &mut [f32; REQUEST_TYPES.len()], reading: &Reading, sentiment: &Sentiment) {
    let questions = reading.tokens.iter().any(|token| token.kind == Kind::Question);
    let mut tip = |key: &str, factor: f32, bonus: f32| {
        for (weight, _) in weights
            .iter_mut()
            .zip(REQUEST_TYPES)
            .filter(|(weight, name)| **weight > 0.0 && *name == key)
        {
            *weight = *weight * factor + bonus;
        }
    };
    match sentiment.class {
        SentimentClass::Negative => {
            tip("complaint", 1.0, 0.8 * sentiment.weight);
            tip("praise", 0.3, 0.0);
        }
        SentimentClass::Positive => {
            tip("praise", 1.0, 0.8 * sentiment.weight);
            tip("complaint", 0.5, 0.0);
        }
        SentimentClass::Neutral => {}
    }
    if questions {
        tip("information", 1.0, 0.7);
        tip("help", 1.0, 0.4);
        tip("praise", 0.5, 0.0);
    }
}
