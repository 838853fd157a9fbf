//! The open page of a running import hears how far it is.

use std::{convert::Infallible, time::Duration};

use axum::{
    extract::{Path, State},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures::stream;
use uuid::Uuid;
use voce_store::imports::{self, State as Phase};

use super::Importer;
use crate::{App, Result};

/// How often it is looked.
const LOOK: Duration = Duration::from_millis(700);
/// A connection ends after so many looks and is opened again, so that a revoked session ends too.
const LOOKS: u32 = 600;

/// `GET /imports/{id}/live`: server-sent `refresh` events until the import is over.
pub async fn stream(_may: Importer, State(app): State<App>, Path(id): Path<Uuid>) -> Result<Response> {
    let now = imports::get(&app.db, id).await?;
    let seen = (now.position, now.state);
    let refreshes = stream::unfold((app.db, seen, LOOKS), move |(db, seen, mut looks)| async move {
        while looks > 0 && !seen.1.is_over() && seen.1 != Phase::Draft {
            looks -= 1;
            tokio::time::sleep(LOOK).await;
            let import = imports::get(&db, id).await.ok()?;
            let now = (import.position, import.state);
            if now != seen {
                let event = Event::default().event("refresh").data("-");
                return Some((Ok::<_, Infallible>(event), (db, now, looks)));
            }
        }
        None
    });
    Ok(Sse::new(refreshes).keep_alive(KeepAlive::default()).into_response())
}
