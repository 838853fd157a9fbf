//! Who it is: a known address leads to its contact at once, an unknown one becomes a prospect.

use std::collections::HashMap;

use serde_json::json;
use uuid::Uuid;
use voce_domain::{
    Millis,
    event::{Actor, Event, EventKind},
    identity::{Address, IdentityKind},
    message::{Author, IncomingMessage},
};
use voce_identity::{
    normalize,
    resolve::{Sharer, choose},
};
use voce_store::{
    Result, Tx,
    arrivals::{self, NewContact, NewIdentity, Rows},
};

use crate::batch::Batch;

/// A contact writing from one of its addresses.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Person {
    pub contact: Uuid,
    pub identity: Uuid,
    /// Stands in the registry.
    pub customer: bool,
}

/// The people of a batch, known and new.
#[derive(Default)]
pub(crate) struct People {
    by_address: HashMap<Address, Owned>,
}

struct Owned {
    person: Person,
    name: String,
    /// Others who write from the same address.
    sharers: Vec<arrivals::Sharer>,
}

/// Says for each message and reaction who is behind it.
pub(crate) async fn resolve(tx: &mut Tx, batch: &mut Batch<'_>) -> Result<People> {
    let mut addresses: Vec<&Address> = Vec::new();
    for new in &batch.messages {
        let message = &new.arrival.message;
        if !message.from_us {
            addresses.push(&message.author.address);
            addresses.extend(&message.author.also);
        }
    }
    let recipients: Vec<Address> = batch
        .messages
        .iter()
        .filter_map(|new| recipient(&new.arrival.message))
        .collect();
    addresses.extend(&recipients);
    for (_, _, reaction) in &batch.reactions {
        addresses.push(&reaction.author.address);
        addresses.extend(&reaction.author.also);
    }
    let mut people = look(tx, addresses).await?;
    for new in &mut batch.messages {
        let message = &new.arrival.message;
        if !message.from_us {
            let language = new
                .arrival
                .labels
                .as_ref()
                .and_then(|labels| labels.language.as_deref());
            new.person = Some(people.person(&message.author, language, message.sent_at, &mut batch.rows));
        }
    }
    Ok(people)
}

/// Whom a message of our own is for, where the channel tells.
pub(crate) fn recipient(message: &IncomingMessage) -> Option<Address> {
    if !message.from_us {
        return None;
    }
    let to = message.meta.get("to")?;
    let first = to.as_str().or_else(|| to.get(0)?.as_str())?;
    normalize::address(IdentityKind::Email, first, "").ok()
}

async fn look(tx: &mut Tx, mut addresses: Vec<&Address>) -> Result<People> {
    addresses.sort_unstable();
    addresses.dedup();
    let owners = arrivals::owners(tx, &addresses).await?;
    let identities: Vec<Uuid> = owners.iter().map(|owner| owner.identity_id).collect();
    let mut sharers: HashMap<Uuid, Vec<arrivals::Sharer>> = HashMap::new();
    for sharer in arrivals::sharers(tx, &identities).await? {
        sharers.entry(sharer.identity_id).or_default().push(sharer);
    }
    let mut people = People::default();
    for owner in owners {
        let owned = Owned {
            person: Person {
                contact: owner.contact_id,
                identity: owner.identity_id,
                customer: owner.customer,
            },
            sharers: sharers.remove(&owner.identity_id).unwrap_or_default(),
            name: owner.name.clone(),
        };
        people.by_address.insert(owner.address()?, owned);
    }
    Ok(people)
}

impl People {
    /// The person behind an address; a prospect when nobody knows it. Addresses that the channel vouches for lead to the
    /// same person, and are added to them.
    pub fn person(&mut self, author: &Author, language: Option<&str>, at: Millis, rows: &mut Rows<'_>) -> Person {
        if let Some(owned) = self.by_address.get(&author.address) {
            let person = owned.who(author.name.as_deref());
            self.vouch(person, author, at, rows);
            return person;
        }
        let vouched = author
            .also
            .iter()
            .find_map(|address| self.by_address.get(address))
            .map(|owned| owned.person);
        let (contact, customer) = match vouched {
            Some(person) => (person.contact, person.customer),
            None => (prospect(author, language, at, rows), false),
        };
        let person = self.add(
            Person {
                contact,
                identity: Uuid::now_v7(),
                customer,
            },
            &author.address,
            author,
            at,
            rows,
        );
        self.vouch(person, author, at, rows);
        person
    }

    fn vouch(&mut self, person: Person, author: &Author, at: Millis, rows: &mut Rows<'_>) {
        for address in &author.also {
            if !self.by_address.contains_key(address) {
                self.add(
                    Person {
                        identity: Uuid::now_v7(),
                        ..person
                    },
                    address,
                    author,
                    at,
                    rows,
                );
            }
        }
    }

    fn add(&mut self, person: Person, address: &Address, author: &Author, at: Millis, rows: &mut Rows<'_>) -> Person {
        rows.identities.push(NewIdentity {
            id: person.identity,
            address: address.clone(),
            contact_id: person.contact,
            name: author.name.clone(),
            created_at: at,
        });
        let name = author.name.clone().unwrap_or_default();
        self.by_address.insert(
            address.clone(),
            Owned {
                person,
                name,
                sharers: Vec::new(),
            },
        );
        person
    }
}

impl Owned {
    /// The one of those who share the address whom the display name means; its owner in doubt.
    fn who(&self, display_name: Option<&str>) -> Person {
        if self.sharers.is_empty() {
            return self.person;
        }
        let others = self
            .sharers
            .iter()
            .map(|sharer| (sharer.contact_id, sharer.customer, sharer.name.as_str()));
        let all: Vec<Sharer<(Uuid, bool)>> =
            std::iter::once((self.person.contact, self.person.customer, self.name.as_str()))
                .chain(others)
                .map(|(contact, customer, name)| Sharer {
                    key: (contact, customer),
                    name,
                })
                .collect();
        match choose(display_name, &all) {
            Some(((contact, customer), _)) => Person {
                contact,
                customer,
                ..self.person
            },
            None => self.person,
        }
    }
}

fn prospect(author: &Author, language: Option<&str>, at: Millis, rows: &mut Rows<'_>) -> Uuid {
    let id = Uuid::now_v7();
    let name = match &author.name {
        Some(name) => name.clone(),
        None => spoken(&author.address).to_owned(),
    };
    rows.events.push(
        Event::new(EventKind::ContactCreated, at, Actor::SYSTEM)
            .contact(id)
            .data(json!({ "name": name })),
    );
    rows.contacts.push(NewContact {
        id,
        name,
        language: language.map(str::to_owned),
        avatar_url: author.avatar_url.clone(),
        addresses: std::iter::once(&author.address).chain(&author.also).cloned().collect(),
        created_at: at,
    });
    id
}

/// An address as a person would say it: without the platform's prefix.
fn spoken(address: &Address) -> &str {
    match address.kind {
        IdentityKind::Handle => address
            .value
            .split_once(':')
            .map_or(&address.value, |(_, handle)| handle),
        _ => &address.value,
    }
}
