//! Says field by field why a JSON text is not a message. Only looked at after the fast reading failed.

use serde_json::Value;

use super::problem::{Invalid, Problem};

#[derive(Clone, Copy)]
enum Shape {
    Text,
    /// Text or a whole number.
    Name,
    Moment,
    Object(&'static [(&'static str, Shape)]),
    List(&'static [(&'static str, Shape)]),
    Anything,
}

const MESSAGE: &[(&str, Shape)] = &[
    ("id", Shape::Name),
    ("conversation", Shape::Name),
    ("reply_to", Shape::Name),
    ("kind", Shape::Text),
    ("visibility", Shape::Text),
    ("direction", Shape::Text),
    ("automatic", Shape::Text),
    ("author", Shape::Object(AUTHOR)),
    ("subject", Shape::Text),
    ("text", Shape::Text),
    ("html", Shape::Text),
    ("sent_at", Shape::Moment),
    ("url", Shape::Text),
    ("attachments", Shape::List(ATTACHMENT)),
    ("meta", Shape::Anything),
];
const AUTHOR: &[(&str, Shape)] = &[
    ("email", Shape::Text),
    ("phone", Shape::Name),
    ("handle", Shape::Text),
    ("customer_number", Shape::Name),
    ("name", Shape::Text),
    ("avatar_url", Shape::Text),
];
const ATTACHMENT: &[(&str, Shape)] = &[
    ("name", Shape::Text),
    ("content_type", Shape::Text),
    ("url", Shape::Text),
    ("base64", Shape::Text),
];
const NEEDED: &[&str] = &["id", "author"];

pub fn explain(body: &[u8], error: &serde_json::Error) -> Invalid {
    let Ok(value) = serde_json::from_slice::<Value>(body) else {
        return Invalid::one("", error.to_string());
    };
    let mut problems = Vec::new();
    object(&mut problems, "", &value, MESSAGE);
    for name in NEEDED
        .iter()
        .filter(|name| value.is_object() && value.get(name).is_none_or(Value::is_null))
    {
        problems.push(Problem::new(&format!("/{name}"), "is needed"));
    }
    if problems.is_empty() {
        Invalid::one("", error.to_string())
    } else {
        Invalid(problems)
    }
}

fn object(problems: &mut Vec<Problem>, pointer: &str, value: &Value, fields: &[(&str, Shape)]) {
    let Some(object) = value.as_object() else {
        problems.push(Problem::new(pointer, "must be an object"));
        return;
    };
    for (name, value) in object {
        let pointer = format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"));
        match fields.iter().find(|(known, _)| known == name) {
            None => problems.push(Problem::new(&pointer, "is not a known field")),
            Some(_) if value.is_null() => {}
            Some((_, shape)) => field(problems, &pointer, value, *shape),
        }
    }
}

fn field(problems: &mut Vec<Problem>, pointer: &str, value: &Value, shape: Shape) {
    let wrong = match shape {
        Shape::Text if !value.is_string() => "must be text",
        Shape::Name if !value.is_string() && !value.is_i64() => "must be text or a whole number",
        Shape::Moment if !value.is_string() && !value.is_i64() => "must be RFC 3339 or milliseconds since 1970",
        Shape::Object(fields) => return object(problems, pointer, value, fields),
        Shape::List(fields) => match value.as_array() {
            None => "must be a list",
            Some(list) => {
                let entries = list.iter().enumerate();
                return entries.for_each(|(i, entry)| object(problems, &format!("{pointer}/{i}"), entry, fields));
            }
        },
        _ => return,
    };
    problems.push(Problem::new(pointer, wrong));
}
