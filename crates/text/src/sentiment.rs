//! Polarity and emotional weight, from words of feeling and what stands around them.
//!
//! The way of Hutto and Gilbert, "VADER: A Parsimonious Rule-based Model for Sentiment Analysis of Social Media Text" (ICWSM 2014),
//! with rules and lexicons of our own.

use voce_domain::labels::{LabelKind, REQUEST_TYPES, Sentiment, SentimentClass};

use crate::engine::Reading;
use crate::evidence::Evidences;
use crate::lexicon::{Effect, Hit};
use crate::tokens::Kind;

/// Sum of feelings from which a text is called positive, and below which it is called negative.
const POSITIVE_FROM: f32 = 0.9;
const NEGATIVE_FROM: f32 = -0.4;
/// Larger values make the score grow more slowly with the sum.
const SOFTNESS: f32 = 12.0;
/// How many words a negation and an intensifier reach.
const NEGATION_REACH: usize = 4;
const STRENGTH_REACH: usize = 2;
/// What remains of thanks where something is asked, and the request types that ask.
const COURTESY: f32 = 0.1;
const ASKING: [&str; 5] = ["help", "information", "purchase", "cancellation", "press"];
/// How much the words of a complaint count as feeling.
const GRIEVANCE: f32 = 0.5;

pub(crate) fn judge(reading: &Reading, evidences: &mut Evidences) -> Sentiment {
    let feelings = feelings(reading);
    let mut sum = Sum::default();
    for (hit, value) in &feelings {
        sum.add(*value);
        evidences.hit(LabelKind::Sentiment, reading, hit, *value);
    }
    sum.add(grievance(reading, &feelings, evidences));
    let shape = Shape::of(reading);
    sum.total *= 1.0 + 0.1 * shape.exclamations.min(4) as f32;
    if shape.words == 0 && feelings.is_empty() {
        return Sentiment::NEUTRAL;
    }
    let score = sum.total / (sum.total * sum.total + SOFTNESS).sqrt();
    let class = match sum.total {
        total if total >= POSITIVE_FROM => SentimentClass::Positive,
        total if total <= NEGATIVE_FROM => SentimentClass::Negative,
        _ => SentimentClass::Neutral,
    };
    Sentiment {
        class,
        score,
        weight: weight(&sum, &shape),
        confidence: confidence(class, score, &sum),
    }
}

/// Sum of the feelings and of their sizes.
#[derive(Default)]
struct Sum {
    total: f32,
    size: f32,
}

impl Sum {
    fn add(&mut self, value: f32) {
        self.total += value;
        self.size += value.abs();
    }
}

/// What the writing itself tells, whatever the words.
struct Shape {
    words: usize,
    capitals: usize,
    exclamations: usize,
    elongated: usize,
}

impl Shape {
    fn of(reading: &Reading) -> Self {
        let count = |what: fn(&crate::tokens::Token) -> bool| reading.tokens.iter().filter(|token| what(token)).count();
        Self {
            words: count(|token| token.kind == Kind::Word),
            capitals: count(|token| token.capitals),
            exclamations: count(|token| token.kind == Kind::Exclamation),
            elongated: count(|token| token.elongated),
        }
    }

    /// When everything is in capitals, capitals do not stress one word.
    fn shouts_all(&self) -> bool {
        self.capitals * 10 > self.words * 7
    }
}

fn weight(sum: &Sum, shape: &Shape) -> f32 {
    let loud = 0.5 * shape.exclamations.min(4) as f32 + 0.5 * shape.elongated.min(3) as f32;
    let shouted = if shape.shouts_all() && shape.words >= 4 {
        1.5
    } else {
        0.0
    };
    if sum.size == 0.0 {
        return (0.08 * (loud + shouted)).clamp(0.0, 1.0);
    }
    (1.0 - (-(sum.size + loud + shouted) / 6.0).exp()).clamp(0.0, 1.0)
}

/// High when the feelings are many and agree; for neutral, when there are none.
fn confidence(class: SentimentClass, score: f32, sum: &Sum) -> f32 {
    if class == SentimentClass::Neutral {
        return if sum.size == 0.0 { 0.5 } else { 0.35 };
    }
    let agreement = if sum.size > 0.0 {
        (sum.total.abs() / sum.size).min(1.0)
    } else {
        0.0
    };
    (0.3 + 0.65 * score.abs() * agreement).clamp(0.0, 1.0)
}

/// Who complains feels bad, even without a word of feeling: "third time this week".
fn grievance(reading: &Reading, feelings: &[(Hit, f32)], evidences: &mut Evidences) -> f32 {
    let mut sum = 0.0;
    for hit in &reading.hits {
        let Effect::Request(request, weight) = hit.effect else {
            continue;
        };
        let complains = REQUEST_TYPES.get(usize::from(request)) == Some(&"complaint");
        let felt = |(felt, _): &(Hit, f32)| felt.first <= hit.last && hit.first <= felt.last;
        if complains && !feelings.iter().any(felt) {
            let value = -GRIEVANCE * weight;
            evidences.hit(LabelKind::Sentiment, reading, hit, value);
            sum += value;
        }
    }
    sum
}

/// Sum of everything felt, as the rules see it.
pub(crate) fn total(reading: &Reading, feelings: &[(Hit, f32)]) -> f32 {
    let shape = Shape::of(reading);
    let sum: f32 = feelings.iter().map(|(_, value)| value).sum();
    let sum = sum + grievance(reading, feelings, &mut Evidences::default());
    sum * (1.0 + 0.1 * shape.exclamations.min(4) as f32)
}

/// Each word of feeling with its value in this place.
pub(crate) fn feelings(reading: &Reading) -> Vec<(Hit, f32)> {
    let shape = Shape::of(reading);
    let contrast = reading
        .hits
        .iter()
        .filter(|hit| hit.effect == Effect::Contrast)
        .map(|hit| hit.first)
        .next_back();
    let asks = asks(reading);
    let mut around = Around::default();
    let mut hits = reading
        .hits
        .iter()
        .filter(|hit| !matches!(hit.effect, Effect::Request(..) | Effect::Urgency(_) | Effect::Noise(..)))
        .peekable();
    let mut felt = Vec::new();
    for (at, token) in reading.tokens.iter().enumerate() {
        if token.kind.ends_clause() {
            around = Around::default();
            continue;
        }
        around.words += usize::from(matches!(token.kind, Kind::Word | Kind::Number));
        while let Some(hit) = hits.next_if(|hit| hit.first <= at) {
            let mut value = match hit.effect {
                Effect::Feeling(value) => value,
                Effect::Courtesy(value) if asks => COURTESY * value,
                Effect::Courtesy(value) => value,
                _ => {
                    around.note(hit.effect);
                    continue;
                }
            };
            if token.kind != Kind::Picture {
                value = around.apply(value);
            }
            if token.capitals && !shape.shouts_all() {
                value *= 1.25;
            }
            if token.elongated {
                value *= 1.2;
            }
            value *= match contrast {
                Some(turn) if at < turn => 0.6,
                Some(_) => 1.3,
                None => 1.0,
            };
            felt.push((*hit, value));
        }
    }
    felt
}

/// Whether the message asks for something, by a question mark or by its words.
fn asks(reading: &Reading) -> bool {
    reading.tokens.iter().any(|token| token.kind == Kind::Question)
        || reading.hits.iter().any(|hit| match hit.effect {
            Effect::Request(request, weight) => {
                weight >= 1.5
                    && REQUEST_TYPES
                        .get(usize::from(request))
                        .is_some_and(|key| ASKING.contains(key))
            }
            _ => false,
        })
}

/// What the words before, in the same clause, do to the next feeling.
#[derive(Default)]
struct Around {
    /// Words read in this clause.
    words: usize,
    negated_at: Option<usize>,
    strength: Option<(usize, f32)>,
}

impl Around {
    fn note(&mut self, effect: Effect) {
        match effect {
            Effect::Negation => self.negated_at = Some(self.words),
            Effect::Strength(factor) => {
                let before = self
                    .strength
                    .filter(|(at, _)| self.words - at <= 1)
                    .map_or(1.0, |(_, factor)| factor);
                self.strength = Some((self.words, (before * factor).clamp(0.2, 2.5)));
            }
            Effect::Contrast => {
                *self = Self {
                    words: self.words,
                    ..Self::default()
                }
            }
            Effect::Feeling(_) | Effect::Courtesy(_) | Effect::Request(..) | Effect::Urgency(_) | Effect::Noise(..) => {
            }
        }
    }

    fn apply(&self, value: f32) -> f32 {
        let strength = self
            .strength
            .filter(|(at, _)| self.words - at <= STRENGTH_REACH)
            .map_or(1.0, |(_, factor)| factor);
        let negated = self.negated_at.is_some_and(|at| self.words - at <= NEGATION_REACH);
        match (negated, value > 0.0) {
            (false, _) => value * strength,
            // "Not very good" is less than good, not the opposite of very good.
            (true, true) => -0.7 * value,
            (true, false) => -0.3 * value,
        }
    }
}
