//! Adding addresses to a contact, sharing, moving and taking them away.

use axum::{
    Form,
    extract::{Path, State},
    response::Response,
};
use serde::Deserialize;
use uuid::Uuid;
use voce_domain::{event::Actor, identity::IdentityKind};
use voce_identity::normalize::{self, AddressError};
use voce_store::{contacts, identities};

use super::{
    path,
    show::{Adding, Owner, again},
};
use crate::{App, Error, May, Result, flash::Flash, right, shell::see_other, state::now};

#[derive(Debug, Deserialize)]
pub struct Entry {
    kind: String,
    value: String,
}

type Editor = May<right::EditContacts>;

pub async fn add(
    may: Editor,
    State(app): State<App>,
    Path(id): Path<Uuid>,
    Form(entry): Form<Entry>,
) -> Result<Response> {
    let contact = contacts::get(&app.db, id).await?;
    let kind: IdentityKind = entry
        .kind
        .parse()
        .map_err(|_| Error::Invalid("contacts-address-kind".into()))?;
    let mut adding = Adding {
        kind: entry.kind,
        value: entry.value,
        ..Adding::default()
    };
    let address = match normalize::address(kind, &adding.value, &may.user.company.country) {
        Ok(address) => address,
        Err(error) => {
            adding.problem = Some(problem(&error));
            return again(&app, may, contact, adding).await;
        }
    };
    let mut tx = app.db.begin().await?;
    match identities::add(&mut tx, id, &address, Actor::user(may.user.id), now()).await {
        Err(voce_store::Error::Exists) => drop(tx),
        added => {
            added?;
            tx.commit().await?;
            return Ok(see_other(
                &path(id),
                Some(Flash::done(may.user.text().get("contacts-address-added"))),
            ));
        }
    }
    let identity = identities::find(&app.db, &address).await?.ok_or(Error::NotFound)?;
    let owner = contacts::get(&app.db, identity.contact_id).await?;
    adding.problem = Some("contacts-address-taken");
    adding.owner = Some(Owner {
        identity: identity.id,
        contact: owner.id,
        name: owner.name,
    })
    .filter(|owner| owner.contact != id);
    again(&app, may, contact, adding).await
}

/// Key of the sentence that says what is wrong with an address.
pub(super) fn problem(error: &AddressError) -> &'static str {
    match error {
        AddressError::Empty => "contacts-address-empty",
        AddressError::Email => "contacts-address-email",
        AddressError::Phone => "contacts-address-phone",
        AddressError::TooLong => "contacts-address-long",
    }
}

pub async fn share(may: Editor, State(app): State<App>, Path((id, identity)): Path<(Uuid, Uuid)>) -> Result<Response> {
    contacts::get(&app.db, id).await?;
    let mut tx = app.db.begin().await?;
    identities::share(&mut tx, identity, id, Actor::user(may.user.id), now()).await?;
    tx.commit().await?;
    Ok(see_other(
        &path(id),
        Some(Flash::done(may.user.text().get("contacts-address-shared"))),
    ))
}

pub async fn take(may: Editor, State(app): State<App>, Path((id, identity)): Path<(Uuid, Uuid)>) -> Result<Response> {
    contacts::get(&app.db, id).await?;
    let mut tx = app.db.begin().await?;
    let owner = identities::get_in(&mut tx, identity).await?.contact_id;
    identities::move_to(&mut tx, identity, id, Actor::user(may.user.id), now()).await?;
    tx.commit().await?;
    let flash = Flash::done(may.user.text().get("contacts-address-moved"));
    Ok(see_other(
        &path(id),
        Some(flash.undo(format!("/contacts/{owner}/identities/{identity}/take"))),
    ))
}

pub async fn remove(may: Editor, State(app): State<App>, Path((id, identity)): Path<(Uuid, Uuid)>) -> Result<Response> {
    let mut tx = app.db.begin().await?;
    let flash = match identities::remove(&mut tx, identity, id, Actor::user(may.user.id), now()).await {
        Err(voce_store::Error::Refused(key)) => Flash::failed(may.user.text().get(key)),
        removed => {
            removed?;
            tx.commit().await?;
            Flash::done(may.user.text().get("contacts-address-removed"))
        }
    };
    Ok(see_other(&path(id), Some(flash)))
}
