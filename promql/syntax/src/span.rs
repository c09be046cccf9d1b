//! Where in the query text something stands.

use std::fmt;

/// A half-open range `start..end` of byte offsets into the query text.
///
/// A query is at most [`QUERY_BYTES_MAX`](crate::QUERY_BYTES_MAX) long, so 32 bits hold every offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct Span {
    /// Offset of the first byte.
    pub start: u32,
    /// Offset after the last byte.
    pub end: u32,
}

impl Span {
    /// The span from `start` up to, not including, `end`.
    #[must_use]
    pub const fn new(start: u32, end: u32) -> Self {
        Self { start, end }
    }

    /// The span from byte offset `start` to `end` of a text short enough for 32 bits.
    pub(crate) fn of(start: usize, end: usize) -> Self {
        let offset = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        Self { start: offset(start), end: offset(end) }
    }

    /// The smallest span that covers both.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        Self { start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// The piece of `query` that the span covers; empty when the span does not lie within it.
    #[must_use]
    pub fn text(self, query: &str) -> &str {
        query.get(self.start as usize..self.end as usize).unwrap_or_default()
    }

    /// Line and column of the span's start, both counted from 1, the column in bytes, as annotations and
    /// errors print them.
    #[must_use]
    pub fn line_column(self, query: &str) -> (usize, usize) {
        let start = (self.start as usize).min(query.len());
        let before = &query.as_bytes()[..start];
        let line_start = before.iter().rposition(|&byte| byte == b'\n').map_or(0, |newline| newline + 1);
        let line = 1 + before.iter().filter(|&&byte| byte == b'\n').count();
        (line, 1 + start - line_start)
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..{}", self.start, self.end)
    }
}

#[cfg(test)]
mod tests {
    use super::Span;

    #[test]
    fn a_column_counts_bytes_from_the_start_of_its_line() {
        let query = "sum(\n  foo)";
        assert_eq!(Span::new(0, 3).line_column(query), (1, 1));
        assert_eq!(Span::new(4, 5).line_column(query), (1, 5), "the line break ends its own line");
        assert_eq!(Span::new(7, 10).line_column(query), (2, 3));
        assert_eq!(Span::new(7, 10).text(query), "foo");
        assert_eq!(Span::new(90, 91).line_column(query), (2, 7), "past the end means the end");
        assert_eq!(Span::new(90, 91).text(query), "");
    }

    #[test]
    fn two_spans_join_to_the_cover_of_both() {
        assert_eq!(Span::new(7, 9).to(Span::new(2, 4)), Span::new(2, 9));
    }
}
