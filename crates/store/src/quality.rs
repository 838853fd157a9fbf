//! How good the labels are here, by what people put right.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use voce_domain::{Millis, labels::LabelKind};

use crate::{Db, Result, Tx, settings};

const DAY: i64 = 24 * 60 * 60 * 1000;
pub const WEEK: i64 = 7 * DAY;

/// Messages that were labelled and corrections that were made, by the number of weeks before now (0 is this one).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Weeks {
    pub labelled: BTreeMap<i64, i64>,
    pub corrected: BTreeMap<(String, i64), i64>,
}

/// The last `weeks` weeks up to now.
pub async fn weeks(db: &Db, weeks: i64, now: Millis) -> Result<Weeks> {
    let labelled: Vec<(i64, i64)> = sql!(db, c => sqlx::query_as(
        "SELECT day, messages FROM labelled_days WHERE day > $1 AND day <= $2",
    ).bind((now - weeks * WEEK) / DAY).bind(now / DAY).fetch_all(c).await)?;
    let corrected: Vec<(String, i64, i64)> = sql!(db, c => sqlx::query_as(
        "SELECT label, ($1 - at) / $2 AS week, COUNT(*) AS made FROM corrections WHERE at > $3 AND at <= $1 GROUP BY label, ($1 - at) / $2",
    ).bind(now).bind(WEEK).bind(now - weeks * WEEK).fetch_all(c).await)?;
    let mut found = Weeks::default();
    for (day, messages) in labelled {
        *found.labelled.entry((now / DAY - day) / 7).or_default() += messages;
    }
    found.corrected = corrected
        .into_iter()
        .map(|(label, week, made)| ((label, week), made))
        .collect();
    Ok(found)
}

/// A label that people often turn into another.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Confusion {
    pub label: String,
    pub was: Option<String>,
    pub now: Option<String>,
    pub made: i64,
}

/// What was most often put right since a moment.
pub async fn confusions(db: &Db, since: Millis, most: i64) -> Result<Vec<Confusion>> {
    sql!(db, c => sqlx::query_as(
        "SELECT label, was, now, COUNT(*) AS made FROM corrections WHERE at >= $1 GROUP BY label, was, now
         ORDER BY COUNT(*) DESC, label, was, now LIMIT $2",
    ).bind(since).bind(most).fetch_all(c).await)
}

/// Counts messages as labelled, by the moments at which they were sent.
pub async fn count(tx: &mut Tx, sent: impl IntoIterator<Item = Millis>) -> Result<()> {
    let mut days: BTreeMap<i64, i64> = BTreeMap::new();
    for at in sent {
        *days.entry(at / DAY).or_default() += 1;
    }
    let days: Vec<(i64, i64)> = days.into_iter().collect();
    write_rows!(
        tx, "INSERT INTO labelled_days (day, messages) VALUES ", days, row => [row.0, row.1],
        " ON CONFLICT (day) DO UPDATE SET messages = labelled_days.messages + excluded.messages"
    )?;
    Ok(())
}

/// What the models make of the corrections that they learn from. Every correction is first predicted, then learnt
/// (prequential evaluation: A. P. Dawid, "Statistical theory: the prequential approach", 1984).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Learnt {
    /// Of the lessons; see [`crate::lessons::version`].
    pub version: i64,
    pub at: Millis,
    pub labels: BTreeMap<String, Progress>,
}

/// Of one label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Progress {
    /// Examples and corrections that were learnt.
    pub lessons: i64,
    /// Corrections of the last [`JUDGED`] among them, how many of these the shipped models get right, and how many those do that had
    /// learnt what came before.
    pub judged: i64,
    pub shipped_right: i64,
    pub learnt_right: i64,
}

/// The newest corrections of a label that progress is measured on.
pub const JUDGED: usize = 500;

const LEARNT: &str = "learnt";

pub async fn learnt(db: &Db) -> Result<Learnt> {
    Ok(match settings::get(db, LEARNT).await? {
        Some(json) => serde_json::from_str(&json)?,
        None => Learnt::default(),
    })
}

pub async fn set_learnt(tx: &mut Tx, learnt: &Learnt) -> Result<()> {
    settings::put(tx, LEARNT, &serde_json::to_string(learnt)?).await
}

impl Learnt {
    pub fn of(&self, label: LabelKind) -> Progress {
        self.labels.get(label.key()).copied().unwrap_or_default()
    }
}
