//! Series selectors and the modifiers that follow them.

use emberdb_model::{METRIC_NAME, MatchOp, Matcher};

use super::duration::DurationSpec;
use crate::span::Span;

/// `name{matchers} offset 5m @ end()`: the latest sample of each series that matches.
#[derive(Debug, Clone, PartialEq)]
pub struct VectorSelector {
    /// The metric name, where it was given before the braces. One within them, quoted or as `__name__`, is only a
    /// matcher; [`metric_name`](Self::metric_name) finds both.
    pub name: Option<String>,
    /// All matchers in the order written; the one that `name` stands for comes last.
    pub matchers: Vec<Matcher>,
    /// How far back to look; zero when not given, negative looks ahead.
    pub offset: DurationSpec,
    /// The time to evaluate at, instead of the query's own.
    pub at: Option<At>,
    /// `anchored` or `smoothed`. On a range selector it stands after the brackets and is kept here.
    pub extended_range: Option<ExtendedRange>,
    /// All matchers may match the empty string: so in the second argument of `info`, where the selector
    /// picks among info metrics that are found by other means.
    pub allow_empty_matchers: bool,
    /// From the name or the brace to the last modifier. Within a [`MatrixSelector`]: to before the bracket.
    pub span: Span,
}

impl VectorSelector {
    /// The one metric that the selector asks for, however it was written: `foo`, `{"foo"}` or `{__name__="foo"}`.
    ///
    /// ```
    /// use emberdb_promql_syntax::{Expr, parse};
    ///
    /// let expr = parse(r#"{"metric.name", job="api"}"#)?;
    /// assert!(matches!(&expr, Expr::VectorSelector(selector) if selector.metric_name() == Some("metric.name")));
    /// # Ok::<(), emberdb_promql_syntax::ParseError>(())
    /// ```
    #[must_use]
    pub fn metric_name(&self) -> Option<&str> {
        let is_name = |matcher: &&Matcher| matcher.name() == METRIC_NAME && matcher.op() == MatchOp::Equal;
        self.name.as_deref().or_else(|| self.matchers.iter().find(is_name).map(Matcher::value))
    }

    /// Adds a condition. The matcher that [`name`](Self::name) stands for stays the last one.
    pub fn add_matcher(&mut self, matcher: Matcher) {
        let at = self.matchers.len().saturating_sub(usize::from(self.name.is_some()));
        self.matchers.insert(at, matcher);
    }
}

/// `selector[5m] offset 1h`: all samples of the window, for each series that matches.
#[derive(Debug, Clone, PartialEq)]
pub struct MatrixSelector {
    /// The series, and the offset, `@` and extended range written after the brackets.
    pub selector: VectorSelector,
    /// The length of the window.
    pub range: DurationSpec,
    /// From the selector's start to the bracket, or to the last modifier behind it.
    pub span: Span,
}

/// `@ t`, `@ start()`, `@ end()`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// A Unix time in milliseconds.
    Timestamp(i64),
    /// The start of the whole query, also within subqueries.
    Start,
    /// The end of the whole query, also within subqueries.
    End,
}

/// How a window takes in samples from beyond its edges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExtendedRange {
    /// `anchored`: with the last sample before the window as its value at the start.
    Anchored,
    /// `smoothed`: with values interpolated at both edges.
    Smoothed,
}

impl ExtendedRange {
    /// The keyword.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Anchored => "anchored",
            Self::Smoothed => "smoothed",
        }
    }
}
