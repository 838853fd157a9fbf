//! What the company has decided for the whole installation.

use serde::{Deserialize, Serialize};
use voce_domain::Millis;

use crate::{Db, Error, Result, Tx};

/// The company's settings. Missing values read as their defaults, so that new ones need no migration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Company {
    pub name: String,
    /// IANA name, e.g. `Europe/Rome`.
    pub zone: String,
    /// Language of new people and of mail to customers: `it` or `en`.
    pub locale: String,
    /// Country of phone numbers without prefix, ISO 3166-1.
    pub country: String,
    /// Resolved cases close by themselves after so many days; never without.
    pub auto_close_days: Option<u32>,
    /// How long an answer can be taken back before it leaves.
    pub undo_seconds: u32,
    /// Raw incoming items and closed web-hook deliveries are kept so many days.
    pub retention_days: u32,
    /// Brands, products and people that are to be recognised in what customers write.
    pub names: Vec<String>,
}

impl Default for Company {
    fn default() -> Self {
        Self {
            name: "Voce".into(),
            zone: "Europe/Rome".into(),
            locale: "it".into(),
            country: "IT".into(),
            auto_close_days: Some(14),
            undo_seconds: 5,
            retention_days: 90,
            names: Vec::new(),
        }
    }
}

const COMPANY: &str = "company";
/// Its row can be inserted only once.
const FOUNDED: &str = "founded";

pub async fn company(db: &Db) -> Result<Company> {
    read(get(db, COMPANY).await?)
}

/// The company's settings from their stored form, as other queries bring them along.
pub(crate) fn read(stored: Option<String>) -> Result<Company> {
    Ok(stored.map_or(Ok(Company::default()), |json| serde_json::from_str(&json))?)
}

pub async fn save_company(tx: &mut Tx, company: &Company) -> Result<()> {
    put(tx, COMPANY, &serde_json::to_string(company)?).await
}

/// Claims the first-run set-up. Of two at the same time the second gets [`Error::Exists`].
pub async fn found(tx: &mut Tx, now: Millis) -> Result<()> {
    let people: i64 = sql!(&mut *tx, c => sqlx::query_scalar("SELECT COUNT(*) FROM users").fetch_one(c).await)?;
    if people > 0 {
        return Err(Error::Exists);
    }
    execute!(
        tx,
        sqlx::query("INSERT INTO settings (key, value) VALUES ($1, $2)")
            .bind(FOUNDED)
            .bind(now.to_string())
    )?;
    Ok(())
}

/// A value by its key, for those who keep one of their own.
pub async fn get(db: &Db, key: &str) -> Result<Option<String>> {
    sql!(db, c => sqlx::query_scalar("SELECT value FROM settings WHERE key = $1").bind(key).fetch_optional(c).await)
}

pub async fn put(tx: &mut Tx, key: &str, value: &str) -> Result<()> {
    execute!(
        tx,
        sqlx::query(
            "INSERT INTO settings (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value"
        )
        .bind(key)
        .bind(value)
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::each_database;

    #[tokio::test]
    async fn settings_have_defaults_and_are_kept() {
        each_database(|db| async move {
            assert_eq!(company(&db).await.unwrap(), Company::default());
            let mut tx = db.begin().await.unwrap();
            let mine = Company {
                name: "Bottega".into(),
                auto_close_days: None,
                ..Company::default()
            };
            save_company(&mut tx, &mine).await.unwrap();
            tx.commit().await.unwrap();
            assert_eq!(company(&db).await.unwrap(), mine);
        })
        .await;
    }

    #[tokio::test]
    async fn the_installation_is_founded_once() {
        each_database(|db| async move {
            let found_it = || async {
                let mut tx = db.begin().await?;
                found(&mut tx, 1).await?;
                tx.commit().await
            };
            let outcomes = tokio::join!(found_it(), found_it());
            let won = [&outcomes.0, &outcomes.1]
                .into_iter()
                .filter(|outcome| outcome.is_ok())
                .count();
            assert_eq!(won, 1, "{outcomes:?}");
        })
        .await;
    }
}
