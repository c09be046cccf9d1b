//! Numbers and strings.

use crate::span::Span;

/// A number: `1`, `0x1f`, `-3`, `NaN`, or a duration used as a number, which counts its seconds.
#[derive(Debug, Clone, Copy)]
pub struct NumberLiteral {
    /// The number; seconds where `is_duration`.
    pub value: f64,
    /// Written as a duration (`5m`), and printed as one again.
    pub is_duration: bool,
    /// Where it stands, a folded sign included.
    pub span: Span,
}

/// Equal as text is: every NaN is the same literal, and 0 is not -0.
impl PartialEq for NumberLiteral {
    fn eq(&self, other: &Self) -> bool {
        let same_value =
            self.value.to_bits() == other.value.to_bits() || (self.value.is_nan() && other.value.is_nan());
        same_value && self.is_duration == other.is_duration && self.span == other.span
    }
}

/// A string: `"text"`, `'text'` or `` `text` ``.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StringLiteral {
    /// The text, its escapes resolved. Escapes can spell bytes that are no UTF-8: here they are U+FFFD.
    pub value: String,
    /// The bytes, if they are no UTF-8.
    pub not_utf8: Option<Box<[u8]>>,
    /// Where it stands, quotes included.
    pub span: Span,
}

impl StringLiteral {
    pub(crate) fn new(bytes: Vec<u8>, span: Span) -> Self {
        match String::from_utf8(bytes) {
            Ok(value) => Self { value, not_utf8: None, span },
            Err(error) => {
                let value = String::from_utf8_lossy(error.as_bytes()).into_owned();
                Self { value, not_utf8: Some(error.into_bytes().into()), span }
            }
        }
    }
}
