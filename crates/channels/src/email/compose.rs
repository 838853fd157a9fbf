//! Turns an answer into a mail.

use lettre::{
    Message,
    address::Envelope,
    message::{
        Attachment, Mailbox, MultiPart, SinglePart,
        header::{ContentType, HeaderName, HeaderValue},
    },
};

use super::{OWN_HEADER, mime::clean, settings::Settings};
use crate::{Outgoing, SendError, reply_address};

/// A mail ready to leave.
pub struct Mail {
    /// Message-ID without brackets.
    pub id: String,
    pub envelope: Envelope,
    pub bytes: Vec<u8>,
}

/// Builds the mail. Nothing that people typed can add a header: the builder encodes every value, and what must be a
/// word (addresses, ids, types) is checked.
pub fn compose(settings: &Settings, reply_key: &[u8; 32], outgoing: &Outgoing) -> Result<Mail, SendError> {
    let id = format!("{}@{}", outgoing.id, settings.domain);
    let mut builder = Message::builder()
        .from(mailbox(
            &settings.address,
            outgoing.from_name.as_ref().or(settings.from_name.as_ref()),
        )?)
        .message_id(Some(format!("<{id}>")))
        .date_now()
        .subject(subject(outgoing))
        .raw_header(raw(OWN_HEADER, outgoing.id.to_string()));
    let mut known: Vec<String> = Vec::new();
    for (is_copy, address) in outgoing
        .to
        .iter()
        .map(|to| (false, to))
        .chain(outgoing.cc.iter().map(|cc| (true, cc)))
    {
        if !known.iter().any(|other| other.eq_ignore_ascii_case(address)) {
            known.push(address.clone());
            let mailbox = mailbox(address, None)?;
            builder = if is_copy {
                builder.cc(mailbox)
            } else {
                builder.to(mailbox)
            };
        }
    }
    if known.is_empty() {
        return Err(SendError::Rejected("the mail has no recipient".into()));
    }
    let references = references(outgoing);
    if let Some(parent) = outgoing.in_reply_to.as_ref().filter(|id| is_message_id(id)) {
        builder = builder.in_reply_to(format!("<{parent}>"));
    }
    if !references.is_empty() {
        builder = builder.references(references);
    }
    if let Some(address) = signed_address(settings, reply_key, outgoing) {
        builder = builder.reply_to(mailbox(&address, None)?);
    }
    if outgoing
        .meta
        .get("automatic")
        .is_some_and(|automatic| automatic == true)
    {
        builder = builder.raw_header(raw("Auto-Submitted", "auto-replied".into()));
    }
    let message = body(builder, outgoing).map_err(|error| SendError::Rejected(error.to_string()))?;
    Ok(Mail {
        id,
        envelope: message.envelope().clone(),
        bytes: message.formatted(),
    })
}

fn body(builder: lettre::message::MessageBuilder, outgoing: &Outgoing) -> Result<Message, lettre::error::Error> {
    let plain = SinglePart::plain(with_crlf(&outgoing.text));
    let html = outgoing.html.as_ref().map(|html| SinglePart::html(with_crlf(html)));
    if outgoing.attachments.is_empty() {
        return match html {
            None => builder.singlepart(plain),
            Some(html) => builder.multipart(MultiPart::alternative().singlepart(plain).singlepart(html)),
        };
    }
    let mut mixed = match html {
        None => MultiPart::mixed().singlepart(plain),
        Some(html) => MultiPart::mixed().multipart(MultiPart::alternative().singlepart(plain).singlepart(html)),
    };
    for attachment in &outgoing.attachments {
        let kind = ContentType::parse(&attachment.content_type)
            .ok()
            .filter(|_| is_type(&attachment.content_type));
        let kind = kind.unwrap_or(
            ContentType::parse("application/octet-stream").map_err(|_| lettre::error::Error::NonAsciiChars)?,
        );
        mixed = mixed.singlepart(Attachment::new(clean(&attachment.name)).body(attachment.body.clone(), kind));
    }
    builder.multipart(mixed)
}

/// Mail's line ends. The builder makes them too, but in quadratic time.
fn with_crlf(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n").replace('\n', "\r\n")
}

/// `type/subtype` without parameters; an enclosed mail travels as a mere file, since RFC 2046 forbids to encode it.
fn is_type(text: &str) -> bool {
    let sound = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '-' | '+' | '_');
    text.chars().all(sound) && !text.starts_with("message/") && !text.starts_with("multipart/")
}

fn mailbox(address: &str, name: Option<&String>) -> Result<Mailbox, SendError> {
    let parsed = address
        .parse()
        .map_err(|_| SendError::Rejected(format!("{address:?} is not an e-mail address")))?;
    let name = name.map(|name| clean(name)).filter(|name| !name.is_empty());
    Ok(Mailbox::new(name, parsed))
}

/// The subject of an answer begins with one `Re:`.
fn subject(outgoing: &Outgoing) -> String {
    const MARKS: &[&str] = &["re:", "r:", "rif:", "aw:", "sv:", "tr:", "re :", "antw:", "res:"];
    let subject = clean(outgoing.subject.as_deref().unwrap_or_default());
    let lower = subject.to_lowercase();
    if outgoing.in_reply_to.is_none() || MARKS.iter().any(|mark| lower.starts_with(mark)) {
        return subject;
    }
    format!("Re: {subject}").trim_end().to_owned()
}

/// RFC 5322, 3.6.4: the ids of the thread, the answered one last. Of a long thread the root and the end.
fn references(outgoing: &Outgoing) -> String {
    let mut ids: Vec<&str> = Vec::new();
    for id in outgoing.references.iter().filter(|id| is_message_id(id)) {
        if !ids.contains(&id.as_str()) && Some(id) != outgoing.in_reply_to.as_ref() {
            ids.push(id);
        }
    }
    ids.extend(outgoing.in_reply_to.as_deref().filter(|id| is_message_id(id)));
    if ids.len() > MAX_REFERENCES {
        ids.drain(1..=ids.len() - MAX_REFERENCES);
    }
    ids.iter().map(|id| format!("<{id}>")).collect::<Vec<_>>().join(" ")
}

const MAX_REFERENCES: usize = 30;

/// Fingerprints that stand in for a missing Message-ID are none.
fn is_message_id(id: &str) -> bool {
    let sound = |c: char| c.is_ascii_graphic() && !matches!(c, '<' | '>');
    id.contains('@') && id.len() <= 400 && id.chars().all(sound)
}

fn signed_address(settings: &Settings, key: &[u8; 32], outgoing: &Outgoing) -> Option<String> {
    let address = settings
        .signed_reply_address
        .then(|| reply_address::make(&settings.address, outgoing.conversation, key));
    // RFC 5321, 4.5.3.1.1: a longer local part may be refused.
    address
        .flatten()
        .filter(|address| address.rsplit_once('@').is_some_and(|(local, _)| local.len() <= 64))
}

fn raw(name: &'static str, value: String) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value)
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use uuid::Uuid;
    use voce_domain::message::{Incoming, IncomingMessage, MessageKind, RawItem, Visibility};

    use super::*;
    use crate::{Account, OutgoingAttachment, email::parse::parse};

    fn account() -> Account {
        Account {
            id: Uuid::nil(),
            kind: "email".into(),
            name: "Assistenza".into(),
            address: "support@example.com".into(),
            config: json!({
                "from_name": "Società Esempio", "imap_host": "localhost", "imap_port": 1, "imap_security": "tls",
                "smtp_host": "localhost", "smtp_port": 1, "smtp_security": "tls",
            }),
            secrets: json!({}),
            cursor: json!(null),
            reply_key: [7; 32],
        }
    }

    fn answer() -> Outgoing {
        Outgoing {
            id: Uuid::now_v7(),
            conversation: Uuid::now_v7(),
            thread_key: "root@example.it".into(),
            kind: MessageKind::Mail,
            visibility: Visibility::Private,
            to: vec!["anna@example.it".into()],
            cc: Vec::new(),
            from_name: None,
            subject: Some("Domanda sull'ordine".into()),
            text: "Buongiorno Anna,\n\nè arrivato?\n.\n".into(),
            html: None,
            in_reply_to: Some("b@example.it".into()),
            references: vec!["root@example.it".into(), "b@example.it".into(), "sha256:00".into()],
            attachments: Vec::new(),
            meta: Default::default(),
        }
    }

    fn sent(outgoing: &Outgoing) -> Mail {
        let account = account();
        compose(&Settings::of(&account).unwrap(), &account.reply_key, outgoing).unwrap()
    }

    /// What the customer's program would see.
    fn received(outgoing: &Outgoing) -> IncomingMessage {
        let mut customer = account();
        customer.address = "anna@example.it".into();
        let raw = RawItem {
            id: 1,
            account_id: Uuid::nil(),
            format: "rfc5322".into(),
            body: sent(outgoing).bytes,
            received_at: i64::MAX / 2,
        };
        match parse(&customer, &raw).unwrap().remove(0) {
            Incoming::Message(message) => *message,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_answer_stands_in_its_thread() {
        let outgoing = answer();
        let message = received(&outgoing);
        assert_eq!(message.external_id, format!("{}@example.com", outgoing.id));
        assert_eq!(message.subject.as_deref(), Some("Re: Domanda sull'ordine"));
        assert_eq!(message.thread.replies_to, ["b@example.it", "root@example.it"]);
        assert_eq!(message.thread.key.as_deref(), Some("root@example.it"));
        assert_eq!(message.author.name.as_deref(), Some("Società Esempio"));
        assert_eq!(message.text, "Buongiorno Anna,\n\nè arrivato?\n.");
        assert_eq!(message.automatic, voce_domain::message::Automatic::No);
    }

    #[test]
    fn the_signed_address_leads_back() {
        let outgoing = answer();
        let text = String::from_utf8(sent(&outgoing).bytes).unwrap();
        let reply_to = text.lines().find_map(|line| line.strip_prefix("Reply-To: ")).unwrap();
        assert_eq!(reply_address::read(reply_to, &[7; 32]), Some(outgoing.conversation));
    }

    #[test]
    fn nothing_typed_becomes_a_header() {
        let mut outgoing = answer();
        outgoing.subject = Some("ciao\r\nBcc: victim@example.org\r\n\r\nbody".into());
        outgoing.from_name = Some("A\r\nX-Evil: 1".into());
        outgoing.in_reply_to = Some("a@b>\r\nX-Evil: 2".into());
        outgoing.references = vec!["x@y\r\nX-Evil: 3".into()];
        outgoing.attachments = vec![OutgoingAttachment {
            name: "a\"\r\nX-Evil: 4.txt".into(),
            content_type: "text/plain\r\nX-Evil: 5".into(),
            body: b"x".to_vec(),
        }];
        let text = String::from_utf8(sent(&outgoing).bytes).unwrap();
        assert!(
            !text
                .lines()
                .any(|line| line.starts_with("X-Evil") || line.starts_with("Bcc")),
            "{text}"
        );
        outgoing.to = vec!["a@example.it>\r\nRCPT TO:<b@example.it".into()];
        let account = account();
        let refused = compose(&Settings::of(&account).unwrap(), &account.reply_key, &outgoing);
        assert!(matches!(refused, Err(SendError::Rejected(_))));
    }

    #[test]
    fn long_and_foreign_words_survive() {
        let mut outgoing = answer();
        outgoing.subject = Some(
            "Perché l'ordine è così in ritardo? 日本語 "
                .repeat(12)
                .trim()
                .to_owned(),
        );
        outgoing.html = Some("<p>Buongiorno, <b>è</b> arrivato?</p>".into());
        outgoing.attachments = vec![OutgoingAttachment {
            name: "Ricevuta di giovedì – n° 12.pdf".into(),
            content_type: "application/pdf".into(),
            body: vec![0, 159, 146, 150, 13, 10, 46, 13, 10],
        }];
        let bytes = sent(&outgoing).bytes;
        assert!(bytes.is_ascii() && bytes.split(|&byte| byte == b'\n').all(|line| line.len() <= 998));
        let message = received(&outgoing);
        assert_eq!(
            message.subject,
            outgoing.subject.map(|subject| format!("Re: {subject}"))
        );
        assert_eq!(message.html, outgoing.html);
        assert_eq!(message.attachments[0].name, "Ricevuta di giovedì – n° 12.pdf");
        assert_eq!(
            message.attachments[0].body,
            voce_domain::message::AttachmentBody::Bytes(outgoing.attachments[0].body.clone())
        );
    }

    #[test]
    fn subjects_are_not_doubled() {
        for (given, expected) in [
            ("RE: x", "RE: x"),
            ("R: x", "R: x"),
            ("x", "Re: x"),
            ("", "Re:"),
            ("Reso", "Re: Reso"),
        ] {
            let mut outgoing = answer();
            outgoing.subject = Some(given.into());
            assert_eq!(subject(&outgoing), expected);
        }
        let mut first = answer();
        first.in_reply_to = None;
        assert_eq!(subject(&first), "Domanda sull'ordine");
    }

    #[test]
    fn machines_say_so() {
        let mut outgoing = answer();
        outgoing.meta.insert("automatic".into(), json!(true));
        assert_eq!(
            received(&outgoing).automatic,
            voce_domain::message::Automatic::AutoReply
        );
    }

    #[test]
    fn long_threads_keep_root_and_end() {
        let mut outgoing = answer();
        outgoing.references = (0..500).map(|n| format!("m{n}@example.it")).collect();
        let text = references(&outgoing);
        assert!(text.starts_with("<m0@example.it> <m") && text.ends_with("<m499@example.it> <b@example.it>"));
        assert_eq!(text.split(' ').count(), MAX_REFERENCES);
    }
}
