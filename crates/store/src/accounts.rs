//! Channel accounts: the company's profiles and mailboxes, their settings, health and place in the stream.

use serde_json::{Value, json};
use sqlx::FromRow;
use uuid::Uuid;
use voce_domain::{
    Millis,
    event::{Actor, Event, EventKind},
};

use crate::{Db, Error, Result, Tx, events};

/// One configured account. Secrets are sealed by the [`crate::vault::Vault`] for the purpose that is the account's id.
#[derive(Debug, Clone, PartialEq)]
pub struct ChannelAccount {
    pub id: Uuid,
    pub kind: String,
    pub name: String,
    pub address: String,
    pub config: Value,
    pub secrets: Option<Vec<u8>>,
    pub active: bool,
    /// What is wrong with the connection, in words.
    pub problem: Option<String>,
    pub health_at: Option<Millis>,
    pub cursor: Value,
    /// Where its new cases go when no rule says otherwise.
    pub team_id: Option<Uuid>,
    pub created_at: Millis,
    /// Changes with the settings, not with health or cursor.
    pub updated_at: Millis,
}

/// What a person sets.
#[derive(Debug, Clone)]
pub struct Settings<'a> {
    pub name: &'a str,
    pub address: &'a str,
    pub config: &'a Value,
    /// `None` keeps those that are stored.
    pub secrets: Option<&'a [u8]>,
    pub team_id: Option<Uuid>,
}

pub async fn all(db: &Db) -> Result<Vec<ChannelAccount>> {
    let rows: Vec<Row> = sql!(db, c => sqlx::query_as(
        "SELECT id, kind, name, address, config, secrets, state, problem, health_at, cursor, team_id, created_at, updated_at
         FROM channel_accounts ORDER BY created_at, id",
    ).fetch_all(c).await)?;
    rows.into_iter().map(Row::read).collect()
}

pub async fn get(db: &Db, id: Uuid) -> Result<ChannelAccount> {
    let row: Row = sql!(db, c => sqlx::query_as(
        "SELECT id, kind, name, address, config, secrets, state, problem, health_at, cursor, team_id, created_at, updated_at
         FROM channel_accounts WHERE id = $1",
    ).bind(id).fetch_one(c).await)?;
    row.read()
}

/// Adds an account, active at once.
pub async fn create(
    tx: &mut Tx,
    id: Uuid,
    kind: &str,
    settings: &Settings<'_>,
    actor: Actor,
    now: Millis,
) -> Result<()> {
    execute!(&mut *tx, sqlx::query(
        "INSERT INTO channel_accounts (id, kind, name, address, config, secrets, state, team_id, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, 'active', $7, $8, $8)",
    ).bind(id).bind(kind).bind(settings.name).bind(settings.address).bind(settings.config.to_string())
     .bind(settings.secrets).bind(settings.team_id).bind(now))?;
    changed(tx, id, json!({"is": "created"}), actor, now).await
}

/// Changes the settings; a connector that runs is restarted with them.
pub async fn update(tx: &mut Tx, id: Uuid, settings: &Settings<'_>, actor: Actor, now: Millis) -> Result<()> {
    let touched = execute!(&mut *tx, sqlx::query(
        "UPDATE channel_accounts SET name = $2, address = $3, config = $4, secrets = COALESCE($5, secrets), team_id = $6,
            problem = NULL, updated_at = CASE WHEN updated_at >= $7 THEN updated_at + 1 ELSE $7 END WHERE id = $1",
    ).bind(id).bind(settings.name).bind(settings.address).bind(settings.config.to_string())
     .bind(settings.secrets).bind(settings.team_id).bind(now))?;
    found(touched)?;
    changed(tx, id, json!({"is": "changed"}), actor, now).await
}

/// Starts or pauses an account.
pub async fn set_active(tx: &mut Tx, id: Uuid, active: bool, actor: Actor, now: Millis) -> Result<()> {
    let state = if active { "active" } else { "paused" };
    let touched = execute!(
        &mut *tx,
        sqlx::query(
            "UPDATE channel_accounts SET state = $2, problem = NULL,
            updated_at = CASE WHEN updated_at >= $3 THEN updated_at + 1 ELSE $3 END WHERE id = $1",
        )
        .bind(id)
        .bind(state)
        .bind(now)
    )?;
    found(touched)?;
    changed(tx, id, json!({"is": state}), actor, now).await
}

/// Notes that the connection stands, or what is wrong; people hear of it when it changed.
pub async fn set_health(tx: &mut Tx, id: Uuid, problem: Option<&str>, now: Millis) -> Result<()> {
    let before: Option<(Option<String>,)> = sql!(&mut *tx, c => sqlx::query_as("SELECT problem FROM channel_accounts WHERE id = $1").bind(id).fetch_optional(c).await)?;
    let Some((before,)) = before else { return Ok(()) };
    execute!(
        &mut *tx,
        sqlx::query("UPDATE channel_accounts SET problem = $2, health_at = $3 WHERE id = $1")
            .bind(id)
            .bind(problem)
            .bind(now)
    )?;
    if before.as_deref() == problem {
        return Ok(());
    }
    changed(tx, id, json!({"is": "health", "problem": problem}), Actor::SYSTEM, now).await
}

/// Remembers where the connector stands, in the transaction of the items that it handed over.
pub async fn set_cursor(tx: &mut Tx, id: Uuid, cursor: &Value) -> Result<()> {
    execute!(
        tx,
        sqlx::query("UPDATE channel_accounts SET cursor = $2 WHERE id = $1")
            .bind(id)
            .bind(cursor.to_string())
    )?;
    Ok(())
}

fn found(touched: u64) -> Result<()> {
    if touched == 0 { Err(Error::NotFound) } else { Ok(()) }
}

async fn changed(tx: &mut Tx, id: Uuid, mut data: Value, actor: Actor, now: Millis) -> Result<()> {
    data["account"] = json!(id);
    events::append(tx, &[Event::new(EventKind::ChannelChanged, now, actor).data(data)]).await
}

#[derive(FromRow)]
struct Row {
    id: Uuid,
    kind: String,
    name: String,
    address: String,
    config: String,
    secrets: Option<Vec<u8>>,
    state: String,
    problem: Option<String>,
    health_at: Option<Millis>,
    cursor: String,
    team_id: Option<Uuid>,
    created_at: Millis,
    updated_at: Millis,
}

impl Row {
    fn read(self) -> Result<ChannelAccount> {
        Ok(ChannelAccount {
            id: self.id,
            kind: self.kind,
            name: self.name,
            address: self.address,
            config: serde_json::from_str(&self.config)?,
            secrets: self.secrets,
            active: self.state == "active",
            problem: self.problem,
            health_at: self.health_at,
            cursor: serde_json::from_str(&self.cursor)?,
            team_id: self.team_id,
            created_at: self.created_at,
            updated_at: self.updated_at,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::each_database;

    #[tokio::test]
    async fn settings_health_and_cursor_change_apart() {
        each_database(|db| async move {
            let id = Uuid::now_v7();
            let config = json!({"host": "imap.example.com"});
            let settings = Settings {
                name: "Help",
                address: "help@example.com",
                config: &config,
                secrets: Some(b"sealed"),
                team_id: None,
            };
            let mut tx = db.begin().await.unwrap();
            create(&mut tx, id, "email", &settings, Actor::SYSTEM, 10)
                .await
                .unwrap();
            set_cursor(&mut tx, id, &json!({"uid": 7})).await.unwrap();
            set_health(&mut tx, id, Some("refused"), 11).await.unwrap();
            set_health(&mut tx, id, Some("refused"), 12).await.unwrap();
            tx.commit().await.unwrap();
            let account = get(&db, id).await.unwrap();
            assert_eq!(
                (
                    account.cursor,
                    account.problem.as_deref(),
                    account.health_at,
                    account.updated_at
                ),
                (json!({"uid": 7}), Some("refused"), Some(12), 10)
            );
            // PostgreSQL shows a fact once no older transaction of the whole server can still write one.
            let mut told = 0;
            for _ in 0..100 {
                told = events::after(&db, Default::default(), 10).await.unwrap().len();
                if told == 2 {
                    break;
                }
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            }
            assert_eq!(told, 2, "the same problem is told once");

            let mut tx = db.begin().await.unwrap();
            update(
                &mut tx,
                id,
                &Settings {
                    name: "Aiuto",
                    secrets: None,
                    ..settings
                },
                Actor::SYSTEM,
                10,
            )
            .await
            .unwrap();
            set_active(&mut tx, id, false, Actor::SYSTEM, 20).await.unwrap();
            assert!(matches!(
                set_active(&mut tx, Uuid::nil(), true, Actor::SYSTEM, 20).await,
                Err(Error::NotFound)
            ));
            tx.commit().await.unwrap();
            let account = get(&db, id).await.unwrap();
            assert_eq!(
                (
                    account.name.as_str(),
                    account.secrets.as_deref(),
                    account.active,
                    account.updated_at
                ),
                ("Aiuto", Some(&b"sealed"[..]), false, 20)
            );
            assert_eq!(all(&db).await.unwrap(), [account]);
        })
        .await;
    }
}
