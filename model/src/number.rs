//! Floats as Prometheus prints them, which is as Go does: the shortest digits that read back to the same number, in the
//! layouts that its messages, label values and answers use.
//!
//! ```
//! use emberdb_model::number::{go_fixed, go_general, open_metrics};
//!
//! assert_eq!((go_fixed(1e6), go_general(1e6), open_metrics(5.0)), ("1000000".into(), "1e+06".into(), "5.0".into()));
//! ```

use std::fmt::Write;

/// As Go's `%.2g`: two significant digits, without trailing zeros.
#[must_use]
pub fn go_two_digits(value: f64) -> String {
    if !value.is_finite() {
        return go_general(value);
    }
    let scientific = format!("{value:.1e}");
    let Some((mantissa, exponent)) = scientific.split_once('e') else { return scientific };
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..2).contains(&exponent) {
        let rounded: f64 = scientific.parse().unwrap_or(value);
        return rounded.to_string();
    }
    let mantissa = mantissa.strip_suffix(".0").unwrap_or(mantissa);
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.abs())
}

/// `'f'`: never an exponent, as in label values of `count_values`.
#[must_use]
pub fn go_fixed(value: f64) -> String {
    let mut out = String::new();
    write_float(&mut out, value, Layout::Fixed);
    out
}

/// `'g'`: with an exponent below 1e-4 and from 1e6 on; as in messages.
#[must_use]
pub fn go_general(value: f64) -> String {
    let mut out = String::new();
    write_float(&mut out, value, Layout::General);
    out
}

/// A sample value as the HTTP API prints it: `'f'`, but `'e'` below 1e-6 and from 1e21 on.
pub fn write_sample(out: &mut String, value: f64) {
    write_float(out, value, Layout::Sample);
}

/// A bound or quantile as OpenMetrics wants it in a label: like `'g'`, with a point in any case, and without the sign
/// of zero, as upstream has it.
#[must_use]
pub fn open_metrics(value: f64) -> String {
    let mut out = go_general(if value == 0.0 { 0.0 } else { value });
    if value.is_finite() && !out.contains(['.', 'e']) {
        out.push_str(".0");
    }
    out
}

/// A time in seconds with up to three decimals, never an exponent.
pub fn write_seconds(out: &mut String, timestamp_ms: i64) {
    if timestamp_ms < 0 {
        out.push('-');
    }
    let millis = timestamp_ms.unsigned_abs();
    out.push_str(itoa::Buffer::new().format(millis / 1000));
    let fraction = millis % 1000;
    if fraction != 0 {
        let _ = write!(out, ".{fraction:03}");
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Layout {
    Fixed,
    General,
    Sample,
}

/// Integers below this are exact, and their digits are those of the integer.
const INTEGER_MAX: f64 = 1e15;

fn write_float(out: &mut String, value: f64, layout: Layout) {
    if value.is_nan() {
        out.push_str("NaN");
        return;
    }
    if value.is_infinite() {
        out.push_str(if value > 0.0 { "+Inf" } else { "-Inf" });
        return;
    }
    if value.is_sign_negative() {
        out.push('-');
    }
    let value = value.abs();
    if value == 0.0 {
        out.push('0');
        return;
    }
    if value < INTEGER_MAX && value.trunc() == value && (layout != Layout::General || value < 1e6) {
        out.push_str(itoa::Buffer::new().format(value as u64));
        return;
    }
    let mut buffer = ryu::Buffer::new();
    let mut digits = [0_u8; 32];
    let (digits, exponent) = split(buffer.format_finite(value), &mut digits);
    let scientific = match layout {
        Layout::Fixed => false,
        Layout::General => !(-4..GENERAL_EXPONENT_MAX).contains(&exponent),
        Layout::Sample => !(1e-6..1e21).contains(&value),
    };
    if scientific { write_scientific(out, digits, exponent) } else { write_fixed(out, digits, exponent) }
}

/// With the shortest digits Go's `%g` and `%v` turn to the exponent from 1e6 on.
const GENERAL_EXPONENT_MAX: i32 = 6;

/// The significant digits, without leading and trailing zeros, and the exponent of the first one.
fn split<'a>(text: &str, room: &'a mut [u8; 32]) -> (&'a str, i32) {
    let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let mut len = 0;
    let mut leading_zeros = 0;
    for byte in whole.bytes().chain(fraction.bytes()) {
        if len == 0 && byte == b'0' {
            leading_zeros += 1;
        } else {
            room[len] = byte;
            len += 1;
        }
    }
    while len > 1 && room[len - 1] == b'0' {
        len -= 1;
    }
    let first = whole.len() as i32 - 1 - leading_zeros;
    (str::from_utf8(&room[..len]).unwrap_or("0"), first + exponent)
}

fn write_scientific(out: &mut String, digits: &str, exponent: i32) {
    out.push_str(&digits[..1]);
    if digits.len() > 1 {
        out.push('.');
        out.push_str(&digits[1..]);
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    let _ = write!(out, "e{sign}{:02}", exponent.unsigned_abs());
}

fn write_fixed(out: &mut String, digits: &str, exponent: i32) {
    let zeros = |out: &mut String, count: i32| (0..count).for_each(|_| out.push('0'));
    if exponent < 0 {
        out.push_str("0.");
        zeros(out, -exponent - 1);
        out.push_str(digits);
        return;
    }
    let whole = exponent as usize + 1;
    if digits.len() <= whole {
        out.push_str(digits);
        zeros(out, (whole - digits.len()) as i32);
    } else {
        out.push_str(&digits[..whole]);
        out.push('.');
        out.push_str(&digits[whole..]);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sample(value: f64) -> String {
        let mut out = String::new();
        write_sample(&mut out, value);
        out
    }

    #[test]
    fn samples_as_the_api_prints_them() {
        let cases = [
            (0.0, "0"),
            (-0.0, "-0"),
            (1.0, "1"),
            (-12.5, "-12.5"),
            (1e-6, "0.000001"),
            (9.9e-7, "9.9e-07"),
            (1e20, "100000000000000000000"),
            (1e21, "1e+21"),
            (1.5e300, "1.5e+300"),
            (5e-324, "5e-324"),
            (0.1, "0.1"),
            (123456789.125, "123456789.125"),
            (1e15, "1000000000000000"),
            (f64::MAX, "1.7976931348623157e+308"),
            (f64::INFINITY, "+Inf"),
            (f64::NEG_INFINITY, "-Inf"),
            (f64::NAN, "NaN"),
        ];
        for (value, text) in cases {
            assert_eq!(sample(value), text);
        }
    }

    #[test]
    fn other_layouts() {
        assert_eq!(go_fixed(1e-9), "0.000000001");
        assert_eq!(go_fixed(1.5e22), "15000000000000000000000");
        assert_eq!(go_general(0.00001), "1e-05");
        assert_eq!(go_general(-1.5), "-1.5");
        assert_eq!(go_general(123_456_789.0), "1.23456789e+08");
        assert_eq!(open_metrics(1.0), "1.0");
        assert_eq!(open_metrics(0.5), "0.5");
    }

    #[test]
    fn two_digits_as_go_prints_them() {
        for (value, text) in
            [(0.18, "0.18"), (0.065, "0.065"), (5.0, "5"), (10.0, "10"), (0.1, "0.1"), (99.6, "1e+02")]
        {
            assert_eq!(go_two_digits(value), text);
        }
        assert_eq!(go_two_digits(123_456.0), "1.2e+05");
        assert_eq!(go_two_digits(0.000_012_3), "1.2e-05");
        assert_eq!(go_two_digits(f64::INFINITY), "+Inf");
    }

    #[test]
    fn seconds() {
        let text = |ms| {
            let mut out = String::new();
            write_seconds(&mut out, ms);
            out
        };
        assert_eq!(text(0), "0");
        assert_eq!(text(1_435_781_430_781), "1435781430.781");
        assert_eq!(text(1_500), "1.500");
        assert_eq!(text(-1_005), "-1.005");
        assert_eq!(text(i64::MIN), "-9223372036854775.808");
    }

    proptest! {
        #[test]
        fn reads_back_to_the_same_bits(bits in any::<u64>()) {
            let value = f64::from_bits(bits);
            prop_assume!(value.is_finite());
            for text in [sample(value), go_fixed(value), go_general(value)] {
                prop_assert_eq!(text.parse::<f64>().unwrap().to_bits(), value.to_bits(), "{}", text);
            }
        }
    }
}
