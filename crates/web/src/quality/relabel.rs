//! Labels the history anew, from the page.

use std::{convert::Infallible, time::Duration};

use axum::{
    extract::State,
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures::stream;
use serde_json::json;
use voce_store::{audit, relabel};

use crate::{App, May, Result, flash::Flash, right, shell::see_other, state::now};

/// `POST /settings/quality/relabel`: the work itself is a job's.
pub async fn start(may: May<right::ManageRules>, State(app): State<App>) -> Result<Response> {
    let (t, now) = (may.user.text(), now());
    let mut tx = app.db.begin().await?;
    let flash = match relabel::begin(&mut tx, Some(may.user.id), now).await {
        Ok(walk) => {
            let data = json!({ "messages": walk.end });
            audit::write(&mut tx, now, &may.user.who(), "labels.relabelled", "", data).await?;
            tx.commit().await?;
            Flash::done(t.get("relabel-began"))
        }
        Err(voce_store::Error::Exists) => Flash::failed(t.get("relabel-runs")),
        Err(error) => return Err(error.into()),
    };
    Ok(see_other("/settings/quality", Some(flash)))
}

/// How often it is looked, and how many times before the browser has to ask again, so that a revoked session ends too.
const LOOK: Duration = Duration::from_millis(700);
const LOOKS: u32 = 600;

/// `GET /settings/quality/live`: server-sent `refresh` events until the history is labelled.
pub async fn stream(_may: May<right::ReadReports>, State(app): State<App>) -> Result<Response> {
    let seen = relabel::walk(&app.db).await?;
    let refreshes = stream::unfold((app.db, seen, LOOKS), |(db, seen, mut looks)| async move {
        while looks > 0 && seen.as_ref().is_some_and(|walk| walk.ended_at.is_none()) {
            looks -= 1;
            tokio::time::sleep(LOOK).await;
            let now = relabel::walk(&db).await.ok()?;
            if now != seen {
                let event = Event::default().event("refresh").data("-");
                return Some((Ok::<_, Infallible>(event), (db, now, looks)));
            }
        }
        None
    });
    Ok(Sse::new(refreshes).keep_alive(KeepAlive::default()).into_response())
}
