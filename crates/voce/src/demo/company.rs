//! Bottega Aurora: a knitwear shop with mail order and a subscription. Its people, teams, channels, rules and texts.

use anyhow::Context;
use serde_json::json;
use uuid::Uuid;
use voce_domain::{
    case::Priority,
    event::Actor,
    labels::Urgency,
    permission::Role,
    routing::{Conditions, Decision, Rule},
};
use voce_store::{
    Db, Tx, accounts,
    accounts::Settings,
    canned::{self, CannedRow},
    request_types, rules, settings, tags, teams,
    users::{self, NewUser},
};

const PEOPLE: &[(&str, &str, Role, &[&str])] = &[
    (
        "Giulia Conti",
        "giulia@bottegaaurora.example",
        Role::Admin,
        &["Assistenza", "Comunicazione"],
    ),
    (
        "Marco Riva",
        "marco@bottegaaurora.example",
        Role::Agent,
        &["Spedizioni", "Assistenza"],
    ),
    (
        "Sara Bellini",
        "sara@bottegaaurora.example",
        Role::Supervisor,
        &["Assistenza", "Amministrazione"],
    ),
    (
        "Luca Ferri",
        "luca@bottegaaurora.example",
        Role::Agent,
        &["Vendite", "Assistenza"],
    ),
    (
        "Chiara Monti",
        "chiara@bottegaaurora.example",
        Role::Agent,
        &["Amministrazione", "Comunicazione"],
    ),
    ("Elena Greco", "elena@bottegaaurora.example", Role::Analyst, &[]),
    ("Paolo Neri", "paolo@corriere.example", Role::Guest, &[]),
];

const TEAMS: &[&str] = &[
    "Assistenza",
    "Spedizioni",
    "Amministrazione",
    "Vendite",
    "Comunicazione",
];

/// Kind, name, address, team.
const ACCOUNTS: &[(&str, &str, &str, &str)] = &[
    ("email", "Assistenza", "assistenza@bottegaaurora.example", "Assistenza"),
    (
        "email",
        "Amministrazione",
        "amministrazione@bottegaaurora.example",
        "Amministrazione",
    ),
    (
        "mastodon",
        "Profilo pubblico",
        "bottegaaurora@mastodon.example",
        "Comunicazione",
    ),
    ("api", "Modulo del sito", "bottegaaurora.example", "Assistenza"),
    ("api", "Chat del negozio", "chat.bottegaaurora.example", "Assistenza"),
];

const TAGS: &[(&str, &str)] = &[
    ("spedizione", "amber"),
    ("reso", "rose"),
    ("difetto", "red"),
    ("taglie", "violet"),
    ("abbonamento", "blue"),
    ("disdetta", "slate"),
    ("fatture", "green"),
    ("pagamenti", "emerald"),
    ("elogi", "pink"),
    ("reputazione", "red"),
    ("vendite", "teal"),
    ("aziende", "cyan"),
    ("informazioni", "slate"),
    ("idee", "lime"),
    ("sito", "indigo"),
    ("stampa", "orange"),
    ("estero", "sky"),
    ("telefono", "slate"),
    ("qualità", "red"),
];

const CANNED: &[(&str, &str, &str, &str)] = &[
    (
        "reso",
        "Come fare un reso",
        "it",
        "Buongiorno {nome},\nil reso è gratuito entro 30 giorni: trova l’etichetta nel Suo profilo, alla voce «I miei ordini». Appena il capo rientra, il rimborso parte in giornata.",
    ),
    (
        "ritardo",
        "Spedizione in ritardo",
        "it",
        "Buongiorno {nome},\nmi dispiace per l’attesa. Ho aperto una segnalazione al corriere e Le scrivo appena ho notizie, al più tardi domani a mezzogiorno.",
    ),
    (
        "orari",
        "Orari dei negozi",
        "it",
        "Siamo aperti dal martedì al sabato dalle 9.30 alle 19.30, il lunedì dalle 15.30.",
    ),
    (
        "taglie",
        "Consiglio sulla taglia",
        "it",
        "I nostri capi vestono morbidi: se è tra due taglie, Le consiglio la più piccola. Il cambio è sempre gratuito.",
    ),
    (
        "late",
        "Late delivery",
        "en",
        "Hello {name},\nI am sorry for the wait. I have opened a claim with the carrier and will write again by noon tomorrow.",
    ),
    (
        "thanks",
        "Thank you",
        "en",
        "Thank you so much, {name}! We will pass it on to the whole team.",
    ),
];

/// What the history and the stage need to know.
#[derive(Debug, Clone)]
pub struct Company {
    /// Who looks at the demo.
    pub me: Person,
    pub people: Vec<Person>,
    pub accounts: Vec<Account>,
}

#[derive(Debug, Clone)]
pub struct Person {
    pub id: Uuid,
    pub name: String,
    pub teams: Vec<String>,
}

#[derive(Debug, Clone)]
pub struct Account {
    pub id: Uuid,
    pub name: String,
}

impl Company {
    pub async fn load(db: &Db) -> anyhow::Result<Self> {
        let people: Vec<Person> = users::list(db)
            .await?
            .into_iter()
            .map(|user| {
                let teams = PEOPLE
                    .iter()
                    .find(|person| person.1 == user.email)
                    .map_or(&[][..], |person| person.3);
                Person {
                    id: user.id,
                    name: user.name,
                    teams: teams.iter().map(|team| (*team).to_owned()).collect(),
                }
            })
            .collect();
        let accounts = accounts::all(db)
            .await?
            .into_iter()
            .map(|stored| Account {
                id: stored.id,
                name: stored.name,
            })
            .collect();
        let me = people
            .iter()
            .find(|person| person.name == PEOPLE[0].0)
            .cloned()
            .context("the demo's database has lost its people")?;
        Ok(Self { me, people, accounts })
    }

    /// The account where a scenario's channel arrives.
    pub fn account(&self, channel: &str, team: Option<&str>) -> anyhow::Result<&Account> {
        let name = match (channel, team) {
            ("mail", Some("Amministrazione")) => "Amministrazione",
            ("mail", _) => "Assistenza",
            ("form", _) => "Modulo del sito",
            ("chat", _) => "Chat del negozio",
            _ => "Profilo pubblico",
        };
        self.accounts
            .iter()
            .find(|account| account.name == name)
            .context("the demo's database has lost a channel")
    }

    /// Those who answer for a team; everybody who answers where there is none.
    pub fn agents(&self, team: Option<&str>) -> Vec<&Person> {
        self.people
            .iter()
            .filter(|person| {
                !person.teams.is_empty() && team.is_none_or(|team| person.teams.iter().any(|own| own == team))
            })
            .collect()
    }
}

/// Founds the company as of a year ago.
pub async fn found(db: &Db, now: i64) -> anyhow::Result<Company> {
    let mut tx = db.begin().await?;
    settings::found(&mut tx, now).await?;
    settings::save_company(
        &mut tx,
        &settings::Company {
            name: "Bottega Aurora".into(),
            names: [
                "Bottega Aurora",
                "Box Lana",
                "cardigan",
                "sciarpa in alpaca",
                "maglione a trecce",
                "gilet in lana rigenerata",
                "poncho grigio",
                "coperta a righe",
            ]
            .map(str::to_owned)
            .to_vec(),
            ..Default::default()
        },
    )
    .await?;
    let mut team_ids = Vec::new();
    for name in TEAMS {
        team_ids.push((*name, teams::create(&mut tx, name, now).await?));
    }
    let team = |name: &str| team_ids.iter().find(|(known, _)| *known == name).map(|(_, id)| *id);
    for (name, email, role, own) in PEOPLE {
        let user = users::create(
            &mut tx,
            &NewUser {
                email,
                name,
                role: *role,
                locale: "it",
                password_hash: None,
            },
            now,
        )
        .await?;
        for id in own.iter().filter_map(|name| team(name)) {
            teams::join(&mut tx, id, user).await?;
        }
    }
    for (kind, name, address, own) in ACCOUNTS {
        let config = json!({ "address": address });
        let settings = Settings {
            name,
            address,
            config: &config,
            secrets: None,
            team_id: team(own),
        };
        accounts::create(&mut tx, Uuid::now_v7(), kind, &settings, Actor::SYSTEM, now).await?;
    }
    for (name, color) in TAGS {
        tags::create(&mut tx, name, color, now).await?;
    }
    // Types of its own, which the engine learns from corrections alone.
    for name in ["Fatture", "Taglie"] {
        request_types::create(&mut tx, name).await?;
    }
    for (shortcut, title, language, body) in CANNED {
        let row = CannedRow {
            id: Uuid::now_v7(),
            shortcut: (*shortcut).into(),
            title: (*title).into(),
            body: (*body).into(),
            language: Some((*language).into()),
            updated_at: now,
        };
        canned::save(&mut tx, &row).await?;
    }
    write_rules(&mut tx, team, now).await?;
    tx.commit().await?;
    Company::load(db).await
}

async fn write_rules(tx: &mut Tx, team: impl Fn(&str) -> Option<Uuid>, now: i64) -> anyhow::Result<()> {
    let words = |list: &[&str]| list.iter().map(|word| (*word).to_owned()).collect::<Vec<String>>();
    let rules = [
        (
            "Sicurezza e minacce legali",
            Conditions {
                words: words(&["avvocato", "pronto soccorso", "allergia", "lawyer"]),
                ..Default::default()
            },
            "Assistenza",
            Some(Priority::Urgent),
        ),
        (
            "Pacchi e corriere",
            Conditions {
                words: words(&["corriere", "tracciamento", "in consegna", "tracking", "parcel", "pacco"]),
                ..Default::default()
            },
            "Spedizioni",
            None,
        ),
        (
            "Fatture, rimborsi e addebiti",
            Conditions {
                words: words(&["fattura", "nota di credito", "addebit", "estratto conto"]),
                ..Default::default()
            },
            "Amministrazione",
            None,
        ),
        (
            "Aziende e rivenditori",
            Conditions {
                words: words(&["preventivo", "rivend", "listino", "divise"]),
                ..Default::default()
            },
            "Vendite",
            None,
        ),
        (
            "Urgenti",
            Conditions {
                urgency_at_least: Some(Urgency::Critical),
                ..Default::default()
            },
            "Assistenza",
            Some(Priority::High),
        ),
    ];
    for (name, when, to, priority) in rules {
        let then = Decision {
            team: team(to),
            priority,
            ..Default::default()
        };
        rules::save(
            tx,
            &Rule {
                id: Uuid::now_v7(),
                name: name.into(),
                when,
                then,
            },
            true,
            now,
        )
        .await?;
    }
    Ok(())
}
