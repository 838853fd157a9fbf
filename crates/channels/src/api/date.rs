//! Moments as the world's files write them.

use jiff::{
    Timestamp,
    civil::{Date, DateTime},
    fmt::strtime::BrokenDownTime,
    tz::TimeZone,
};
use voce_domain::Millis;

/// A moment out of RFC 3339, RFC 2822, ISO 8601 with a blank, day-first dates (`31/10/2017 22:10`, `31.10.2017`), what Twitter
/// writes (`Tue Oct 31 22:10:35 +0000 2017`), seconds or milliseconds since 1970, or `snowflake:` and the id of a tweet, which
/// holds its time. Without a zone the moment is meant in `zone`.
pub fn parse(text: &str, zone: &TimeZone) -> Option<Millis> {
    let text = text.trim();
    if let Some(id) = text.strip_prefix("snowflake:") {
        return snowflake(id);
    }
    if let Ok(number) = text.parse::<i64>() {
        return Some(from_number(number));
    }
    let exact = text
        .parse::<Timestamp>()
        .ok()
        .or_else(|| jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok())
        .or_else(|| Timestamp::strptime("%a %b %d %H:%M:%S %z %Y", text).ok())
        .or_else(|| Timestamp::strptime("%Y-%m-%d %H:%M:%S %z", text).ok());
    exact
        .or_else(|| local(text)?.to_zoned(zone.clone()).ok().map(|zoned| zoned.timestamp()))
        .map(Timestamp::as_millisecond)
}

/// Seconds or milliseconds: until the year 5138 seconds have fewer digits.
fn from_number(number: i64) -> Millis {
    const SECONDS_BELOW: u64 = 100_000_000_000;
    if number.unsigned_abs() < SECONDS_BELOW {
        number * 1000
    } else {
        number
    }
}

/// The upper bits count milliseconds since 2010-11-04.
fn snowflake(id: &str) -> Option<Millis> {
    const EPOCH: Millis = 1_288_834_974_657;
    id.trim()
        .parse::<i64>()
        .ok()
        .filter(|id| *id >= 0)
        .map(|id| (id >> 22) + EPOCH)
}

fn local(text: &str) -> Option<DateTime> {
    if let Ok(moment) = text.parse::<DateTime>() {
        return Some(moment);
    }
    const FORMATS: &[&str] = &[
        "%Y-%m-%d %H:%M",
        "%Y/%m/%d %H:%M:%S",
        "%Y/%m/%d %H:%M",
        "%d/%m/%Y %H:%M:%S",
        "%d/%m/%Y %H:%M",
        "%d.%m.%Y %H:%M:%S",
        "%d.%m.%Y %H:%M",
        "%d-%m-%Y %H:%M:%S",
        "%d-%m-%Y %H:%M",
    ];
    const DATES: &[&str] = &["%Y/%m/%d", "%d/%m/%Y", "%d.%m.%Y", "%d-%m-%Y", "%Y%m%d"];
    let timed = FORMATS
        .iter()
        .find_map(|format| BrokenDownTime::parse(format, text).ok()?.to_datetime().ok());
    let dated = || {
        let date: Date = DATES
            .iter()
            .find_map(|format| BrokenDownTime::parse(format, text).ok()?.to_date().ok())?;
        Some(date.at(0, 0, 0, 0))
    };
    timed.or_else(dated)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_many_forms() {
        let rome = TimeZone::get("Europe/Rome").unwrap();
        for (text, expected) in [
            ("2017-10-31T22:10:35Z", "2017-10-31T22:10:35Z"),
            ("2017-10-31T23:10:35.5+01:00", "2017-10-31T22:10:35.5Z"),
            ("Tue Oct 31 22:10:35 +0000 2017", "2017-10-31T22:10:35Z"),
            ("Tue, 31 Oct 2017 22:10:35 +0000", "2017-10-31T22:10:35Z"),
            ("2017-10-31 22:10:35 +0000", "2017-10-31T22:10:35Z"),
            ("1509487835", "2017-10-31T22:10:35Z"),
            ("1509487835000", "2017-10-31T22:10:35Z"),
            ("2017-10-31 23:10:35", "2017-10-31T22:10:35Z"),
            ("2017-10-31T23:10", "2017-10-31T22:10:00Z"),
            ("31/10/2017 23:10", "2017-10-31T22:10:00Z"),
            ("1/7/2017 12:00", "2017-07-01T10:00:00Z"),
            ("31.10.2017", "2017-10-30T23:00:00Z"),
            ("2017-10-31", "2017-10-30T23:00:00Z"),
            ("snowflake:570306133677760000", "2015-02-24T19:35:52.701Z"),
        ] {
            let expected = expected.parse::<Timestamp>().unwrap().as_millisecond();
            assert_eq!(parse(text, &rome), Some(expected), "{text}");
        }
        for text in ["", "yesterday", "31/13/2017", "snowflake:-1", "99999999999999999999"] {
            assert_eq!(parse(text, &rome), None, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn never_panics(text in "\\PC{0,40}", number in proptest::num::i64::ANY) {
            parse(&text, &TimeZone::UTC);
            parse(&number.to_string(), &TimeZone::UTC);
            parse(&format!("snowflake:{number}"), &TimeZone::UTC);
        }
    }
}
