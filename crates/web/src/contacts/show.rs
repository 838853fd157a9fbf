//! The page of one contact.

use askama::Template;
use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use uuid::Uuid;
use voce_domain::identity::IdentityKind;
use voce_identity::{
    duplicates::{Likeness, Reason},
    normalize,
};
use voce_store::{
    contacts::{self, Contact, ContactCase, Figures},
    duplicates,
    identities::{self, Held},
    merges::{self, Merged},
};

use super::{field_label, icon_of, path};
use crate::{
    App, May, Result,
    guard::Right,
    right,
    shell::{Html, Shell, see_other},
};

/// Newest cases on the page.
const CASES: i64 = 20;
/// Contacts suggested as the same person.
const SUGGESTIONS: usize = 3;

#[derive(Template)]
#[template(path = "contacts/show.html")]
pub(super) struct Page {
    shell: Shell,
    contact: Contact,
    held: Vec<Held>,
    cases: Vec<ContactCase>,
    figures: Figures,
    merges: Vec<Merged>,
    alike: Vec<(Contact, Likeness)>,
    adding: Adding,
}

/// The form that adds an address, as it was typed, and what is wrong with it.
#[derive(Debug, Default)]
pub(super) struct Adding {
    pub kind: String,
    pub value: String,
    pub problem: Option<&'static str>,
    /// Somebody who has the address: it can be shared or taken over.
    pub owner: Option<Owner>,
}

#[derive(Debug)]
pub(super) struct Owner {
    pub identity: Uuid,
    pub contact: Uuid,
    pub name: String,
}

impl Page {
    fn kinds(&self) -> &'static [IdentityKind] {
        IdentityKind::ALL
    }

    fn icon(&self, held: &Held) -> &'static str {
        icon_of(&held.identity.address())
    }

    fn shown(&self, held: &Held) -> String {
        normalize::shown(&held.identity.address())
    }

    fn label(&self, key: &str) -> String {
        field_label(self.shell.t, key)
    }

    /// Why two look like one, in words.
    fn because(&self, likeness: &Likeness) -> String {
        let t = self.shell.t;
        let say = |reason: &Reason| match reason {
            Reason::SameName => t.get("contacts-alike-same-name"),
            Reason::SimilarName => t.get("contacts-alike-similar-name"),
            Reason::SameAddress(value) => t.name("contacts-alike-same-address", value),
            Reason::SimilarEmail(value) | Reason::SimilarPhone(value) => {
                t.name("contacts-alike-similar-address", value)
            }
            Reason::SameOrganization => t.get("contacts-alike-same-organization"),
            Reason::SameField(key) => t.name("contacts-alike-same-field", &field_label(t, key)),
            Reason::SimilarField(key) => t.name("contacts-alike-similar-field", &field_label(t, key)),
        };
        likeness.reasons.iter().map(say).collect::<Vec<_>>().join(", ")
    }

    fn is_first(&self, merged: &Merged) -> bool {
        self.merges.first().is_some_and(|first| first.id == merged.id)
    }
}

pub async fn show(may: May<right::ReadContacts>, State(app): State<App>, Path(id): Path<Uuid>) -> Result<Response> {
    let contact = contacts::get(&app.db, id).await?;
    if contact.merged_into.is_some() {
        return Ok(see_other(&path(contacts::current(&app.db, id).await?), may.flash));
    }
    Ok(Html(
        page(
            &app,
            may,
            contact,
            Adding {
                kind: "email".into(),
                ..Adding::default()
            },
        )
        .await?,
    )
    .into_response())
}

/// The page again, with what is wrong with the address that was to be added.
pub(super) async fn again<R: Right>(app: &App, may: May<R>, contact: Contact, adding: Adding) -> Result<Response> {
    Ok((
        StatusCode::UNPROCESSABLE_ENTITY,
        Html(page(app, may, contact, adding).await?),
    )
        .into_response())
}

async fn page<R: Right>(app: &App, may: May<R>, contact: Contact, adding: Adding) -> Result<Page> {
    let id = contact.id;
    Ok(Page {
        held: identities::of_contacts(&app.db, &[id])
            .await?
            .remove(&id)
            .unwrap_or_default(),
        cases: contacts::cases(&app.db, id, CASES).await?,
        figures: contacts::figures(&app.db, &[id]).await?.remove(&id).unwrap_or_default(),
        merges: merges::of_contact(&app.db, id).await?,
        alike: duplicates::of_contact(&app.db, &contact, SUGGESTIONS).await?,
        contact,
        adding,
        shell: Shell::new(may, "contacts"),
    })
}
