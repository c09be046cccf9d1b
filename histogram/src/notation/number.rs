//! Numbers in the notation.

/// How many bytes at the start of a text belong to a number without sign, right or wrong.
pub(super) fn length(text: &str) -> usize {
    let mut previous = 0;
    text.bytes()
        .take_while(|&byte| {
            let follows_exponent = matches!(previous, b'e' | b'E') && matches!(byte, b'+' | b'-');
            previous = byte;
            follows_exponent || byte.is_ascii_alphanumeric() && byte != b'x' || matches!(byte, b'.' | b'_')
        })
        .count()
}

/// What a number without sign is worth: with a leading zero octal, as in Go; `Inf` and `NaN` in any letters.
pub(super) fn value(text: &str) -> Option<f64> {
    if text.eq_ignore_ascii_case("inf") {
        return Some(f64::INFINITY);
    }
    if text.eq_ignore_ascii_case("nan") {
        return Some(f64::NAN);
    }
    if !text.starts_with(|first: char| first.is_ascii_digit() || first == '.') {
        return None;
    }
    let digits = without_underscores(text)?;
    let is_octal = digits.len() > 1 && digits.starts_with('0');
    if let Some(octal) = is_octal.then(|| i64::from_str_radix(&digits, 8).ok()).flatten() {
        return Some(octal as f64);
    }
    digits.parse().ok().filter(|value: &f64| value.is_finite())
}

/// Underscores may stand between digits.
fn without_underscores(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let is_digit = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_digit);
    bytes
        .iter()
        .enumerate()
        .filter(|&(_, &byte)| byte == b'_')
        .all(|(at, _)| is_digit(at.checked_sub(1)) && is_digit(Some(at + 1)))
        .then(|| text.replace('_', ""))
}

#[cfg(test)]
mod tests {
    use super::{length, value};

    #[test]
    fn numbers_are_those_of_the_language() {
        for (text, expected) in [
            ("5", Some(5.0)),
            ("1_000.5e-1", Some(100.05)),
            ("010", Some(8.0)),
            ("09", Some(9.0)),
            (".5", Some(0.5)),
            ("iNF", Some(f64::INFINITY)),
            ("1__0", None),
            ("1e999", None),
            ("infinity", None),
            ("1m", None),
            ("", None),
        ] {
            assert_eq!(value(text), expected, "{text}");
        }
        assert!(value("NaN").is_some_and(f64::is_nan));
        assert_eq!(["1e+5x3", "5]", "1.5}}", "nan "].map(length), [4, 1, 3, 3]);
    }
}
