//! Pieces of a query as text, with what has to be known of them to put them together well.

use emberdb_model::{is_legacy_label_name, write_quoted};

use super::duration::ends_with_computed_offset;
use crate::data::{Family, FamilyKind, LabelValues};

/// What the samples of a vector are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Samples {
    Floats,
    /// Floats of classic buckets: they mean something only together, by `le`.
    Buckets,
    /// Native histograms, or both kinds.
    Histograms,
}

impl Samples {
    pub(super) const fn of(kind: FamilyKind) -> Self {
        match kind {
            FamilyKind::Counter | FamilyKind::Gauge | FamilyKind::Info => Self::Floats,
            FamilyKind::ClassicBuckets => Self::Buckets,
            FamilyKind::NativeHistogram
            | FamilyKind::GaugeHistogram
            | FamilyKind::CustomHistogram
            | FamilyKind::Mixed => Self::Histograms,
        }
    }
}

/// An expression whose value is an instant vector. Its elements differ in the labels, without a look at the name.
#[derive(Clone, Debug)]
pub(super) struct Vector {
    pub(super) text: String,
    /// The labels that elements may have, and the values.
    pub(super) labels: Vec<LabelValues>,
    pub(super) samples: Samples,
    /// It can be an operand as it is, without parentheses.
    pub(super) is_tight: bool,
}

impl Vector {
    /// A call, an aggregation or a selector.
    pub(super) const fn tight(text: String, labels: Vec<LabelValues>, samples: Samples) -> Self {
        Self { text, labels, samples, is_tight: true }
    }

    /// An operation.
    pub(super) const fn loose(text: String, labels: Vec<LabelValues>, samples: Samples) -> Self {
        Self { text, labels, samples, is_tight: false }
    }

    /// The text to stand beside an operator.
    pub(super) fn operand(&self) -> String {
        if self.is_tight && !ends_with_computed_offset(&self.text) {
            self.text.clone()
        } else {
            format!("({})", self.text)
        }
    }
}

/// A selector without what can follow it, and what it selects from.
#[derive(Clone, Debug)]
pub(super) struct Selected {
    pub(super) text: String,
    pub(super) kind: FamilyKind,
    /// The labels with the values that the matchers let through.
    pub(super) labels: Vec<LabelValues>,
}

impl Selected {
    pub(super) const fn samples(&self) -> Samples {
        Samples::of(self.kind)
    }
}

/// An expression whose value is a range vector.
#[derive(Clone, Debug)]
pub(super) struct Window {
    pub(super) text: String,
    pub(super) labels: Vec<LabelValues>,
    pub(super) samples: Samples,
}

/// `text` in double quotes.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    // Writing to a `String` cannot fail.
    let _ = write_quoted(&mut out, text);
    out
}

/// A label's name as queries write it.
pub(super) fn label_name(name: &str) -> String {
    if is_legacy_label_name(name) { name.to_owned() } else { quoted(name) }
}

/// Names of labels, in parentheses.
pub(super) fn label_names<S: AsRef<str>>(names: impl IntoIterator<Item = S>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| label_name(name.as_ref())).collect();
    format!("({})", names.join(", "))
}

/// The names of labels.
pub(super) fn names_of(labels: &[LabelValues]) -> Vec<String> {
    labels.iter().map(|label| label.name.clone()).collect()
}

/// A regular expression for `text` and nothing else.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii_punctuation() && !matches!(c, '_' | '-' | '/' | ':' | ',' | '"' | '\'') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// Labels that both have, with at least one value in common.
pub(super) fn shared(left: &[LabelValues], right: &Family) -> Vec<LabelValues> {
    let is_shared = |label: &&LabelValues| {
        let other = right.labels.iter().find(|other| other.name == label.name);
        other.is_some_and(|other| label.values.iter().any(|value| other.values.contains(value)))
    };
    left.iter().filter(is_shared).cloned().collect()
}
