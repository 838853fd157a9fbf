//! Writing in a case: answers to the customer, and notes for colleagues.

use axum::{extract::State, http::StatusCode, response::Response};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;
use voce_domain::{
    case::{Step, Waiting},
    identity::IdentityKind,
    message::Visibility,
};
use voce_events::shape::Message;
use voce_store::{
    answers::{self, NewAnswer, Written},
    cases::{self, CaseRow},
    deliveries::Payload,
    export, identities, mentions,
    messages::{self, Conversation, NewWords},
};

use super::{
    cases::scope,
    extract::{Json, Path},
    once::{Begun, Key},
};
use crate::{
    App, Error, May, Result,
    desk::{composer, write},
    right,
    session::CurrentUser,
    state::now,
};

const LONGEST: usize = 100_000;

/// An answer to the customer.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    #[schema(min_length = 1, max_length = 100_000, example = "Il pacco arriva domani.")]
    text: String,
    /// In which conversation of the case; the one that spoke last unless said otherwise.
    conversation_id: Option<Uuid>,
    /// Who will be able to read it, among what the channel can: `public`, `unlisted`, `followers` or `private`. As the message
    /// that is answered, unless said otherwise.
    #[schema(value_type = Option<String>)]
    visibility: Option<Visibility>,
    /// What becomes of the case: `wait` (for the customer) or `resolve`.
    then: Option<String>,
}

/// An internal note.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Note {
    /// Colleagues named in it (`@Marta Rossi`) are told.
    #[schema(min_length = 1, max_length = 100_000)]
    text: String,
}

fn wrong<T>(pointer: &str, detail: impl Into<String>) -> Result<T> {
    Err(Error::Fields(vec![(pointer.into(), detail.into())]))
}

fn words(text: &str) -> Result<String> {
    let text = text.replace("\r\n", "\n").replace('\0', "").trim_end().to_owned();
    if text.trim().is_empty() || text.chars().count() > LONGEST {
        return wrong("/text", format!("must have from 1 to {LONGEST} characters"));
    }
    Ok(text)
}

/// Answer a case
///
/// The answer leaves after the time to think better of it that the company has set. With an `Idempotency-Key` the same call
/// twice sends once.
#[utoipa::path(post, path = "/api/v1/cases/{number}/answers", tag = "Cases", params(("number" = i64, Path, minimum = 1), super::KeyHeader), request_body = Answer, responses((status = 201, body = Message), (status = 409, description = "Closed or merged")))]
pub async fn answer(
    may: May<right::AnswerCases>,
    State(app): State<App>,
    Path(number): Path<i64>,
    key: Key,
    body: Json<Answer>,
) -> Result<Response> {
    let case = cases::by_number(&app.db, scope(&may.user), number).await?;
    let text = words(&body.value.text)?;
    let name = key.text();
    let once = match key.begin(&app, may.user.id, &body.bytes).await? {
        Begun::First(once) => once,
        Begun::Repeated(response) => return Ok(response),
    };
    let way = Way::find(&app, &may.user, &case, &body.value, &text).await?;
    let then = match body.value.then.as_deref() {
        None => None,
        Some("wait") => Some(Step::Wait(Waiting::Customer)),
        Some("resolve") => Some(Step::Resolve),
        Some(_) => return wrong("/then", "must be `wait` or `resolve`"),
    };
    let now = now();
    let answer = NewAnswer {
        words: NewWords {
            case_id: case.id,
            user: may.user.id,
            author_name: &may.user.name,
            text: &text,
            idempotency_key: &name,
            files: Vec::new(),
        },
        conversation: way.conversation.id,
        kind: way.kind,
        visibility: way.visibility,
        subject: way.subject.as_deref(),
        html: None,
        payload: way.payload,
        leaves_at: now + i64::from(may.user.company.undo_seconds) * 1000,
        then,
    };
    let mut tx = app.db.begin().await?;
    let id = match answers::write(&mut tx, &answer, now).await? {
        Written::Now(id) => id,
        // Only the desk can have used the same key: here the call would have been found.
        Written::Before => return Err(Error::Conflict("error-exists".into())),
    };
    let written = export::message_in(&mut tx, id).await?;
    let message = Message::fresh(written, Some("queued"), now);
    once.end(tx, StatusCode::CREATED, &message).await
}

/// How an answer goes out.
struct Way {
    conversation: Conversation,
    kind: voce_domain::message::MessageKind,
    visibility: Visibility,
    subject: Option<String>,
    payload: Payload,
}

impl Way {
    async fn find(app: &App, user: &CurrentUser, case: &CaseRow, answer: &Answer, text: &str) -> Result<Self> {
        let mut conversations = messages::conversations(&app.db, case.id).await?.into_iter();
        let conversation = match answer.conversation_id {
            Some(id) => conversations.find(|conversation| conversation.id == id),
            None => conversations.next(),
        };
        let Some(conversation) = conversation else {
            return wrong("/conversation_id", "the case has no such conversation");
        };
        let can = app
            .registry
            .get(&conversation.channel)
            .map(|connector| connector.capabilities())
            .filter(|can| can.answers);
        let Some(can) = can else {
            return wrong("/conversation_id", "its channel cannot answer");
        };
        let answered = messages::last_inbound(&app.db, case.id, conversation.id).await?;
        let visibility = match (answer.visibility, &answered) {
            (Some(visibility), _) => visibility,
            (None, Some((id, _))) => {
                let asked = messages::get(&app.db, scope(user), *id).await?.visibility.parse().ok();
                asked
                    .filter(|visibility| can.visibilities.contains(visibility))
                    .unwrap_or(usual(can.visibilities))
            }
            (None, None) => Visibility::Private,
        };
        if !can.visibilities.contains(&visibility) {
            return wrong("/visibility", "is not possible on this channel");
        }
        let limit = composer::limit(&conversation, &can);
        if limit > 0 && composer::length(&conversation.channel, text) > limit {
            return wrong("/text", format!("is longer than {limit} characters"));
        }
        let to = if answered.is_none() {
            first_address(app, &conversation).await?
        } else {
            Vec::new()
        };
        Ok(Self {
            kind: answered
                .as_ref()
                .and_then(|(_, kind)| kind.parse().ok())
                .unwrap_or(write::kind_of(&conversation.channel)),
            subject: can
                .subject
                .then(|| reply_subject(&conversation, case, answered.is_some())),
            payload: Payload {
                to,
                answers: answered.map(|(id, _)| id),
                ..Payload::default()
            },
            visibility,
            conversation,
        })
    }
}

fn usual(visibilities: &[Visibility]) -> Visibility {
    visibilities.first().copied().unwrap_or(Visibility::Private)
}

/// `Re: …` once; as it is where nothing is answered.
fn reply_subject(conversation: &Conversation, case: &CaseRow, answers: bool) -> String {
    let bare = conversation.subject.as_deref().unwrap_or(&case.subject).trim();
    let already = bare.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("re:"));
    if !answers || already || bare.is_empty() {
        bare.to_owned()
    } else {
        format!("Re: {bare}")
    }
}

/// Where a contact that has not written yet is reached on a channel.
async fn first_address(app: &App, conversation: &Conversation) -> Result<Vec<String>> {
    let mut held = identities::of_contacts(&app.db, &[conversation.contact_id]).await?;
    let fits = |kind: IdentityKind, value: &str| match conversation.channel.as_str() {
        "email" => kind == IdentityKind::Email,
        "api" => true,
        channel => {
            kind == IdentityKind::Handle && value.split_once(':').is_some_and(|(platform, _)| platform == channel)
        }
    };
    let held = held.remove(&conversation.contact_id).unwrap_or_default();
    match held
        .into_iter()
        .find(|held| fits(held.identity.kind, &held.identity.value))
    {
        Some(held) => Ok(vec![held.identity.value]),
        None => wrong("/conversation_id", "the contact has no address on this channel"),
    }
}

/// Write an internal note
#[utoipa::path(post, path = "/api/v1/cases/{number}/notes", tag = "Cases", params(("number" = i64, Path, minimum = 1), super::KeyHeader), request_body = Note, responses((status = 201, body = Message)))]
pub async fn note(
    may: May<right::WriteNotes>,
    State(app): State<App>,
    Path(number): Path<i64>,
    key: Key,
    body: Json<Note>,
) -> Result<Response> {
    let case = cases::by_number(&app.db, scope(&may.user), number).await?;
    let text = words(&body.value.text)?;
    let name = key.text();
    let once = match key.begin(&app, may.user.id, &body.bytes).await? {
        Begun::First(once) => once,
        Begun::Repeated(response) => return Ok(response),
    };
    let colleagues = mentions::colleagues(&app.db).await?;
    let named: Vec<Uuid> = mentions::named(&text, &colleagues)
        .into_iter()
        .map(|person| person.id)
        .filter(|id| *id != may.user.id)
        .collect();
    let words = NewWords {
        case_id: case.id,
        user: may.user.id,
        author_name: &may.user.name,
        text: &text,
        idempotency_key: &name,
        files: Vec::new(),
    };
    let now = now();
    let mut tx = app.db.begin().await?;
    let Some(id) = messages::write_note(&mut tx, &words, &named, now).await? else {
        return Err(Error::Conflict("error-exists".into()));
    };
    let written = export::message_in(&mut tx, id).await?;
    once.end(tx, StatusCode::CREATED, &Message::fresh(written, None, now))
        .await
}
