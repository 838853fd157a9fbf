//! Merging two contacts that are one person: finding the other, seeing what comes out, and taking it back.

use askama::Template;
use axum::{
    Form,
    extract::{Path, Query, State},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use uuid::Uuid;
use voce_identity::merge::{self, Person, Plan};
use voce_store::{
    contacts::{self, Contact, Figures},
    identities::{self, Held},
    merges::{self, UndoError},
};

use super::{
    field_label, icon_of,
    list::{Found, find},
    path,
};
use crate::{
    App, Error, May, Result,
    flash::Flash,
    right,
    shell::{Html, Shell, see_other},
    state::now,
};

type Merger = May<right::MergeContacts>;

/// Contacts offered to choose from.
const OFFERED: usize = 20;

#[derive(Template)]
#[template(path = "contacts/merge.html")]
struct Choose {
    shell: Shell,
    contact: Contact,
    q: String,
    found: Vec<Found>,
}

#[derive(Template)]
#[template(path = "contacts/merge_preview.html")]
struct Preview {
    shell: Shell,
    kept: Side,
    other: Side,
    plan: Plan,
    rows: Vec<Compared>,
}

/// One of the two, with what will move.
struct Side {
    contact: Contact,
    held: Vec<Held>,
    figures: Figures,
}

/// One value of both, and what it will be.
struct Compared {
    label: String,
    kept: String,
    other: String,
    result: String,
    /// They differ, and the other value stays as a field of its own.
    conflict: bool,
}

impl Preview {
    fn icon(&self, held: &Held) -> &'static str {
        icon_of(&held.identity.address())
    }

    fn together(&self) -> i64 {
        self.kept.figures.cases + self.other.figures.cases
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    q: Option<String>,
    with: Option<Uuid>,
}

pub async fn show(
    may: Merger,
    State(app): State<App>,
    Path(id): Path<Uuid>,
    Query(asked): Query<Asked>,
) -> Result<Response> {
    let contact = standing(&app, id).await?;
    let Some(other) = asked.with else {
        let q = asked.q.unwrap_or_else(|| contact.name.clone());
        let found = find(&app.db, &q, Some(id), OFFERED).await?;
        return Ok(Html(Choose {
            shell: Shell::new(may, "contacts"),
            contact,
            q,
            found,
        })
        .into_response());
    };
    let other = standing(&app, other).await?;
    if other.id == id {
        return Err(Error::Conflict("error-merge-itself".into()));
    }
    let ids = [id, other.id];
    let mut held = identities::of_contacts(&app.db, &ids).await?;
    let mut figures = contacts::figures(&app.db, &ids).await?;
    let mut side = |contact: Contact| Side {
        held: held.remove(&contact.id).unwrap_or_default(),
        figures: figures.remove(&contact.id).unwrap_or_default(),
        contact,
    };
    let (kept, other) = (side(contact), side(other));
    let plan = merge::plan(
        &kept.contact.person(),
        &other.contact.person(),
        other.contact.organization.as_deref(),
    );
    let shell = Shell::new(may, "contacts");
    let rows = compare(&shell, &kept.contact, &other.contact, &plan.result);
    Ok(Html(Preview {
        shell,
        kept,
        other,
        plan,
        rows,
    })
    .into_response())
}

async fn standing(app: &App, id: Uuid) -> Result<Contact> {
    let contact = contacts::get(&app.db, id).await?;
    if contact.merged_into.is_some() {
        Err(Error::NotFound)
    } else {
        Ok(contact)
    }
}

/// The values side by side; those that both lack are left out.
fn compare(shell: &Shell, kept: &Contact, other: &Contact, result: &Person) -> Vec<Compared> {
    let t = shell.t;
    let sort = |customer: bool| {
        t.get(if customer {
            "contacts-customer"
        } else {
            "contacts-prospect"
        })
    };
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let organization = if kept.organization_id.is_some() {
        text(&kept.organization)
    } else {
        text(&other.organization)
    };
    let fixed = [
        (
            "contacts-name",
            kept.name.clone(),
            other.name.clone(),
            result.name.clone(),
        ),
        (
            "contacts-kind",
            sort(kept.customer),
            sort(other.customer),
            sort(result.customer),
        ),
        (
            "contacts-organization",
            text(&kept.organization),
            text(&other.organization),
            organization,
        ),
        (
            "contacts-language",
            text(&kept.language),
            text(&other.language),
            text(&result.language),
        ),
        (
            "contacts-note",
            kept.note.clone(),
            other.note.clone(),
            result.note.clone(),
        ),
    ];
    let fixed = fixed
        .into_iter()
        .map(|(key, kept, other, result)| (t.get(key), kept, other, result));
    let custom = result.fields.iter().map(|(key, value)| {
        let of = |contact: &Contact| contact.fields.0.get(key).cloned().unwrap_or_default();
        (field_label(t, key), of(kept), of(other), value.clone())
    });
    fixed
        .chain(custom)
        .filter(|(_, kept, other, result)| !(kept.is_empty() && other.is_empty() && result.is_empty()))
        .map(|(label, kept, other, result)| Compared {
            conflict: !kept.is_empty() && !other.is_empty() && kept != other && result == kept,
            label,
            kept,
            other,
            result,
        })
        .collect()
}

#[derive(Debug, Deserialize)]
pub struct Choice {
    with: Uuid,
}

pub async fn merge(
    may: Merger,
    State(app): State<App>,
    Path(id): Path<Uuid>,
    Form(choice): Form<Choice>,
) -> Result<Response> {
    let mut tx = app.db.begin().await?;
    let done = merges::merge(&mut tx, id, choice.with, may.user.id, now()).await?;
    tx.commit().await?;
    let flash = Flash::done(may.user.text().get("contacts-merged")).undo(format!("/contacts/merges/{done}/undo"));
    Ok(see_other(&path(id), Some(flash)))
}

pub async fn undo(may: Merger, State(app): State<App>, Path(id): Path<Uuid>) -> Result<Response> {
    let t = may.user.text();
    let mut tx = app.db.begin().await?;
    let kept = merges::kept_by(&mut tx, id).await?;
    let flash = match merges::undo(&mut tx, id, may.user.id, now()).await {
        Ok(()) => {
            tx.commit().await?;
            Flash::done(t.get("contacts-unmerged"))
        }
        Err(UndoError::Later { name, .. }) => Flash::failed(t.name("contacts-merge-later", &name)),
        Err(UndoError::Store(voce_store::Error::Stale)) => Flash::failed(t.get("contacts-merge-undone")),
        Err(UndoError::Store(error)) => return Err(error.into()),
    };
    Ok(see_other(&path(kept), Some(flash)))
}
