//! What is said about native histograms, and about numbers that meet them, in upstream's words.

use std::fmt;

use emberdb_histogram::Combined;
use emberdb_model::AnnotationKind;

use super::labels::quoted;
use super::notes::{Notes, Place, metric_suffix};

/// A remark. Metric names are as the labels have them; empty if there is none.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum HistogramRemark {
    /// A window has floats and histograms, and the function cannot work with both.
    MixedRange { metric: String },
    /// A group has floats and histograms.
    MixedGroup,
    /// The same labels have a native histogram and classic buckets.
    MixedClassicNative { metric: String },
    /// A function of counters saw a gauge.
    NotCounter { metric: String },
    /// A function of gauges saw what is none.
    NotGauge { metric: String },
    /// Exponential buckets and custom ones cannot be put together.
    MixedSchemas { metric: String },
    /// The same, of the two sides of an operator.
    IncompatibleLayout { operator: &'static str },
    /// The types that an operator has no meaning for.
    IncompatibleTypes { left: &'static str, operator: &'static str, right: &'static str },
    /// An aggregation of numbers only saw a histogram.
    IgnoredInAggregation { aggregation: &'static str },
    /// A function of numbers only saw histograms beside numbers.
    IgnoredInRange { metric: String },
    /// The quantile is NaN because observations are.
    QuantileIsNan { metric: String },
    /// The quantile is higher than without observations that are NaN.
    QuantileIsSkewed { metric: String },
    /// Observations that are NaN are in no fraction.
    FractionExcludesNan { metric: String },
    /// One histogram says that the counter was reset, another that it was not.
    ResetsCollided(Operation),
    /// Custom bounds differed.
    BoundsReconciled(Operation),
}

/// What was done with histograms.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Operation {
    Addition,
    Subtraction,
    Aggregation,
}

impl Operation {
    fn name(self) -> &'static str {
        match self {
            Self::Addition => "addition",
            Self::Subtraction => "subtraction",
            Self::Aggregation => "aggregation",
        }
    }

    /// Says if custom bounds had to be reconciled for it. Whether hints collided is told by few who do it.
    pub(super) fn tell_bounds(self, combined: Combined, notes: &mut Notes, place: Place) {
        if combined.bounds_reconciled {
            notes.on_histograms(&HistogramRemark::BoundsReconciled(self), place);
        }
    }
}

impl HistogramRemark {
    pub(super) fn kind(&self) -> AnnotationKind {
        match self {
            Self::MixedRange { .. }
            | Self::MixedGroup
            | Self::MixedClassicNative { .. }
            | Self::NotCounter { .. }
            | Self::NotGauge { .. }
            | Self::MixedSchemas { .. }
            | Self::IncompatibleLayout { .. }
            | Self::ResetsCollided(_) => AnnotationKind::Warning,
            Self::IncompatibleTypes { .. }
            | Self::IgnoredInAggregation { .. }
            | Self::IgnoredInRange { .. }
            | Self::QuantileIsNan { .. }
            | Self::QuantileIsSkewed { .. }
            | Self::FractionExcludesNan { .. }
            | Self::BoundsReconciled(_) => AnnotationKind::Info,
        }
    }
}

impl fmt::Display for HistogramRemark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MixedRange { metric } => {
                write!(f, "encountered a mix of histograms and floats for metric name {}", quoted(metric))
            }
            Self::MixedGroup => f.write_str("encountered a mix of histograms and floats for aggregation"),
            Self::MixedClassicNative { metric } => {
                write!(f, "vector contains a mix of classic and native histograms{}", metric_suffix(metric))
            }
            Self::NotCounter { metric } => {
                write!(f, "this native histogram metric is not a counter: {}", quoted(metric))
            }
            Self::NotGauge { metric } => {
                write!(f, "this native histogram metric is not a gauge: {}", quoted(metric))
            }
            Self::MixedSchemas { metric } => write!(
                f,
                "vector contains a mix of histograms with exponential and custom buckets schemas for metric name {}",
                quoted(metric)
            ),
            Self::IncompatibleLayout { operator } => {
                write!(f, "incompatible bucket layout encountered for binary operator {operator}")
            }
            Self::IncompatibleTypes { left, operator, right } => write!(
                f,
                "incompatible sample types encountered for binary operator \"{operator}\": {left} {operator} {right}"
            ),
            Self::IgnoredInAggregation { aggregation } => {
                write!(f, "ignored histogram in {aggregation} aggregation")
            }
            Self::IgnoredInRange { metric } => write!(
                f,
                "ignored histograms in a range containing both floats and histograms for metric name {}",
                quoted(metric)
            ),
            Self::QuantileIsNan { metric } => write!(
                f,
                "input to histogram_quantile has NaN observations, result is NaN{}",
                metric_suffix(metric)
            ),
            Self::QuantileIsSkewed { metric } => write!(
                f,
                "input to histogram_quantile has NaN observations, result is skewed higher{}",
                metric_suffix(metric)
            ),
            Self::FractionExcludesNan { metric } => write!(
                f,
                "input to histogram_fraction has NaN observations, which are excluded from all fractions{}",
                metric_suffix(metric)
            ),
            Self::ResetsCollided(operation) => {
                write!(f, "conflicting counter resets during histogram {}", operation.name())
            }
            Self::BoundsReconciled(operation) => {
                write!(f, "mismatched custom buckets were reconciled during {}", operation.name())
            }
        }
    }
}
