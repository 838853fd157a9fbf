//! The JSON API as programs use it: tokens and their scopes, pages, changes, keys that make calls repeatable, errors.

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
async fn messages_become_cases_and_the_same_message_twice_changes_nothing() {
    each_database(|db| async move {
        let server = TestApp::start(db.clone()).await;
        let mut program = everything(&server).await;
        let none = call(&mut program, Method::POST, "/api/v1/messages", &message("a", "x"), 422).await;
        assert_eq!(none["errors"][0]["pointer"], "?account");
        let account = intake_account(&server, json!({}), "x").await;
        let many = json!([message("a", "Il pacco è rotto"), message("b", "Grazie")]);
        let accepted = call(&mut program, Method::POST, "/api/v1/messages", &many, 202).await;
        assert_eq!(
            (
                accepted["accepted"].as_i64(),
                accepted["items"].as_array().unwrap().len()
            ),
            (Some(2), 2)
        );
        let lines = format!("{}\n{}\n", message("a", "Il pacco è rotto"), message("c", "Ciao"));
        let path = format!("/api/v1/messages?account={account}");
        let kind = Some("application/x-ndjson");
        program
            .send(Method::POST, &path, lines.into(), kind)
            .await
            .read()
            .await
            .assert(202);
        assert_eq!(process(&server).await, 4);
        let cases = get(&mut program, "/api/v1/cases").await;
        assert_eq!(cases["items"].as_array().unwrap().len(), 3);

        let wrong = json!([message("d", "x"), { "id": "", "author": {}, "texd": "x" }]);
        let problem = call(&mut program, Method::POST, "/api/v1/messages", &wrong, 422).await;
        assert!(
            problem["errors"]
                .as_array()
                .unwrap()
                .iter()
                .all(|error| error["pointer"].as_str().unwrap().starts_with("/1/"))
        );
        assert_eq!(process(&server).await, 0, "all or nothing");
    })
    .await;
}

#[tokio::test]
async fn the_intake_asks_the_database_nothing_once_it_knows_the_token() {
    each_database(|db| async move {
        let server = TestApp::start(db).await;
        let mut program = everything(&server).await;
        intake_account(&server, json!({}), "x").await;
        call(&mut program, Method::POST, "/api/v1/messages", &message("a", "x"), 202).await;
        let body = message("b", "x");
        let again = call(&mut program, Method::POST, "/api/v1/messages", &body, 202);
        let (_, queries) = count_queries(again).await;
        assert_eq!(queries, 0);
    })
    .await;
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
async fn a_case_is_changed_as_a_whole_or_not_at_all() {
    each_database(|db| async move {
        let server = TestApp::start(db.clone()).await;
        let admin = server.with_user(Role::Admin).await;
        let mut program = admin.program(Permission::ALL).await;
        intake_account(&server, json!({}), "x").await;
        call(&mut program, Method::POST, "/api/v1/messages", &message("a", "x"), 202).await;
        process(&server).await;
        let change = json!({ "version": 1, "owner_id": admin.id, "priority": "high", "tags": ["resi", "Urgente"], "state": "waiting", "waiting": "customer" });
        let first = get(&mut program, "/api/v1/cases/1").await;
        let mut with_version = change.clone();
        with_version["version"] = first["version"].clone();
        let changed = call(&mut program, Method::PATCH, "/api/v1/cases/1", &with_version, 200).await;
        assert_eq!((&changed["state"], &changed["waiting"], &changed["priority"]), (&json!("waiting"), &json!("customer"), &json!("high")));
        assert_eq!((&changed["owner_id"], &changed["tags"]), (&json!(admin.id), &json!(["resi", "Urgente"])));
        call(&mut program, Method::PATCH, "/api/v1/cases/1", &with_version, 409).await;
        let half = json!({ "priority": "low", "tags": [""] });
        let problem = call(&mut program, Method::PATCH, "/api/v1/cases/1", &half, 422).await;
        assert_eq!(problem["errors"][0]["pointer"], "/tags/0");
        assert_eq!(get(&mut program, "/api/v1/cases/1").await["priority"], "high");
        for (wrong, pointer) in [
            (json!({ "owner_id": Uuid::now_v7() }), "/owner_id"),
            (json!({ "state": "waiting" }), "/waiting"),
            (json!({ "state": "asleep" }), "/state"),
            (json!({ "colour": "red" }), "/colour"),
        ] {
            let problem = call(&mut program, Method::PATCH, "/api/v1/cases/1", &wrong, 422).await;
            assert_eq!(problem["errors"][0]["pointer"], pointer, "{wrong}");
        }
        let freed = call(&mut program, Method::PATCH, "/api/v1/cases/1", &json!({ "state": "open", "owner_id": null, "tags": [] }), 200).await;
        assert_eq!((&freed["state"], &freed["owner_id"], &freed["tags"]), (&json!("new"), &Value::Null, &json!([])));
        call(&mut program, Method::PATCH, "/api/v1/cases/77", &json!({}), 404).await;
    })
    .await;
}

#[tokio::test]
async fn a_call_with_a_key_is_made_once() {
    each_database(|db| async move {
        let server = TestApp::start(db.clone()).await;
        let mut program = everything(&server).await;
        intake_account(&server, json!({ "reply_url": "https://example.com/in" }), "x").await;
        call(&mut program, Method::POST, "/api/v1/messages", &message("a", "x"), 202).await;
        process(&server).await;
        let mut keyed = program.clone().with_header("idempotency-key", "\"k1\"");
        let path = "/api/v1/cases/1/answers";
        let first = call(&mut keyed, Method::POST, path, &json!({ "text": "Arriva domani" }), 201).await;
        assert_eq!(
            (&first["direction"], &first["delivery"]["state"]),
            (&json!("outbound"), &json!("queued"))
        );
        let again = keyed
            .json(Method::POST, path, &json!({ "text": "Arriva domani" }))
            .await
            .assert(201);
        assert_eq!(
            (body(&again), again.header("idempotency-replayed")),
            (first.clone(), "true")
        );
        let other = call(&mut keyed, Method::POST, path, &json!({ "text": "Altro" }), 422).await;
        assert_eq!(other["errors"][0]["pointer"], "Idempotency-Key");
        let mut stranger = everything(&server).await.with_header("idempotency-key", "k1");
        call(
            &mut stranger,
            Method::POST,
            "/api/v1/cases/1/notes",
            &json!({ "text": "Nota" }),
            201,
        )
        .await;
        let said = get(&mut program, "/api/v1/cases/1/messages").await;
        let kinds: Vec<&Value> = said["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| &one["direction"])
            .collect();
        assert_eq!(kinds, ["internal", "outbound", "inbound"]);
        assert_eq!(
            get(
                &mut program,
                &format!("/api/v1/messages/{}", first["id"].as_str().unwrap())
            )
            .await["text"],
            "Arriva domani"
        );
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
async fn contacts_and_their_addresses_are_written_with_a_version() {
    each_database(|db| async move {
        let server = TestApp::start(db.clone()).await;
        let mut program = everything(&server).await;
        let new = json!({ "name": " Anna  Rossi ", "customer": true, "language": "it", "fields": { "Città": "Torino" }, "identities": [{ "kind": "phone", "value": "011 555 0100" }] });
        let made = call(&mut program, Method::POST, "/api/v1/contacts", &new, 201).await;
        assert_eq!((&made["name"], &made["identities"][0]["value"]), (&json!("Anna Rossi"), &json!("+390115550100")));
        call(&mut program, Method::POST, "/api/v1/contacts", &new, 409).await;
        let path = format!("/api/v1/contacts/{}", made["id"].as_str().unwrap());
        let change = json!({ "version": made["version"], "language": null, "note": "VIP" });
        let changed = call(&mut program, Method::PATCH, &path, &change, 200).await;
        assert_eq!((&changed["language"], &changed["note"], &changed["fields"]), (&Value::Null, &json!("VIP"), &json!({ "Città": "Torino" })));
        call(&mut program, Method::PATCH, &path, &json!({ "version": made["version"], "note": "late" }), 409).await;
        let added = call(&mut program, Method::POST, &format!("{path}/identities"), &json!({ "kind": "email", "value": "Anna@Example.com" }), 201).await;
        let identity = added["identities"].as_array().unwrap().iter().find(|one| one["kind"] == "email").unwrap();
        assert_eq!(identity["value"], "anna@example.com");
        call(&mut program, Method::DELETE, &format!("{path}/identities/{}", identity["id"].as_str().unwrap()), &Value::Null, 204).await;
        let wrong = json!({ "name": "", "identities": [{ "kind": "email", "value": "no" }] });
        let problem = call(&mut program, Method::POST, "/api/v1/contacts", &wrong, 422).await;
        assert_eq!(problem["errors"][0]["pointer"], "/identities/0/value");
        let found = get(&mut program, "/api/v1/contacts?q=rossi&customer=true").await;
        assert_eq!(found["items"][0]["id"], made["id"]);
    })
    .await;
}

#[tokio::test]
async fn exports_hold_everything_and_no_formula() {
    each_database(|db| async move {
        let server = TestApp::start(db.clone()).await;
        let mut program = everything(&server).await;
        intake_account(&server, json!({}), "x").await;
        let many: Vec<Value> = (0..1_000)
            .map(|id| message(&format!("m{id}"), "=HYPERLINK(\"http://evil\")"))
            .collect();
        call(&mut program, Method::POST, "/api/v1/messages", &json!(many), 202).await;
        call(
            &mut program,
            Method::POST,
            "/api/v1/messages",
            &message("last", "x"),
            202,
        )
        .await;
        process(&server).await;
        for list in ["contacts", "cases", "messages", "cases?view=all"] {
            let (list, join) = (list, if list.contains('?') { '&' } else { '?' });
            let lines = program
                .get(&format!("/api/v1/exports/{list}{join}format=jsonl"))
                .await
                .assert(200)
                .text();
            let ids: std::collections::BTreeSet<String> = lines
                .lines()
                .map(|line| serde_json::from_str::<Value>(line).unwrap()["id"].to_string())
                .collect();
            assert_eq!((ids.len(), lines.lines().count()), (1_001, 1_001), "{list}");
        }
        let csv = program
            .get("/api/v1/exports/messages?language=it&mark=true")
            .await
            .assert(200);
        assert!(csv.header("content-disposition").contains("messages.csv"));
        let text = csv.text();
        assert!(
            text.starts_with("\u{feff}Id,Inviato il,") && text.contains("'=HYPERLINK") && text.contains(",'=Anna,")
        );
        assert!(!text.contains(",=") && !text.contains("\"="));
        call(
            &mut program,
            Method::GET,
            "/api/v1/exports/passwords",
            &Value::Null,
            404,
        )
        .await;
        let rows = audit::list(&db, &audit::Filter::default(), 50).await.unwrap();
        assert_eq!(rows.iter().filter(|row| row.action.starts_with("export.")).count(), 5);
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

#[tokio::test]
async fn a_case_opened_by_hand_is_written_to_at_the_contacts_address() {
    each_database(|db| async move {
        let server = TestApp::start(db.clone()).await;
        let mut program = everything(&server).await;
        let account = intake_account(&server, json!({ "reply_url": "https://example.com/in" }), "x").await;
        let contact = json!({ "name": "Anna", "identities": [{ "kind": "email", "value": "anna@example.com" }] });
        let contact = call(&mut program, Method::POST, "/api/v1/contacts", &contact, 201).await;
        let case = json!({ "contact_id": contact["id"], "account_id": account, "subject": "Richiamo" });
        let case = call(&mut program, Method::POST, "/api/v1/cases", &case, 201).await;
        let path = format!("/api/v1/cases/{}", case["number"]);
        let conversations = get(&mut program, &format!("{path}/conversations")).await;
        assert_eq!(conversations["items"].as_array().unwrap().len(), 1);
        call(
            &mut program,
            Method::POST,
            &format!("{path}/answers"),
            &json!({ "text": "Buongiorno", "then": "wait" }),
            201,
        )
        .await;
        assert_eq!(get(&mut program, &path).await["state"], "waiting");
        assert_eq!(payload(&db, &case).await["to"], json!(["anna@example.com"]));
        call(&mut program, Method::PATCH, &path, &json!({ "state": "closed" }), 200).await;
        call(
            &mut program,
            Method::POST,
            &format!("{path}/answers"),
            &json!({ "text": "Ancora" }),
            409,
        )
        .await;
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
