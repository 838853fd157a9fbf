//! What customers ask for: the list that every installation starts with, and what the company made of it.

use sqlx::FromRow;
use voce_domain::labels::REQUEST_TYPES;

use crate::{Db, Error, Result, Tx};

#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct RequestTypeRow {
    pub key: String,
    /// `None`: the name of the locales (`request-<key>`).
    pub name: Option<String>,
    pub position: i64,
    /// No longer offered; messages keep it.
    pub archived: bool,
}

/// All request types in their order: the built-in ones, unless the company changed them, and its own.
pub async fn all(db: &Db) -> Result<Vec<RequestTypeRow>> {
    let mut rows: Vec<RequestTypeRow> =
        sql!(db, c => sqlx::query_as("SELECT key, name, position, archived FROM request_types").fetch_all(c).await)?;
    for (position, key) in REQUEST_TYPES.iter().enumerate() {
        if !rows.iter().any(|row| row.key == *key) {
            rows.push(RequestTypeRow {
                key: (*key).into(),
                name: None,
                position: position as i64,
                archived: false,
            });
        }
    }
    rows.sort_by(|a, b| (a.position, &a.key).cmp(&(b.position, &b.key)));
    Ok(rows)
}

/// Adds a type of the company's own or changes one.
pub async fn save(tx: &mut Tx, row: &RequestTypeRow) -> Result<()> {
    execute!(tx, sqlx::query(
        "INSERT INTO request_types (key, name, position, archived) VALUES ($1, $2, $3, $4)
         ON CONFLICT (key) DO UPDATE SET name = excluded.name, position = excluded.position, archived = excluded.archived",
    ).bind(row.key.as_str()).bind(row.name.as_deref()).bind(row.position).bind(row.archived))?;
    Ok(())
}

/// A type of the company's own, under a key made of its name; [`Error::Exists`] when that is taken.
pub async fn create(tx: &mut Tx, name: &str) -> Result<String> {
    let key = key_of(name);
    if key.is_empty() || REQUEST_TYPES.contains(&key.as_str()) {
        return Err(Error::Exists);
    }
    let (last,): (i64,) =
        sql!(&mut *tx, c => sqlx::query_as("SELECT COALESCE(MAX(position), 0) FROM request_types").fetch_one(c).await)?;
    let position = (last + 1).max(REQUEST_TYPES.len() as i64);
    execute!(
        tx,
        sqlx::query("INSERT INTO request_types (key, name, position, archived) VALUES ($1, $2, $3, FALSE)")
            .bind(key.as_str())
            .bind(name.trim())
            .bind(position)
    )?;
    Ok(key)
}

fn key_of(name: &str) -> String {
    let folded = voce_text::fold(name);
    let words: Vec<&str> = folded
        .split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    words.join("_")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::each_database;

    #[tokio::test]
    async fn the_company_renames_adds_and_archives() {
        each_database(|db| async move {
            assert_eq!(all(&db).await.unwrap().len(), REQUEST_TYPES.len());
            let mut tx = db.begin().await.unwrap();
            assert_eq!(create(&mut tx, "Reso merce!").await.unwrap(), "reso_merce");
            assert!(matches!(create(&mut tx, "Complaint").await, Err(Error::Exists)));
            let praise = RequestTypeRow {
                key: "praise".into(),
                name: Some("Lodi".into()),
                position: 0,
                archived: true,
            };
            save(&mut tx, &praise).await.unwrap();
            tx.commit().await.unwrap();
            let types = all(&db).await.unwrap();
            assert_eq!(types.len(), REQUEST_TYPES.len() + 1);
            assert!(types.contains(&praise));
            assert_eq!(types.last().unwrap().key, "reso_merce");
        })
        .await;
    }
}
