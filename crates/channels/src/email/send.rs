//! Sending over SMTP, step by step, so that the fate of a mail is known even when the connection breaks.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use lettre::transport::smtp::{
    Error,
    authentication::{Credentials, Mechanism},
    client::AsyncSmtpConnection,
    commands::{Data, Mail as MailFrom, Rcpt},
    extension::{ClientId, Extension, MailBodyParameter, MailParameter},
};
use tokio::time::timeout;

use super::{
    compose::{Mail, compose},
    connection::{Protocol, connect, temporary},
    imap::{Imap, SLOWEST_BYTES_PER_SECOND},
    settings::{Server, Settings},
};
use crate::{ConnectError, Outgoing, SendError, Sent};

/// Patience with one command (RFC 5321, 4.5.3.2.2).
const COMMAND_TIME: Duration = Duration::from_secs(5 * 60);
/// Patience after the end of the mail, while the server decides (RFC 5321, 4.5.3.2.6).
const FINAL_TIME: Duration = Duration::from_secs(10 * 60);
/// Before a password is tried again that was refused.
const LOGIN_PAUSE: Duration = Duration::from_secs(15 * 60);

/// Sends one answer.
pub async fn send(settings: &Settings, reply_key: &[u8; 32], outgoing: &Outgoing) -> Result<Sent, SendError> {
    let mail = compose(settings, reply_key, outgoing)?;
    let mut smtp = log_in(&settings.smtp).await.map_err(|error| match error {
        ConnectError::Settings(reason) => SendError::Retry {
            reason,
            after: Some(LOGIN_PAUSE),
        },
        ConnectError::Temporary { reason, after } => SendError::Retry { reason, after },
    })?;
    hand_over(&mut smtp, &mail).await?;
    // Sent is sent, whatever becomes of the farewell and of the copy.
    let _ = timeout(Duration::from_secs(5), smtp.quit()).await;
    let external_id = mail.id.clone();
    if let Some(folder) = settings.sent_folder.clone() {
        tokio::spawn(keep_copy(settings.imap.clone(), folder, mail));
    }
    Ok(Sent { external_id, url: None })
}

/// Logs in and leaves.
pub async fn check(settings: &Settings) -> Result<(), ConnectError> {
    let mut smtp = log_in(&settings.smtp).await?;
    let _ = timeout(Duration::from_secs(5), smtp.quit()).await;
    Ok(())
}

async fn log_in(server: &Server) -> Result<AsyncSmtpConnection, ConnectError> {
    let stream = connect(server, Protocol::Smtp).await?;
    let work = async {
        let mut smtp = AsyncSmtpConnection::connect_with_transport(Box::new(stream), &ClientId::default())
            .await
            .map_err(|error| temporary(format!("{}: {error}", server.host)))?;
        if !server.user.is_empty() {
            let credentials = Credentials::new(server.user.clone(), server.password.clone());
            smtp.auth(&[Mechanism::Plain, Mechanism::Login], &credentials)
                .await
                .map_err(|error| {
                    let reason = format!("SMTP login as {} failed: {error}", server.user);
                    if error.is_permanent() || error.is_client() {
                        ConnectError::Settings(reason)
                    } else {
                        temporary(reason)
                    }
                })?;
        }
        Ok(smtp)
    };
    timeout(COMMAND_TIME, work)
        .await
        .map_err(|_| temporary(format!("{} does not answer", server.host)))?
}

/// Until the server has been told that the mail ends, nothing can have been sent; from then on only its answer tells.
async fn hand_over(smtp: &mut AsyncSmtpConnection, mail: &Mail) -> Result<(), SendError> {
    let parameters = parameters(smtp, mail)?;
    step(
        "sender",
        smtp.command(MailFrom::new(mail.envelope.from().cloned(), parameters)),
    )
    .await?;
    for recipient in mail.envelope.to() {
        step(
            recipient.as_ref(),
            smtp.command(Rcpt::new(recipient.clone(), Vec::new())),
        )
        .await?;
    }
    step("mail", smtp.command(Data)).await?;

    let all_written = AtomicBool::new(false);
    // The last, empty piece is asked for once everything before it has been written.
    let end = std::iter::once_with(|| {
        all_written.store(true, Ordering::Release);
        &b""[..]
    });
    let pieces = mail.bytes.chunks(64 * 1024).chain(end);
    let patience = FINAL_TIME + Duration::from_secs(mail.bytes.len() as u64 / SLOWEST_BYTES_PER_SECOND);
    let answer = timeout(patience, smtp.message_iter(pieces)).await;
    let unanswered = |reason: String| {
        if all_written.load(Ordering::Acquire) {
            SendError::Unknown(format!("the server took the mail but its answer was lost: {reason}"))
        } else {
            retry(format!("the connection broke before the end of the mail: {reason}"))
        }
    };
    match answer {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) if error.is_permanent() || error.is_transient() => Err(refused("mail", &error)),
        Ok(Err(error)) => Err(unanswered(error.to_string())),
        Err(_) => Err(unanswered("no answer".into())),
    }
}

fn parameters(smtp: &AsyncSmtpConnection, mail: &Mail) -> Result<Vec<MailParameter>, SendError> {
    let server = smtp.server_info();
    let mut parameters = Vec::new();
    let addresses = mail.envelope.from().into_iter().chain(mail.envelope.to());
    if !addresses.map(AsRef::<str>::as_ref).all(str::is_ascii) {
        if !server.supports_feature(Extension::SmtpUtfEight) {
            return Err(SendError::Rejected(
                "the server does not deliver to addresses outside ASCII (RFC 6531)".into(),
            ));
        }
        parameters.push(MailParameter::SmtpUtfEight);
    }
    if server.supports_feature(Extension::EightBitMime) {
        parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
    }
    Ok(parameters)
}

async fn step<T>(what: &str, command: impl Future<Output = Result<T, Error>>) -> Result<T, SendError> {
    match timeout(COMMAND_TIME, command).await {
        Ok(result) => result.map_err(|error| refused(what, &error)),
        Err(_) => Err(retry("the SMTP server does not answer".into())),
    }
}

/// A 5xx is final, anything else before the end of the mail is worth another try.
fn refused(what: &str, error: &Error) -> SendError {
    let reason = format!("{what}: {error}");
    if error.is_permanent() {
        SendError::Rejected(reason)
    } else {
        retry(reason)
    }
}

fn retry(reason: String) -> SendError {
    SendError::Retry { reason, after: None }
}

async fn keep_copy(server: Server, folder: String, mail: Mail) {
    let copied = async {
        let mut imap = Imap::log_in(&server).await?;
        imap.append(&folder, &mail.bytes).await?;
        imap.log_out().await;
        Ok::<(), ConnectError>(())
    };
    if let Err(error) = copied.await {
        tracing::warn!(%error, folder, id = mail.id, "the sent mail could not be copied into its folder");
    }
}
