//! Views that somebody keeps for themselves.

use axum::{
    Form,
    extract::{Path, State},
    response::Response,
};
use serde::Deserialize;
use uuid::Uuid;
use voce_store::views;

use super::address::Address;
use crate::{App, Error, May, Result, flash::Flash, form, right, see_other};

#[derive(Deserialize)]
pub struct Named {
    name: String,
}

/// `POST /views?…`: keeps the list of the address.
pub async fn save(
    may: May<right::ReadCases>,
    State(app): State<App>,
    address: Address,
    Form(named): Form<Named>,
) -> Result<Response> {
    let name = form::line(&named.name, 60).ok_or(Error::Invalid("view-name-wrong".into()))?;
    let address = address.first_page();
    let mut tx = app.db.begin().await?;
    views::create(&mut tx, may.user.id, &name, address.query().trim_start_matches('?')).await?;
    tx.commit().await?;
    Ok(see_other(
        &address.desk(),
        Some(Flash::done(may.user.text().get("saved"))),
    ))
}

/// `POST /views/{id}/delete`
pub async fn delete(may: May<right::ReadCases>, State(app): State<App>, Path(id): Path<Uuid>) -> Result<Response> {
    let mut tx = app.db.begin().await?;
    views::delete(&mut tx, may.user.id, id).await?;
    tx.commit().await?;
    Ok(see_other(
        "/desk",
        Some(Flash::done(may.user.text().get("done-view-deleted"))),
    ))
}
