//! What the company taught: labels that people put right, and texts that they gave as examples.
//!
//! Nothing learnt is stored. Every process learns it from these rows, so that taking a correction back, restoring a backup and
//! shipping better models all lead to the same knowledge.

use sqlx::FromRow;
use uuid::Uuid;
use voce_domain::{Millis, labels::LabelKind};

use crate::{Db, Error, Result, Tx};

/// One thing that somebody taught.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Lesson {
    pub id: Uuid,
    pub label: String,
    /// Given as an example, not corrected on a message.
    pub example: bool,
    /// What it should say; `None` where the label should be absent.
    pub value: Option<String>,
    pub subject: Option<String>,
    pub body: String,
    pub user_id: Uuid,
    pub at: Millis,
}

impl Lesson {
    /// `None` for a label that this version does not know.
    pub fn kind(&self) -> Option<LabelKind> {
        self.label.parse().ok()
    }
}

/// The newest lessons after one of them (ids are in the order of time), oldest first.
pub async fn after(db: &Db, last: Option<Uuid>, most: i64) -> Result<Vec<Lesson>> {
    let mut lessons: Vec<Lesson> = sql!(db, c => sqlx::query_as(
        "SELECT * FROM (
            SELECT k.id, k.label, FALSE AS example, k.now AS value, m.subject, m.body, k.user_id, k.at
            FROM corrections k JOIN messages m ON m.id = k.message_id WHERE k.id > $1
            UNION ALL
            SELECT id, label, TRUE AS example, value, NULL AS subject, body, user_id, at FROM label_examples WHERE id > $1
         ) AS lessons ORDER BY id DESC LIMIT $2",
    ).bind(last.unwrap_or(Uuid::nil())).bind(most).fetch_all(c).await)?;
    lessons.reverse();
    Ok(lessons)
}

/// Changes whenever something is taught or taken back.
pub async fn version(db: &Db) -> Result<i64> {
    sql!(db, c => sqlx::query_scalar("SELECT value FROM counters WHERE name = 'lessons'").fetch_one(c).await)
}

/// How many lessons there are.
pub async fn count(db: &Db) -> Result<i64> {
    sql!(db, c => sqlx::query_scalar(
        "SELECT (SELECT COUNT(*) FROM corrections k JOIN messages m ON m.id = k.message_id) + (SELECT COUNT(*) FROM label_examples)",
    ).fetch_one(c).await)
}

/// To be called by everything that teaches or takes back, in its transaction.
pub(crate) async fn changed(tx: &mut Tx) -> Result<()> {
    execute!(
        tx,
        sqlx::query("UPDATE counters SET value = value + 1 WHERE name = 'lessons'")
    )?;
    Ok(())
}

/// A text that stands for a value of a label.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Example {
    pub id: Uuid,
    pub value: String,
    pub body: String,
    pub user_name: Option<String>,
    pub at: Millis,
}

/// Longest text of an example, in bytes.
pub const LONGEST_EXAMPLE: usize = 4_000;

/// Gives examples of a value; those that are there already are left out. Returns how many were new.
pub async fn add_examples(
    tx: &mut Tx,
    label: LabelKind,
    value: &str,
    texts: &[String],
    user: Uuid,
    now: Millis,
) -> Result<usize> {
    if texts.iter().any(|text| text.len() > LONGEST_EXAMPLE) {
        return Err(Error::Refused("example-too-long"));
    }
    let known: Vec<(String,)> = sql!(&mut *tx, c => sqlx::query_as(
        "SELECT body FROM label_examples WHERE label = $1 AND value = $2",
    ).bind(label.key()).bind(value).fetch_all(c).await)?;
    let mut new: Vec<&String> = Vec::new();
    for text in texts {
        if !known.iter().any(|(body,)| body == text) && !new.contains(&text) {
            new.push(text);
        }
    }
    write_rows!(
        tx, "INSERT INTO label_examples (id, label, value, body, user_id, at) VALUES ", new,
        text => [Uuid::now_v7(), label.key(), value, text.as_str(), user, now], ""
    )?;
    if !new.is_empty() {
        changed(tx).await?;
    }
    Ok(new.len())
}

/// The examples of a value, newest first.
pub async fn examples(db: &Db, label: LabelKind, value: &str) -> Result<Vec<Example>> {
    sql!(db, c => sqlx::query_as(
        "SELECT e.id, e.value, e.body, u.name AS user_name, e.at FROM label_examples e LEFT JOIN users u ON u.id = e.user_id
         WHERE e.label = $1 AND e.value = $2 ORDER BY e.id DESC",
    ).bind(label.key()).bind(value).fetch_all(c).await)
}

/// How many examples each value of a label has, corrections to it included.
pub async fn counts(db: &Db, label: LabelKind) -> Result<Vec<(String, i64)>> {
    sql!(db, c => sqlx::query_as(
        "SELECT value, COUNT(*) AS lessons FROM (
            SELECT now AS value FROM corrections WHERE label = $1 AND now IS NOT NULL
            UNION ALL SELECT value FROM label_examples WHERE label = $1
         ) AS taught GROUP BY value ORDER BY value",
    ).bind(label.key()).fetch_all(c).await)
}

/// Takes an example back; returns the value that it stood for.
pub async fn remove_example(tx: &mut Tx, id: Uuid) -> Result<String> {
    let (value,): (String,) = sql!(&mut *tx, c => sqlx::query_as("DELETE FROM label_examples WHERE id = $1 RETURNING value").bind(id).fetch_one(c).await)?;
    changed(tx).await?;
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::each_database;

    #[tokio::test]
    async fn examples_are_lessons_until_they_are_taken_back() {
        each_database(|db| async move {
            let before = version(&db).await.unwrap();
            let mut tx = db.begin().await.unwrap();
            let texts = [
                "Vorrei un preventivo".to_owned(),
                "Quanto costa?".to_owned(),
                "Quanto costa?".to_owned(),
            ];
            let user = Uuid::from_u128(7);
            assert_eq!(
                add_examples(&mut tx, LabelKind::RequestType, "quote", &texts, user, 5)
                    .await
                    .unwrap(),
                2
            );
            assert_eq!(
                add_examples(&mut tx, LabelKind::RequestType, "quote", &texts, user, 6)
                    .await
                    .unwrap(),
                0
            );
            tx.commit().await.unwrap();
            assert_eq!(version(&db).await.unwrap(), before + 1);
            assert_eq!(count(&db).await.unwrap(), 2);
            assert_eq!(
                counts(&db, LabelKind::RequestType).await.unwrap(),
                [("quote".to_owned(), 2)]
            );

            let lessons = after(&db, None, 10).await.unwrap();
            assert_eq!(
                lessons.iter().map(|lesson| lesson.body.as_str()).collect::<Vec<_>>(),
                ["Vorrei un preventivo", "Quanto costa?"]
            );
            assert_eq!(after(&db, Some(lessons[0].id), 10).await.unwrap(), lessons[1..]);
            assert_eq!(after(&db, None, 1).await.unwrap(), lessons[1..], "the newest are taken");

            let mut tx = db.begin().await.unwrap();
            assert_eq!(remove_example(&mut tx, lessons[0].id).await.unwrap(), "quote");
            assert!(matches!(
                remove_example(&mut tx, lessons[0].id).await,
                Err(Error::NotFound)
            ));
            let long = ["x".repeat(LONGEST_EXAMPLE + 1)];
            let refused = add_examples(&mut tx, LabelKind::RequestType, "quote", &long, user, 7).await;
            assert!(matches!(refused, Err(Error::Refused("example-too-long"))));
            tx.commit().await.unwrap();
            assert_eq!(examples(&db, LabelKind::RequestType, "quote").await.unwrap().len(), 1);
        })
        .await;
    }
}
