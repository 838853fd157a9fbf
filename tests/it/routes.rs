//! Every route, as everybody: nobody gets in without the permission that stands in the handler's signature.

use axum::http::{Method, StatusCode};
use serde_json::json;
use uuid::Uuid;
use voce_domain::permission::{Permission, Role};
use voce_store::testing::each_database;
use voce_web::{
    guard::Access,
    router::{Route, routes},
    settings_pages::navigation::GROUPS,
};

use crate::harness::{Client, Person, TestApp};

/// The path with its parameters filled in.
fn filled(route: &Route, value: &str) -> String {
    let parts = route
        .path
        .split('/')
        .map(|part| if part.starts_with('{') { value } else { part });
    parts.collect::<Vec<_>>().join("/")
}

/// What may stand in the place of an id: one that exists, one that does not, a number, and something else.
fn values(route: &Route, existing: Uuid) -> Vec<String> {
    match route.path.contains('{') {
        true => vec![
            existing.to_string(),
            Uuid::now_v7().to_string(),
            "1042".into(),
            "no-id".into(),
        ],
        false => vec![String::new()],
    }
}

fn needs(route: &Route) -> Option<Permission> {
    match route.access {
        Access::Needs(permission) => Some(permission),
        Access::Anyone => None,
    }
}

/// Not let in: sent away or told so, without a look at anything.
fn assert_shut(status: StatusCode, who: &str, route: &Route, path: &str) {
    let shut = matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN)
        || (status == StatusCode::SEE_OTHER && who == "nobody");
    assert!(shut, "{who} got {status} from {} {path}", route.method);
}

async fn assert_shut_everywhere(client: &Client, who: &str, existing: Uuid, shut: impl Fn(Permission) -> bool) {
    for route in routes().table.iter().filter(|route| needs(route).is_some_and(&shut)) {
        for value in values(route, existing) {
            let path = filled(route, &value);
            assert_shut(
                client.clone().status(route.method.clone(), &path).await,
                who,
                route,
                &path,
            );
        }
    }
}

#[tokio::test]
async fn without_signing_in_only_the_open_pages_answer() {
    each_database(|db| async move {
        let server = TestApp::start(db).await;
        let existing = server.with_user(Role::Admin).await.id;
        assert_shut_everywhere(&server.client(), "nobody", existing, |_| true).await;
        let made_up = server.client().with_header("authorization", "Bearer voce_made_up");
        assert_shut_everywhere(&made_up, "nobody", existing, |_| true).await;
    })
    .await;
}

#[tokio::test]
async fn every_role_is_shut_out_where_its_permissions_end() {
    each_database(|db| async move {
        let server = TestApp::start(db).await;
        let existing = server.with_user(Role::Admin).await.id;
        for role in Role::ALL {
            let client = server.with_user(*role).await.client().await;
            assert_shut_everywhere(&client, role.key(), existing, |permission| !role.may(permission)).await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_token_opens_nothing_outside_its_scopes() {
    each_database(|db| async move {
        let server = TestApp::start(db).await;
        let admin = server.with_user(Role::Admin).await;
        for missing in Permission::ALL {
            let scopes: Vec<Permission> = Permission::ALL
                .iter()
                .copied()
                .filter(|scope| scope != missing)
                .collect();
            let program = admin.program(&scopes).await;
            assert_shut_everywhere(&program, "a token", admin.id, |permission| permission == *missing).await;
        }
        let agent = server.with_user(Role::Agent).await.program(Permission::ALL).await;
        assert_shut_everywhere(&agent, "an agent's token", admin.id, |permission| {
            !Role::Agent.may(permission)
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn programs_are_told_in_json_why_they_are_shut_out() {
    each_database(|db| async move {
        let server = TestApp::start(db).await;
        let reader = server
            .with_user(Role::Admin)
            .await
            .program(&[Permission::ReadCases])
            .await;
        for (mut client, status) in [(server.client(), 401), (reader, 403)] {
            let answer = client
                .json(Method::POST, "/api/v1/contacts", &json!({ "name": "Marta" }))
                .await
                .assert(status);
            assert_eq!(answer.header("content-type"), "application/problem+json");
            assert!(answer.shows(&format!("\"status\":{status}")));
        }
    })
    .await;
}

/// Whoever has the permission gets an answer, whatever stands in the address: never our failure.
#[tokio::test]
async fn no_route_breaks_on_what_does_not_exist() {
    each_database(|db| async move {
        let server = TestApp::start(db).await;
        for role in Role::ALL {
            let person = server.with_user(*role).await;
            for route in &routes().table {
                if needs(route).is_none_or(|permission| role.may(permission)) {
                    assert_answers(&person, route).await;
                }
            }
        }
    })
    .await;
}

async fn assert_answers(person: &Person<'_>, route: &Route) {
    for value in values(route, Uuid::now_v7()) {
        let path = filled(route, &value);
        let status = person.client().await.status(route.method.clone(), &path).await;
        assert!(!status.is_server_error(), "{status} from {} {path}", route.method);
        if needs(route).is_some() {
            assert_ne!(status, StatusCode::UNAUTHORIZED, "{} {path}", route.method);
        }
    }
}

#[test]
fn the_navigation_of_the_settings_leads_to_pages_that_its_readers_may_open() {
    let table = routes().table;
    for entry in GROUPS.iter().flat_map(|group| group.entries) {
        let page = table
            .iter()
            .find(|route| route.method == Method::GET && route.path == entry.path);
        let page = page.unwrap_or_else(|| panic!("{} is no page", entry.path));
        assert_eq!(needs(page), Some(entry.permission), "{}", entry.path);
    }
}

#[tokio::test]
async fn a_page_of_another_site_changes_nothing() {
    each_database(|db| async move {
        let server = TestApp::start(db).await;
        let admin = server.with_user(Role::Admin).await;
        for (name, value) in [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            ("origin", "https://evil.example"),
        ] {
            let client = admin.client().await.with_header(name, value);
            for route in routes()
                .table
                .iter()
                .filter(|route| route.method != Method::GET && needs(route).is_some())
            {
                let path = filled(route, &admin.id.to_string());
                let status = client.clone().status(route.method.clone(), &path).await;
                assert_eq!(status, StatusCode::FORBIDDEN, "{name}: {value} at {path}");
            }
            for path in ["/sign-in", "/sign-in/code", "/set-up", "/join/x", "/reset/x"] {
                let status = server
                    .client()
                    .with_header(name, value)
                    .status(Method::POST, path)
                    .await;
                assert_eq!(status, StatusCode::FORBIDDEN, "{name}: {value} at {path}");
            }
        }
        let own = admin
            .client()
            .await
            .with_header("origin", "http://desk.example")
            .post("/settings/teams", &[("name", "Resi")])
            .await;
        own.assert(303);
    })
    .await;
}
