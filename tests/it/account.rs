//! One's own account: second factor, passwords, sessions, tokens.

use totp_rs::{Algorithm, Builder, Secret};
use voce_domain::permission::{Permission, Role};
use voce_store::{sessions, testing::each_database, tokens, users};
use voce_web::{auth::second_factor, state::now};

use crate::harness::{Client, PASSWORD, Person, TestApp};

/// The code of a phone that has the secret, `steps` of 30 seconds from now.
fn code(base32: &str, steps: i64) -> String {
    let totp = Builder::new()
        .with_algorithm(Algorithm::SHA1)
        .with_secret(Secret::try_from_base32(base32).unwrap())
        .build_noncompliant();
    totp.generate(u64::try_from(now() / 1000 + steps * 30).unwrap())
        .to_string()
}

/// Switches the second factor on by the pages: the secret, and the recovery codes.
async fn enrol(client: &mut Client) -> (String, Vec<String>) {
    let page = client.get("/account/security/second-factor").await.assert(200);
    let sealed = page.between("name=\"sealed\" value=\"", "\"");
    let secret = page.between("<code class=\"mono\" data-copy-target=\"source\">", "</code>");
    let wrong = [
        ("sealed", sealed.as_str()),
        ("code", &code(&secret, 5)),
        ("current", PASSWORD),
    ];
    client.post("/account/security/second-factor", &wrong).await.assert(422);
    let right = [
        ("sealed", sealed.as_str()),
        ("code", &code(&secret, 0)),
        ("current", PASSWORD),
    ];
    client.post("/account/security/second-factor", &right).await.assert(303);
    let shown = client.get("/account/security").await.assert(200);
    let codes = shown.between("<pre class=\"code\" data-copy-target=\"source\"><code>", "</code>");
    assert!(
        !client.get("/account/security").await.shows("<pre class=\"code\""),
        "shown once"
    );
    (secret, codes.lines().map(str::to_owned).collect())
}

/// A browser that gave the right password and is asked for a code.
async fn asked(server: &TestApp, person: &Person<'_>) -> Client {
    let mut client = server.client();
    let answer = client.sign_in(&person.email, PASSWORD).await.assert(303);
    assert!(answer.location().starts_with("/sign-in/code"), "{}", answer.location());
    assert!(!client.cookies.contains_key("voce"), "not signed in yet");
    client
}

#[tokio::test]
async fn a_code_opens_once_and_a_recovery_code_too() {
    each_database(|db| async move {
        let server = TestApp::start(db).await;
        let anna = server.with_user(Role::Agent).await;
        let (secret, codes) = enrol(&mut anna.client().await).await;
        assert_eq!(codes.len(), 10);

        // The present step is spent by the enrolment; the next one is taken too.
        let next = code(&secret, 1);
        let mut browser = asked(&server, &anna).await;
        browser.get("/account").await.assert(303);
        browser.post("/sign-in/code", &[("code", "000000x")]).await.assert(422);
        browser.post("/sign-in/code", &[("code", &next)]).await.assert(303);
        browser.get("/account").await.assert(200);

        let mut replay = asked(&server, &anna).await;
        replay.post("/sign-in/code", &[("code", &next)]).await.assert(422);
        replay
            .post("/sign-in/code", &[("code", &codes[3].to_uppercase())])
            .await
            .assert(303);
        replay.get("/account").await.assert(200);
        let mut again = asked(&server, &anna).await;
        again.post("/sign-in/code", &[("code", &codes[3])]).await.assert(422);
        again.post("/sign-in/code", &[("code", &codes[4])]).await.assert(303);
    })
    .await;
}

#[tokio::test]
async fn a_code_cannot_be_asked_for_without_the_password() {
    each_database(|db| async move {
        let server = TestApp::start(db).await;
        let anna = server.with_user(Role::Agent).await;
        let (secret, _) = enrol(&mut anna.client().await).await;
        let mut browser = server.client();
        let away = browser
            .post("/sign-in/code", &[("code", &code(&secret, 1))])
            .await
            .assert(303);
        assert_eq!(away.location(), "/sign-in");
        browser.cookies.insert("voce_pending".into(), "bWFkZSB1cA".into());
        assert_eq!(browser.get("/sign-in/code").await.assert(303).location(), "/sign-in");
    })
    .await;
}

#[tokio::test]
async fn the_secret_lies_sealed_in_the_database() {
    each_database(|db| async move {
        let server = TestApp::start(db.clone()).await;
        let anna = server.with_user(Role::Agent).await;
        let (secret, codes) = enrol(&mut anna.client().await).await;
        let stored = users::credentials_of(&db, anna.id).await.unwrap();
        let sealed = stored.totp_secret.unwrap();
        let opened = server
            .app
            .vault
            .unseal(&second_factor::purpose(anna.id), &sealed)
            .unwrap();
        assert_eq!(Secret::try_from_base32(&secret).unwrap().as_bytes(), opened);
        assert!(!sealed.windows(opened.len()).any(|window| window == opened));
        assert!(!stored.recovery_codes.unwrap().contains(&codes[0].replace('-', "")));
    })
    .await;
}

#[tokio::test]
async fn the_second_factor_goes_only_with_the_password() {
    each_database(|db| async move {
        let server = TestApp::start(db.clone()).await;
        let anna = server.with_user(Role::Agent).await;
        let mut browser = anna.client().await;
        enrol(&mut browser).await;
        browser
            .post("/account/security/second-factor/off", &[("confirm", "wrong")])
            .await
            .assert(422);
        assert!(users::by_id(&db, anna.id).await.unwrap().second_factor);
        browser
            .post("/account/security/second-factor/off", &[("confirm", PASSWORD)])
            .await
            .assert(303);
        assert!(!users::by_id(&db, anna.id).await.unwrap().second_factor);
    })
    .await;
}

#[tokio::test]
async fn a_new_password_ends_the_other_sessions() {
    each_database(|db| async move {
        let server = TestApp::start(db).await;
        let anna = server.with_user(Role::Agent).await;
        let (mut here, mut there) = (anna.client().await, anna.client().await);
        let new = "cinque gatti all'ombra";
        here.post("/account/password", &[("current", "wrong"), ("password", new)])
            .await
            .assert(422);
        here.post("/account/password", &[("current", PASSWORD), ("password", "short")])
            .await
            .assert(422);
        there.get("/account").await.assert(200);
        here.post("/account/password", &[("current", PASSWORD), ("password", new)])
            .await
            .assert(303);
        here.get("/account").await.assert(200);
        there.get("/account").await.assert(303);
        server.client().sign_in(&anna.email, PASSWORD).await.assert(422);
        server.client().sign_in(&anna.email, new).await.assert(303);
    })
    .await;
}

#[tokio::test]
async fn sessions_are_listed_and_end_one_by_one() {
    each_database(|db| async move {
        let server = TestApp::start(db.clone()).await;
        let (anna, luca) = (server.with_user(Role::Agent).await, server.with_user(Role::Agent).await);
        let (mut here, mut there) = (anna.client().await, anna.client().await);
        assert!(here.get("/account/security").await.assert(200).shows("Firefox · Linux"));
        let all = sessions::of_user(&db, anna.id, now()).await.unwrap();
        assert_eq!(all.len(), 2);
        let mut foreign = luca.client().await;
        for session in &all {
            foreign
                .post(&format!("/account/sessions/{}/end", session.id), &[])
                .await
                .assert(404);
        }
        here.post("/account/sessions/end-others", &[]).await.assert(303);
        there.get("/account").await.assert(303);
        here.get("/account").await.assert(200);
    })
    .await;
}

#[tokio::test]
async fn a_token_is_shown_once_and_has_a_part_of_ones_rights() {
    each_database(|db| async move {
        let server = TestApp::start(db.clone()).await;
        let anna = server.with_user(Role::Agent).await;
        let mut browser = anna.client().await;
        let foreign = [("name", "robot"), ("scope", "manage_people"), ("days", "30")];
        browser.post("/account/tokens", &foreign).await.assert(422);
        let fields = [
            ("name", "robot"),
            ("scope", "own_account"),
            ("scope", "read_cases"),
            ("days", "30"),
        ];
        browser.post("/account/tokens", &fields).await.assert(303);
        let shown = browser.get("/account/tokens").await.assert(200);
        let token = shown.between("<pre class=\"code\" data-copy-target=\"source\"><code>", "</code>");
        assert!(token.starts_with("voce_"));
        assert!(!browser.get("/account/tokens").await.shows(&token), "shown once");

        let mut program = server.client().with_header("authorization", &format!("Bearer {token}"));
        program.get("/account").await.assert(200);
        for path in [
            "/account/tokens",
            "/account/password",
            "/account/security/second-factor",
        ] {
            program.post(path, &fields).await.assert(403);
        }
        assert_eq!(tokens::of_user(&db, anna.id).await.unwrap().len(), 1);
        let id = tokens::of_user(&db, anna.id).await.unwrap()[0].id;
        browser
            .post(&format!("/account/tokens/{id}/revoke"), &[])
            .await
            .assert(303);
        program.get("/account").await.assert(303);
    })
    .await;
}

#[tokio::test]
async fn a_token_shrinks_with_the_role_and_dies_with_the_person() {
    each_database(|db| async move {
        let server = TestApp::start(db.clone()).await;
        server.with_user(Role::Admin).await;
        let boss = server.with_user(Role::Admin).await;
        let mut program = boss.program(Permission::ALL).await;
        program.get("/settings/people").await.assert(200);
        let mut tx = db.begin().await.unwrap();
        users::set_role(&mut tx, boss.id, Role::Agent).await.unwrap();
        tx.commit().await.unwrap();
        program.get("/settings/people").await.assert(403);
        program.get("/account").await.assert(200);
        let mut browser = boss.client().await;
        browser.get("/account").await.assert(200);
        let mut tx = db.begin().await.unwrap();
        users::set_active(&mut tx, boss.id, false, now()).await.unwrap();
        tx.commit().await.unwrap();
        program.get("/account").await.assert(303);
        browser.get("/account").await.assert(303);
        server.client().sign_in(&boss.email, PASSWORD).await.assert(422);
    })
    .await;
}

#[tokio::test]
async fn a_bad_token_is_not_made_good_by_a_cookie() {
    each_database(|db| async move {
        let server = TestApp::start(db).await;
        let client = server.with_user(Role::Agent).await.client().await;
        client
            .with_header("authorization", "Bearer voce_wrong")
            .get("/account")
            .await
            .assert(303);
    })
    .await;
}

#[tokio::test]
async fn the_profile_is_kept_and_wrong_input_is_not_lost() {
    each_database(|db| async move {
        let server = TestApp::start(db.clone()).await;
        let anna = server.with_user(Role::Analyst).await;
        let mut browser = anna.client().await;
        let wrong = [
            ("name", " "),
            ("locale", "it"),
            ("theme", "pink"),
            ("signature", "Saluti, <b>Anna</b>"),
        ];
        let again = browser.post("/account", &wrong).await.assert(422);
        assert!(again.shows("Saluti, &#60;b&#62;Anna") && !again.shows("<b>Anna"));
        let right = [
            ("name", "Anna  Bianchi"),
            ("locale", "it"),
            ("theme", "dark"),
            ("signature", "Saluti"),
        ];
        browser.post("/account", &right).await.assert(303);
        let page = browser.get("/account").await.assert(200);
        assert!(page.shows("lang=\"it\" data-theme=\"dark\"") && page.shows("Salvato."));
        assert_eq!(users::by_id(&db, anna.id).await.unwrap().name, "Anna Bianchi");
    })
    .await;
}
