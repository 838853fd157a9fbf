//! An IMAP session that cannot take a broken connection or a refusal for the end of the mail.
//!
//! `async-imap` speaks the protocol; its ready-made `fetch` does not tell an answer that ended well from one that
//! did not, so commands are run here and end only with the server's tagged OK.

use std::time::Duration;

use async_imap::{
    Authenticator, Client, Session,
    imap_proto::{Capability, MailboxDatum, RequestId, Response, Status},
};
use tokio::time::timeout;

use super::{
    connection::{Protocol, Stream, connect, temporary},
    settings::{Security, Server},
};
use crate::ConnectError;

/// Longest wait for a short answer.
const ANSWER_TIME: Duration = Duration::from_secs(120);

/// A logged-in connection.
pub struct Imap {
    session: Session<Stream>,
    /// The server reported mail that may not be listed yet.
    news: bool,
    /// Mails in the open folder, as the server last counted.
    exists: u32,
}

impl Imap {
    pub async fn log_in(server: &Server) -> Result<Self, ConnectError> {
        let mut client = Client::new(connect(server, Protocol::Imap).await?);
        let work = async {
            if server.security != Security::Starttls {
                greeting(&mut client).await?;
            }
            let result = if server.user.is_ascii() && server.password.is_ascii() {
                client.login(&server.user, &server.password).await
            } else {
                client.authenticate("PLAIN", Plain::of(server)).await
            };
            result.map_err(|(error, _)| refused(&server.user, &error))
        };
        let session = timeout(ANSWER_TIME, work)
            .await
            .map_err(|_| temporary(format!("{} does not answer", server.host)))??;
        Ok(Self {
            session,
            news: false,
            exists: 0,
        })
    }

    /// Runs `command`, shows every untagged answer to `each`, and returns when the server says OK.
    /// The patience with each answer grows with its `expected_bytes`.
    pub async fn command(
        &mut self,
        command: &str,
        expected_bytes: u64,
        mut each: impl FnMut(&Response<'_>),
    ) -> Result<(), ImapError> {
        let patience = ANSWER_TIME + Duration::from_secs(expected_bytes / SLOWEST_BYTES_PER_SECOND);
        let id = timeout(ANSWER_TIME, self.session.run_command(command)).await??;
        loop {
            let answer = timeout(patience, self.session.read_response())
                .await??
                .ok_or(ImapError::Lost)?;
            match answer.parsed() {
                Response::Done { tag, status, outcome } if *tag == id => {
                    let text = outcome.information.as_deref().unwrap_or_default();
                    return match status {
                        Status::Ok => Ok(()),
                        _ => Err(ImapError::Refused(format!("{text} ({})", verb(command)))),
                    };
                }
                Response::Data {
                    status: Status::Bye, ..
                } if verb(command) != "LOGOUT" => return Err(ImapError::Lost),
                other => {
                    note(&mut self.news, &mut self.exists, other);
                    each(other);
                }
            }
        }
    }

    /// What the server can do, in capitals.
    pub async fn capabilities(&mut self) -> Result<Vec<String>, ImapError> {
        let mut found = Vec::new();
        self.command("CAPABILITY", 0, |answer| {
            if let Response::Capabilities(capabilities) = answer {
                found.extend(capabilities.iter().map(|capability| match capability {
                    Capability::Imap4rev1 => "IMAP4REV1".to_owned(),
                    Capability::Auth(name) => format!("AUTH={name}").to_ascii_uppercase(),
                    Capability::Atom(name) => name.to_ascii_uppercase(),
                }));
            }
        })
        .await?;
        Ok(found)
    }

    /// Forgets what the server reported so far: what is listed from now on includes it.
    pub fn forget_news(&mut self) {
        self.news = false;
    }

    /// Waits in IDLE (RFC 2177) until the server reports something or `end` comes. Returns at once when something was
    /// reported since [`Self::forget_news`]: the server does not say it twice.
    pub async fn idle(&mut self, end: impl Future<Output = ()>) -> Result<(), ImapError> {
        if self.news {
            return Ok(());
        }
        let id = timeout(ANSWER_TIME, self.session.run_command("IDLE")).await??;
        timeout(ANSWER_TIME, self.idle_begins(&id)).await??;
        tokio::pin!(end);
        while !self.news {
            tokio::select! {
                () = &mut end => break,
                answer = self.session.read_response() => match answer?.ok_or(ImapError::Lost)?.parsed() {
                    Response::Data { status: Status::Bye, .. } | Response::Done { .. } => return Err(ImapError::Lost),
                    other => note(&mut self.news, &mut self.exists, other),
                }
            }
        }
        timeout(ANSWER_TIME, self.session.run_command_untagged("DONE")).await??;
        timeout(ANSWER_TIME, self.idle_ends(&id)).await?
    }

    async fn idle_begins(&mut self, id: &RequestId) -> Result<(), ImapError> {
        loop {
            match self.session.read_response().await?.ok_or(ImapError::Lost)?.parsed() {
                Response::Continue(_) => return Ok(()),
                Response::Done { tag, .. } if tag == id => {
                    return Err(ImapError::Refused("it does not idle although it offers to".into()));
                }
                other => note(&mut self.news, &mut self.exists, other),
            }
        }
    }

    async fn idle_ends(&mut self, id: &RequestId) -> Result<(), ImapError> {
        loop {
            match self.session.read_response().await?.ok_or(ImapError::Lost)?.parsed() {
                Response::Done { tag, .. } if tag == id => return Ok(()),
                other => note(&mut self.news, &mut self.exists, other),
            }
        }
    }

    /// Puts a mail into a folder, marked as read.
    pub async fn append(&mut self, folder: &str, mail: &[u8]) -> Result<(), ImapError> {
        let patience = ANSWER_TIME + Duration::from_secs(mail.len() as u64 / SLOWEST_BYTES_PER_SECOND);
        let work = self.session.append(modified_utf7(folder), Some("(\\Seen)"), None, mail);
        Ok(timeout(patience, work).await??)
    }

    /// Says good-bye; the answer does not matter.
    pub async fn log_out(mut self) {
        let _ = timeout(Duration::from_secs(2), self.command("LOGOUT", 0, |_| {})).await;
    }
}

/// Slower lines than this are taken for dead.
pub const SLOWEST_BYTES_PER_SECOND: u64 = 10_000;

#[derive(Debug, thiserror::Error)]
pub enum ImapError {
    #[error("the connection was lost")]
    Lost,
    #[error("the server refused: {0}")]
    Refused(String),
    #[error("{0}")]
    Broken(String),
}

impl From<async_imap::error::Error> for ImapError {
    fn from(error: async_imap::error::Error) -> Self {
        match error {
            async_imap::error::Error::ConnectionLost => Self::Lost,
            async_imap::error::Error::No(text) | async_imap::error::Error::Bad(text) => Self::Refused(text),
            other => Self::Broken(other.to_string()),
        }
    }
}

impl From<tokio::time::error::Elapsed> for ImapError {
    fn from(_: tokio::time::error::Elapsed) -> Self {
        Self::Lost
    }
}

impl From<std::io::Error> for ImapError {
    fn from(error: std::io::Error) -> Self {
        Self::Broken(error.to_string())
    }
}

impl From<ImapError> for ConnectError {
    fn from(error: ImapError) -> Self {
        temporary(error.to_string())
    }
}

async fn greeting(client: &mut Client<Stream>) -> Result<(), ConnectError> {
    let answer = client
        .read_response()
        .await
        .map_err(|error| temporary(error.to_string()))?
        .ok_or_else(|| temporary("the server closed the connection".into()))?;
    match answer.parsed() {
        Response::Data {
            status: Status::Ok | Status::PreAuth,
            ..
        } => Ok(()),
        other => Err(temporary(format!("the server greeted with {other:?}"))),
    }
}

fn refused(user: &str, error: &async_imap::error::Error) -> ConnectError {
    let text = error.to_string();
    match error {
        async_imap::error::Error::No(_) if !is_passing(&text) => {
            ConnectError::Settings(format!("IMAP login as {user} was refused: {text}"))
        }
        async_imap::error::Error::Bad(_) | async_imap::error::Error::Validate(_) => {
            ConnectError::Settings(format!("IMAP login as {user} is not possible: {text}"))
        }
        _ => temporary(format!("IMAP login as {user} failed: {text}")),
    }
}

/// Whether waiting may mend a refusal (response codes of RFC 5530, and words). Anything else is a matter of settings.
pub fn is_passing(refusal: &str) -> bool {
    let refusal = refusal.to_ascii_lowercase();
    let signs = [
        "unavailable",
        "inuse",
        "limit",
        "serverbug",
        "internal error",
        "too many",
        "try again",
        "temporar",
    ];
    signs.iter().any(|sign| refusal.contains(sign))
}

fn verb(command: &str) -> &str {
    command.split(' ').next().unwrap_or_default()
}

/// Only a larger count is news: some servers repeat the same one with every answer.
fn note(news: &mut bool, exists: &mut u32, answer: &Response<'_>) {
    match answer {
        Response::MailboxData(MailboxDatum::Exists(count)) => {
            *news |= *count > *exists;
            *exists = *count;
        }
        Response::Expunge(_) => *exists = exists.saturating_sub(1),
        _ => {}
    }
}

/// SASL PLAIN (RFC 4616), for names and passwords that do not fit into an IMAP string.
struct Plain(String);

impl Plain {
    fn of(server: &Server) -> Self {
        Self(format!("\0{}\0{}", server.user, server.password))
    }
}

impl Authenticator for Plain {
    type Response = String;

    fn process(&mut self, _: &[u8]) -> String {
        std::mem::take(&mut self.0)
    }
}

/// A folder name as IMAP writes it: an own UTF-7 (RFC 3501, 5.1.3).
pub fn modified_utf7(name: &str) -> String {
    use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
    let mut out = String::with_capacity(name.len());
    let mut pending: Vec<u8> = Vec::new();
    let flush = |pending: &mut Vec<u8>, out: &mut String| {
        if !pending.is_empty() {
            out.push('&');
            out.push_str(&STANDARD_NO_PAD.encode(&*pending).replace('/', ","));
            out.push('-');
            pending.clear();
        }
    };
    for c in name.chars() {
        match c {
            ' '..='~' => {
                flush(&mut pending, &mut out);
                out.push(c);
                if c == '&' {
                    out.push('-');
                }
            }
            _ => pending.extend(c.encode_utf16(&mut [0; 2]).iter().flat_map(|unit| unit.to_be_bytes())),
        }
    }
    flush(&mut pending, &mut out);
    out
}

/// A quoted string (RFC 9051, 4.3) of text that holds no line break.
pub fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folder_names() {
        assert_eq!(modified_utf7("Posta & co"), "Posta &- co");
        assert_eq!(modified_utf7("Éléments envoyés"), "&AMk-l&AOk-ments envoy&AOk-s");
        assert_eq!(
            modified_utf7("~peter/mail/台北/日本語"),
            "~peter/mail/&U,BTFw-/&ZeVnLIqe-"
        );
        assert_eq!(quoted(r#"a"b\c"#), r#""a\"b\\c""#);
    }

    #[test]
    fn only_lasting_refusals_are_settings() {
        let refusal = |text: &str| refused("me", &async_imap::error::Error::No(text.into()));
        assert!(matches!(refusal("Authentication failed."), ConnectError::Settings(_)));
        assert!(matches!(refusal("[UNAVAILABLE] later"), ConnectError::Temporary { .. }));
        assert!(matches!(
            refusal("Too many simultaneous connections"),
            ConnectError::Temporary { .. }
        ));
    }
}
