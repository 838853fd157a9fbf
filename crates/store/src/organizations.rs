//! Organizations: the companies that contacts belong to.

use std::collections::HashMap;

use sqlx::FromRow;
use uuid::Uuid;
use voce_domain::Millis;
use voce_identity::name;

use crate::{Db, Error, Result, Tx, contact_search, contacts::Fields, statement::Statement};

#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Organization {
    pub id: Uuid,
    pub name: String,
    pub name_key: String,
    /// Of its web site and mail addresses, e.g. `example.com`.
    pub domain: Option<String>,
    #[sqlx(try_from = "String")]
    pub fields: Fields,
    pub created_at: Millis,
    /// Also its version: it grows with every change.
    pub updated_at: Millis,
}

/// What people may write of an organization.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Values {
    pub name: String,
    pub domain: Option<String>,
    pub fields: Fields,
}

impl Organization {
    pub fn values(&self) -> Values {
        Values {
            name: self.name.clone(),
            domain: self.domain.clone(),
            fields: self.fields.clone(),
        }
    }
}

const SELECT: &str = "SELECT id, name, name_key, domain, fields, created_at, updated_at FROM organizations ";

pub async fn get(db: &Db, id: Uuid) -> Result<Organization> {
    let mut statement = Statement::new(SELECT);
    statement.push("WHERE id = ").bind(id);
    statement.all(db).await?.pop().ok_or(Error::NotFound)
}

/// The organization of a name, whatever its case and accents.
pub async fn by_name(db: &Db, organization: &str) -> Result<Option<Organization>> {
    let mut statement = Statement::new(SELECT);
    statement.push("WHERE name_key = ").bind(name::key(organization));
    Ok(statement.all(db).await?.pop())
}

/// The same inside a transaction.
pub async fn by_name_in(tx: &mut Tx, organization: &str) -> Result<Option<Organization>> {
    let mut statement = Statement::new(SELECT);
    statement.push("WHERE name_key = ").bind(name::key(organization));
    Ok(statement.all_in(tx).await?.pop())
}

/// The id of the organization of that name, which is made when there is none.
pub async fn named(tx: &mut Tx, organization: &str, now: Millis) -> Result<Uuid> {
    let found: (Uuid,) = sql!(tx, c => sqlx::query_as(
        "INSERT INTO organizations (id, name, name_key, created_at, updated_at) VALUES ($1, $2, $3, $4, $4)
         ON CONFLICT (name_key) DO UPDATE SET name_key = excluded.name_key RETURNING id",
    ).bind(Uuid::now_v7()).bind(organization.trim()).bind(name::key(organization)).bind(now).fetch_one(c).await)?;
    Ok(found.0)
}

/// Makes an organization; [`Error::Exists`] when there is one of that name.
pub async fn create(tx: &mut Tx, values: &Values, now: Millis) -> Result<Uuid> {
    let id = Uuid::now_v7();
    execute!(tx, sqlx::query(
        "INSERT INTO organizations (id, name, name_key, domain, fields, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $6)",
    ).bind(id).bind(&values.name).bind(name::key(&values.name)).bind(&values.domain).bind(serde_json::to_string(&values.fields)?).bind(now))?;
    Ok(id)
}

/// Gives it new values, if nobody changed it since `version` ([`Organization::updated_at`]).
pub async fn edit(tx: &mut Tx, id: Uuid, values: &Values, version: Millis, now: Millis) -> Result<()> {
    let touched = execute!(&mut *tx, sqlx::query(
        "UPDATE organizations SET name = $3, name_key = $4, domain = $5, fields = $6, updated_at = $7 WHERE id = $1 AND updated_at = $2",
    ).bind(id).bind(version).bind(&values.name).bind(name::key(&values.name)).bind(&values.domain)
        .bind(serde_json::to_string(&values.fields)?).bind(now.max(version + 1)))?;
    if touched == 0 {
        return Err(Error::Stale);
    }
    let members: Vec<(Uuid,)> = sql!(&mut *tx, c => sqlx::query_as("SELECT id FROM contacts WHERE organization_id = $1 AND organization_id IS NOT NULL")
        .bind(id).fetch_all(c).await)?;
    contact_search::index(tx, &members.into_iter().map(|row| row.0).collect::<Vec<_>>()).await
}

/// From where a page of the list goes on: the name key of its last line, or of its first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum From {
    After(String),
    Before(String),
}

/// A page of organizations by name. `search` is the beginning of the name.
pub async fn list(db: &Db, search: &str, from: Option<&From>, limit: i64) -> Result<Vec<Organization>> {
    let mut statement = Statement::new(SELECT);
    statement.push("WHERE 1 = 1");
    let start = name::key(search);
    if !start.is_empty() {
        statement
            .push(" AND substr(name_key, 1, CAST(")
            .bind(start.chars().count() as i64)
            .push(" AS INTEGER)) = ")
            .bind(start.as_str());
    }
    match from {
        Some(From::After(key)) => statement.push(" AND name_key > ").bind(key.as_str()),
        Some(From::Before(key)) => statement.push(" AND name_key < ").bind(key.as_str()),
        None => &mut statement,
    };
    let backwards = matches!(from, Some(From::Before(_)));
    statement
        .push(if backwards {
            " ORDER BY name_key DESC LIMIT "
        } else {
            " ORDER BY name_key LIMIT "
        })
        .bind(limit);
    let mut rows: Vec<Organization> = statement.all(db).await?;
    if backwards {
        rows.reverse();
    }
    Ok(rows)
}

/// How many contacts each of these organizations has; those without are left out.
pub async fn members(db: &Db, ids: &[Uuid]) -> Result<HashMap<Uuid, i64>> {
    let mut statement = Statement::new(
        "SELECT organization_id, count(*) FROM contacts WHERE merged_into IS NULL AND organization_id IS NOT NULL AND organization_id IN ",
    );
    statement.bind_list(ids).push(" GROUP BY organization_id");
    Ok(statement.all::<(Uuid, i64)>(db).await?.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use voce_domain::event::Actor;
    use voce_identity::merge::Person;

    use super::*;
    use crate::{
        contacts::{self, Filter, Sort},
        testing::each_database,
    };

    #[tokio::test]
    async fn organizations_are_one_for_a_name() {
        each_database(|db| async move {
            let mut tx = db.begin().await.unwrap();
            let first = named(&mut tx, "Caffè Aurora", 1).await.unwrap();
            assert_eq!(named(&mut tx, " CAFFE  aurora", 2).await.unwrap(), first);
            let values = |name: &str| Values {
                name: name.into(),
                ..Values::default()
            };
            create(&mut tx, &values("Bar Sport"), 3).await.unwrap();
            let person = Person {
                organization_id: Some(first),
                name: "Anna".into(),
                ..Person::default()
            };
            contacts::create(&mut tx, &person, &[], Actor::SYSTEM, 1).await.unwrap();
            edit(&mut tx, first, &values("Torrefazione Aurora"), 1, 4)
                .await
                .unwrap();
            let late = edit(&mut tx, first, &values("X"), 1, 5).await;
            assert!(matches!(late, Err(Error::Stale)), "{late:?}");
            tx.commit().await.unwrap();
            let listed = list(&db, "", None, 10).await.unwrap();
            assert_eq!(
                listed.iter().map(|o| o.name.as_str()).collect::<Vec<_>>(),
                ["Bar Sport", "Torrefazione Aurora"]
            );
            assert_eq!(list(&db, "TORR", None, 10).await.unwrap().len(), 1);
            let after = From::After(listed[0].name_key.clone());
            assert_eq!(list(&db, "", Some(&after), 10).await.unwrap(), listed[1..]);
            assert_eq!(members(&db, &[first]).await.unwrap(), [(first, 1)].into());
            let found = Filter {
                search: Some("torrefazione".into()),
                ..Filter::default()
            };
            assert_eq!(contacts::list(&db, &found, Sort::Name, None, 9).await.unwrap().len(), 1);
            let mut tx = db.begin().await.unwrap();
            let twice = create(&mut tx, &values("bar sport"), 6).await;
            assert!(matches!(twice, Err(Error::Exists)), "{twice:?}");
        })
        .await;
    }
}
