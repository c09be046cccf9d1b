//! What the evaluator gives, and what it carries from node to node.

use emberdb_model::{Annotations, Labels, Sample};

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
    /// Time of evaluation and value.
    pub sample: Sample,
}

/// A series of a matrix.
#[derive(Clone, Debug, PartialEq)]
pub struct NaiveSeries {
    /// Its labels.
    pub labels: Labels,
    /// Its samples in time order.
    pub samples: Vec<Sample>,
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
    pub(super) value: f64,
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
    pub(super) samples: Vec<Sample>,
}
