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
    /// 0..1, how sure the engine is that it is noise (of the kind given), or that it is none.
    pub noise_confidence: f32,
    pub details: Details,
    /// What made each label, for the person who asks why.
    pub evidence: Vec<Evidence>,
    /// Version of the models that labelled it; 0 when nothing did.
    pub model: u32,
}

/// What else a text says. Kept beside the labels as one JSON object; empty parts are left out.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Details {
    /// Intensity 0..1 of each basic emotion that is there, strongest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub emotions: Vec<(Emotion, f32)>,
    /// 0..1, how likely the words mean the opposite of what they say.
    #[serde(skip_serializing_if = "is_zero")]
    pub irony: f32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub complaint: Option<Complaint>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub signals: Vec<(Signal, f32)>,
    /// Sentiment of each sentence, where there is more than one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sentences: Vec<SentenceSentiment>,
    /// Sentiment towards each brand, product or person that is spoken of.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub targets: Vec<TargetSentiment>,
    /// Key phrases, most telling first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub phrases: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub entities: Vec<Entity>,
}

fn is_zero(value: &f32) -> bool {
    *value == 0.0
}

/// That somebody complains, and about what.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Complaint {
    /// 0..1.
    pub confidence: f32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<ComplaintSubject>,
}

/// Byte range `start..end` of the text and the score from -1 to 1 of what stands there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SentenceSentiment {
    pub start: usize,
    pub end: usize,
    pub score: f32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TargetSentiment {
    pub target: String,
    /// -1 to 1.
    pub score: f32,
}

/// Something in the text worth a link, at the byte range `start..end`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entity {
    pub kind: EntityKind,
    pub start: usize,
    pub end: usize,
    /// In one normal form: digits of an order number, E.164, IBAN without spaces, ISO 8601 date, amount as `12.50 EUR`.
    pub value: String,
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
            noise_confidence: 0.0,
            details: Details::default(),
            evidence: Vec::new(),
            model: 0,
        }
    }

    /// The strongest basic emotion, where one is plain.
    pub fn emotion(&self) -> Option<Emotion> {
        let strongest = self.details.emotions.first();
        strongest
            .filter(|(_, intensity)| *intensity >= PLAIN)
            .map(|(emotion, _)| *emotion)
    }

    /// `yes` or `no`.
    pub fn irony(&self) -> &'static str {
        yes_or_no(self.details.irony >= 0.5)
    }

    /// `yes` or `no`.
    pub fn complaint(&self) -> &'static str {
        yes_or_no(self.details.complaint.is_some())
    }
}

/// Intensity from which an emotion is shown as what a text feels.
const PLAIN: f32 = 0.35;

fn yes_or_no(yes: bool) -> &'static str {
    if yes { "yes" } else { "no" }
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
    pub enum Noise {
        Spam = "spam",
        Advertising = "advertising",
        JobOffer = "job_offer",
        /// Written by a machine that talks to everybody.
        Bot = "bot",
        ChainPost = "chain_post",
        AutoReply = "auto_reply",
        OutOfOffice = "out_of_office",
        Bounce = "bounce",
        /// Meant seriously, but not for this company.
        OffTopic = "off_topic",
    }
}

closed_list! {
    /// Plutchik's eight basic emotions (R. Plutchik, Emotion: A Psychoevolutionary Synthesis, 1980).
    pub enum Emotion {
        Joy = "joy",
        Trust = "trust",
        Fear = "fear",
        Surprise = "surprise",
        Sadness = "sadness",
        Disgust = "disgust",
        Anger = "anger",
        Anticipation = "anticipation",
    }
}

closed_list! {
    /// What a text lets somebody expect of its writer.
    pub enum Signal {
        Buying = "buying",
        Praise = "praise",
        Idea = "idea",
        /// May leave for a competitor, cancel, or not come back.
        Leaving = "leaving",
        LegalThreat = "legal_threat",
        PressThreat = "press_threat",
        /// Somebody or something is in danger.
        SafetyThreat = "safety_threat",
    }
}

closed_list! {
    /// What a complaint is about.
    pub enum ComplaintSubject {
        Product = "product",
        Delivery = "delivery",
        Payment = "payment",
        Price = "price",
        Service = "service",
        Staff = "staff",
        Waiting = "waiting",
        Site = "site",
        Contract = "contract",
        Privacy = "privacy",
    }
}

closed_list! {
    /// What an entity is.
    pub enum EntityKind {
        Order = "order",
        Iban = "iban",
        FiscalCode = "fiscal_code",
        VatNumber = "vat_number",
        Card = "card",
        Phone = "phone",
        Email = "email",
        Url = "url",
        Date = "date",
        Amount = "amount",
        Product = "product",
    }
}

closed_list! {
    /// The label that a piece of evidence speaks for.
    pub enum LabelKind {
        Language = "language",
        Sentiment = "sentiment",
        RequestType = "request_type",
        Urgency = "urgency",
        Noise = "noise",
        Emotion = "emotion",
        /// `yes` or `no`.
        Irony = "irony",
        /// `yes` or `no`.
        Complaint = "complaint",
        /// Evidence only: signals are not corrected one by one.
        Signal = "signal",
    }
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
