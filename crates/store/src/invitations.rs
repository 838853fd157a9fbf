//! Links by which new people join, each once.

use sqlx::FromRow;
use uuid::Uuid;
use voce_domain::{Millis, permission::Role};

use crate::{Db, Result, Tx, teams};

/// How long an invitation waits.
pub const WINDOW: Millis = 7 * 24 * 60 * 60 * 1000;

/// An invitation that nobody has accepted yet.
#[derive(Debug, Clone, FromRow)]
pub struct Invitation {
    pub id: Uuid,
    pub email: String,
    #[sqlx(try_from = "String")]
    pub role: Role,
    pub team_id: Option<Uuid>,
    pub team: Option<String>,
    pub invited_by: String,
    pub created_at: Millis,
    pub expires_at: Millis,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT i.id, i.email, i.role, i.team_id, t.name AS team, u.name AS invited_by, i.created_at, i.expires_at
             FROM invitations i JOIN users u ON u.id = i.invited_by LEFT JOIN teams t ON t.id = i.team_id
             WHERE i.accepted_at IS NULL AND i.expires_at > $1 ",
            $rest
        )
    };
}

/// The open invitations, the newest first.
pub async fn list(db: &Db, now: Millis) -> Result<Vec<Invitation>> {
    sql!(db, c => sqlx::query_as(select!("ORDER BY i.created_at DESC, i.id LIMIT 500")).bind(now).fetch_all(c).await)
}

/// The open invitation behind a link.
pub async fn find(db: &Db, token_hash: &[u8], now: Millis) -> Result<Option<Invitation>> {
    sql!(db, c => sqlx::query_as(select!("AND i.token_hash = $2")).bind(now).bind(token_hash).fetch_optional(c).await)
}

/// Whom to invite, as what.
#[derive(Debug, Clone)]
pub struct NewInvitation<'a> {
    /// In its normal form.
    pub email: &'a str,
    pub role: Role,
    pub team_id: Option<Uuid>,
    pub token_hash: &'a [u8],
    pub invited_by: Uuid,
}

/// Invites somebody; earlier open invitations to the same address are void.
pub async fn create(tx: &mut Tx, new: &NewInvitation<'_>, now: Millis) -> Result<Uuid> {
    execute!(
        &mut *tx,
        sqlx::query("DELETE FROM invitations WHERE email = $1 AND accepted_at IS NULL").bind(new.email)
    )?;
    let id = Uuid::now_v7();
    execute!(
        tx,
        sqlx::query(
            "INSERT INTO invitations (id, email, role, team_id, token_hash, invited_by, created_at, expires_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
        )
        .bind(id)
        .bind(new.email)
        .bind(new.role.key())
        .bind(new.team_id)
        .bind(new.token_hash)
        .bind(new.invited_by)
        .bind(now)
        .bind(now + WINDOW)
    )?;
    Ok(id)
}

/// Spends a link; [`crate::Error::NotFound`] when it is void or somebody was faster.
pub async fn accept(tx: &mut Tx, token_hash: &[u8], now: Millis) -> Result<Accepted> {
    sql!(tx, c => sqlx::query_as(
        "UPDATE invitations SET accepted_at = $2 WHERE token_hash = $1 AND accepted_at IS NULL AND expires_at > $2
         RETURNING email, role, team_id",
    ).bind(token_hash).bind(now).fetch_one(c).await)
}

/// What the invitation promised.
#[derive(Debug, Clone, FromRow)]
pub struct Accepted {
    pub email: String,
    #[sqlx(try_from = "String")]
    pub role: Role,
    pub team_id: Option<Uuid>,
}

impl Accepted {
    /// Puts the new person into the team, if it still exists.
    pub async fn join(&self, tx: &mut Tx, user_id: Uuid) -> Result<()> {
        match self.team_id {
            Some(team) => teams::join(tx, team, user_id).await,
            None => Ok(()),
        }
    }
}

/// Takes an open invitation back and says to whom it went.
pub async fn withdraw(tx: &mut Tx, id: Uuid) -> Result<String> {
    sql!(tx, c => sqlx::query_scalar("DELETE FROM invitations WHERE id = $1 AND accepted_at IS NULL RETURNING email")
        .bind(id).fetch_one(c).await)
}

/// Takes back every open invitation that a person sent.
pub(crate) async fn withdraw_of(tx: &mut Tx, user_id: Uuid) -> Result<()> {
    execute!(
        tx,
        sqlx::query("DELETE FROM invitations WHERE invited_by = $1 AND accepted_at IS NULL").bind(user_id)
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Error, testing::each_database, users, users::tests::someone};

    async fn invite(db: &Db, invited_by: Uuid, token_hash: &[u8]) -> Uuid {
        let mut tx = db.begin().await.unwrap();
        let new = NewInvitation {
            email: "new@x.it",
            role: Role::Agent,
            team_id: None,
            token_hash,
            invited_by,
        };
        let id = create(&mut tx, &new, 0).await.unwrap();
        tx.commit().await.unwrap();
        id
    }

    #[tokio::test]
    async fn an_invitation_is_accepted_once_in_time_and_only_the_newest() {
        each_database(|db| async move {
            let boss = someone(&db, "boss@x.it", Role::Admin).await;
            invite(&db, boss, b"one").await;
            invite(&db, boss, b"two").await;
            assert!(find(&db, b"one", 1).await.unwrap().is_none());
            assert!(find(&db, b"two", WINDOW).await.unwrap().is_none());
            let accept_it = || async {
                let mut tx = db.begin().await?;
                let accepted = accept(&mut tx, b"two", 1).await?;
                tx.commit().await?;
                Ok::<_, Error>(accepted)
            };
            let outcomes = tokio::join!(accept_it(), accept_it());
            assert!(outcomes.0.is_ok() != outcomes.1.is_ok(), "{outcomes:?}");
            assert!(list(&db, 1).await.unwrap().is_empty());
        })
        .await;
    }

    #[tokio::test]
    async fn an_invitation_falls_with_its_author() {
        each_database(|db| async move {
            someone(&db, "other@x.it", Role::Admin).await;
            let boss = someone(&db, "boss@x.it", Role::Admin).await;
            invite(&db, boss, b"one").await;
            assert_eq!(list(&db, 1).await.unwrap().len(), 1);
            let mut tx = db.begin().await.unwrap();
            users::set_role(&mut tx, boss, Role::Supervisor).await.unwrap();
            tx.commit().await.unwrap();
            assert!(find(&db, b"one", 1).await.unwrap().is_none());
        })
        .await;
    }
}
