//! API tokens: a person's rights, or a part of them, for programs.

use sqlx::FromRow;
use uuid::Uuid;
use voce_domain::{Millis, permission::Permission};

use crate::{
    Db, Result, Tx,
    sessions::{Holder, HolderRow},
};

/// One token of a person; the secret itself is not kept.
#[derive(Debug, Clone, FromRow)]
pub struct Token {
    pub id: Uuid,
    pub name: String,
    /// JSON array of permission keys.
    pub scopes: String,
    pub created_at: Millis,
    pub used_at: Option<Millis>,
    pub expires_at: Option<Millis>,
}

impl Token {
    pub fn permissions(&self) -> Vec<Permission> {
        permissions(&self.scopes)
    }
}

/// The scopes that a stored list names. One that no longer exists gives no right.
pub fn permissions(scopes: &str) -> Vec<Permission> {
    let keys: Vec<String> = serde_json::from_str(scopes).unwrap_or_default();
    keys.iter().filter_map(|key| key.parse().ok()).collect()
}

/// The holder of a token that is good. Its rights are those of the scopes that the holder's role still has.
pub async fn find(db: &Db, token_hash: &[u8], now: Millis) -> Result<Option<Holder>> {
    let row: Option<HolderRow> = sql!(db, c => sqlx::query_as(
        "SELECT u.id AS user_id, u.name, u.email, u.role, u.locale, u.theme, u.signature,
                t.id, t.used_at AS seen_at, t.scopes, (SELECT value FROM settings WHERE key = 'company') AS company
         FROM api_tokens t JOIN users u ON u.id = t.user_id
         WHERE t.token_hash = $1 AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > $2) AND u.active",
    ).bind(token_hash).bind(now).fetch_optional(c).await)?;
    row.map(HolderRow::read).transpose()
}

/// The open tokens of a person, the newest first. Expired ones are shown until they are revoked.
pub async fn of_user(db: &Db, user_id: Uuid) -> Result<Vec<Token>> {
    sql!(db, c => sqlx::query_as(
        "SELECT id, name, scopes, created_at, used_at, expires_at FROM api_tokens
         WHERE user_id = $1 AND revoked_at IS NULL ORDER BY created_at DESC, id LIMIT 200",
    ).bind(user_id).fetch_all(c).await)
}

/// A token to be.
#[derive(Debug, Clone)]
pub struct NewToken<'a> {
    pub user_id: Uuid,
    pub name: &'a str,
    pub token_hash: &'a [u8],
    pub scopes: &'a [Permission],
    pub expires_at: Option<Millis>,
}

pub async fn create(tx: &mut Tx, new: &NewToken<'_>, now: Millis) -> Result<Uuid> {
    let id = Uuid::now_v7();
    execute!(
        tx,
        sqlx::query(
            "INSERT INTO api_tokens (id, user_id, name, token_hash, scopes, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7)"
        )
        .bind(id)
        .bind(new.user_id)
        .bind(new.name)
        .bind(new.token_hash)
        .bind(serde_json::to_string(new.scopes)?)
        .bind(now)
        .bind(new.expires_at)
    )?;
    Ok(id)
}

/// Notes that a token was used.
pub async fn touch(tx: &mut Tx, id: Uuid, now: Millis) -> Result<()> {
    execute!(
        tx,
        sqlx::query("UPDATE api_tokens SET used_at = $2 WHERE id = $1")
            .bind(id)
            .bind(now)
    )?;
    Ok(())
}

/// Revokes a token of a person and says its name; `None` when it was none of theirs.
pub async fn revoke(tx: &mut Tx, user_id: Uuid, id: Uuid, now: Millis) -> Result<Option<String>> {
    sql!(tx, c => sqlx::query_scalar(
        "UPDATE api_tokens SET revoked_at = $3 WHERE id = $1 AND user_id = $2 AND revoked_at IS NULL RETURNING name",
    ).bind(id).bind(user_id).bind(now).fetch_optional(c).await)
}

pub async fn revoke_all(tx: &mut Tx, user_id: Uuid, now: Millis) -> Result<()> {
    execute!(
        tx,
        sqlx::query("UPDATE api_tokens SET revoked_at = $2 WHERE user_id = $1 AND revoked_at IS NULL")
            .bind(user_id)
            .bind(now)
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use voce_domain::permission::Role;

    use super::*;
    use crate::{testing::each_database, users, users::tests::someone};

    #[tokio::test]
    async fn a_token_expires_is_revoked_and_dies_with_its_person() {
        each_database(|db| async move {
            someone(&db, "boss@x.it", Role::Admin).await;
            let user_id = someone(&db, "a@x.it", Role::Agent).await;
            let mut tx = db.begin().await.unwrap();
            let mut ids = Vec::new();
            for (hash, expires_at) in [(b"one", None), (b"two", Some(10)), (b"six", None)] {
                let new = NewToken {
                    user_id,
                    name: "n",
                    token_hash: hash,
                    scopes: &[Permission::ReadCases],
                    expires_at,
                };
                ids.push(create(&mut tx, &new, 1).await.unwrap());
            }
            tx.commit().await.unwrap();
            let holder = find(&db, b"two", 9).await.unwrap().unwrap();
            assert_eq!(permissions(&holder.scopes.unwrap()), [Permission::ReadCases]);
            assert!(find(&db, b"two", 10).await.unwrap().is_none());
            let mut tx = db.begin().await.unwrap();
            assert!(revoke(&mut tx, Uuid::now_v7(), ids[0], 2).await.unwrap().is_none());
            assert_eq!(revoke(&mut tx, user_id, ids[0], 2).await.unwrap().as_deref(), Some("n"));
            tx.commit().await.unwrap();
            assert!(find(&db, b"one", 3).await.unwrap().is_none());
            assert!(find(&db, b"six", 3).await.unwrap().is_some());
            for active in [false, true] {
                let mut tx = db.begin().await.unwrap();
                users::set_active(&mut tx, user_id, active, 3).await.unwrap();
                tx.commit().await.unwrap();
                assert!(
                    find(&db, b"six", 4).await.unwrap().is_none(),
                    "it does not come back to life"
                );
            }
        })
        .await;
    }

    #[test]
    fn unknown_scopes_give_nothing() {
        assert_eq!(permissions(r#"["read_cases","fly"]"#), [Permission::ReadCases]);
        assert_eq!(permissions("broken"), []);
    }
}
