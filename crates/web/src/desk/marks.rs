//! Small signs of people and things that templates need everywhere.

use std::hash::{DefaultHasher, Hash, Hasher};

use jiff::tz::TimeZone;
use uuid::Uuid;
use voce_store::{cases::CaseRow, tags::TagRow};

use crate::{shell::Shell, text::Text};

impl Shell {
    /// The colour that a name keeps on every page.
    pub fn hue(&self, name: &str) -> u8 {
        voce_assets::hue(name)
    }

    /// Two letters for an avatar.
    pub fn initials(&self, name: &str) -> String {
        initials(name)
    }

    /// Of the flash that is shown: the same for the same words and way back, so that a refresh keeps it.
    pub fn toast_id(&self) -> String {
        let mut hash = DefaultHasher::new();
        self.flash
            .as_ref()
            .map(|flash| (&flash.text, &flash.undo))
            .hash(&mut hash);
        format!("toast-{:x}", hash.finish())
    }

    /// An address as people write it, without the platform that stands before a handle.
    pub fn plain_address<'a>(&self, address: &'a str) -> &'a str {
        match address.split_once(':') {
            Some((platform, rest)) if platform.bytes().all(|byte| byte.is_ascii_lowercase()) && !rest.is_empty() => {
                rest
            }
            _ => address,
        }
    }
}

/// A moment for `<time>`.
pub struct When {
    pub iso: String,
    pub words: String,
}

impl When {
    pub fn new(t: &Text, millis: i64, zone: &TimeZone) -> Self {
        Self {
            iso: t.iso(&millis),
            words: t.time(&millis, zone),
        }
    }
}

/// A tag with its colour.
pub struct TagView {
    pub id: Uuid,
    pub name: String,
    pub hue: u8,
}

impl TagView {
    pub fn new(tag: TagRow) -> Self {
        Self {
            id: tag.id,
            hue: tag_hue(&tag.name, &tag.color),
            name: tag.name,
        }
    }
}

/// The colour that somebody chose (0 to 9), or the one that follows from the name.
pub fn tag_hue(name: &str, color: &str) -> u8 {
    color
        .parse()
        .ok()
        .filter(|hue| *hue <= 9)
        .unwrap_or_else(|| voce_assets::hue(name))
}

/// The icon of a channel; that of the open intake for one without its own.
pub fn channel_icon(kind: &str) -> &'static str {
    match voce_assets::icon(&format!("channel-{kind}")) {
        "" => voce_assets::icon("channel-api"),
        icon => icon,
    }
}

pub fn subject(t: &Text, subject: &str) -> String {
    if subject.trim().is_empty() {
        t.get("no-subject")
    } else {
        subject.to_owned()
    }
}

/// The state of a case in words; for a waiting one, what it waits for.
pub fn state(t: &Text, case: &CaseRow) -> String {
    match (&case.noise, &case.waiting) {
        (Some(noise), _) if !case.active => t.get(&format!("noise-{}", noise.replace('_', "-"))),
        (_, Some(waiting)) => t.get(&format!("waiting-{waiting}")),
        _ => t.get(&format!("state-{}", case.state)),
    }
}

/// The first letters of the first and the last word, e.g. `MB`; `?` for a name without letters.
pub fn initials(name: &str) -> String {
    let mut letters = name
        .split(|letter: char| letter.is_whitespace() || matches!(letter, '@' | '.' | '_' | '-'))
        .filter_map(|word| word.chars().find(|letter| letter.is_alphanumeric()));
    let Some(first) = letters.next() else { return "?".into() };
    let last = if name.contains('@') {
        letters.next()
    } else {
        letters.next_back()
    };
    first
        .to_uppercase()
        .chain(last.into_iter().flat_map(char::to_uppercase))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::initials;

    #[test]
    fn names_handles_and_nothing() {
        for (name, expected) in [
            ("Marta Bianchi", "MB"),
            ("Anna Maria de Rossi", "AR"),
            ("luca", "L"),
            ("@lucads@mastodon.uno", "LM"),
            ("  ", "?"),
            ("日本 語", "日語"),
        ] {
            assert_eq!(initials(name), expected, "{name}");
        }
    }
}
