//! The open intake: messages that any system hands over by `POST /api/v1/messages`, by web hook or by file.

mod answer;
pub mod columns;
pub mod date;
pub mod hook;
pub mod mapping;
pub mod message;
mod problem;
mod shape;

use async_trait::async_trait;
use jiff::{Timestamp, tz::TimeZone};
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use voce_domain::message::{Incoming, RawItem, Visibility};

use self::hook::setting;
use crate::{
    Account, Capabilities, ConnectError, Connector, Field, FieldError, FieldKind, Outgoing, ParseError, SendError,
    Sent, Sink, http::Client,
};

pub use problem::{Invalid, Problem};

/// The format of a raw item in the public shape ([`message::ApiMessage`]).
pub const MESSAGE: &str = "message";
/// The format of the body of a web hook.
pub const HOOK: &str = "hook";

/// The channel of the open intake. It receives through the web alone, so that `run` only waits.
pub struct Api {
    http: Client,
}

impl Api {
    pub fn new(http: Client) -> Self {
        Self { http }
    }
}

const FIELDS: &[Field] = &[
    Field {
        name: "country",
        kind: FieldKind::Text,
        required: false,
        example: "IT",
    },
    Field {
        name: "time_zone",
        kind: FieldKind::Text,
        required: false,
        example: "Europe/Rome",
    },
    Field {
        name: "signature",
        kind: FieldKind::Choice(hook::SIGNATURES),
        required: false,
        example: "standard",
    },
    Field {
        name: "token_header",
        kind: FieldKind::Text,
        required: false,
        example: "X-Voce-Token",
    },
    Field {
        name: "hook_secret",
        kind: FieldKind::Secret,
        required: false,
        example: "",
    },
    Field {
        name: "reply_url",
        kind: FieldKind::Text,
        required: false,
        example: "https://example.com/voce",
    },
    Field {
        name: "reply_secret",
        kind: FieldKind::Secret,
        required: false,
        example: "",
    },
];

/// The country whose national phone numbers an account reads: `config.country`, or Italy.
pub fn country(config: &Value) -> &str {
    setting(config, "country").unwrap_or("IT")
}

#[async_trait]
impl Connector for Api {
    fn kind(&self) -> &'static str {
        "api"
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            answers: true,
            visibilities: &[Visibility::Private, Visibility::Public],
            max_characters: None,
            attachments: true,
            subject: true,
            html: true,
        }
    }

    fn fields(&self) -> &'static [Field] {
        FIELDS
    }

    fn validate(&self, config: &Value) -> Result<(), Vec<FieldError>> {
        let mut errors = Vec::new();
        let mut check = |field, message, sound: &dyn Fn(&str) -> bool| {
            if setting(config, field).is_some_and(|text| !sound(text)) {
                errors.push(FieldError { field, message });
            }
        };
        check("country", "channel-error-country", &|text| {
            text.len() == 2 && text.bytes().all(|b| b.is_ascii_uppercase())
        });
        check("time_zone", "channel-error-time-zone", &|text| {
            TimeZone::get(text).is_ok()
        });
        check("signature", "channel-error-choice", &|text| {
            hook::SIGNATURES.contains(&text)
        });
        check("token_header", "channel-error-header", &|text| {
            crate::http::header::HeaderName::try_from(text).is_ok()
        });
        check("reply_url", "channel-error-url", &|text| {
            url::Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "https" | "http") && url.has_host())
        });
        check("list", "channel-error-pointer", &|text| text.starts_with('/'));
        let mapping = config.get("mapping").filter(|mapping| !mapping.is_null());
        if mapping.is_some_and(|mapping| mapping::Mapping::read(mapping, TimeZone::UTC).is_err()) {
            errors.push(FieldError {
                field: "mapping",
                message: "channel-error-mapping",
            });
        }
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }

    fn parse(&self, account: &Account, raw: &RawItem) -> Result<Vec<Incoming>, ParseError> {
        let country = country(&account.config);
        let read = match raw.format.as_str() {
            MESSAGE => message::read(&raw.body, country, raw.received_at)
                .map(|message| vec![Incoming::Message(Box::new(message))]),
            HOOK => hook::read(&account.config, &raw.body, country, raw.received_at),
            other => return Err(ParseError(format!("unknown format {other:?}"))),
        };
        read.map_err(|invalid| ParseError(invalid.to_string()))
    }

    /// There is nothing to connect to: whether the reply URL answers shows with the first answer.
    async fn check(&self, account: &Account) -> Result<(), ConnectError> {
        self.validate(&account.config).map_err(|errors| {
            let fields: Vec<&str> = errors.iter().map(|error| error.field).collect();
            ConnectError::Settings(fields.join(", "))
        })
    }

    async fn run(&self, _: &Account, _: &dyn Sink, stop: CancellationToken) -> Result<(), ConnectError> {
        stop.cancelled().await;
        Ok(())
    }

    async fn send(&self, account: &Account, message: &Outgoing) -> Result<Sent, SendError> {
        answer::send(&self.http, account, message, Timestamp::now()).await
    }
}

#[cfg(test)]
mod tests;
