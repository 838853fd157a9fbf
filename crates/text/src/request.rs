//! What the writer asks for.

use voce_domain::labels::{LabelKind, REQUEST_TYPES, Sentiment, SentimentClass};

use crate::engine::Reading;
use crate::evidence::Evidences;
use crate::features::Features;
use crate::lexicon::Effect;
use crate::linear::Link;
use crate::need::{Need, why_request};
use crate::tokens::Kind;

/// Cues below this weight are not enough to say that something is asked.
const ENOUGH: f32 = 1.0;
/// A splendid day at the sea is no praise of anybody.
const ENOUGH_UNADDRESSED: f32 = 2.0;
/// How sure the model must be without cues of the lexicon, and where somebody is spoken to or asked.
const SURE: f32 = 0.75;
const SURE_ADDRESSED: f32 = 0.45;
/// How much the cues of the lexicon count against the model, and how much they count at most.
const CUES: f32 = 1.2;
const MOST_CUES: f32 = 4.0;
/// Confidence in what feelings and question marks alone suggest.
const SUGGESTED: f32 = 0.3;
/// Words such as "you" and "your" stand under this type: they tell that somebody is spoken to, not what is asked.
const SPOKEN_TO: usize = 8;

/// Key of the request type and 0..1 how sure; `None` when nothing is asked.
///
/// The model's probabilities and the lexicon's cues are added up as log-odds; whoever speaks to nobody and asks nothing asks nothing.
pub(crate) fn judge(
    reading: &Reading,
    features: &Features,
    need: &Need,
    sentiment: &Sentiment,
    evidences: &mut Evidences,
) -> (Option<&'static str>, f32) {
    let has = |kind| reading.tokens.iter().any(|token| token.kind == kind);
    let asks = has(Kind::Question);
    let mut weights = sums(reading);
    let spoken_to = has(Kind::Mention) || weights[SPOKEN_TO] > 0.0;
    weights[SPOKEN_TO] = 0.0;
    lean(&mut weights, asks, sentiment);

    let cued = weights.iter().copied().fold(0.0, f32::max);
    let joined = joined(&weights, need);
    let (best, confidence) = highest(&joined);
    let enough = match REQUEST_TYPES.get(best) {
        Some(&"other") if asks => return (Some("other"), confidence),
        Some(&"other") => return suggested(asks, spoken_to, sentiment),
        Some(&("complaint" | "praise")) if !spoken_to => ENOUGH_UNADDRESSED,
        _ => ENOUGH,
    };
    let addressed = asks || spoken_to;
    let praises = REQUEST_TYPES.get(best) == Some(&"praise");
    let certain = confidence >= if addressed { SURE_ADDRESSED } else { SURE } && (addressed || !praises);
    if !certain && (cued < enough || weights[best] < enough) {
        return suggested(asks, spoken_to, sentiment);
    }
    for hit in &reading.hits {
        if let Effect::Request(request, weight) = hit.effect
            && usize::from(request) == best
        {
            evidences.hit(LabelKind::RequestType, reading, hit, weight);
        }
    }
    for reason in why_request(features, best) {
        evidences.words(
            LabelKind::RequestType,
            reading,
            reason.token..=reason.token,
            reason.weight,
        );
    }
    (REQUEST_TYPES.get(best).copied(), confidence)
}

/// Probabilities of the request types from the model and from the cues.
fn joined(cues: &[f32; REQUEST_TYPES.len()], need: &Need) -> [f32; REQUEST_TYPES.len()] {
    let mut joined = need.requests;
    for (sum, cue) in joined.iter_mut().zip(cues) {
        *sum = sum.max(1e-4).ln() + CUES * cue.min(MOST_CUES);
    }
    Link::Softmax.apply(&mut joined);
    joined
}

fn highest(probabilities: &[f32]) -> (usize, f32) {
    let ranked = probabilities.iter().copied().enumerate();
    ranked.max_by(|a, b| a.1.total_cmp(&b.1)).unwrap_or_default()
}

/// Weight of the cues for each request type.
fn sums(reading: &Reading) -> [f32; REQUEST_TYPES.len()] {
    let mut weights = [0.0; REQUEST_TYPES.len()];
    for hit in &reading.hits {
        if let Effect::Request(request, weight) = hit.effect
            && let Some(sum) = weights.get_mut(usize::from(request))
        {
            *sum += weight;
        }
    }
    weights
}

/// Lets sentiment and questions tip the scales between types whose words are alike.
fn lean(weights: &mut [f32; REQUEST_TYPES.len()], asks: bool, sentiment: &Sentiment) {
    let mut tip = |key: &str, factor: f32, bonus: f32| {
        for (weight, name) in weights.iter_mut().zip(REQUEST_TYPES) {
            if *weight > 0.0 && name == key {
                *weight = *weight * factor + bonus;
            }
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
            if !asks {
                tip("help", 0.5, 0.0);
                tip("information", 0.5, 0.0);
            }
        }
        SentimentClass::Neutral => {}
    }
    if asks {
        tip("information", 1.0, 0.7);
        tip("help", 1.0, 0.4);
        tip("cancellation", 1.0, 0.4);
        tip("praise", 0.5, 0.0);
    }
}

/// Without cues: anger at somebody is a complaint, delight is praise, a question asks for something.
fn suggested(asks: bool, spoken_to: bool, sentiment: &Sentiment) -> (Option<&'static str>, f32) {
    match sentiment.score {
        score if spoken_to && score <= -0.4 => (Some("complaint"), SUGGESTED),
        _ if spoken_to && asks => (Some("information"), SUGGESTED),
        _ if asks => (Some("other"), SUGGESTED),
        score if spoken_to && score >= 0.6 => (Some("praise"), SUGGESTED),
        _ => (None, 0.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn being_spoken_to_stands_under_other() {
        assert_eq!(REQUEST_TYPES[SPOKEN_TO], "other");
    }
}
