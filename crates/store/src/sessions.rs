//! Browsers that are signed in.

use sqlx::FromRow;
use uuid::Uuid;
use voce_domain::{Millis, permission::Role};

use crate::{
    Db, Result, Tx,
    settings::{self, Company},
};

const DAY: Millis = 24 * 60 * 60 * 1000;
/// A session ends when it was not used for so long…
pub const IDLE: Millis = 30 * DAY;
/// …and at the latest after so long.
pub const LIFETIME: Millis = 90 * DAY;

/// Who is behind a session or a token, with the company's settings: everything a page needs, in one query.
#[derive(Debug, Clone)]
pub struct Holder {
    pub person: Person,
    pub company: Company,
    /// Of the session or the token.
    pub id: Uuid,
    pub seen_at: Option<Millis>,
    /// Of a token: its scopes as a JSON array.
    pub scopes: Option<String>,
}

/// A person, as far as pages of theirs need to know.
#[derive(Debug, Clone, FromRow)]
pub struct Person {
    pub user_id: Uuid,
    pub name: String,
    pub email: String,
    #[sqlx(try_from = "String")]
    pub role: Role,
    pub locale: String,
    pub theme: String,
    pub signature: String,
}

#[derive(FromRow)]
pub(crate) struct HolderRow {
    #[sqlx(flatten)]
    person: Person,
    company: Option<String>,
    id: Uuid,
    seen_at: Option<Millis>,
    scopes: Option<String>,
}

impl HolderRow {
    pub(crate) fn read(self) -> Result<Holder> {
        Ok(Holder {
            person: self.person,
            company: settings::read(self.company)?,
            id: self.id,
            seen_at: self.seen_at,
            scopes: self.scopes,
        })
    }
}

/// The holder of a session that is still good.
pub async fn find(db: &Db, token_hash: &[u8], now: Millis) -> Result<Option<Holder>> {
    let row: Option<HolderRow> = sql!(db, c => sqlx::query_as(
        "SELECT u.id AS user_id, u.name, u.email, u.role, u.locale, u.theme, u.signature,
                s.id, s.seen_at, NULL AS scopes, (SELECT value FROM settings WHERE key = 'company') AS company
         FROM sessions s JOIN users u ON u.id = s.user_id
         WHERE s.token_hash = $1 AND s.expires_at > $2 AND s.seen_at > $3 AND u.active",
    ).bind(token_hash).bind(now).bind(now - IDLE).fetch_optional(c).await)?;
    row.map(HolderRow::read).transpose()
}

/// Whoever the demo signs in.
pub async fn demo(db: &Db, user_id: Uuid) -> Result<Option<Holder>> {
    let row: Option<HolderRow> = sql!(db, c => sqlx::query_as(
        "SELECT id AS user_id, name, email, role, locale, theme, signature,
                id, seen_at, NULL AS scopes, (SELECT value FROM settings WHERE key = 'company') AS company
         FROM users WHERE id = $1 AND active",
    ).bind(user_id).fetch_optional(c).await)?;
    row.map(HolderRow::read).transpose()
}

/// A browser that signs in.
#[derive(Debug, Clone)]
pub struct NewSession<'a> {
    pub user_id: Uuid,
    pub token_hash: &'a [u8],
    pub user_agent: &'a str,
    pub ip: &'a str,
}

pub async fn create(tx: &mut Tx, new: &NewSession<'_>, now: Millis) -> Result<Uuid> {
    let id = Uuid::now_v7();
    execute!(
        tx,
        sqlx::query(
            "INSERT INTO sessions (id, user_id, token_hash, user_agent, ip, created_at, seen_at, expires_at)
             VALUES ($1, $2, $3, $4, $5, $6, $6, $7)"
        )
        .bind(id)
        .bind(new.user_id)
        .bind(new.token_hash)
        .bind(new.user_agent)
        .bind(new.ip)
        .bind(now)
        .bind(now + LIFETIME)
    )?;
    Ok(id)
}

/// Notes that a session was used, and from where.
pub async fn touch(tx: &mut Tx, id: Uuid, user_id: Uuid, ip: &str, now: Millis) -> Result<()> {
    execute!(
        &mut *tx,
        sqlx::query("UPDATE sessions SET seen_at = $2, ip = $3 WHERE id = $1")
            .bind(id)
            .bind(now)
            .bind(ip)
    )?;
    execute!(
        tx,
        sqlx::query("UPDATE users SET seen_at = $2 WHERE id = $1")
            .bind(user_id)
            .bind(now)
    )?;
    Ok(())
}

/// One signed-in browser of a person.
#[derive(Debug, Clone, FromRow)]
pub struct Session {
    pub id: Uuid,
    pub user_agent: String,
    pub ip: String,
    pub created_at: Millis,
    pub seen_at: Millis,
}

/// The sessions of a person that are still good, the last used first.
pub async fn of_user(db: &Db, user_id: Uuid, now: Millis) -> Result<Vec<Session>> {
    sql!(db, c => sqlx::query_as(
        "SELECT id, user_agent, ip, created_at, seen_at FROM sessions
         WHERE user_id = $1 AND expires_at > $2 AND seen_at > $3 ORDER BY seen_at DESC, id LIMIT 200",
    ).bind(user_id).bind(now).bind(now - IDLE).fetch_all(c).await)
}

/// Ends one session of a person; false when it was none of theirs.
pub async fn revoke(tx: &mut Tx, user_id: Uuid, id: Uuid) -> Result<bool> {
    let gone = execute!(
        tx,
        sqlx::query("DELETE FROM sessions WHERE id = $1 AND user_id = $2")
            .bind(id)
            .bind(user_id)
    )?;
    Ok(gone == 1)
}

/// Ends the session behind a cookie and says whose it was.
pub async fn end(tx: &mut Tx, token_hash: &[u8]) -> Result<Option<Uuid>> {
    sql!(tx, c => sqlx::query_scalar("DELETE FROM sessions WHERE token_hash = $1 RETURNING user_id")
        .bind(token_hash).fetch_optional(c).await)
}

/// Ends every session of a person but the one that is kept.
pub async fn revoke_all(tx: &mut Tx, user_id: Uuid, keep: Option<Uuid>) -> Result<()> {
    execute!(
        tx,
        sqlx::query("DELETE FROM sessions WHERE user_id = $1 AND id <> $2")
            .bind(user_id)
            .bind(keep.unwrap_or_default())
    )?;
    Ok(())
}

/// Removes sessions that have ended by themselves.
pub async fn prune(tx: &mut Tx, now: Millis) -> Result<u64> {
    execute!(
        tx,
        sqlx::query("DELETE FROM sessions WHERE expires_at <= $1 OR seen_at <= $2")
            .bind(now)
            .bind(now - IDLE)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{count_queries, testing::each_database, users, users::tests::someone};

    async fn signed_in(db: &Db, user_id: Uuid, hash: &[u8]) -> Uuid {
        let mut tx = db.begin().await.unwrap();
        let new = NewSession {
            user_id,
            token_hash: hash,
            user_agent: "Firefox",
            ip: "::1",
        };
        let id = create(&mut tx, &new, 0).await.unwrap();
        tx.commit().await.unwrap();
        id
    }

    #[tokio::test]
    async fn a_session_ends_when_idle_and_at_the_latest_after_its_lifetime() {
        each_database(|db| async move {
            let user = someone(&db, "a@x.it", Role::Agent).await;
            let id = signed_in(&db, user, b"one").await;
            let (found, queries) = count_queries(find(&db, b"one", IDLE - 1)).await;
            assert_eq!((found.unwrap().unwrap().person.user_id, queries), (user, 1));
            assert!(find(&db, b"one", IDLE).await.unwrap().is_none());
            for used in [IDLE - 1, 2 * IDLE - 2, 3 * IDLE - 3] {
                assert!(find(&db, b"one", used).await.unwrap().is_some());
                let mut tx = db.begin().await.unwrap();
                touch(&mut tx, id, user, "::2", used).await.unwrap();
                tx.commit().await.unwrap();
            }
            assert!(find(&db, b"one", LIFETIME).await.unwrap().is_none());
            let mut tx = db.begin().await.unwrap();
            assert_eq!(prune(&mut tx, LIFETIME).await.unwrap(), 1);
        })
        .await;
    }

    #[tokio::test]
    async fn a_disabled_person_and_a_changed_password_lose_their_sessions() {
        each_database(|db| async move {
            someone(&db, "boss@x.it", Role::Admin).await;
            let user = someone(&db, "a@x.it", Role::Agent).await;
            let (kept, _) = (signed_in(&db, user, b"one").await, signed_in(&db, user, b"two").await);
            let mut tx = db.begin().await.unwrap();
            users::set_password(&mut tx, user, "other", Some(kept)).await.unwrap();
            tx.commit().await.unwrap();
            assert!(find(&db, b"one", 1).await.unwrap().is_some());
            assert!(find(&db, b"two", 1).await.unwrap().is_none());
            let mut tx = db.begin().await.unwrap();
            users::set_active(&mut tx, user, false, 1).await.unwrap();
            tx.commit().await.unwrap();
            assert!(find(&db, b"one", 1).await.unwrap().is_none());
            assert!(of_user(&db, user, 1).await.unwrap().is_empty());
        })
        .await;
    }

    #[tokio::test]
    async fn nobody_ends_the_session_of_somebody_else() {
        each_database(|db| async move {
            let (one, other) = (
                someone(&db, "a@x.it", Role::Agent).await,
                someone(&db, "b@x.it", Role::Agent).await,
            );
            let id = signed_in(&db, one, b"one").await;
            let mut tx = db.begin().await.unwrap();
            assert!(!revoke(&mut tx, other, id).await.unwrap());
            assert!(revoke(&mut tx, one, id).await.unwrap());
            assert_eq!(end(&mut tx, b"one").await.unwrap(), None);
        })
        .await;
    }
}
