//! A payload to set a mapping by: its values with the pointers to them, and what they seem to mean.

use std::collections::HashMap;

use jiff::tz::TimeZone;
use serde_json::Value;
use voce_channels::api::mapping::{Mapping, form_fields};

/// Values shown at most: beyond that nobody looks through a list.
const MOST_LEAVES: usize = 300;
/// Characters of a value that are shown.
const LONGEST_VALUE: usize = 120;

/// A value of the payload and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaf {
    /// JSON pointer (RFC 6901).
    pub pointer: String,
    pub value: String,
    /// Names on the way, without places in lists.
    path: Vec<String>,
}

/// A payload as web hooks bring it: JSON, or the fields of a form.
pub fn parse(text: &str) -> Result<Value, String> {
    match text.trim_start().bytes().next() {
        None => Err(String::new()),
        Some(b'{' | b'[') => serde_json::from_str(text).map_err(|error| error.to_string()),
        Some(_) => Ok(form_fields(text.trim().as_bytes())),
    }
}

/// The first message of a payload: that of the list at `list`, of the payload if it is a list itself, or the payload.
pub fn item<'v>(payload: &'v Value, list: &str) -> &'v Value {
    let whole = if list.is_empty() {
        Some(payload)
    } else {
        payload.pointer(list)
    };
    let first = whole.and_then(Value::as_array).and_then(|items| items.first());
    first.or(whole).unwrap_or(payload)
}

/// Every value that is no object, outermost first; lists of plain values as a whole, others by their first element.
pub fn leaves(item: &Value) -> Vec<Leaf> {
    let mut found = Vec::new();
    let mut level = vec![(String::new(), Vec::new(), item)];
    while !level.is_empty() && found.len() < MOST_LEAVES {
        let mut deeper = Vec::new();
        for (pointer, path, value) in level {
            match value {
                Value::Object(object) => {
                    for (name, value) in object {
                        let step = name.replace('~', "~0").replace('/', "~1");
                        let path = path.iter().chain([name]).cloned().collect();
                        deeper.push((format!("{pointer}/{step}"), path, value));
                    }
                }
                Value::Array(list) if list.first().is_some_and(Value::is_object) => {
                    found.push(Leaf {
                        pointer: pointer.clone(),
                        value: format!("[{}]", list.len()),
                        path: path.clone(),
                    });
                    deeper.extend(list.first().map(|first| (format!("{pointer}/0"), path, first)));
                }
                plain => found.push(Leaf {
                    pointer,
                    value: shown(plain),
                    path,
                }),
            }
        }
        level = deeper;
    }
    found.retain(|leaf| !leaf.pointer.is_empty());
    found.truncate(MOST_LEAVES);
    found
}

/// Where lists stand in a payload.
pub fn lists(payload: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let mut todo = vec![(String::new(), payload)];
    while let Some((pointer, value)) = todo.pop() {
        match value {
            Value::Array(_) if !pointer.is_empty() => found.push(pointer),
            Value::Object(object) => {
                let inner = object.iter().map(|(name, value)| {
                    (
                        format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1")),
                        value,
                    )
                });
                todo.extend(inner);
            }
            _ => {}
        }
    }
    found.sort();
    found.truncate(MOST_LEAVES);
    found
}

/// Sources for the fields of a message by the usual names of its values, however deep they stand.
pub fn guess(item: &Value, zone: TimeZone) -> HashMap<String, String> {
    let leaves = leaves(item);
    let mut names: Vec<(String, &str)> = Vec::new();
    // A whole path says more than its end: `/from/email` is `from_email` before it is `email`.
    for length in [usize::MAX, 2, 1] {
        for leaf in &leaves {
            let skipped = leaf.path.len().saturating_sub(length);
            let name = leaf.path.iter().skip(skipped).cloned().collect::<Vec<_>>().join("_");
            if !names.iter().any(|(known, _)| *known == name) {
                names.push((name, &leaf.pointer));
            }
        }
    }
    let columns: Vec<&str> = names.iter().map(|(name, _)| name.as_str()).collect();
    let guessed = Mapping::guess(&columns, zone).to_json();
    let source = |(target, source): (&String, &Value)| {
        let source = source.as_str()?;
        let pointer = names
            .iter()
            .find(|(name, _)| name == source)
            .map_or(source, |(_, pointer)| pointer);
        Some((target.clone(), pointer.to_owned()))
    };
    guessed.as_object().into_iter().flatten().filter_map(source).collect()
}

fn shown(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    match text.char_indices().nth(LONGEST_VALUE) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn values_come_with_pointers_that_lead_back_to_them() {
        let payload = json!({ "a/b": 1, "c~d": { "e": "x" }, "list": [{ "f": true }, { "f": false }], "tags": ["p", "q"], "empty": {} });
        let leaves = leaves(&payload);
        let pointers: Vec<&str> = leaves.iter().map(|leaf| leaf.pointer.as_str()).collect();
        assert_eq!(pointers, ["/a~1b", "/list", "/tags", "/c~0d/e", "/list/0/f"]);
        assert!(pointers.iter().all(|pointer| payload.pointer(pointer).is_some()));
        assert_eq!(lists(&payload), ["/list", "/tags"]);
    }

    #[test]
    fn usual_names_are_found_wherever_they_stand() {
        let payload = json!({ "event": "created", "data": { "id": 7, "from": { "email": "a@b.it", "name": "Anna" }, "body": "Ciao", "created_at": "2026-11-22" } });
        let guess = guess(&payload, TimeZone::UTC);
        for (target, pointer) in [
            ("id", "/data/id"),
            ("author.email", "/data/from/email"),
            ("author.name", "/data/from/name"),
            ("text", "/data/body"),
            ("sent_at", "/data/created_at"),
        ] {
            assert_eq!(guess.get(target).map(String::as_str), Some(pointer), "{target}");
        }
    }

    #[test]
    fn the_first_message_is_that_of_the_list() {
        let payload = json!({ "items": [{ "id": 1 }, { "id": 2 }] });
        assert_eq!(item(&payload, "/items"), &json!({ "id": 1 }));
        assert_eq!(item(&payload, ""), &payload);
        assert_eq!(item(&payload, "/none"), &payload);
        assert_eq!(
            parse("email=a%40b.it&text=Ciao").unwrap(),
            json!({ "email": "a@b.it", "text": "Ciao" })
        );
        assert!(parse("{").is_err() && parse(" ").is_err());
    }

    proptest! {
        #[test]
        fn no_payload_breaks_it(text in ".{0,200}") {
            if let Ok(payload) = parse(&text) {
                let item = item(&payload, "/a");
                let found = leaves(item);
                prop_assert!(found.iter().all(|leaf| item.pointer(&leaf.pointer).is_some()));
                guess(item, TimeZone::UTC);
                lists(&payload);
            }
        }
    }
}
