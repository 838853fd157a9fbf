//! A database of that size for [`super::desk`]: cases with ten messages, words as people use them.

use anyhow::ensure;
use rand::{RngExt, SeedableRng, rngs::SmallRng};
use serde_json::json;
use uuid::Uuid;
use voce_domain::{
    case::Priority,
    event::Actor,
    identity::{Address, IdentityKind},
    labels::{Labels, Sentiment, SentimentClass, Urgency},
    message::{Automatic, Direction, MessageKind, Visibility},
};
use voce_store::{
    Db,
    accounts::{self, Settings},
    arrivals::{self, Conversation, NewContact, NewIdentity, NewMessage, Rows},
    cases::CaseRow,
    teams,
};
use voce_web::state::now;

const MESSAGES_OF_A_CASE: usize = 10;
const CASES_OF_A_BATCH: usize = 200;
const MINUTE: i64 = 60_000;

/// The words that every message of a shop's customers is made of; those further down are rarer.
const WORDS: &str = "il la di e the to non è un ho per che grazie ordine my order pacco and i you for buongiorno salve \
    spedizione is it consegna delivery ancora arrivato rimborso refund please corriere when giorni was prodotto received \
    assistenza reso return numero email account payment pagamento fattura carta sito website taglia size colore maglione \
    scarpe coperta abbonamento subscription disdire cancel codice sconto discount negozio store orari aperto domani oggi \
    ieri settimana lunedì cordiali saluti regards thanks help urgente problema wrong broken rotto sbagliato mancante missing \
    scatola box regalo gift indirizzo address telefono chiamare call risposta answer attendo waiting notizie gentile";
/// With the words made of syllables: about what a company's customers use in a year.
const VOCABULARY: usize = 60_000;

const FIRST: [&str; 16] = [
    "Marta", "Luca", "Giulia", "Paolo", "Sofia", "Davide", "Chiara", "Ettore", "Emma", "James", "Olivia", "Jack",
    "Irene", "Nicolò", "Agnese", "Tommaso",
];
const LAST: [&str; 16] = [
    "Bianchi", "Rossi", "Ferrari", "Esposito", "Romano", "Colombo", "Ricci", "Marino", "Greco", "Bruno", "Smith",
    "Jones", "Taylor", "Brown", "Wilson", "Conti",
];

/// Fills an empty database; returns how many cases it has. One that has as many cases already is left as it is.
pub async fn fill(db: &Db, reader: Uuid, messages: usize) -> anyhow::Result<usize> {
    let cases = messages / MESSAGES_OF_A_CASE;
    let there = count(db).await?;
    if there >= cases {
        return Ok(cases);
    }
    ensure!(there == 0, "the database has {there} cases: bench fills only a new one");
    let place = Place::new(db, reader).await?;
    let vocabulary = vocabulary();
    let mut random = SmallRng::seed_from_u64(1);
    let begin = now() - cases as i64 * MINUTE * 3;
    for first in (0..cases).step_by(CASES_OF_A_BATCH) {
        let last = (first + CASES_OF_A_BATCH).min(cases);
        batch(db, &place, &vocabulary, &mut random, begin, first..last).await?;
    }
    Ok(cases)
}

/// How many cases there are.
async fn count(db: &Db) -> anyhow::Result<usize> {
    let mut tx = db.begin().await?;
    Ok(arrivals::reserve_numbers(&mut tx, 0).await? as usize - 1)
}

/// Words that few messages have.
pub fn rare_words(count: usize) -> Vec<String> {
    let words = vocabulary();
    words
        .into_iter()
        .rev()
        .step_by(97)
        .take(count.clamp(1, 500))
        .map(|word| word + " ")
        .collect()
}

struct Place {
    account: Uuid,
    teams: Vec<Uuid>,
    reader: Uuid,
}

impl Place {
    async fn new(db: &Db, reader: Uuid) -> anyhow::Result<Self> {
        let mut tx = db.begin().await?;
        let account = Uuid::now_v7();
        let config = json!({});
        let settings = Settings {
            name: "Assistenza",
            address: "assistenza@example.com",
            config: &config,
            secrets: None,
            team_id: None,
        };
        accounts::create(&mut tx, account, "api", &settings, Actor::SYSTEM, now()).await?;
        let mut of_reader = Vec::new();
        for name in ["Assistenza", "Spedizioni", "Vendite", "Amministrazione"] {
            let id = teams::create(&mut tx, name, now()).await?;
            if of_reader.len() < 2 {
                teams::join(&mut tx, id, reader).await?;
            }
            of_reader.push(id);
        }
        tx.commit().await?;
        Ok(Self {
            account,
            teams: of_reader,
            reader,
        })
    }
}

/// Most frequent first.
fn vocabulary() -> Vec<String> {
    const SYLLABLES: [&str; 24] = [
        "ba", "ro", "ti", "ne", "sca", "lo", "mi", "ver", "ta", "con", "di", "pre", "gu", "sto", "la", "fer", "zi",
        "or", "ma", "ce", "pi", "un", "den", "ra",
    ];
    let mut words: Vec<String> = WORDS.split_whitespace().map(str::to_owned).collect();
    let mut at = 0usize;
    while words.len() < VOCABULARY {
        let mut left = at;
        let mut word = String::new();
        for _ in 0..3 + at % 2 {
            word.push_str(SYLLABLES[left % SYLLABLES.len()]);
            left /= SYLLABLES.len();
        }
        words.push(word);
        at += 1;
    }
    words
}

/// A text of 15 to 60 words by Zipf's law: the n-th word of the list is n times rarer than the first.
fn text(vocabulary: &[String], random: &mut SmallRng) -> String {
    let length = random.random_range(15..60);
    let mut text = String::with_capacity(length * 8);
    for _ in 0..length {
        let rank = (vocabulary.len() as f64).powf(random.random::<f64>()) as usize - 1;
        text.push_str(vocabulary.get(rank).map_or("", String::as_str));
        text.push(' ');
    }
    text
}

struct Drawn {
    id: Uuid,
    contact: Uuid,
    conversation: Uuid,
    name: String,
    opened: i64,
    texts: Vec<(Uuid, String, String)>,
}

async fn batch(
    db: &Db,
    place: &Place,
    vocabulary: &[String],
    random: &mut SmallRng,
    begin: i64,
    numbers: std::ops::Range<usize>,
) -> anyhow::Result<()> {
    let drawn: Vec<(usize, Drawn)> = numbers.map(|at| (at, draw(at, vocabulary, random, begin))).collect();
    let labels = labels();
    let mut rows = Rows::default();
    for (at, case) in &drawn {
        let address = Address::new(IdentityKind::Email, format!("c{at}@example.com"));
        rows.identities.push(NewIdentity {
            id: Uuid::now_v7(),
            address: address.clone(),
            contact_id: case.contact,
            name: None,
            created_at: case.opened,
        });
        rows.contacts.push(NewContact {
            id: case.contact,
            name: case.name.clone(),
            language: Some("it".into()),
            avatar_url: None,
            addresses: vec![address],
            created_at: case.opened,
        });
        rows.cases.push(case_row(place, *at, case, random));
        rows.conversations.push(Conversation {
            id: case.conversation,
            account_id: place.account,
            thread_key: format!("t{at}"),
            subject: None,
            contact_id: case.contact,
            case_id: case.id,
            created_at: case.opened,
        });
        let said = case
            .texts
            .iter()
            .enumerate()
            .map(|(turn, (id, external_id, text))| message(place, case, &labels, turn, *id, external_id, text));
        rows.messages.extend(said);
    }
    let mut tx = db.begin().await?;
    arrivals::write(&mut tx, &rows).await?;
    arrivals::reserve_numbers(&mut tx, drawn.len() as i64).await?;
    tx.commit().await?;
    Ok(())
}

fn draw(at: usize, vocabulary: &[String], random: &mut SmallRng, begin: i64) -> Drawn {
    let (first, last) = (
        FIRST[random.random_range(0..FIRST.len())],
        LAST[random.random_range(0..LAST.len())],
    );
    let texts = (0..MESSAGES_OF_A_CASE)
        .map(|turn| (Uuid::now_v7(), format!("m{at}-{turn}"), text(vocabulary, random)))
        .collect();
    Drawn {
        id: Uuid::now_v7(),
        contact: Uuid::now_v7(),
        conversation: Uuid::now_v7(),
        name: format!("{first} {last}"),
        opened: begin + at as i64 * MINUTE * 3,
        texts,
    }
}

fn message<'a>(
    place: &Place,
    case: &'a Drawn,
    labels: &'a Labels,
    turn: usize,
    id: Uuid,
    external_id: &'a str,
    text: &'a str,
) -> NewMessage<'a> {
    let inbound = turn.is_multiple_of(2);
    let at = case.opened + turn as i64 * MINUTE;
    NewMessage {
        id,
        account_id: place.account,
        conversation_id: case.conversation,
        case_id: case.id,
        external_id,
        direction: if inbound {
            Direction::Inbound
        } else {
            Direction::Outbound
        },
        kind: MessageKind::PrivateMessage,
        visibility: Visibility::Private,
        contact_id: inbound.then_some(case.contact),
        identity_id: None,
        author_name: if inbound { &case.name } else { "Giulia Conti" },
        subject: None,
        body: text,
        html: None,
        url: None,
        meta: None,
        automatic: Automatic::No,
        attachments: 0,
        sent_at: at,
        created_at: at,
        labels: inbound.then_some(labels),
        evidence: None,
        details: None,
    }
}

/// Every case needs somebody, which is the hardest for the lists: half are nobody's, one in fifty is the reader's.
fn case_row(place: &Place, at: usize, case: &Drawn, random: &mut SmallRng) -> CaseRow {
    let (state, owner) = match random.random_range(0..100) {
        0..50 => ("new", None),
        50..52 => ("open", Some(place.reader)),
        52..80 => ("open", Some(Uuid::from_u128(random.random_range(1..40)))),
        80..90 => ("waiting", Some(Uuid::from_u128(random.random_range(1..40)))),
        _ => ("resolved", Some(place.reader)),
    };
    let last = case.opened + (MESSAGES_OF_A_CASE as i64 - 1) * MINUTE;
    let opening = case
        .texts
        .first()
        .map(|(_, _, text)| text.chars().take(60).collect())
        .unwrap_or_default();
    let closing = case
        .texts
        .last()
        .map(|(_, _, text)| text.chars().take(150).collect())
        .unwrap_or_default();
    CaseRow {
        id: case.id,
        number: at as i64 + 1,
        subject: opening,
        preview: closing,
        contact_id: case.contact,
        account_id: place.account,
        state: state.into(),
        waiting: (state == "waiting").then(|| "customer".into()),
        waiting_until: None,
        owner_id: owner,
        team_id: place.teams.get(random.random_range(0..place.teams.len())).copied(),
        priority: Priority::ALL
            .get(random.random_range(0..40))
            .unwrap_or(&Priority::Normal)
            .key()
            .into(),
        language: Some("it".into()),
        request_type: Some("help".into()),
        urgency: Urgency::Normal.key().into(),
        sentiment_score: 0.0,
        noise: None,
        active: state != "resolved",
        messages: MESSAGES_OF_A_CASE as i64,
        unanswered_since: (state == "new").then_some(case.opened),
        last_message_at: last,
        first_answer_at: Some(case.opened + MINUTE),
        resolved_at: (state == "resolved").then_some(last),
        merged_into: None,
        version: 1,
        created_at: case.opened,
        updated_at: last,
    }
}

fn labels() -> Labels {
    Labels {
        language: Some("it".into()),
        sentiment: Sentiment {
            class: SentimentClass::Neutral,
            score: 0.0,
            weight: 0.1,
            confidence: 0.6,
        },
        request_type: Some("help".into()),
        request_confidence: 0.7,
        ..Labels::unknown()
    }
}
