//! Quoting as Go does it, in messages and in printed queries.

use emberdb_model::write_quoted;

/// `text` in double quotes, with escapes.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    push_quoted(&mut out, text);
    out
}

/// Appends [`quoted`].
pub(crate) fn push_quoted(out: &mut String, text: &str) {
    // Writing to a `String` cannot fail.
    let _ = write_quoted(out, text);
}

/// Appends bytes in double quotes: [`quoted`], and `\xff` for what is no UTF-8.
pub(crate) fn push_quoted_bytes(out: &mut String, bytes: &[u8]) {
    out.push('"');
    for chunk in bytes.utf8_chunks() {
        let text = quoted(chunk.valid());
        out.push_str(text.get(1..text.len() - 1).unwrap_or_default());
        for byte in chunk.invalid() {
            out.push_str(&format!("\\x{byte:02x}"));
        }
    }
    out.push('"');
}

/// `c` in single quotes, with escapes.
pub(crate) fn quoted_char(c: char) -> String {
    match c {
        '\'' => r"'\''".to_owned(),
        '"' => "'\"'".to_owned(),
        c => {
            let double = quoted(c.encode_utf8(&mut [0; 4]));
            format!("'{}'", double.trim_matches('"'))
        }
    }
}

/// `c` as its code point and itself: `U+0063 'c'`.
pub(crate) fn code_point(c: char) -> String {
    if c.is_control() { format!("U+{:04X}", c as u32) } else { format!("U+{:04X} '{c}'", c as u32) }
}

#[cfg(test)]
mod tests {
    use super::{code_point, quoted, quoted_char};

    #[test]
    fn each_kind_of_quote_is_escaped_in_its_own_kind_only() {
        assert_eq!(quoted("a'b\"c\n"), r#""a'b\"c\n""#);
        assert_eq!([quoted_char('\''), quoted_char('"'), quoted_char('\n')], [r"'\''", "'\"'", r"'\n'"]);
        assert_eq!(quoted_char('台'), "'台'");
        assert_eq!([code_point('c'), code_point('\n')], ["U+0063 'c'", "U+000A"]);
    }
}
