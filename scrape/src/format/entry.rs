//! What the parsers yield.

use std::borrow::Cow;

use emberdb_model::{BUCKET_LABEL, LabelsBuilder, METRIC_NAME, MetricType, QUANTILE_LABEL};

use super::lex::{Braces, Cursor, Dialect, Piece, unescape};
use super::number::canonical_bound;

/// One thing that an exposition says, borrowed from its bytes.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Entry<'a> {
    /// `# HELP name text`.
    Help(Help<'a>),
    /// `# TYPE name type`.
    Type {
        /// The metric family, as it is spelled between quotes if it was quoted.
        name: &'a str,
        /// Its type.
        metric_type: MetricType,
    },
    /// `# UNIT name unit`, in OpenMetrics only.
    Unit {
        /// The metric family.
        name: &'a str,
        /// Its unit, which may be empty.
        unit: &'a str,
    },
    /// Any other line that begins with `#`, in the text format only. It need not be UTF-8.
    Comment(&'a [u8]),
    /// One sample of a series.
    Series(Series<'a>),
}

/// What a metric family is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Help<'a> {
    /// The metric family.
    pub name: &'a str,
    pub(super) escaped: &'a str,
    pub(super) quotes_escaped: bool,
}

impl<'a> Help<'a> {
    /// The text, with its escapes undone.
    #[must_use]
    pub fn text(&self) -> Cow<'a, str> {
        unescape(self.escaped, self.quotes_escaped)
    }
}

/// One sample: which series, which value, and when if the exposition says so.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Series<'a> {
    /// Name and labels.
    pub metric: Metric<'a>,
    /// The value; a NaN is always [`emberdb_model::NORMAL_NAN`].
    pub value: f64,
    /// Milliseconds since the Unix epoch, if the line has a timestamp.
    pub timestamp_ms: Option<i64>,
    /// An example of what was counted, in OpenMetrics only.
    pub exemplar: Option<Exemplar<'a>>,
    /// Milliseconds since the Unix epoch at which the counter, histogram or summary began, if
    /// [`super::ParserOptions::start_timestamps`] is on and a `_created` line tells.
    pub start_timestamp_ms: Option<i64>,
}

/// An example of what a counter or bucket counted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Exemplar<'a> {
    /// Everything between its braces, closing brace included.
    pub(super) braces: &'a [u8],
    /// The value.
    pub value: f64,
    /// Milliseconds since the Unix epoch, if it has a timestamp.
    pub timestamp_ms: Option<i64>,
}

impl<'a> Exemplar<'a> {
    /// Names and values in the order of the text, as they stand: upstream undoes no escapes here.
    pub fn labels(&self) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
        let mut cursor = Cursor::new(self.braces);
        let mut braces = Braces::new(Dialect::Exemplar, false);
        std::iter::from_fn(move || match braces.next(&mut cursor) {
            Ok(Some(Piece::Label(name, value))) => Some((name, value)),
            // The braces were read once when the line was, so that there is no error here.
            Ok(Some(Piece::MetricName(_)) | None) | Err(_) => None,
        })
    }
}

/// The text that names a series, checked but not taken apart.
///
/// A scrape that has seen the same bytes before knows the series and never asks for the labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Metric<'a> {
    pub(super) text: &'a [u8],
    pub(super) dialect: Dialect,
    pub(super) bound: BoundLabel,
}

/// Which label holds a number that has to be spelled in one way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum BoundLabel {
    None,
    Bucket,
    Quantile,
}

impl BoundLabel {
    pub(crate) fn of(metric_type: MetricType) -> Self {
        match metric_type {
            MetricType::Histogram => Self::Bucket,
            MetricType::Summary => Self::Quantile,
            MetricType::Unknown
            | MetricType::Counter
            | MetricType::Gauge
            | MetricType::GaugeHistogram
            | MetricType::Info
            | MetricType::StateSet => Self::None,
        }
    }

    fn is(self, label: &str) -> bool {
        match self {
            Self::None => false,
            Self::Bucket => label == BUCKET_LABEL,
            Self::Quantile => label == QUANTILE_LABEL,
        }
    }
}

impl<'a> Metric<'a> {
    /// The bytes from the name to the closing brace, as they stand in the exposition.
    #[must_use]
    pub fn text(&self) -> &'a [u8] {
        self.text
    }

    pub(crate) fn bound_label(&self) -> BoundLabel {
        self.bound
    }

    /// Names and values in the order of the text, with `__name__` among them and escapes undone.
    ///
    /// Empty values are yielded too, and so is a name that stands twice. In a family of type histogram the value of
    /// `le`, and in one of type summary that of `quantile`, is spelled as OpenMetrics spells floats: `1` is `1.0`.
    #[must_use]
    pub fn labels(&self) -> LabelPairs<'a> {
        let mut cursor = Cursor::new(self.text);
        let name = cursor.take_metric_name();
        let name = cursor.text(name, "ASCII").ok().filter(|name| !name.is_empty());
        if self.dialect == Dialect::Text {
            cursor.skip_blanks();
        }
        let braces = cursor.take(b"{").then(|| Braces::new(self.dialect, name.is_some()));
        LabelPairs { name, cursor, braces, bound: self.bound }
    }

    /// Adds the labels to `builder`, which leaves out those with an empty value.
    pub fn read_labels(&self, builder: &mut LabelsBuilder) {
        for (name, value) in self.labels() {
            builder.push(&name, &value);
        }
    }
}

/// The labels of a [`Metric`]: see [`Metric::labels`].
#[derive(Clone, Debug)]
pub struct LabelPairs<'a> {
    name: Option<&'a str>,
    cursor: Cursor<'a>,
    braces: Option<Braces>,
    bound: BoundLabel,
}

impl<'a> Iterator for LabelPairs<'a> {
    type Item = (Cow<'a, str>, Cow<'a, str>);

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(name) = self.name.take() {
            return Some((METRIC_NAME.into(), name.into()));
        }
        // The braces were read once when the line was, so that there is no error here.
        match self.braces.as_mut()?.next(&mut self.cursor).ok()?? {
            Piece::MetricName(name) => Some((METRIC_NAME.into(), unescape(name, true))),
            Piece::Label(name, value) => {
                let (name, value) = (unescape(name, true), unescape(value, true));
                let value = if self.bound.is(&name) { canonical_bound(value) } else { value };
                Some((name, value))
            }
        }
    }
}
