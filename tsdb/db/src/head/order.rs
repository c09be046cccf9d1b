//! Whether a sample may follow the newest one of its series.

use emberdb_model::storage::AppendError;
use emberdb_model::{Sample, is_stale};
use emberdb_tsdb_chunk::{AnyHistogram, Encoding};

use super::held::{HeldHistogram, describe, is_same};
use super::lane::HistogramLane;

/// The newest sample of a series.
#[derive(Clone, Copy)]
pub(super) enum Newest<'a> {
    Float(Sample),
    /// A histogram of a batch, and its time in milliseconds.
    Histogram(i64, AnyHistogram<'a>),
    /// The newest of these. It is decoded only if it must be compared.
    Stored(&'a HistogramLane),
    /// A float of a finished chunk, and its time in milliseconds. Its value is not looked at.
    Finished(i64),
}

/// What becomes of a sample that is not refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Follows {
    /// It is appended.
    Appended,
    /// The same is there already: it is passed over, as upstream does.
    AlreadyThere,
    /// A float that marks the series as stale, after a histogram: a marker in chunks of this encoding is appended.
    AsStaleHistogram(Encoding),
}

/// Whether a float may follow the newest sample.
#[inline]
pub(super) fn follow_float(
    newest: Option<Newest<'_>>,
    sample: Sample,
    oldest_accepted_ms: i64,
) -> Result<Follows, AppendError> {
    let timestamp_ms = sample.timestamp_ms;
    if timestamp_ms < oldest_accepted_ms {
        return Err(AppendError::TooOld { timestamp_ms, oldest_ms: oldest_accepted_ms });
    }
    let newest = match newest {
        Some(Newest::Float(newest)) => newest,
        None => return Ok(Follows::Appended),
        Some(Newest::Finished(newest_ms)) => return after_finished(newest_ms, timestamp_ms),
        Some(histogram) => return float_after_histogram(histogram, sample),
    };
    if timestamp_ms > newest.timestamp_ms {
        return Ok(Follows::Appended);
    }
    if timestamp_ms < newest.timestamp_ms {
        return Err(AppendError::OutOfOrder { timestamp_ms, newest_ms: newest.timestamp_ms });
    }
    if newest.value.to_bits() == sample.value.to_bits() {
        return Ok(Follows::AlreadyThere);
    }
    Err(AppendError::Duplicate { timestamp_ms, held: newest.value, refused: sample.value })
}

/// What the newest sample is cannot be told without its file, so that none of the same time is taken.
fn after_finished(newest_ms: i64, timestamp_ms: i64) -> Result<Follows, AppendError> {
    if timestamp_ms > newest_ms {
        return Ok(Follows::Appended);
    }
    Err(AppendError::OutOfOrder { timestamp_ms, newest_ms })
}

#[cold]
fn float_after_histogram(newest: Newest<'_>, sample: Sample) -> Result<Follows, AppendError> {
    let Sample { timestamp_ms, value } = sample;
    let (newest_ms, encoding) = (newest.timestamp_ms(), newest.encoding());
    if timestamp_ms < newest_ms {
        return Err(AppendError::OutOfOrder { timestamp_ms, newest_ms });
    }
    let is_marker = is_stale(value);
    if timestamp_ms > newest_ms {
        return Ok(if is_marker { Follows::AsStaleHistogram(encoding) } else { Follows::Appended });
    }
    if is_marker && newest.is_same(HeldHistogram::stale(encoding).as_any()) {
        return Ok(Follows::AlreadyThere);
    }
    let refused = format!("float {value}").into();
    Err(AppendError::DuplicateHistogram { timestamp_ms, held: newest.describe(), refused })
}

/// Whether a histogram may follow the newest sample.
pub(super) fn follow_histogram(
    newest: Option<Newest<'_>>,
    timestamp_ms: i64,
    histogram: AnyHistogram<'_>,
    oldest_accepted_ms: i64,
) -> Result<Follows, AppendError> {
    if timestamp_ms < oldest_accepted_ms {
        return Err(AppendError::TooOld { timestamp_ms, oldest_ms: oldest_accepted_ms });
    }
    let newest = match newest {
        None => return Ok(Follows::Appended),
        Some(Newest::Finished(newest_ms)) => return after_finished(newest_ms, timestamp_ms),
        Some(newest) => newest,
    };
    let newest_ms = newest.timestamp_ms();
    if timestamp_ms > newest_ms {
        return Ok(Follows::Appended);
    }
    if timestamp_ms < newest_ms {
        return Err(AppendError::OutOfOrder { timestamp_ms, newest_ms });
    }
    if newest.is_same(histogram) {
        return Ok(Follows::AlreadyThere);
    }
    let (held, refused) = (newest.describe(), describe(histogram));
    Err(AppendError::DuplicateHistogram { timestamp_ms, held, refused })
}

impl Newest<'_> {
    pub(super) fn timestamp_ms(self) -> i64 {
        match self {
            Self::Float(sample) => sample.timestamp_ms,
            Self::Histogram(timestamp_ms, _) => timestamp_ms,
            Self::Stored(lane) => lane.newest_ms(),
            Self::Finished(timestamp_ms) => timestamp_ms,
        }
    }

    fn encoding(self) -> Encoding {
        match self {
            Self::Float(_) | Self::Finished(_) => Encoding::Xor,
            Self::Histogram(_, histogram) => histogram.encoding(),
            Self::Stored(lane) => lane.newest_encoding(),
        }
    }

    fn is_same(self, histogram: AnyHistogram<'_>) -> bool {
        match self {
            Self::Float(_) | Self::Finished(_) => false,
            Self::Histogram(_, newest) => is_same(newest, histogram),
            Self::Stored(lane) => lane.newest().is_some_and(|newest| is_same(newest.as_any(), histogram)),
        }
    }

    fn describe(self) -> Box<str> {
        match self {
            Self::Float(sample) => format!("float {}", sample.value).into(),
            Self::Finished(_) => "a float".into(),
            Self::Histogram(_, histogram) => describe(histogram),
            Self::Stored(lane) => {
                lane.newest().map_or_else(|| "a histogram".into(), |newest| describe(newest.as_any()))
            }
        }
    }
}
