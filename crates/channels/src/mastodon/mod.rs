//! Mastodon, and the servers that speak its API (GoToSocial, Pleroma and Akkoma, Pixelfed).
//!
//! What keeps to the documented API: <https://docs.joinmastodon.org/api/>.

mod content;
mod entities;
mod length;
pub mod oauth;
mod parse;
mod rate;
mod receive;
mod send;
mod server;
mod sse;

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use async_trait::async_trait;
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use voce_domain::message::{Incoming, RawItem, Visibility};

use self::{entities::Instance, server::Server};
use crate::{
    Account, Capabilities, ConnectError, Connector, Field, FieldError, FieldKind, Outgoing, ParseError, SendError,
    Sent, Sink, http::Client,
};

pub use length::length;
pub use send::text as outgoing_text;

/// The Mastodon channel. Settings: `base_url`, `max_characters` (learnt from the instance), `language` of the answers, and
/// the secret `access_token`, which [`oauth`] obtains. The account's address is its `user@instance`.
pub struct Mastodon {
    http: Client,
    /// What the instances said of themselves, by base URL, asked once per start.
    instances: Mutex<HashMap<String, Instance>>,
}

impl Mastodon {
    pub fn new(http: Client) -> Self {
        Self {
            http,
            instances: Mutex::default(),
        }
    }

    async fn instance(&self, server: &Server) -> Result<Instance, SendError> {
        let known = self
            .instances
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(server.base())
            .cloned();
        if let Some(instance) = known {
            return Ok(instance);
        }
        let instance = server
            .instance()
            .await
            .map_err(|failure| match ConnectError::from(failure) {
                ConnectError::Settings(reason) => SendError::Rejected(reason),
                ConnectError::Temporary { reason, after } => SendError::Retry { reason, after },
            })?;
        let mut instances = self.instances.lock().unwrap_or_else(PoisonError::into_inner);
        instances.insert(server.base().to_owned(), instance.clone());
        Ok(instance)
    }
}

const FIELDS: &[Field] = &[
    Field {
        name: "base_url",
        kind: FieldKind::Text,
        required: true,
        example: "https://mastodon.example",
    },
    Field {
        name: "access_token",
        kind: FieldKind::Secret,
        required: true,
        example: "",
    },
    Field {
        name: "max_characters",
        kind: FieldKind::Number,
        required: false,
        example: "500",
    },
    Field {
        name: "language",
        kind: FieldKind::Text,
        required: false,
        example: "it",
    },
];

#[async_trait]
impl Connector for Mastodon {
    fn kind(&self) -> &'static str {
        "mastodon"
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            answers: true,
            visibilities: &[
                Visibility::Public,
                Visibility::Unlisted,
                Visibility::Followers,
                Visibility::Private,
            ],
            max_characters: None,
            attachments: true,
            subject: false,
            html: false,
        }
    }

    fn fields(&self) -> &'static [Field] {
        FIELDS
    }

    fn validate(&self, config: &Value) -> Result<(), Vec<FieldError>> {
        let mut errors = Vec::new();
        let mut wrong = |field, message| errors.push(FieldError { field, message });
        match config
            .get("base_url")
            .and_then(Value::as_str)
            .map(str::trim)
            .filter(|text| !text.is_empty())
        {
            None => wrong("base_url", "channel-error-required"),
            Some(text) => match server::base_url(text, self.http.policy().allow_private_hosts()) {
                Err(server::BaseUrlError::NotHttps) => wrong("base_url", "channel-error-https"),
                Err(server::BaseUrlError::Unreadable) => wrong("base_url", "channel-error-url"),
                Ok(_) => {}
            },
        }
        if let Some(limit) = config
            .get("max_characters")
            .filter(|limit| !limit.is_null() && *limit != "")
        {
            let limit = limit.as_u64().or_else(|| limit.as_str()?.trim().parse().ok());
            if !limit.is_some_and(|limit| (1..=1_000_000).contains(&limit)) {
                wrong("max_characters", "channel-error-number");
            }
        }
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }

    fn parse(&self, account: &Account, raw: &RawItem) -> Result<Vec<Incoming>, ParseError> {
        parse::parse(account, raw)
    }

    async fn check(&self, account: &Account) -> Result<(), ConnectError> {
        let profile = oauth::profile(&Server::of(self.http.clone(), account)?).await?;
        let address = account
            .address
            .trim()
            .trim_start_matches(parse::HANDLE)
            .trim_start_matches('@')
            .to_lowercase();
        if !address.is_empty() && address != profile.acct {
            let reason = format!("the token belongs to {}, not to {address}", profile.acct);
            return Err(ConnectError::Settings(reason));
        }
        Ok(())
    }

    async fn run(&self, account: &Account, sink: &dyn Sink, stop: CancellationToken) -> Result<(), ConnectError> {
        let server = Server::of(self.http.clone(), account)?;
        // What the sink did not acknowledge comes again, so receiving may be dropped at any point.
        tokio::select! {
            () = stop.cancelled() => Ok(()),
            result = receive::run(&server, account, sink) => result,
        }
    }

    async fn send(&self, account: &Account, message: &Outgoing) -> Result<Sent, SendError> {
        let server = Server::of(self.http.clone(), account).map_err(|error| SendError::Rejected(error.to_string()))?;
        let instance = self.instance(&server).await?;
        send::send(&server, &instance, account, message).await
    }
}
