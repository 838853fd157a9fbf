//! Sending what was written in the composer, keeping what is not finished, and who can be named.

use axum::{
    Form, Json,
    extract::{Multipart, Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use voce_domain::{
    case::{Step, Waiting},
    identity::IdentityKind,
    message::{MessageKind, Visibility},
    permission::Permission,
};
use voce_store::{
    answers::{self, NewAnswer, Written},
    cases::{self, CaseRow, Scope},
    deliveries::Payload,
    drafts,
    identities::{self, Identity},
    mentions,
    messages::{self, Conversation, NewWords},
    undo,
};

use super::{actions::undo_path, address::Address, case, composer, parcel::Parcel, thread};
use crate::{App, Error, May, Result, flash::Flash, right, see_other, session::CurrentUser, state::now};

/// Characters of the longest text.
const LONGEST: usize = 100_000;

/// `POST /cases/{number}/messages`
pub async fn send(
    may: May<right::WriteNotes>,
    State(app): State<App>,
    Path(number): Path<i64>,
    address: Address,
    form: Multipart,
) -> Result<Response> {
    let parcel = Parcel::read(form).await?;
    let case = cases::by_number(&app.db, Scope::of(may.user.role, may.user.id), number).await?;
    let done = match parcel.get("kind") {
        "note" => note(&app, &may.user, &case, parcel).await,
        _ if !may.user.may(Permission::AnswerCases) => Err(Error::Forbidden),
        _ => answer(&app, &may.user, &case, parcel, &address).await,
    };
    match done {
        Ok(flash) => Ok(see_other(&address.case(number), flash)),
        // The page again, with what went wrong: the composer keeps its words.
        Err(Error::Invalid(key) | Error::Conflict(key)) => {
            let words = may.user.text().get(&key);
            case::page(&app, may, number, address, thread::SHOWN, Some(words)).await
        }
        Err(error) => Err(error),
    }
}

async fn note(app: &App, user: &CurrentUser, case: &CaseRow, parcel: Parcel) -> Result<Option<Flash>> {
    let text = body(&parcel)?;
    let key = parcel.get("idempotency_key").to_owned();
    let colleagues = mentions::colleagues(&app.db).await?;
    let named: Vec<Uuid> = mentions::named(&text, &colleagues)
        .into_iter()
        .map(|person| person.id)
        .filter(|id| *id != user.id)
        .collect();
    let files = parcel.store(app).await?;
    let words = NewWords {
        case_id: case.id,
        user: user.id,
        author_name: &user.name,
        text: &text,
        idempotency_key: &key,
        files,
    };
    let mut tx = app.db.begin().await?;
    messages::write_note(&mut tx, &words, &named, now()).await?;
    tx.commit().await?;
    Ok(None)
}

async fn answer(
    app: &App,
    user: &CurrentUser,
    case: &CaseRow,
    parcel: Parcel,
    address: &Address,
) -> Result<Option<Flash>> {
    let text = body(&parcel)?;
    let conversations = messages::conversations(&app.db, case.id).await?;
    let (conversation, visibility) = way(parcel.get("visibility"), &conversations)?;
    let connector = app
        .registry
        .get(&conversation.channel)
        .ok_or(Error::Invalid("composer-no-way".into()))?;
    let can = connector.capabilities();
    if !can.answers || !can.visibilities.contains(&visibility) {
        return Err(Error::Invalid("composer-no-way".into()));
    }
    if parcel.has_files() && !can.attachments {
        return Err(Error::Invalid("composer-no-files".into()));
    }
    let limit = composer::limit(conversation, &can);
    if limit > 0 && composer::length(&conversation.channel, &text) > limit {
        return Err(Error::Invalid("composer-too-long".into()));
    }
    let now = now();
    let then = match parcel.get("then") {
        "wait" => Some(Step::Wait(Waiting::Customer)),
        "resolve" => Some(Step::Resolve),
        _ => None,
    };
    let key = parcel.get("idempotency_key").to_owned();
    let answered = messages::last_inbound(&app.db, case.id, conversation.id).await?;
    let to = match answered {
        Some(_) => Vec::new(),
        None => addresses(app, conversation).await?,
    };
    let subject = can
        .subject
        .then(|| reply_subject(conversation.subject.as_deref().unwrap_or(&case.subject)));
    let files = parcel.store(app).await?;
    let answer = NewAnswer {
        words: NewWords {
            case_id: case.id,
            user: user.id,
            author_name: &user.name,
            text: &text,
            idempotency_key: &key,
            files,
        },
        conversation: conversation.id,
        kind: answered
            .as_ref()
            .and_then(|(_, kind)| kind.parse().ok())
            .unwrap_or(kind_of(&conversation.channel)),
        visibility,
        subject: subject.as_deref(),
        html: None,
        payload: Payload {
            to,
            answers: answered.map(|(id, _)| id),
            ..Payload::default()
        },
        leaves_at: now + i64::from(user.company.undo_seconds) * 1000,
        then,
    };
    let t = user.text();
    let mut tx = app.db.begin().await?;
    let from = undo::mark(&mut tx).await?;
    let written = answers::write(&mut tx, &answer, now).await?;
    let span = undo::span(&mut tx, from, now).await?;
    tx.commit().await?;
    let said = t.get(match answer.then {
        Some(Step::Resolve) => "done-sent-resolved",
        Some(_) => "done-sent-waiting",
        None => "done-sent",
    });
    Ok(match (written, span) {
        (Written::Now(_), Some(span)) => Some(Flash::done(said).undo(undo_path(span, &address.case(case.number)))),
        _ => None,
    })
}

/// Where somebody is reached who has not written in this conversation yet.
async fn addresses(app: &App, conversation: &Conversation) -> Result<Vec<String>> {
    let contact = conversation.contact_id;
    let held = identities::of_contacts(&app.db, &[contact])
        .await?
        .remove(&contact)
        .unwrap_or_default();
    let platform = format!("{}:", conversation.channel);
    let fits = |identity: &Identity| match conversation.channel.as_str() {
        "email" => identity.kind == IdentityKind::Email,
        "api" => identity.kind != IdentityKind::CustomerNumber,
        _ => identity.kind == IdentityKind::Handle && identity.value.starts_with(&platform),
    };
    let first = held.into_iter().map(|held| held.identity).find(fits);
    Ok(first.map(|identity| identity.value).into_iter().collect())
}

/// The text that was written; files may stand alone.
fn body(parcel: &Parcel) -> Result<String> {
    let text = parcel.get("body").replace("\r\n", "\n").trim_end().to_owned();
    if text.trim().is_empty() && !parcel.has_files() {
        return Err(Error::Invalid("composer-empty".into()));
    }
    if text.chars().count() > LONGEST || parcel.get("idempotency_key").is_empty() {
        return Err(Error::Invalid("composer-too-long".into()));
    }
    Ok(text)
}

/// `conversation:visibility`, among the conversations of the case.
fn way<'c>(value: &str, conversations: &'c [Conversation]) -> Result<(&'c Conversation, Visibility)> {
    let wrong = || Error::Invalid("composer-no-way".into());
    let (id, visibility) = value.split_once(':').ok_or_else(wrong)?;
    let id: Uuid = id.parse().map_err(|_| wrong())?;
    let conversation = conversations
        .iter()
        .find(|conversation| conversation.id == id)
        .ok_or_else(wrong)?;
    Ok((conversation, visibility.parse().map_err(|_| wrong())?))
}

/// The sort of message that opens a conversation on a channel.
pub fn kind_of(channel: &str) -> MessageKind {
    if channel == "email" {
        MessageKind::Mail
    } else {
        MessageKind::PrivateMessage
    }
}

/// `Re: …`, once.
fn reply_subject(subject: &str) -> String {
    let bare = subject.trim();
    let already = bare.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("re:"));
    if already || bare.is_empty() {
        bare.to_owned()
    } else {
        format!("Re: {bare}")
    }
}

#[derive(Deserialize)]
pub struct Draft {
    kind: String,
    #[serde(default)]
    body: String,
}

/// `POST /cases/{number}/draft`
pub async fn draft(
    may: May<right::WriteNotes>,
    State(app): State<App>,
    Path(number): Path<i64>,
    Form(form): Form<Draft>,
) -> Result<StatusCode> {
    let case = cases::by_number(&app.db, Scope::of(may.user.role, may.user.id), number).await?;
    let mode = if form.kind == "note" { "note" } else { "reply" };
    if form.body.chars().count() > LONGEST {
        return Err(Error::TooLarge);
    }
    let mut tx = app.db.begin().await?;
    drafts::keep(&mut tx, case.id, may.user.id, mode, &form.body, now()).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
pub struct Asked {
    #[serde(default)]
    q: String,
}

#[derive(Serialize)]
pub struct Person {
    id: Uuid,
    name: String,
}

/// `GET /people.json?q=mar`: who can be named in a note.
pub async fn people(_: May<right::WriteNotes>, State(app): State<App>, Query(asked): Query<Asked>) -> Result<Response> {
    let sought = voce_text::fold(&asked.q);
    let named = mentions::colleagues(&app.db).await?.into_iter().filter(|person| {
        let name = voce_text::fold(&person.name);
        name.starts_with(&sought) || name.split_whitespace().any(|word| word.starts_with(&sought))
    });
    Ok(Json(
        named
            .take(8)
            .map(|person| Person {
                id: person.id,
                name: person.name,
            })
            .collect::<Vec<_>>(),
    )
    .into_response())
}

#[cfg(test)]
mod tests {
    use super::reply_subject;

    #[test]
    fn a_subject_is_answered_once() {
        assert_eq!(reply_subject("Pacco"), "Re: Pacco");
        assert_eq!(reply_subject("RE: Pacco"), "RE: Pacco");
        assert_eq!(reply_subject(" "), "");
        assert_eq!(reply_subject("né"), "Re: né");
    }
}
