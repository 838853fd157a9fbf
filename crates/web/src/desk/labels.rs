//! What the engine made of a message, why, and putting it right with one key.

use axum::{
    Form,
    extract::{Path, State},
    response::Response,
};
use serde::Deserialize;
use uuid::Uuid;
use voce_domain::labels::{Evidence, LabelKind};
use voce_store::{
    cases::Scope,
    corrections::{self, Correction},
    messages::{self, MessageRow},
    undo,
};

use super::{
    actions::{Done, finish},
    address::Address,
    frame::{Frame, builtin_type},
    list::{LANGUAGES, language},
};
use crate::{App, May, Result, right, state::now, text::Text};

/// One label of a message as a chip with a menu.
pub struct LabelView {
    /// Unique in the page.
    pub menu: String,
    /// Key of the label, as it is sent.
    pub label: &'static str,
    pub name: String,
    pub icon: &'static str,
    /// Attribute and value that give the chip its colour.
    pub paint: (&'static str, String),
    /// How sure the engine is, e.g. `82 %`; empty when that is not known.
    pub sure: String,
    /// The words that spoke for it.
    pub why: Vec<String>,
    pub title: String,
    pub options: Vec<OptionView>,
    pub hotkey: &'static str,
    pub corrected_by: Option<String>,
}

impl LabelView {
    /// The words that spoke for it, for whoever hovers.
    pub fn tip(&self) -> String {
        let words: Vec<String> = self.why.iter().map(|words| format!("“{words}”")).collect();
        if words.is_empty() {
            self.title.clone()
        } else {
            format!("{}: {}", self.title, words.join(", "))
        }
    }
}

pub struct OptionView {
    pub value: String,
    pub name: String,
    pub current: bool,
    /// `1` to `9`, or nothing.
    pub hotkey: String,
}

/// The labels of an inbound message; all five, with keys, on the newest.
pub fn of(t: &Text, frame: &Frame, row: &MessageRow, corrections: &[Correction], newest: bool) -> Vec<LabelView> {
    let evidence: Vec<Evidence> = row
        .evidence
        .as_deref()
        .and_then(|json| serde_json::from_str(json).ok())
        .unwrap_or_default();
    let all = [
        (
            LabelKind::RequestType,
            "1",
            row.request_type.as_deref(),
            newest || row.request_type.is_some(),
        ),
        (
            LabelKind::Sentiment,
            "2",
            row.sentiment.as_deref(),
            newest || row.sentiment.as_deref().is_some_and(|class| class != "neutral"),
        ),
        (
            LabelKind::Urgency,
            "3",
            row.urgency.as_deref(),
            newest || row.urgency.as_deref().is_some_and(|urgency| urgency != "normal"),
        ),
        (LabelKind::Language, "4", row.language.as_deref(), newest),
        (
            LabelKind::Noise,
            "5",
            row.noise.as_deref(),
            newest || row.noise.is_some(),
        ),
    ];
    all.into_iter()
        .filter(|(.., shown)| *shown)
        .map(|(kind, hotkey, value, _)| LabelView {
            menu: format!("label-{}-{}", kind.key(), row.id),
            label: kind.key(),
            name: value_name(t, frame, kind.key(), value),
            icon: icon(kind, value),
            paint: paint(kind, value),
            sure: sure(kind, row),
            why: evidence
                .iter()
                .filter(|piece| piece.label == kind)
                .map(|piece| piece.words.clone())
                .take(5)
                .collect(),
            title: t.get(&format!("label-{}", kind.key().replace('_', "-"))),
            options: options(t, frame, kind, value),
            hotkey: if newest { hotkey } else { "" },
            corrected_by: corrections
                .iter()
                .rev()
                .find(|made| made.label == kind.key())
                .map(|made| made.user_name.clone()),
        })
        .collect()
}

/// A value of a label in words.
pub fn value_name(t: &Text, frame: &Frame, label: &str, value: Option<&str>) -> String {
    match (label, value) {
        ("request_type", Some(key)) => frame.type_name(t, key),
        ("language", Some(code)) => language(t, code),
        (_, Some(value)) => t.get(&format!("{label}-{}", value.replace('_', "-"))),
        (label, None) => t.get(&format!("{}-none", label.replace('_', "-"))),
    }
}

fn icon(kind: LabelKind, value: Option<&str>) -> &'static str {
    voce_assets::icon(match (kind, value) {
        (LabelKind::RequestType, _) => "circle-help",
        (LabelKind::Sentiment, Some("negative")) => "frown",
        (LabelKind::Sentiment, Some("positive")) => "smile",
        (LabelKind::Sentiment, _) => "meh",
        (LabelKind::Urgency, _) => "zap",
        (LabelKind::Language, _) => "languages",
        (LabelKind::Noise, _) => "filter",
    })
}

fn paint(kind: LabelKind, value: Option<&str>) -> (&'static str, String) {
    let value = value.unwrap_or_default();
    match kind {
        LabelKind::Sentiment => ("data-sentiment", value.to_owned()),
        LabelKind::Urgency => {
            let level = match value {
                "critical" | "high" => "high",
                "low" => "low",
                _ => "none",
            };
            ("data-urgency", level.to_owned())
        }
        LabelKind::Noise if !value.is_empty() => ("data-urgency", "medium".into()),
        _ => ("data-label", kind.key().to_owned()),
    }
}

fn sure(kind: LabelKind, row: &MessageRow) -> String {
    let share = match kind {
        LabelKind::RequestType => row.request_type.as_ref().and(row.request_confidence),
        LabelKind::Sentiment => row.sentiment_confidence,
        _ => None,
    };
    share
        .map(|share| format!("{:.0} %", share.clamp(0.0, 1.0) * 100.0))
        .unwrap_or_default()
}

fn options(t: &Text, frame: &Frame, kind: LabelKind, current: Option<&str>) -> Vec<OptionView> {
    let fixed = |values: &[&str]| values.iter().map(|value| Some((*value).to_owned())).collect::<Vec<_>>();
    let values: Vec<Option<String>> = match kind {
        LabelKind::RequestType => {
            let offered = frame
                .types
                .iter()
                .filter(|row| !row.archived || Some(row.key.as_str()) == current);
            offered.map(|row| Some(row.key.clone())).chain([None]).collect()
        }
        LabelKind::Sentiment => fixed(&["negative", "neutral", "positive"]),
        LabelKind::Urgency => fixed(&["critical", "high", "normal", "low"]),
        LabelKind::Language => fixed(&LANGUAGES).into_iter().chain([None]).collect(),
        LabelKind::Noise => [None]
            .into_iter()
            .chain(fixed(&["spam", "auto_reply", "out_of_office", "bounce"]))
            .collect(),
    };
    values
        .into_iter()
        .enumerate()
        .map(|(at, value)| OptionView {
            name: value_name(t, frame, kind.key(), value.as_deref()),
            current: value.as_deref() == current,
            value: value.unwrap_or_default(),
            hotkey: if at < 9 { (at + 1).to_string() } else { String::new() },
        })
        .collect()
}

#[derive(Deserialize)]
pub struct Right {
    label: LabelKind,
    #[serde(default)]
    value: String,
}

/// `POST /messages/{id}/labels`
pub async fn correct(
    may: May<right::CorrectLabels>,
    State(app): State<App>,
    Path(id): Path<Uuid>,
    address: Address,
    Form(right): Form<Right>,
) -> Result<Response> {
    let (t, now) = (may.user.text(), now());
    let message = messages::get(&app.db, Scope::of(may.user.role, may.user.id), id).await?;
    let value = Some(right.value.as_str()).filter(|value| !value.is_empty());
    let mut tx = app.db.begin().await?;
    let from = undo::mark(&mut tx).await?;
    corrections::correct(&mut tx, id, right.label, value, may.user.id, now).await?;
    let name = value.map_or_else(
        || t.get("none"),
        |value| match right.label {
            LabelKind::RequestType => builtin_type(&t, value),
            LabelKind::Language => language(&t, value),
            label => t.get(&format!("{}-{}", label.key(), value.replace('_', "-"))),
        },
    );
    let done = Done {
        words: t.name("done-corrected", &name),
        from,
        at: now,
    };
    let number = super::case::number(&app, message.case_id).await?;
    finish(tx, done, &address, number).await
}
