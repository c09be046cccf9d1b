//! Go's ways with numbers where they differ from Rust's.

/// Go's `math.Max`: +Inf beats NaN, NaN beats all else, 0 beats -0.
pub(super) fn max(a: f64, b: f64) -> f64 {
    if a == f64::INFINITY || b == f64::INFINITY {
        f64::INFINITY
    } else if a.is_nan() || b.is_nan() {
        f64::NAN
    } else if a == 0.0 && b == 0.0 {
        if a.is_sign_negative() { b } else { a }
    } else if a > b {
        a
    } else {
        b
    }
}

/// Go's `math.Min`: -Inf beats NaN, NaN beats all else, -0 beats 0.
pub(super) fn min(a: f64, b: f64) -> f64 {
    -max(-a, -b)
}

/// Go's `strconv.ParseFloat` for the numbers that labels hold; `None` for what it refuses, overflow included.
pub(super) fn parse_float(text: &str) -> Option<f64> {
    let value: f64 = text.parse().ok()?;
    let spells_infinity = text.trim_start_matches(['+', '-']).starts_with(['i', 'I']);
    let spells_signed_nan = value.is_nan() && text.starts_with(['+', '-']);
    (!spells_signed_nan && (value.is_finite() || value.is_nan() || spells_infinity)).then_some(value)
}

/// Go's `%g`: the shortest text that reads back, with an exponent below 1e-04 and from 1e+06 on.
pub(super) fn format_g(value: f64) -> String {
    if value.is_nan() {
        return "NaN".into();
    }
    if value.is_infinite() {
        return if value > 0.0 { "+Inf".into() } else { "-Inf".into() };
    }
    let scientific = shortest(value);
    let (digits, exponent) = parts(&scientific);
    if value == 0.0 || (-4..6).contains(&exponent) {
        return format_fixed(value);
    }
    with_exponent(digits, exponent)
}

/// Go's `strconv.FormatFloat(value, 'f', -1, 64)`: never with an exponent.
pub(super) fn format_fixed(value: f64) -> String {
    if !value.is_finite() {
        return format_g(value);
    }
    let scientific = shortest(value.abs());
    let (digits, exponent) = parts(&scientific);
    let sign = if value.is_sign_negative() { "-" } else { "" };
    let digits = digits.replace('.', "");
    let Ok(exponent) = usize::try_from(exponent) else {
        let zeros = "0".repeat(exponent.unsigned_abs() as usize - 1);
        return format!("{sign}0.{zeros}{digits}");
    };
    if digits.len() <= exponent + 1 {
        return format!("{sign}{digits:0<width$}", width = exponent + 1);
    }
    format!("{sign}{}.{}", &digits[..=exponent], &digits[exponent + 1..])
}

/// The shortest digits that read back, with an exponent: of two as near to the value Go takes the even ones, and Rust the greater.
fn shortest(value: f64) -> String {
    let rusts = format!("{value:e}");
    let (digits, exponent) = parts(&rusts);
    let exact = format!("{value:.1100e}");
    let (floor, rest) = exact.split_at(digits.len());
    let is_tie = rest.split('e').next().is_some_and(|rest| rest.trim_end_matches('0') == "5");
    let is_even = floor.ends_with(['0', '2', '4', '6', '8']);
    let even = format!("{floor}e{exponent}");
    if is_tie && is_even && even.parse() == Ok(value) { even } else { rusts }
}

/// The digits and the exponent of a number as `{:e}` writes it.
fn parts(scientific: &str) -> (&str, i32) {
    let (digits, exponent) = scientific.split_once('e').expect("{:e} always has an exponent");
    (digits, exponent.parse().expect("{:e} writes a decimal exponent"))
}

/// Go's `%.{precision}g`.
pub(super) fn format_precision(value: f64, precision: usize) -> String {
    if !value.is_finite() || value == 0.0 {
        return format_g(value);
    }
    let scientific = format!("{value:.*e}", precision - 1);
    let (digits, exponent) = parts(&scientific);
    if exponent < -4 || exponent >= precision as i32 {
        return with_exponent(without_trailing_zeros(digits), exponent);
    }
    let decimals = (precision as i32 - 1 - exponent).max(0) as usize;
    without_trailing_zeros(&format!("{value:.decimals$}")).into()
}

fn with_exponent(digits: &str, exponent: i32) -> String {
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.abs())
}

fn without_trailing_zeros(digits: &str) -> &str {
    if digits.contains('.') { digits.trim_end_matches('0').trim_end_matches('.') } else { digits }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_two_texts_as_near_the_even_one_is_taken() {
        for (value, text) in [
            (1_000_000_000_000_000.2, "1000000000000000.2"),
            (-1_000_000_000_000_000.8, "-1000000000000000.8"),
            (1e23, "100000000000000000000000"),
            (0.000_25, "0.00025"),
            (120.0, "120"),
            (-0.0, "-0"),
        ] {
            assert_eq!(format_fixed(value), text);
        }
        assert_eq!(format_g(1_000_000_000_000_000.2), "1.0000000000000002e+15");
    }

    #[test]
    fn numbers_print_as_go_prints_them() {
        for (value, text) in [(1e6, "1e+06"), (123_456.5, "123456.5"), (0.0001, "0.0001"), (0.00001, "1e-05")]
        {
            assert_eq!(format_g(value), text);
        }
        assert_eq!(format_g(f64::NEG_INFINITY), "-Inf");
        assert_eq!(format_precision(7.449, 2), "7.4");
        assert_eq!(format_precision(25.3, 2), "25");
        assert_eq!(format_precision(0.30000001, 2), "0.3");
        assert_eq!(format_precision(1234.0, 2), "1.2e+03");
    }

    #[test]
    fn infinity_beats_nan() {
        assert_eq!(max(f64::NAN, f64::INFINITY), f64::INFINITY);
        assert!(max(f64::NAN, 1.0).is_nan());
        assert_eq!(min(f64::NAN, f64::NEG_INFINITY), f64::NEG_INFINITY);
    }
}
