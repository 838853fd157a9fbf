//! Dates as people write them, in ISO 8601.

/// Day, month, and the year where one is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Date {
    year: Option<u16>,
    month: u8,
    day: u8,
}

impl Date {
    /// `None` when there is no such day. Years of two digits are of this century up to 69 (POSIX).
    pub fn new(year: Option<u32>, month: u32, day: u32) -> Option<Self> {
        let year = match year {
            Some(year @ 0..=69) => Some(2000 + year),
            Some(year @ 70..=99) => Some(1900 + year),
            Some(year @ 1900..=2199) => Some(year),
            Some(_) => return None,
            None => None,
        };
        let leap = year.is_none_or(|year| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0));
        let days = match month {
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            4 | 6 | 9 | 11 => 30,
            2 if leap => 29,
            2 => 28,
            _ => return None,
        };
        (1..=days).contains(&day).then_some(Self {
            year: year.and_then(|year| u16::try_from(year).ok()),
            month: month as u8,
            day: day as u8,
        })
    }

    /// `2025-03-12`, or `--03-12` without a year.
    pub fn iso(self) -> String {
        match self.year {
            Some(year) => format!("{year:04}-{:02}-{:02}", self.month, self.day),
            None => format!("--{:02}-{:02}", self.month, self.day),
        }
    }
}

/// A date in digits: `2025-03-12`, `12/03/2025`, `12.3.25`. Where both readings are possible the day stands first, as it does
/// everywhere but in North America; then how many bytes it takes.
pub(super) fn in_digits(text: &str) -> Option<(Date, usize)> {
    let (first, mut at) = number(text, 0, 4)?;
    let sign = *text.as_bytes().get(at)?;
    if !matches!(sign, b'/' | b'-' | b'.') {
        return None;
    }
    let first_digits = at;
    let (second, end) = number(text, at + 1, 2)?;
    at = end;
    if text.as_bytes().get(at) != Some(&sign) {
        // "12/3" may be a fraction or a score: only with both digits is it a date.
        let whole = sign == b'/' && first_digits <= 2 && at - first_digits == 3;
        return whole
            .then(|| Date::new(None, second, first))
            .flatten()
            .map(|date| (date, at));
    }
    let (third, end) = number(text, at + 1, 4)?;
    let third_digits = end - at - 1;
    let date = match (first_digits, third_digits) {
        (4, 1..=2) => Date::new(Some(first), second, third),
        (1..=2, 2 | 4) => Date::new(Some(third), second, first).or_else(|| Date::new(Some(third), first, second)),
        _ => None,
    };
    date.map(|date| (date, end))
}

/// Digits from `at` on, up to `most`, and where they end; a digit more makes it no number.
fn number(text: &str, at: usize, most: usize) -> Option<(u32, usize)> {
    let digits = text.get(at..)?;
    let length = digits.bytes().take_while(u8::is_ascii_digit).count();
    if length == 0 || length > most {
        return None;
    }
    Some((digits.get(..length)?.parse().ok()?, at + length))
}

/// Number of a month by its folded Italian or English name, whole or as it is shortened.
pub(super) fn month(name: &str) -> Option<u32> {
    const NAMES: [[&str; 6]; 12] = [
        ["gennaio", "gen", "january", "jan", "", ""],
        ["febbraio", "feb", "february", "febr", "", ""],
        ["marzo", "mar", "march", "", "", ""],
        ["aprile", "apr", "april", "", "", ""],
        ["maggio", "mag", "may", "", "", ""],
        ["giugno", "giu", "june", "jun", "", ""],
        ["luglio", "lug", "july", "jul", "", ""],
        ["agosto", "ago", "august", "aug", "", ""],
        ["settembre", "set", "september", "sep", "sept", "sett"],
        ["ottobre", "ott", "october", "oct", "", ""],
        ["novembre", "nov", "november", "", "", ""],
        ["dicembre", "dic", "december", "dec", "", ""],
    ];
    let place = NAMES
        .iter()
        .position(|names| !name.is_empty() && names.contains(&name))?;
    Some(place as u32 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_dates_in_digits() {
        for (text, expected) in [
            ("2025-03-12", Some("2025-03-12")),
            ("12/03/2025", Some("2025-03-12")),
            ("1.2.24", Some("2024-02-01")),
            ("03/25/2024", Some("2024-03-25")),
            ("29/02/2023", None),
            ("31/12", Some("--12-31")),
            ("1/2", None),
            ("24/7", None),
            ("12-345-67", None),
            ("192.168.1.1", None),
            ("1.234,50", None),
        ] {
            assert_eq!(
                in_digits(text).map(|(date, _)| date.iso()).as_deref(),
                expected,
                "{text}"
            );
        }
    }
}
