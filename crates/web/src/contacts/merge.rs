//! Merging two contacts that are one person: finding the other, seeing what comes out, and taking it back.

use askama::Template;
use axum::{
    Form,
    extract::{Path, Query, State},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use uuid::Uuid;
use voce_identity::{
    merge::{self, OTHER_LANGUAGE, OTHER_NAME, OTHER_ORGANIZATION, Person, Plan},
    normalize,
};
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
    text::Text,
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

    fn shown(&self, held: &Held) -> String {
        normalize::shown(&held.identity.address())
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
    let rows = compare(&shell, &kept.contact, &other.contact, &plan);
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
fn compare(shell: &Shell, kept: &Contact, other: &Contact, plan: &Plan) -> Vec<Compared> {
    let organization = kept.organization.as_ref().or(other.organization.as_ref());
    let fixed = FIXED.map(|(label, field, kept_as)| Compared {
        label: shell.t.get(label),
        kept: value(shell.t, field, &kept.person(), kept.organization.as_ref()),
        other: value(shell.t, field, &other.person(), other.organization.as_ref()),
        result: value(shell.t, field, &plan.result, organization),
        conflict: kept_as.is_some_and(|name| plan.conflicts.iter().any(|conflict| conflict.kept_as.starts_with(name))),
    });
    let custom = plan.result.fields.iter().map(|(key, result)| Compared {
        label: field_label(shell.t, key),
        kept: kept.fields.0.get(key).cloned().unwrap_or_default(),
        other: other.fields.0.get(key).cloned().unwrap_or_default(),
        result: result.clone(),
        conflict: plan
            .conflicts
            .iter()
            .any(|conflict| conflict.field == *key && conflict.kept_as.starts_with(key.as_str())),
    });
    let said = |row: &Compared| !(row.kept.is_empty() && row.other.is_empty() && row.result.is_empty());
    fixed.into_iter().chain(custom).filter(said).collect()
}

/// The values that every contact has: label, value, and the field under which the other's stays.
const FIXED: [(&str, Value, Option<&str>); 5] = [
    ("contacts-name", Value::Name, Some(OTHER_NAME)),
    ("contacts-kind", Value::Customer, None),
    ("contacts-organization", Value::Organization, Some(OTHER_ORGANIZATION)),
    ("contacts-language", Value::Language, Some(OTHER_LANGUAGE)),
    ("contacts-note", Value::Note, None),
];

#[derive(Clone, Copy)]
enum Value {
    Name,
    Customer,
    Organization,
    Language,
    Note,
}

/// One value of a person as it is read.
fn value(t: Text, value: Value, person: &Person, organization: Option<&String>) -> String {
    match value {
        Value::Name => person.name.clone(),
        Value::Customer => t.get(if person.customer {
            "contacts-customer"
        } else {
            "contacts-prospect"
        }),
        Value::Organization => organization.cloned().unwrap_or_default(),
        Value::Language => person
            .language
            .as_ref()
            .map(|code| t.get(&format!("language-{code}")))
            .unwrap_or_default(),
        Value::Note => person.note.clone(),
    }
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
