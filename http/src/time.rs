//! Times and durations as the API takes them, and people with it.

use emberdb::promql_syntax;

/// Seconds from which on milliseconds do not fit 64 bits.
const SECONDS_MAX: f64 = 9.2e15;

/// What upstream calls its first and its last time, which clients send back, and no calendar of ours reaches.
const TIME_MIN: &str = "-292273086-05-16T16:47:06Z";
const TIME_MAX: &str = "292277025-08-18T07:12:54.999999999Z";

/// From the year 1 to 1970.
const SECONDS_BEFORE_EPOCH: i64 = 62_135_596_801;

/// A time in milliseconds since the Unix epoch: of Unix seconds, or RFC 3339.
#[must_use]
pub fn parse_time(text: &str) -> Option<i64> {
    if let Ok(seconds) = text.parse::<f64>() {
        if seconds.is_nan() || seconds.abs() >= SECONDS_MAX {
            return None;
        }
        // Rounded to milliseconds as upstream does it: whole seconds and the fraction apart.
        let whole = seconds.trunc();
        let millis = ((seconds - whole) * 1000.0).round();
        return Some(whole as i64 * 1000 + millis as i64);
    }
    match text {
        TIME_MIN => Some((i64::MIN / 1000 + SECONDS_BEFORE_EPOCH) * 1000),
        TIME_MAX => Some((i64::MAX / 1000 - SECONDS_BEFORE_EPOCH) * 1000 + 999),
        _ => text.parse().ok().map(jiff::Timestamp::as_millisecond),
    }
}

/// A duration in milliseconds: of seconds, or as in PromQL (`1h30m`).
#[must_use]
pub fn parse_duration(text: &str) -> Option<i64> {
    if let Ok(seconds) = text.parse::<f64>() {
        return (seconds.abs() < SECONDS_MAX / 1e6).then_some((seconds * 1000.0) as i64);
    }
    promql_syntax::parse_duration(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times() {
        for (text, ms) in [
            ("1435781451.781", Some(1_435_781_451_781)),
            ("-1.5", Some(-1500)),
            ("2015-07-01T20:10:51.781Z", Some(1_435_781_451_781)),
            ("2015-07-01T22:10:51+02:00", Some(1_435_781_451_000)),
            ("-292273086-05-16T16:47:06Z", Some(-9_223_309_901_257_974_000)),
            ("292277025-08-18T07:12:54.999999999Z", Some(9_223_309_901_257_974_999)),
            ("1e300", None),
            ("NaN", None),
            ("now", None),
        ] {
            assert_eq!(parse_time(text), ms, "{text}");
        }
    }

    #[test]
    fn durations() {
        for (text, ms) in
            [("1.5", Some(1500)), ("5m", Some(300_000)), ("1h30m", Some(5_400_000)), ("5x", None)]
        {
            assert_eq!(parse_duration(text), ms, "{text}");
        }
    }
}
