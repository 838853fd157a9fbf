//! Contacts that may be the same person as another: looked up by few words, weighed by the `identity` crate.

use uuid::Uuid;
use voce_identity::duplicates::{Likeness, Profile, SUGGESTED, compare, lookups};

use crate::{
    Db, Result, contact_search,
    contacts::{self, Contact},
    identities,
};

/// Candidates that are weighed; more share words so common that they say nothing.
const WEIGHED: i64 = 100;

/// The contacts that look most like this one, best first, at most `most`.
pub async fn of_contact(db: &Db, contact: &Contact, most: usize) -> Result<Vec<(Contact, Likeness)>> {
    let mine = profiles(db, vec![contact.clone()]).await?;
    let Some((_, mine)) = mine.into_iter().next() else {
        return Ok(Vec::new());
    };
    let ids: Vec<Uuid> = contact_search::having(db, &lookups(&mine), WEIGHED).await?;
    let others: Vec<Uuid> = ids.into_iter().filter(|id| *id != contact.id).collect();
    if others.is_empty() {
        return Ok(Vec::new());
    }
    let others = contacts::get_many(db, &others)
        .await?
        .into_iter()
        .filter(|other| other.merged_into.is_none())
        .collect();
    let mut alike: Vec<(Contact, Likeness)> = profiles(db, others)
        .await?
        .into_iter()
        .map(|(other, theirs)| (other, compare(&mine, &theirs)))
        .filter(|(_, likeness)| likeness.score >= SUGGESTED)
        .collect();
    alike.sort_by(|left, right| right.1.score.total_cmp(&left.1.score));
    alike.truncate(most);
    Ok(alike)
}

async fn profiles(db: &Db, contacts: Vec<Contact>) -> Result<Vec<(Contact, Profile)>> {
    let ids: Vec<Uuid> = contacts.iter().map(|contact| contact.id).collect();
    let mut held = identities::of_contacts(db, &ids).await?;
    let profile = |contact: Contact| {
        let addresses = held.remove(&contact.id).unwrap_or_default();
        let profile = Profile {
            name: contact.name.clone(),
            addresses: addresses.into_iter().map(|held| held.identity.address()).collect(),
            organization: contact.organization.clone(),
            fields: contact.fields.0.clone(),
        };
        (contact, profile)
    };
    Ok(contacts.into_iter().map(profile).collect())
}

#[cfg(test)]
mod tests {
    use voce_domain::{
        event::Actor,
        identity::{Address, IdentityKind},
    };
    use voce_identity::merge::Person;

    use super::*;
    use crate::testing::each_database;

    #[tokio::test]
    async fn a_person_who_came_twice_is_suggested() {
        each_database(|db| async move {
            let mut tx = db.begin().await.unwrap();
            let mut ids = Vec::new();
            for (name, mail) in [
                ("Anna Rossi", "anna.rossi@example.com"),
                ("A. Rossi", "anna.rossi@example.org"),
                ("Carlo Verdi", "anna.rossi@example.net"),
                ("Anna Rossi", "info@example.com"),
            ] {
                let person = Person {
                    name: name.into(),
                    ..Person::default()
                };
                let address = Address::new(IdentityKind::Email, mail);
                ids.push(
                    contacts::create(&mut tx, &person, &[address], Actor::SYSTEM, 1)
                        .await
                        .unwrap(),
                );
            }
            tx.commit().await.unwrap();
            let anna = contacts::get(&db, ids[0]).await.unwrap();
            let found = of_contact(&db, &anna, 5).await.unwrap();
            assert_eq!(
                found.iter().map(|(contact, _)| contact.id).collect::<Vec<_>>(),
                [ids[1]]
            );
        })
        .await;
    }
}
