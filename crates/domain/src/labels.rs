//! What a message says, as labels that people may correct.
//!
//! The `text` crate produces them, the desk shows them, routing and reports decide on them.

use serde::{Deserialize, Serialize};

/// Everything the text engine says about one message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Labels {
    /// ISO 639-1 code in lower case (`it`, `en`), or `None` when the text does not tell.
    pub language: Option<String>,
    pub sentiment: Sentiment,
    /// Key of the request type (see [`REQUEST_TYPES`]; a company may add its own), `None` when nothing is asked.
    pub request_type: Option<String>,
    /// 0..1, how sure the engine is of the request type.
    pub request_confidence: f32,
    pub urgency: Urgency,
    pub noise: Option<Noise>,
    /// What made each label, for the person who asks why.
    pub evidence: Vec<Evidence>,
}

impl Labels {
    /// Labels of a text about which nothing is known.
    pub fn unknown() -> Self {
        Self {
            language: None,
            sentiment: Sentiment::NEUTRAL,
            request_type: None,
            request_confidence: 0.0,
            urgency: Urgency::Normal,
            noise: None,
            evidence: Vec::new(),
        }
    }
}

/// Polarity with its emotional weight.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Sentiment {
    pub class: SentimentClass,
    /// -1 (negative) to 1 (positive).
    pub score: f32,
    /// 0..1, how much feeling there is, whatever its sign.
    pub weight: f32,
    /// 0..1, how sure the engine is of the class.
    pub confidence: f32,
}

impl Sentiment {
    pub const NEUTRAL: Self = Self {
        class: SentimentClass::Neutral,
        score: 0.0,
        weight: 0.0,
        confidence: 0.0,
    };
}

closed_list! {
    /// Polarity in three classes.
    pub enum SentimentClass { Negative = "negative", Neutral = "neutral", Positive = "positive" }
}

closed_list! {
    /// How soon the writer needs an answer, by what the text says.
    pub enum Urgency { Low = "low", Normal = "normal", High = "high", Critical = "critical" }
}

closed_list! {
    /// Why a message needs no answer from a person.
    pub enum Noise { Spam = "spam", AutoReply = "auto_reply", OutOfOffice = "out_of_office", Bounce = "bounce" }
}

closed_list! {
    /// The label that a piece of evidence speaks for.
    pub enum LabelKind { Language = "language", Sentiment = "sentiment", RequestType = "request_type", Urgency = "urgency", Noise = "noise" }
}

/// One span of the text that spoke for a label.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    pub label: LabelKind,
    /// The words as they stand in the text, or the rule's name.
    pub words: String,
    /// Signed contribution; its size says how much it counted.
    pub weight: f32,
}

/// The request types every installation starts with. Names in each language come from the locales.
pub const REQUEST_TYPES: [&str; 9] = [
    "help",
    "complaint",
    "information",
    "purchase",
    "praise",
    "idea",
    "cancellation",
    "press",
    "other",
];
