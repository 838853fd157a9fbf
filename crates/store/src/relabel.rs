//! Labelling what is stored already anew, batch by batch, with its progress kept in the database.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use uuid::Uuid;
use voce_domain::{
    Millis,
    labels::{LabelKind, Labels},
};

use crate::{
    Db, Dialect, Error, Result, Tx, corrections,
    labels::{self, CORRECTABLE, LabelColumns},
    settings,
};

/// One walk over the history, finished or not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Walk {
    /// Place (`seq`) of the last message that was done, and of the last one there was at the start.
    pub position: i64,
    pub end: i64,
    pub seen: i64,
    /// Messages of which at least one label became another.
    pub changed: i64,
    pub began_at: Millis,
    pub ended_at: Option<Millis>,
    /// Who began it; `None` on the command line.
    pub user_id: Option<Uuid>,
}

impl Walk {
    /// 0..1.
    pub fn share(&self) -> f64 {
        match self.ended_at {
            Some(_) => 1.0,
            None => self.position as f64 / self.end.max(1) as f64,
        }
    }
}

const WALK: &str = "relabel";

/// The last walk, if there ever was one.
pub async fn walk(db: &Db) -> Result<Option<Walk>> {
    Ok(match settings::get(db, WALK).await? {
        Some(json) => Some(serde_json::from_str(&json)?),
        None => None,
    })
}

/// Begins a walk over everything that is stored; [`Error::Exists`] while one is under way.
pub async fn begin(tx: &mut Tx, user: Option<Uuid>, now: Millis) -> Result<Walk> {
    if locked(tx).await?.is_some_and(|walk| walk.ended_at.is_none()) {
        return Err(Error::Exists);
    }
    let end: i64 =
        sql!(&mut *tx, c => sqlx::query_scalar("SELECT COALESCE(MAX(seq), 0) FROM messages").fetch_one(c).await)?;
    let walk = Walk {
        position: 0,
        end,
        seen: 0,
        changed: 0,
        began_at: now,
        ended_at: None,
        user_id: user,
    };
    save(tx, &walk).await?;
    Ok(walk)
}

/// The walk that is under way, held until the transaction ends: of several processes one goes on at a time.
pub async fn locked(tx: &mut Tx) -> Result<Option<Walk>> {
    let text = match tx.dialect() {
        Dialect::Sqlite => "SELECT value FROM settings WHERE key = $1",
        Dialect::Postgres => "SELECT value FROM settings WHERE key = $1 FOR UPDATE",
    };
    let json: Option<String> = sql!(tx, c => sqlx::query_scalar(text).bind(WALK).fetch_optional(c).await)?;
    Ok(match json {
        Some(json) => Some(serde_json::from_str(&json)?),
        None => None,
    })
}

pub async fn save(tx: &mut Tx, walk: &Walk) -> Result<()> {
    settings::put(tx, WALK, &serde_json::to_string(walk)?).await
}

/// A message as the engine needs it, with the labels that it has.
#[derive(Debug, Clone, PartialEq, FromRow)]
pub struct Stored {
    pub seq: i64,
    pub id: Uuid,
    pub account_id: Uuid,
    pub subject: Option<String>,
    pub body: String,
    pub meta: Option<String>,
    pub automatic: String,
    #[sqlx(flatten)]
    labels: LabelColumns,
}

/// Labelled messages of customers after a place, up to another.
pub async fn page(tx: &mut Tx, after: i64, end: i64, most: i64) -> Result<Vec<Stored>> {
    sql!(tx, c => sqlx::query_as(
        "SELECT seq, id, account_id, subject, body, meta, automatic, language, sentiment, sentiment_score, request_type, request_confidence,
            urgency, noise, emotion, irony, complaint
         FROM messages WHERE seq > $1 AND seq <= $2 AND direction = 'inbound' AND sentiment IS NOT NULL ORDER BY seq LIMIT $3",
    ).bind(after).bind(end).bind(most).fetch_all(c).await)
}

/// What the engine says now, with the JSON of its evidence and details.
#[derive(Debug)]
pub struct Anew {
    pub labels: Labels,
    pub evidence: Option<String>,
    pub details: Option<String>,
}

/// Writes new labels, but for those that a person put right; the cases follow. Returns how many messages changed.
pub async fn write(tx: &mut Tx, anew: &[(Stored, Anew)], now: Millis) -> Result<i64> {
    let corrected: Vec<(Uuid, String)> = fetch_in!(
        tx, "SELECT DISTINCT message_id, label FROM corrections WHERE message_id IN (VALUES ", anew, row => [row.0.id], ")"
    )?;
    let mut fixed: HashMap<Uuid, Vec<LabelKind>> = HashMap::new();
    for (id, label) in corrected {
        fixed.entry(id).or_default().push(label.parse()?);
    }
    let mut changed = 0;
    for (stored, anew) in anew {
        let fixed = fixed.get(&stored.id).map(Vec::as_slice).unwrap_or_default();
        let mut columns = LabelColumns::of(&anew.labels);
        for label in fixed {
            columns.set(*label, stored.labels.get(*label), stored.labels.strength(*label))?;
        }
        let others: Vec<LabelKind> = CORRECTABLE
            .into_iter()
            .filter(|label| stored.labels.get(*label) != columns.get(*label))
            .collect();
        labels::write(tx, stored.id, &columns).await?;
        write_rest(tx, stored.id, anew).await?;
        if !others.is_empty() {
            changed += 1;
            corrections::follow_engine(tx, stored.id, &others, now).await?;
        }
    }
    Ok(changed)
}

async fn write_rest(tx: &mut Tx, id: Uuid, anew: &Anew) -> Result<()> {
    let labels = &anew.labels;
    execute!(
        tx,
        sqlx::query(
            "UPDATE messages SET sentiment_weight = $2, sentiment_confidence = $3, noise_confidence = $4, evidence = $5, details = $6,
                model = $7 WHERE id = $1"
        )
        .bind(id)
        .bind(f64::from(labels.sentiment.weight))
        .bind(f64::from(labels.sentiment.confidence))
        .bind(f64::from(labels.noise_confidence))
        .bind(anew.evidence.as_deref())
        .bind(anew.details.as_deref())
        .bind(i64::from(labels.model))
    )?;
    Ok(())
}
