//! How soon the writer needs an answer.

use voce_domain::labels::{LabelKind, Sentiment, SentimentClass, Urgency};

use crate::engine::Reading;
use crate::evidence::Evidences;
use crate::features::Features;
use crate::lexicon::Effect;
use crate::need::{Need, Sign, why_sign};
use crate::tokens::Kind;

const CRITICAL_FROM: f32 = 4.0;
const HIGH_FROM: f32 = 1.8;
const LOW_FROM: f32 = -1.0;

/// How much the model counts where it is certain, and the probability below which it does not.
const LEARNT: f32 = 3.6;
const DOUBT: f32 = 0.5;

/// From words of haste, deadlines, danger and legal steps; anger in its writing adds a little.
pub(crate) fn judge(
    reading: &Reading,
    features: &Features,
    need: &Need,
    sentiment: &Sentiment,
    evidences: &mut Evidences,
) -> Urgency {
    let mut sum = 0.0;
    for (at, hit) in reading.hits.iter().enumerate() {
        if let Effect::Urgency(weight) = hit.effect
            && !reading.repeats(at)
        {
            sum += weight;
            evidences.hit(LabelKind::Urgency, reading, hit, weight);
        }
    }
    let exclamations = reading
        .tokens
        .iter()
        .filter(|token| token.kind == Kind::Exclamation)
        .count();
    if sum > 0.0 && sentiment.class == SentimentClass::Negative {
        let anger = 0.5 * sentiment.weight + if exclamations >= 2 { 0.3 } else { 0.0 };
        sum += anger;
        evidences.rule(LabelKind::Urgency, "anger", anger);
    }
    let learnt =
        LEARNT * (need.of(Sign::Urgent) - DOUBT).max(0.0) + LEARNT * (need.of(Sign::Critical) - DOUBT).max(0.0);
    if learnt > 0.0 {
        sum += learnt;
        for reason in why_sign(features, Sign::Urgent) {
            evidences.words(LabelKind::Urgency, reading, reason.token..=reason.token, reason.weight);
        }
    }
    match sum {
        sum if sum >= CRITICAL_FROM => Urgency::Critical,
        sum if sum >= HIGH_FROM => Urgency::High,
        sum if sum <= LOW_FROM => Urgency::Low,
        _ => Urgency::Normal,
    }
}
