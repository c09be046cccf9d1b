//! Answers of `/api/v1` compared.
//!
//! `parse`: text to an [`Answer`]; `compare`: the first difference of two;
//! `close`: numbers that count as the same.

mod close;
mod compare;
mod parse;

use std::collections::{BTreeMap, BTreeSet};

pub use close::{Closeness, RELATIVE_DIFFERENCE_MAX};
pub use compare::{Comparison, Order, compare};
pub use parse::{MalformedAnswer, parse_data, parse_response};

/// What an engine answers to a question.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The value, or why there is none.
    pub outcome: Outcome,
    /// Texts of the warnings.
    pub warnings: BTreeSet<String>,
    /// Texts of the informations.
    pub infos: BTreeSet<String>,
}

/// A value, or why there is none.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// No value.
    Error {
        /// `bad_data` and the like.
        kind: String,
        /// For people. Engines may word it differently.
        message: String,
    },
    /// A number at a time.
    Scalar(Point),
    /// A text at a time.
    Text {
        /// In milliseconds since the epoch.
        time_ms: i64,
        /// The text.
        text: String,
    },
    /// Series with one point each.
    Vector(Vec<Series>),
    /// Series with points in the order of time.
    Matrix(Vec<Series>),
}

/// The labels of a series and its points.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// Names and values.
    pub labels: BTreeMap<String, String>,
    /// In the order of time.
    pub points: Vec<Point>,
}

/// A value at a time.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// In milliseconds since the epoch.
    pub time_ms: i64,
    /// The value.
    pub value: Value,
}

/// A number, or a native histogram as the API shows it.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A number.
    Float(f64),
    /// A native histogram.
    Histogram(Histogram),
}

/// A native histogram as the API shows it: without what stands in no bucket.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Histogram {
    /// All observations.
    pub count: f64,
    /// Their sum.
    pub sum: f64,
    /// From the lowest to the highest.
    pub buckets: Vec<Bucket>,
}

/// A bucket as the API shows it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bucket {
    /// Which bounds belong to it: 0 the upper, 1 the lower, 2 none, 3 both.
    pub boundaries: u8,
    /// The lower bound.
    pub lower: f64,
    /// The upper bound.
    pub upper: f64,
    /// The observations in it.
    pub count: f64,
}

impl Answer {
    /// The series, if it is a vector or a matrix.
    #[must_use]
    pub fn series(&self) -> &[Series] {
        match &self.outcome {
            Outcome::Vector(series) | Outcome::Matrix(series) => series,
            Outcome::Error { .. } | Outcome::Scalar(_) | Outcome::Text { .. } => &[],
        }
    }

    /// Whether it is an error.
    #[must_use]
    pub fn is_error(&self) -> bool {
        matches!(self.outcome, Outcome::Error { .. })
    }

    /// Whether it is a vector or a matrix without series.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        matches!(&self.outcome, Outcome::Vector(series) | Outcome::Matrix(series) if series.is_empty())
    }

    /// Whether there is a native histogram in it.
    #[must_use]
    pub fn has_histograms(&self) -> bool {
        let points = self.series().iter().flat_map(|series| &series.points);
        points.into_iter().any(|point| matches!(point.value, Value::Histogram(_)))
    }
}
