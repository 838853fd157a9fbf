//! The pages on what the engine gets right: how good it is, teaching it, labelling anew, the second opinion.

use voce_domain::permission::Role;
use voce_store::{labels::CORRECTABLE, opinions, relabel, testing::each_database};

use crate::harness::TestApp;

#[tokio::test]
async fn a_request_type_is_taught_by_examples() {
    each_database(|db| async move {
        let server = TestApp::start(db.clone()).await;
        let mut chief = server.with_user(Role::Supervisor).await.client().await;
        chief
            .post("/settings/request-types", &[("name", "Sizes")])
            .await
            .assert(303);
        let page = "/settings/request-types/sizes";
        assert!(chief.get(page).await.assert(200).shows("12 more"));
        let lines = "Which size should I take?\n\n  Is it true to size? \n<b>XL</b> or L?";
        chief
            .post(&format!("{page}/examples"), &[("examples", lines)])
            .await
            .assert(303);
        let shown = chief.get(page).await.assert(200);
        assert!(shown.shows("3 examples were added") && shown.shows("9 more"));
        assert!(!shown.text().contains("<b>XL"), "what customers write is text");
        chief
            .post(&format!("{page}/examples"), &[("examples", "  \n ")])
            .await
            .assert(422);
        let long = "x".repeat(4_001);
        chief
            .post(&format!("{page}/examples"), &[("examples", &long)])
            .await
            .assert(422);
        chief.get("/settings/request-types/nothing").await.assert(404);
        chief
            .post("/settings/request-types/nothing/examples", &[("examples", "x")])
            .await
            .assert(404);
        let id = shown.between("/settings/request-types/sizes/examples/", "/remove");
        chief
            .post(&format!("{page}/examples/{id}/remove"), &[])
            .await
            .assert(303);
        chief
            .post(&format!("{page}/examples/{id}/remove"), &[])
            .await
            .assert(404);
        assert!(chief.get(page).await.assert(200).shows("10 more"));

        let mut agent = server.with_user(Role::Agent).await.client().await;
        agent.get(page).await.assert(403);
    })
    .await;
}

#[tokio::test]
async fn the_page_on_quality_is_there_before_anything_was_corrected() {
    each_database(|db| async move {
        let server = TestApp::start(db.clone()).await;
        let mut analyst = server.with_user(Role::Analyst).await.client().await;
        let page = analyst.get("/settings/quality").await.assert(200);
        assert!(page.shows("Nothing was put right in this time."));
        assert_eq!(
            page.text().matches("<tr><td class=\"strong\">").count(),
            CORRECTABLE.len()
        );
        analyst.post("/settings/quality/relabel", &[]).await.assert(403);

        let mut chief = server.with_user(Role::Supervisor).await.client().await;
        chief.post("/settings/quality/relabel", &[]).await.assert(303);
        assert!(
            chief
                .get("/settings/quality")
                .await
                .assert(200)
                .shows("being labelled anew")
        );
        chief.post("/settings/quality/relabel", &[]).await.assert(303);
        assert!(
            chief.get("/settings/quality").await.assert(200).shows("already"),
            "one walk at a time"
        );
        assert!(
            relabel::walk(&db)
                .await
                .unwrap()
                .is_some_and(|walk| walk.ended_at.is_none())
        );
    })
    .await;
}

#[tokio::test]
async fn a_second_opinion_is_off_and_its_key_is_for_one_server_only() {
    each_database(|db| async move {
        let server = TestApp::start(db.clone()).await;
        let mut admin = server.with_user(Role::Admin).await.client().await;
        assert!(!opinions::asked(&db).await.unwrap().on);
        let numbers = [("below", "60"), ("per_day", "10"), ("seconds", "5")];
        let form = |own: &[(&'static str, &'static str)]| [own, &numbers].concat();
        admin
            .post(
                "/settings/opinion",
                &form(&[("on", "yes"), ("url", "ftp://x"), ("model", "")]),
            )
            .await
            .assert(422);
        let right = form(&[
            ("on", "yes"),
            ("url", "https://one.example/v1"),
            ("model", "small"),
            ("key", "sk-1"),
        ]);
        admin.post("/settings/opinion", &right).await.assert(303);
        let kept = opinions::asked(&db).await.unwrap();
        assert!(
            kept.on
                && kept
                    .key
                    .as_ref()
                    .is_some_and(|key| !key.windows(4).any(|four| four == b"sk-1"))
        );
        assert!(!admin.get("/settings/opinion").await.assert(200).text().contains("sk-1"));
        admin
            .post(
                "/settings/opinion",
                &form(&[("on", "yes"), ("url", "https://one.example/v1"), ("model", "large")]),
            )
            .await
            .assert(303);
        assert_eq!(
            opinions::asked(&db).await.unwrap().key,
            kept.key,
            "left empty, it stays"
        );
        admin
            .post(
                "/settings/opinion",
                &form(&[("on", "yes"), ("url", "https://two.example/v1"), ("model", "large")]),
            )
            .await
            .assert(303);
        assert_eq!(
            opinions::asked(&db).await.unwrap().key,
            None,
            "never sent to another server"
        );

        let private = form(&[("action", "try"), ("url", "http://127.0.0.1:9/v1"), ("model", "small")]);
        let tried = admin.post("/settings/opinion", &private).await.assert(200);
        assert!(tried.shows("not on the public internet"));
        let mut chief = server.with_user(Role::Supervisor).await.client().await;
        chief.get("/settings/opinion").await.assert(403);
    })
    .await;
}
