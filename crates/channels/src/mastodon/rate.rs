//! Rate limits as servers tell them (<https://docs.joinmastodon.org/api/rate-limits/>).

use std::time::Duration;

use voce_domain::Millis;

use crate::http::Response;

/// Longest wait that a server's word is taken for: the windows of Mastodon last 5 to 30 minutes.
const MAX_WAIT: Duration = Duration::from_secs(30 * 60);
/// Wait after a refusal that does not say how long.
const DEFAULT_WAIT: Duration = Duration::from_secs(60);

/// How long to wait before the next request: told by a refusal (429, 503 with `Retry-After`) or because no request is left.
/// `None`: go on.
pub fn wait(response: &Response, now: Millis) -> Option<Duration> {
    let refused = response.status.as_u16() == 429;
    let retry_after = response.header("retry-after").and_then(|text| until(text, now));
    let reset = response.header("x-ratelimit-reset").and_then(|text| until(text, now));
    let used_up = response
        .header("x-ratelimit-remaining")
        .is_some_and(|text| text.trim() == "0");
    let wait = match (refused, used_up) {
        (true, _) => retry_after.or(reset).unwrap_or(DEFAULT_WAIT),
        (false, true) => reset?,
        (false, false) if response.status.is_server_error() => retry_after?,
        (false, false) => return None,
    };
    Some(wait.min(MAX_WAIT))
}

/// The time until a moment told as seconds from now, as seconds since 1970, as RFC 3339 or as an HTTP date.
fn until(text: &str, now: Millis) -> Option<Duration> {
    /// No window is this long, so a larger number is a date.
    const EPOCH: i64 = 1_000_000_000;
    let text = text.trim();
    let at = match text.parse::<i64>() {
        Ok(seconds) if seconds < EPOCH => now.checked_add(seconds.checked_mul(1000)?)?,
        Ok(seconds) => seconds.checked_mul(1000)?,
        Err(_) => text
            .parse::<jiff::Timestamp>()
            .or_else(|_| jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text))
            .ok()?
            .as_millisecond(),
    };
    Some(Duration::from_millis(at.saturating_sub(now).max(0).unsigned_abs()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::{HeaderMap, StatusCode};

    /// 2026-03-01 12:00:00 UTC.
    const NOW: Millis = 1_772_366_400_000;

    fn response(status: u16, headers: &[(&'static str, &'static str)]) -> Response {
        let headers = headers
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
        Response {
            status: StatusCode::from_u16(status).unwrap(),
            headers: HeaderMap::from_iter(headers),
            body: Default::default(),
        }
    }

    #[test]
    fn waits_as_long_as_the_server_says() {
        let seconds = |seconds| Some(Duration::from_secs(seconds));
        for (status, headers, expected) in [
            (
                200,
                vec![
                    ("x-ratelimit-remaining", "12"),
                    ("x-ratelimit-reset", "2026-03-01T12:05:00.000000Z"),
                ],
                None,
            ),
            (
                200,
                vec![
                    ("x-ratelimit-remaining", "0"),
                    ("x-ratelimit-reset", "2026-03-01T12:05:00.0Z"),
                ],
                seconds(300),
            ),
            (
                200,
                vec![("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1772366460")],
                seconds(60),
            ),
            (
                200,
                vec![("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "soon")],
                None,
            ),
            (
                429,
                vec![("retry-after", "2"), ("x-ratelimit-reset", "1772366460")],
                seconds(2),
            ),
            (429, vec![("retry-after", "Sun, 01 Mar 2026 12:00:30 GMT")], seconds(30)),
            (429, vec![("x-ratelimit-reset", "45")], seconds(45)),
            (429, vec![], seconds(60)),
            (429, vec![("retry-after", "99999999")], seconds(1800)),
            (429, vec![("x-ratelimit-reset", "2020-01-01T00:00:00Z")], seconds(0)),
            (503, vec![("retry-after", "7")], seconds(7)),
            (500, vec![], None),
        ] {
            assert_eq!(wait(&response(status, &headers), NOW), expected, "{status} {headers:?}");
        }
    }
}
