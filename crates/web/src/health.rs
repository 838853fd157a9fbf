//! What those who run the installation ask: does the process live, and can it work.

use std::time::Duration;

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::json;
use tokio::time::timeout;
use uuid::Uuid;
use voce_store::health;

use crate::{Anyone, App};

const PATIENCE: Duration = Duration::from_secs(3);

/// `GET /healthz`: the process answers.
pub async fn alive(_: Anyone) -> Json<serde_json::Value> {
    Json(json!({ "status": "ok" }))
}

/// `GET /readyz`: the database answers (its migrations ran before the server listened), and the intake writes.
pub async fn ready(_: Anyone, State(app): State<App>) -> Response {
    let database = timeout(PATIENCE, health::ping(&app.db))
        .await
        .is_ok_and(|ping| ping.is_ok());
    // Nothing at all, but written as everything else is.
    let intake = timeout(PATIENCE, app.intake.accept(Uuid::nil(), Vec::new(), None))
        .await
        .is_ok_and(|written| written.is_ok());
    let word = |well: bool| if well { "ok" } else { "failing" };
    let status = if database && intake {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (
        status,
        Json(json!({ "status": word(database && intake), "database": word(database), "intake": word(intake) })),
    )
        .into_response()
}
