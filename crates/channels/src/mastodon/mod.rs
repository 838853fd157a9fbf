//! Mastodon and the servers that speak its API.

use async_trait::async_trait;
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use voce_domain::message::{Incoming, RawItem, Visibility};

use crate::{
    Account, Capabilities, ConnectError, Connector, Field, FieldError, Outgoing, ParseError, SendError, Sent, Sink,
};

use crate::http::Client;
pub struct Mastodon {
    #[expect(dead_code)]
    http: Client,
}

impl Mastodon {
    pub fn new(http: Client) -> Self {
        Self { http }
    }
}

#[async_trait]
impl Connector for Mastodon {
    fn kind(&self) -> &'static str {
        "mastodon"
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            answers: true,
            visibilities: &[Visibility::Private],
            max_characters: None,
            attachments: false,
            subject: false,
            html: false,
        }
    }

    fn fields(&self) -> &'static [Field] {
        &[]
    }

    fn validate(&self, _config: &Value) -> Result<(), Vec<FieldError>> {
        Ok(())
    }

    fn parse(&self, _account: &Account, raw: &RawItem) -> Result<Vec<Incoming>, ParseError> {
        Err(ParseError(format!("unknown format {}", raw.format)))
    }

    async fn check(&self, _account: &Account) -> Result<(), ConnectError> {
        Ok(())
    }

    async fn run(&self, _account: &Account, _sink: &dyn Sink, stop: CancellationToken) -> Result<(), ConnectError> {
        stop.cancelled().await;
        Ok(())
    }

    async fn send(&self, _account: &Account, _message: &Outgoing) -> Result<Sent, SendError> {
        Err(SendError::Rejected("not connected".into()))
    }
}
