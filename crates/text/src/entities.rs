//! What a text names that is worth a link: numbers of orders and accounts, addresses, dates, amounts.
//!
//! Numbers that carry check digits are only found when these are right, which keeps telephone numbers from becoming accounts.

mod catalogue;
mod check;
mod dates;
mod numbers;
#[cfg(test)]
mod tests;

use voce_domain::labels::{Entity, EntityKind};

use crate::fold::fold;
pub(crate) use catalogue::Catalogue;

/// Of longer texts the first bytes are searched; masking searches everything.
const SEARCHED: usize = 16_000;

/// Everything found in a text, in order and without overlaps.
pub fn entities(text: &str) -> Vec<Entity> {
    let mut end = text.len().min(SEARCHED);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    every_entity(&text[..end])
}

/// As [`entities`], in a text of any length.
pub(crate) fn every_entity(text: &str) -> Vec<Entity> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some((start, end)) = next_run(text, at) {
        at = end;
        if may_hold_entity(&text.as_bytes()[start..end]) {
            at = search(text, start, end, &mut found).max(end);
        }
    }
    found
}

/// The next stretch without blanks.
fn next_run(text: &str, from: usize) -> Option<(usize, usize)> {
    let start = from + text.get(from..)?.find(|c: char| !c.is_whitespace())?;
    let length = text[start..].find(char::is_whitespace);
    Some((start, length.map_or(text.len(), |length| start + length)))
}

fn may_hold_entity(run: &[u8]) -> bool {
    run.iter().any(|byte| byte.is_ascii_digit() || *byte == b'@')
        || run
            .windows(4)
            .any(|part| part.eq_ignore_ascii_case(b"www.") || part[..3] == *b"://")
}

/// Searches a run; an entity may reach past its end. Says where the search ended.
fn search(text: &str, start: usize, end: usize, found: &mut Vec<Entity>) -> usize {
    let mut at = start;
    while at < end {
        let last_end = found.last().map_or(0, |entity: &Entity| entity.end);
        if starts_word(text, at)
            && let Some(mut entity) = entity_at(text, at)
        {
            entity.start = entity.start.max(last_end);
            at = entity.end;
            found.push(entity);
        } else {
            at += text[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    at
}

fn starts_word(text: &str, at: usize) -> bool {
    let first = text[at..].chars().next();
    let before = text[..at].chars().next_back();
    first.is_some_and(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '#' | '('))
        && !before.is_some_and(|c| c.is_alphanumeric() || c == '_')
}

fn ends_word(text: &str, at: usize) -> bool {
    !text[at..].starts_with(|c: char| c.is_alphanumeric() || c == '_')
}

fn entity_at(text: &str, at: usize) -> Option<Entity> {
    let first = text.as_bytes().get(at)?;
    let found = if first.is_ascii_alphabetic() {
        url(text, at)
            .or_else(|| email(text, at))
            .or_else(|| fiscal_code(text, at))
            .or_else(|| iban(text, at))
            .or_else(|| numbers::vat_with_country(text, at))
            .or_else(|| numbers::order(text, at))
    } else {
        email(text, at)
            .or_else(|| date(text, at))
            .or_else(|| numbers::amount(text, at))
            .or_else(|| numbers::vat(text, at))
            .or_else(|| numbers::order(text, at))
            .or_else(|| numbers::card(text, at))
            .or_else(|| numbers::phone(text, at))
    }?;
    Some(found)
}

fn entity(kind: EntityKind, start: usize, end: usize, value: String) -> Option<Entity> {
    Some(Entity {
        kind,
        start,
        end,
        value,
    })
}

fn url(text: &str, at: usize) -> Option<Entity> {
    let rest = &text[at..];
    let starts = |prefix: &str| {
        rest.get(..prefix.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
    };
    if !(starts("http://") || starts("https://") || starts("www.")) {
        return None;
    }
    let length = rest.find(char::is_whitespace).unwrap_or(rest.len());
    let link = rest[..length].trim_end_matches(['.', ',', ';', ':', '!', '?', ')', ']', '"', '\'', '»', '”', '’', '>']);
    if link.len() <= 8 {
        return None;
    }
    let value = if starts("www.") {
        format!("https://{link}")
    } else {
        link.to_owned()
    };
    entity(EntityKind::Url, at, at + link.len(), value)
}

/// A mail address in its usual shape (RFC 5321 without quoted local parts); the domain in lower case.
fn email(text: &str, at: usize) -> Option<Entity> {
    let rest = &text[at..];
    let local = rest
        .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '%' | '+' | '-')))
        .filter(|local| (1..=64).contains(local) && rest[*local..].starts_with('@'))?;
    let domain = &rest[local + 1..];
    let length = domain
        .find(|c: char| !(c.is_alphanumeric() || matches!(c, '.' | '-')))
        .unwrap_or(domain.len());
    let domain = domain[..length].trim_end_matches(['.', '-']);
    let (name, top) = domain.rsplit_once('.')?;
    let is_domain =
        !name.is_empty() && !name.starts_with('.') && top.len() >= 2 && top.chars().all(char::is_alphabetic);
    if !is_domain {
        return None;
    }
    let value = format!("{}@{}", &rest[..local], domain.to_lowercase());
    entity(EntityKind::Email, at, at + local + 1 + domain.len(), value)
}

fn fiscal_code(text: &str, at: usize) -> Option<Entity> {
    let code = text.get(at..at + 16)?.to_ascii_uppercase();
    if !check::fiscal_code(code.as_bytes()) || !ends_word(text, at + 16) {
        return None;
    }
    entity(EntityKind::FiscalCode, at, at + 16, code)
}

/// An IBAN, together or in groups.
fn iban(text: &str, at: usize) -> Option<Entity> {
    let bytes = &text.as_bytes()[at..];
    let (country, digits) = (bytes.get(..2)?, bytes.get(2..4)?);
    if !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let country = [country[0].to_ascii_uppercase(), country[1].to_ascii_uppercase()];
    let length = check::iban_length(country)?;
    let mut letters = Vec::with_capacity(length);
    let mut end = 0;
    while letters.len() < length {
        let letter = *bytes.get(end)?;
        match letter {
            _ if letter.is_ascii_alphanumeric() => letters.push(letter.to_ascii_uppercase()),
            b' ' | b'-' | b'.' if bytes[end - 1].is_ascii_alphanumeric() => {}
            _ => return None,
        }
        end += 1;
    }
    if !check::iban(&letters) || !ends_word(text, at + end) {
        return None;
    }
    entity(EntityKind::Iban, at, at + end, String::from_utf8(letters).ok()?)
}

/// A date in digits, or a day beside the name of a month.
fn date(text: &str, at: usize) -> Option<Entity> {
    if let Some((date, length)) = dates::in_digits(&text[at..])
        && ends_word(text, at + length)
    {
        return entity(EntityKind::Date, at, at + length, date.iso());
    }
    let rest = &text[at..];
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let day: u32 = rest.get(..digits).filter(|_| (1..=2).contains(&digits))?.parse().ok()?;
    let mut end = at + digits;
    for ordinal in ["st", "nd", "rd", "th", "°", "º"] {
        if text[end..].starts_with(ordinal) && ends_word(text, end + ordinal.len()) {
            end += ordinal.len();
        }
    }
    if !ends_word(text, end) {
        return None;
    }
    if let Some((month, after)) = month_after(text, end) {
        let (year, end) = year_after(text, after);
        return entity(EntityKind::Date, at, end, dates::Date::new(year, month, day)?.iso());
    }
    let (before, word) = word_before(text, at)?;
    let month = dates::month(&fold(word.trim_end_matches('.')))?;
    let (year, end) = year_after(text, end);
    entity(EntityKind::Date, before, end, dates::Date::new(year, month, day)?.iso())
}

/// The month named right after `at`, as in "12 marzo" or "3rd of June", and where its name ends.
fn month_after(text: &str, at: usize) -> Option<(u32, usize)> {
    let mut rest = text[at..].strip_prefix([' ', '-', '/'])?;
    rest = rest.strip_prefix("of ").unwrap_or(rest);
    let start = text.len() - rest.len();
    let length = rest.find(|c: char| !c.is_alphabetic()).unwrap_or(rest.len());
    let month = dates::month(&fold(rest.get(..length.min(24))?))?;
    Some((month, start + length))
}

/// The year that follows, and where it ends; otherwise the given place.
fn year_after(text: &str, at: usize) -> (Option<u32>, usize) {
    let rest = text[at..].trim_start_matches(['.', ',', ' ', '-', '/']);
    let start = text.len() - rest.len();
    let year = rest.get(..4).filter(|_| start > at && start <= at + 2);
    match year.and_then(|year| year.parse().ok()) {
        Some(year @ 1900..=2199) if ends_word(text, start + 4) => (Some(year), start + 4),
        _ => (None, at),
    }
}

/// The word that stands before `at` on the same line, blanks and opening signs between, and where it starts.
fn word_before(text: &str, at: usize) -> Option<(usize, &str)> {
    let before = text[..at].trim_end_matches([' ', '\u{a0}', ':', '#', '(', '°', '/']);
    let start = before
        .rfind(|c: char| !(c.is_alphanumeric() || matches!(c, '.' | '\'' | '€' | '$' | '£')))
        .map_or(0, |place| {
            place + before[place..].chars().next().map_or(1, char::len_utf8)
        });
    before
        .get(start..)
        .filter(|word| !word.is_empty())
        .map(|word| (start, word))
}
