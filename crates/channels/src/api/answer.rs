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

#[cfg(test)]
mod tests {
    use uuid::Uuid;
    use voce_domain::message::{MessageKind, Visibility};

    use super::*;
    use crate::{
        OutgoingAttachment,
        http::{
            Policy,
            testing::{reply, serve},
        },
    };

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    fn account(config: Value, secrets: Value) -> Account {
        Account {
            id: Uuid::now_v7(),
            kind: "api".into(),
            name: "Sito".into(),
            address: String::new(),
            config,
            secrets,
            cursor: Value::Null,
            reply_key: [0; 32],
        }
    }

    fn message() -> Outgoing {
        Outgoing {
            id: Uuid::now_v7(),
            conversation: Uuid::now_v7(),
            thread_key: "t1".into(),
            kind: MessageKind::Form,
            visibility: Visibility::Private,
            to: vec!["a@b.it".into()],
            cc: Vec::new(),
            from_name: Some("Marta".into()),
            subject: None,
            text: "Ecco".into(),
            html: None,
            in_reply_to: Some("m1".into()),
            references: Vec::new(),
            attachments: vec![OutgoingAttachment {
                name: "a.txt".into(),
                content_type: "text/plain".into(),
                body: b"ciao".to_vec(),
            }],
            meta: Default::default(),
        }
    }

    async fn answered(answer: Option<String>) -> (Result<Sent, SendError>, String, Outgoing) {
        let (address, requests) = serve(move |_| answer.clone()).await;
        let url = format!("http://{address}/in");
        let account = account(
            json!({ "reply_url": url }),
            json!({ "hook_secret": "x", "reply_secret": SECRET }),
        );
        let http = Client::new(Policy {
            allow_private: true,
            ..Policy::default()
        });
        let message = message();
        let result = send(&http, &account, &message, jiff::Timestamp::now()).await;
        let request = requests.lock().unwrap().remove(0);
        (result, request, message)
    }

    #[tokio::test]
    async fn the_receiver_can_check_who_answers() {
        let (result, request, message) = answered(Some(reply("200 OK", "", r#"{"id":"r9"}"#))).await;
        assert_eq!(result.unwrap().external_id, "r9");
        let (head, body) = request.split_once("\r\n\r\n").unwrap();
        let header = |name: &str| {
            let line = head.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")));
            line.unwrap().to_owned()
        };
        assert_eq!(header(standard_webhooks::ID), message.id.to_string());
        let (time, signature) = (
            header(standard_webhooks::TIMESTAMP),
            header(standard_webhooks::SIGNATURE),
        );
        let now = jiff::Timestamp::now().as_millisecond();
        let id = message.id.to_string();
        assert_eq!(
            standard_webhooks::verify(SECRET, &id, &time, &signature, body.as_bytes(), now),
            Ok(())
        );
        let body: Value = serde_json::from_str(body).unwrap();
        assert_eq!(body["type"], "message.reply");
        assert_eq!(
            (&body["data"]["text"], &body["data"]["reply_to"]),
            (&json!("Ecco"), &json!("m1"))
        );
        assert_eq!(body["data"]["attachments"][0]["base64"], "Y2lhbw==");
    }

    #[tokio::test]
    async fn the_fate_is_told_truthfully() {
        let (result, _, message) = answered(Some(reply("204 No Content", "", ""))).await;
        assert_eq!(result.unwrap().external_id, message.id.to_string());
        let (result, ..) = answered(Some(reply("400 Bad Request", "", ""))).await;
        assert!(matches!(result, Err(SendError::Rejected(_))));
        let (result, ..) = answered(Some(reply("503 Service Unavailable", "Retry-After: 5\r\n", ""))).await;
        assert!(matches!(result, Err(SendError::Retry { after: Some(after), .. }) if after.as_secs() == 5));
        let (result, ..) = answered(None).await;
        assert!(matches!(result, Err(SendError::Unknown(_))));
    }

    #[tokio::test]
    async fn without_url_or_secret_there_is_no_answer() {
        let http = Client::new(Policy::default());
        let url = json!({ "reply_url": "http://127.0.0.1:1/" });
        for (config, secrets) in [
            (json!({}), json!({ "reply_secret": SECRET })),
            (url.clone(), json!({})),
            (url, json!({ "reply_secret": SECRET })),
        ] {
            let result = send(&http, &account(config, secrets), &message(), jiff::Timestamp::now()).await;
            assert!(matches!(result, Err(SendError::Rejected(_))), "{result:?}");
        }
    }
}
