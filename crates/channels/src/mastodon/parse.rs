//! What a notification or a status says. Pure.

use serde_json::{Map, Value, json};
use voce_domain::{
    Millis,
    identity::IdentityKind,
    message::{
        AttachmentBody, Author, Automatic, Incoming, IncomingAttachment, IncomingMessage, MessageKind, RawItem,
        Reaction, ReactionKind, Thread, Visibility,
    },
};

use super::{
    content,
    entities::{self, Media, Notification, Status, full_acct},
};
use crate::{Account, ParseError};

/// A notification as the server gave it, with the ids of the thread's earlier statuses as `voce_ancestors`.
pub const NOTIFICATION: &str = "notification";
/// A status of our own account, posted elsewhere, with `voce_ancestors`.
pub const STATUS: &str = "status";

/// The prefix of Mastodon handles among the handles of all platforms.
pub const HANDLE: &str = "mastodon:";

pub fn parse(account: &Account, raw: &RawItem) -> Result<Vec<Incoming>, ParseError> {
    let us = Us::new(account);
    let incoming = match raw.format.as_str() {
        NOTIFICATION => us.notification(read(&raw.body)?, raw.received_at)?,
        STATUS => us.status(read(&raw.body)?, raw.received_at)?,
        other => return Err(ParseError(format!("unknown format {other:?}"))),
    };
    Ok(vec![incoming])
}

fn read<'a, T: serde::Deserialize<'a>>(body: &'a [u8]) -> Result<T, ParseError> {
    serde_json::from_slice(body).map_err(|error| ParseError(error.to_string()))
}

/// Our own account, for telling ourselves from others.
pub(super) struct Us {
    acct: String,
    /// The domain of accounts that the server names without one.
    pub domain: String,
}

impl Us {
    pub fn new(account: &Account) -> Self {
        let acct = account
            .address
            .trim()
            .trim_start_matches(HANDLE)
            .trim_start_matches('@')
            .to_lowercase();
        let host = || {
            let base = account
                .config
                .get("base_url")
                .and_then(Value::as_str)
                .unwrap_or_default();
            url::Url::parse(base)
                .ok()
                .and_then(|url| url.host_str().map(str::to_owned))
                .unwrap_or_default()
        };
        let domain = acct.split_once('@').map_or_else(host, |(_, domain)| domain.to_owned());
        Self {
            acct: full_acct(&acct, &domain),
            domain,
        }
    }

    pub fn is(&self, acct: &str) -> bool {
        full_acct(acct, &self.domain) == self.acct
    }

    fn notification(&self, notification: Notification, received_at: Millis) -> Result<Incoming, ParseError> {
        let kind = match notification.kind.as_str() {
            "mention" | "quote" => {
                let Some(mut status) = notification.status else {
                    return Ok(ignored("a mention whose status is gone"));
                };
                status.voce_ancestors = notification.voce_ancestors;
                return self.status(status, received_at);
            }
            "reblog" => ReactionKind::Boost,
            "favourite" | "pleroma:emoji_reaction" => ReactionKind::Favourite,
            "follow" => ReactionKind::Follow,
            other => return Ok(ignored(&format!("a notification of type {other}"))),
        };
        let Some(account) = &notification.account else {
            return Ok(ignored("a reaction of nobody"));
        };
        Ok(Incoming::Reaction(Reaction {
            external_id: format!("notification:{}", notification.id.0),
            kind,
            author: self.author(account)?,
            about: notification.status.map(|status| status.id.0),
            at: moment(notification.created_at.as_deref()).unwrap_or(received_at),
        }))
    }

    fn status(&self, status: Status, received_at: Millis) -> Result<Incoming, ParseError> {
        if status.reblog.is_some() {
            return Ok(ignored("a boost"));
        }
        let visibility = visibility(&status.visibility);
        let from_us = self.is(&status.account.acct);
        let sent_at = moment(status.created_at.as_deref()).unwrap_or(received_at);
        let text = content::to_text(&status.content);
        let mut message = IncomingMessage::new(status.id.0.clone(), self.author(&status.account)?, text, sent_at);
        message.kind = self.kind(&status, visibility, from_us);
        message.visibility = visibility;
        message.from_us = from_us;
        message.thread = thread(&status);
        message.automatic = if status.account.bot && !from_us {
            Automatic::AutoReply
        } else {
            Automatic::No
        };
        message.attachments = status.media_attachments.iter().filter_map(attachment).collect();
        message.meta = self.meta(&status);
        message.subject = Some(status.spoiler_text).filter(|text| !text.trim().is_empty());
        message.url = status.url.or(status.uri);
        message.html = Some(status.content).filter(|html| !html.is_empty());
        Ok(Incoming::Message(Box::new(message)))
    }

    /// A reply counts as a comment when it answers us: our own id on the server is known from its mention.
    fn kind(&self, status: &Status, visibility: Visibility, from_us: bool) -> MessageKind {
        let our_id = status.mentions.iter().find(|mention| self.is(&mention.acct));
        let answers_us = our_id.is_some_and(|us| status.in_reply_to_account_id.as_ref() == Some(&us.id));
        if visibility == Visibility::Private {
            MessageKind::PrivateMessage
        } else if answers_us || (from_us && status.in_reply_to_id.is_some()) {
            MessageKind::Comment
        } else {
            MessageKind::Post
        }
    }

    fn author(&self, account: &entities::Account) -> Result<Author, ParseError> {
        let handle = format!("{HANDLE}{}", account.full_acct(&self.domain));
        let address = voce_identity::normalize::address(IdentityKind::Handle, &handle, "")
            .map_err(|error| ParseError(format!("the account {:?}: {error}", account.acct)))?;
        Ok(Author {
            address,
            name: Some(account.name()).filter(|name| !name.is_empty()),
            avatar_url: account.avatar.clone().filter(|url| url.starts_with("http")),
            also: Vec::new(),
        })
    }

    fn meta(&self, status: &Status) -> Map<String, Value> {
        let mut meta = Map::new();
        let mut keep = |name: &str, value: Value| {
            meta.insert(name.to_owned(), value);
        };
        let mentions: Vec<String> = status
            .mentions
            .iter()
            .map(|mention| full_acct(&mention.acct, &self.domain))
            .collect();
        if !mentions.is_empty() {
            keep("mentions", json!(mentions));
        }
        if status.sensitive {
            keep("sensitive", json!(true));
        }
        if let Some(language) = status.language.as_deref().filter(|language| !language.is_empty()) {
            keep("language", json!(language));
        }
        if let Some(url) = &status.account.url {
            keep("account_url", json!(url));
        }
        let descriptions: Vec<&str> = status
            .media_attachments
            .iter()
            .filter_map(|media| media.description.as_deref())
            .collect();
        if !descriptions.is_empty() {
            keep("descriptions", json!(descriptions));
        }
        if let Some(poll) = &status.poll {
            keep(
                "poll",
                json!(poll.options.iter().map(|option| &option.title).collect::<Vec<_>>()),
            );
        }
        meta
    }
}

fn ignored(reason: &str) -> Incoming {
    Incoming::Ignored {
        reason: reason.to_owned(),
    }
}

/// What is not known is taken for private, so that no answer to it is seen by more people than the question was.
fn visibility(text: &str) -> Visibility {
    match text {
        "public" | "local" => Visibility::Public,
        "unlisted" => Visibility::Unlisted,
        "private" | "mutuals_only" => Visibility::Followers,
        _ => Visibility::Private,
    }
}

/// The root of the thread names it, as every message of the thread has the same.
fn thread(status: &Status) -> Thread {
    let mut replies_to: Vec<String> = status.in_reply_to_id.iter().map(|id| id.0.clone()).collect();
    for ancestor in status.voce_ancestors.iter().rev() {
        if !replies_to.contains(&ancestor.0) {
            replies_to.push(ancestor.0.clone());
        }
    }
    let root = status
        .voce_ancestors
        .first()
        .or(status.in_reply_to_id.as_ref())
        .unwrap_or(&status.id);
    Thread {
        conversation: None,
        replies_to,
        key: Some(root.0.clone()),
    }
}

fn attachment(media: &Media) -> Option<IncomingAttachment> {
    let url = media
        .url
        .as_ref()
        .or(media.remote_url.as_ref())
        .filter(|url| url.starts_with("http"))?;
    let path = url::Url::parse(url).ok()?;
    let name = path
        .path_segments()
        .and_then(|mut segments| segments.next_back())
        .filter(|name| !name.is_empty());
    let name = name.unwrap_or("media").to_owned();
    let guessed = mime_guess::from_path(&name).first_raw();
    let content_type = guessed.unwrap_or(match media.kind.as_str() {
        "image" => "image/jpeg",
        "video" | "gifv" => "video/mp4",
        "audio" => "audio/mpeg",
        _ => "application/octet-stream",
    });
    Some(IncomingAttachment {
        content_type: content_type.to_owned(),
        content_id: None,
        body: AttachmentBody::Url(url.clone()),
        name,
    })
}

pub(super) fn moment(text: Option<&str>) -> Option<Millis> {
    text?
        .parse::<jiff::Timestamp>()
        .ok()
        .map(jiff::Timestamp::as_millisecond)
}

#[cfg(test)]
mod tests;
