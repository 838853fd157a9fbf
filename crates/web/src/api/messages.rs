//! `POST /api/v1/messages`: the open intake.

use axum::{
    Extension,
    body::{Body, Bytes},
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use futures::StreamExt;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use voce_channels::{
    NewRaw,
    api::{self, Invalid, message},
};
use voce_events::shape::Message;
use voce_ingest::IntakeError;
use voce_store::{accounts::ChannelAccount, messages};

use super::{
    extract::{Path, Query},
    memory::Memory,
};
use crate::{App, Error, May, Result, right, state::now};

/// Largest body of a request, in bytes: files come in base64.
pub const LARGEST_BODY: usize = 40 * 1024 * 1024;
/// Most messages of one request.
const MOST_MESSAGES: usize = 1_000;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Into {
    /// The channel account (of the channel `api`) that receives the messages. May be left out when there is only one.
    account: Option<Uuid>,
}

/// The messages are durable; they show on the desk within moments.
#[derive(Debug, Serialize, ToSchema)]
pub struct Accepted {
    pub accepted: usize,
    /// Ids of the raw items, in the order of the messages. Their outcome is shown under Settings, Intake.
    pub items: Vec<i64>,
}

/// Hand over messages
///
/// Takes one message, a list of them, `{"messages": […]}`, or lines of JSON (`application/x-ndjson`), at most 1,000 and 40 MB at
/// once. All are checked first: either all are accepted or none. The answer comes after they are durable. The same message
/// `id` twice changes nothing, so that a request may be repeated safely.
#[utoipa::path(
    post, path = "/api/v1/messages", tag = "Messages", params(Into),
    request_body(content((message::ApiMessage = "application/json"), (String = "application/x-ndjson"))),
    responses((status = 202, body = Accepted), (status = 413, description = "More than 40 MB or 1,000 messages"), (status = 503, description = "More comes in than can be written; try again after `Retry-After`")),
)]
pub async fn accept(
    _: May<right::WriteIntake>,
    State(app): State<App>,
    Extension(memory): Extension<Memory>,
    Query(into): Query<Into>,
    request: Request,
) -> Result<Response> {
    let account = receiver(&app, &memory, into.account).await?;
    let lines = is_lines(request.headers());
    let body = whole(request.into_body(), LARGEST_BODY).await?;
    let raw = check(&account, &body, lines)?;
    let items = hand_over(&app, account.id, raw).await?;
    let accepted = Accepted {
        accepted: items.len(),
        items,
    };
    Ok((StatusCode::ACCEPTED, axum::Json(accepted)).into_response())
}

/// Get a message
#[utoipa::path(get, path = "/api/v1/messages/{id}", tag = "Messages", params(("id" = Uuid, Path)), responses((status = 200, body = Message)))]
pub async fn get(
    may: May<right::ReadCases>,
    State(app): State<App>,
    Path(id): Path<Uuid>,
) -> Result<axum::Json<Message>> {
    let row = messages::get(&app.db, super::cases::scope(&may.user), id).await?;
    let message = Message::all(&app.db, vec![row]).await?.pop();
    message.map(axum::Json).ok_or(Error::NotFound)
}

async fn receiver(app: &App, memory: &Memory, wanted: Option<Uuid>) -> Result<ChannelAccount> {
    let account = match wanted {
        Some(id) => memory
            .account(app, id)
            .await
            .ok()
            .filter(|account| account.kind == "api"),
        None => memory.only_api_account(app).await?,
    };
    let wrong = |detail: &str| Error::Fields(vec![("?account".into(), detail.into())]);
    match account {
        Some(account) if account.active => Ok(account),
        Some(_) => Err(wrong("this channel account is paused")),
        None if wanted.is_some() => Err(wrong("is not a channel account of the open intake")),
        None => Err(wrong(
            "say which: there is not exactly one active channel account of the open intake",
        )),
    }
}

fn is_lines(headers: &HeaderMap) -> bool {
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .unwrap_or_default();
    ["application/x-ndjson", "application/jsonl", "application/x-jsonlines"]
        .iter()
        .any(|lines| kind.starts_with(lines))
}

/// The body, if it is not larger than `most` bytes.
pub(crate) async fn whole(body: Body, most: usize) -> Result<Bytes> {
    let mut whole = Vec::new();
    let mut chunks = body.into_data_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| Error::Invalid("api-body-broken".into()))?;
        if whole.len() + chunk.len() > most {
            return Err(Error::TooLarge);
        }
        whole.extend_from_slice(&chunk);
    }
    Ok(whole.into())
}

/// The raw items of a body in which every message is sound.
fn check(account: &ChannelAccount, body: &[u8], lines: bool) -> Result<Vec<NewRaw>> {
    let messages: Vec<&[u8]> = if lines {
        body.split(|byte| *byte == b'\n')
            .map(<[u8]>::trim_ascii)
            .filter(|line| !line.is_empty())
            .collect()
    } else {
        let split = message::split(body).map_err(|invalid| fields("", invalid))?;
        split.into_iter().map(|one| one.get().as_bytes()).collect()
    };
    match messages.len() {
        0 => return Err(Error::Fields(vec![("".into(), "holds no message".into())])),
        count if count > MOST_MESSAGES => return Err(Error::TooLarge),
        _ => {}
    }
    let (country, now) = (api::country(&account.config), now());
    let single = messages.len() == 1 && !lines && body.trim_ascii_start().first() == Some(&b'{');
    let mut problems = Vec::new();
    let mut raw = Vec::with_capacity(messages.len());
    for (at, message) in messages.into_iter().enumerate() {
        if let Err(invalid) = message::read(message, country, now) {
            let start = if single { String::new() } else { format!("/{at}") };
            problems.extend(
                invalid
                    .0
                    .into_iter()
                    .map(|problem| (format!("{start}{}", problem.pointer), problem.message)),
            );
        }
        raw.push(NewRaw {
            format: api::MESSAGE,
            body: message.to_vec(),
            received_at: now,
        });
    }
    if problems.is_empty() {
        Ok(raw)
    } else {
        Err(Error::Fields(problems))
    }
}

fn fields(start: &str, invalid: Invalid) -> Error {
    Error::Fields(
        invalid
            .0
            .into_iter()
            .map(|problem| (format!("{start}{}", problem.pointer), problem.message))
            .collect(),
    )
}

/// Returns once the items are durable.
pub(crate) async fn hand_over(app: &App, account: Uuid, raw: Vec<NewRaw>) -> Result<Vec<i64>> {
    let count = raw.len() as u64;
    let written = app.intake.accept(account, raw, None).await;
    let result = if written.is_ok() { "accepted" } else { "refused" };
    metrics::counter!("voce_intake_items_total", "result" => result).increment(count);
    written.map_err(|error| match error {
        IntakeError::Full | IntakeError::Stopped => Error::Busy,
        IntakeError::Store(_) => Error::internal(error),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn account() -> ChannelAccount {
        ChannelAccount {
            id: Uuid::nil(),
            kind: "api".into(),
            name: String::new(),
            address: String::new(),
            config: json!({}),
            secrets: None,
            active: true,
            problem: None,
            health_at: None,
            cursor: json!(null),
            team_id: None,
            created_at: 0,
            updated_at: 0,
        }
    }

    fn checked(body: &str, lines: bool) -> Result<usize, Vec<String>> {
        match check(&account(), body.as_bytes(), lines) {
            Ok(raw) => Ok(raw.len()),
            Err(Error::Fields(fields)) => Err(fields.into_iter().map(|(pointer, _)| pointer).collect()),
            Err(other) => Err(vec![other.to_string()]),
        }
    }

    const GOOD: &str = r#"{"id":"1","author":{"email":"a@b.it"},"text":"ciao"}"#;
    const BAD: &str = r#"{"id":"","author":{},"text":"ciao"}"#;

    #[test]
    fn one_many_and_lines_are_the_same() {
        assert_eq!(checked(GOOD, false), Ok(1));
        assert_eq!(checked(&format!("[{GOOD},{GOOD}]"), false), Ok(2));
        assert_eq!(checked(&format!("{{\"messages\":[{GOOD}]}}"), false), Ok(1));
        assert_eq!(checked(&format!("{GOOD}\r\n\n{GOOD}\n"), true), Ok(2));
    }

    #[test]
    fn everything_wrong_is_told_with_its_place() {
        assert_eq!(checked(BAD, false), Err(vec!["/id".into(), "/author".into()]));
        assert_eq!(
            checked(&format!("[{GOOD},{BAD}]"), false),
            Err(vec!["/1/id".into(), "/1/author".into()])
        );
        assert_eq!(checked("[]", false), Err(vec!["".into()]));
        assert_eq!(checked("", true), Err(vec!["".into()]));
        assert!(checked("nonsense", false).is_err());
    }
}
