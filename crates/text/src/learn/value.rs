//! The value of one label, as corrections name it.

use std::str::FromStr;

use voce_domain::labels::{Complaint, Emotion, LabelKind, Labels, Noise, SentimentClass, Urgency};

/// The value and 0..1 how sure the engine was; `None` for labels that are not corrected. No value is the empty string.
pub(super) fn of(labels: &Labels, kind: LabelKind) -> Option<(String, f32)> {
    let value = match kind {
        LabelKind::Language => (labels.language.clone().unwrap_or_default(), 0.8),
        LabelKind::Sentiment => (labels.sentiment.class.key().to_owned(), labels.sentiment.confidence),
        LabelKind::RequestType => {
            let sure = if labels.request_type.is_some() {
                labels.request_confidence
            } else {
                0.5
            };
            (labels.request_type.clone().unwrap_or_default(), sure)
        }
        LabelKind::Urgency => (labels.urgency.key().to_owned(), 0.6),
        LabelKind::Noise => {
            let sure = if labels.noise_confidence > 0.0 {
                labels.noise_confidence
            } else {
                0.5
            };
            (labels.noise.map_or("", |noise| noise.key()).to_owned(), sure)
        }
        LabelKind::Emotion => {
            let strongest = labels.details.emotions.first();
            let sure = strongest.map_or(0.4, |(_, intensity)| *intensity);
            (strongest.map_or("", |(emotion, _)| emotion.key()).to_owned(), sure)
        }
        LabelKind::Irony => yes_or_no(
            labels.details.irony >= 0.5,
            labels.details.irony.max(1.0 - labels.details.irony),
        ),
        LabelKind::Complaint => match &labels.details.complaint {
            Some(complaint) => yes_or_no(true, complaint.confidence),
            None => yes_or_no(false, 0.6),
        },
        LabelKind::Signal => return None,
    };
    Some(value)
}

fn yes_or_no(yes: bool, sure: f32) -> (String, f32) {
    (if yes { "yes" } else { "no" }.to_owned(), sure)
}

/// Gives a label its value; values that are none of the label's are passed over.
pub(super) fn set(labels: &mut Labels, kind: LabelKind, value: &str, confidence: f32) {
    match kind {
        LabelKind::Language => labels.language = Some(value.to_owned()).filter(|code| !code.is_empty()),
        LabelKind::Sentiment => set_sentiment(labels, value, confidence),
        LabelKind::RequestType => {
            labels.request_type = Some(value.to_owned()).filter(|key| !key.is_empty());
            labels.request_confidence = if value.is_empty() { 0.0 } else { confidence };
        }
        LabelKind::Urgency => labels.urgency = Urgency::from_str(value).unwrap_or(labels.urgency),
        LabelKind::Noise => {
            labels.noise = Noise::from_str(value).ok();
            labels.noise_confidence = confidence;
            if labels.noise.is_some() {
                labels.request_type = None;
                labels.request_confidence = 0.0;
            }
        }
        LabelKind::Emotion => set_emotion(labels, value, confidence),
        LabelKind::Irony => labels.details.irony = if value == "yes" { confidence } else { 1.0 - confidence },
        LabelKind::Complaint => {
            let subject = labels.details.complaint.take().and_then(|complaint| complaint.subject);
            labels.details.complaint = (value == "yes").then_some(Complaint { confidence, subject });
        }
        LabelKind::Signal => {}
    }
}

/// The score follows the class: on its side, and as far out as it is sure.
fn set_sentiment(labels: &mut Labels, value: &str, confidence: f32) {
    let Ok(class) = SentimentClass::from_str(value) else {
        return;
    };
    let sentiment = &mut labels.sentiment;
    if class != sentiment.class {
        sentiment.score = match class {
            SentimentClass::Negative => -confidence * 0.6,
            SentimentClass::Neutral => 0.0,
            SentimentClass::Positive => confidence * 0.6,
        };
        sentiment.class = class;
    }
    sentiment.confidence = confidence;
}

fn set_emotion(labels: &mut Labels, value: &str, confidence: f32) {
    let emotions = &mut labels.details.emotions;
    let Ok(emotion) = Emotion::from_str(value) else {
        emotions.clear();
        return;
    };
    let before = emotions
        .iter()
        .find(|(known, _)| *known == emotion)
        .map_or(0.0, |(_, intensity)| *intensity);
    let strongest = emotions.first().map_or(0.0, |(_, intensity)| *intensity);
    emotions.retain(|(known, _)| *known != emotion);
    emotions.insert(0, (emotion, before.max(strongest).max(confidence * 0.5)));
}
