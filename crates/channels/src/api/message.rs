//! The public shape of a message: what `POST /api/v1/messages` takes.

use base64::{Engine, prelude::BASE64_STANDARD};
use jiff::tz::TimeZone;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value, value::RawValue};
use utoipa::ToSchema;
use voce_domain::{
    Millis,
    identity::{Address, IdentityKind},
    message::{
        AttachmentBody, Author, Automatic, IncomingAttachment, IncomingMessage, MessageKind, Thread, Visibility,
    },
};

use super::{
    date,
    problem::{Invalid, Problem},
    shape,
};

/// A message from any source of yours: a form, a chat, a system of records.
///
/// The same `id` twice changes nothing, so that a request may be repeated safely.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ApiMessage {
    /// Your id of the message, unique within the channel account. At most 255 characters.
    #[serde(deserialize_with = "text_or_number")]
    #[schema(example = "form-2026-000123")]
    pub id: String,
    /// Your id of the thread: all messages of a thread have the same. Without it and without `reply_to` the message opens a
    /// thread of its own.
    #[serde(
        default,
        deserialize_with = "optional_text_or_number",
        skip_serializing_if = "Option::is_none"
    )]
    pub conversation: Option<String>,
    /// Your id of the message that this one answers.
    #[serde(
        default,
        deserialize_with = "optional_text_or_number",
        skip_serializing_if = "Option::is_none"
    )]
    pub reply_to: Option<String>,
    /// What sort of utterance it is: `mail`, `private_message` (unless said otherwise), `post`, `comment`, `review`, `chat`,
    /// `form` or `survey`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "form")]
    pub kind: Option<String>,
    /// Who can read it where it was said: `public`, `unlisted`, `followers` or `private`. Unless said otherwise posts, comments
    /// and reviews are public, and the rest is private.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visibility: Option<String>,
    /// `in` when a customer wrote it (unless said otherwise), `out` when the company did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub direction: Option<String>,
    /// `auto_reply`, `out_of_office`, `bounce` or `bulk` when a machine wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub automatic: Option<String>,
    /// Who wrote it.
    pub author: ApiAuthor,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The message as plain text. May be left out when there is `html` or an attachment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "Il pacco non è arrivato, ordine 4711.")]
    pub text: Option<String>,
    /// The message as HTML; it is sanitised before it is shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub html: Option<String>,
    /// When it was written: RFC 3339, or milliseconds since 1970-01-01 UTC. The moment of its arrival unless told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "2026-03-01T09:30:00+01:00")]
    pub sent_at: Option<Moment>,
    /// Where the message stands on the web.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<ApiAttachment>,
    /// Anything else worth keeping; shown on demand.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    #[schema(value_type = Object)]
    pub meta: Map<String, Value>,
}

/// A person. At least one of `email`, `phone`, `handle` and `customer_number` must be given; the first of them, in this
/// order, is the one that is answered.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ApiAuthor {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "anna@example.com")]
    pub email: Option<String>,
    /// In international form, or as dialled in the country of the channel account.
    #[serde(
        default,
        deserialize_with = "optional_text_or_number",
        skip_serializing_if = "Option::is_none"
    )]
    pub phone: Option<String>,
    /// The platform and the name on it: `mastodon:anna@example.social`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handle: Option<String>,
    #[serde(
        default,
        deserialize_with = "optional_text_or_number",
        skip_serializing_if = "Option::is_none"
    )]
    pub customer_number: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub avatar_url: Option<String>,
}

/// A file: at a URL, from where it is fetched, or in base64.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ApiAttachment {
    #[serde(default)]
    #[schema(example = "invoice.pdf")]
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base64: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Moment {
    Millis(Millis),
    Text(String),
}

const MAX_ID: usize = 255;

/// The messages of a request body: one object, a list of them, or `{"messages": [...]}`. Each comes as it stands in the body,
/// to be checked with [`read`] and stored as a raw item of the format `message`.
pub fn split(body: &[u8]) -> Result<Vec<&RawValue>, Invalid> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Many<'a> {
        #[serde(borrow)]
        messages: Vec<&'a RawValue>,
    }
    let unreadable = |error: serde_json::Error| Invalid::one("", error.to_string());
    match body.iter().find(|byte| !byte.is_ascii_whitespace()) {
        Some(b'[') => serde_json::from_slice(body).map_err(unreadable),
        _ => match serde_json::from_slice::<Many<'_>>(body) {
            Ok(many) => Ok(many.messages),
            Err(_) => serde_json::from_slice(body).map(|one| vec![one]).map_err(unreadable),
        },
    }
}

/// A message in the public shape, checked. `country` (ISO 3166-1) reads national phone numbers.
pub fn read(body: &[u8], country: &str, received_at: Millis) -> Result<IncomingMessage, Invalid> {
    match serde_json::from_slice::<ApiMessage>(body) {
        Ok(message) => message.into_incoming(country, received_at),
        Err(error) => Err(shape::explain(body, &error)),
    }
}

impl ApiMessage {
    pub fn into_incoming(self, country: &str, received_at: Millis) -> Result<IncomingMessage, Invalid> {
        let mut problems = Vec::new();
        let kind = choice(
            &mut problems,
            "/kind",
            self.kind.as_deref(),
            MessageKind::PrivateMessage,
        );
        let visibility = choice(
            &mut problems,
            "/visibility",
            self.visibility.as_deref(),
            usual_visibility(kind),
        );
        let automatic = choice(&mut problems, "/automatic", self.automatic.as_deref(), Automatic::No);
        let from_us = match self.direction.as_deref() {
            None | Some("in") => false,
            Some("out") => true,
            Some(_) => wrong(&mut problems, "/direction", "must be in or out"),
        };
        if kind == MessageKind::Note {
            problems.push(Problem::new("/kind", "notes are written on the desk only"));
        }
        for (pointer, id) in [
            ("/id", Some(&self.id)),
            ("/conversation", self.conversation.as_ref()),
            ("/reply_to", self.reply_to.as_ref()),
        ] {
            check_id(&mut problems, pointer, id);
        }
        let sent_at = match &self.sent_at {
            None => received_at,
            Some(Moment::Millis(at)) => *at,
            Some(Moment::Text(text)) => date::parse(text, &TimeZone::UTC)
                .unwrap_or_else(|| wrong(&mut problems, "/sent_at", "must be RFC 3339 or milliseconds since 1970")),
        };
        let attachments = attachments(&mut problems, self.attachments);
        let [text, html, subject] = [self.text, self.html, self.subject].map(storable);
        if text.is_none() && html.is_none() && subject.is_none() && attachments.is_empty() {
            problems.push(Problem::new(
                "/text",
                "is needed where there is neither html nor subject nor attachment",
            ));
        }
        let author = self.author.into_author(country, &mut problems);
        let Some(author) = author.filter(|_| problems.is_empty()) else {
            return Err(Invalid(problems));
        };
        let text = text
            .or_else(|| html.as_deref().map(mail_parser::decoders::html::html_to_text))
            .unwrap_or_default();
        Ok(IncomingMessage {
            external_id: self.id,
            kind,
            visibility,
            from_us,
            author,
            subject,
            text,
            html,
            sent_at,
            url: self.url.filter(|url| is_web_address(url)),
            thread: Thread {
                conversation: None,
                replies_to: self.reply_to.into_iter().collect(),
                key: self.conversation,
            },
            automatic,
            attachments,
            meta: self.meta,
        })
    }
}

impl ApiAuthor {
    fn into_author(self, country: &str, problems: &mut Vec<Problem>) -> Option<Author> {
        let given = [
            ("/author/email", IdentityKind::Email, &self.email),
            ("/author/phone", IdentityKind::Phone, &self.phone),
            ("/author/handle", IdentityKind::Handle, &self.handle),
            (
                "/author/customer_number",
                IdentityKind::CustomerNumber,
                &self.customer_number,
            ),
        ];
        let mut addresses: Vec<Address> = Vec::with_capacity(1);
        let before = problems.len();
        for (pointer, kind, text) in given {
            let Some(text) = text.as_deref().filter(|text| !text.trim().is_empty()) else {
                continue;
            };
            match voce_identity::normalize::address(kind, text, country) {
                Ok(address) => addresses.push(address),
                Err(error) => problems.push(Problem::new(pointer, error.to_string())),
            }
        }
        if addresses.is_empty() {
            if problems.len() == before {
                problems.push(Problem::new(
                    "/author",
                    "needs an email, a phone, a handle or a customer_number",
                ));
            }
            return None;
        }
        let address = addresses.remove(0);
        Some(Author {
            address,
            name: self
                .name
                .map(|name| name.trim().to_owned())
                .filter(|name| !name.is_empty()),
            avatar_url: self.avatar_url.filter(|url| is_web_address(url)),
            also: addresses,
        })
    }
}

/// A text with something in it, without the character that PostgreSQL cannot store.
fn storable(text: Option<String>) -> Option<String> {
    let text = text.map(|text| {
        if text.contains('\0') {
            text.replace('\0', "")
        } else {
            text
        }
    });
    text.filter(|text| !text.trim().is_empty())
}

fn usual_visibility(kind: MessageKind) -> Visibility {
    match kind {
        MessageKind::Post | MessageKind::Comment | MessageKind::Review => Visibility::Public,
        _ => Visibility::Private,
    }
}

fn choice<T: std::str::FromStr>(problems: &mut Vec<Problem>, pointer: &str, text: Option<&str>, usual: T) -> T {
    match text.map(str::parse) {
        None => usual,
        Some(Ok(value)) => value,
        Some(Err(_)) => {
            problems.push(Problem::new(
                pointer,
                format!("{:?} is not one of the values", text.unwrap_or_default()),
            ));
            usual
        }
    }
}

fn wrong<T: Default>(problems: &mut Vec<Problem>, pointer: &str, message: &str) -> T {
    problems.push(Problem::new(pointer, message));
    T::default()
}

fn check_id(problems: &mut Vec<Problem>, pointer: &str, id: Option<&String>) {
    match id {
        Some(id) if id.trim().is_empty() => problems.push(Problem::new(pointer, "must not be empty")),
        Some(id) if id.chars().count() > MAX_ID => {
            problems.push(Problem::new(pointer, format!("is longer than {MAX_ID} characters")));
        }
        Some(id) if id.contains('\0') => problems.push(Problem::new(pointer, "has a character that cannot be stored")),
        _ => {}
    }
}

fn attachments(problems: &mut Vec<Problem>, given: Vec<ApiAttachment>) -> Vec<IncomingAttachment> {
    let mut attachments = Vec::with_capacity(given.len());
    for (index, attachment) in given.into_iter().enumerate() {
        let body = match (attachment.url, attachment.base64) {
            (Some(url), None) if is_web_address(&url) => Ok(AttachmentBody::Url(url)),
            (Some(_), None) => Err(("/url", "must be an http or https address")),
            (None, Some(text)) => BASE64_STANDARD
                .decode(text.trim())
                .map(AttachmentBody::Bytes)
                .map_err(|_| ("/base64", "is not base64")),
            _ => Err(("", "needs either url or base64")),
        };
        match body {
            Ok(body) => attachments.push(incoming(attachment.name, attachment.content_type, body)),
            Err((field, message)) => problems.push(Problem::new(&format!("/attachments/{index}{field}"), message)),
        }
    }
    attachments
}

fn incoming(name: String, content_type: Option<String>, body: AttachmentBody) -> IncomingAttachment {
    let name = match &body {
        AttachmentBody::Url(url) if name.trim().is_empty() => {
            let path = url.split(['?', '#']).next().unwrap_or_default();
            path.rsplit('/')
                .next()
                .filter(|name| !name.is_empty())
                .unwrap_or("file")
                .to_owned()
        }
        AttachmentBody::Bytes(_) if name.trim().is_empty() => "file".to_owned(),
        _ => name,
    };
    let guessed = || {
        mime_guess::from_path(&name)
            .first_raw()
            .unwrap_or("application/octet-stream")
            .to_owned()
    };
    IncomingAttachment {
        content_type: content_type.unwrap_or_else(guessed),
        content_id: None,
        body,
        name,
    }
}

fn is_web_address(url: &str) -> bool {
    url.starts_with("https://") || url.starts_with("http://")
}

/// Many systems number their messages: numbers are taken for the text of their digits.
#[derive(Deserialize)]
#[serde(untagged)]
enum TextOrNumber {
    Text(String),
    Number(i64),
}

impl From<TextOrNumber> for String {
    fn from(value: TextOrNumber) -> Self {
        match value {
            TextOrNumber::Text(text) => text,
            TextOrNumber::Number(number) => number.to_string(),
        }
    }
}

fn text_or_number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    TextOrNumber::deserialize(deserializer).map(Into::into)
}

fn optional_text_or_number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(Option::<TextOrNumber>::deserialize(deserializer)?.map(Into::into))
}
