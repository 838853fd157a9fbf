//! The people of the company.

use sqlx::FromRow;
use uuid::Uuid;
use voce_domain::{
    Millis,
    permission::{Permission, Role},
};

use crate::{Db, Dialect, Error, Result, Tx, invitations, sessions, tokens};

/// One person.
#[derive(Debug, Clone, FromRow)]
pub struct User {
    pub id: Uuid,
    pub email: String,
    pub name: String,
    #[sqlx(try_from = "String")]
    pub role: Role,
    pub locale: String,
    pub theme: String,
    pub signature: String,
    pub active: bool,
    pub second_factor: bool,
    pub created_at: Millis,
    pub seen_at: Option<Millis>,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, email, name, role, locale, theme, signature, active, totp_secret IS NOT NULL AS second_factor, created_at, seen_at FROM users ",
            $rest
        )
    };
}

/// Everybody, by name.
pub async fn list(db: &Db) -> Result<Vec<User>> {
    sql!(db, c => sqlx::query_as(select!("ORDER BY name, id")).fetch_all(c).await)
}

pub async fn by_id(db: &Db, id: Uuid) -> Result<User> {
    sql!(db, c => sqlx::query_as(select!("WHERE id = $1")).bind(id).fetch_one(c).await)
}

/// By e-mail address in its normal form.
pub async fn by_email(db: &Db, email: &str) -> Result<Option<User>> {
    sql!(db, c => sqlx::query_as(select!("WHERE email = $1")).bind(email).fetch_optional(c).await)
}

/// Whether there is anybody: without, the installation has to be set up.
pub async fn any(db: &Db) -> Result<bool> {
    let found: Option<i64> =
        sql!(db, c => sqlx::query_scalar("SELECT CAST(1 AS BIGINT) FROM users LIMIT 1").fetch_optional(c).await)?;
    Ok(found.is_some())
}

/// What somebody who joins brings along.
#[derive(Debug, Clone)]
pub struct NewUser<'a> {
    /// In its normal form.
    pub email: &'a str,
    pub name: &'a str,
    pub role: Role,
    pub locale: &'a str,
    /// PHC string of argon2id; without one they cannot sign in by password.
    pub password_hash: Option<&'a str>,
}

/// Adds a person; [`Error::Exists`] when the address is taken.
pub async fn create(tx: &mut Tx, new: &NewUser<'_>, now: Millis) -> Result<Uuid> {
    let id = Uuid::now_v7();
    execute!(
        tx,
        sqlx::query("INSERT INTO users (id, email, name, role, locale, password_hash, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)")
            .bind(id)
            .bind(new.email)
            .bind(new.name)
            .bind(new.role.key())
            .bind(new.locale)
            .bind(new.password_hash)
            .bind(now)
    )?;
    Ok(id)
}

/// What a person may change about themselves.
#[derive(Debug, Clone)]
pub struct Profile<'a> {
    pub name: &'a str,
    pub locale: &'a str,
    /// `auto`, `light` or `dark`.
    pub theme: &'a str,
    pub signature: &'a str,
}

pub async fn save_profile(tx: &mut Tx, id: Uuid, profile: &Profile<'_>) -> Result<()> {
    one(execute!(
        tx,
        sqlx::query("UPDATE users SET name = $2, locale = $3, theme = $4, signature = $5 WHERE id = $1")
            .bind(id)
            .bind(profile.name)
            .bind(profile.locale)
            .bind(profile.theme)
            .bind(profile.signature)
    )?)
}

/// Gives another role. The tokens shrink with it at once; invitations by somebody who may no longer invite are void.
pub async fn set_role(tx: &mut Tx, id: Uuid, role: Role) -> Result<()> {
    if role != Role::Admin {
        keep_an_admin(tx, id).await?;
    }
    one(execute!(
        &mut *tx,
        sqlx::query("UPDATE users SET role = $2 WHERE id = $1")
            .bind(id)
            .bind(role.key())
    )?)?;
    if !role.may(Permission::ManagePeople) {
        invitations::withdraw_of(tx, id).await?;
    }
    Ok(())
}

/// Lets a person in again, or takes everything from them at once: sessions, tokens, links, invitations they sent.
pub async fn set_active(tx: &mut Tx, id: Uuid, active: bool, now: Millis) -> Result<()> {
    if !active {
        keep_an_admin(tx, id).await?;
        sessions::revoke_all(tx, id, None).await?;
        tokens::revoke_all(tx, id, now).await?;
        invitations::withdraw_of(tx, id).await?;
        execute!(
            &mut *tx,
            sqlx::query("DELETE FROM password_resets WHERE user_id = $1").bind(id)
        )?;
    }
    one(execute!(
        tx,
        sqlx::query("UPDATE users SET active = $2 WHERE id = $1")
            .bind(id)
            .bind(active)
    )?)
}

/// Refuses to lose the last active administrator. Their rows are locked, so that two cannot go at the same time.
async fn keep_an_admin(tx: &mut Tx, leaving: Uuid) -> Result<()> {
    let text = match tx.dialect() {
        Dialect::Sqlite => "SELECT id FROM users WHERE role = 'admin' AND active ORDER BY id",
        Dialect::Postgres => "SELECT id FROM users WHERE role = 'admin' AND active ORDER BY id FOR UPDATE",
    };
    let admins: Vec<Uuid> = sql!(tx, c => sqlx::query_scalar(text).fetch_all(c).await)?;
    if admins == [leaving] {
        Err(Error::Refused("error-last-admin"))
    } else {
        Ok(())
    }
}

/// What signing in needs to know.
#[derive(Debug, Clone, FromRow)]
pub struct Credentials {
    pub id: Uuid,
    pub email: String,
    pub name: String,
    pub active: bool,
    pub password_hash: Option<String>,
    /// Sealed by the vault.
    pub totp_secret: Option<Vec<u8>>,
    /// Hashes of the recovery codes that are left, a JSON array.
    pub recovery_codes: Option<String>,
}

pub async fn credentials(db: &Db, email: &str) -> Result<Option<Credentials>> {
    sql!(db, c => sqlx::query_as(
        "SELECT id, email, name, active, password_hash, totp_secret, recovery_codes FROM users WHERE email = $1",
    ).bind(email).fetch_optional(c).await)
}

pub async fn credentials_of(db: &Db, id: Uuid) -> Result<Credentials> {
    sql!(db, c => sqlx::query_as(
        "SELECT id, email, name, active, password_hash, totp_secret, recovery_codes FROM users WHERE id = $1",
    ).bind(id).fetch_one(c).await)
}

/// Holds the row until the end of the transaction and checks that what was verified still stands: the person is active
/// and the password was not changed meanwhile. [`Error::Stale`] otherwise.
pub async fn hold(tx: &mut Tx, id: Uuid, password_hash: &str) -> Result<()> {
    let text = match tx.dialect() {
        Dialect::Sqlite => "SELECT id FROM users WHERE id = $1 AND active AND password_hash = $2",
        Dialect::Postgres => "SELECT id FROM users WHERE id = $1 AND active AND password_hash = $2 FOR UPDATE",
    };
    let found: Option<Uuid> =
        sql!(tx, c => sqlx::query_scalar(text).bind(id).bind(password_hash).fetch_optional(c).await)?;
    found.map(drop).ok_or(Error::Stale)
}

/// Changes the password and ends every session but the one that is kept. An open reset link is void.
pub async fn set_password(tx: &mut Tx, id: Uuid, password_hash: &str, keep: Option<Uuid>) -> Result<()> {
    one(execute!(
        &mut *tx,
        sqlx::query("UPDATE users SET password_hash = $2 WHERE id = $1")
            .bind(id)
            .bind(password_hash)
    )?)?;
    execute!(
        &mut *tx,
        sqlx::query("DELETE FROM password_resets WHERE user_id = $1").bind(id)
    )?;
    sessions::revoke_all(tx, id, keep).await
}

/// Switches the second factor on. `step` is the time step of the code that proved it, which is spent.
pub async fn set_totp(tx: &mut Tx, id: Uuid, sealed: &[u8], step: i64, recovery_codes: &str) -> Result<()> {
    one(execute!(
        tx,
        sqlx::query("UPDATE users SET totp_secret = $2, totp_last_step = $3, recovery_codes = $4 WHERE id = $1")
            .bind(id)
            .bind(sealed)
            .bind(step)
            .bind(recovery_codes)
    )?)
}

pub async fn clear_totp(tx: &mut Tx, id: Uuid) -> Result<()> {
    one(execute!(
        tx,
        sqlx::query("UPDATE users SET totp_secret = NULL, totp_last_step = NULL, recovery_codes = NULL WHERE id = $1")
            .bind(id)
    )?)
}

/// Spends a time step; false when it, or a later one, was spent before (RFC 6238, 5.2).
pub async fn spend_step(tx: &mut Tx, id: Uuid, step: i64) -> Result<bool> {
    let spent = execute!(
        tx,
        sqlx::query(
            "UPDATE users SET totp_last_step = $2 WHERE id = $1 AND (totp_last_step IS NULL OR totp_last_step < $2)"
        )
        .bind(id)
        .bind(step)
    )?;
    Ok(spent == 1)
}

/// Replaces the recovery codes; false when they are no longer `was`, so that a code is spent once.
pub async fn replace_recovery_codes(tx: &mut Tx, id: Uuid, was: &str, codes: &str) -> Result<bool> {
    let replaced = execute!(
        tx,
        sqlx::query("UPDATE users SET recovery_codes = $3 WHERE id = $1 AND recovery_codes = $2")
            .bind(id)
            .bind(was)
            .bind(codes)
    )?;
    Ok(replaced == 1)
}

/// How long a link for a new password works.
pub const RESET_WINDOW: Millis = 24 * 60 * 60 * 1000;

/// Opens a link for a new password; an earlier one is void.
pub async fn open_reset(tx: &mut Tx, id: Uuid, token_hash: &[u8], now: Millis) -> Result<()> {
    execute!(
        tx,
        sqlx::query(
            "INSERT INTO password_resets (user_id, token_hash, created_at, expires_at) VALUES ($1, $2, $3, $4)
             ON CONFLICT (user_id) DO UPDATE SET token_hash = excluded.token_hash, created_at = excluded.created_at, expires_at = excluded.expires_at"
        )
        .bind(id)
        .bind(token_hash)
        .bind(now)
        .bind(now + RESET_WINDOW)
    )?;
    Ok(())
}

/// Whom an open link is for.
pub async fn of_reset(db: &Db, token_hash: &[u8], now: Millis) -> Result<Option<User>> {
    sql!(db, c => sqlx::query_as(select!(
        "WHERE active AND id = (SELECT user_id FROM password_resets WHERE token_hash = $1 AND expires_at > $2)"
    )).bind(token_hash).bind(now).fetch_optional(c).await)
}

/// Spends a link; [`Error::NotFound`] when it is void or somebody was faster.
pub async fn spend_reset(tx: &mut Tx, token_hash: &[u8], now: Millis) -> Result<Uuid> {
    sql!(tx, c => sqlx::query_scalar(
        "DELETE FROM password_resets WHERE token_hash = $1 AND expires_at > $2 RETURNING user_id",
    ).bind(token_hash).bind(now).fetch_one(c).await)
}

/// A change of exactly one row.
fn one(touched: u64) -> Result<()> {
    if touched == 1 { Ok(()) } else { Err(Error::NotFound) }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::each_database;

    /// A person of a role, with the password hash `phc`.
    pub(crate) async fn someone(db: &Db, email: &str, role: Role) -> Uuid {
        let mut tx = db.begin().await.unwrap();
        let new = NewUser {
            email,
            name: email,
            role,
            locale: "it",
            password_hash: Some("phc"),
        };
        let id = create(&mut tx, &new, 1).await.unwrap();
        tx.commit().await.unwrap();
        id
    }

    #[tokio::test]
    async fn the_last_admin_stays() {
        each_database(|db| async move {
            let (one, other) = (
                someone(&db, "a@x.it", Role::Admin).await,
                someone(&db, "b@x.it", Role::Admin).await,
            );
            let demote = |id| {
                let db = db.clone();
                async move {
                    let mut tx = db.begin().await?;
                    set_role(&mut tx, id, Role::Agent).await?;
                    tx.commit().await
                }
            };
            let outcomes = tokio::join!(demote(one), demote(other));
            assert!(outcomes.0.is_ok() != outcomes.1.is_ok(), "{outcomes:?}");
            let left = list(&db)
                .await
                .unwrap()
                .into_iter()
                .find(|user| user.role == Role::Admin)
                .unwrap();
            let mut tx = db.begin().await.unwrap();
            let refused = set_active(&mut tx, left.id, false, 2).await;
            assert!(matches!(refused, Err(Error::Refused("error-last-admin"))));
        })
        .await;
    }

    #[tokio::test]
    async fn an_address_belongs_to_one_person() {
        each_database(|db| async move {
            assert!(!any(&db).await.unwrap());
            let id = someone(&db, "a@x.it", Role::Agent).await;
            assert!(any(&db).await.unwrap());
            assert_eq!(by_email(&db, "a@x.it").await.unwrap().unwrap().id, id);
            let mut tx = db.begin().await.unwrap();
            let twice = NewUser {
                email: "a@x.it",
                name: "B",
                role: Role::Agent,
                locale: "it",
                password_hash: None,
            };
            assert!(matches!(create(&mut tx, &twice, 1).await, Err(Error::Exists)));
        })
        .await;
    }

    #[tokio::test]
    async fn a_time_step_and_a_recovery_code_are_spent_once() {
        each_database(|db| async move {
            let id = someone(&db, "a@x.it", Role::Agent).await;
            let mut tx = db.begin().await.unwrap();
            set_totp(&mut tx, id, b"sealed", 10, "[1,2]").await.unwrap();
            assert!(!spend_step(&mut tx, id, 10).await.unwrap());
            assert!(spend_step(&mut tx, id, 11).await.unwrap());
            assert!(!spend_step(&mut tx, id, 11).await.unwrap());
            assert!(replace_recovery_codes(&mut tx, id, "[1,2]", "[2]").await.unwrap());
            assert!(!replace_recovery_codes(&mut tx, id, "[1,2]", "[2]").await.unwrap());
            tx.commit().await.unwrap();
        })
        .await;
    }

    #[tokio::test]
    async fn a_reset_link_works_once_and_not_for_ever() {
        each_database(|db| async move {
            let id = someone(&db, "a@x.it", Role::Agent).await;
            let mut tx = db.begin().await.unwrap();
            open_reset(&mut tx, id, b"old", 0).await.unwrap();
            open_reset(&mut tx, id, b"new", 0).await.unwrap();
            tx.commit().await.unwrap();
            assert!(of_reset(&db, b"old", 1).await.unwrap().is_none());
            assert!(of_reset(&db, b"new", RESET_WINDOW).await.unwrap().is_none());
            assert_eq!(of_reset(&db, b"new", 1).await.unwrap().unwrap().id, id);
            let mut tx = db.begin().await.unwrap();
            assert_eq!(spend_reset(&mut tx, b"new", 1).await.unwrap(), id);
            assert!(matches!(spend_reset(&mut tx, b"new", 1).await, Err(Error::NotFound)));
        })
        .await;
    }
}
