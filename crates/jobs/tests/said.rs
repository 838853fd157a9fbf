//! Files of messages and mail handed to the queue on both databases: everything once, from wherever an import stopped.

use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use voce_channels::api;
use voce_jobs::import::{feed, mail, messages};
use voce_store::{Db, imports, intake, testing::each_database};

const ACCOUNT: Uuid = Uuid::from_u128(7);

fn reading() -> messages::Reading {
    messages::Reading {
        country: "IT".into(),
        zone: TimeZone::UTC,
        mapping: None,
    }
}

async fn bodies(db: &Db) -> Vec<Vec<u8>> {
    let taken = intake::take(db, 0, 100_000, 1 << 40).await.unwrap();
    taken.items.into_iter().map(|item| item.body).collect()
}

/// Runs an import, up to `chunks` chunks, as a new process would.
async fn run(db: &Db, kind: &str, path: &Path, chunks: usize) -> imports::Import {
    let mut import = feed::start(db, kind, path, ACCOUNT, 1).await.unwrap();
    if import.state == imports::State::Done {
        return import;
    }
    let pieces = match kind {
        mail::KIND => mail::open(path, import.position).unwrap(),
        _ => messages::open(path, import.position, &reading()).unwrap(),
    };
    let (id, stop, mut done) = (import.id, CancellationToken::new(), 0);
    let told = |_: &imports::Import| {
        done += 1;
        if done == chunks {
            stop.cancel();
        }
    };
    feed::run(db, &mut import, ACCOUNT, "x", pieces, &stop, told)
        .await
        .unwrap();
    imports::get(db, id).await.unwrap()
}

fn shared(file: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/data/care")
        .join(file);
    if path.exists() {
        return Some(path);
    }
    assert!(std::env::var("CI").is_err(), "{file} must be there on a CI machine");
    eprintln!("left out: {file} is not there");
    None
}

#[tokio::test]
async fn threads_of_a_public_file_are_queued_once() {
    let Some(path) = shared("twcs_threads.tsv") else { return };
    each_database(|db| {
        let path = path.clone();
        async move {
            let rows = messages::count(&path).unwrap();
            let half = run(&db, messages::KIND, &path, 2).await;
            assert_eq!((half.state, half.position), (imports::State::Running, 1_000));
            let done = run(&db, messages::KIND, &path, 1_000).await;
            assert_eq!(
                (done.state, done.position, done.created + done.failed),
                (imports::State::Done, rows, rows)
            );
            let again = run(&db, messages::KIND, &path, 1_000).await;
            assert_eq!(again.id, done.id);
            let bodies = bodies(&db).await;
            assert_eq!(bodies.len() as i64, done.created);
            let read = bodies
                .iter()
                .map(|body| api::message::read(body, "IT", 0).unwrap())
                .collect::<Vec<_>>();
            let ids: std::collections::BTreeSet<_> = read.iter().map(|message| &message.external_id).collect();
            assert_eq!(ids.len(), read.len(), "no message twice");
            assert!(
                read.iter().filter(|message| message.from_us).count() > 500,
                "answers of the companies"
            );
            assert!(done.failed * 50 < rows, "{} of {rows} failed", done.failed);
        }
    })
    .await;
}

#[tokio::test]
async fn tweets_without_quoting_are_read_to_the_last() {
    let Some(path) = shared("airline_en.tsv") else { return };
    let pieces: Vec<_> = messages::open(&path, 0, &reading())
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert_eq!(pieces.len() as i64, messages::count(&path).unwrap());
    assert!(pieces.iter().filter(|piece| piece.body.is_none()).count() * 50 < pieces.len());
}

#[tokio::test]
async fn wrong_lines_are_told_and_the_rest_is_queued() {
    each_database(|db| async move {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("messages.jsonl");
        let good = |id: u32| format!(r#"{{"id":"m{id}","author":{{"email":"a@example.com"}},"text":"ciao"}}"#);
        std::fs::write(&path, format!("{}\nnot json\n\n{{\"id\":\"x\"}}\n{}", good(1), good(2))).unwrap();
        let done = run(&db, messages::KIND, &path, 9).await;
        assert_eq!((done.created, done.position), (2, 5));
        let errors = imports::errors(&db, done.id, None, 10).await.unwrap();
        assert_eq!(errors.iter().map(|error| error.row_number).collect::<Vec<_>>(), [2, 4]);
        assert_eq!(bodies(&db).await.len(), 2);
    })
    .await;
}

#[tokio::test]
async fn an_archive_of_mail_goes_on_at_the_byte_where_it_stopped() {
    each_database(|db| async move {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("archive.mbox");
        let mail = |n: u32| {
            format!("From a@example.com Mon Nov 22 10:00:00 2026\nMessage-ID: <{n}@example.com>\n\n>From here {n}\n\n")
        };
        let text: String = (0..1_200).map(mail).collect();
        std::fs::write(&path, &text).unwrap();
        let half = run(&db, mail::KIND, &path, 1).await;
        assert_eq!((half.state, half.created), (imports::State::Running, 500));
        let done = run(&db, mail::KIND, &path, 9).await;
        assert_eq!((done.state, done.created), (imports::State::Done, 1_200));
        assert_eq!(done.position, text.len() as i64);
        let bodies = bodies(&db).await;
        let expected = (0..1_200).map(|n| format!("Message-ID: <{n}@example.com>\n\nFrom here {n}\n").into_bytes());
        assert!(bodies.into_iter().eq(expected));
    })
    .await;
}
