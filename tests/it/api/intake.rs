//! Messages handed over.

use super::*;

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
