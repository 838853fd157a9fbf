//! Dead letters go through the pipeline once more; what they brought in already is found again as a duplicate.

use axum::{
    Form,
    extract::{Path, State},
    response::Response,
};
use serde_json::{Value, json};
use uuid::Uuid;
use voce_store::{Tx, audit, intake};

use crate::{App, Error, May, Result, flash::Flash, right, see_other, session::CurrentUser, state::now};

/// Items that can be chosen at once.
const MOST: usize = 500;

/// `POST /settings/intake/{id}/replay`
pub async fn one(may: May<right::ReplayIntake>, State(app): State<App>, Path(id): Path<i64>) -> Result<Response> {
    let mut tx = app.db.begin().await?;
    if intake::replay(&mut tx, &[id]).await? == 0 {
        // Gone, or on its way already.
        drop(tx);
        intake::get(&app.db, id).await?;
        return Ok(see_other(&format!("/settings/intake/{id}"), None));
    }
    note(&mut tx, &may.user, &format!("#{id}"), json!({ "items": 1 })).await?;
    tx.commit().await?;
    Ok(see_other(
        &format!("/settings/intake/{id}"),
        Some(Flash::done(may.user.text().get("intake-replaying-one"))),
    ))
}

/// `POST /settings/intake/replay`: those that are ticked, or (`all`) every dead letter of an account or of all.
pub async fn many(
    may: May<right::ReplayIntake>,
    State(app): State<App>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response> {
    let of = |name: &'static str| {
        pairs
            .iter()
            .filter(move |(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    };
    let account = match of("account").next().filter(|account| !account.is_empty()) {
        Some(account) => Some(
            account
                .parse::<Uuid>()
                .map_err(|_| Error::Invalid("error-fields".into()))?,
        ),
        None => None,
    };
    let mut tx = app.db.begin().await?;
    let (replayed, subject) = if of("all").next().is_some() {
        let subject = account.map_or_else(|| "*".to_owned(), |account| account.to_string());
        (intake::replay_dead_letters(&mut tx, account).await?, subject)
    } else {
        let ids: Vec<i64> = of("item").filter_map(|id| id.parse().ok()).take(MOST).collect();
        (intake::replay(&mut tx, &ids).await?, format!("{} #", ids.len()))
    };
    if replayed > 0 {
        note(&mut tx, &may.user, &subject, json!({ "items": replayed })).await?;
    }
    tx.commit().await?;
    let text = may
        .user
        .text()
        .count("intake-replaying", &i64::try_from(replayed).unwrap_or(i64::MAX));
    let back = account.map_or_else(
        || "/settings/intake".to_owned(),
        |account| format!("/settings/intake?account={account}"),
    );
    Ok(see_other(&back, Some(Flash::done(text))))
}

async fn note(tx: &mut Tx, user: &CurrentUser, subject: &str, details: Value) -> Result<()> {
    audit::write(tx, now(), &user.who(), "channel.replayed", subject, details).await?;
    Ok(())
}
