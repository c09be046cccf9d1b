//! Times and durations as people type and read them.

use jiff::Timestamp;

/// A time: Unix seconds, RFC 3339, or `now`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Time {
    Now,
    /// Milliseconds since the Unix epoch.
    At(i64),
}

impl Time {
    /// In milliseconds since the Unix epoch.
    pub(crate) fn resolve(self, now_ms: i64) -> i64 {
        match self {
            Self::Now => now_ms,
            Self::At(ms) => ms,
        }
    }
}

/// Reads a time.
pub(crate) fn parse_time(text: &str) -> Result<Time, String> {
    if text == "now" {
        return Ok(Time::Now);
    }
    let expected = "expected Unix seconds (1700000000), RFC 3339 (2023-11-14T22:13:20Z) or `now`";
    emberdb_http::parse_time(text).map(Time::At).ok_or_else(|| expected.into())
}

/// Reads a duration above 0, in milliseconds: seconds, or as in PromQL (`5m`).
pub(crate) fn parse_step(text: &str) -> Result<i64, String> {
    let ms = emberdb_http::parse_duration(text).ok_or("expected seconds, or 15s, 5m, 1h30m")?;
    if ms <= 0 { Err("the step must be above 0".into()) } else { Ok(ms) }
}

/// Reads a time as `ember tsdb` takes it, in milliseconds since the Unix epoch: promtool's tools count in milliseconds, not
/// in seconds as queries do.
pub(crate) fn parse_time_ms(text: &str) -> Result<i64, String> {
    if let Ok(ms) = text.parse() {
        return Ok(ms);
    }
    let timestamp: Result<Timestamp, _> = text.parse();
    timestamp
        .map(Timestamp::as_millisecond)
        .map_err(|_| "expected Unix milliseconds (1700000000000) or RFC 3339 (2023-11-14T22:13:20Z)".into())
}

/// A time for people, in UTC: `2023-11-14 22:13:20`.
pub(crate) fn show(ms: i64) -> String {
    match Timestamp::from_millisecond(ms) {
        Ok(timestamp) => timestamp.strftime("%Y-%m-%d %H:%M:%S").to_string(),
        Err(_) => format!("{ms} ms"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_steps() {
        assert_eq!(parse_time("1700000000.5"), Ok(Time::At(1_700_000_000_500)));
        assert_eq!(parse_time("2023-11-14T22:13:20Z"), Ok(Time::At(1_700_000_000_000)));
        assert_eq!(parse_time("now"), Ok(Time::Now));
        assert!(parse_time("yesterday").is_err());
        assert_eq!(parse_step("5m"), Ok(300_000));
        assert_eq!(parse_step("0.5"), Ok(500));
        assert!(parse_step("0").is_err() && parse_step("-5m").is_err() && parse_step("x").is_err());
        assert_eq!(show(1_700_000_000_000), "2023-11-14 22:13:20");
        assert_eq!(parse_time_ms("1700000000000"), parse_time_ms("2023-11-14T22:13:20Z"));
        assert_eq!(parse_time_ms("-5"), Ok(-5));
        assert!(parse_time_ms("1.5").is_err() && parse_time_ms("now").is_err());
    }
}
