//! The fate of an answer, where a person has to decide: take it back, send it again, or declare it sent.

use axum::{
    Form,
    extract::{Path, State},
    response::Response,
};
use serde::Deserialize;
use uuid::Uuid;
use voce_domain::event::Actor;
use voce_store::{Tx, answers, cases::Scope, deliveries, messages};

use super::{address::Address, case};
use crate::{App, May, Result, flash::Flash, right, see_other, session::CurrentUser, state::now};

/// `POST /messages/{id}/cancel`
pub async fn cancel(
    may: May<right::AnswerCases>,
    State(app): State<App>,
    Path(id): Path<Uuid>,
    address: Address,
) -> Result<Response> {
    let (number, mut tx) = begin(&app, &may.user, id).await?;
    let flash = match answers::withdraw(&mut tx, id, Actor::user(may.user.id), now()).await {
        Ok(()) => {
            tx.commit().await?;
            Flash::done(may.user.text().get("done-withdrawn"))
        }
        Err(voce_store::Error::Stale) => Flash::failed(may.user.text().get("answer-has-left")),
        Err(error) => return Err(error.into()),
    };
    Ok(see_other(&address.case(number), Some(flash)))
}

/// `POST /messages/{id}/retry`
pub async fn retry(
    may: May<right::AnswerCases>,
    State(app): State<App>,
    Path(id): Path<Uuid>,
    address: Address,
) -> Result<Response> {
    let (number, mut tx) = begin(&app, &may.user, id).await?;
    deliveries::try_again(&mut tx, id, Actor::user(may.user.id), now()).await?;
    tx.commit().await?;
    Ok(see_other(
        &address.case(number),
        Some(Flash::done(may.user.text().get("done-retried"))),
    ))
}

#[derive(Deserialize)]
pub struct Decision {
    /// `sent` or `again`.
    fate: String,
}

/// `POST /messages/{id}/decide`: a person knows, or decides, what became of an answer of unknown fate.
pub async fn decide(
    may: May<right::AnswerCases>,
    State(app): State<App>,
    Path(id): Path<Uuid>,
    address: Address,
    Form(form): Form<Decision>,
) -> Result<Response> {
    let actor = Actor::user(may.user.id);
    let (number, mut tx) = begin(&app, &may.user, id).await?;
    let key = if form.fate == "again" {
        deliveries::try_again(&mut tx, id, actor, now()).await?;
        "done-retried"
    } else {
        deliveries::settle_as_sent(&mut tx, id, actor, now()).await?;
        "done-settled"
    };
    tx.commit().await?;
    Ok(see_other(
        &address.case(number),
        Some(Flash::done(may.user.text().get(key))),
    ))
}

/// The number of the message's case, if it may be seen, and a transaction.
async fn begin(app: &App, user: &CurrentUser, id: Uuid) -> Result<(i64, Tx)> {
    let message = messages::get(&app.db, Scope::of(user.role, user.id), id).await?;
    let number = case::number(app, message.case_id).await?;
    Ok((number, app.db.begin().await?))
}
