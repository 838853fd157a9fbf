//! Teams, to which cases are routed, and who is in them.

use sqlx::FromRow;
use uuid::Uuid;
use voce_domain::Millis;

use crate::{Db, Error, Result, Tx};

#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Team {
    pub id: Uuid,
    pub name: String,
    /// How many active people are in it.
    pub members: i64,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT t.id, t.name, (SELECT COUNT(*) FROM team_members m JOIN users u ON u.id = m.user_id WHERE m.team_id = t.id AND u.active) AS members
             FROM teams t ",
            $rest
        )
    };
}

/// Every team, by name.
pub async fn list(db: &Db) -> Result<Vec<Team>> {
    sql!(db, c => sqlx::query_as(select!("ORDER BY t.name, t.id")).fetch_all(c).await)
}

pub async fn by_id(db: &Db, id: Uuid) -> Result<Team> {
    sql!(db, c => sqlx::query_as(select!("WHERE t.id = $1")).bind(id).fetch_one(c).await)
}

/// The teams of a person, by name.
pub async fn of_user(db: &Db, user_id: Uuid) -> Result<Vec<Team>> {
    sql!(db, c => sqlx::query_as(select!(
        "JOIN team_members mine ON mine.team_id = t.id WHERE mine.user_id = $1 ORDER BY t.name, t.id"
    )).bind(user_id).fetch_all(c).await)
}

/// Who is in which team: pairs of team and person.
pub async fn memberships(db: &Db) -> Result<Vec<(Uuid, Uuid)>> {
    sql!(db, c => sqlx::query_as("SELECT team_id, user_id FROM team_members ORDER BY team_id, user_id").fetch_all(c).await)
}

pub async fn create(tx: &mut Tx, name: &str, now: Millis) -> Result<Uuid> {
    let id = Uuid::now_v7();
    execute!(
        tx,
        sqlx::query("INSERT INTO teams (id, name, created_at) VALUES ($1, $2, $3)")
            .bind(id)
            .bind(name)
            .bind(now)
    )?;
    Ok(id)
}

pub async fn rename(tx: &mut Tx, id: Uuid, name: &str) -> Result<()> {
    match execute!(
        tx,
        sqlx::query("UPDATE teams SET name = $2 WHERE id = $1")
            .bind(id)
            .bind(name)
    )? {
        1 => Ok(()),
        _ => Err(Error::NotFound),
    }
}

/// Makes exactly these people the members.
pub async fn set_members(tx: &mut Tx, id: Uuid, people: &[Uuid]) -> Result<()> {
    execute!(
        &mut *tx,
        sqlx::query("DELETE FROM team_members WHERE team_id = $1").bind(id)
    )?;
    if people.is_empty() {
        return Ok(());
    }
    sql!(tx, c => {
        let mut query = sqlx::QueryBuilder::new("INSERT INTO team_members (team_id, user_id) SELECT ");
        query.push_bind(id).push(", id FROM users WHERE id IN (");
        let mut list = query.separated(", ");
        for person in people {
            list.push_bind(*person);
        }
        query.push(")");
        query.build().execute(c).await.map(drop)
    })?;
    Ok(())
}

/// Adds a person to a team that still exists.
pub async fn join(tx: &mut Tx, id: Uuid, user_id: Uuid) -> Result<()> {
    execute!(
        tx,
        sqlx::query(
            "INSERT INTO team_members (team_id, user_id) SELECT id, $2 FROM teams WHERE id = $1 ON CONFLICT DO NOTHING"
        )
        .bind(id)
        .bind(user_id)
    )?;
    Ok(())
}

/// Removes a team. Refused while open cases, a channel or a routing rule lead to it, so that no work is left with nobody.
pub async fn delete(tx: &mut Tx, id: Uuid) -> Result<()> {
    let used: i64 = sql!(&mut *tx, c => sqlx::query_scalar(
        "SELECT (SELECT COUNT(*) FROM channel_accounts WHERE team_id = $1)
              + (SELECT COUNT(*) FROM routing_rules WHERE decision LIKE $2)
              + (SELECT COUNT(*) FROM cases WHERE active AND team_id IS NOT NULL AND team_id = $1)",
    ).bind(id).bind(format!("%{id}%")).fetch_one(c).await)?;
    if used > 0 {
        return Err(Error::Refused("error-team-in-use"));
    }
    execute!(
        &mut *tx,
        sqlx::query("UPDATE invitations SET team_id = NULL WHERE team_id = $1").bind(id)
    )?;
    match execute!(tx, sqlx::query("DELETE FROM teams WHERE id = $1").bind(id))? {
        1 => Ok(()),
        _ => Err(Error::NotFound),
    }
}

#[cfg(test)]
mod tests {
    use voce_domain::permission::Role;

    use super::*;
    use crate::{testing::each_database, users::tests::someone};

    #[tokio::test]
    async fn a_team_has_a_unique_name_and_members() {
        each_database(|db| async move {
            let (anna, luca) = (
                someone(&db, "a@x.it", Role::Agent).await,
                someone(&db, "l@x.it", Role::Agent).await,
            );
            let mut tx = db.begin().await.unwrap();
            let team = create(&mut tx, "Resi", 1).await.unwrap();
            set_members(&mut tx, team, &[anna, Uuid::now_v7()]).await.unwrap();
            join(&mut tx, team, anna).await.unwrap();
            join(&mut tx, Uuid::now_v7(), luca).await.unwrap();
            tx.commit().await.unwrap();
            assert_eq!(
                list(&db).await.unwrap(),
                [Team {
                    id: team,
                    name: "Resi".into(),
                    members: 1
                }]
            );
            assert_eq!(of_user(&db, anna).await.unwrap().len(), 1);
            assert!(of_user(&db, luca).await.unwrap().is_empty());
            let mut tx = db.begin().await.unwrap();
            assert!(matches!(create(&mut tx, "Resi", 1).await, Err(Error::Exists)));
            drop(tx);
            let mut tx = db.begin().await.unwrap();
            delete(&mut tx, team).await.unwrap();
            assert!(matches!(delete(&mut tx, team).await, Err(Error::NotFound)));
            tx.commit().await.unwrap();
            assert!(memberships(&db).await.unwrap().is_empty());
        })
        .await;
    }
}
