//! Until when a case sleeps: words people use, turned into a moment of the company's day.

use jiff::{Span, Timestamp, civil::DateTime, civil::Weekday, tz::TimeZone};

/// When the working day begins.
const MORNING: i8 = 9;

/// The presets of the menu.
pub const PRESETS: [&str; 5] = ["1h", "evening", "tomorrow", "monday", "week"];

/// The moment that a preset or a local date and time names; `None` for nonsense and for the past.
pub fn moment(text: &str, now: i64, zone: &TimeZone) -> Option<i64> {
    let here = Timestamp::from_millisecond(now).ok()?.to_zoned(zone.clone());
    let at = |date: jiff::civil::Date, hour: i8| date.at(hour, 0, 0, 0).to_zoned(zone.clone()).ok();
    let then = match text {
        "1h" => here.checked_add(Span::new().hours(1)).ok()?,
        "evening" => at(here.date(), 18)?,
        "tomorrow" => at(here.date().tomorrow().ok()?, MORNING)?,
        "monday" => at(here.date().nth_weekday(1, Weekday::Monday).ok()?, MORNING)?,
        "week" => at(here.date().checked_add(Span::new().weeks(1)).ok()?, MORNING)?,
        local => local.parse::<DateTime>().ok()?.to_zoned(zone.clone()).ok()?,
    };
    Some(then.timestamp().as_millisecond()).filter(|then| *then > now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_become_moments_of_the_companys_day() {
        let rome = TimeZone::get("Europe/Rome").unwrap();
        let now: Timestamp = "2026-11-20T14:30:00+01:00".parse().unwrap();
        let check = |text: &str, expected: Option<&str>| {
            let expected = expected.map(|text| text.parse::<Timestamp>().unwrap().as_millisecond());
            assert_eq!(moment(text, now.as_millisecond(), &rome), expected, "{text}");
        };
        check("1h", Some("2026-11-20T15:30:00+01:00"));
        check("evening", Some("2026-11-20T18:00:00+01:00"));
        check("tomorrow", Some("2026-11-21T09:00:00+01:00"));
        check("monday", Some("2026-11-23T09:00:00+01:00"));
        check("week", Some("2026-11-27T09:00:00+01:00"));
        check("2026-12-24T08:15", Some("2026-12-24T08:15:00+01:00"));
        check("2026-11-20T08:15", None);
        check("someday", None);
    }
}
