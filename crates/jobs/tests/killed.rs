//! The process is killed a hundred times at random moments of intake, pipeline and sending, under load. Afterwards every
//! message that was acknowledged is in exactly once, and every answer went out at most once; where nobody knows, it says so.

use std::{
    collections::{HashMap, HashSet},
    fs::{File, OpenOptions},
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use voce_channels::{
    Account, Capabilities, ConnectError, Connector, Field, FieldError, NewRaw, Outgoing, ParseError, SendError, Sent,
    Sink, http, registry::Registry,
};
use voce_domain::{
    event::{Actor, Event, EventKind},
    identity::{Address, IdentityKind},
    message::{Author, Incoming, IncomingMessage, MessageKind, RawItem, Visibility},
};
use voce_ingest::{Intake, Pipeline};
use voce_jobs::Parts;
use voce_store::{
    Db,
    accounts::{self, Settings},
    answers::{self, NewAnswer},
    arrivals,
    blobs::Blobs,
    cases::{self, Scope},
    deliveries::{self, Payload},
    events::{self, Cursor},
    intake,
    messages::{self, NewWords},
    vault::Vault,
};

const ROUNDS: u32 = 100;
const ROLE: &str = "VOCE_KILLED_ROLE";
const FOLDER: &str = "VOCE_KILLED_FOLDER";

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    match (std::env::var(ROLE), std::env::var(FOLDER)) {
        (Ok(role), Ok(folder)) => runtime.block_on(child(&role, Path::new(&folder))),
        _ => parent(&runtime),
    }
}

fn parent(runtime: &tokio::runtime::Runtime) {
    let folder = tempfile::tempdir().unwrap();
    runtime.block_on(prepare(folder.path()));
    for round in 0..ROUNDS {
        let mut child = start(folder.path(), &format!("load-{round}"));
        std::thread::sleep(Duration::from_millis(rand::random_range(20..300)));
        // SIGKILL: nothing in the process can answer to it.
        child.kill().unwrap();
        child.wait().unwrap();
    }
    assert!(start(folder.path(), "finish").wait().unwrap().success());
    runtime.block_on(count(folder.path()));
}

/// Starts the child and waits until it works.
fn start(folder: &Path, role: &str) -> std::process::Child {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .env(ROLE, role)
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    assert_eq!(line.trim(), "ready");
    child
}

const ACCOUNT: Uuid = Uuid::from_u128(7);

async fn prepare(folder: &Path) {
    let db = open(folder).await;
    let settings = Settings {
        name: "Help",
        address: "help@example.com",
        config: &json!({}),
        secrets: None,
        team_id: None,
    };
    let mut tx = db.begin().await.unwrap();
    accounts::create(&mut tx, ACCOUNT, "scripted", &settings, Actor::SYSTEM, 1)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    db.close().await;
}

async fn open(folder: &Path) -> Db {
    Db::open(&folder.join("voce.db").display().to_string()).await.unwrap()
}

async fn child(role: &str, folder: &Path) {
    let db = open(folder).await;
    let parts = Parts {
        db: db.clone(),
        blobs: Blobs::open(folder.join("blobs")).unwrap(),
        vault: Vault::open(folder).unwrap(),
        registry: Registry::of(vec![Arc::new(Scripted {
            sent: Mutex::new(append_to(folder.join("sent"))),
        })]),
        http: http::Client::new(http::Policy::default()),
    };
    let stop = CancellationToken::new();
    let pipeline = Pipeline::new(
        db.clone(),
        parts.registry.clone(),
        parts.blobs.clone(),
        parts.vault.clone(),
    );
    tokio::spawn({
        let stop = stop.clone();
        async move { pipeline.run(stop).await }
    });
    tokio::spawn(voce_jobs::run(parts, stop));
    tokio::spawn(answer_all(db.clone()));
    println!("ready");
    match role {
        "finish" => finish(&db).await,
        round => load(db, folder, round).await,
    }
}

/// Hands in messages for ever and notes each that was acknowledged.
async fn load(db: Db, folder: &Path, round: &str) {
    let intake = Intake::start(db);
    let acknowledged = Arc::new(Mutex::new(append_to(folder.join("acknowledged"))));
    let writers = (0..8).map(|writer| {
        let (intake, acknowledged, round) = (intake.clone(), acknowledged.clone(), round.to_owned());
        tokio::spawn(async move {
            for n in 0.. {
                let id = format!("{round}-{writer}-{n}");
                let mut message = IncomingMessage::new(&id, author(writer, n), format!("Where is my parcel {n}?"), 1);
                message.thread.key = Some(format!("{round}-{writer}-{}", n / 3));
                let body = serde_json::to_vec(&[Incoming::Message(Box::new(message))]).unwrap();
                let item = NewRaw {
                    format: "json",
                    body,
                    received_at: 1_700_000_000_000 + n,
                };
                intake.accept(ACCOUNT, vec![item], None).await.unwrap();
                note(&mut acknowledged.lock().unwrap(), &id);
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
}

fn author(writer: usize, n: i64) -> Author {
    let address = Address::new(IdentityKind::Email, format!("p{writer}-{}@example.com", n % 40));
    Author {
        address,
        name: None,
        avatar_url: None,
        also: Vec::new(),
    }
}

/// Answers every fourth message, from the beginning: the same answer twice is refused by its key.
async fn answer_all(db: Db) {
    let mut cursor = Cursor::default();
    loop {
        let facts = events::after(&db, cursor, 500).await.unwrap();
        for fact in &facts {
            cursor = fact.cursor;
            let received = fact.event.kind == EventKind::MessageReceived && fact.cursor.seq % 4 == 0;
            if let (true, Some(message), Some(case)) = (received, fact.event.message_id, fact.event.case_id) {
                answer(&db, case, message).await;
            }
        }
        if facts.is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

async fn answer(db: &Db, case: Uuid, message: Uuid) {
    let answered = messages::get(db, Scope::All, message).await.unwrap();
    let key = message.to_string();
    let words = NewWords {
        case_id: case,
        user: Uuid::from_u128(9),
        author_name: "Olga",
        text: "On its way",
        idempotency_key: &key,
        files: Vec::new(),
    };
    let answer = NewAnswer {
        words,
        conversation: answered.conversation_id,
        kind: MessageKind::PrivateMessage,
        visibility: Visibility::Private,
        subject: None,
        html: None,
        payload: Payload::default(),
        leaves_at: 1,
        then: None,
    };
    let mut tx = db.begin().await.unwrap();
    answers::write(&mut tx, &answer, 1).await.unwrap();
    tx.commit().await.unwrap();
}

/// Waits until everything is processed and every answer has its fate.
async fn finish(db: &Db) {
    let mut quiet = 0;
    while quiet < 20 {
        let backlog = intake::backlog(db).await.unwrap();
        let due = deliveries::due(db, i64::MAX, 1).await.unwrap();
        quiet = if backlog.waiting == 0 && due.is_empty() {
            quiet + 1
        } else {
            0
        };
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn count(folder: &Path) {
    let db = open(folder).await;
    let facts = all_events(&db).await;
    let acknowledged = lines(&folder.join("acknowledged"));
    let received = ids(&facts, EventKind::MessageReceived);
    assert!(
        acknowledged.len() > 1_000,
        "too little load to prove anything: {}",
        acknowledged.len()
    );
    assert_eq!(
        received.len(),
        received.iter().collect::<HashSet<_>>().len(),
        "a message arrived twice"
    );
    let mut tx = db.begin().await.unwrap();
    let keys: Vec<(Uuid, &str)> = acknowledged.iter().map(|id| (ACCOUNT, id.as_str())).collect();
    let known = arrivals::known_messages(&mut tx, &keys).await.unwrap();
    drop(tx);
    let known: HashMap<&str, &arrivals::Known> =
        known.iter().map(|known| (known.external_id.as_str(), known)).collect();
    for id in &acknowledged {
        assert!(known.contains_key(id.as_str()), "{id} was acknowledged and is lost");
    }
    check_cases(&db, &facts).await;

    let sent = lines(&folder.join("sent"));
    assert_eq!(
        sent.len(),
        sent.iter().collect::<HashSet<_>>().len(),
        "an answer went out twice"
    );
    let sent: HashSet<Uuid> = sent.iter().map(|id| id.parse().unwrap()).collect();
    let written = ids(&facts, EventKind::MessageWritten);
    let mut fates: HashMap<String, usize> = HashMap::new();
    for chunk in written.chunks(200) {
        for delivery in deliveries::of_messages(&db, chunk).await.unwrap() {
            match delivery.state.as_str() {
                "sent" => assert!(
                    sent.contains(&delivery.message_id),
                    "said to be sent, but it never left"
                ),
                "unknown" => {}
                other => panic!("an answer was left {other}"),
            }
            *fates.entry(delivery.state).or_default() += 1;
        }
    }
    assert!(sent.iter().all(|id| written.contains(id)));
    assert_eq!(fates.values().sum::<usize>(), written.len());
    println!(
        "killed {ROUNDS} times: {} messages acknowledged, {} in; {} answers, {} left, fates {fates:?}",
        acknowledged.len(),
        received.len(),
        written.len(),
        sent.len()
    );
}

/// The counters of every case agree with its messages.
async fn check_cases(db: &Db, facts: &[Event]) {
    for case in facts
        .iter()
        .filter(|fact| fact.kind == EventKind::CaseOpened)
        .step_by(7)
        .filter_map(|fact| fact.case_id)
    {
        let row = cases::by_id(db, Scope::All, case).await.unwrap();
        let page = messages::of_case(db, Scope::All, case, None, 1_000).await.unwrap();
        assert_eq!(row.messages, page.messages.len() as i64, "case {}", row.number);
    }
}

async fn all_events(db: &Db) -> Vec<Event> {
    let (mut cursor, mut all) = (Cursor::default(), Vec::new());
    loop {
        let facts = events::after(db, cursor, 5_000).await.unwrap();
        let Some(last) = facts.last() else { return all };
        cursor = last.cursor;
        all.extend(facts.into_iter().map(|fact| fact.event));
    }
}

fn ids(facts: &[Event], kind: EventKind) -> Vec<Uuid> {
    facts
        .iter()
        .filter(|fact| fact.kind == kind)
        .filter_map(|fact| fact.message_id)
        .collect()
}

fn append_to(path: PathBuf) -> File {
    OpenOptions::new().append(true).create(true).open(path).unwrap()
}

/// In one write. A kill can still cut it where two pages of the file meet: only a line that ends in a stop is whole, and it begins
/// on a line of its own.
fn note(file: &mut File, line: &str) {
    file.write_all(format!("\n{line}.\n").as_bytes()).unwrap();
}

fn lines(path: &Path) -> Vec<String> {
    std::fs::read_to_string(path)
        .unwrap()
        .lines()
        .filter_map(|line| line.strip_suffix('.'))
        .map(str::to_owned)
        .collect()
}

/// Notes durably every answer that it is given.
struct Scripted {
    sent: Mutex<File>,
}

#[async_trait]
impl Connector for Scripted {
    fn kind(&self) -> &'static str {
        "scripted"
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            answers: true,
            visibilities: &[Visibility::Private],
            max_characters: None,
            attachments: false,
            subject: false,
            html: false,
        }
    }

    fn fields(&self) -> &'static [Field] {
        &[]
    }

    fn validate(&self, _: &Value) -> Result<(), Vec<FieldError>> {
        Ok(())
    }

    fn parse(&self, _: &Account, raw: &RawItem) -> Result<Vec<Incoming>, ParseError> {
        serde_json::from_slice(&raw.body).map_err(|error| ParseError(error.to_string()))
    }

    async fn check(&self, _: &Account) -> Result<(), ConnectError> {
        Ok(())
    }

    async fn run(&self, _: &Account, _: &dyn Sink, stop: CancellationToken) -> Result<(), ConnectError> {
        stop.cancelled().await;
        Ok(())
    }

    async fn send(&self, _: &Account, message: &Outgoing) -> Result<Sent, SendError> {
        {
            let mut sent = self.sent.lock().unwrap();
            note(&mut sent, &message.id.to_string());
            sent.sync_data().unwrap();
        }
        tokio::time::sleep(Duration::from_millis(rand::random_range(0..5))).await;
        Ok(Sent {
            external_id: message.id.to_string(),
            url: None,
        })
    }
}
