//! Which field of a foreign shape means what: for web hooks and for imported files.

use std::borrow::Cow;

use jiff::tz::TimeZone;
use serde_json::{Map, Value};

use super::{
    date,
    message::{ApiAttachment, ApiMessage, Moment},
    problem::{Invalid, Problem},
};

/// For each field of a message, where it comes from. Written as an object: the key is a field of [`ApiMessage`] (`id`, `text`,
/// `author.email`, `meta.order`), the value one of
/// - `/data/body`: a JSON pointer into the foreign object,
/// - `body`: a column, or a field of the object,
/// - `=web`: always this text,
/// - `{/first} {/last}`: a text with places for the above.
#[derive(Debug, Clone, PartialEq)]
pub struct Mapping {
    targets: Vec<(String, Source)>,
    /// For moments without a zone.
    zone: TimeZone,
}

#[derive(Debug, Clone, PartialEq)]
enum Source {
    Field(String),
    Constant(String),
    Template(Vec<Piece>),
}

#[derive(Debug, Clone, PartialEq)]
enum Piece {
    Text(String),
    Field(String),
}

/// The fields that may be mapped, besides `meta.<name>`. `inbound` is a yes or no in place of `direction`; `attachments` is
/// the address of a file, or a list of them.
pub const TARGETS: &[&str] = &[
    "id",
    "conversation",
    "reply_to",
    "kind",
    "visibility",
    "direction",
    "inbound",
    "automatic",
    "author.email",
    "author.phone",
    "author.handle",
    "author.customer_number",
    "author.name",
    "author.avatar_url",
    "subject",
    "text",
    "html",
    "sent_at",
    "url",
    "attachments",
];

/// A foreign object or row whose fields can be looked up.
pub trait Fields {
    fn field(&self, name: &str) -> Option<Cow<'_, Value>>;
}

impl Fields for Value {
    fn field(&self, name: &str) -> Option<Cow<'_, Value>> {
        let found = if name.starts_with('/') {
            self.pointer(name)
        } else {
            self.get(name)
        };
        found.map(Cow::Borrowed)
    }
}

/// A row of a table: its columns' names with their values.
impl Fields for [(&str, &str)] {
    fn field(&self, name: &str) -> Option<Cow<'_, Value>> {
        let name = name.strip_prefix('/').unwrap_or(name);
        let (_, value) = self.iter().find(|(column, _)| *column == name)?;
        Some(Cow::Owned(Value::String((*value).to_owned())))
    }
}

impl Mapping {
    /// Reads a mapping as written in the settings.
    pub fn read(value: &Value, zone: TimeZone) -> Result<Self, Invalid> {
        let object = value.as_object().ok_or_else(|| Invalid::one("", "must be an object"))?;
        let mut problems = Vec::new();
        let mut targets = Vec::with_capacity(object.len());
        for (target, source) in object {
            let pointer = format!("/{}", target.replace('~', "~0").replace('/', "~1"));
            let known =
                TARGETS.contains(&target.as_str()) || target.strip_prefix("meta.").is_some_and(|name| !name.is_empty());
            match source.as_str().map(str::trim) {
                _ if !known => problems.push(Problem::new(&pointer, "is not a field of a message")),
                None => problems.push(Problem::new(&pointer, "must be text")),
                Some("") => {}
                Some(source) => match Source::read(source) {
                    Some(source) => targets.push((target.clone(), source)),
                    None => problems.push(Problem::new(&pointer, "has a brace that is not closed")),
                },
            }
        }
        if problems.is_empty() {
            Ok(Self { targets, zone })
        } else {
            Err(Invalid(problems))
        }
    }

    /// A mapping known to be sound; sources that are not are left out.
    pub(super) fn of<'a>(targets: impl IntoIterator<Item = (&'a str, &'a str)>, zone: TimeZone) -> Self {
        let targets = targets
            .into_iter()
            .filter_map(|(target, source)| Some((target.to_owned(), Source::read(source)?)));
        Self {
            targets: targets.collect(),
            zone,
        }
    }

    /// The mapping as it is written in the settings.
    pub fn to_json(&self) -> Value {
        let entries = self
            .targets
            .iter()
            .map(|(target, source)| (target.clone(), Value::String(source.to_text())));
        Value::Object(entries.collect())
    }

    /// The message that an object or a row means. What is wrong with it shows when it is read as a message.
    pub fn apply(&self, fields: &(impl Fields + ?Sized)) -> ApiMessage {
        let mut message = ApiMessage::default();
        for (target, source) in &self.targets {
            if target == "attachments" {
                message.attachments = source.value(fields).map(|value| files(&value)).unwrap_or_default();
            } else if let Some(text) = source.text(fields).filter(|text| !text.trim().is_empty()) {
                self.set(&mut message, target, text);
            }
        }
        message
    }

    fn set(&self, message: &mut ApiMessage, target: &str, text: String) {
        let author = &mut message.author;
        let place = match target {
            "id" => return message.id = text,
            "sent_at" => return message.sent_at = Some(self.moment(text)),
            "inbound" => return message.direction = Some(direction(&text)),
            "conversation" => &mut message.conversation,
            "reply_to" => &mut message.reply_to,
            "kind" => &mut message.kind,
            "visibility" => &mut message.visibility,
            "direction" => &mut message.direction,
            "automatic" => &mut message.automatic,
            "author.email" => &mut author.email,
            "author.phone" => &mut author.phone,
            "author.handle" => &mut author.handle,
            "author.customer_number" => &mut author.customer_number,
            "author.name" => &mut author.name,
            "author.avatar_url" => &mut author.avatar_url,
            "subject" => &mut message.subject,
            "text" => &mut message.text,
            "html" => &mut message.html,
            "url" => &mut message.url,
            _ => {
                let name = target.strip_prefix("meta.").unwrap_or(target);
                message.meta.insert(name.to_owned(), Value::String(text));
                return;
            }
        };
        *place = Some(text);
    }

    fn moment(&self, text: String) -> Moment {
        date::parse(&text, &self.zone).map_or(Moment::Text(text), Moment::Millis)
    }
}

/// Yes or no in the ways of files; anything else shows as an error of the field.
fn direction(inbound: &str) -> String {
    match inbound.trim().to_lowercase().as_str() {
        "true" | "t" | "yes" | "y" | "sì" | "si" | "1" | "in" | "inbound" => "in".to_owned(),
        "false" | "f" | "no" | "n" | "0" | "out" | "outbound" => "out".to_owned(),
        other => other.to_owned(),
    }
}

fn files(value: &Value) -> Vec<ApiAttachment> {
    let list = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
    let file = |value: &Value| {
        if let Value::String(url) = value {
            return Some(ApiAttachment {
                url: Some(url.clone()),
                ..ApiAttachment::default()
            })
            .filter(|_| !url.is_empty());
        }
        let text = |name| value.get(name).and_then(Value::as_str).map(str::to_owned);
        let url = text("url").or_else(|| text("href"))?;
        let (name, content_type) = (text("name").unwrap_or_default(), text("content_type"));
        Some(ApiAttachment {
            name,
            content_type,
            url: Some(url),
            base64: None,
        })
    };
    list.iter().filter_map(file).collect()
}

impl Source {
    fn read(text: &str) -> Option<Self> {
        if let Some(constant) = text.strip_prefix('=') {
            return Some(Self::Constant(constant.to_owned()));
        }
        if !text.contains('{') {
            return Some(Self::Field(text.to_owned()));
        }
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let (field, after) = after.split_once('}')?;
            pieces.extend([Piece::Text(before.to_owned()), Piece::Field(field.trim().to_owned())]);
            rest = after;
        }
        pieces.push(Piece::Text(rest.to_owned()));
        Some(Self::Template(pieces))
    }

    fn to_text(&self) -> String {
        match self {
            Self::Field(name) => name.clone(),
            Self::Constant(text) => format!("={text}"),
            Self::Template(pieces) => {
                let piece = |piece: &Piece| match piece {
                    Piece::Text(text) => text.clone(),
                    Piece::Field(name) => format!("{{{name}}}"),
                };
                pieces.iter().map(piece).collect()
            }
        }
    }

    fn value<'f>(&self, fields: &'f (impl Fields + ?Sized)) -> Option<Cow<'f, Value>> {
        match self {
            Self::Field(name) => fields.field(name),
            _ => self.text(fields).map(|text| Cow::Owned(Value::String(text))),
        }
    }

    /// `None` when nothing is there. A template stands only when one of its places is filled.
    fn text(&self, fields: &(impl Fields + ?Sized)) -> Option<String> {
        match self {
            Self::Constant(text) => Some(text.clone()),
            Self::Field(name) => text(&*fields.field(name)?),
            Self::Template(pieces) => {
                let (mut whole, mut filled) = (String::new(), false);
                for piece in pieces {
                    match piece {
                        Piece::Text(piece) => whole.push_str(piece),
                        Piece::Field(name) => {
                            let piece = fields.field(name).and_then(|value| text(&value)).unwrap_or_default();
                            filled |= !piece.is_empty();
                            whole.push_str(&piece);
                        }
                    }
                }
                filled.then(|| whole.trim().to_owned())
            }
        }
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Array(list) => {
            let texts: Vec<String> = list.iter().filter_map(text).collect();
            Some(texts.join(", ")).filter(|text| !text.is_empty())
        }
        Value::Null | Value::Object(_) => None,
    }
}

/// The fields of a form-encoded body as an object; a field that comes several times becomes a list.
pub fn form_fields(body: &[u8]) -> Value {
    let mut fields = Map::new();
    for (name, value) in url::form_urlencoded::parse(body) {
        let value = Value::String(value.into_owned());
        match fields.get_mut(name.as_ref()) {
            None => {
                fields.insert(name.into_owned(), value);
            }
            Some(Value::Array(list)) => list.push(value),
            Some(first) => *first = Value::Array(vec![first.take(), value]),
        }
    }
    Value::Object(fields)
}
