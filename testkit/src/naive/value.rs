//! What the evaluator gives, and what it carries from node to node.

use std::rc::Rc;
use std::sync::Arc;

use emberdb_histogram::FloatHistogram;
use emberdb_model::{Annotations, Labels, Sample, SampleValue};

use super::start_timestamp::{StartTimestamps, Started};

/// An answer: a value and the remarks on it.
#[derive(Clone, Debug, PartialEq)]
pub struct NaiveAnswer {
    /// The value.
    pub value: NaiveValue,
    /// Warnings and infos.
    pub annotations: Annotations,
}

/// A value of one of PromQL's four types.
#[derive(Clone, Debug, PartialEq)]
pub enum NaiveValue {
    /// A number at the time of evaluation.
    Scalar(Sample),
    /// A text.
    String {
        /// Time of evaluation in milliseconds.
        timestamp_ms: i64,
        /// The text.
        value: String,
    },
    /// One sample a series, in the order in which the outermost operation gives them.
    Vector(Vec<NaiveSample>),
    /// The samples of each series, sorted by labels, without series that have none.
    Matrix(Vec<NaiveSeries>),
}

/// An element of an instant vector.
#[derive(Clone, Debug, PartialEq)]
pub struct NaiveSample {
    /// Its labels.
    pub labels: Labels,
    /// Time of evaluation, in milliseconds.
    pub timestamp_ms: i64,
    /// Its value.
    pub value: SampleValue,
}

/// A series of a matrix.
#[derive(Clone, Debug, PartialEq)]
pub struct NaiveSeries {
    /// Its labels.
    pub labels: Labels,
    /// Its samples in time order, each with its time in milliseconds.
    pub samples: Vec<(i64, SampleValue)>,
}

/// What a node of the tree gives at one step.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Scalar(f64),
    String(String),
    Vector(Vec<Element>),
    Matrix(Vec<Window>),
}

/// An element of an instant vector on its way through the tree.
#[derive(Clone, Debug)]
pub(super) struct Element {
    pub(super) labels: Labels,
    /// With delayed name removal: the name is to be dropped at the end.
    pub(super) drop_name: bool,
    pub(super) value: SampleValue,
}

impl Element {
    /// Its value, if that is a number.
    pub(super) fn float(&self) -> Option<f64> {
        float(&self.value)
    }

    /// Its value, if that is a native histogram.
    pub(super) fn histogram(&self) -> Option<&Arc<FloatHistogram>> {
        histogram(&self.value)
    }
}

/// The samples of one series in a range selector's or subquery's window, staleness markers left out.
#[derive(Clone, Debug)]
pub(super) struct Window {
    pub(super) labels: Labels,
    pub(super) drop_name: bool,
    /// The window is open here…
    pub(super) start_ms: i64,
    /// …and closed here.
    pub(super) end_ms: i64,
    /// In time order. With `anchored` and `smoothed` some lie outside of the window.
    pub(super) samples: Vec<(i64, SampleValue)>,
    /// Since when samples count; of none where it is not to be used.
    pub(super) start_timestamps: Rc<StartTimestamps>,
}

impl Window {
    /// Since when the sample of that time counts.
    pub(super) fn started(&self, timestamp_ms: i64) -> Started {
        Started { timestamp_ms, start_ms: self.start_timestamps.get(&timestamp_ms).copied() }
    }

    /// The samples that are numbers.
    pub(super) fn floats(&self) -> Vec<Sample> {
        let float = |(timestamp_ms, value): &(i64, SampleValue)| {
            Some(Sample { timestamp_ms: *timestamp_ms, value: float(value)? })
        };
        self.samples.iter().filter_map(float).collect()
    }

    /// The samples that are native histograms.
    pub(super) fn histograms(&self) -> Vec<HistogramSample> {
        let histogram = |(timestamp_ms, value): &(i64, SampleValue)| {
            Some(HistogramSample { timestamp_ms: *timestamp_ms, value: histogram(value)?.clone() })
        };
        self.samples.iter().filter_map(histogram).collect()
    }
}

/// A native histogram at a time.
#[derive(Clone, Debug)]
pub(super) struct HistogramSample {
    pub(super) timestamp_ms: i64,
    pub(super) value: Arc<FloatHistogram>,
}

/// The number that a sample holds.
pub(super) fn float(value: &SampleValue) -> Option<f64> {
    match value {
        SampleValue::Float(value) => Some(*value),
        SampleValue::Histogram(_) => None,
    }
}

/// The native histogram that a sample holds.
pub(super) fn histogram(value: &SampleValue) -> Option<&Arc<FloatHistogram>> {
    match value {
        SampleValue::Float(_) => None,
        SampleValue::Histogram(histogram) => Some(histogram),
    }
}

/// A histogram that was calculated, as a value.
pub(super) fn of_histogram(histogram: FloatHistogram) -> SampleValue {
    SampleValue::Histogram(Arc::new(histogram))
}
