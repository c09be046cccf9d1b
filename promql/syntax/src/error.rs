//! What is wrong with a query, and where.

use std::borrow::Cow;
use std::fmt;

use crate::span::Span;

/// How many characters of a line are shown before the piece concerned, and from it on: a query may be a megabyte.
const SHOWN_BEFORE: usize = 60;
const SHOWN_FROM: usize = 100;

/// Stands for what is not shown.
const MORE: &str = "…";

/// A query that cannot be read.
///
/// Prints as Prometheus prints it, `line:column: parse error: message`; [`render`](Self::render) adds the line
/// with a caret under the place.
///
/// ```
/// use emberdb_promql_syntax::parse;
///
/// let query = "sum(rate(foo[5m]) by (job)";
/// let error = parse(query).unwrap_err();
/// assert_eq!((error.line(), error.column()), (1, 19));
/// assert_eq!(error.to_string(), "1:19: parse error: unexpected <by> in aggregation");
/// assert_eq!(
///     error.render(query),
///     "1:19: parse error: unexpected <by> in aggregation\n\
///      sum(rate(foo[5m]) by (job)\n\
///     \x20                 ^^"
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseError {
    message: String,
    span: Span,
    /// `None` where there is no text to have a position in.
    line_column: Option<(usize, usize)>,
}

impl ParseError {
    pub(crate) fn new(fault: Fault, query: &str) -> Self {
        let line_column = (!query.is_empty()).then(|| fault.span.line_column(query));
        Self { message: fault.message, span: fault.span, line_column }
    }

    /// What is wrong, without the position.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The piece of the query concerned, in bytes.
    #[must_use]
    pub fn span(&self) -> Span {
        self.span
    }

    /// The line, from 1.
    #[must_use]
    pub fn line(&self) -> usize {
        self.line_column.map_or(1, |(line, _)| line)
    }

    /// The column in bytes, from 1.
    #[must_use]
    pub fn column(&self) -> usize {
        self.line_column.map_or(1, |(_, column)| column)
    }

    /// The message, the line of `query` (the text that was parsed) and carets under the piece concerned. Of a long line that piece is shown,
    /// with what stands around it.
    #[must_use]
    pub fn render(&self, query: &str) -> String {
        let line = query.lines().nth(self.line() - 1).unwrap_or_default();
        let before = line.get(..self.column() - 1).unwrap_or(line);
        let rest = line.get(before.len()..).unwrap_or_default();
        let covered = rest.get(..self.span.text(query).len()).unwrap_or(rest);
        let (before, rest) = (last_chars(before, SHOWN_BEFORE), first_chars(rest, SHOWN_FROM));
        // Tabs stay tabs, so that the caret stands where the line's own tabs put it.
        let indent: String = before.chars().map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
        let carets = "^".repeat(covered.chars().count().min(rest.chars().count()).max(1));
        format!("{self}\n{before}{rest}\n{indent}{carets}")
    }
}

/// The end of a text, and a sign that there is more.
fn last_chars(text: &str, count: usize) -> Cow<'_, str> {
    match text.char_indices().nth_back(count - 1) {
        Some((begin, _)) if begin > 0 => format!("{MORE}{}", &text[begin..]).into(),
        _ => text.into(),
    }
}

/// The beginning of a text, and a sign that there is more.
fn first_chars(text: &str, count: usize) -> Cow<'_, str> {
    match text.char_indices().nth(count) {
        Some((end, _)) => format!("{}{MORE}", &text[..end]).into(),
        None => text.into(),
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line_column {
            Some((line, column)) => write!(f, "{line}:{column}: parse error: {}", self.message),
            None => write!(f, "unknown position: parse error: {}", self.message),
        }
    }
}

impl std::error::Error for ParseError {}

/// An error on its way out of the lexer, the grammar or the check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) span: Span,
    pub(crate) message: String,
    /// A syntax error that no rule has explained yet: an enclosing rule may add where it happened.
    pub(crate) is_unexplained: bool,
}

impl Fault {
    pub(crate) fn new(span: Span, message: impl Into<String>) -> Self {
        Self { span, message: message.into(), is_unexplained: false }
    }

    /// Says in which construct a syntax error happened, unless that is known already.
    pub(crate) fn within(mut self, construct: &str) -> Self {
        if self.is_unexplained {
            self.message.push_str(" in ");
            self.message.push_str(construct);
            self.is_unexplained = false;
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::{Fault, ParseError};
    use crate::span::Span;

    #[test]
    fn a_caret_stands_under_the_piece_concerned() {
        let query = "foo +\n\tbär $";
        let error = ParseError::new(Fault::new(Span::new(12, 13), "unexpected character: '$'"), query);
        assert_eq!(error.render(query), "2:7: parse error: unexpected character: '$'\n\tbär $\n\t    ^");
    }

    #[test]
    fn a_caret_can_stand_after_the_end_and_stays_on_its_line() {
        let error = ParseError::new(Fault::new(Span::new(3, 3), "unexpected end of input"), "1 +");
        assert_eq!(error.render("1 +"), "1:4: parse error: unexpected end of input\n1 +\n   ^");
        let error = ParseError::new(Fault::new(Span::new(0, 7), "m"), "fo\no[5m]");
        assert_eq!(error.render("fo\no[5m]"), "1:1: parse error: m\nfo\n^^");
    }

    #[test]
    fn of_a_long_line_the_piece_concerned_is_shown() {
        let query = format!("{}$$${}", "ä".repeat(10_000), "b".repeat(20_000));
        let error = ParseError::new(Fault::new(Span::new(20_000, 20_003), "m"), &query);
        let (before, after) = ("ä".repeat(60), "b".repeat(97));
        let expected = format!("1:20001: parse error: m\n…{before}$$${after}…\n{}^^^", " ".repeat(61));
        assert_eq!(error.render(&query), expected);
        let all = ParseError::new(Fault::new(Span::new(0, 40_003), "m"), &query).render(&query);
        assert!(all.ends_with(&format!("\n{}…\n{}", "ä".repeat(100), "^".repeat(101))), "{all}");
        // As much as is shown needs no sign.
        let query = format!("{}{}", "a".repeat(60), "b".repeat(100));
        let error = ParseError::new(Fault::new(Span::new(60, 61), "m"), &query);
        assert!(error.render(&query).contains(&format!("\n{query}\n")));
    }

    #[test]
    fn a_construct_explains_only_what_is_unexplained() {
        let syntax = Fault { is_unexplained: true, ..Fault::new(Span::default(), "unexpected \",\"") };
        let once = syntax.within("aggregation");
        assert_eq!(once.message, "unexpected \",\" in aggregation");
        assert_eq!(once.clone().within("aggregation"), once);
    }
}
