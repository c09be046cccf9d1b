//! Duration literals: `1h30m` to milliseconds and back.

use crate::quote::quoted;

/// Units from the greatest to the least, with their milliseconds.
const UNITS: [(&str, u64); 7] = [
    ("y", 365 * 24 * 3600 * 1000),
    ("w", 7 * 24 * 3600 * 1000),
    ("d", 24 * 3600 * 1000),
    ("h", 3600 * 1000),
    ("m", 60 * 1000),
    ("s", 1000),
    ("ms", 1),
];

/// Beyond this a count of nanoseconds no longer fits 64 bits: about 292 years.
const MILLIS_MAX: u64 = (i64::MAX / 1_000_000) as u64;

/// Why a text is not a duration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DurationTextError {
    /// There is nothing, or only a sign.
    #[error("empty duration string")]
    Empty,
    /// A number without unit, a unit without number, a unit twice or after a smaller one.
    #[error("not a valid duration string: {}", quoted(.0))]
    Invalid(String),
    /// A unit that is none of `y w d h m s ms`.
    #[error("unknown unit {} in duration {}", quoted(.unit), quoted(.text))]
    UnknownUnit {
        /// The unit.
        unit: String,
        /// The whole text.
        text: String,
    },
    /// More than about 292 years.
    #[error("duration out of range")]
    OutOfRange,
}

/// A duration in milliseconds: `0`, or pairs of a whole number and a unit of `y w d h m s ms`, each unit at most
/// once and in this order. A year has 365 days.
///
/// ```
/// use emberdb_promql_syntax::parse_duration;
///
/// assert_eq!(parse_duration("1h30m"), Ok(5_400_000));
/// assert_eq!(parse_duration("90m1h").unwrap_err().to_string(), r#"not a valid duration string: "90m1h""#);
/// ```
///
/// # Errors
/// [`DurationTextError`] says what is wrong with the text.
pub fn parse_duration(text: &str) -> Result<i64, DurationTextError> {
    if text == "0" {
        return Ok(0);
    }
    if text.is_empty() {
        return Err(DurationTextError::Empty);
    }
    let invalid = || DurationTextError::Invalid(text.to_owned());
    let mut units = UNITS.iter();
    let mut rest = text;
    let mut total_ms: u64 = 0;
    while !rest.is_empty() {
        let (digits, tail) = split_while(rest, |c| c.is_ascii_digit());
        let count: u64 = digits.parse().map_err(|_| invalid())?;
        let (unit, tail) = split_while(tail, |c| !c.is_ascii_digit());
        if unit.is_empty() {
            return Err(invalid());
        }
        if !UNITS.iter().any(|(name, _)| *name == unit) {
            return Err(DurationTextError::UnknownUnit { unit: unit.to_owned(), text: text.to_owned() });
        }
        // The iterator only moves on, so a unit that is not found any more came twice or too late.
        let (_, unit_ms) = units.find(|(name, _)| *name == unit).ok_or_else(invalid)?;
        total_ms = count
            .checked_mul(*unit_ms)
            .and_then(|ms| total_ms.checked_add(ms))
            .filter(|&ms| ms <= MILLIS_MAX)
            .ok_or(DurationTextError::OutOfRange)?;
        rest = tail;
    }
    i64::try_from(total_ms).map_err(|_| DurationTextError::OutOfRange)
}

/// As [`parse_duration`], with an optional `-` before.
///
/// # Errors
/// As [`parse_duration`].
pub fn parse_signed_duration(text: &str) -> Result<i64, DurationTextError> {
    match text.strip_prefix('-') {
        Some(rest) => parse_duration(rest).map(|ms| -ms),
        None => parse_duration(text),
    }
}

/// The text of a duration in milliseconds, `0s` for none. Years and weeks are used only when nothing smaller is
/// left over: 8 days are `8d`, not `1w1d`.
///
/// ```
/// use emberdb_promql_syntax::format_duration;
///
/// assert_eq!(format_duration(5_400_000), "1h30m");
/// assert_eq!(format_duration(-7 * 24 * 3_600_000), "-1w");
/// ```
#[must_use]
pub fn format_duration(ms: i64) -> String {
    let mut text = String::new();
    write_duration(&mut text, ms);
    text
}

/// Appends what [`format_duration`] returns.
pub(crate) fn write_duration(out: &mut String, ms: i64) {
    let mut rest_ms = ms.unsigned_abs();
    if rest_ms == 0 {
        out.push_str("0s");
        return;
    }
    if ms < 0 {
        out.push('-');
    }
    for (unit, unit_ms) in UNITS {
        let must_divide = matches!(unit, "y" | "w");
        let count = rest_ms / unit_ms;
        if count == 0 || (must_divide && !rest_ms.is_multiple_of(unit_ms)) {
            continue;
        }
        out.push_str(&count.to_string());
        out.push_str(unit);
        rest_ms -= count * unit_ms;
    }
}

fn split_while(text: &str, belongs: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(|c| !belongs(c)).unwrap_or(text.len()))
}

/// Whole milliseconds of a number of seconds, rounded as a literal's are; `None` beyond 292 years.
pub(crate) fn millis_of_seconds(seconds: f64) -> Option<i64> {
    const SECONDS_MAX: f64 = (1_u128 << 63) as f64 / 1e9;
    (seconds.abs() <= SECONDS_MAX).then(|| ((seconds * 1e9).round() / 1e6) as i64)
}

#[cfg(test)]
mod tests {
    use super::{format_duration, millis_of_seconds, parse_duration, parse_signed_duration};

    #[test]
    fn a_duration_reads_back_as_it_was_written() {
        for ms in [1, 999, 1000, 61_000, 86_400_000, 8 * 86_400_000, 365 * 86_400_000, 9_223_372_036_854] {
            assert_eq!(parse_duration(&format_duration(ms)), Ok(ms));
            assert_eq!(parse_signed_duration(&format_duration(-ms)), Ok(-ms));
        }
    }

    #[test]
    fn seconds_round_to_nanoseconds_and_cut_to_milliseconds() {
        assert_eq!(millis_of_seconds(4.018), Some(4018));
        assert_eq!(millis_of_seconds(-4.0189), Some(-4018));
        assert_eq!(millis_of_seconds(9.5e10), None);
        assert_eq!(millis_of_seconds(f64::NAN), None);
    }
}
