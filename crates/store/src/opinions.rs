//! A second opinion on messages of which the engine is not sure, from a language model that the company names. Off by default.

use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use uuid::Uuid;
use voce_domain::{
    Millis,
    labels::{Evidence, LabelKind, SentimentClass, Urgency},
};

use crate::{
    Db, Dialect, Result, Tx, corrections,
    labels::{self, LabelColumns},
    settings,
};

/// Whom to ask, when, and how often.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Asked {
    pub on: bool,
    /// Base of an OpenAI-compatible API, e.g. `https://api.example.com/v1`.
    pub url: String,
    pub model: String,
    /// The key, sealed by the vault for [`PURPOSE`].
    pub key: Option<Vec<u8>>,
    /// Messages are asked about of which the engine is less sure than this, in percent.
    pub below: u32,
    /// Questions of one day (UTC).
    pub per_day: u32,
    /// Time for an answer.
    pub seconds: u32,
}

/// For which the key is sealed.
pub const PURPOSE: &str = "second-opinion";

impl Default for Asked {
    fn default() -> Self {
        Self {
            on: false,
            url: String::new(),
            model: String::new(),
            key: None,
            below: 60,
            per_day: 500,
            seconds: 15,
        }
    }
}

/// How far the asking is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Progress {
    /// Place (`seq`) of the last message that was looked at.
    pub position: i64,
    /// Days since 1970, and the questions asked on it.
    pub day: i64,
    pub asked: i64,
    /// Messages whose labels were changed by an answer, ever.
    pub changed: i64,
    /// Why there was no answer, the last time.
    pub problem: Option<String>,
    /// How often in a row there was none, and when it is tried again.
    pub failures: u32,
    pub again_at: Millis,
}

const ASKED: &str = "second_opinion";
const PROGRESS: &str = "second_opinion_progress";

pub async fn asked(db: &Db) -> Result<Asked> {
    Ok(match settings::get(db, ASKED).await? {
        Some(json) => serde_json::from_str(&json)?,
        None => Asked::default(),
    })
}

pub async fn progress(db: &Db) -> Result<Progress> {
    Ok(match settings::get(db, PROGRESS).await? {
        Some(json) => serde_json::from_str(&json)?,
        None => Progress::default(),
    })
}

/// Keeps the settings. Switched on, it begins with the messages that come from then on.
pub async fn save(tx: &mut Tx, asked: &Asked, was_on: bool) -> Result<()> {
    settings::put(tx, ASKED, &serde_json::to_string(asked)?).await?;
    if asked.on && !was_on {
        let mut progress = locked(tx).await?;
        progress.position =
            sql!(&mut *tx, c => sqlx::query_scalar("SELECT COALESCE(MAX(seq), 0) FROM messages").fetch_one(c).await)?;
        (progress.problem, progress.failures, progress.again_at) = (None, 0, 0);
        save_progress(tx, &progress).await?;
    }
    Ok(())
}

/// The progress, held until the transaction ends.
pub async fn locked(tx: &mut Tx) -> Result<Progress> {
    let text = match tx.dialect() {
        Dialect::Sqlite => "SELECT value FROM settings WHERE key = $1",
        Dialect::Postgres => "SELECT value FROM settings WHERE key = $1 FOR UPDATE",
    };
    let json: Option<String> = sql!(tx, c => sqlx::query_scalar(text).bind(PROGRESS).fetch_optional(c).await)?;
    Ok(match json {
        Some(json) => serde_json::from_str(&json)?,
        None => Progress::default(),
    })
}

pub async fn save_progress(tx: &mut Tx, progress: &Progress) -> Result<()> {
    settings::put(tx, PROGRESS, &serde_json::to_string(progress)?).await
}

/// A message of which the engine is not sure.
#[derive(Debug, Clone, PartialEq, FromRow)]
pub struct Doubtful {
    pub seq: i64,
    pub id: Uuid,
    pub subject: Option<String>,
    pub body: String,
}

/// Those after a place, oldest first, and the place up to which that is all.
pub async fn doubtful(db: &Db, after: i64, below: u32, most: i64) -> Result<(Vec<Doubtful>, i64)> {
    let newest: i64 =
        sql!(db, c => sqlx::query_scalar("SELECT COALESCE(MAX(seq), 0) FROM messages").fetch_one(c).await)?;
    let found: Vec<Doubtful> = sql!(db, c => sqlx::query_as(
        "SELECT seq, id, subject, body FROM messages WHERE seq > $1 AND seq <= $2 AND direction = 'inbound' AND noise IS NULL
            AND (sentiment_confidence < $3 OR (request_type IS NOT NULL AND request_confidence < $3)) ORDER BY seq LIMIT $4",
    ).bind(after).bind(newest).bind(f64::from(below) / 100.0).bind(most).fetch_all(c).await)?;
    let end = match found.last() {
        Some(last) if found.len() as i64 == most => last.seq,
        _ => newest,
    };
    Ok((found, end))
}

/// An answer that was given before.
pub async fn remembered(db: &Db, hash: &str) -> Result<Option<String>> {
    sql!(db, c => sqlx::query_scalar("SELECT answer FROM opinions WHERE hash = $1").bind(hash).fetch_optional(c).await)
}

pub async fn remember(tx: &mut Tx, hash: &str, answer: &str, now: Millis) -> Result<()> {
    execute!(
        tx,
        sqlx::query("INSERT INTO opinions (hash, answer, at) VALUES ($1, $2, $3) ON CONFLICT (hash) DO NOTHING")
            .bind(hash)
            .bind(answer)
            .bind(now)
    )?;
    Ok(())
}

/// Forgets answers that were given before a moment.
pub async fn prune(tx: &mut Tx, before: Millis) -> Result<u64> {
    execute!(tx, sqlx::query("DELETE FROM opinions WHERE at < $1").bind(before))
}

/// What the second opinion says; `None` where it says nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Opinion {
    pub sentiment: Option<SentimentClass>,
    /// Key of a request type that exists here.
    pub request_type: Option<String>,
    pub urgency: Option<Urgency>,
}

/// Writes an opinion over the engine's labels, but not over a person's. Returns whether anything changed.
pub async fn apply(tx: &mut Tx, id: Uuid, opinion: &Opinion, model: &str, now: Millis) -> Result<bool> {
    let (mut labels, evidence): (LabelColumns, Option<String>) = {
        let row: Labelled = sql!(&mut *tx, c => sqlx::query_as(
            "SELECT language, sentiment, sentiment_score, request_type, request_confidence, urgency, noise, emotion, irony, complaint, evidence
             FROM messages WHERE id = $1",
        ).bind(id).fetch_one(c).await)?;
        (row.labels, row.evidence)
    };
    let corrected: Vec<(String,)> = sql!(&mut *tx, c => sqlx::query_as("SELECT label FROM corrections WHERE message_id = $1").bind(id).fetch_all(c).await)?;
    let said = [
        (LabelKind::Sentiment, opinion.sentiment.map(SentimentClass::key)),
        (LabelKind::RequestType, opinion.request_type.as_deref()),
        (LabelKind::Urgency, opinion.urgency.map(Urgency::key)),
    ];
    let mut evidence: Vec<Evidence> = evidence.map_or(Ok(Vec::new()), |json| serde_json::from_str(&json))?;
    let mut changed = Vec::new();
    for (label, value) in said {
        let free = corrected.iter().all(|(key,)| key != label.key());
        let Some(value) = value.filter(|value| free && labels.get(label) != Some(value)) else {
            continue;
        };
        let strength = match label {
            LabelKind::Sentiment => corrections::score_of(Some(value)),
            _ => Some(OPINION_CONFIDENCE),
        };
        labels.set(label, Some(value), strength)?;
        evidence.insert(
            0,
            Evidence {
                label,
                words: model.to_owned(),
                weight: 1.0,
            },
        );
        changed.push(label);
    }
    if changed.is_empty() {
        return Ok(false);
    }
    labels::write(tx, id, &labels).await?;
    execute!(
        &mut *tx,
        sqlx::query("UPDATE messages SET evidence = $2 WHERE id = $1")
            .bind(id)
            .bind(serde_json::to_string(&evidence)?)
    )?;
    corrections::follow_engine(tx, id, &changed, now).await?;
    Ok(true)
}

/// How sure a label counts that a second opinion gave.
const OPINION_CONFIDENCE: f64 = 0.8;

#[derive(FromRow)]
struct Labelled {
    #[sqlx(flatten)]
    labels: LabelColumns,
    evidence: Option<String>,
}
