//! Routing rules, in the order in which they are tried.

use sqlx::FromRow;
use uuid::Uuid;
use voce_domain::{Millis, routing::Rule};

use crate::{Db, Error, Result, Tx};

/// A rule with its place and whether it is in force.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredRule {
    pub rule: Rule,
    pub position: i64,
    pub active: bool,
}

/// All rules, first tried first.
pub async fn all(db: &Db) -> Result<Vec<StoredRule>> {
    let rows: Vec<Row> = sql!(db, c => sqlx::query_as(
        "SELECT id, name, position, conditions, decision, active FROM routing_rules ORDER BY position, id",
    ).fetch_all(c).await)?;
    rows.into_iter().map(Row::read).collect()
}

/// The rules in force, first tried first.
pub async fn active(db: &Db) -> Result<Vec<Rule>> {
    Ok(all(db)
        .await?
        .into_iter()
        .filter(|stored| stored.active)
        .map(|stored| stored.rule)
        .collect())
}

/// Adds a rule after all others, or replaces the one with its id.
pub async fn save(tx: &mut Tx, rule: &Rule, active: bool, now: Millis) -> Result<()> {
    execute!(tx, sqlx::query(
        "INSERT INTO routing_rules (id, name, position, conditions, decision, active, created_at)
         VALUES ($1, $2, (SELECT COALESCE(MAX(position), 0) + 1 FROM routing_rules), $3, $4, $5, $6)
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, conditions = excluded.conditions, decision = excluded.decision, active = excluded.active",
    ).bind(rule.id).bind(&rule.name).bind(serde_json::to_string(&rule.when)?).bind(serde_json::to_string(&rule.then)?).bind(active).bind(now))?;
    Ok(())
}

/// Puts the rules into this order. Rules that are not named follow in the order they had.
pub async fn reorder(tx: &mut Tx, ids: &[Uuid]) -> Result<()> {
    execute!(
        &mut *tx,
        sqlx::query("UPDATE routing_rules SET position = position + $1").bind(ids.len() as i64)
    )?;
    for (position, id) in (0i64..).zip(ids) {
        execute!(
            &mut *tx,
            sqlx::query("UPDATE routing_rules SET position = $2 WHERE id = $1")
                .bind(*id)
                .bind(position)
        )?;
    }
    Ok(())
}

pub async fn delete(tx: &mut Tx, id: Uuid) -> Result<()> {
    match execute!(tx, sqlx::query("DELETE FROM routing_rules WHERE id = $1").bind(id))? {
        0 => Err(Error::NotFound),
        _ => Ok(()),
    }
}

/// The message that opened a case, with everything that rules look at.
#[derive(Debug, Clone, PartialEq, FromRow)]
pub struct Sample {
    /// Of the case.
    pub number: i64,
    pub account_id: Uuid,
    pub author: String,
    pub subject: Option<String>,
    pub body: String,
    pub language: Option<String>,
    pub request_type: Option<String>,
    pub urgency: Option<String>,
    pub sentiment_score: Option<f64>,
    /// Whether the writer is in the registry, as it says now.
    pub customer: bool,
}

/// The opening messages of the last cases, newest first, to try rules on.
pub async fn samples(db: &Db, limit: i64) -> Result<Vec<Sample>> {
    sql!(db, c => sqlx::query_as(
        "SELECT c.number, m.account_id, m.author_name AS author, m.subject, m.body, m.language, m.request_type, m.urgency,
                m.sentiment_score, COALESCE(k.customer, FALSE) AS customer
         FROM cases c
         JOIN messages m ON m.seq = (SELECT MIN(first.seq) FROM messages first WHERE first.case_id = c.id AND first.direction = 'inbound')
         LEFT JOIN contacts k ON k.id = m.contact_id
         WHERE c.noise IS NULL ORDER BY c.number DESC LIMIT $1",
    ).bind(limit).fetch_all(c).await)
}

#[derive(FromRow)]
struct Row {
    id: Uuid,
    name: String,
    position: i64,
    conditions: String,
    decision: String,
    active: bool,
}

impl Row {
    fn read(self) -> Result<StoredRule> {
        let rule = Rule {
            id: self.id,
            name: self.name,
            when: serde_json::from_str(&self.conditions)?,
            then: serde_json::from_str(&self.decision)?,
        };
        Ok(StoredRule {
            rule,
            position: self.position,
            active: self.active,
        })
    }
}

#[cfg(test)]
mod tests {
    use voce_domain::routing::{Conditions, Decision};

    use super::*;
    use crate::testing::each_database;

    #[tokio::test]
    async fn rules_keep_their_order() {
        each_database(|db| async move {
            let rule = |n: u128| Rule {
                id: Uuid::from_u128(n),
                name: format!("rule {n}"),
                when: Conditions {
                    languages: vec!["it".into()],
                    ..Conditions::default()
                },
                then: Decision {
                    team: Some(Uuid::from_u128(9)),
                    ..Decision::default()
                },
            };
            let mut tx = db.begin().await.unwrap();
            for n in 1..=3 {
                save(&mut tx, &rule(n), n != 2, 0).await.unwrap();
            }
            reorder(&mut tx, &[Uuid::from_u128(3)]).await.unwrap();
            tx.commit().await.unwrap();
            assert_eq!(active(&db).await.unwrap(), [rule(3), rule(1)]);
            let mut tx = db.begin().await.unwrap();
            save(&mut tx, &rule(2), true, 0).await.unwrap();
            delete(&mut tx, Uuid::from_u128(3)).await.unwrap();
            assert!(matches!(
                delete(&mut tx, Uuid::from_u128(3)).await,
                Err(Error::NotFound)
            ));
            tx.commit().await.unwrap();
            assert_eq!(active(&db).await.unwrap(), [rule(1), rule(2)]);
        })
        .await;
    }
}
