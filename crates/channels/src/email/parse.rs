//! One mail as Voce understands it.

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;
use voce_domain::{
    Millis,
    identity::{Address, IdentityKind},
    message::{Author, Automatic, Incoming, IncomingMessage, MessageKind, RawItem, Thread},
};

use super::{
    OWN_HEADER, automatic, bounce, content,
    mime::{Head, Part},
    settings::normal,
};
use crate::{Account, ParseError, reply_address};

/// Reads a mail. The same bytes always give the same result.
pub fn parse(account: &Account, raw: &RawItem) -> Result<Vec<Incoming>, ParseError> {
    let mail = Part::read(&raw.body).ok_or_else(|| ParseError("this is not a mail: it has no header".into()))?;
    if let Some(report) = bounce::read(&mail, raw.received_at) {
        return Ok(vec![report]);
    }
    let own = normal(&account.address).unwrap_or_else(|| account.address.clone());
    let writer = Writer::of(&mail.head, &own)?;
    let external_id = external_id(&mail.head, &raw.body);
    if writer.is_us && is_our_copy(&mail.head, &external_id, &own) {
        let reason = "a mail of our own came back".to_owned();
        return Ok(vec![Incoming::Ignored { reason }]);
    }
    let content = content::read(&mail);
    let mut message = IncomingMessage::new(
        external_id,
        writer.author,
        content.text,
        sent_at(&mail.head, raw.received_at),
    );
    message.kind = if writer.is_form {
        MessageKind::Form
    } else {
        MessageKind::Mail
    };
    message.from_us = writer.is_us;
    message.subject = mail.head.text("Subject").filter(|subject| !subject.is_empty());
    message.html = content.html;
    message.attachments = content.attachments;
    message.thread = thread(&mail.head, &message.external_id, &account.reply_key);
    message.automatic = match () {
        () if bounce::is_bounce(&mail) => Automatic::Bounce,
        // A form speaks for a person, whatever the program that sends it says about itself.
        () if writer.is_form => Automatic::No,
        () => automatic::classify(&mail.head, &own),
    };
    message.meta = meta(&mail.head, &message.author.address.value);
    Ok(vec![Incoming::Message(Box::new(message))])
}

struct Writer {
    author: Author,
    /// Written at the account's own address, from another mail program.
    is_us: bool,
    /// Sent by a web form or a system on behalf of the author.
    is_form: bool,
}

impl Writer {
    fn of(head: &Head, own: &str) -> Result<Self, ParseError> {
        let from = ["From", "Sender", "Reply-To"]
            .iter()
            .find_map(|name| first_address(head, name));
        let from = from.or_else(|| {
            let path = head.ids("Return-Path").into_iter().next()?;
            Some((None, normal(&path)?))
        });
        let (name, address) = from.ok_or_else(|| ParseError("the mail does not say who sent it".into()))?;
        let answers_to = first_address(head, "Reply-To").filter(|(_, to)| *to != address && !is_own(to, own));
        let from_own = is_own(&address, own);
        let speaks_for_another = is_no_reply(&address) || (from_own && has_recipient(head, |to| is_own(to, own)));
        if let Some((reply_name, reply_to)) = answers_to.filter(|_| speaks_for_another) {
            return Ok(Self {
                author: author(reply_name.or(name), reply_to),
                is_us: false,
                is_form: true,
            });
        }
        // Forgers like to write to a mailbox in its own name.
        let is_us = from_own && has_recipient(head, |to| !is_own(to, own)) && !fails_authentication(head);
        Ok(Self {
            author: author(name, address),
            is_us,
            is_form: false,
        })
    }
}

fn author(name: Option<String>, address: String) -> Author {
    Author {
        name: name.filter(|name| !name.is_empty() && *name != address),
        address: Address::new(IdentityKind::Email, address),
        avatar_url: None,
        also: Vec::new(),
    }
}

fn first_address(head: &Head, name: &str) -> Option<(Option<String>, String)> {
    head.mailboxes(name)
        .into_iter()
        .find_map(|(name, address)| Some((name, normal(&address)?)))
}

/// The account's address, with or without a plus tag.
fn is_own(address: &str, own: &str) -> bool {
    let untagged = |address: &str| {
        let (local, domain) = address.rsplit_once('@')?;
        Some(format!("{}@{domain}", local.split('+').next().unwrap_or(local)))
    };
    address == own || untagged(address).is_some_and(|untagged| untagged == own)
}

/// Local parts nobody reads.
fn is_no_reply(address: &str) -> bool {
    let local = address.split('@').next().unwrap_or_default();
    let squeezed: String = local.chars().filter(|c| c.is_alphanumeric()).collect();
    ["noreply", "donotreply", "nonrispondere", "nessunarisposta"]
        .iter()
        .any(|sign| squeezed.contains(sign))
        || [
            "form",
            "forms",
            "webform",
            "contactform",
            "modulo",
            "wordpress",
            "wwwdata",
            "apache",
            "nginx",
            "nobody",
            "website",
            "sito",
            "web",
            "www",
        ]
        .contains(&squeezed.as_str())
}

fn has_recipient(head: &Head, wanted: impl Fn(&str) -> bool) -> bool {
    let recipients = ["To", "Cc", "Bcc"].iter().flat_map(|name| head.mailboxes(name));
    recipients
        .filter_map(|(_, address)| normal(&address))
        .any(|address| wanted(&address))
}

/// Our own server checked the sender (RFC 8601) and it is not who it says.
fn fails_authentication(head: &Head) -> bool {
    let results = head.lower("Authentication-Results");
    ["dmarc=fail", "spf=fail"].iter().any(|sign| results.contains(sign))
}

/// A mail that Voce sent and that came back through a copy, a list or a forwarding.
fn is_our_copy(head: &Head, external_id: &str, own: &str) -> bool {
    let ours = external_id.rsplit_once('@').is_some_and(|(id, domain)| {
        own.rsplit_once('@')
            .is_some_and(|(_, own_domain)| domain.eq_ignore_ascii_case(own_domain))
            && Uuid::try_parse(id).is_ok_and(|id| id.get_version_num() == 7)
    });
    ours || head.has(OWN_HEADER)
}

/// The Message-ID; when there is none worth the name, the mail's own fingerprint.
fn external_id(head: &Head, raw: &[u8]) -> String {
    let values = head.values("Message-ID").count();
    let mut ids = head.ids("Message-ID");
    match ids.pop() {
        Some(id) if values == 1 && ids.is_empty() && id.contains('@') => id,
        _ => {
            let hex: String = Sha256::digest(raw).iter().map(|byte| format!("{byte:02x}")).collect();
            format!("sha256:{hex}")
        }
    }
}

fn thread(head: &Head, external_id: &str, key: &[u8; 32]) -> Thread {
    let references = head.ids("References");
    let mut replies_to = head.ids("In-Reply-To");
    let root = references.first().or(replies_to.first()).cloned();
    for id in references.into_iter().rev() {
        if !replies_to.contains(&id) {
            replies_to.push(id);
        }
    }
    replies_to.retain(|id| id != external_id);
    replies_to.truncate(MAX_REFERENCES);
    Thread {
        conversation: named_conversation(head, key),
        replies_to,
        key: Some(root.unwrap_or_else(|| external_id.to_owned())),
    }
}

const MAX_REFERENCES: usize = 50;

/// The conversation of a signed reply address among the recipients.
fn named_conversation(head: &Head, key: &[u8; 32]) -> Option<Uuid> {
    let visible = ["To", "Cc"]
        .iter()
        .flat_map(|name| head.mailboxes(name))
        .map(|(_, address)| address);
    let noted = ["Delivered-To", "X-Original-To", "Envelope-To", "X-Delivered-To"]
        .iter()
        .map(|name| head.lower(name));
    visible
        .chain(noted)
        .find_map(|address| reply_address::read(address.trim().trim_matches(['<', '>']), key))
}

/// As the writer claims; the arrival when the claim is missing or lies in the future.
fn sent_at(head: &Head, received_at: Millis) -> Millis {
    const DAY: Millis = 24 * 60 * 60 * 1000;
    head.date()
        .and_then(|date| date.to_timestamp().checked_mul(1000))
        .filter(|sent| *sent > 0 && *sent <= received_at.saturating_add(DAY))
        .unwrap_or(received_at)
}

/// What may be worth knowing of the header.
fn meta(head: &Head, author: &str) -> Map<String, Value> {
    let mut meta = Map::new();
    let mut keep = |name: &str, value: Value| {
        let empty = value.as_array().is_some_and(Vec::is_empty) || value == "";
        if !empty {
            meta.insert(name.into(), value);
        }
    };
    for (key, name) in [("to", "To"), ("cc", "Cc"), ("reply_to", "Reply-To")] {
        let addresses: Vec<String> = head.mailboxes(name).into_iter().map(|(_, address)| address).collect();
        keep(key, json!(addresses));
    }
    if let Some((_, from)) = first_address(head, "From").filter(|(_, from)| from != author) {
        keep("from", json!(from));
    }
    keep("references", json!(head.ids("References")));
    keep("list_id", json!(head.lower("List-Id").trim()));
    keep("auto_submitted", json!(head.lower("Auto-Submitted").trim()));
    if head.lower("X-Spam-Flag").trim() == "yes" {
        keep("spam", json!(true));
    }
    meta
}
