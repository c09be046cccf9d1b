//! A condition on one label of a series.

mod literals;
mod re2;
mod regex;

use std::fmt;

use crate::{is_legacy_label_name, write_quoted};

pub use self::regex::AnchoredRegex;

/// How a [`Matcher`] compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum MatchOp {
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `=~`
    Regex,
    /// `!~`
    NotRegex,
}

impl MatchOp {
    /// The operator as PromQL writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Regex => "=~",
            Self::NotRegex => "!~",
        }
    }
}

impl fmt::Display for MatchOp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A regular expression that cannot be used, with the reason.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid regular expression {pattern:?}: {reason}")]
pub struct MatcherError {
    pub(crate) pattern: String,
    pub(crate) reason: String,
}

impl MatcherError {
    /// The regular expression as it was given.
    #[must_use]
    pub fn pattern(&self) -> &str {
        &self.pattern
    }

    /// What is wrong with it.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }
}

/// A condition on one label: `name op value`. A label that a series does not have counts as the empty string.
#[derive(Clone)]
pub struct Matcher {
    op: MatchOp,
    name: Box<str>,
    value: Box<str>,
    /// There for `=~` and `!~`.
    regex: Option<AnchoredRegex>,
}

impl Matcher {
    /// The condition `name op value`; for `=~` and `!~` the value is a regular expression that must match all of the
    /// label's value.
    ///
    /// # Errors
    /// [`MatcherError`] if the regular expression is malformed or compiles to something too large.
    ///
    /// ```
    /// use emberdb_model::{MatchOp, Matcher};
    /// let matcher = Matcher::new(MatchOp::NotRegex, "code", "2..")?;
    /// assert!(matcher.matches("503") && !matcher.matches("200"));
    /// assert_eq!(matcher.to_string(), r#"code!~"2..""#);
    /// # Ok::<(), emberdb_model::MatcherError>(())
    /// ```
    pub fn new(
        op: MatchOp,
        name: impl Into<Box<str>>,
        value: impl Into<Box<str>>,
    ) -> Result<Self, MatcherError> {
        let (name, value) = (name.into(), value.into());
        let regex = match op {
            MatchOp::Equal | MatchOp::NotEqual => None,
            MatchOp::Regex | MatchOp::NotRegex => Some(AnchoredRegex::new(&value)?),
        };
        Ok(Self { op, name, value, regex })
    }

    /// The condition `name="value"`.
    #[must_use]
    pub fn equal(name: impl Into<Box<str>>, value: impl Into<Box<str>>) -> Self {
        Self { op: MatchOp::Equal, name: name.into(), value: value.into(), regex: None }
    }

    /// How it compares.
    #[must_use]
    pub fn op(&self) -> MatchOp {
        self.op
    }

    /// The label's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the label is compared with, as it was given.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }

    /// The regular expression of `=~` and `!~`.
    #[must_use]
    pub fn regex(&self) -> Option<&AnchoredRegex> {
        self.regex.as_ref()
    }

    /// Whether a series whose label has this value (empty: does not have it) is selected.
    #[must_use]
    pub fn matches(&self, label_value: &str) -> bool {
        let regex_matches = || self.regex.as_ref().is_some_and(|r| r.is_match(label_value));
        match self.op {
            MatchOp::Equal => *self.value == *label_value,
            MatchOp::NotEqual => *self.value != *label_value,
            MatchOp::Regex => regex_matches(),
            MatchOp::NotRegex => !regex_matches(),
        }
    }
}

/// The same name, operator and text.
impl PartialEq for Matcher {
    fn eq(&self, other: &Self) -> bool {
        self.op == other.op && self.name == other.name && self.value == other.value
    }
}

impl Eq for Matcher {}

impl fmt::Display for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if is_legacy_label_name(&self.name) {
            f.write_str(&self.name)?;
        } else {
            write_quoted(f, &self.name)?;
        }
        f.write_str(self.op.as_str())?;
        write_quoted(f, &self.value)
    }
}

impl fmt::Debug for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests;
