//! Where reading stopped, and why.

use std::fmt::Write;

/// Longest piece of the input that a message repeats, in bytes.
const EXCERPT_BYTES_MAX: usize = 80;

/// Longest piece of the input that a message calls the thing found, in bytes.
const FOUND_BYTES_MAX: usize = 24;

/// What made a parser stop: nothing after this place was read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{line}:{column}: expected {expected}, found {found} in {excerpt:?}")]
pub struct ParseError {
    /// Line, from 1.
    pub line: usize,
    /// Column in bytes, from 1.
    pub column: usize,
    /// Byte offset in the input.
    pub offset: usize,
    /// What would have been right here.
    pub expected: &'static str,
    /// What stands here, quoted, or `end of line`, or `end of input`.
    pub found: String,
    /// The line concerned, cut where it is long.
    pub excerpt: String,
}

/// A [`ParseError`] before anyone counted lines for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) at: usize,
    pub(super) expected: &'static str,
}

impl Fault {
    pub(super) fn new(at: usize, expected: &'static str) -> Self {
        Self { at, expected }
    }

    /// The error for people, with evidence from `input`.
    #[cold]
    pub(super) fn explain(self, input: &[u8]) -> ParseError {
        let offset = self.at.min(input.len());
        let (before, after) = input.split_at(offset);
        let line_start = memchr::memrchr(b'\n', before).map_or(0, |newline| newline + 1);
        let line_end = memchr::memchr(b'\n', after).map_or(input.len(), |newline| offset + newline);
        ParseError {
            line: 1 + memchr::memchr_iter(b'\n', before).count(),
            column: 1 + offset - line_start,
            offset,
            expected: self.expected,
            found: describe(after),
            excerpt: excerpt(input, line_start, offset, line_end),
        }
    }
}

fn describe(rest: &[u8]) -> String {
    match rest.first() {
        None => "end of input".into(),
        Some(b'\n') => "end of line".into(),
        Some(b' ' | b'\t') => format!("{:?}", char::from(rest[0]).to_string()),
        Some(_) => {
            let end = rest.iter().position(u8::is_ascii_whitespace).unwrap_or(rest.len());
            let mut found = String::new();
            let shown = String::from_utf8_lossy(&rest[..end.min(FOUND_BYTES_MAX)]);
            write!(found, "{shown:?}").expect("writing to a string does not fail");
            if end > FOUND_BYTES_MAX {
                found.push('…');
            }
            found
        }
    }
}

/// The part of the line around the fault: all of it if it is short, else what leads up to the fault.
fn excerpt(input: &[u8], line_start: usize, at: usize, line_end: usize) -> String {
    if line_end - line_start <= EXCERPT_BYTES_MAX {
        return String::from_utf8_lossy(&input[line_start..line_end]).into_owned();
    }
    let end = line_end.min(at + FOUND_BYTES_MAX);
    let start = end.saturating_sub(EXCERPT_BYTES_MAX).max(line_start);
    let mut text = String::new();
    if start > line_start {
        text.push('…');
    }
    text.push_str(&String::from_utf8_lossy(&input[start..end]));
    if end < line_end {
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_where_and_shows_the_line() {
        let error = Fault::new(8, "a value").explain(b"a 1\nfoo =um\nb 2\n");
        assert_eq!(error.to_string(), r#"2:5: expected a value, found "=um" in "foo =um""#);
        assert_eq!(Fault::new(3, "a value").explain(b"a 1\n").found, "end of line");
        assert_eq!(Fault::new(9, "a value").explain(b"a 1\n").found, "end of input");
    }

    #[test]
    fn long_lines_are_cut_around_the_fault() {
        let mut input = vec![b'x'; 500];
        input[300] = b'\xff';
        let error = Fault::new(300, "a name").explain(&input);
        assert_eq!(error.column, 301);
        assert!(error.excerpt.len() < 2 * EXCERPT_BYTES_MAX, "{error}");
        assert!(error.excerpt.contains('\u{fffd}') && error.found.ends_with('…'), "{error}");
    }
}
