//! Prometheus' regular expressions: RE2 syntax, anchored at both ends, with a dot that matches newlines.

use std::fmt;
use std::sync::{Arc, OnceLock};

use regex::{Regex, RegexBuilder};

use super::MatcherError;
use super::literals::{Shape, shape};
use super::re2::translate;

/// A compiled regular expression may take so many bytes; a larger one is refused.
const COMPILED_BYTES_MAX: usize = 10 << 20;

/// Nesting deeper than this is refused, as upstream's parser does.
const NESTING_MAX: u32 = 1000;

/// A pattern of at most so many bytes and without counted repetitions stays far below [`COMPILED_BYTES_MAX`] whatever it
/// says: the largest classes take three bytes to write and some ten thousand to compile.
const SURELY_SMALL_BYTES_MAX: usize = 128;

/// A regular expression that must match the whole string: `^(?s:pattern)$`.
///
/// Cheap to clone.
#[derive(Clone)]
pub struct AnchoredRegex {
    inner: Arc<Inner>,
}

struct Inner {
    shape: Shape,
    /// In the syntax of the library, without the anchors.
    pattern: Box<str>,
    /// Compiled when it is first needed, unless only compiling tells that it is not too large: a query that is read and
    /// not run, or asks for literals only, does not pay for it.
    regex: OnceLock<Regex>,
}

impl Inner {
    fn regex(&self) -> &Regex {
        self.regex.get_or_init(|| {
            compile(&self.pattern)
                .expect("a short pattern that was parsed and repeats nothing by count is small")
        })
    }
}

impl AnchoredRegex {
    /// Compiles `pattern`.
    ///
    /// # Errors
    /// [`MatcherError`] if it is malformed or too large.
    pub fn new(pattern: &str) -> Result<Self, MatcherError> {
        let translated = translate(pattern);
        let refuse = |reason: String| MatcherError { pattern: pattern.into(), reason };
        // Parsed alone first, so that `a)(b` cannot close our own group.
        let hir = regex_syntax::ParserBuilder::new()
            .dot_matches_new_line(true)
            .nest_limit(NESTING_MAX)
            .build()
            .parse(&translated)
            .map_err(|error| refuse(reason(&error)))?;
        let regex = OnceLock::new();
        if translated.len() > SURELY_SMALL_BYTES_MAX || translated.contains('{') {
            let compiled = compile(&translated).map_err(|error| refuse(error.to_string()))?;
            let _ = regex.set(compiled);
        }
        let pattern = (*translated).into();
        Ok(Self { inner: Arc::new(Inner { shape: shape(&hir), pattern, regex }) })
    }

    /// Whether it matches all of `text`.
    #[must_use]
    pub fn is_match(&self, text: &str) -> bool {
        match &self.inner.shape {
            Shape::OneOf(strings) => strings.binary_search_by(|s| (**s).cmp(text)).is_ok(),
            Shape::Any => true,
            Shape::AnyNonEmpty => !text.is_empty(),
            Shape::Prefix(prefix, at_least_one) => {
                text.strip_prefix(&**prefix).is_some_and(|rest| !at_least_one || !rest.is_empty())
            }
            Shape::Other => self.inner.regex().is_match(text),
        }
    }

    /// The strings that it matches if these are all and few, sorted: an index looks them up instead of scanning.
    #[must_use]
    pub fn literals(&self) -> Option<&[Box<str>]> {
        match &self.inner.shape {
            Shape::OneOf(strings) => Some(strings),
            _ => None,
        }
    }

    /// If it matches all of `text`, appends `template` to `out` with `$1`, `${1}`, `$name` and `${name}` replaced by
    /// what the groups matched, in Go's manner: a name reaches as far as letters, digits and underscores do, an
    /// unknown group is empty, `$$` is a dollar.
    pub fn expand(&self, text: &str, template: &str, out: &mut String) -> bool {
        let Some(captures) = self.inner.regex().captures(text) else { return false };
        captures.expand(template, out);
        true
    }
}

impl fmt::Debug for AnchoredRegex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", anchored(&self.inner.pattern))
    }
}

/// The whole text, and a dot matches newlines.
fn anchored(pattern: &str) -> String {
    format!("^(?s:{pattern})$")
}

fn compile(pattern: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(&anchored(pattern)).size_limit(COMPILED_BYTES_MAX).nest_limit(NESTING_MAX + 2).build()
}

/// The parser's complaint in one line.
fn reason(error: &regex_syntax::Error) -> String {
    match error {
        regex_syntax::Error::Parse(e) => format!("{} at offset {}", e.kind(), e.span().start.offset),
        regex_syntax::Error::Translate(e) => format!("{} at offset {}", e.kind(), e.span().start.offset),
        other => other.to_string(),
    }
}
