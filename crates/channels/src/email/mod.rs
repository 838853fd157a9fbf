//! E-mail: IMAP in, SMTP out.
//!
//! `receive` hands over whole mails as they are; `parse` reads them: `mime` finds the parts, `content` the text and the
//! attachments, `automatic` and `bounce` what machines say. `compose` writes answers, `send` brings them out.

mod automatic;
mod bounce;
mod charset;
mod compose;
mod connection;
mod content;
mod html;
mod imap;
pub mod mbox;
mod mime;
mod parse;
mod receive;
mod send;
mod settings;
#[cfg(test)]
mod tests;

use async_trait::async_trait;
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use voce_domain::message::{Incoming, RawItem, Visibility};

use crate::{
    Account, Capabilities, ConnectError, Connector, Field, FieldError, Outgoing, ParseError, SendError, Sent, Sink,
};
use settings::Settings;

/// Format of the raw items: a whole mail (RFC 5322).
pub const FORMAT: &str = "rfc5322";

/// Marks the mails that Voce sends, so that they are recognised when they come back.
const OWN_HEADER: &str = "X-Voce-Message";

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
        settings::FIELDS
    }

    fn validate(&self, config: &Value) -> Result<(), Vec<FieldError>> {
        settings::validate(config)
    }

    fn parse(&self, account: &Account, raw: &RawItem) -> Result<Vec<Incoming>, ParseError> {
        parse::parse(account, raw)
    }

    async fn check(&self, account: &Account) -> Result<(), ConnectError> {
        let settings = Settings::of(account).map_err(ConnectError::Settings)?;
        receive::check(&settings).await?;
        send::check(&settings).await
    }

    async fn run(&self, account: &Account, sink: &dyn Sink, stop: CancellationToken) -> Result<(), ConnectError> {
        let settings = Settings::of(account).map_err(ConnectError::Settings)?;
        receive::run(&settings, &account.cursor, sink, &stop).await
    }

    async fn send(&self, account: &Account, message: &Outgoing) -> Result<Sent, SendError> {
        let settings = Settings::of(account).map_err(|reason| SendError::Retry { reason, after: None })?;
        send::send(&settings, &account.reply_key, message).await
    }
}
