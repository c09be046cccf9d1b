//! Numbers as exposition text spells them.
//!
//! Values are what upstream's number reader takes, without its hexadecimal floats and without underscores between digits: decimal
//! with an optional exponent, `inf` and `infinity` with an optional sign, `nan` without one, in any case. A value too
//! large for binary64 is an error, one too small is zero.

use std::borrow::Cow;

use emberdb_model::NORMAL_NAN;
use emberdb_model::number::open_metrics;

/// Integers of this many digits are exact in binary64.
const EXACT_DIGITS: usize = 15;

/// The value that `text` spells; every NaN comes out as [`NORMAL_NAN`].
pub(super) fn parse_value(text: &[u8]) -> Option<f64> {
    if let Some(integer) = parse_short_integer(text) {
        return Some(integer);
    }
    let (negative, digits) = match text.split_first() {
        Some((b'-', rest)) => (true, rest),
        Some((b'+', rest)) => (false, rest),
        _ => (false, text),
    };
    let magnitude = match digits.first()? {
        b'0'..=b'9' | b'.' => fast_float2::parse::<f64, _>(digits).ok().filter(|v| v.is_finite())?,
        b'i' | b'I' if is_infinity(digits) => f64::INFINITY,
        b'n' | b'N' if digits.len() == text.len() && digits.eq_ignore_ascii_case(b"nan") => {
            return Some(NORMAL_NAN);
        }
        _ => return None,
    };
    Some(if negative { -magnitude } else { magnitude })
}

/// Counters are mostly small integers, and those need no float reader.
fn parse_short_integer(text: &[u8]) -> Option<f64> {
    if text.is_empty() || text.len() > EXACT_DIGITS {
        return None;
    }
    let mut integer = 0u64;
    for &byte in text {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        integer = integer * 10 + u64::from(digit);
    }
    Some(integer as f64)
}

fn is_infinity(text: &[u8]) -> bool {
    text.eq_ignore_ascii_case(b"inf") || text.eq_ignore_ascii_case(b"infinity")
}

/// Milliseconds as the text format writes them: digits and nothing else.
pub(super) fn parse_milliseconds(digits: &[u8]) -> Option<i64> {
    digits.iter().try_fold(0i64, |sum, &byte| sum.checked_mul(10)?.checked_add(i64::from(byte - b'0')))
}

/// Seconds as OpenMetrics writes them, as milliseconds; what lies beyond whole milliseconds is cut off.
pub(super) fn parse_seconds(text: &[u8]) -> Option<i64> {
    let seconds = parse_value(text)?;
    seconds.is_finite().then(|| seconds_to_ms(seconds))
}

/// `seconds` in whole milliseconds, towards zero.
pub(super) fn seconds_to_ms(seconds: f64) -> i64 {
    (seconds * 1000.0) as i64
}

/// A bound of a bucket or a quantile as OpenMetrics spells it (`1` is `1.0`); what is no number stays as it is.
pub(super) fn canonical_bound(bound: Cow<'_, str>) -> Cow<'_, str> {
    let Some(value) = parse_value(bound.as_bytes()) else { return bound };
    let spelled = open_metrics(value);
    if spelled == bound { bound } else { Cow::Owned(spelled) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_a_value() {
        for (text, value) in [
            ("1", 1.0),
            ("-0", -0.0),
            ("+1.5e3", 1500.0),
            (".5", 0.5),
            ("5.", 5.0),
            ("123456789012345678", 123_456_789_012_345_680.0),
            ("1e-400", 0.0),
            ("+Inf", f64::INFINITY),
            ("-infinity", f64::NEG_INFINITY),
        ] {
            assert_eq!(parse_value(text.as_bytes()).map(f64::to_bits), Some(value.to_bits()), "{text}");
        }
        for text in [
            "", "+", "-", ".", "e1", "1e", "1e+", "1_2", "0x1p-3", "0x1", "1e400", "-nan", "infin", "1 ",
            "--1", "1f",
        ] {
            assert_eq!(parse_value(text.as_bytes()), None, "{text}");
        }
        assert_eq!(parse_value(b"nAn").map(f64::to_bits), Some(NORMAL_NAN.to_bits()));
    }

    #[test]
    fn times() {
        assert_eq!(parse_milliseconds(b"9223372036854775807"), Some(i64::MAX));
        assert_eq!(parse_milliseconds(b"9223372036854775808"), None);
        assert_eq!(parse_seconds(b"1520879607.789"), Some(1_520_879_607_789));
        assert_eq!(parse_seconds(b"NaN"), None);
    }

    #[test]
    fn bounds_have_one_spelling() {
        for (bound, spelled) in [
            ("1", "1.0"),
            ("0.50", "0.5"),
            ("-0", "0.0"),
            ("1e-5", "1e-05"),
            ("0.0001", "0.0001"),
            ("1.5e9", "1.5e+09"),
            ("100000", "100000.0"),
            ("1000000", "1e+06"),
            ("inf", "+Inf"),
            ("nan", "NaN"),
            ("", ""),
            ("c", "c"),
        ] {
            assert_eq!(canonical_bound(bound.into()), spelled, "{bound}");
        }
    }

    proptest! {
        #[test]
        fn finite_values_read_as_the_standard_library_reads_them(text in r"[+-]?[0-9]{0,18}\.?[0-9]{0,6}([eE][+-]?[0-9]{0,3})?") {
            let std = text.parse::<f64>().ok().filter(|v| v.is_finite());
            prop_assert_eq!(parse_value(text.as_bytes()).map(f64::to_bits), std.map(f64::to_bits));
        }

        #[test]
        fn a_canonical_bound_stays_and_keeps_its_value(value in any::<f64>()) {
            let spelled = open_metrics(value);
            prop_assert_eq!(canonical_bound(spelled.as_str().into()), spelled.as_str());
            if value.is_finite() {
                prop_assert_eq!(spelled.parse::<f64>().unwrap(), value);
            }
        }
    }
}
