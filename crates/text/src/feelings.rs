//! Words of feeling, and what stands around them: the polarity that can be told without learning.
//!
//! The way of Hutto and Gilbert, "VADER: A Parsimonious Rule-based Model for Sentiment Analysis of Social Media Text" (ICWSM 2014),
//! with rules and lexicons of our own.

use voce_domain::labels::REQUEST_TYPES;

use crate::engine::Reading;
use crate::lexicon::Effect;
use crate::tokens::{Kind, Token};

/// How many words a negation and an intensifier reach.
const NEGATION_REACH: usize = 4;
const STRENGTH_REACH: usize = 2;
/// What remains of thanks where something is asked, and the request types that ask.
const COURTESY: f32 = 0.1;
const ASKING: [&str; 5] = ["help", "information", "purchase", "cancellation", "press"];
/// How much the words of a complaint count as feeling.
const GRIEVANCE: f32 = 0.5;

/// One feeling in a text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Felt {
    /// Index of the first and of the last token.
    pub first: usize,
    pub last: usize,
    /// Polarity in this place, negated and strengthened.
    pub value: f32,
    /// A complaint rather than a word of feeling: "third time this week".
    pub grievance: bool,
}

/// Every feeling of a text: the words of feeling in their order, then its grievances.
pub(crate) fn read(reading: &Reading) -> Vec<Felt> {
    let mut felt = words_of_feeling(reading);
    let spoken = felt.len();
    for hit in &reading.hits {
        let Effect::Request(request, weight) = hit.effect else {
            continue;
        };
        let complains = REQUEST_TYPES.get(usize::from(request)) == Some(&"complaint");
        let overlaps = |felt: &Felt| felt.first <= hit.last && hit.first <= felt.last;
        if complains && !felt.iter().take(spoken).any(overlaps) {
            felt.push(Felt {
                first: hit.first,
                last: hit.last,
                value: -GRIEVANCE * weight,
                grievance: true,
            });
        }
    }
    felt
}

/// What the writing itself tells, whatever the words.
pub(crate) struct Shape {
    pub words: usize,
    pub capitals: usize,
    pub exclamations: usize,
    pub elongated: usize,
}

impl Shape {
    pub fn of(reading: &Reading) -> Self {
        let count = |what: fn(&Token) -> bool| reading.tokens.iter().filter(|token| what(token)).count();
        Self {
            words: count(|token| token.kind == Kind::Word),
            capitals: count(|token| token.capitals),
            exclamations: count(|token| token.kind == Kind::Exclamation),
            elongated: count(|token| token.elongated),
        }
    }

    /// When everything is in capitals, capitals do not stress one word.
    pub fn shouts_all(&self) -> bool {
        self.capitals * 10 > self.words * 7
    }
}

/// Each word of feeling with its value in this place.
fn words_of_feeling(reading: &Reading) -> Vec<Felt> {
    let shape = Shape::of(reading);
    let contrast = reading
        .hits
        .iter()
        .filter(|hit| hit.effect == Effect::Contrast)
        .map(|hit| hit.first)
        .next_back();
    let asks = asks(reading);
    let mut around = Around::default();
    let mut hits = reading.hits.iter().filter(|hit| hit.effect.is_feeling()).peekable();
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
            felt.push(Felt {
                first: hit.first,
                last: hit.last,
                value,
                grievance: false,
            });
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
            _ => {}
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
