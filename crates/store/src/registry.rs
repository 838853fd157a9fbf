//! Many contacts at once, as registries bring them: what is known about a batch of rows, and the changes of a batch in few
//! statements.

use std::collections::{HashMap, HashSet};

use serde_json::json;
use uuid::Uuid;
use voce_domain::{
    Millis,
    event::{Actor, Event, EventKind},
    identity::{Address, IdentityKind},
};
use voce_identity::{merge::Person, name};

use crate::{
    Result, Tx, contact_search,
    contacts::{self, Contact},
    events, identities,
};

/// What the database knows about the addresses and organizations of a batch.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// Who owns an address: the identity and its contact.
    pub owners: HashMap<Address, (Uuid, Uuid)>,
    /// (identity, contact) of further people who write from it.
    pub shares: HashSet<(Uuid, Uuid)>,
    pub contacts: HashMap<Uuid, KnownContact>,
    /// By name key.
    pub organizations: HashMap<String, Uuid>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownContact {
    pub person: Person,
    /// `None` for a contact that the batch makes.
    pub version: Option<Millis>,
    /// Kinds of addresses that it owns.
    pub kinds: HashSet<IdentityKind>,
}

/// Everything that is known about these addresses, their owners and these organizations.
pub async fn load(tx: &mut Tx, addresses: &[Address], organizations: &[String]) -> Result<Known> {
    let identities = identities::find_many(tx, addresses).await?;
    let owners: Vec<Uuid> = identities
        .iter()
        .map(|identity| identity.contact_id)
        .collect::<HashSet<_>>()
        .into_iter()
        .collect();
    let ids: Vec<Uuid> = identities.iter().map(|identity| identity.id).collect();
    let found: Vec<Contact> = fetch_in!(
        tx,
        "SELECT c.id, c.name, c.customer, c.organization_id, NULL AS organization, c.language, c.avatar_url, c.note, c.fields,
            c.merged_into, c.created_at, c.updated_at FROM contacts c WHERE c.id IN (VALUES ",
        owners, id => [*id], ")"
    )?;
    let mut held = identities::addresses_in(tx, &owners).await?;
    let shares: Vec<(Uuid, Uuid)> = fetch_in!(
        tx, "SELECT identity_id, contact_id FROM identity_shares WHERE identity_id IN (VALUES ", ids, id => [*id], ")"
    )?;
    let keys: Vec<String> = organizations
        .iter()
        .map(|organization| name::key(organization))
        .collect();
    let organizations: Vec<(String, Uuid)> = fetch_in!(
        tx, "SELECT name_key, id FROM organizations WHERE name_key IN (VALUES ", keys, key => [key.as_str()], ")"
    )?;
    let contacts = found.into_iter().map(|contact| {
        let kinds = held
            .remove(&contact.id)
            .unwrap_or_default()
            .iter()
            .map(|address| address.kind)
            .collect();
        (
            contact.id,
            KnownContact {
                person: contact.person(),
                version: Some(contact.updated_at),
                kinds,
            },
        )
    });
    Ok(Known {
        contacts: contacts.collect(),
        owners: identities
            .iter()
            .map(|identity| (identity.address(), (identity.id, identity.contact_id)))
            .collect(),
        shares: shares.into_iter().collect(),
        organizations: organizations.into_iter().collect(),
    })
}

/// What a batch changes. Ids are made by whoever plans it.
#[derive(Debug, Clone, Default)]
pub struct Changes {
    pub organizations: Vec<(Uuid, String)>,
    pub created: Vec<(Uuid, Person)>,
    /// With the version that was looked at.
    pub changed: Vec<(Uuid, Person, Millis)>,
    pub identities: Vec<NewIdentity>,
    /// (identity, contact).
    pub shares: Vec<(Uuid, Uuid)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewIdentity {
    pub id: Uuid,
    pub address: Address,
    pub contact_id: Uuid,
}

/// Writes the changes of a batch. `Stale` or `Exists` when somebody else changed the same meanwhile: then
/// the transaction is given up and the batch planned anew.
pub async fn write(tx: &mut Tx, changes: &Changes, actor: Actor, now: Millis) -> Result<()> {
    write_rows!(tx, "INSERT INTO organizations (id, name, name_key, created_at, updated_at) VALUES ", changes.organizations,
        row => [row.0, row.1.as_str(), name::key(&row.1), now, now], "")?;
    let created = lines(&changes.created)?;
    write_rows!(tx,
        "INSERT INTO contacts (id, name, name_key, customer, organization_id, language, avatar_url, note, fields, created_at, updated_at) VALUES ",
        created,
        row => [row.id, row.person.name.as_str(), name::key(&row.person.name), row.person.customer, row.person.organization_id,
            row.person.language.as_deref(), row.person.avatar_url.as_deref(), row.person.note.as_str(), row.fields.as_str(), now, now], "")?;
    for (id, person, version) in &changes.changed {
        contacts::write(tx, *id, person, *version, now.max(version + 1)).await?;
    }
    write_rows!(tx, "INSERT INTO identities (id, kind, value, contact_id, created_at) VALUES ", changes.identities,
        row => [row.id, row.address.kind.key(), row.address.value.as_str(), row.contact_id, now], "")?;
    write_rows!(tx, "INSERT INTO identity_shares (identity_id, contact_id) VALUES ", changes.shares, row => [row.0, row.1],
        " ON CONFLICT (identity_id, contact_id) DO NOTHING")?;
    contact_search::index(tx, &touched(changes)).await?;
    events::append(tx, &facts(changes, actor, now)).await
}

struct Line<'p> {
    id: Uuid,
    person: &'p Person,
    fields: String,
}

fn lines(people: &[(Uuid, Person)]) -> Result<Vec<Line<'_>>> {
    let mut lines = Vec::with_capacity(people.len());
    for (id, person) in people {
        lines.push(Line {
            id: *id,
            person,
            fields: serde_json::to_string(&person.fields)?,
        });
    }
    Ok(lines)
}

fn touched(changes: &Changes) -> Vec<Uuid> {
    let people = changes
        .created
        .iter()
        .map(|row| row.0)
        .chain(changes.changed.iter().map(|row| row.0));
    let addressed = changes
        .identities
        .iter()
        .map(|row| row.contact_id)
        .chain(changes.shares.iter().map(|row| row.1));
    let mut ids: Vec<Uuid> = people.chain(addressed).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

fn facts(changes: &Changes, actor: Actor, now: Millis) -> Vec<Event> {
    let created: HashSet<Uuid> = changes.created.iter().map(|row| row.0).collect();
    let mut facts: Vec<Event> = changes
        .created
        .iter()
        .map(|(id, person)| {
            Event::new(EventKind::ContactCreated, now, actor)
                .contact(*id)
                .data(json!({ "name": person.name }))
        })
        .collect();
    let others = touched(changes).into_iter().filter(|id| !created.contains(id));
    facts.extend(others.map(|id| {
        Event::new(EventKind::ContactChanged, now, actor)
            .contact(id)
            .data(json!({ "by": "import" }))
    }));
    facts
}
