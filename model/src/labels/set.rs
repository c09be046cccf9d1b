//! A label set as text: what a user names a series with.

use std::cmp::Ordering;
use std::fmt;

use super::{METRIC_NAME, is_legacy_metric_name, names::is_legacy_label_name, write_quoted};

/// Why labels cannot name a series.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LabelError {
    /// A label has the empty name.
    #[error("a label with value {value:?} has an empty name")]
    EmptyName {
        /// Its value.
        value: String,
    },
    /// One name stands twice.
    #[error("label {name:?} is given twice, with values {first:?} and {second:?}")]
    Duplicate {
        /// The name.
        name: String,
        /// The value given first.
        first: String,
        /// The value given after it.
        second: String,
    },
    /// There is no label with a value at all.
    #[error("a series needs at least one label with a value")]
    Empty,
}

/// The labels of a series, sorted by name, without empty values; the metric name is the label `__name__`.
///
/// One buffer holds the text of all names and values.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Labels {
    text: Box<str>,
    /// Ends of name, value, name, value … in `text`.
    ends: Box<[u32]>,
}

impl Labels {
    /// The labels `pairs`, in any order. A label with an empty value is left out, since to Prometheus it is absent.
    ///
    /// # Errors
    /// [`LabelError`] if a name is empty or stands twice.
    ///
    /// ```
    /// let labels = emberdb_model::Labels::new([("job", "api"), ("__name__", "up"), ("zone", "")])?;
    /// assert_eq!(labels.to_string(), r#"up{job="api"}"#);
    /// # Ok::<(), emberdb_model::LabelError>(())
    /// ```
    pub fn new<N: AsRef<str>, V: AsRef<str>>(
        pairs: impl IntoIterator<Item = (N, V)>,
    ) -> Result<Self, LabelError> {
        let mut builder = LabelsBuilder::new();
        for (name, value) in pairs {
            builder.push(name.as_ref(), value.as_ref());
        }
        builder.build()
    }

    /// Number of labels.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len() / 2
    }

    /// Whether there is no label.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The value of a label.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|&(n, _)| n == name).map(|(_, v)| v)
    }

    /// Names and values, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> + Clone {
        (0..self.len()).map(|i| (self.piece(2 * i), self.piece(2 * i + 1)))
    }

    fn piece(&self, i: usize) -> &str {
        let start = if i == 0 { 0 } else { self.ends[i - 1] as usize };
        &self.text[start..self.ends[i] as usize]
    }
}

/// Upstream's order: pair by pair, name before value; then the shorter first.
impl Ord for Labels {
    fn cmp(&self, other: &Self) -> Ordering {
        self.iter().cmp(other.iter())
    }
}

impl PartialOrd for Labels {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Labels {
    /// The metric name printed like any other label.
    pub fn braced(&self) -> impl fmt::Display + '_ {
        Braced::new(self.iter())
    }
}

impl fmt::Display for Labels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_labels(f, self.iter())
    }
}

impl fmt::Debug for Labels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Writes `name{label="value", …}` as upstream does, names that are not identifiers in quotes.
pub(super) fn write_labels<'a>(
    f: &mut fmt::Formatter<'_>,
    labels: impl Iterator<Item = (&'a str, &'a str)> + Clone,
) -> fmt::Result {
    let metric = labels.clone().find(|&(n, _)| n == METRIC_NAME).map(|(_, v)| v);
    let bare = metric.filter(|name| is_legacy_metric_name(name));
    if let Some(name) = bare {
        f.write_str(name)?;
    }
    let quoted = if bare.is_none() { metric } else { None };
    let mut separator = "";
    let others = labels.filter(|&(n, _)| n != METRIC_NAME);
    if bare.is_some() && others.clone().next().is_none() {
        return Ok(());
    }
    f.write_str("{")?;
    if let Some(name) = quoted {
        write_quoted(f, name)?;
        separator = ", ";
    }
    write_pairs(f, others, separator)?;
    f.write_str("}")
}

/// Writes `name="value", …`, the first after `separator`.
fn write_pairs<'a>(
    f: &mut fmt::Formatter<'_>,
    labels: impl Iterator<Item = (&'a str, &'a str)>,
    mut separator: &str,
) -> fmt::Result {
    for (name, value) in labels {
        f.write_str(separator)?;
        separator = ", ";
        if is_legacy_label_name(name) {
            f.write_str(name)?;
        } else {
            write_quoted(f, name)?;
        }
        f.write_str("=")?;
        write_quoted(f, value)?;
    }
    Ok(())
}

/// Labels as upstream's error messages print them: `{__name__="up", job="node"}`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Braced<I>(I);

impl<I> Braced<I> {
    pub(super) fn new(labels: I) -> Self {
        Self(labels)
    }
}

impl<'a, I: Iterator<Item = (&'a str, &'a str)> + Clone> fmt::Display for Braced<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{")?;
        write_pairs(f, self.0.clone(), "")?;
        f.write_str("}")
    }
}

/// Collects labels in any order; reused by parsers, so that a series costs no allocation until it is built.
#[derive(Clone, Debug, Default)]
pub struct LabelsBuilder {
    text: String,
    /// Start of the name, start of the value, end of the value.
    pairs: Vec<(u32, u32, u32)>,
}

impl LabelsBuilder {
    /// An empty builder.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Forgets all labels and keeps the memory.
    pub fn clear(&mut self) {
        self.text.clear();
        self.pairs.clear();
    }

    /// Adds a label; an empty value is no label.
    pub fn push(&mut self, name: &str, value: &str) {
        if value.is_empty() {
            return;
        }
        let position =
            |text: &String| u32::try_from(text.len()).expect("labels of one series stay under 4 GiB");
        let name_start = position(&self.text);
        self.text.push_str(name);
        let value_start = position(&self.text);
        self.text.push_str(value);
        self.pairs.push((name_start, value_start, position(&self.text)));
    }

    /// The value that a label has so far.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|&(n, _)| n == name).map(|(_, v)| v)
    }

    /// Replaces the value of a label, adds it, or (with an empty value) removes it.
    pub fn set(&mut self, name: &str, value: &str) {
        self.retain(|other, _| other != name);
        self.push(name, value);
    }

    /// Names and values in the order in which they were set.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> + Clone {
        self.pairs.iter().map(|&pair| self.pair(pair))
    }

    /// Removes the labels for which `keep` of name and value is false.
    pub fn retain(&mut self, mut keep: impl FnMut(&str, &str) -> bool) {
        let text = &self.text;
        self.pairs.retain(|&pair| {
            let (name, value) = pieces(text, pair);
            keep(name, value)
        });
    }

    /// The labels, sorted.
    ///
    /// # Errors
    /// [`LabelError`] if a name is empty or stands twice.
    pub fn build(&mut self) -> Result<Labels, LabelError> {
        let mut pairs = std::mem::take(&mut self.pairs);
        pairs.sort_by(|&a, &b| self.pair(a).0.cmp(self.pair(b).0));
        self.pairs = pairs;
        if let Some(&first) = self.pairs.first().filter(|&&p| self.pair(p).0.is_empty()) {
            return Err(LabelError::EmptyName { value: self.pair(first).1.into() });
        }
        for two in self.pairs.windows(2) {
            let ((name, first), (other, second)) = (self.pair(two[0]), self.pair(two[1]));
            if name == other {
                let (name, first, second) = (name.into(), first.into(), second.into());
                return Err(LabelError::Duplicate { name, first, second });
            }
        }
        let mut text = String::with_capacity(self.text.len());
        let mut ends = Vec::with_capacity(2 * self.pairs.len());
        for &pair in &self.pairs {
            let (name, value) = self.pair(pair);
            for piece in [name, value] {
                text.push_str(piece);
                ends.push(text.len() as u32);
            }
        }
        Ok(Labels { text: text.into_boxed_str(), ends: ends.into_boxed_slice() })
    }

    fn pair(&self, pair: (u32, u32, u32)) -> (&str, &str) {
        pieces(&self.text, pair)
    }
}

fn pieces(text: &str, (name, value, end): (u32, u32, u32)) -> (&str, &str) {
    (&text[name as usize..value as usize], &text[value as usize..end as usize])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sorted_shown_and_ordered_as_upstream() {
        let labels = Labels::new([("b", "2"), ("a", "1"), ("__name__", "m"), ("c", "")]).unwrap();
        assert_eq!(labels.to_string(), r#"m{a="1", b="2"}"#);
        assert_eq!(labels.get("b"), Some("2"));
        assert_eq!(labels.get("c"), None);
        let dotted = Labels::new([("__name__", "m.x"), ("a.b", "1")]).unwrap();
        assert_eq!(dotted.to_string(), r#"{"m.x", "a.b"="1"}"#);
        assert_eq!(Labels::default().to_string(), "{}");
        assert!(Labels::new([("a", "1")]).unwrap() < Labels::new([("a", "1"), ("b", "0")]).unwrap());
    }

    #[test]
    fn what_cannot_name_a_series_says_why() {
        let twice = Labels::new([("a", "1"), ("a", "2")]).unwrap_err();
        assert_eq!(twice.to_string(), r#"label "a" is given twice, with values "1" and "2""#);
        assert!(matches!(Labels::new([("", "x")]), Err(LabelError::EmptyName { .. })));
    }

    #[test]
    fn builder_sets_and_removes() {
        let mut builder = LabelsBuilder::new();
        builder.push("a", "1");
        builder.set("a", "2");
        builder.set("b", "3");
        builder.set("b", "");
        assert_eq!(builder.build().unwrap().to_string(), r#"{a="2"}"#);
    }
}
