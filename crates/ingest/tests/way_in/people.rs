//! Who it is.

use voce_domain::{
    event::Actor,
    identity::{Address, IdentityKind},
    message::IncomingMessage,
};
use voce_identity::merge::Person;
use voce_store::{contacts, identities, testing::each_database};

use crate::scripted::{House, NOW, message, said};

fn named(id: &str, from: &str, name: &str, also: &[Address]) -> IncomingMessage {
    let mut message = message(id, from, "hello", 10);
    message.author.name = Some(name.to_owned());
    message.author.also = also.to_vec();
    message
}

#[tokio::test]
async fn unknown_people_become_prospects_once() {
    each_database(|db| async move {
        let house = House::new(db.clone()).await;
        house
            .hear(vec![
                said(named("a", "anna@x.it", "Anna", &[])),
                said(named("b", "anna@x.it", "Anna", &[])),
            ])
            .await;
        house.hear(vec![said(message("c", "anna@x.it", "again", 5))]).await;
        let (first, last) = (house.case(1).await, house.case(3).await);
        assert_eq!(first.contact_id, last.contact_id);
        let contact = contacts::get(&db, first.contact_id).await.unwrap();
        assert_eq!((contact.name.as_str(), contact.customer), ("Anna", false));
        let filter = contacts::Filter {
            search: Some("anna".into()),
            ..Default::default()
        };
        assert_eq!(
            contacts::list(&db, &filter, Default::default(), None, 10)
                .await
                .unwrap()
                .len(),
            1
        );
    })
    .await;
}

#[tokio::test]
async fn vouched_addresses_lead_to_the_same_person() {
    each_database(|db| async move {
        let house = House::new(db.clone()).await;
        let number = Address::new(IdentityKind::CustomerNumber, "C7");
        let mut tx = db.begin().await.unwrap();
        let person = Person {
            name: "Anna Bianchi".into(),
            customer: true,
            ..Person::default()
        };
        let anna = contacts::create(&mut tx, &person, std::slice::from_ref(&number), Actor::SYSTEM, NOW)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        house
            .hear(vec![
                said(named("a", "anna@x.it", "A.", &[number])),
                said(message("b", "anna@x.it", "again", 5)),
            ])
            .await;
        assert_eq!(
            (house.case(1).await.contact_id, house.case(2).await.contact_id),
            (anna, anna)
        );
    })
    .await;
}

#[tokio::test]
async fn of_those_who_share_a_mailbox_the_name_decides() {
    each_database(|db| async move {
        let house = House::new(db.clone()).await;
        let address = Address::new(IdentityKind::Email, "famiglia@x.it");
        let mut tx = db.begin().await.unwrap();
        let person = |name: &str| Person {
            name: name.into(),
            customer: true,
            ..Person::default()
        };
        let anna = contacts::create(
            &mut tx,
            &person("Anna Bianchi"),
            std::slice::from_ref(&address),
            Actor::SYSTEM,
            NOW,
        )
        .await
        .unwrap();
        let mario = contacts::create(&mut tx, &person("Mario Rossi"), &[], Actor::SYSTEM, NOW)
            .await
            .unwrap();
        let identity = identities::find_many(&mut tx, &[address]).await.unwrap().remove(0).id;
        identities::share(&mut tx, identity, mario, Actor::SYSTEM, NOW)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        house
            .hear(vec![
                said(named("a", "famiglia@x.it", "M. Rossi", &[])),
                said(named("b", "famiglia@x.it", "Ufficio", &[])),
            ])
            .await;
        assert_eq!(
            (house.case(1).await.contact_id, house.case(2).await.contact_id),
            (mario, anna)
        );
    })
    .await;
}
