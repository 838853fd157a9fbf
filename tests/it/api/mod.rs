//! The JSON API as programs use it: tokens and their scopes, pages, changes, keys that make calls repeatable, errors.

mod intake;
mod records;

use axum::{body::Body, http::Method};
use serde_json::{Value, json};
use uuid::Uuid;
use voce_domain::{
    event::Actor,
    permission::{Permission, Role},
};
use voce_ingest::Pipeline;
use voce_store::{
    Db,
    accounts::{self, Settings},
    audit, cases, count_queries,
    testing::each_database,
};
use voce_web::api::openapi::DOCUMENT;

use crate::harness::{Answer, Client, TestApp};

/// An account of the open intake, with its secret.
pub async fn intake_account(server: &TestApp, config: Value, secret: &str) -> Uuid {
    let id = Uuid::now_v7();
    let sealed = server
        .app
        .vault
        .seal(&id.to_string(), json!({ "hook_secret": secret }).to_string().as_bytes());
    let settings = Settings {
        name: "Sito",
        address: "sito",
        config: &config,
        secrets: Some(&sealed),
        team_id: None,
    };
    let mut tx = server.db.begin().await.unwrap();
    accounts::create(&mut tx, id, "api", &settings, Actor::SYSTEM, 1)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    id
}

/// Makes cases of everything that waits.
pub async fn process(server: &TestApp) -> usize {
    let app = &server.app;
    let pipeline = Pipeline::new(
        app.db.clone(),
        app.registry.clone(),
        app.blobs.clone(),
        app.vault.clone(),
    );
    pipeline.drain().await.unwrap()
}

pub fn message(id: &str, text: &str) -> Value {
    json!({ "id": id, "author": { "email": format!("{id}@example.com"), "name": "=Anna" }, "subject": "Pacco", "text": text })
}

fn body(answer: &Answer) -> Value {
    serde_json::from_slice(&answer.body).unwrap_or_else(|_| panic!("not JSON: {}", answer.text()))
}

/// The answer, which must have that status and fit what the document says of it.
async fn call(client: &mut Client, method: Method, path: &str, value: &Value, status: u16) -> Value {
    let answer = match method {
        Method::GET => client.get(path).await,
        method => client.json(method, path, value).await,
    };
    let answer = answer.assert(status);
    if status >= 400 {
        assert_eq!(answer.header("content-type"), "application/problem+json");
        let problem = body(&answer);
        assert_eq!(problem["status"], status);
        fits(&problem, &DOCUMENT["components"]["schemas"]["Problem"], path);
        return problem;
    }
    if answer.body.is_empty() {
        Value::Null
    } else {
        body(&answer)
    }
}

async fn get(client: &mut Client, path: &str) -> Value {
    call(client, Method::GET, path, &Value::Null, 200).await
}

/// Whether a value has the shape of a schema: as much of JSON Schema as the document uses.
fn fits(value: &Value, schema: &Value, place: &str) {
    if let Some(reference) = schema["$ref"].as_str() {
        return fits(value, DOCUMENT.pointer(&reference[1..]).unwrap(), place);
    }
    if let Some(choices) = schema["oneOf"].as_array() {
        if value.is_null() {
            return assert!(
                choices.iter().any(|choice| choice["type"] == "null"),
                "{place} must not be null"
            );
        }
        let real = choices.iter().find(|choice| choice["type"] != "null").unwrap();
        return fits(value, real, place);
    }
    let kinds: Vec<&str> = match &schema["type"] {
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        Value::String(kind) => vec![kind],
        _ => return,
    };
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_i64() && kinds.contains(&"integer") => "integer",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    assert!(kinds.contains(&kind), "{place} is {kind}, not {kinds:?}: {value}");
    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
        fits(item, &schema["items"], &format!("{place}/{index}"));
    }
    if let (Some(object), Some(fields)) = (value.as_object(), schema["properties"].as_object()) {
        for name in schema["required"].as_array().into_iter().flatten() {
            assert!(object.contains_key(name.as_str().unwrap()), "{place} lacks {name}");
        }
        for (name, field) in object {
            let of = fields
                .get(name)
                .unwrap_or_else(|| panic!("{place}/{name} is not described"));
            fits(field, of, &format!("{place}/{name}"));
        }
    }
}

/// Everything that an administrator's program may do.
async fn everything(server: &TestApp) -> Client {
    server.with_user(Role::Admin).await.program(Permission::ALL).await
}

#[tokio::test]
async fn every_answer_fits_its_description() {
    each_database(|db| async move {
        let server = TestApp::start(db.clone()).await;
        let mut program = everything(&server).await;
        intake_account(&server, json!({}), "x").await;
        call(
            &mut program,
            Method::POST,
            "/api/v1/messages",
            &message("a", "Il pacco è rotto!"),
            202,
        )
        .await;
        process(&server).await;
        let case = get(&mut program, "/api/v1/cases").await["items"][0].clone();
        let number = case["number"].clone();
        let said = get(&mut program, &format!("/api/v1/cases/{number}/messages")).await["items"][0].clone();
        let organization = json!({ "name": "Rossi Srl", "domain": "Rossi.example", "fields": { "IVA": "1" } });
        let organization = call(&mut program, Method::POST, "/api/v1/organizations", &organization, 201).await;
        for (name, value) in [("number", &number), ("id", &said["id"])] {
            assert!(!value.is_null(), "{name}");
        }
        for (path, operations) in DOCUMENT["paths"].as_object().unwrap() {
            let content = &operations["get"]["responses"]["200"]["content"]["application/json"]["schema"];
            if content.is_null() {
                continue;
            }
            let id = match path.split('/').nth(3).unwrap() {
                "messages" => &said["id"],
                "contacts" => &case["contact_id"],
                "organizations" => &organization["id"],
                _ => &number,
            };
            let id = id.as_str().map_or_else(|| id.to_string(), str::to_owned);
            let real = path.replace("{number}", &id).replace("{id}", &id);
            let value = get(&mut program, &real).await;
            assert!(
                value["items"]
                    .as_array()
                    .is_none_or(|items| !items.is_empty() || path.ends_with("tags") || path.ends_with("teams")),
                "{path} shows nothing"
            );
            fits(&value, content, path);
        }
    })
    .await;
}

#[tokio::test]
async fn pages_stay_where_they_are_while_more_comes_in() {
    each_database(|db| async move {
        let server = TestApp::start(db.clone()).await;
        let mut program = everything(&server).await;
        intake_account(&server, json!({}), "x").await;
        let many: Vec<Value> = (0..25).map(|id| message(&format!("m{id}"), "x")).collect();
        call(&mut program, Method::POST, "/api/v1/messages", &json!(many), 202).await;
        process(&server).await;
        for list in ["cases", "contacts?sort=newest"] {
            let join = if list.contains('?') { '&' } else { '?' };
            let mut seen = Vec::new();
            let mut path = format!("/api/v1/{list}{join}limit=10");
            loop {
                let page = get(&mut program, &path).await;
                seen.extend(page["items"].as_array().unwrap().iter().map(|item| item["id"].clone()));
                let late = message(&format!("late-{}-{}", list.len(), seen.len()), "x");
                call(&mut program, Method::POST, "/api/v1/messages", &late, 202).await;
                process(&server).await;
                match page["next"].as_str() {
                    Some(next) => path = format!("/api/v1/{list}{join}limit=10&cursor={next}"),
                    None => break,
                }
            }
            let mut once = seen.clone();
            once.sort_by_key(Value::to_string);
            once.dedup();
            assert_eq!(once.len(), seen.len(), "{list}: nothing twice");
            assert!(seen.len() >= 25, "{list}: nothing skipped");
        }
        let problem = call(
            &mut program,
            Method::GET,
            "/api/v1/cases?cursor=nonsense",
            &Value::Null,
            422,
        )
        .await;
        assert_eq!(problem["errors"][0]["pointer"], "?cursor");
    })
    .await;
}

#[tokio::test]
async fn events_are_followed_without_a_gap() {
    each_database(|db| async move {
        let server = TestApp::start(db.clone()).await;
        let mut program = everything(&server).await;
        let end = get(&mut program, "/api/v1/events?cursor=end").await;
        assert_eq!(end["items"], json!([]));
        let mut path = format!("/api/v1/events?cursor={}", end["next"].as_str().unwrap());
        intake_account(&server, json!({}), "x").await;
        call(&mut program, Method::POST, "/api/v1/messages", &message("a", "x"), 202).await;
        process(&server).await;
        let mut heard = Vec::new();
        for _ in 0..20 {
            let page = get(&mut program, &format!("{path}&limit=1")).await;
            heard.extend(
                page["items"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|event| event["type"].as_str().unwrap().to_owned()),
            );
            path = format!("/api/v1/events?cursor={}", page["next"].as_str().unwrap());
        }
        for kind in ["case.opened", "message.received", "contact.created", "channel.changed"] {
            assert_eq!(
                heard.iter().filter(|heard| *heard == kind).count(),
                1,
                "{kind} in {heard:?}"
            );
        }
        let mut agent = server
            .with_user(Role::Agent)
            .await
            .program(&[Permission::ReadCases])
            .await;
        let told = get(&mut agent, "/api/v1/events").await;
        let hidden = |kind: &str| {
            told["items"]
                .as_array()
                .unwrap()
                .iter()
                .all(|event| event["type"] != kind)
        };
        assert!(hidden("contact.created") && hidden("channel.changed") && !hidden("case.opened"));
    })
    .await;
}

#[tokio::test]
async fn a_token_does_what_its_scopes_and_its_holder_may() {
    each_database(|db| async move {
        let server = TestApp::start(db.clone()).await;
        let mut program = everything(&server).await;
        intake_account(&server, json!({}), "x").await;
        call(&mut program, Method::POST, "/api/v1/messages", &message("a", "x"), 202).await;
        process(&server).await;
        let mut reader = server
            .with_user(Role::Admin)
            .await
            .program(&[Permission::ReadCases])
            .await;
        get(&mut reader, "/api/v1/cases/1").await;
        call(&mut reader, Method::GET, "/api/v1/contacts", &Value::Null, 403).await;
        call(&mut reader, Method::PATCH, "/api/v1/cases/1", &json!({}), 403).await;
        call(&mut reader, Method::GET, "/api/v1/exports/cases", &Value::Null, 403).await;
        let mut agent = server.with_user(Role::Agent).await.program(Permission::ALL).await;
        call(&mut agent, Method::POST, "/api/v1/messages", &message("z", "x"), 403).await;
        let mut guest = server.with_user(Role::Guest).await.program(Permission::ALL).await;
        for path in [
            "/api/v1/cases/1",
            "/api/v1/cases/1/messages",
            "/api/v1/cases/1/events",
            "/api/v1/cases/99",
        ] {
            call(&mut guest, Method::GET, path, &Value::Null, 404).await;
        }
        assert_eq!(get(&mut guest, "/api/v1/cases").await["items"], json!([]));
        call(&mut guest, Method::GET, "/api/v1/events", &Value::Null, 403).await;
        call(&mut server.client(), Method::GET, "/api/v1/cases", &Value::Null, 401).await;
        let broken = program
            .send(Method::POST, "/api/v1/cases", Body::from("{"), Some("application/json"))
            .await
            .read()
            .await
            .assert(422);
        assert_eq!(broken.header("content-type"), "application/problem+json");
    })
    .await;
}

#[tokio::test]
async fn the_documentation_health_and_figures_answer() {
    each_database(|db| async move {
        let server = TestApp::start(db.clone()).await;
        let mut agent = server.with_user(Role::Agent).await.client().await;
        let page = agent.get("/api/docs").await.assert(200);
        assert!(page.shows("/api/v1/cases/{number}/answers") && page.shows("curl -X POST"));
        assert!(
            agent
                .get("/api/openapi.json")
                .await
                .assert(200)
                .shows("\"openapi\":\"3.1")
        );
        agent.get("/settings/export").await.assert(403);
        assert!(server.client().get("/healthz").await.assert(200).shows("ok"));
        assert!(
            server
                .client()
                .get("/readyz")
                .await
                .assert(200)
                .shows("\"intake\":\"ok\"")
        );
        server.client().get("/metrics").await.assert(401);
        let mut watcher = server
            .with_user(Role::Admin)
            .await
            .program(&[Permission::ReadAudit])
            .await;
        let figures = watcher.get("/metrics").await.assert(200);
        for name in [
            "voce_http_requests_total{",
            "voce_http_request_seconds_bucket{",
            "voce_intake_backlog 0",
            "voce_cases{state=\"open\"}",
            "process_resident_memory_bytes",
            "route=\"/api/docs\"",
        ] {
            assert!(figures.shows(name), "{name} is not in {}", figures.text());
        }
    })
    .await;
}

/// What the answer of a case needs to leave.
async fn payload(db: &Db, case: &Value) -> Value {
    let row = cases::by_number(db, cases::Scope::All, case["number"].as_i64().unwrap())
        .await
        .unwrap();
    let said = voce_store::messages::of_case(db, cases::Scope::All, row.id, None, 10)
        .await
        .unwrap();
    let mut tx = db.begin().await.unwrap();
    let claimed = voce_store::deliveries::claim(&mut tx, Uuid::now_v7(), &[said.messages[0].id], 0)
        .await
        .unwrap();
    let claimed = claimed
        .into_iter()
        .find(|one| one.message_id == said.messages[0].id)
        .unwrap();
    serde_json::from_str(&claimed.payload).unwrap()
}
