//! The people who write to the demo's company: invented, on domains that are reserved for examples.

use std::collections::BTreeMap;

use rand::{Rng, RngExt, seq::IndexedRandom};
use uuid::Uuid;
use voce_channels::api::message::ApiAuthor;
use voce_domain::{
    event::Actor,
    identity::{Address, IdentityKind},
};
use voce_identity::merge::Person;
use voce_store::{
    Db,
    registry::{self, Changes, NewIdentity},
};

const FIRST: &[&str] = &[
    "Marta",
    "Luca",
    "Agnese",
    "Paolo",
    "Sofia",
    "Davide",
    "Francesca",
    "Matteo",
    "Alessia",
    "Giorgio",
    "Beatrice",
    "Andrea",
    "Caterina",
    "Simone",
    "Valentina",
    "Riccardo",
    "Irene",
    "Tommaso",
    "Silvia",
    "Nicola",
    "Federica",
    "Stefano",
    "Laura",
    "Emanuele",
    "Anna",
    "Pietro",
    "Camilla",
    "Fabio",
    "Ilaria",
    "Roberto",
    "Noemi",
    "Giacomo",
    "Teresa",
    "Alberto",
    "Lucia",
    "Michele",
];
const LAST: &[&str] = &[
    "Bianchi",
    "De Santis",
    "Ferrari",
    "Rinaldi",
    "Marchetti",
    "Esposito",
    "Colombo",
    "Ricci",
    "Gallo",
    "Costa",
    "Fontana",
    "Moretti",
    "Barbieri",
    "Lombardi",
    "Santoro",
    "Mariani",
    "Rizzo",
    "Caruso",
    "Ferrara",
    "Leone",
    "Longo",
    "Martinelli",
    "Vitale",
    "Serra",
    "Coppola",
    "Villa",
    "Conte",
    "Ferraro",
    "Grassi",
    "Pellegrini",
    "Palumbo",
    "Sanna",
    "Farina",
    "Testa",
    "Monti",
    "Cattaneo",
];
const ENGLISH: &[&str] = &[
    "Emily Carter",
    "James Walsh",
    "Olivia Reed",
    "Thomas Hughes",
    "Grace Bennett",
    "Daniel Foster",
    "Hannah Moore",
    "Oliver Grant",
    "Sophie Turner",
    "Liam Doyle",
];
pub const CITIES: &[&str] = &[
    "Torino", "Bologna", "Milano", "Padova", "Firenze", "Genova", "Napoli", "Bari", "Verona", "Trieste", "Perugia",
    "Cagliari", "Palermo", "Modena", "Lecce",
];

/// How many stand in the registry.
const CUSTOMERS: usize = 420;

#[derive(Debug, Clone)]
pub struct Customer {
    pub name: String,
    pub english: bool,
    email: String,
    handle: String,
    phone: String,
    number: Option<String>,
}

impl Customer {
    /// A customer of the registry, or a prospect beyond its end.
    pub fn number(at: usize, rng: &mut impl Rng) -> Self {
        let english = at % 9 == 8;
        let name = if english {
            let surname = ["Carter", "Walsh", "Reed", "Hughes", "Bennett"]
                .choose(rng)
                .unwrap_or(&"Reed");
            let full = ENGLISH.choose(rng).unwrap_or(&ENGLISH[0]);
            format!("{} {surname}", full.split(' ').next().unwrap_or(full))
        } else {
            format!(
                "{} {}",
                FIRST.choose(rng).unwrap_or(&FIRST[0]),
                LAST.choose(rng).unwrap_or(&LAST[0])
            )
        };
        let plain: String = voce_text::fold(&name).split_whitespace().collect::<Vec<_>>().join(".");
        Self {
            email: format!("{plain}{at}@example.{}", if english { "com" } else { "org" }),
            handle: format!("mastodon:{}{at}@social.example", plain.replace('.', "_")),
            phone: format!("+3934755{:05}", 10_000 + at),
            number: (at < CUSTOMERS).then(|| format!("C{}", 40_000 + at)),
            english,
            name,
        }
    }

    /// Everybody who may write: registry first, then as many prospects again.
    pub fn everybody(rng: &mut impl Rng) -> Vec<Self> {
        (0..CUSTOMERS * 2).map(|at| Self::number(at, rng)).collect()
    }

    pub fn first_name(&self) -> &str {
        self.name.split(' ').next().unwrap_or(&self.name)
    }

    /// Their name on the social network, without the platform.
    pub fn acct(&self) -> &str {
        self.handle.strip_prefix("mastodon:").unwrap_or(&self.handle)
    }

    pub fn phone(&self) -> &str {
        &self.phone
    }

    /// As a channel shows them.
    pub fn author(&self, channel: &str) -> ApiAuthor {
        let name = Some(self.name.clone());
        match channel {
            "mastodon" | "mastodon_private" => ApiAuthor {
                handle: Some(self.handle.clone()),
                name,
                ..Default::default()
            },
            "chat" => ApiAuthor {
                phone: Some(self.phone.clone()),
                name,
                ..Default::default()
            },
            _ => ApiAuthor {
                email: Some(self.email.clone()),
                name,
                ..Default::default()
            },
        }
    }
}

/// Writes the registry: customers with their addresses and what the shop knows about them. Some social profiles are not
/// known yet, so that there is something to link.
pub async fn register(db: &Db, everybody: &[Customer], rng: &mut impl Rng, now: i64) -> anyhow::Result<()> {
    let mut changes = Changes::default();
    for customer in everybody {
        let Some(number) = &customer.number else { continue };
        let id = Uuid::now_v7();
        changes.created.push((id, person(customer, rng)));
        let mut addresses = vec![
            Address::new(IdentityKind::Email, &customer.email),
            Address::new(IdentityKind::CustomerNumber, number),
        ];
        if rng.random_bool(0.7) {
            addresses.push(Address::new(IdentityKind::Phone, &customer.phone));
        }
        if rng.random_bool(0.4) {
            addresses.push(Address::new(IdentityKind::Handle, &customer.handle));
        }
        changes
            .identities
            .extend(addresses.into_iter().map(|address| NewIdentity {
                id: Uuid::now_v7(),
                address,
                contact_id: id,
            }));
    }
    let mut tx = db.begin().await?;
    registry::write(&mut tx, &changes, Actor::SYSTEM, now).await?;
    tx.commit().await?;
    Ok(())
}

fn person(customer: &Customer, rng: &mut impl Rng) -> Person {
    let mut fields = BTreeMap::from([
        (
            "Città".to_owned(),
            (*CITIES.choose(rng).unwrap_or(&CITIES[0])).to_owned(),
        ),
        (
            "Spesa".to_owned(),
            format!("{},{:02} €", rng.random_range(30..1_800), rng.random_range(0..100)),
        ),
        (
            "Ultimo ordine".to_owned(),
            format!("A-{}", rng.random_range(20_000..21_500)),
        ),
    ]);
    if rng.random_bool(0.35) {
        let box_name = ["Box Lana, mensile", "Box Lana, trimestrale"]
            .choose(rng)
            .unwrap_or(&"Box Lana");
        fields.insert("Abbonamento".into(), (*box_name).into());
    }
    let language = if customer.english { "en" } else { "it" };
    Person {
        name: customer.name.clone(),
        customer: true,
        language: Some(language.into()),
        fields,
        ..Person::default()
    }
}
