//! Answers of the open intake: signed requests to `config.reply_url`, after Standard Webhooks.

use std::time::Duration;

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Value, json};

use super::hook::setting;
use crate::{
    Account, Outgoing, SendError, Sent,
    http::{Client, Response},
    standard_webhooks,
};

const TIMEOUT: Duration = Duration::from_secs(20);

/// Posts the answer as `{"type": "message.reply", "timestamp", "data"}`. The `webhook-id` is the answer's id and stays the same
/// when it is sent again, so that the receiver can tell a repetition. An error status means that the receiver did not take
/// it; where no answer comes its fate is unknown.
pub async fn send(
    http: &Client,
    account: &Account,
    message: &Outgoing,
    now: jiff::Timestamp,
) -> Result<Sent, SendError> {
    let Some(url) = setting(&account.config, "reply_url") else {
        return Err(SendError::Rejected(
            "this channel cannot answer: it has no reply URL".into(),
        ));
    };
    let secret = setting(&account.secrets, "reply_secret").or_else(|| setting(&account.secrets, "hook_secret"));
    let Some(secret) = secret else {
        return Err(SendError::Rejected(
            "this channel cannot answer: it has no secret to sign with".into(),
        ));
    };
    let id = message.id.to_string();
    let body = body(account, message, now).to_string();
    let signature = standard_webhooks::sign(secret, &id, now.as_second(), body.as_bytes());
    let request = http
        .post(url)
        .timeout(TIMEOUT)
        .header(standard_webhooks::ID, &id)
        .header(standard_webhooks::TIMESTAMP, &now.as_second().to_string())
        .header(standard_webhooks::SIGNATURE, &signature)
        .body("application/json", body);
    match request.send().await {
        Ok(response) => outcome(&response, id),
        Err(error) if error.is_final() => Err(SendError::Rejected(error.to_string())),
        Err(error) if error.before_sending() => Err(SendError::Retry {
            reason: error.to_string(),
            after: None,
        }),
        Err(error) => Err(SendError::Unknown(error.to_string())),
    }
}

fn outcome(response: &Response, id: String) -> Result<Sent, SendError> {
    let reason = format!("the receiver answers {}", response.status);
    match response.status.as_u16() {
        200..=299 => {
            let told = response.json::<Value>().unwrap_or_default();
            let text = |name| setting(&told, name).map(str::to_owned);
            Ok(Sent {
                external_id: text("id").unwrap_or(id),
                url: text("url"),
            })
        }
        408 | 429 | 500.. => {
            let seconds = response.header("retry-after").and_then(|text| text.trim().parse().ok());
            Err(SendError::Retry {
                reason,
                after: seconds.map(Duration::from_secs),
            })
        }
        _ => Err(SendError::Rejected(reason)),
    }
}

fn body(account: &Account, message: &Outgoing, now: jiff::Timestamp) -> Value {
    let attachments = message.attachments.iter().map(|file| {
        json!({ "name": file.name, "content_type": file.content_type, "base64": BASE64_STANDARD.encode(&file.body) })
    });
    json!({
        "type": "message.reply",
        "timestamp": now.to_string(),
        "data": {
            "id": message.id,
            "account": account.id,
            "conversation": message.thread_key,
            "reply_to": message.in_reply_to,
            "kind": message.kind,
            "visibility": message.visibility,
            "to": message.to,
            "cc": message.cc,
            "from_name": message.from_name,
            "subject": message.subject,
            "text": message.text,
            "html": message.html,
            "attachments": attachments.collect::<Vec<_>>(),
            "meta": message.meta,
        }
    })
}
