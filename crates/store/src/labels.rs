//! The labels of a message that have a column of their own.

use sqlx::FromRow;
use uuid::Uuid;
use voce_domain::labels::{LabelKind, Labels};

use crate::{Error, Result, Tx};

/// Values as they are stored, which is as people see and correct them.
#[derive(Debug, Clone, PartialEq, Default, FromRow)]
pub struct LabelColumns {
    pub language: Option<String>,
    pub sentiment: Option<String>,
    pub sentiment_score: Option<f64>,
    pub request_type: Option<String>,
    pub request_confidence: Option<f64>,
    pub urgency: Option<String>,
    pub noise: Option<String>,
    pub emotion: Option<String>,
    pub irony: Option<String>,
    pub complaint: Option<String>,
}

/// Labels that people can put right.
pub const CORRECTABLE: [LabelKind; 8] = [
    LabelKind::RequestType,
    LabelKind::Sentiment,
    LabelKind::Urgency,
    LabelKind::Language,
    LabelKind::Noise,
    LabelKind::Emotion,
    LabelKind::Irony,
    LabelKind::Complaint,
];

impl LabelColumns {
    pub fn of(labels: &Labels) -> Self {
        Self {
            language: labels.language.clone(),
            sentiment: Some(labels.sentiment.class.key().to_owned()),
            sentiment_score: Some(labels.sentiment.score.into()),
            request_type: labels.request_type.clone(),
            request_confidence: Some(labels.request_confidence.into()),
            urgency: Some(labels.urgency.key().to_owned()),
            noise: labels.noise.map(|noise| noise.key().to_owned()),
            emotion: labels.emotion().map(|emotion| emotion.key().to_owned()),
            irony: Some(labels.irony().to_owned()),
            complaint: Some(labels.complaint().to_owned()),
        }
    }

    pub fn get(&self, label: LabelKind) -> Option<&str> {
        match label {
            LabelKind::Language => &self.language,
            LabelKind::Sentiment => &self.sentiment,
            LabelKind::RequestType => &self.request_type,
            LabelKind::Urgency => &self.urgency,
            LabelKind::Noise => &self.noise,
            LabelKind::Emotion => &self.emotion,
            LabelKind::Irony => &self.irony,
            LabelKind::Complaint => &self.complaint,
            LabelKind::Signal => &None,
        }
        .as_deref()
    }

    /// The number that stands beside a label.
    pub fn strength(&self, label: LabelKind) -> Option<f64> {
        match label {
            LabelKind::Sentiment => self.sentiment_score,
            LabelKind::RequestType => self.request_confidence,
            _ => None,
        }
    }

    /// Sets a label and the number beside it; [`Error::Refused`] for what has no column.
    pub fn set(&mut self, label: LabelKind, value: Option<&str>, strength: Option<f64>) -> Result<()> {
        let column = match label {
            LabelKind::Language => &mut self.language,
            LabelKind::Sentiment => {
                self.sentiment_score = strength;
                &mut self.sentiment
            }
            LabelKind::RequestType => {
                self.request_confidence = strength;
                &mut self.request_type
            }
            LabelKind::Urgency => &mut self.urgency,
            LabelKind::Noise => &mut self.noise,
            LabelKind::Emotion => &mut self.emotion,
            LabelKind::Irony => &mut self.irony,
            LabelKind::Complaint => &mut self.complaint,
            LabelKind::Signal => return Err(Error::Refused("label-unknown-value")),
        };
        *column = value.map(str::to_owned);
        Ok(())
    }
}

/// Writes all of them.
pub(crate) async fn write(tx: &mut Tx, message: Uuid, labels: &LabelColumns) -> Result<()> {
    execute!(
        tx,
        sqlx::query(
            "UPDATE messages SET language = $2, sentiment = $3, sentiment_score = $4, request_type = $5, request_confidence = $6,
                urgency = $7, noise = $8, emotion = $9, irony = $10, complaint = $11 WHERE id = $1"
        )
        .bind(message)
        .bind(labels.language.as_deref())
        .bind(labels.sentiment.as_deref())
        .bind(labels.sentiment_score)
        .bind(labels.request_type.as_deref())
        .bind(labels.request_confidence)
        .bind(labels.urgency.as_deref())
        .bind(labels.noise.as_deref())
        .bind(labels.emotion.as_deref())
        .bind(labels.irony.as_deref())
        .bind(labels.complaint.as_deref())
    )?;
    Ok(())
}
