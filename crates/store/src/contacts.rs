//! Contacts: the people who write, in the registry (customers) or not yet (prospects).

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::FromRow;
use uuid::Uuid;
use voce_domain::{
    Millis,
    event::{Actor, Event, EventKind},
    identity::Address,
};
use voce_identity::{merge::Person, name};

use crate::{Db, Error, Result, Tx, contact_search, events, identities, statement::Statement};

/// One contact as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Contact {
    pub id: Uuid,
    pub name: String,
    pub customer: bool,
    pub organization_id: Option<Uuid>,
    /// The organization's name.
    pub organization: Option<String>,
    pub language: Option<String>,
    pub avatar_url: Option<String>,
    pub note: String,
    #[sqlx(try_from = "String")]
    pub fields: Fields,
    pub merged_into: Option<Uuid>,
    pub created_at: Millis,
    /// Also its version: it grows with every change.
    pub updated_at: Millis,
}

impl Contact {
    pub fn person(&self) -> Person {
        Person {
            name: self.name.clone(),
            customer: self.customer,
            organization_id: self.organization_id,
            language: self.language.clone(),
            avatar_url: self.avatar_url.clone(),
            note: self.note.clone(),
            fields: self.fields.0.clone(),
        }
    }
}

/// Custom fields by their name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fields(pub BTreeMap<String, String>);

impl TryFrom<String> for Fields {
    type Error = serde_json::Error;
    fn try_from(text: String) -> Result<Self, serde_json::Error> {
        serde_json::from_str(&text)
    }
}

pub(crate) const SELECT: &str =
    "SELECT c.id, c.name, c.customer, c.organization_id, o.name AS organization, c.language, c.avatar_url,
     c.note, c.fields, c.merged_into, c.created_at, c.updated_at
     FROM contacts c LEFT JOIN organizations o ON o.id = c.organization_id ";

/// The contact of an id, merged or not.
pub async fn get(db: &Db, id: Uuid) -> Result<Contact> {
    get_many(db, &[id]).await?.pop().ok_or(Error::NotFound)
}

pub async fn get_many(db: &Db, ids: &[Uuid]) -> Result<Vec<Contact>> {
    let mut statement = Statement::new(SELECT);
    statement.push("WHERE c.id IN ").bind_list(ids);
    statement.all(db).await
}

/// The same inside a transaction.
pub async fn get_in(tx: &mut Tx, id: Uuid) -> Result<Contact> {
    let mut statement = Statement::new(SELECT);
    statement.push("WHERE c.id = ").bind(id);
    statement.all_in(tx).await?.pop().ok_or(Error::NotFound)
}

/// The contact that a merged one went into, over any number of merges; itself when it was not merged.
pub async fn current(db: &Db, id: Uuid) -> Result<Uuid> {
    let found: Option<(Uuid,)> = sql!(db, c => sqlx::query_as(
        "WITH RECURSIVE way (id, merged_into) AS (
            SELECT id, merged_into FROM contacts WHERE id = $1
            UNION ALL
            SELECT k.id, k.merged_into FROM contacts k JOIN way w ON k.id = w.merged_into
         ) SELECT id FROM way WHERE merged_into IS NULL",
    ).bind(id).fetch_optional(c).await)?;
    found.map(|(id,)| id).ok_or(Error::NotFound)
}

/// Makes a contact with its addresses. [`Error::Exists`] when one of them belongs to somebody.
pub async fn create(tx: &mut Tx, person: &Person, addresses: &[Address], actor: Actor, now: Millis) -> Result<Uuid> {
    let id = Uuid::now_v7();
    execute!(&mut *tx, sqlx::query(
        "INSERT INTO contacts (id, name, name_key, customer, organization_id, language, avatar_url, note, fields, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)",
    ).bind(id).bind(&person.name).bind(name::key(&person.name)).bind(person.customer).bind(person.organization_id)
        .bind(&person.language).bind(&person.avatar_url).bind(&person.note).bind(serde_json::to_string(&person.fields)?).bind(now))?;
    for address in addresses {
        identities::insert(tx, id, address, now).await?;
    }
    contact_search::index(tx, &[id]).await?;
    let event = Event::new(EventKind::ContactCreated, now, actor)
        .contact(id)
        .data(json!({ "name": person.name }));
    events::append(tx, &[event]).await?;
    Ok(id)
}

/// Gives a contact new values, if nobody changed it since `version` ([`Contact::updated_at`]).
pub async fn edit(tx: &mut Tx, id: Uuid, person: &Person, version: Millis, actor: Actor, now: Millis) -> Result<()> {
    let before = get_in(tx, id).await?;
    if before.updated_at != version || before.merged_into.is_some() {
        return Err(Error::Stale);
    }
    let changed = changed_values(&before.person(), person);
    if changed.is_empty() {
        return Ok(());
    }
    write(tx, id, person, version, now.max(version + 1)).await?;
    contact_search::index(tx, &[id]).await?;
    let event = Event::new(EventKind::ContactChanged, now, actor)
        .contact(id)
        .data(json!({ "changed": changed }));
    events::append(tx, &[event]).await
}

/// Writes all values of the contact whose version is still `version`.
pub(crate) async fn write(tx: &mut Tx, id: Uuid, person: &Person, version: Millis, updated_at: Millis) -> Result<()> {
    let touched = execute!(tx, sqlx::query(
        "UPDATE contacts SET name = $3, name_key = $4, customer = $5, organization_id = $6, language = $7, avatar_url = $8, note = $9,
            fields = $10, updated_at = $11
         WHERE id = $1 AND updated_at = $2",
    ).bind(id).bind(version).bind(&person.name).bind(name::key(&person.name)).bind(person.customer).bind(person.organization_id)
        .bind(&person.language).bind(&person.avatar_url).bind(&person.note).bind(serde_json::to_string(&person.fields)?).bind(updated_at))?;
    if touched == 1 { Ok(()) } else { Err(Error::Stale) }
}

/// Names of the values in which two differ, for the history.
pub(crate) fn changed_values(before: &Person, after: &Person) -> Vec<String> {
    let fixed = [
        ("name", before.name != after.name),
        ("customer", before.customer != after.customer),
        ("organization", before.organization_id != after.organization_id),
        ("language", before.language != after.language),
        ("avatar_url", before.avatar_url != after.avatar_url),
        ("note", before.note != after.note),
    ];
    let keys = before
        .fields
        .keys()
        .chain(after.fields.keys().filter(|key| !before.fields.contains_key(*key)));
    let custom = keys
        .filter(|key| before.fields.get(*key) != after.fields.get(*key))
        .cloned();
    fixed
        .into_iter()
        .filter(|(_, changed)| *changed)
        .map(|(name, _)| name.to_owned())
        .chain(custom)
        .collect()
}

/// Which contacts a list shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only customers, or only prospects.
    pub customer: Option<bool>,
    pub organization: Option<Uuid>,
    /// Words at the beginning of words of the name, an address, the organization, a field or the note.
    pub search: Option<String>,
    /// A custom field and the value it must have.
    pub field: Option<(String, String)>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Sort {
    #[default]
    Name,
    NameDown,
    Newest,
    Oldest,
}

/// One line of the list.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Listed {
    pub id: Uuid,
    pub name: String,
    pub name_key: String,
    pub customer: bool,
    pub organization_id: Option<Uuid>,
    pub organization: Option<String>,
    pub created_at: Millis,
}

/// From where a page of the list goes on, and which way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum From {
    After(Place),
    Before(Place),
}

/// A line's place in the list. The part that the order does not look at is not looked at here either.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub name_key: String,
    pub created_at: Millis,
    pub id: Uuid,
}

impl Listed {
    pub fn place(&self) -> Place {
        Place {
            name_key: self.name_key.clone(),
            created_at: self.created_at,
            id: self.id,
        }
    }
}

/// A page of contacts in the order of `sort`, at most `limit`.
pub async fn list(db: &Db, filter: &Filter, sort: Sort, from: Option<&From>, limit: i64) -> Result<Vec<Listed>> {
    let mut statement = Statement::new(
        "SELECT c.id, c.name, c.name_key, c.customer, c.organization_id, o.name AS organization, c.created_at
         FROM contacts c LEFT JOIN organizations o ON o.id = c.organization_id WHERE c.merged_into IS NULL",
    );
    if !narrow(&mut statement, db, filter) {
        return Ok(Vec::new());
    }
    let backwards = matches!(from, Some(From::Before(_)));
    let upwards = matches!(sort, Sort::Name | Sort::Oldest) != backwards;
    let by_name = matches!(sort, Sort::Name | Sort::NameDown);
    if let Some(From::After(place) | From::Before(place)) = from {
        statement.push(if by_name {
            " AND (c.name_key, c.id) "
        } else {
            " AND (c.created_at, c.id) "
        });
        statement.push(if upwards { "> (" } else { "< (" });
        match by_name {
            true => statement.bind(place.name_key.as_str()),
            false => statement.bind(place.created_at),
        };
        statement.push(", ").bind(place.id).push(")");
    }
    statement.push(match (by_name, upwards) {
        (true, true) => " ORDER BY c.name_key, c.id",
        (true, false) => " ORDER BY c.name_key DESC, c.id DESC",
        (false, true) => " ORDER BY c.created_at, c.id",
        (false, false) => " ORDER BY c.created_at DESC, c.id DESC",
    });
    statement.push(" LIMIT ").bind(limit);
    let mut rows: Vec<Listed> = statement.all(db).await?;
    if backwards {
        rows.reverse();
    }
    Ok(rows)
}

/// How many contacts the filter leaves, counted up to `most`.
pub async fn count(db: &Db, filter: &Filter, most: i64) -> Result<i64> {
    let mut statement = Statement::new("SELECT count(*) FROM (SELECT 1 FROM contacts c WHERE c.merged_into IS NULL");
    if !narrow(&mut statement, db, filter) {
        return Ok(0);
    }
    statement.push(" LIMIT ").bind(most).push(") AS counted");
    let rows: Vec<(i64,)> = statement.all(db).await?;
    Ok(rows.first().map_or(0, |row| row.0))
}

/// Adds the conditions of a filter; false when nothing can fulfil them.
fn narrow(statement: &mut Statement, db: &Db, filter: &Filter) -> bool {
    match filter.customer {
        Some(true) => statement.push(" AND c.customer"),
        Some(false) => statement.push(" AND NOT c.customer"),
        None => statement,
    };
    if let Some(organization) = filter.organization {
        statement.push(" AND c.organization_id = ").bind(organization);
    }
    if let Some((key, value)) = &filter.field {
        match db.dialect() {
            crate::Dialect::Sqlite => {
                let path = format!("$.{}", serde_json::Value::from(key.as_str()));
                statement.push(" AND json_extract(c.fields, ").bind(path)
            }
            crate::Dialect::Postgres => statement.push(" AND (c.fields::jsonb ->> ").bind(key.as_str()),
        };
        statement.push(") = ").bind(value.as_str());
    }
    match filter
        .search
        .as_deref()
        .map(str::trim)
        .filter(|search| !search.is_empty())
    {
        Some(search) => contact_search::narrow(statement, db, search, contact_search::HITS),
        None => true,
    }
}

/// A contact's work in figures.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, FromRow)]
pub struct Figures {
    pub cases: i64,
    pub active: i64,
    pub last_message_at: Option<Millis>,
}

/// The figures of a page of contacts; those without a case are left out.
pub async fn figures(db: &Db, ids: &[Uuid]) -> Result<HashMap<Uuid, Figures>> {
    #[derive(FromRow)]
    struct Row {
        contact_id: Uuid,
        #[sqlx(flatten)]
        figures: Figures,
    }
    let mut statement = Statement::new(
        "SELECT contact_id, count(*) AS cases, sum(CASE WHEN active THEN 1 ELSE 0 END) AS active, max(last_message_at) AS last_message_at
         FROM cases WHERE contact_id IN ",
    );
    statement.bind_list(ids).push(" GROUP BY contact_id");
    let rows: Vec<Row> = statement.all(db).await?;
    Ok(rows.into_iter().map(|row| (row.contact_id, row.figures)).collect())
}

/// A case of a contact, for the contact's page.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct ContactCase {
    pub id: Uuid,
    pub number: i64,
    pub subject: String,
    pub state: String,
    pub last_message_at: Millis,
}

/// The newest cases of a contact.
pub async fn cases(db: &Db, id: Uuid, limit: i64) -> Result<Vec<ContactCase>> {
    sql!(db, c => sqlx::query_as(
        "SELECT id, number, subject, state, last_message_at FROM cases WHERE contact_id = $1 AND merged_into IS NULL
         ORDER BY last_message_at DESC LIMIT $2",
    ).bind(id).bind(limit).fetch_all(c).await)
}

#[cfg(test)]
mod tests {
    use voce_domain::identity::IdentityKind::{Email, Phone};

    use super::*;
    use crate::testing::each_database;

    fn person(name: &str, customer: bool) -> Person {
        Person {
            name: name.into(),
            customer,
            ..Person::default()
        }
    }

    async fn add(db: &Db, person: &Person, addresses: &[Address]) -> Result<Uuid> {
        let mut tx = db.begin().await?;
        let id = create(&mut tx, person, addresses, Actor::SYSTEM, 1_000).await?;
        tx.commit().await?;
        Ok(id)
    }

    async fn names(db: &Db, filter: &Filter, sort: Sort) -> Vec<String> {
        let rows = list(db, filter, sort, None, 100).await.unwrap();
        rows.into_iter().map(|row| row.name).collect()
    }

    #[tokio::test]
    async fn a_contact_is_edited_on_the_picture_that_was_read() {
        each_database(|db| async move {
            let mail = Address::new(Email, "anna@example.com");
            let id = add(&db, &person("Anna", false), std::slice::from_ref(&mail))
                .await
                .unwrap();
            let taken = add(&db, &person("Bea", false), &[mail]).await;
            assert!(matches!(taken, Err(Error::Exists)), "{taken:?}");
            let read = get(&db, id).await.unwrap();
            let mut wanted = read.person();
            wanted
                .fields
                .insert("Città".into(), "Torino \"\u{0}".replace('\u{0}', ""));
            let mut tx = db.begin().await.unwrap();
            edit(&mut tx, id, &wanted, read.updated_at, Actor::SYSTEM, 1_000)
                .await
                .unwrap();
            let late = edit(
                &mut tx,
                id,
                &person("Carla", true),
                read.updated_at,
                Actor::SYSTEM,
                1_000,
            )
            .await;
            assert!(matches!(late, Err(Error::Stale)), "{late:?}");
            tx.commit().await.unwrap();
            let now = get(&db, id).await.unwrap();
            assert_eq!(now.person(), wanted);
            assert!(now.updated_at > read.updated_at);
        })
        .await;
    }

    #[tokio::test]
    async fn words_of_everything_find_a_contact() {
        each_database(|db| async move {
            let mut tx = db.begin().await.unwrap();
            let aurora = crate::organizations::named(&mut tx, "Bottega Aurora", 1).await.unwrap();
            tx.commit().await.unwrap();
            let niccolo = Person {
                organization_id: Some(aurora),
                note: "Preferisce il mattino".into(),
                fields: [("Provincia".to_owned(), "Cuneo".to_owned())].into(),
                ..person("Niccolò D’Angelo", true)
            };
            let addresses = [
                Address::new(Email, "n.dangelo@example.com"),
                Address::new(Phone, "+393471234567"),
            ];
            add(&db, &niccolo, &addresses).await.unwrap();
            add(&db, &person("Anna", false), &[]).await.unwrap();
            let found = async |search: &str| {
                names(
                    &db,
                    &Filter {
                        search: Some(search.into()),
                        ..Filter::default()
                    },
                    Sort::Name,
                )
                .await
            };
            for search in [
                "niccolo",
                "NICCOLÒ angelo",
                "dangelo example",
                "347 123",
                "+39 347",
                "aurora",
                "cune",
                "mattino",
                "n.dangelo@example.com",
            ] {
                assert_eq!(found(search).await, ["Niccolò D’Angelo"], "{search:?}");
            }
            for search in ["\"", "NOT (", "a* OR b", "rossi", "' & |"] {
                assert_eq!(found(search).await, [""; 0], "{search:?}");
            }
            let mut tx = db.begin().await.unwrap();
            contact_search::rebuild(&mut tx).await.unwrap();
            tx.commit().await.unwrap();
            assert_eq!(found("ann").await, ["Anna"]);
        })
        .await;
    }

    #[tokio::test]
    async fn pages_follow_each_other_both_ways_in_every_order() {
        each_database(|db| async move {
            for at in 0..25_i64 {
                let mut tx = db.begin().await.unwrap();
                let name = format!("Persona {}", at % 7);
                create(&mut tx, &person(&name, at % 2 == 0), &[], Actor::SYSTEM, at / 3)
                    .await
                    .unwrap();
                tx.commit().await.unwrap();
            }
            for sort in [Sort::Name, Sort::NameDown, Sort::Newest, Sort::Oldest] {
                let filter = Filter {
                    customer: Some(true),
                    ..Filter::default()
                };
                let all = list(&db, &filter, sort, None, 100).await.unwrap();
                assert_eq!(all.len(), 13);
                assert_eq!(count(&db, &filter, 10).await.unwrap(), 10);
                let mut walked = list(&db, &filter, sort, None, 4).await.unwrap();
                while let Some(last) = walked.last() {
                    let next = list(&db, &filter, sort, Some(&From::After(last.place())), 4)
                        .await
                        .unwrap();
                    if next.is_empty() {
                        break;
                    }
                    let before = list(&db, &filter, sort, Some(&From::Before(next[0].place())), 4)
                        .await
                        .unwrap();
                    assert_eq!(before, walked[walked.len() - 4..], "{sort:?}");
                    walked.extend(next);
                }
                assert_eq!(walked, all, "{sort:?}");
            }
        })
        .await;
    }

    #[tokio::test]
    async fn a_field_narrows_the_list() {
        each_database(|db| async move {
            let key = "Città \"storica\".x";
            let mut anna = person("Anna", true);
            anna.fields.insert(key.into(), "Torino".into());
            add(&db, &anna, &[]).await.unwrap();
            add(&db, &person("Bea", true), &[]).await.unwrap();
            let filter = |value: &str| Filter {
                field: Some((key.into(), value.into())),
                ..Filter::default()
            };
            assert_eq!(names(&db, &filter("Torino"), Sort::Name).await, ["Anna"]);
            assert_eq!(names(&db, &filter("Milano"), Sort::Name).await, [""; 0]);
        })
        .await;
    }
}
