//! Answers that are written once and used often.

use sqlx::FromRow;
use uuid::Uuid;
use voce_domain::Millis;

use crate::{Db, Error, Result, Tx};

#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct CannedRow {
    pub id: Uuid,
    /// What one types to find it, e.g. `reso`.
    pub shortcut: String,
    pub title: String,
    /// With `{nome}`, `{caso}` and `{agente}` (or `{name}`, `{case}`, `{agent}`) for the present customer, case and writer.
    pub body: String,
    pub language: Option<String>,
    pub updated_at: Millis,
}

pub async fn all(db: &Db) -> Result<Vec<CannedRow>> {
    sql!(db, c => sqlx::query_as("SELECT id, shortcut, title, body, language, updated_at FROM canned_answers ORDER BY title, id").fetch_all(c).await)
}

pub async fn get(db: &Db, id: Uuid) -> Result<CannedRow> {
    sql!(db, c => sqlx::query_as("SELECT id, shortcut, title, body, language, updated_at FROM canned_answers WHERE id = $1").bind(id).fetch_one(c).await)
}

/// Adds the answer or replaces the one with its id; [`Error::Exists`] when another has the shortcut.
pub async fn save(tx: &mut Tx, row: &CannedRow) -> Result<()> {
    execute!(tx, sqlx::query(
        "INSERT INTO canned_answers (id, shortcut, title, body, language, updated_at) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (id) DO UPDATE SET shortcut = excluded.shortcut, title = excluded.title, body = excluded.body,
            language = excluded.language, updated_at = excluded.updated_at",
    ).bind(row.id).bind(row.shortcut.as_str()).bind(row.title.as_str()).bind(row.body.as_str()).bind(row.language.as_deref()).bind(row.updated_at))?;
    Ok(())
}

pub async fn delete(tx: &mut Tx, id: Uuid) -> Result<()> {
    let touched = execute!(tx, sqlx::query("DELETE FROM canned_answers WHERE id = $1").bind(id))?;
    if touched == 0 { Err(Error::NotFound) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::each_database;

    #[tokio::test]
    async fn shortcuts_are_unique() {
        each_database(|db| async move {
            let row = |shortcut: &str| CannedRow {
                id: Uuid::now_v7(),
                shortcut: shortcut.into(),
                title: "Reso".into(),
                body: "Gentile {nome}".into(),
                language: Some("it".into()),
                updated_at: 1,
            };
            let first = row("reso");
            let mut tx = db.begin().await.unwrap();
            save(&mut tx, &first).await.unwrap();
            save(
                &mut tx,
                &CannedRow {
                    title: "Reso merce".into(),
                    ..first.clone()
                },
            )
            .await
            .unwrap();
            tx.commit().await.unwrap();
            let mut tx = db.begin().await.unwrap();
            assert!(matches!(save(&mut tx, &row("reso")).await, Err(Error::Exists)));
            drop(tx);
            assert_eq!(get(&db, first.id).await.unwrap().title, "Reso merce");
            let mut tx = db.begin().await.unwrap();
            delete(&mut tx, first.id).await.unwrap();
            assert!(matches!(delete(&mut tx, first.id).await, Err(Error::NotFound)));
        })
        .await;
    }
}
