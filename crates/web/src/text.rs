//! The sentences of the interface, in the reader's language, and how that language writes numbers and times.

use std::{borrow::Cow, collections::HashMap};

use fluent_templates::{LanguageIdentifier, Loader, fluent_bundle::FluentValue, langid, static_loader};
use jiff::{Timestamp, tz::TimeZone};

static_loader! {
    static LOCALES = {
        locales: "./locales",
        fallback_language: "en",
        // Isolation marks around every value would end up in page titles and e-mails.
        customise: |bundle| bundle.set_use_isolating(false),
    };
}

static ITALIAN: LanguageIdentifier = langid!("it");
static ENGLISH: LanguageIdentifier = langid!("en");

/// Whose sentences: one of the two languages of the interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Text {
    italian: bool,
}

impl Text {
    pub const IT: Self = Self { italian: true };
    pub const EN: Self = Self { italian: false };

    /// By code; anything that is not Italian reads English.
    pub fn of(locale: &str) -> Self {
        Self {
            italian: locale.starts_with("it"),
        }
    }

    /// By the browser's `Accept-Language`: the first of the two that it names, else Italian.
    pub fn negotiate(accept: Option<&str>) -> Self {
        let codes = accept
            .unwrap_or_default()
            .split(',')
            .map(|part| part.trim().get(..2).unwrap_or_default().to_ascii_lowercase());
        codes
            .into_iter()
            .find(|code| code == "it" || code == "en")
            .map_or(Self::IT, |code| Self::of(&code))
    }

    pub fn code(self) -> &'static str {
        if self.italian { "it" } else { "en" }
    }

    /// The sentence of a key; the key itself when there is none, so that a missing text is seen.
    pub fn get(&self, key: &str) -> String {
        LOCALES
            .try_lookup(self.language(), key)
            .unwrap_or_else(|| key.to_owned())
    }

    /// The sentence with its values, e.g. `t.with("cases", &[("count", 3.into())])`.
    pub fn with(&self, key: &str, values: &[(&'static str, FluentValue<'static>)]) -> String {
        let values: HashMap<Cow<'static, str>, FluentValue> = values
            .iter()
            .map(|(name, value)| (Cow::Borrowed(*name), value.clone()))
            .collect();
        LOCALES
            .try_lookup_with_args(self.language(), key, &values)
            .unwrap_or_else(|| key.to_owned())
    }

    /// A sentence about a number, given to it as `count`.
    pub fn count(&self, key: &str, count: &i64) -> String {
        self.with(key, &[("count", FluentValue::from(*count))])
    }

    /// A sentence about something with a name, given to it as `name`.
    pub fn name(&self, key: &str, name: &str) -> String {
        self.with(key, &[("name", FluentValue::from(name.to_owned()))])
    }

    /// Day and time, e.g. `22 nov 2026, 14:05`, in a time zone.
    pub fn time(&self, millis: &i64, zone: &TimeZone) -> String {
        let Ok(moment) = Timestamp::from_millisecond(*millis) else {
            return String::new();
        };
        let local = moment.to_zoned(zone.clone());
        let month = self.get(&format!("month-{}", local.month()));
        format!(
            "{} {month} {}, {:02}:{:02}",
            local.day(),
            local.year(),
            local.hour(),
            local.minute()
        )
    }

    /// For `<time datetime>`.
    pub fn iso(&self, millis: &i64) -> String {
        Timestamp::from_millisecond(*millis)
            .map(|moment| moment.to_string())
            .unwrap_or_default()
    }

    /// 12.345 or 12,345.
    pub fn number(&self, value: &i64) -> String {
        let digits = value.unsigned_abs().to_string();
        let mut grouped = String::with_capacity(digits.len() + digits.len() / 3 + 1);
        for (at, digit) in digits.chars().enumerate() {
            if at > 0 && (digits.len() - at).is_multiple_of(3) {
                grouped.push(if self.italian { '.' } else { ',' });
            }
            grouped.push(digit);
        }
        if *value < 0 { format!("-{grouped}") } else { grouped }
    }

    /// 3 kB, 1,2 MB.
    pub fn size(&self, bytes: &i64) -> String {
        let (value, unit) = match *bytes {
            small @ ..1_000 => return format!("{small} B"),
            medium @ ..1_000_000 => (medium as f64 / 1e3, "kB"),
            large => (large as f64 / 1e6, "MB"),
        };
        let text = format!("{value:.1} {unit}");
        if self.italian { text.replace('.', ",") } else { text }
    }

    fn language(self) -> &'static LanguageIdentifier {
        if self.italian { &ITALIAN } else { &ENGLISH }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_sizes_as_each_language_writes_them() {
        assert_eq!(Text::IT.number(&1_234_567), "1.234.567");
        assert_eq!(Text::EN.number(&-1_234), "-1,234");
        assert_eq!(Text::IT.size(&1_250_000), "1,2 MB");
    }

    #[test]
    fn the_browser_chooses_and_italian_is_first() {
        assert_eq!(Text::negotiate(Some("fr,en;q=0.8,it;q=0.5")), Text::EN);
        assert_eq!(Text::negotiate(Some("de")), Text::IT);
        assert_eq!(Text::negotiate(None), Text::IT);
    }
}
