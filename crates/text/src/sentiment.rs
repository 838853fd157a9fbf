//! Polarity: negative, neutral or positive, of the whole text, of each sentence and towards each target.
//!
//! A linear model for Italian, one for English and one for all other languages read the same features; where no model is at hand the
//! words of feeling alone decide.

mod parts;
pub(crate) mod training;

use std::ops::Range;
use std::sync::LazyLock;

use voce_domain::labels::{LabelKind, Sentiment, SentimentClass};

use crate::engine::Reading;
use crate::evidence::Evidences;
use crate::features::Features;
use crate::feelings::Shape;
use crate::linear::Reason;
use crate::model::Model;
use crate::tokens::Kind;
pub(crate) use parts::{sentences, targets};

static ITALIAN: LazyLock<Option<Model>> =
    LazyLock::new(|| Model::read(include_bytes!("../models/sentiment_it.bin")).ok());
static ENGLISH: LazyLock<Option<Model>> =
    LazyLock::new(|| Model::read(include_bytes!("../models/sentiment_en.bin")).ok());
static OTHER: LazyLock<Option<Model>> =
    LazyLock::new(|| Model::read(include_bytes!("../models/sentiment_xx.bin")).ok());

/// In the order of the models' outputs.
const CLASSES: [SentimentClass; 3] = [
    SentimentClass::Negative,
    SentimentClass::Neutral,
    SentimentClass::Positive,
];

/// Sum of feelings from which a text is called positive, and below which it is called negative, without a model.
const POSITIVE_FROM: f32 = 0.9;
const NEGATIVE_FROM: f32 = -0.4;
/// Larger values make the score grow more slowly with the sum.
const SOFTNESS: f32 = 12.0;
/// A token that speaks more softly than this is no evidence.
const FAINT: f32 = 0.05;

fn model(language: Option<&str>) -> Option<&'static Model> {
    match language {
        Some("it") => ITALIAN.as_ref(),
        Some("en") => ENGLISH.as_ref(),
        _ => OTHER.as_ref(),
    }
}

/// Says how the writer feels by the [`polarity`] of the text, and names the words that told it.
pub(crate) fn judge(
    reading: &Reading,
    features: &Features,
    language: Option<&str>,
    polarity: &[f32; 3],
    evidences: &mut Evidences,
) -> Sentiment {
    let shape = Shape::of(reading);
    if shape.words == 0 && reading.felt.is_empty() {
        return Sentiment::NEUTRAL;
    }
    let (best, confidence) = best(polarity);
    explain(reading, features, model(language), best, evidences);
    Sentiment {
        class: CLASSES[best],
        score: score(polarity),
        weight: weight(reading, &shape),
        confidence,
    }
}

/// How likely a text is negative, neutral and positive.
pub(crate) fn polarity(reading: &Reading, features: &Features, language: Option<&str>) -> [f32; 3] {
    match model(language) {
        Some(model) => {
            let mut probabilities = [0.0; 3];
            model.linear.probabilities(features, &mut probabilities);
            probabilities
        }
        None => by_rule(reading, 0..reading.tokens.len()),
    }
}

/// Probabilities from the words of feeling alone.
fn by_rule(reading: &Reading, tokens: Range<usize>) -> [f32; 3] {
    let felt = reading.felt.iter().filter(|felt| tokens.contains(&felt.first));
    let total: f32 = felt.map(|felt| felt.value).sum();
    let size = (total / (total * total + SOFTNESS).sqrt()).abs();
    let sure = 0.4 + 0.55 * size;
    let rest = 1.0 - sure;
    if total >= POSITIVE_FROM {
        [0.2 * rest, 0.8 * rest, sure]
    } else if total <= NEGATIVE_FROM {
        [sure, 0.8 * rest, 0.2 * rest]
    } else {
        [0.25, 0.5, 0.25]
    }
}

/// Index of the likeliest class, and its probability.
fn best(probabilities: &[f32; 3]) -> (usize, f32) {
    let [negative, neutral, positive] = *probabilities;
    match () {
        () if negative > neutral && negative >= positive => (0, negative),
        () if positive > neutral => (2, positive),
        () => (1, neutral),
    }
}

/// -1 to 1: what speaks for positive less what speaks for negative.
fn score(probabilities: &[f32; 3]) -> f32 {
    probabilities[2] - probabilities[0]
}

/// How much feeling there is, whatever its sign.
fn weight(reading: &Reading, shape: &Shape) -> f32 {
    let size: f32 = reading.felt.iter().map(|felt| felt.value.abs()).sum();
    let loud = 0.5 * shape.exclamations.min(4) as f32 + 0.5 * shape.elongated.min(3) as f32;
    let shouted = if shape.shouts_all() && shape.words >= 4 {
        1.5
    } else {
        0.0
    };
    if size == 0.0 {
        return (0.08 * (loud + shouted)).clamp(0.0, 1.0);
    }
    (1.0 - (-(size + loud + shouted) / 6.0).exp()).clamp(0.0, 1.0)
}

/// Names the tokens whose n-grams, and the words whose feeling, spoke for the class.
fn explain(reading: &Reading, features: &Features, model: Option<&Model>, class: usize, evidences: &mut Evidences) {
    // Evidence is signed like the score; what speaks for neutral has no sign and is not shown.
    let sign = match class {
        0 => -1.0,
        2 => 1.0,
        _ => return,
    };
    let reasons = model.map(|model| model.linear.why(features, class)).unwrap_or_default();
    let said = |token: usize| {
        let kind = reading.tokens.get(token).map(|token| token.kind);
        matches!(kind, Some(Kind::Word | Kind::Hashtag | Kind::Picture))
    };
    let felt_at = |token: usize| {
        reading
            .felt
            .iter()
            .any(|felt| (felt.first..=felt.last).contains(&token))
    };
    for felt in &reading.felt {
        let tokens = felt.first..=felt.last;
        let learnt: f32 = reasons
            .iter()
            .filter(|reason| tokens.contains(&reason.token))
            .map(|reason| reason.weight)
            .sum();
        evidences.words(LabelKind::Sentiment, reading, tokens, felt.value / 4.0 + sign * learnt);
    }
    for Reason { token, weight } in reasons.into_iter().filter(|reason| said(reason.token)).take(4) {
        if weight > FAINT && !felt_at(token) {
            evidences.words(LabelKind::Sentiment, reading, token..=token, sign * weight);
        }
    }
}
