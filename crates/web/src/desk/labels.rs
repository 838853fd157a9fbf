//! What the engine made of a message, why, and putting it right with one key.

use axum::{
    Form,
    extract::{Path, State},
    response::Response,
};
use serde::Deserialize;
use uuid::Uuid;
use voce_domain::labels::{Details, Emotion, EntityKind, Evidence, LabelKind, Noise};
use voce_store::{
    cases::Scope,
    corrections::{self, Correction},
    messages::{self, MessageRow},
    request_types::RequestTypeRow,
    undo,
};

use super::{
    actions::{Done, finish},
    address::Address,
    frame::{Frame, builtin_type, type_name},
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
    /// Nothing out of the ordinary: an icon is enough.
    pub quiet: bool,
    /// Further things that belong to it, e.g. the sentiment of each sentence: words and how they are painted.
    pub parts: Vec<(String, &'static str)>,
    /// Version of the models that said it.
    pub model: Option<i64>,
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

/// What else was read out of a message: shown, not put right.
#[derive(Default)]
pub struct Said {
    /// What the writer may do next, and how sure that is.
    pub signals: Vec<SignalView>,
    /// Things worth a link: their icon, their value and where it is looked up.
    pub entities: Vec<EntityView>,
}

pub struct SignalView {
    pub icon: &'static str,
    pub name: String,
    pub sure: String,
    /// `red` for what is a danger.
    pub colour: &'static str,
}

pub struct EntityView {
    pub icon: &'static str,
    pub title: String,
    pub value: String,
    pub url: String,
}

pub struct OptionView {
    pub value: String,
    pub name: String,
    pub current: bool,
    /// `1` to `9`, or nothing.
    pub hotkey: String,
}

/// The labels of an inbound message; all of them, with keys, on the newest.
pub fn of(
    t: &Text,
    frame: &Frame,
    row: &MessageRow,
    details: &Details,
    corrections: &[Correction],
    newest: bool,
) -> Vec<LabelView> {
    let evidence: Vec<Evidence> = row
        .evidence
        .as_deref()
        .and_then(|json| serde_json::from_str(json).ok())
        .unwrap_or_default();
    let all = [
        (LabelKind::RequestType, "1", row.request_type.as_deref()),
        (LabelKind::Sentiment, "2", row.sentiment.as_deref()),
        (LabelKind::Urgency, "3", row.urgency.as_deref()),
        (LabelKind::Language, "4", row.language.as_deref()),
        (LabelKind::Noise, "5", row.noise.as_deref()),
        (LabelKind::Emotion, "6", row.emotion.as_deref()),
        (LabelKind::Complaint, "7", row.complaint.as_deref()),
        (LabelKind::Irony, "8", row.irony.as_deref()),
    ];
    all.into_iter()
        .map(|(kind, hotkey, value)| (kind, hotkey, value, is_ordinary(kind, value)))
        .filter(|(kind, .., ordinary)| newest || !ordinary && *kind != LabelKind::Language)
        .map(|(kind, hotkey, value, ordinary)| LabelView {
            menu: format!("label-{}-{}", kind.key(), row.id),
            label: kind.key(),
            name: value_name(t, &frame.types, kind.key(), value),
            icon: icon(kind, value),
            paint: paint(kind, value),
            sure: sure(kind, row, details),
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
            quiet: ordinary
                && !matches!(
                    kind,
                    LabelKind::RequestType | LabelKind::Sentiment | LabelKind::Language
                ),
            parts: parts(t, kind, row, details),
            model: row.model.filter(|version| *version > 0),
        })
        .collect()
}

/// Whether a value tells nothing that one must see.
fn is_ordinary(kind: LabelKind, value: Option<&str>) -> bool {
    match kind {
        LabelKind::Sentiment => value.is_none_or(|class| class == "neutral"),
        LabelKind::Urgency => value.is_none_or(|urgency| urgency == "normal"),
        LabelKind::Irony | LabelKind::Complaint => value != Some("yes"),
        _ => value.is_none(),
    }
}

/// Signals and entities of a message.
pub fn said(t: &Text, details: &Details) -> Said {
    let signals = details.signals.iter().map(|(signal, sure)| SignalView {
        icon: voce_assets::icon("signal"),
        name: t.get(&format!("signal-{}", signal.key().replace('_', "-"))),
        sure: percent(f64::from(*sure)),
        colour: match signal.key() {
            "buying" | "praise" | "idea" => "green",
            _ => "red",
        },
    });
    let entities = details.entities.iter().filter(|entity| entity.kind != EntityKind::Url);
    let entities = entities.map(|entity| EntityView {
        icon: voce_assets::icon(match entity.kind {
            EntityKind::Order | EntityKind::Product => "package",
            EntityKind::Iban | EntityKind::Card | EntityKind::Amount => "credit-card",
            EntityKind::FiscalCode | EntityKind::VatNumber => "id-card",
            EntityKind::Phone => "phone",
            EntityKind::Email => "mail",
            EntityKind::Url => "link",
            EntityKind::Date => "calendar",
        }),
        title: t.get(&format!("entity-{}", entity.kind.key().replace('_', "-"))),
        value: entity.value.clone(),
        url: format!("/search?q={}", crate::session::encode(&entity.value)),
    });
    Said {
        signals: signals.collect(),
        entities: entities.take(MOST_ENTITIES).collect(),
    }
}

const MOST_ENTITIES: usize = 8;

/// What stands under a label when it is opened.
fn parts(t: &Text, kind: LabelKind, row: &MessageRow, details: &Details) -> Vec<(String, &'static str)> {
    let feeling = |score: f32| match score {
        score if score <= -0.2 => "negative",
        score if score >= 0.2 => "positive",
        _ => "neutral",
    };
    match kind {
        LabelKind::Sentiment => {
            let targets = details
                .targets
                .iter()
                .map(|part| (part.target.clone(), feeling(part.score)));
            let text = voce_text::whole(&row.body, row.subject.as_deref());
            let sentences = details.sentences.iter().filter_map(|part| {
                let text = text.get(part.start..part.end)?.trim();
                Some((shortened(text), feeling(part.score)))
            });
            targets.chain(sentences).take(6).collect()
        }
        LabelKind::Emotion => {
            let emotions = details.emotions.iter().filter(|(_, intensity)| *intensity >= 0.1);
            let line = |(emotion, intensity): &(Emotion, f32)| {
                let name = t.get(&format!("emotion-{}", emotion.key()));
                (format!("{name} {}", percent(f64::from(*intensity))), "neutral")
            };
            emotions.map(line).take(4).collect()
        }
        LabelKind::Complaint => {
            let subject = details.complaint.as_ref().and_then(|complaint| complaint.subject);
            subject
                .map(|subject| (t.get(&format!("complaint-about-{}", subject.key())), "neutral"))
                .into_iter()
                .collect()
        }
        _ => Vec::new(),
    }
}

/// The beginning of a sentence.
fn shortened(text: &str) -> String {
    const LONGEST: usize = 60;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or(text).trim_end()),
        None => text.to_owned(),
    }
}

/// A value of a label in words.
pub fn value_name(t: &Text, types: &[RequestTypeRow], label: &str, value: Option<&str>) -> String {
    match (label, value) {
        ("request_type", Some(key)) => type_name(types, t, key),
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
        (LabelKind::Emotion, _) => "heart-pulse",
        (LabelKind::Complaint, _) => "megaphone",
        (LabelKind::Irony, _) => "quote",
        (LabelKind::Signal, _) => "signal",
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
        LabelKind::Irony | LabelKind::Complaint if value == "yes" => ("data-urgency", "medium".into()),
        _ => ("data-label", kind.key().to_owned()),
    }
}

fn sure(kind: LabelKind, row: &MessageRow, details: &Details) -> String {
    let share = match kind {
        LabelKind::RequestType => row.request_type.as_ref().and(row.request_confidence),
        LabelKind::Sentiment => row.sentiment_confidence,
        LabelKind::Noise => row.noise_confidence,
        LabelKind::Emotion => details.emotions.first().map(|(_, intensity)| f64::from(*intensity)),
        LabelKind::Complaint => details
            .complaint
            .as_ref()
            .map(|complaint| f64::from(complaint.confidence)),
        LabelKind::Irony => Some(f64::from(details.irony)).filter(|irony| *irony >= 0.5),
        _ => None,
    };
    share.map(percent).unwrap_or_default()
}

fn percent(share: f64) -> String {
    format!("{:.0} %", share.clamp(0.0, 1.0) * 100.0)
}

fn keys<T: Copy>(all: &'static [T], key: fn(T) -> &'static str) -> impl Iterator<Item = Option<String>> {
    all.iter().map(move |value| Some(key(*value).to_owned()))
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
        LabelKind::Noise => [None].into_iter().chain(keys(Noise::ALL, Noise::key)).collect(),
        LabelKind::Emotion => [None].into_iter().chain(keys(Emotion::ALL, Emotion::key)).collect(),
        LabelKind::Irony | LabelKind::Complaint => fixed(&["yes", "no"]),
        LabelKind::Signal => Vec::new(),
    };
    values
        .into_iter()
        .enumerate()
        .map(|(at, value)| OptionView {
            name: value_name(t, &frame.types, kind.key(), value.as_deref()),
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
