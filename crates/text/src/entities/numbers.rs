//! Numbers by the words beside them: orders, cards, telephones, VAT numbers, amounts.

use voce_domain::labels::{Entity, EntityKind};

use super::{check, ends_word, entity, word_before};
use crate::fold::fold;

/// Digits with single blanks or signs between groups, and where each group ends.
struct Groups {
    digits: Vec<u8>,
    /// How many digits there are up to the end of each group, and where that is.
    ends: Vec<(usize, usize)>,
}

/// Reads at most 24 digits from `at` on.
fn groups(text: &str, at: usize, signs: &[u8]) -> Groups {
    let bytes = text.as_bytes();
    let mut read = Groups {
        digits: Vec::with_capacity(24),
        ends: Vec::with_capacity(8),
    };
    let mut place = at;
    loop {
        while let Some(digit) = bytes.get(place).filter(|byte| byte.is_ascii_digit()) {
            read.digits.push(*digit);
            place += 1;
        }
        read.ends.push((read.digits.len(), place));
        let mut next = place;
        while next < place + 2 && bytes.get(next).is_some_and(|sign| signs.contains(sign)) {
            next += 1;
        }
        if next == place || read.digits.len() > 24 || !bytes.get(next).is_some_and(u8::is_ascii_digit) {
            return read;
        }
        place = next;
    }
}

impl Groups {
    /// The longest row of groups that is what is looked for, and where it ends.
    fn longest(&self, text: &str, is_it: impl Fn(&[u8]) -> bool) -> Option<(&[u8], usize)> {
        let mut ends = self.ends.iter().rev();
        ends.find_map(|&(count, end)| {
            let digits = self.digits.get(..count)?;
            (ends_word(text, end) && is_it(digits)).then_some((digits, end))
        })
    }
}

fn ascii(digits: &[u8]) -> String {
    digits.iter().copied().map(char::from).collect()
}

pub(super) fn card(text: &str, at: usize) -> Option<Entity> {
    let read = groups(text, at, b" -");
    let (digits, end) = read.longest(text, check::card)?;
    entity(EntityKind::Card, at, end, ascii(digits))
}

/// `IT` and eleven digits with their check.
pub(super) fn vat_with_country(text: &str, at: usize) -> Option<Entity> {
    let rest = text
        .get(at..at + 2)
        .filter(|country| country.eq_ignore_ascii_case("it"))?;
    let start = at + rest.len();
    let blank = usize::from(text[start..].starts_with(' '));
    let digits = text.get(start + blank..start + blank + 11)?;
    let end = start + blank + 11;
    if !check::vat_number(digits.as_bytes()) || !ends_word(text, end) {
        return None;
    }
    entity(EntityKind::VatNumber, at, end, format!("IT{digits}"))
}

/// Eleven digits with their check after "P. IVA" or "VAT".
pub(super) fn vat(text: &str, at: usize) -> Option<Entity> {
    let digits = text.get(at..at + 11)?;
    let end = at + 11;
    if !check::vat_number(digits.as_bytes()) || !ends_word(text, end) {
        return None;
    }
    let told = words_before(text, at).any(|word| matches!(word.as_str(), "iva" | "p.iva" | "piva" | "vat"));
    told.then(|| entity(EntityKind::VatNumber, at, end, format!("IT{digits}")))
        .flatten()
}

/// The three words before, folded, nearest first.
fn words_before(text: &str, at: usize) -> impl Iterator<Item = String> {
    let mut place = at;
    std::iter::from_fn(move || {
        let (start, word) = word_before(text, place)?;
        place = start;
        Some(fold(word.trim_matches('.')))
    })
    .take(3)
}

/// A number after a word such as "order", "ticket" or "spedizione"; or five digits and more after a `#`.
pub(super) fn order(text: &str, at: usize) -> Option<Entity> {
    let rest = &text[at..];
    let body = rest.strip_prefix('#').unwrap_or(rest);
    let marked = body.len() < rest.len();
    let length = body
        .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '/' | '_')))
        .unwrap_or(body.len());
    let number = body[..length].trim_end_matches(['-', '/', '_']);
    let digits = number.bytes().filter(u8::is_ascii_digit).count();
    if digits < 3 || number.len() > 30 || number.bytes().filter(|byte| *byte == b'/').count() > 2 {
        return None;
    }
    let end = at + usize::from(marked) + number.len();
    let told = marked && digits >= 5 && digits == number.len() || names_order(text, at);
    let is_year = number.len() == 4 && (number.starts_with("19") || number.starts_with("20")) && !marked;
    if !told || is_year || !ends_word(text, end) {
        return None;
    }
    entity(EntityKind::Order, at, end, number.to_ascii_uppercase())
}

fn names_order(text: &str, at: usize) -> bool {
    const THINGS: [&str; 41] = [
        "ordine",
        "ordini",
        "order",
        "orders",
        "ord",
        "pedido",
        "commande",
        "bestellung",
        "prenotazione",
        "booking",
        "reservation",
        "pratica",
        "ticket",
        "case",
        "segnalazione",
        "reclamo",
        "tracking",
        "spedizione",
        "shipment",
        "parcel",
        "pacco",
        "collo",
        "fattura",
        "invoice",
        "bolletta",
        "bill",
        "reference",
        "riferimento",
        "ref",
        "rif",
        "contratto",
        "contract",
        "scontrino",
        "receipt",
        "ddt",
        "lettera",
        "vettura",
        "rma",
        "reso",
        "pnr",
        "biglietto",
    ];
    const BETWEEN: [&str; 20] = [
        "n", "nr", "no", "num", "numero", "number", "codice", "code", "id", "is", "e'", "e", "the", "il", "numeri",
        "di", "era", "was", "my", "it's",
    ];
    for word in words_before(text, at) {
        let word = word.rsplit('\'').next().unwrap_or_default();
        if THINGS.contains(&word) {
            return true;
        }
        if !BETWEEN.contains(&word) && !word.is_empty() {
            return false;
        }
    }
    false
}

/// A telephone number in E.164: international, or as it is dialled in Italy, in the United Kingdom (eleven digits from 01, 02, 07)
/// or in North America (with the area code in brackets).
pub(super) fn phone(text: &str, at: usize) -> Option<Entity> {
    let bytes = text.as_bytes();
    let first = *bytes.get(at)?;
    if first == b'(' {
        return phone_in_brackets(text, at);
    }
    let start = at + usize::from(first == b'+');
    let read = groups(text, start, b" -./()");
    if first == b'+' {
        let (digits, end) = read.longest(text, |digits| {
            (8..=15).contains(&digits.len()) && !digits.starts_with(b"0")
        })?;
        return entity(EntityKind::Phone, at, end, format!("+{}", ascii(digits)));
    }
    let (digits, end) = read.longest(text, |digits| national(digits).is_some())?;
    let (code, skip) = national(digits)?;
    entity(
        EntityKind::Phone,
        at,
        end,
        format!("+{code}{}", ascii(digits.get(skip..)?)),
    )
}

/// Country code of a number as it is dialled, and how many of its digits E.164 leaves out.
fn national(digits: &[u8]) -> Option<(&'static str, usize)> {
    match (digits, digits.len()) {
        ([b'0', b'0', b'1'..=b'9', ..], 10..=17) => Some(("", 2)),
        ([b'0', b'7', ..] | [b'0', b'2', b'0', ..], 11) => Some(("44", 1)),
        ([b'0', b'1'..=b'9', ..], 9..=11) => Some(("39", 0)),
        ([b'3', b'2'..=b'9', ..], 9..=10) => Some(("39", 0)),
        ([b'8', b'0', b'0', ..], 8..=9) => Some(("39", 0)),
        _ => None,
    }
}

/// `(02) 1234567`, `(555) 123-4567`.
fn phone_in_brackets(text: &str, at: usize) -> Option<Entity> {
    let inside = groups(text, at + 1, b"");
    let &(area, close) = inside.ends.first()?;
    if !(2..=5).contains(&area) || text.as_bytes().get(close) != Some(&b')') {
        return None;
    }
    let blank = usize::from(text[close + 1..].starts_with(' '));
    let rest = groups(text, close + 1 + blank, b" -./");
    let whole = |digits: &[u8]| [inside.digits.as_slice(), digits].concat();
    let is_american = |digits: &[u8]| digits.len() == 10 && matches!(digits.first(), Some(b'2'..=b'9'));
    let (digits, end) = rest.longest(text, |digits| {
        let number = whole(digits);
        is_american(&number) || national(&number).is_some()
    })?;
    let number = whole(digits);
    let value = match national(&number) {
        Some((code, skip)) => format!("+{code}{}", ascii(number.get(skip..)?)),
        None => format!("+1{}", ascii(&number)),
    };
    entity(EntityKind::Phone, at, end, value)
}

/// A number with a currency before or after it, as `12.50 EUR`.
pub(super) fn amount(text: &str, at: usize) -> Option<Entity> {
    let rest = &text[at..];
    let length = rest
        .find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | ',' | '\'')))
        .unwrap_or(rest.len());
    let written = rest[..length].trim_end_matches(['.', ',', '\'']);
    let value = decimal(written)?;
    let end = at + written.len();
    if let Some((currency, length)) = currency_after(&text[end..]) {
        return entity(EntityKind::Amount, at, end + length, format!("{value} {currency}"));
    }
    if !ends_word(text, end) {
        return None;
    }
    let (start, word) = word_before(text, at)?;
    let sign = word.chars().next_back()?;
    if let Some(currency) = currency_of_sign(sign) {
        return entity(
            EntityKind::Amount,
            text[..at].rfind(sign)?,
            end,
            format!("{value} {currency}"),
        );
    }
    let currency = currency_of_word(&fold(word)).filter(|_| text[start..at].ends_with(' '))?;
    // "in euro 50" would be odd; "EUR 50" is usual.
    word.chars()
        .all(char::is_uppercase)
        .then(|| entity(EntityKind::Amount, start, end, format!("{value} {currency}")))
        .flatten()
}

fn currency_of_sign(sign: char) -> Option<&'static str> {
    match sign {
        '€' => Some("EUR"),
        '$' => Some("USD"),
        '£' => Some("GBP"),
        _ => None,
    }
}

fn currency_of_word(word: &str) -> Option<&'static str> {
    match word {
        "euro" | "euros" | "eur" => Some("EUR"),
        "dollari" | "dollars" | "dollar" | "usd" | "bucks" => Some("USD"),
        "sterline" | "pounds" | "quid" | "gbp" => Some("GBP"),
        "franchi" | "francs" | "chf" => Some("CHF"),
        "lei" | "ron" => Some("RON"),
        _ => None,
    }
}

/// The currency that follows, and how many bytes it takes with the blank before it.
fn currency_after(rest: &str) -> Option<(&'static str, usize)> {
    let word = rest.trim_start_matches([' ', '\u{a0}']);
    let blank = rest.len() - word.len();
    if blank > 2 {
        return None;
    }
    let first = word.chars().next()?;
    if let Some(currency) = currency_of_sign(first) {
        return Some((currency, blank + first.len_utf8()));
    }
    let length = word.find(|c: char| !c.is_alphanumeric()).unwrap_or(word.len());
    let currency = currency_of_word(&fold(word.get(..length.min(12))?))?;
    Some((currency, blank + length))
}

/// An amount with two digits after the point: `1.234,5` and `1,234.50` alike; `None` where the signs make no number.
fn decimal(written: &str) -> Option<String> {
    let bytes = written.as_bytes();
    if !bytes.first()?.is_ascii_digit() || bytes.len() > 16 {
        return None;
    }
    let last = written.rfind(['.', ',']);
    let cents = last.map_or("", |place| &written[place + 1..]);
    let (whole, cents) = match (last, cents.len()) {
        (Some(place), 1..=2) => (&written[..place], cents),
        (Some(_), 3) | (None, _) => (written, ""),
        _ => return None,
    };
    let whole: String = whole.chars().filter(char::is_ascii_digit).collect();
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    Some(format!("{whole}.{cents:0<2}"))
}
