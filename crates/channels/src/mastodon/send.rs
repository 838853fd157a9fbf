//! Sending an answer as a status.
//!
//! Every status carries its `Idempotency-Key`. Mastodon keeps the keys for an hour, Pleroma for six: on a server that is
//! known to, a request whose fate is unclear is repeated at once with the same key, which either posts the status or brings
//! the one that was posted. Only when the fate is still unclear after that, or on other servers, a person has to decide.

use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};
use tokio::time::sleep;
use voce_domain::message::Visibility;

use super::{
    entities::{Id, Instance},
    length::length,
    parse::{HANDLE, Us},
    server::{Failure, Server},
};
use crate::{
    Account, Outgoing, OutgoingAttachment, SendError, Sent,
    http::{self, Part},
};

/// Pauses before the repetitions of a request whose fate is unclear.
const REPEAT_AFTER: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(3)];
/// Servers take their time for videos; a status cannot be posted before.
const MEDIA_PAUSE: Duration = Duration::from_secs(2);
const MEDIA_TRIES: usize = 60;
const MEDIA_TIMEOUT: Duration = Duration::from_secs(120);

pub async fn send(
    server: &Server,
    instance: &Instance,
    account: &Account,
    message: &Outgoing,
) -> Result<Sent, SendError> {
    let text = text(account, message);
    let limit = max_characters(account).unwrap_or_else(|| instance.max_characters());
    let spoiler = spoiler(message);
    let characters = length(&text) + spoiler.map_or(0, length);
    if characters > limit {
        return Err(SendError::Rejected(format!(
            "{characters} characters, of which the server accepts {limit}"
        )));
    }
    let mut media = Vec::new();
    for attachment in &message.attachments {
        media.push(upload(server, attachment).await?);
    }
    let mut status = json!({ "status": text, "visibility": visibility(message.visibility) });
    let mut set = |name: &str, value: Option<Value>| {
        if let (Some(object), Some(value)) = (status.as_object_mut(), value) {
            object.insert(name.to_owned(), value);
        }
    };
    set("in_reply_to_id", message.in_reply_to.as_ref().map(|id| json!(id)));
    set("spoiler_text", spoiler.map(|text| json!(text)));
    set("sensitive", spoiler.map(|_| json!(true)));
    set(
        "language",
        account
            .config
            .get("language")
            .filter(|language| language.as_str().is_some_and(|l| !l.is_empty()))
            .cloned(),
    );
    set("media_ids", Some(json!(media)).filter(|_| !media.is_empty()));
    post(server, instance, message, &status).await
}

/// The limit set by hand in the account, if any.
pub fn max_characters(account: &Account) -> Option<usize> {
    let limit = account.config.get("max_characters")?;
    let limit = limit.as_u64().or_else(|| limit.as_str()?.trim().parse().ok())?;
    usize::try_from(limit).ok().filter(|&limit| limit > 0)
}

/// The content warning stays on the answers of a thread.
fn spoiler(message: &Outgoing) -> Option<&str> {
    message
        .subject
        .as_deref()
        .map(str::trim)
        .filter(|text| !text.is_empty())
}

fn visibility(visibility: Visibility) -> &'static str {
    match visibility {
        Visibility::Public => "public",
        Visibility::Unlisted => "unlisted",
        Visibility::Followers => "private",
        Visibility::Private => "direct",
    }
}

/// The text as it will be posted: people who are answered but not named in it are named first, or they would not be told.
pub fn text(account: &Account, message: &Outgoing) -> String {
    let us = Us::new(account);
    let mut text = String::new();
    for handle in message.to.iter().chain(&message.cc) {
        let acct = handle.strip_prefix(HANDLE).unwrap_or(handle).trim_start_matches('@');
        let local = acct
            .strip_suffix(&us.domain)
            .and_then(|acct| acct.strip_suffix('@'))
            .filter(|acct| !acct.is_empty());
        let named =
            names(&message.text, acct) || local.is_some_and(|local| names(&message.text, local)) || names(&text, acct);
        if !named
            && !us.is(acct)
            && acct
                .chars()
                .all(|c| c.is_alphanumeric() || matches!(c, '@' | '.' | '_' | '-' | ':'))
        {
            text.push('@');
            text.push_str(local.unwrap_or(acct));
            text.push(' ');
        }
    }
    text.push_str(&message.text);
    text
}

/// Whether `text` mentions `@acct`, as a whole.
fn names(text: &str, acct: &str) -> bool {
    let text = text.to_lowercase();
    let mention = format!("@{}", acct.to_lowercase());
    text.match_indices(&mention).any(|(at, _)| {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        let mut after = text.get(at + mention.len()..).unwrap_or_default().chars();
        let next = after.next();
        let ends = match next {
            Some('.' | '-') => !after.next().is_some_and(char::is_alphanumeric),
            Some(c) => !c.is_alphanumeric() && !matches!(c, '_' | '@'),
            None => true,
        };
        ends && before.is_none_or(|c| !c.is_alphanumeric() && !matches!(c, '_' | '/' | '@'))
    })
}

async fn post(server: &Server, instance: &Instance, message: &Outgoing, status: &Value) -> Result<Sent, SendError> {
    let key = message.id.to_string();
    let mut pauses = REPEAT_AFTER.into_iter();
    loop {
        let request = server
            .post("/api/v1/statuses")
            .header("idempotency-key", &key)
            .json(status);
        let error = match server.json::<Value>(request).await {
            Ok(posted) => return sent(&posted),
            Err(failure) => send_error(failure),
        };
        let SendError::Unknown(reason) = &error else {
            return Err(error);
        };
        let Some(pause) = pauses.next().filter(|_| instance.honours_idempotency_key()) else {
            return Err(error);
        };
        tracing::info!(%reason, %key, "repeating a status whose fate is unclear, under the same key");
        sleep(pause).await;
    }
}

fn sent(posted: &Value) -> Result<Sent, SendError> {
    let text = |name| posted.get(name).and_then(Value::as_str).map(str::to_owned);
    let id = posted
        .get("id")
        .and_then(|id| serde_json::from_value::<Id>(id.clone()).ok());
    let Some(Id(external_id)) = id else {
        return Err(SendError::Unknown(
            "the server accepted the status without telling its id".into(),
        ));
    };
    Ok(Sent {
        external_id,
        url: text("url").or_else(|| text("uri")),
    })
}

fn send_error(failure: Failure) -> SendError {
    let reason = failure.to_string();
    match failure {
        Failure::Denied(_) | Failure::Refused { .. } => SendError::Rejected(reason),
        Failure::Limited(wait) => SendError::Retry {
            reason,
            after: Some(wait),
        },
        Failure::Down { status: 503, after, .. } => SendError::Retry { reason, after },
        Failure::Http(error) if error.is_final() => SendError::Rejected(reason),
        Failure::Http(error) if error.before_sending() => SendError::Retry { reason, after: None },
        Failure::Down { .. } | Failure::Http(_) => SendError::Unknown(reason),
    }
}

/// A lost upload leaves nothing that anybody sees, so that it can be repeated.
fn upload_error(failure: Failure) -> SendError {
    match send_error(failure) {
        SendError::Unknown(reason) => SendError::Retry { reason, after: None },
        other => other,
    }
}

/// Uploads an attachment and waits until the server can use it.
async fn upload(server: &Server, attachment: &OutgoingAttachment) -> Result<String, SendError> {
    let request = |path| {
        let part = Part {
            name: "file",
            file_name: Some(attachment.name.clone()),
            content_type: Some(attachment.content_type.clone()),
            body: Bytes::from(attachment.body.clone()),
        };
        server.post(path).timeout(MEDIA_TIMEOUT).multipart(vec![part])
    };
    let response = match server.send(request("/api/v2/media")).await {
        Err(Failure::Refused { status: 404, .. }) => server.send(request("/api/v1/media")).await,
        other => other,
    };
    let response = response.map_err(upload_error)?;
    let media: Value = response.json().map_err(|error| upload_error(error.into()))?;
    let id = media
        .get("id")
        .and_then(|id| serde_json::from_value::<Id>(id.clone()).ok());
    let Id(id) =
        id.ok_or_else(|| SendError::Rejected("the server took an attachment without telling its id".into()))?;
    if response.status == http::StatusCode::ACCEPTED {
        wait_for(server, &id).await?;
    }
    Ok(id)
}

async fn wait_for(server: &Server, id: &str) -> Result<(), SendError> {
    for _ in 0..MEDIA_TRIES {
        sleep(MEDIA_PAUSE).await;
        let response = server
            .send(server.get(&format!("/api/v1/media/{id}")))
            .await
            .map_err(upload_error)?;
        if response.status != http::StatusCode::PARTIAL_CONTENT {
            return Ok(());
        }
    }
    Err(SendError::Retry {
        reason: "the server is still working on an attachment".into(),
        after: None,
    })
}

#[cfg(test)]
mod tests;
