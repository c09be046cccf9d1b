//! Labels in symbols, read as text.

use std::cmp::Ordering;
use std::fmt;

use super::set::{Braced, write_labels};
use super::{Label, LabelError, Labels, METRIC_NAME, SymbolTable};

/// A label set and the table that spells it; nothing is cloned to read it.
#[derive(Clone, Copy)]
pub struct LabelsRef<'a> {
    symbols: &'a SymbolTable,
    labels: &'a [Label],
}

impl<'a> LabelsRef<'a> {
    /// Shows `labels`, which are of `symbols` and sorted by name.
    #[must_use]
    pub fn new(symbols: &'a SymbolTable, labels: &'a [Label]) -> Self {
        Self { symbols, labels }
    }

    /// The metric name printed like any other label.
    pub fn braced(&self) -> impl fmt::Display + 'a {
        Braced::new(self.iter())
    }

    /// Number of labels.
    #[must_use]
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there is no label.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// The value of a label.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&'a str> {
        self.iter().find(|&(n, _)| n == name).map(|(_, v)| v)
    }

    /// The metric name, empty if there is none.
    #[must_use]
    pub fn metric_name(&self) -> &'a str {
        self.get(METRIC_NAME).unwrap_or("")
    }

    /// Names and values, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&'a str, &'a str)> + Clone + use<'a> {
        let symbols = self.symbols;
        self.labels.iter().map(move |l| (symbols.resolve(l.name), symbols.resolve(l.value)))
    }

    /// A copy that stands by itself.
    ///
    /// # Errors
    /// [`LabelError`] if the labels were not a valid set.
    pub fn to_labels(&self) -> Result<Labels, LabelError> {
        Labels::new(self.iter())
    }
}

impl PartialEq for LabelsRef<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for LabelsRef<'_> {}

/// Upstream's order: pair by pair, name before value; then the shorter first.
impl Ord for LabelsRef<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.iter().cmp(other.iter())
    }
}

impl PartialOrd for LabelsRef<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for LabelsRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_labels(f, self.iter())
    }
}

impl fmt::Debug for LabelsRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
