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

/// Which times are taken.
#[derive(Clone, Copy, Debug)]
pub(super) struct Accepted {
    /// From this time on samples are taken in the order of time.
    pub(super) oldest_ms: i64,
    /// Before this time samples are taken; absent if they always are.
    pub(super) end_ms: Option<i64>,
    /// From this time on samples are taken in any order; absent if they are not.
    pub(super) late_from_ms: Option<i64>,
}

impl Accepted {
    /// All times, in their order.
    pub(super) const IN_ORDER: Self = Self { oldest_ms: i64::MIN, end_ms: None, late_from_ms: None };

    /// Whether a sample is not too new.
    #[inline]
    fn check_end(self, timestamp_ms: i64) -> Result<(), AppendError> {
        match self.end_ms {
            Some(end_ms) if timestamp_ms >= end_ms => Err(beyond_end(timestamp_ms)),
            _ => Ok(()),
        }
    }

    /// Whether a sample is taken though it is older than the series' newest one, or than all that is taken in order.
    fn late(self, timestamp_ms: i64, newest_ms: Option<i64>) -> Result<Follows, AppendError> {
        match (self.late_from_ms, newest_ms) {
            (Some(late_from_ms), _) if timestamp_ms >= late_from_ms => Ok(Follows::Late),
            (Some(oldest_ms), _) => Err(AppendError::BeyondWindow { timestamp_ms, oldest_ms }),
            (None, Some(newest_ms)) if timestamp_ms >= self.oldest_ms => {
                Err(AppendError::OutOfOrder { timestamp_ms, newest_ms })
            }
            _ => Err(AppendError::TooOld { timestamp_ms, oldest_ms: self.oldest_ms }),
        }
    }
}

#[cold]
fn beyond_end(timestamp_ms: i64) -> AppendError {
    AppendError::Limit(format!("a sample of {timestamp_ms} ms is of a time that no block can hold"))
}

/// What becomes of a sample that is not refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Follows {
    /// It is appended.
    Appended,
    /// The same is there already: it is passed over, as upstream does.
    AlreadyThere,
    /// It came out of order, and is kept apart.
    Late,
    /// A float that marks the series as stale, after a histogram: a marker in chunks of this encoding is appended.
    AsStaleHistogram(Encoding),
}

/// Whether a float may follow the newest sample.
#[inline]
pub(super) fn follow_float(
    newest: Option<Newest<'_>>,
    sample: Sample,
    accepted: Accepted,
) -> Result<Follows, AppendError> {
    let timestamp_ms = sample.timestamp_ms;
    accepted.check_end(timestamp_ms)?;
    if timestamp_ms < accepted.oldest_ms {
        return accepted.late(timestamp_ms, None);
    }
    let newest = match newest {
        Some(Newest::Float(newest)) => newest,
        None => return Ok(Follows::Appended),
        Some(Newest::Finished(newest_ms)) => return after_finished(newest_ms, timestamp_ms, accepted),
        Some(histogram) => return float_after_histogram(histogram, sample, accepted),
    };
    if timestamp_ms > newest.timestamp_ms {
        return Ok(Follows::Appended);
    }
    if timestamp_ms < newest.timestamp_ms {
        return accepted.late(timestamp_ms, Some(newest.timestamp_ms));
    }
    if newest.value.to_bits() == sample.value.to_bits() {
        return Ok(Follows::AlreadyThere);
    }
    Err(AppendError::Duplicate { timestamp_ms, held: newest.value, refused: sample.value })
}

/// What the newest sample is cannot be told without its file, so that none of the same time is taken.
fn after_finished(newest_ms: i64, timestamp_ms: i64, accepted: Accepted) -> Result<Follows, AppendError> {
    if timestamp_ms > newest_ms {
        return Ok(Follows::Appended);
    }
    accepted.late(timestamp_ms, Some(newest_ms))
}

#[cold]
fn float_after_histogram(
    newest: Newest<'_>,
    sample: Sample,
    accepted: Accepted,
) -> Result<Follows, AppendError> {
    let Sample { timestamp_ms, value } = sample;
    let (newest_ms, encoding) = (newest.timestamp_ms(), newest.encoding());
    if timestamp_ms < newest_ms {
        return accepted.late(timestamp_ms, Some(newest_ms));
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
    accepted: Accepted,
) -> Result<Follows, AppendError> {
    accepted.check_end(timestamp_ms)?;
    if timestamp_ms < accepted.oldest_ms {
        return accepted.late(timestamp_ms, None);
    }
    let newest = match newest {
        None => return Ok(Follows::Appended),
        Some(Newest::Finished(newest_ms)) => return after_finished(newest_ms, timestamp_ms, accepted),
        Some(newest) => newest,
    };
    let newest_ms = newest.timestamp_ms();
    if timestamp_ms > newest_ms {
        return Ok(Follows::Appended);
    }
    if timestamp_ms < newest_ms {
        return accepted.late(timestamp_ms, Some(newest_ms));
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
