//! The first run, and coming in.

use voce_domain::permission::Role;
use voce_store::{
    count_queries,
    logins::{self, Guarded},
    sessions,
    testing::each_database,
    users,
};
use voce_web::state::now;

use crate::harness::{PASSWORD, TestApp};

const FIRST: [(&str, &str); 6] = [
    ("company", "Bottega Aurora"),
    ("zone", "Europe/Rome"),
    ("locale", "it"),
    ("name", "Giulia Conti"),
    ("email", "Giulia@Example.it"),
    ("password", PASSWORD),
];

#[tokio::test]
async fn the_first_run_founds_the_company_once() {
    each_database(|db| async move {
        let server = TestApp::start(db.clone()).await;
        let mut client = server.client();
        for path in ["/", "/account", "/sign-in", "/settings/people"] {
            assert_eq!(client.get(path).await.location(), "/set-up", "{path}");
        }
        assert!(client.get("/set-up").await.assert(200).shows("Europe/Rome"));
        let wrong = client
            .post("/set-up", &[("zone", "Europe/Atlantis"), ("company", "Bottega")])
            .await
            .assert(422);
        assert!(
            wrong.shows("value=\"Bottega\"") && wrong.shows("zone-error"),
            "what was typed is kept"
        );
        assert!(!users::any(&db).await.unwrap());

        assert_eq!(client.post("/set-up", &FIRST).await.assert(303).location(), "/");
        let account = client.get("/account").await.assert(200);
        assert!(account.shows("giulia@example.it") && account.shows("Bottega Aurora"));
        assert_eq!(client.get("/set-up").await.assert(303).location(), "/");
        assert_eq!(
            server.client().post("/set-up", &FIRST).await.assert(303).location(),
            "/sign-in"
        );
        assert_eq!(users::list(&db).await.unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn two_first_runs_at_the_same_time_make_one_administrator() {
    each_database(|db| async move {
        let server = TestApp::start(db.clone()).await;
        let (mut one, mut other) = (server.client(), server.client());
        let mut second = FIRST;
        second[4].1 = "other@example.it";
        let (first, second) = tokio::join!(one.post("/set-up", &FIRST), other.post("/set-up", &second));
        let mut places = [first.location().to_owned(), second.location().to_owned()];
        places.sort();
        assert_eq!(places, ["/", "/sign-in"]);
        assert_eq!(users::list(&db).await.unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn nothing_tells_whether_an_account_exists() {
    each_database(|db| async move {
        let server = TestApp::start(db.clone()).await;
        server.with_user(Role::Admin).await;
        let (known, disabled) = (server.with_user(Role::Agent).await, server.with_user(Role::Agent).await);
        let mut tx = db.begin().await.unwrap();
        users::set_active(&mut tx, disabled.id, false, now()).await.unwrap();
        tx.commit().await.unwrap();
        let mut answers = Vec::new();
        for (email, password) in [
            (known.email.as_str(), "wrong password"),
            ("nobody@example.it", PASSWORD),
            (&disabled.email, PASSWORD),
            ("no address", "x"),
        ] {
            let answer = server.client().sign_in(email, password).await.assert(422);
            assert!(answer.headers.get("set-cookie").is_none());
            answers.push(answer.text().replace(email, "EMAIL"));
        }
        assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:#?}");
    })
    .await;
}

#[tokio::test]
async fn signing_in_leads_on_but_never_to_another_site() {
    each_database(|db| async move {
        let server = TestApp::start(db).await;
        let anna = server.with_user(Role::Agent).await;
        let away = server.client().get("/account/security?x=1").await.assert(303);
        assert_eq!(away.location(), "/sign-in?next=%2Faccount%2Fsecurity%3Fx%3D1");
        let fields = |next| [("email", anna.email.as_str()), ("password", PASSWORD), ("next", next)];
        let on = server
            .client()
            .post("/sign-in", &fields("/account/security?x=1"))
            .await
            .assert(303);
        assert_eq!(on.location(), "/account/security?x=1");
        for foreign in [
            "https://evil.example",
            "//evil.example",
            "/\\evil.example",
            "/\t/evil.example",
            "javascript:alert(1)",
            "",
        ] {
            let on = server.client().post("/sign-in", &fields(foreign)).await.assert(303);
            assert_eq!(on.location(), "/", "{foreign:?}");
            let mut signed_in = anna.client().await;
            let encoded: String = url::form_urlencoded::byte_serialize(foreign.as_bytes()).collect();
            for page in ["/sign-in", "/language/en"] {
                assert_eq!(
                    signed_in.get(&format!("{page}?next={encoded}")).await.location(),
                    "/",
                    "{foreign:?}"
                );
            }
        }
    })
    .await;
}

#[tokio::test]
async fn the_cookie_is_bound_to_the_host_and_out_of_reach_of_scripts() {
    each_database(|db| async move {
        let server =
            TestApp::with_options(db, |options| options.base_url = "https://desk.example".parse().unwrap()).await;
        let anna = server.with_user(Role::Agent).await;
        let answer = server.client().sign_in(&anna.email, PASSWORD).await.assert(303);
        let cookie = answer.header("set-cookie");
        assert!(cookie.starts_with("__Host-voce="), "{cookie}");
        for attribute in ["Path=/", "HttpOnly", "Secure", "SameSite=Lax"] {
            assert!(cookie.contains(attribute), "{cookie}");
        }
        assert!(!cookie.contains("Domain"));
    })
    .await;
}

#[tokio::test]
async fn a_cookie_from_before_is_worth_nothing_afterwards() {
    each_database(|db| async move {
        let server = TestApp::start(db.clone()).await;
        let (anna, mallory) = (server.with_user(Role::Agent).await, server.with_user(Role::Agent).await);
        let mut browser = server.client();
        browser.cookies.insert("voce".into(), "chosen-by-mallory".into());
        browser.sign_in(&anna.email, PASSWORD).await.assert(303);
        assert_ne!(browser.cookies["voce"], "chosen-by-mallory");
        let mut planted = server.client();
        planted.cookies.insert("voce".into(), "chosen-by-mallory".into());
        planted.get("/account").await.assert(303);

        let before = mallory.client().await;
        let mut browser = before.clone();
        browser.sign_in(&anna.email, PASSWORD).await.assert(303);
        assert!(browser.get("/account").await.assert(200).shows(&anna.email));
        before.clone().get("/account").await.assert(303);
        assert!(sessions::of_user(&db, mallory.id, now()).await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn guessing_has_to_wait_even_when_it_is_right() {
    each_database(|db| async move {
        let server = TestApp::start(db.clone()).await;
        let anna = server.with_user(Role::Agent).await;
        for email in [anna.email.as_str(), "nobody@example.it"] {
            let start = now() - 12 * 60 * 60 * 1000;
            let mut tx = db.begin().await.unwrap();
            for attempt in 0..14 {
                let at = if attempt == 13 {
                    now()
                } else {
                    start + attempt * 20 * 60 * 1000
                };
                assert_eq!(
                    logins::attempt(&mut tx, &[Guarded::account(email)], at).await.unwrap(),
                    None
                );
            }
            tx.commit().await.unwrap();
            let answer = server.client().sign_in(email, PASSWORD).await.assert(429);
            assert!(answer.header("retry-after").parse::<u32>().unwrap() > 60);
            assert!(answer.headers.get("set-cookie").is_none());
        }
        let luca = server.with_user(Role::Agent).await;
        server.client().sign_in(&luca.email, PASSWORD).await.assert(303);
    })
    .await;
}

#[tokio::test]
async fn a_page_knows_its_reader_by_one_query() {
    each_database(|db| async move {
        let server = TestApp::start(db).await;
        let mut client = server.with_user(Role::Agent).await.client().await;
        client.get("/account").await.assert(200);
        let (answer, queries) = count_queries(client.get("/account")).await;
        answer.assert(200);
        assert_eq!(queries, 1);
    })
    .await;
}

#[tokio::test]
async fn signing_out_ends_the_session_on_the_server() {
    each_database(|db| async move {
        let server = TestApp::start(db).await;
        let mut client = server.with_user(Role::Guest).await.client().await;
        let copy = client.clone();
        assert_eq!(client.post("/sign-out", &[]).await.assert(303).location(), "/sign-in");
        assert!(!client.cookies.contains_key("voce"));
        copy.clone().get("/account").await.assert(303);
    })
    .await;
}

#[tokio::test]
async fn the_demo_signs_everybody_in() {
    each_database(|db| async move {
        let admin = {
            let server = TestApp::start(db.clone()).await;
            server.with_user(Role::Admin).await.id
        };
        let server = TestApp::with_options(db, |options| options.demo_user = Some(admin)).await;
        server.client().get("/settings/people").await.assert(200);
        let cross_site = server
            .client()
            .with_header("sec-fetch-site", "cross-site")
            .post("/settings/teams", &[("name", "x")])
            .await;
        cross_site.assert(403);
    })
    .await;
}
