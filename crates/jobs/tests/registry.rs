//! Registries imported on both databases: what is written, what is refused, and that an interruption changes nothing.

use std::path::{Path, PathBuf};

use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use voce_domain::identity::{Address, IdentityKind};
use voce_jobs::import::{self, Fate, Settings, columns::Key, report};
use voce_store::{
    Db,
    blobs::Blobs,
    contacts::{self, Filter, Sort},
    identities, imports, organizations,
    testing::each_database,
};

struct Desk {
    db: Db,
    blobs: Blobs,
    folder: TempDir,
}

impl Desk {
    fn new(db: Db) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self {
            db,
            blobs: Blobs::open(folder.path().join("blobs")).unwrap(),
            folder,
        }
    }

    fn file(&self, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder.path().join("upload");
        std::fs::write(&path, bytes).unwrap();
        path
    }

    async fn draft(&self, path: &Path, kind: &'static str) -> (Uuid, Settings) {
        let id = import::draft(&self.db, &self.blobs, path, "clienti.csv", kind, Uuid::nil())
            .await
            .unwrap();
        let import = imports::get(&self.db, id).await.unwrap();
        (id, serde_json::from_str(&import.mapping).unwrap())
    }

    async fn queue(&self, id: Uuid) {
        let mut tx = self.db.begin().await.unwrap();
        imports::queue(&mut tx, id, 1).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Claims and runs an import, up to `chunks` chunks.
    async fn run(&self, chunks: usize) -> imports::Import {
        let mut tx = self.db.begin().await.unwrap();
        let claimed = imports::claim(&mut tx, ["contacts", "organizations"], i64::MAX, 1)
            .await
            .unwrap()
            .unwrap();
        tx.commit().await.unwrap();
        let (id, stop, mut done) = (claimed.id, CancellationToken::new(), 0);
        let told = |_: &imports::Import| {
            done += 1;
            if done == chunks {
                stop.cancel();
            }
        };
        import::run(&self.db, &self.blobs, claimed, &stop, told).await.unwrap();
        imports::get(&self.db, id).await.unwrap()
    }

    async fn all(&self) -> Vec<contacts::Contact> {
        let listed = contacts::list(&self.db, &Filter::default(), Sort::Name, None, 10_000)
            .await
            .unwrap();
        let ids: Vec<Uuid> = listed.iter().map(|row| row.id).collect();
        let mut all = contacts::get_many(&self.db, &ids).await.unwrap();
        all.sort_by_key(|contact| contact.name.clone());
        all
    }
}

#[tokio::test]
async fn a_sheet_of_excel_becomes_contacts() {
    each_database(|db| async move {
        let desk = Desk::new(db);
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/files/clienti.xlsx");
        let (id, settings) = desk.draft(&path, "contacts").await;
        assert_eq!(settings.mapping.key, Key::CustomerNumber);
        let preview = import::preview(&desk.db, &desk.blobs, "contacts", &settings, 50)
            .await
            .unwrap();
        assert_eq!(
            preview.iter().map(|row| row.fate).collect::<Vec<_>>(),
            [Fate::Created, Fate::Created, Fate::Failed]
        );
        assert_eq!(desk.all().await, [], "a preview changes nothing");
        desk.queue(id).await;
        let done = desk.run(9).await;
        assert_eq!(
            (done.state, done.created, done.failed, done.position),
            (imports::State::Done, 2, 1, 3)
        );
        let all = desk.all().await;
        assert_eq!(
            all.iter().map(|contact| contact.name.as_str()).collect::<Vec<_>>(),
            ["Anna Rossi", "Niccolò D’Angelo"]
        );
        assert_eq!(all[0].organization.as_deref(), Some("Caffè Aurora"));
        assert_eq!(all[0].fields.0["Cliente dal"], "2021-01-01");
        let phone = Address::new(IdentityKind::Phone, "+393471234567");
        assert_eq!(
            identities::find(&desk.db, &phone).await.unwrap().unwrap().contact_id,
            all[0].id
        );
        let errors = imports::errors(&desk.db, id, None, 10).await.unwrap();
        let seen: Vec<_> = errors
            .iter()
            .map(|error| (error.row_number, error.column_name.as_str(), error.problem.as_str()))
            .collect();
        assert_eq!(
            seen,
            [
                (4, "Cellulare", "import-problem-phone"),
                (5, "Codice cliente", "import-problem-key")
            ]
        );
    })
    .await;
}

#[tokio::test]
async fn the_same_file_again_changes_nothing() {
    each_database(|db| async move {
        let desk = Desk::new(db);
        let path = desk.file(
            b"Codice cliente;Nome;Email;Note\nC1;Citt\xe0 di Torino;urp@example.com;ok\nC2;Anna;urp@example.com;\n",
        );
        for round in 0..2 {
            let (id, _) = desk.draft(&path, "contacts").await;
            desk.queue(id).await;
            let done = desk.run(9).await;
            let expected = if round == 0 { (2, 0, 0) } else { (0, 0, 2) };
            assert_eq!((done.created, done.updated, done.skipped), expected);
        }
        let all = desk.all().await;
        assert_eq!(
            all.iter().map(|contact| contact.name.as_str()).collect::<Vec<_>>(),
            ["Anna", "Città di Torino"]
        );
        let held = identities::of_contacts(&desk.db, &[all[0].id]).await.unwrap();
        assert_eq!(
            held[&all[0].id].iter().map(|held| held.owned()).collect::<Vec<_>>(),
            [false, true],
            "the mailbox is shared"
        );
    })
    .await;
}

#[tokio::test]
async fn an_interrupted_import_goes_on_where_it_stood() {
    each_database(|db| async move {
        let desk = Desk::new(db);
        let mut text = String::from("codice cliente,nome,telefono\n");
        for number in 0..1_250 {
            let phone = if number % 100 == 7 {
                "sbagliato".into()
            } else {
                format!("347 {:07}", 1_000_000 + number)
            };
            text.push_str(&format!("C{number},Persona {number},{phone}\n"));
        }
        let (id, _) = desk.draft(&desk.file(text), "contacts").await;
        desk.queue(id).await;
        let half = desk.run(1).await;
        assert_eq!((half.state, half.position), (imports::State::Running, 500));
        // A worker that died in the middle of a chunk leaves nothing of it.
        let mut tx = desk.db.begin().await.unwrap();
        imports::advance(
            &mut tx,
            id,
            500,
            &imports::Step {
                passed: 500,
                ..Default::default()
            },
            1,
        )
        .await
        .unwrap();
        drop(tx);
        let done = desk.run(9).await;
        assert_eq!(
            (done.state, done.position, done.created, done.failed),
            (imports::State::Done, 1_250, 1_250, 0)
        );
        assert_eq!(desk.all().await.len(), 1_250);
        assert_eq!(imports::errors(&desk.db, id, None, 100).await.unwrap().len(), 13);
    })
    .await;
}

#[tokio::test]
async fn a_cancelled_import_stops_before_the_next_chunk() {
    each_database(|db| async move {
        let desk = Desk::new(db);
        let text: String = std::iter::once("email\n".to_owned())
            .chain((0..1_200).map(|n| format!("p{n}@example.com\n")))
            .collect();
        let (id, _) = desk.draft(&desk.file(text), "contacts").await;
        desk.queue(id).await;
        desk.run(1).await;
        let mut tx = desk.db.begin().await.unwrap();
        imports::cancel(&mut tx, id, 2).await.unwrap();
        assert_eq!(
            imports::claim(&mut tx, ["contacts", "organizations"], i64::MAX, 3)
                .await
                .unwrap(),
            None
        );
        tx.commit().await.unwrap();
        assert_eq!(desk.all().await.len(), 500);
    })
    .await;
}

#[tokio::test]
async fn organizations_have_a_registry_too() {
    each_database(|db| async move {
        let desk = Desk::new(db);
        let path = desk.file("Ragione sociale,Sito,Città\nCaffè Aurora,https://www.aurora.example/it,Torino\n,x,y\nCAFFÈ AURORA,,Milano\n");
        let (id, settings) = desk.draft(&path, "organizations").await;
        let preview = import::preview(&desk.db, &desk.blobs, "organizations", &settings, 50).await.unwrap();
        assert_eq!(preview.iter().map(|row| row.fate).collect::<Vec<_>>(), [Fate::Created, Fate::Failed, Fate::Updated]);
        desk.queue(id).await;
        let done = desk.run(9).await;
        assert_eq!((done.created, done.updated, done.failed), (1, 1, 1));
        let found = organizations::by_name(&desk.db, "caffe aurora").await.unwrap().unwrap();
        assert_eq!((found.name.as_str(), found.domain.as_deref()), ("Caffè Aurora", Some("aurora.example")));
        assert_eq!(found.fields.0["Città"], "Milano");
    })
    .await;
}

#[tokio::test]
async fn errors_download_without_formulas() {
    each_database(|db| async move {
        let desk = Desk::new(db);
        let path = desk.file("Nome,Email\nAnna,=HYPERLINK(\"http://evil.example\")\nBea,bea@example.com\n");
        let (id, _) = desk.draft(&path, "contacts").await;
        desk.queue(id).await;
        desk.run(9).await;
        let piece = report::piece(&desk.db, id, None, str::to_owned).await.unwrap().unwrap();
        assert_eq!(
            String::from_utf8(piece.text).unwrap(),
            "2,Email,import-problem-email,\"'=HYPERLINK(\"\"http://evil.example\"\")\"\n"
        );
        assert!(
            report::piece(&desk.db, id, Some(piece.next), str::to_owned)
                .await
                .unwrap()
                .is_none()
        );
    })
    .await;
}
