//! Bringing registries in by the pages: odd encodings, columns, preview, errors, access.

use axum::{body::Body, http::Method};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use voce_domain::permission::Role;
use voce_jobs::import;
use voce_store::{contacts, imports, testing::each_database};

use crate::harness::{Answer, Client, TestApp};

async fn upload(client: &mut Client, kind: &str, name: &str, bytes: &[u8]) -> Answer {
    let head = format!(
        "--x\r\nContent-Disposition: form-data; name=\"kind\"\r\n\r\n{kind}\r\n--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n"
    );
    let body = [head.as_bytes(), bytes, b"\r\n--x--\r\n"].concat();
    client
        .send(
            Method::POST,
            "/imports",
            Body::from(body),
            Some("multipart/form-data; boundary=x"),
        )
        .await
        .read()
        .await
}

fn id_of(answer: &Answer) -> Uuid {
    answer.location().split('/').nth(2).unwrap().parse().unwrap()
}

/// Runs what waits, as the worker does.
async fn work(server: &TestApp) {
    let mut tx = server.db.begin().await.unwrap();
    let claimed = imports::claim(&mut tx, ["contacts", "organizations"], 0, 1)
        .await
        .unwrap()
        .expect("an import waits");
    tx.commit().await.unwrap();
    import::run(
        &server.db,
        &server.app.blobs,
        claimed,
        &CancellationToken::new(),
        |_| {},
    )
    .await
    .unwrap();
}

#[tokio::test]
async fn a_registry_of_another_century_comes_in() {
    each_database(|db| async move {
        let server = TestApp::start(db.clone()).await;
        let mut boss = server.with_user(Role::Supervisor).await.client().await;
        // Windows-1252, semicolons, a phone that is none, and a name that is a formula.
        let file = b"Codice cliente;Cognome;Nome;E-mail;Cellulare;Citt\xe0\r\n1;D\x92Angelo;Niccol\xf2;n@example.com;347 1234567;Forl\xec\r\n2;=cmd|calc;;;+boh;\r\n;Rossi;Anna;a@example.com;;\r\n";
        let draft = upload(&mut boss, "contacts", "clienti.csv", file).await.assert(303);
        let id = id_of(&draft);
        let columns = boss.get(draft.location()).await.assert(200);
        for shown in ["windows-1252", "Forlì", "value=\"Città\"", "3 rows"] {
            assert!(columns.shows(shown), "{shown}");
        }
        let targets = ["customer_number", "family_name", "given_name", "email", "phone", "field"];
        let mut form = vec![("header", "on"), ("customers", "on"), ("key", "customer_number")];
        for target in targets {
            form.extend([("column", target), ("field", "Città")]);
        }
        let path = format!("/imports/{id}");
        boss.post(&format!("{path}/columns"), &[("header", "on"), ("key", "phone"), ("column", "name")]).await.assert(422);
        boss.post(&format!("{path}/columns"), &form).await.assert(303);
        let preview = boss.get(&format!("{path}/preview")).await.assert(200);
        for shown in ["Niccolò", "D’Angelo", "2 new", "1 with problems", "Not a phone number"] {
            assert!(preview.shows(shown), "{shown}");
        }
        boss.post(&format!("{path}/start"), &[]).await.assert(303);
        boss.post(&format!("{path}/start"), &[]).await.assert(409);
        assert!(boss.get(&path).await.assert(200).shows("Waiting"));
        work(&server).await;
        let done = boss.get(&path).await.assert(200);
        assert!(done.shows("Done") && done.shows("row not imported"));
        let errors = boss.get(&format!("{path}/errors.csv")).await.assert(200);
        assert!(errors.header("content-disposition").contains("attachment"));
        assert_eq!(
            errors.text(),
            "\u{feff}Row,Column,Problem,Value\r\n3,Cellulare,Not a phone number,'+boh\n4,Codice cliente,The address that recognises the person is missing: row not imported,\n"
        );
        let all = contacts::list(&db, &contacts::Filter::default(), contacts::Sort::Name, None, 10).await.unwrap();
        assert_eq!(all.iter().map(|row| row.name.as_str()).collect::<Vec<_>>(), ["=cmd|calc", "Niccolò D’Angelo"]);
        assert!(boss.get("/imports").await.assert(200).shows("clienti.csv"));
    })
    .await;
}

#[tokio::test]
async fn files_that_are_no_tables_are_refused_with_a_reason() {
    each_database(|db| async move {
        let server = TestApp::start(db.clone()).await;
        let mut boss = server.with_user(Role::Supervisor).await.client().await;
        for (name, bytes, why) in [
            ("a.csv", b"".as_slice(), "There is no row in the file"),
            ("a.xlsx", b"PK\x03\x04 broken", "The file cannot be read"),
            ("", b"", "Choose a file"),
        ] {
            let answer = upload(&mut boss, "contacts", name, bytes).await.assert(422);
            assert!(answer.shows(why), "{name}");
        }
        let draft = upload(
            &mut boss,
            "organizations",
            "<b>.csv",
            "Ragione sociale\nAurora\n".as_bytes(),
        )
        .await
        .assert(303);
        assert!(!boss.get(draft.location()).await.assert(200).shows("<b>.csv"));
        boss.post(&format!("/imports/{}/cancel", id_of(&draft)), &[])
            .await
            .assert(303);
        boss.get(draft.location()).await.assert(409);
    })
    .await;
}

#[tokio::test]
async fn whoever_may_not_import_sees_no_import() {
    each_database(|db| async move {
        let server = TestApp::start(db.clone()).await;
        let mut boss = server.with_user(Role::Supervisor).await.client().await;
        let draft = upload(&mut boss, "contacts", "a.csv", b"email\na@example.com\n")
            .await
            .assert(303);
        let mut agent = server.with_user(Role::Agent).await.client().await;
        upload(&mut agent, "contacts", "a.csv", b"email\na@example.com\n")
            .await
            .assert(403);
        let id = id_of(&draft);
        for path in [
            "/imports".to_owned(),
            format!("/imports/{id}/columns"),
            format!("/imports/{id}/errors.csv"),
        ] {
            agent.get(&path).await.assert(403);
        }
        agent.post(&format!("/imports/{id}/start"), &[]).await.assert(403);
    })
    .await;
}
