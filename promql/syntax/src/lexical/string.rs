//! Quoted text: where it ends, and what it stands for.

use crate::quote::code_point;

/// The length of the quoted text at the start of `text`, both quotes included. The first byte is the quote.
///
/// # Errors
/// What is wrong with it.
pub(super) fn scan_string(text: &str) -> Result<usize, String> {
    let mut pieces = Pieces { text, at: 1, quote: quote_of(text) };
    loop {
        match pieces.next()? {
            Piece::End => return Ok(pieces.at),
            Piece::Plain(_) | Piece::Char(_) | Piece::Byte(_) => {}
        }
    }
}

/// The text that a string token stands for.
///
/// # Errors
/// What is wrong with it: escaped bytes that are not UTF-8 (the scanner has seen to the rest).
pub(crate) fn unquote(token: &str) -> Result<String, String> {
    if let Some(plain) = unescaped(token) {
        return Ok(plain.to_owned());
    }
    String::from_utf8(unquote_bytes(token)?).map_err(|_| "invalid UTF-8 in string literal".to_owned())
}

/// The bytes that a string token stands for.
///
/// # Errors
/// What is wrong with it, of which the scanner has seen to everything.
pub(crate) fn unquote_bytes(token: &str) -> Result<Vec<u8>, String> {
    if let Some(plain) = unescaped(token) {
        return Ok(plain.as_bytes().to_vec());
    }
    let mut bytes = Vec::with_capacity(token.len());
    let mut pieces = Pieces { text: token, at: 1, quote: quote_of(token) };
    loop {
        match pieces.next()? {
            Piece::End => return Ok(bytes),
            Piece::Plain(text) => bytes.extend_from_slice(text.as_bytes()),
            Piece::Char(c) => bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            Piece::Byte(byte) => bytes.push(byte),
        }
    }
}

/// The text between the quotes, if it stands for itself.
fn unescaped(token: &str) -> Option<&str> {
    let inner = token.get(1..token.len().saturating_sub(1)).unwrap_or_default();
    (quote_of(token) == b'`' || !inner.contains('\\')).then_some(inner)
}

fn quote_of(token: &str) -> u8 {
    token.as_bytes().first().copied().unwrap_or(b'"')
}

/// What a quoted text is made of.
enum Piece<'a> {
    /// Text that stands for itself.
    Plain(&'a str),
    /// An escaped character.
    Char(char),
    /// An escaped byte; several can make a character.
    Byte(u8),
    /// The closing quote.
    End,
}

struct Pieces<'a> {
    text: &'a str,
    at: usize,
    quote: u8,
}

impl<'a> Pieces<'a> {
    fn next(&mut self) -> Result<Piece<'a>, String> {
        let is_raw = self.quote == b'`';
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        let is_special = |&byte: &u8| byte == self.quote || (!is_raw && matches!(byte, b'\\' | b'\n'));
        let unterminated = if is_raw { "unterminated raw string" } else { "unterminated quoted string" };
        match rest.iter().position(is_special) {
            None => Err(unterminated.to_owned()),
            Some(0) if rest.first() == Some(&self.quote) => {
                self.at += 1;
                Ok(Piece::End)
            }
            Some(0) if rest.first() == Some(&b'\\') => {
                self.at += 1;
                self.escape()
            }
            Some(0) => Err(unterminated.to_owned()),
            Some(length) => {
                let plain = self.text.get(self.at..self.at + length).unwrap_or_default();
                self.at += length;
                Ok(Piece::Plain(plain))
            }
        }
    }

    /// What stands behind a backslash.
    fn escape(&mut self) -> Result<Piece<'a>, String> {
        let first = self.next_char()?;
        Ok(match first {
            'a' => Piece::Char('\u{07}'),
            'b' => Piece::Char('\u{08}'),
            'f' => Piece::Char('\u{0c}'),
            'n' => Piece::Char('\n'),
            'r' => Piece::Char('\r'),
            't' => Piece::Char('\t'),
            'v' => Piece::Char('\u{0b}'),
            '\\' => Piece::Char('\\'),
            c if u32::from(c) == u32::from(self.quote) => Piece::Char(c),
            '0'..='7' => {
                self.at -= 1;
                Piece::Byte(u8::try_from(self.digits(3, 8)?).map_err(|_| invalid_code_point())?)
            }
            'x' => Piece::Byte(u8::try_from(self.digits(2, 16)?).map_err(|_| invalid_code_point())?),
            'u' => Piece::Char(char::from_u32(self.digits(4, 16)?).ok_or_else(invalid_code_point)?),
            'U' => Piece::Char(char::from_u32(self.digits(8, 16)?).ok_or_else(invalid_code_point)?),
            c => return Err(format!("unknown escape sequence {}", code_point(c))),
        })
    }

    fn digits(&mut self, count: usize, base: u32) -> Result<u32, String> {
        let mut value: u32 = 0;
        for _ in 0..count {
            let c = self.next_char()?;
            let digit = c
                .to_digit(base)
                .ok_or_else(|| format!("illegal character {} in escape sequence", code_point(c)))?;
            // Eight hexadecimal digits just fit.
            value = value.wrapping_mul(base).wrapping_add(digit);
        }
        Ok(value)
    }

    fn next_char(&mut self) -> Result<char, String> {
        let c = self.text.get(self.at..).and_then(|rest| rest.chars().next());
        let c = c.ok_or_else(|| "escape sequence not terminated".to_owned())?;
        self.at += c.len_utf8();
        Ok(c)
    }
}

fn invalid_code_point() -> String {
    "escape sequence is an invalid Unicode code point".to_owned()
}

#[cfg(test)]
mod tests {
    use super::{scan_string, unquote, unquote_bytes};

    #[test]
    fn escapes_stand_for_characters_and_bytes() {
        for (token, text) in [
            (r#""plain""#, "plain"),
            (r#""a\tb\\c\"d'e""#, "a\tb\\c\"d'e"),
            (r"'it\'s'", "it's"),
            (r"`raw\n`", r"raw\n"),
            (r#""\101\x42\u0043\U0001F525""#, "ABC\u{1f525}"),
            (r#""\xe5\x8f\xb0""#, "台"),
        ] {
            assert_eq!(scan_string(token), Ok(token.len()), "{token}");
            assert_eq!(unquote(token).as_deref(), Ok(text), "{token}");
        }
        assert!(unquote(r#""\xff""#).is_err(), "a lone byte is no character");
        assert_eq!(unquote_bytes(r#""a\xff""#), Ok(b"a\xff".to_vec()));
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (text, message) in [
            (r#""foo"#, "unterminated quoted string"),
            ("\"foo\nbar\"", "unterminated quoted string"),
            ("`foo", "unterminated raw string"),
            (r#""\"#, "escape sequence not terminated"),
            (r#""\c""#, "unknown escape sequence U+0063 'c'"),
            (r#""\'""#, "unknown escape sequence U+0027 '''"),
            (r#""\xg0""#, "illegal character U+0067 'g' in escape sequence"),
            (r#""\400""#, "escape sequence is an invalid Unicode code point"),
            (r#""\ud800""#, "escape sequence is an invalid Unicode code point"),
        ] {
            assert_eq!(scan_string(text), Err(message.to_owned()), "{text}");
        }
    }
}
