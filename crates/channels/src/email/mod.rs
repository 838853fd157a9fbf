//! E-mail: IMAP in, SMTP out.

use async_trait::async_trait;
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use voce_domain::{
    message::{Incoming, RawItem, Visibility},
};

use crate::{
    Account, Capabilities, ConnectError, Connector, Field, FieldError, Outgoing, ParseError, SendError, Sent, Sink,
};

/// The e-mail channel.
pub struct Email;

#[async_trait]
impl Connector for Email {
    fn kind(&self) -> &'static str {
        "email"
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            answers: true,
            visibilities: &[Visibility::Private],
            max_characters: None,
            attachments: true,
            subject: true,
            html: true,
        }
    }

    fn fields(&self) -> &'static [Field] {
        &[]
    }

    fn validate(&self, _: &Value) -> Result<(), Vec<FieldError>> {
        Ok(())
    }

    fn parse(&self, _: &Account, _: &RawItem) -> Result<Vec<Incoming>, ParseError> {
        Err(ParseError("not yet".into()))
    }

    async fn check(&self, _: &Account) -> Result<(), ConnectError> {
        Err(ConnectError::Settings("not yet".into()))
    }

    async fn run(&self, _: &Account, _: &dyn Sink, _: CancellationToken) -> Result<(), ConnectError> {
        Err(ConnectError::Settings("not yet".into()))
    }

    async fn send(&self, _: &Account, _: &Outgoing) -> Result<Sent, SendError> {
        Err(SendError::Rejected("not yet".into()))
    }
}
