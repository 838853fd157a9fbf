//! `POST /hooks/in/{account}`: web hooks of other systems, signed with the secret of the channel account.

use axum::{
    Extension,
    extract::{Path, Request, State},
    http::StatusCode,
};
use uuid::Uuid;
use voce_channels::{NewRaw, api};
use voce_ingest::open_account;

use crate::{
    Anyone, App, Error, Result,
    api::{memory::Memory, messages},
    state::now,
};

/// Largest body, in bytes.
const LARGEST: usize = 10 * 1024 * 1024;

/// Answers 202 after the body is durable. Whoever cannot sign is told nothing but that: not even whether the account exists.
pub async fn receive(
    _: Anyone,
    State(app): State<App>,
    Extension(memory): Extension<Memory>,
    Path(account): Path<String>,
    request: Request,
) -> Result<StatusCode> {
    let (parts, body) = request.into_parts();
    let body = messages::whole(body, LARGEST).await?;
    let id: Uuid = account.parse().map_err(|_| Error::SignedOut)?;
    let account = memory.account(&app, id).await.map_err(hidden)?;
    if account.kind != "api" {
        return Err(Error::SignedOut);
    }
    let open = open_account(&account, &app.vault).map_err(Error::internal)?;
    let now = now();
    if let Err(error) = api::hook::verify(&open.config, &open.secrets, &parts.headers, &body, now) {
        tracing::info!(%error, account = %id, "an incoming web hook was refused");
        metrics::counter!("voce_intake_items_total", "result" => "unsigned").increment(1);
        return Err(Error::SignedOut);
    }
    if !account.active {
        return Err(Error::Busy);
    }
    let item = NewRaw {
        format: api::HOOK,
        body: body.to_vec(),
        received_at: now,
    };
    messages::hand_over(&app, id, vec![item]).await?;
    Ok(StatusCode::ACCEPTED)
}

fn hidden(error: Error) -> Error {
    if matches!(error, Error::NotFound) {
        Error::SignedOut
    } else {
        error
    }
}
