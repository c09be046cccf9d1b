//! Tokens.

use crate::quote::quoted;
use crate::signature::{AggregationOp, BinaryOp};
use crate::span::Span;

/// A piece of the query text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// Where it stands.
    pub span: Span,
}

/// What a token is. The text of names, numbers and strings is that of the span.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// The end of the query; [`tokens`](crate::tokens) leaves it out.
    End,
    /// Text that is no token, and the last one; [`tokens`](crate::tokens) gives an error instead.
    Fault,
    /// `,`.
    Comma,
    /// `:`, within brackets.
    Colon,
    /// `(`.
    LeftParen,
    /// `)`.
    RightParen,
    /// `{`.
    LeftBrace,
    /// `}`.
    RightBrace,
    /// `[`.
    LeftBracket,
    /// `]`.
    RightBracket,
    /// `=`.
    Assign,
    /// `=~`, within braces.
    RegexMatch,
    /// `!~`, within braces.
    RegexNoMatch,
    /// `@`.
    At,
    /// A number, `Inf` and `NaN` included.
    Number,
    /// A number with units.
    Duration,
    /// A quoted text.
    String,
    /// A name.
    Identifier,
    /// A name with a colon.
    MetricIdentifier,
    /// A binary operator; `!=` within braces too.
    Operator(BinaryOp),
    /// The name of an aggregation.
    Aggregator(AggregationOp),
    /// Any other word with a meaning of its own.
    Keyword(Keyword),
}

/// Words with a meaning of their own. All can be label names, most can be metric names too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keyword {
    /// `offset`.
    Offset,
    /// `anchored`.
    Anchored,
    /// `smoothed`.
    Smoothed,
    /// `by`.
    By,
    /// `without`.
    Without,
    /// `on`.
    On,
    /// `ignoring`.
    Ignoring,
    /// `group_left`.
    GroupLeft,
    /// `group_right`.
    GroupRight,
    /// `bool`.
    Bool,
    /// `fill`, before a parenthesis.
    Fill,
    /// `fill_left`, before a parenthesis.
    FillLeft,
    /// `fill_right`, before a parenthesis.
    FillRight,
    /// `start`.
    Start,
    /// `end`.
    End,
    /// `step`, within brackets.
    Step,
    /// `range`, within brackets.
    Range,
    /// `min_of`, within brackets.
    MinOf,
    /// `max_of`, within brackets.
    MaxOf,
}

impl Keyword {
    /// Those that are names of functions too.
    pub(crate) const fn is_function(self) -> bool {
        matches!(self, Self::Start | Self::End | Self::Step | Self::Range | Self::MinOf | Self::MaxOf)
    }
}

impl TokenKind {
    /// Whether it can be a metric name: all words but those of vector matching, where they would be ambiguous.
    pub(crate) const fn is_metric_name(self) -> bool {
        match self {
            Self::Identifier | Self::MetricIdentifier | Self::Aggregator(_) => true,
            Self::Operator(op) => op.is_set(),
            Self::Keyword(keyword) => !matches!(
                keyword,
                Keyword::On
                    | Keyword::Ignoring
                    | Keyword::GroupLeft
                    | Keyword::GroupRight
                    | Keyword::Bool
                    | Keyword::Fill
                    | Keyword::FillLeft
                    | Keyword::FillRight
            ),
            _ => false,
        }
    }

    /// Whether it can be a label name in a grouping: all words, also with a colon, which prints in quotes.
    pub(crate) const fn is_label_name(self) -> bool {
        match self {
            Self::Identifier | Self::MetricIdentifier | Self::Aggregator(_) | Self::Keyword(_) => true,
            Self::Operator(op) => op.is_set() || matches!(op, BinaryOp::Atan2),
            _ => false,
        }
    }
}

impl Token {
    /// What messages call it: `identifier "foo"`, `<op:==>`, `","`.
    pub(crate) fn describe(self, query: &str) -> String {
        let text = self.span.text(query);
        match self.kind {
            TokenKind::End | TokenKind::Fault => "end of input".to_owned(),
            TokenKind::At | TokenKind::Operator(_) | TokenKind::RegexMatch | TokenKind::RegexNoMatch => {
                format!("<op:{text}>")
            }
            TokenKind::Aggregator(_) => format!("<aggr:{text}>"),
            TokenKind::Keyword(keyword) if !keyword.is_function() => format!("<{text}>"),
            TokenKind::Number => format!("number {}", abridged(text)),
            TokenKind::Duration => format!("duration {}", abridged(text)),
            TokenKind::String => format!("string {}", abridged(text)),
            TokenKind::Identifier => format!("identifier {}", quoted(text)),
            TokenKind::MetricIdentifier => format!("metric identifier {}", quoted(text)),
            TokenKind::Comma
            | TokenKind::Colon
            | TokenKind::LeftParen
            | TokenKind::RightParen
            | TokenKind::LeftBrace
            | TokenKind::RightBrace
            | TokenKind::LeftBracket
            | TokenKind::RightBracket
            | TokenKind::Assign
            | TokenKind::Keyword(_) => abridged(text),
        }
    }
}

/// The text quoted; a long one is cut to its first ten characters.
fn abridged(text: &str) -> String {
    if text.len() <= 10 {
        return quoted(text);
    }
    let cut = text.char_indices().nth(10).map_or(text.len(), |(offset, _)| offset);
    format!("{}...", quoted(&text[..cut]))
}
