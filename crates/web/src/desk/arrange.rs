//! Merging cases that are one and splitting a case that is two.

use axum::{
    Form,
    extract::{Path, State},
    response::Response,
};
use serde::Deserialize;
use uuid::Uuid;
use voce_store::{
    case_merges,
    cases::{self, Scope},
    search, undo,
};

use super::{
    actions::{Done, finish},
    address::Address,
};
use crate::{App, Error, May, Result, right, state::now};

#[derive(Deserialize)]
pub struct Merge {
    /// Number of the other case, with or without `#`.
    other: String,
    /// `this` keeps the open case, `other` the other one.
    #[serde(default)]
    keep: String,
}

/// `POST /cases/{number}/merge`
pub async fn merge(
    may: May<right::ArrangeCases>,
    State(app): State<App>,
    Path(number): Path<i64>,
    address: Address,
    Form(form): Form<Merge>,
) -> Result<Response> {
    let scope = Scope::of(may.user.role, may.user.id);
    let this = cases::by_number(&app.db, scope, number).await?;
    let other = search::case_by_number(&app.db, scope, &form.other)
        .await?
        .ok_or(Error::Invalid("merge-no-such-case".into()))?;
    let (kept, merged) = if form.keep == "other" {
        (&other, &this)
    } else {
        (&this, &other)
    };
    let (t, now) = (may.user.text(), now());
    let mut tx = app.db.begin().await?;
    let from = undo::mark(&mut tx).await?;
    case_merges::merge(&mut tx, kept.id, merged.id, may.user.id, now).await?;
    let words = t.with(
        "done-merged",
        &[
            ("merged", merged.number.to_string().into()),
            ("kept", kept.number.to_string().into()),
        ],
    );
    finish(tx, Done { words, from, at: now }, &address, kept.number).await
}

/// `POST /cases/{number}/split` with `message=…` for each chosen one and the new `subject`.
pub async fn split(
    may: May<right::ArrangeCases>,
    State(app): State<App>,
    Path(number): Path<i64>,
    address: Address,
    body: String,
) -> Result<Response> {
    let case = cases::by_number(&app.db, Scope::of(may.user.role, may.user.id), number).await?;
    let (mut chosen, mut subject): (Vec<Uuid>, String) = (Vec::new(), String::new());
    for (name, value) in url::form_urlencoded::parse(body.as_bytes()) {
        match name.as_ref() {
            "message" => chosen.extend(value.parse::<Uuid>()),
            "subject" => subject = value.into_owned(),
            _ => {}
        }
    }
    if chosen.is_empty() || chosen.len() > 500 {
        return Err(Error::Conflict("case-split-nothing".into()));
    }
    let subject = crate::form::line(&subject, 200).unwrap_or(case.subject);
    let (t, now) = (may.user.text(), now());
    let mut tx = app.db.begin().await?;
    let from = undo::mark(&mut tx).await?;
    let new = case_merges::split(&mut tx, case.id, &chosen, &subject, may.user.id, now).await?;
    let words = t.name("done-split", &new.number.to_string());
    finish(tx, Done { words, from, at: now }, &address, new.number).await
}
