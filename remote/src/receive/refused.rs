//! Why the storage does not take a sample, in upstream's words.

use std::fmt;

use emberdb_histogram::HistogramError;
use emberdb_model::number::go_general;
use emberdb_model::storage::{AppendError, StorageError};

/// A sample that the sender need not send again.
#[derive(Debug)]
pub(super) enum BadSample {
    /// It came too late, or too early. The texts are upstream's.
    OutOfOrder,
    TooOld,
    BeyondWindow,
    Duplicate {
        timestamp_ms: i64,
        held: f64,
        refused: f64,
    },
    DuplicateOfHistogram {
        timestamp_ms: i64,
        refused: f64,
    },
    DuplicateHistogram,
    Future,
    Histogram(HistogramError),
    OutOfOrderExemplar,
    /// An exemplar of a series that has no samples.
    ExemplarWithoutSeries,
    /// What only our storages refuse: sending it again would not help, so it must not stop all that comes behind it.
    Other(AppendError),
}

/// What became of an attempt to append.
#[derive(Debug)]
pub(super) enum Refused {
    /// It is the sample's fault.
    Sample(BadSample),
    /// It is not.
    Storage(StorageError),
}

impl From<AppendError> for Refused {
    fn from(error: AppendError) -> Self {
        Self::Sample(match error {
            AppendError::OutOfOrder { .. } => BadSample::OutOfOrder,
            AppendError::TooOld { .. } => BadSample::TooOld,
            AppendError::BeyondWindow { .. } => BadSample::BeyondWindow,
            AppendError::Duplicate { timestamp_ms, held, refused } => {
                BadSample::Duplicate { timestamp_ms, held, refused }
            }
            AppendError::DuplicateHistogram { .. } => BadSample::DuplicateHistogram,
            AppendError::InvalidHistogram(error) => BadSample::Histogram(error),
            AppendError::OutOfOrderExemplar { .. } => BadSample::OutOfOrderExemplar,
            AppendError::Storage(error) => return Self::Storage(error),
            other => BadSample::Other(other),
        })
    }
}

impl Refused {
    /// As it is for a float: where it meets a histogram, its value is told.
    pub(super) fn of_float(error: AppendError, timestamp_ms: i64, value: f64) -> Self {
        match error {
            AppendError::DuplicateHistogram { .. } => {
                Self::Sample(BadSample::DuplicateOfHistogram { timestamp_ms, refused: value })
            }
            other => other.into(),
        }
    }
}

impl fmt::Display for BadSample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const DUPLICATE: &str = "duplicate sample for timestamp";
        match self {
            Self::OutOfOrder => f.write_str("out of order sample"),
            Self::TooOld => f.write_str("out of bounds"),
            Self::BeyondWindow => f.write_str("too old sample"),
            Self::Future => f.write_str("out of bounds: timestamp is too far in the future"),
            // Upstream takes a time of 0 for none.
            Self::DuplicateHistogram
            | Self::Duplicate { timestamp_ms: 0, .. }
            | Self::DuplicateOfHistogram { timestamp_ms: 0, .. } => f.write_str(DUPLICATE),
            Self::Duplicate { timestamp_ms, held, refused } => {
                let (held, refused) = (go_general(*held), go_general(*refused));
                write!(
                    f,
                    "{DUPLICATE} {timestamp_ms}; overrides not allowed: existing {held}, new value {refused}"
                )
            }
            Self::DuplicateOfHistogram { timestamp_ms, refused } => {
                let refused = go_general(*refused);
                write!(
                    f,
                    "{DUPLICATE} {timestamp_ms}; overrides not allowed: existing is a histogram, new value {refused}"
                )
            }
            Self::Histogram(error) => error.fmt(f),
            Self::OutOfOrderExemplar => f.write_str("out of order exemplar"),
            Self::ExemplarWithoutSeries => f.write_str("the series of the exemplar has no samples"),
            Self::Other(error) => error.fmt(f),
        }
    }
}
