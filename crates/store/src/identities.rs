//! Identities: the addresses by which contacts are recognised. An address belongs to one contact; further people who
//! write from it share it.

use std::collections::HashMap;

use serde_json::json;
use sqlx::FromRow;
use uuid::Uuid;
use voce_domain::{
    Millis,
    event::{Actor, Event, EventKind},
    identity::{Address, IdentityKind},
};

use crate::{Db, Error, Result, Tx, contact_search, events, statement::Statement};

#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Identity {
    pub id: Uuid,
    #[sqlx(try_from = "String")]
    pub kind: IdentityKind,
    pub value: String,
    /// The owner.
    pub contact_id: Uuid,
    /// The name that the channel last gave with it.
    pub name: Option<String>,
    pub created_at: Millis,
}

impl Identity {
    pub fn address(&self) -> Address {
        Address::new(self.kind, self.value.clone())
    }
}

/// An identity on the page of a contact.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Held {
    /// The contact that writes from it.
    pub holder_id: Uuid,
    #[sqlx(flatten)]
    pub identity: Identity,
    /// How many more people write from it.
    pub others: i64,
}

impl Held {
    pub fn owned(&self) -> bool {
        self.holder_id == self.identity.contact_id
    }
}

/// All identities of contacts, own and shared, in the order in which they were added.
pub async fn of_contacts(db: &Db, contacts: &[Uuid]) -> Result<HashMap<Uuid, Vec<Held>>> {
    let mut statement = Statement::new(
        "SELECT i.contact_id AS holder_id, i.id, i.kind, i.value, i.contact_id, i.name, i.created_at,
            (SELECT count(*) FROM identity_shares s WHERE s.identity_id = i.id) AS others
         FROM identities i WHERE i.contact_id IN ",
    );
    statement.bind_list(contacts).push(
        " UNION ALL
         SELECT h.contact_id, i.id, i.kind, i.value, i.contact_id, i.name, i.created_at,
            (SELECT count(*) FROM identity_shares s WHERE s.identity_id = i.id)
         FROM identity_shares h JOIN identities i ON i.id = h.identity_id WHERE h.contact_id IN ",
    );
    statement.bind_list(contacts).push(" ORDER BY 7, 2");
    let rows: Vec<Held> = statement.all(db).await?;
    let mut by_holder: HashMap<Uuid, Vec<Held>> = HashMap::new();
    for held in rows {
        by_holder.entry(held.holder_id).or_default().push(held);
    }
    Ok(by_holder)
}

/// The addresses of contacts inside a transaction, own and shared.
pub(crate) async fn addresses_in(tx: &mut Tx, contacts: &[Uuid]) -> Result<HashMap<Uuid, Vec<Address>>> {
    #[derive(FromRow)]
    struct Row {
        holder_id: Uuid,
        #[sqlx(try_from = "String")]
        kind: IdentityKind,
        value: String,
    }
    let own: Vec<Row> = fetch_in!(tx, "SELECT contact_id AS holder_id, kind, value FROM identities WHERE contact_id IN (VALUES ", contacts, id => [*id], ")")?;
    let shared: Vec<Row> = fetch_in!(tx,
        "SELECT s.contact_id AS holder_id, i.kind, i.value FROM identity_shares s JOIN identities i ON i.id = s.identity_id
         WHERE s.contact_id IN (VALUES ", contacts, id => [*id], ")")?;
    let mut by_holder: HashMap<Uuid, Vec<Address>> = HashMap::new();
    for row in own.into_iter().chain(shared) {
        by_holder
            .entry(row.holder_id)
            .or_default()
            .push(Address::new(row.kind, row.value));
    }
    Ok(by_holder)
}

/// The identity of an address, if anybody has it.
pub async fn find(db: &Db, address: &Address) -> Result<Option<Identity>> {
    sql!(db, c => sqlx::query_as("SELECT id, kind, value, contact_id, name, created_at FROM identities WHERE kind = $1 AND value = $2")
        .bind(address.kind.key()).bind(&address.value).fetch_optional(c).await)
}

/// The identities of those addresses that somebody has.
pub async fn find_many(tx: &mut Tx, addresses: &[Address]) -> Result<Vec<Identity>> {
    fetch_in!(tx, "SELECT id, kind, value, contact_id, name, created_at FROM identities WHERE (kind, value) IN (VALUES ",
        addresses, address => [address.kind.key(), address.value.as_str()], ")")
}

pub async fn get_in(tx: &mut Tx, id: Uuid) -> Result<Identity> {
    sql!(tx, c => sqlx::query_as("SELECT id, kind, value, contact_id, name, created_at FROM identities WHERE id = $1")
        .bind(id).fetch_one(c).await)
}

/// Gives a contact an address that nobody has. [`Error::Exists`] when somebody has it: then it can be [`share`]d or [`move_to`] them.
pub async fn add(tx: &mut Tx, contact: Uuid, address: &Address, actor: Actor, now: Millis) -> Result<Uuid> {
    let id = insert(tx, contact, address, now).await?;
    changed(tx, &[contact], address, "added", actor, now).await?;
    Ok(id)
}

pub(crate) async fn insert(tx: &mut Tx, contact: Uuid, address: &Address, now: Millis) -> Result<Uuid> {
    let id = Uuid::now_v7();
    let touched = execute!(tx, sqlx::query(
        "INSERT INTO identities (id, kind, value, contact_id, created_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (kind, value) DO NOTHING",
    ).bind(id).bind(address.kind.key()).bind(&address.value).bind(contact).bind(now))?;
    if touched == 1 { Ok(id) } else { Err(Error::Exists) }
}

/// Lets one more person write from an address.
pub async fn share(tx: &mut Tx, id: Uuid, contact: Uuid, actor: Actor, now: Millis) -> Result<()> {
    let identity = get_in(tx, id).await?;
    if identity.contact_id == contact {
        return Ok(());
    }
    let touched = execute!(&mut *tx, sqlx::query(
        "INSERT INTO identity_shares (identity_id, contact_id) VALUES ($1, $2) ON CONFLICT (identity_id, contact_id) DO NOTHING",
    ).bind(id).bind(contact))?;
    match touched {
        0 => Ok(()),
        _ => changed(tx, &[contact], &identity.address(), "shared", actor, now).await,
    }
}

/// Takes an address from a contact. One who shares it becomes its owner; nobody's address is forgotten, unless messages
/// came from it: then it can only be moved to whom they belong.
pub async fn remove(tx: &mut Tx, id: Uuid, contact: Uuid, actor: Actor, now: Millis) -> Result<()> {
    let identity = get_in(tx, id).await?;
    let shared = execute!(
        &mut *tx,
        sqlx::query("DELETE FROM identity_shares WHERE identity_id = $1 AND contact_id = $2")
            .bind(id)
            .bind(contact)
    )?;
    if shared == 0 && identity.contact_id != contact {
        return Err(Error::NotFound);
    }
    let mut touched = vec![contact];
    if identity.contact_id == contact {
        let next: Option<(Uuid,)> = sql!(&mut *tx, c => sqlx::query_as(
            "SELECT contact_id FROM identity_shares WHERE identity_id = $1 ORDER BY contact_id LIMIT 1",
        ).bind(id).fetch_optional(c).await)?;
        match next {
            Some((next,)) => {
                own(tx, id, next).await?;
                touched.push(next);
            }
            None => delete_unused(tx, &identity).await?,
        }
    }
    changed(tx, &touched, &identity.address(), "removed", actor, now).await
}

async fn delete_unused(tx: &mut Tx, identity: &Identity) -> Result<()> {
    let used: Option<(i64,)> = sql!(&mut *tx, c => sqlx::query_as("SELECT seq FROM messages WHERE contact_id = $1 AND identity_id = $2 LIMIT 1")
        .bind(identity.contact_id).bind(identity.id).fetch_optional(c).await)?;
    if used.is_some() {
        return Err(Error::Refused("error-identity-used"));
    }
    execute!(
        tx,
        sqlx::query("DELETE FROM identities WHERE id = $1").bind(identity.id)
    )?;
    Ok(())
}

/// Gives an address to another contact. What was already said from it stays where it is; what comes from now on is theirs.
pub async fn move_to(tx: &mut Tx, id: Uuid, contact: Uuid, actor: Actor, now: Millis) -> Result<()> {
    let identity = get_in(tx, id).await?;
    if identity.contact_id == contact {
        return Ok(());
    }
    own(tx, id, contact).await?;
    changed(
        tx,
        &[identity.contact_id, contact],
        &identity.address(),
        "moved",
        actor,
        now,
    )
    .await
}

async fn own(tx: &mut Tx, id: Uuid, contact: Uuid) -> Result<()> {
    execute!(
        &mut *tx,
        sqlx::query("DELETE FROM identity_shares WHERE identity_id = $1 AND contact_id = $2")
            .bind(id)
            .bind(contact)
    )?;
    execute!(
        tx,
        sqlx::query("UPDATE identities SET contact_id = $2 WHERE id = $1")
            .bind(id)
            .bind(contact)
    )?;
    Ok(())
}

async fn changed(
    tx: &mut Tx,
    contacts: &[Uuid],
    address: &Address,
    what: &str,
    actor: Actor,
    now: Millis,
) -> Result<()> {
    contact_search::index(tx, contacts).await?;
    let data = json!({ "identity": what, "kind": address.kind, "value": address.value });
    let events: Vec<Event> = contacts
        .iter()
        .map(|id| {
            Event::new(EventKind::ContactChanged, now, actor)
                .contact(*id)
                .data(data.clone())
        })
        .collect();
    events::append(tx, &events).await
}

#[cfg(test)]
mod tests {
    use voce_domain::identity::IdentityKind::Email;
    use voce_identity::merge::Person;

    use super::*;
    use crate::{
        contacts::{self, Filter, Sort},
        testing::each_database,
    };

    async fn names(db: &Db, words: &str) -> Vec<String> {
        let filter = Filter {
            search: Some(words.into()),
            ..Filter::default()
        };
        let rows = contacts::list(db, &filter, Sort::Name, None, 100).await.unwrap();
        rows.into_iter().map(|row| row.name).collect()
    }

    async fn add(db: &Db, name: &str, addresses: &[Address]) -> Uuid {
        let mut tx = db.begin().await.unwrap();
        let person = Person {
            name: name.into(),
            ..Person::default()
        };
        let id = contacts::create(&mut tx, &person, addresses, Actor::SYSTEM, 1_000)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        id
    }

    #[tokio::test]
    async fn people_share_move_and_lose_addresses() {
        each_database(|db| async move {
            let mail = Address::new(Email, "famiglia@example.com");
            let anna = add(&db, "Anna", std::slice::from_ref(&mail)).await;
            let bruno = add(&db, "Bruno", &[]).await;
            let id = find(&db, &mail).await.unwrap().unwrap().id;
            let mut tx = db.begin().await.unwrap();
            share(&mut tx, id, bruno, Actor::SYSTEM, 1).await.unwrap();
            tx.commit().await.unwrap();
            let held = of_contacts(&db, &[anna, bruno]).await.unwrap();
            assert!(held[&anna][0].owned() && !held[&bruno][0].owned());
            assert_eq!(held[&bruno][0].others, 1);
            assert_eq!(names(&db, "famiglia").await, ["Anna", "Bruno"]);

            let mut tx = db.begin().await.unwrap();
            remove(&mut tx, id, anna, Actor::SYSTEM, 2).await.unwrap();
            tx.commit().await.unwrap();
            assert_eq!(find(&db, &mail).await.unwrap().unwrap().contact_id, bruno);
            assert_eq!(names(&db, "famiglia").await, ["Bruno"]);

            let mut tx = db.begin().await.unwrap();
            move_to(&mut tx, id, anna, Actor::SYSTEM, 3).await.unwrap();
            remove(&mut tx, id, anna, Actor::SYSTEM, 4).await.unwrap();
            tx.commit().await.unwrap();
            assert_eq!(find(&db, &mail).await.unwrap(), None);
        })
        .await;
    }
}
