//! Well-known label names, which names need quotes, and how strings are quoted.

use std::fmt::{self, Write};

/// The label that holds the metric name.
pub const METRIC_NAME: &str = "__name__";

/// The label that holds the upper bound of a classic histogram's bucket.
pub const BUCKET_LABEL: &str = "le";

/// The label that holds the quantile of a summary.
pub const QUANTILE_LABEL: &str = "quantile";

/// Whether `name` can stand in PromQL as a label without quotes: `[a-zA-Z_][a-zA-Z0-9_]*`.
#[must_use]
pub fn is_legacy_label_name(name: &str) -> bool {
    is_identifier(name, |_| false)
}

/// Whether `name` can stand in PromQL as a metric without quotes: as a label, and with colons.
#[must_use]
pub fn is_legacy_metric_name(name: &str) -> bool {
    is_identifier(name, |b| b == b':')
}

fn is_identifier(name: &str, extra: impl Fn(u8) -> bool) -> bool {
    let bytes = name.as_bytes();
    !bytes.is_empty()
        && !bytes[0].is_ascii_digit()
        && bytes.iter().all(|&b| b.is_ascii_alphanumeric() || b == b'_' || extra(b))
}

/// Writes `text` in double quotes, escaped as Go's `strconv.Quote` does, which is how upstream prints strings.
///
/// # Errors
/// Those of `out`.
pub fn write_quoted(out: &mut impl Write, text: &str) -> fmt::Result {
    out.write_char('"')?;
    for c in text.chars() {
        match c {
            '"' => out.write_str("\\\"")?,
            '\\' => out.write_str("\\\\")?,
            '\u{07}' => out.write_str("\\a")?,
            '\u{08}' => out.write_str("\\b")?,
            '\u{0c}' => out.write_str("\\f")?,
            '\n' => out.write_str("\\n")?,
            '\r' => out.write_str("\\r")?,
            '\t' => out.write_str("\\t")?,
            '\u{0b}' => out.write_str("\\v")?,
            c if is_printable(c) => out.write_char(c)?,
            c if (c as u32) < 0x20 || c as u32 == 0x7f => write!(out, "\\x{:02x}", c as u32)?,
            c if (c as u32) < 0x1_0000 => write!(out, "\\u{:04x}", c as u32)?,
            c => write!(out, "\\U{:08x}", c as u32)?,
        }
    }
    out.write_char('"')
}

/// Near enough to Go's `IsPrint`: what Rust's debug form would not escape, and no space but the ASCII one.
fn is_printable(c: char) -> bool {
    if c.is_ascii() {
        return (' '..='~').contains(&c);
    }
    !c.is_whitespace() && c.escape_debug().len() == 1 || is_combining(c)
}

/// Rust escapes grapheme extenders when they stand alone; Go prints them.
fn is_combining(c: char) -> bool {
    matches!(c as u32, 0x300..=0x36f | 0x483..=0x489 | 0x591..=0x5bd | 0x1ab0..=0x1aff | 0x1dc0..=0x1dff
        | 0x20d0..=0x20f0 | 0xfe00..=0xfe0f | 0xfe20..=0xfe2f)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoting_follows_go() {
        let mut out = String::new();
        write_quoted(&mut out, "a\"\\\n\u{1}é\u{a0}\u{10ffff}").unwrap();
        assert_eq!(out, r#""a\"\\\n\x01é\u00a0\U0010ffff""#);
    }

    #[test]
    fn names() {
        assert!(is_legacy_metric_name("a:b_1") && !is_legacy_label_name("a:b"));
        assert!(!is_legacy_label_name("") && !is_legacy_label_name("1a") && !is_legacy_label_name("a.b"));
    }
}
