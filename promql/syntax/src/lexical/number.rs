//! Numbers and durations: where they end, and what a number is worth.

use super::token::TokenKind;

/// The number or duration at the start of `text`: its kind and length in bytes; or the length of the text that
/// shows why there is none.
///
/// Underscores may stand between digits, an exponent needs digits, a word must not follow directly. Hexadecimal
/// numbers are whole.
pub(super) fn scan_number(text: &[u8]) -> Result<(TokenKind, usize), usize> {
    let mut cursor = Cursor { text, at: 0 };
    if cursor.number() && !cursor.at_word() {
        return Ok((TokenKind::Number, cursor.at));
    }
    if !cursor.duration_units() {
        return Err(cursor.at);
    }
    // A letter too many is shown with the units that it follows.
    if cursor.at_word() { Err(cursor.at + 1) } else { Ok((TokenKind::Duration, cursor.at)) }
}

/// The value of a number token, read as Go reads it: a leading `0` makes octal, `0x` hexadecimal.
///
/// # Errors
/// What follows `error parsing number: ` in the message.
pub(crate) fn parse_number(text: &str) -> Result<f64, String> {
    if text.eq_ignore_ascii_case("inf") {
        return Ok(f64::INFINITY);
    }
    if text.eq_ignore_ascii_case("nan") {
        return Ok(f64::NAN);
    }
    let refuse = |reason: &str| Err(format!("strconv.ParseFloat: parsing \"{text}\": {reason}"));
    let without_underscores;
    let digits = if text.contains('_') {
        if !underscores_separate_digits(text.as_bytes()) {
            return refuse("invalid syntax");
        }
        without_underscores = text.replace('_', "");
        &without_underscores
    } else {
        text
    };
    if let Some(hexadecimal) = digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        return i64::from_str_radix(hexadecimal, 16)
            .map_or_else(|_| refuse("invalid syntax"), |v| Ok(v as f64));
    }
    let is_octal =
        digits.len() > 1 && digits.starts_with('0') && digits.bytes().all(|b| matches!(b, b'0'..=b'7'));
    if is_octal && let Ok(value) = i64::from_str_radix(digits, 8) {
        return Ok(value as f64);
    }
    match digits.parse::<f64>() {
        Ok(value) if value.is_infinite() => refuse("value out of range"),
        Ok(value) => Ok(value),
        Err(_) => refuse("invalid syntax"),
    }
}

fn underscores_separate_digits(text: &[u8]) -> bool {
    text.iter().enumerate().filter(|&(_, &byte)| byte == b'_').all(|(at, _)| {
        let before = at.checked_sub(1).and_then(|before| text.get(before));
        let after = text.get(at + 1);
        let follows_prefix = at == 2 && matches!(before, Some(b'x' | b'X'));
        (follows_prefix || before.is_some_and(u8::is_ascii_hexdigit))
            && after.is_some_and(u8::is_ascii_hexdigit)
    })
}

/// Letters, digits and `_`: what cannot follow a number directly.
pub(super) const fn is_word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

struct Cursor<'a> {
    text: &'a [u8],
    at: usize,
}

impl Cursor<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn accept(&mut self, belongs: impl Fn(u8) -> bool) -> bool {
        let is_accepted = self.peek().is_some_and(belongs);
        self.at += usize::from(is_accepted);
        is_accepted
    }

    fn accept_run(&mut self, belongs: impl Fn(u8) -> bool + Copy) {
        while self.accept(belongs) {}
    }

    fn at_word(&self) -> bool {
        self.peek().is_some_and(is_word_byte)
    }

    /// Whether a well-formed number was passed; if not, the cursor is behind what is wrong.
    fn number(&mut self) -> bool {
        if matches!(self.text, [b'0', b'x' | b'X', ..]) {
            self.at = 2;
            self.accept(|b| b == b'_');
            return self.digits(|b| b.is_ascii_hexdigit(), true);
        }
        self.digits(|b| b.is_ascii_digit(), false)
    }

    fn digits(&mut self, is_digit: impl Fn(u8) -> bool + Copy, is_hexadecimal: bool) -> bool {
        let is_mark = |b: u8| matches!(b, b'.' | b'_' | b'e' | b'E');
        let (mut has_dot, mut has_exponent) = (false, false);
        // A first dot after a leading zero is passed unseen, as upstream does: `0.1.1` is one token, and no number.
        if !is_hexadecimal {
            self.accept(|b| b == b'0');
            self.accept(|b| b == b'.');
        }
        loop {
            self.accept_run(is_digit);
            match self.peek() {
                Some(b'.') if !is_hexadecimal => {
                    self.at += 1;
                    if has_dot || self.accept(|b| matches!(b, b'.' | b'_')) {
                        return false;
                    }
                    has_dot = true;
                }
                Some(b'.') => {
                    self.at += 1;
                    return false;
                }
                Some(b'e' | b'E') if !is_hexadecimal => {
                    self.at += 1;
                    if has_exponent {
                        return false;
                    }
                    has_exponent = true;
                    self.accept(|b| matches!(b, b'+' | b'-'));
                    if self.peek().is_none() || self.accept(is_mark) {
                        return false;
                    }
                }
                Some(b'_') => {
                    self.at += 1;
                    if self.peek().is_none() || self.accept(is_mark) {
                        return false;
                    }
                }
                _ => return self.at > 0,
            }
        }
    }

    /// Whether units (and further numbers with units) were passed.
    fn duration_units(&mut self) -> bool {
        if !self.accept(|b| b"smhdwy".contains(&b)) {
            return false;
        }
        self.accept(|b| b == b's');
        while self.accept(|b| b.is_ascii_digit()) {
            self.accept_run(|b| b.is_ascii_digit());
            // Years come first only.
            if !self.accept(|b| b"smhdw".contains(&b)) {
                return false;
            }
            self.accept(|b| b == b's');
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::{TokenKind, parse_number, scan_number};

    #[test]
    fn a_number_ends_where_it_stops_being_one() {
        for (text, length) in
            [("4.23)", 4), (".3", 2), ("5. ", 2), ("1.e2", 4), ("0x1F+", 4), ("0X_ff", 5), ("0xee", 4)]
        {
            assert_eq!(scan_number(text.as_bytes()), Ok((TokenKind::Number, length)), "{text}");
        }
        for (text, length) in [("5m:", 2), ("1h30m]", 5), ("1.5d", 4), ("31e3ms", 6)] {
            assert_eq!(scan_number(text.as_bytes()), Ok((TokenKind::Duration, length)), "{text}");
        }
    }

    #[test]
    fn what_is_no_number_is_shown_up_to_the_fault() {
        for (text, shown) in [
            ("1..2", "1.."),
            ("00_1_23__4.56", "00_1_23__"),
            ("1e", "1e"),
            ("1e+e2", "1e+e"),
            ("1a", "1"),
            ("5mm]", "5mm"),
            ("5m1]", "5m1"),
            ("0deadbeef", "0de"),
        ] {
            assert_eq!(scan_number(text.as_bytes()), Err(shown.len()), "{text}");
        }
    }

    #[test]
    fn a_leading_zero_makes_octal_when_it_can() {
        for (text, value) in [
            ("0755", 493.0),
            ("08", 8.0),
            ("0755.0", 755.0),
            ("0x1F", 31.0),
            ("0X_ff", 255.0),
            ("1_000", 1000.0),
            ("1e+3", 1000.0),
            ("inF", f64::INFINITY),
        ] {
            assert_eq!(parse_number(text), Ok(value), "{text}");
        }
        assert!(parse_number("nan").is_ok_and(f64::is_nan));
        for text in ["1_", "0.1.1", "0x", "1e999", "0xfffffffffffffffff"] {
            assert!(parse_number(text).is_err(), "{text}");
        }
    }
}
