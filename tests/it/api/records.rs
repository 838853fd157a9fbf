//! Cases and contacts, read and written by programs.

use super::*;

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
