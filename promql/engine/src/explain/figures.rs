//! What an operator of an analysed query did.

use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::operator::meter::Meter;

/// What one operator did while its query ran.
///
/// It *hands on* columns: of a vector one float a step and series, of a range vector the samples of all windows of a
/// series, of a scalar one float a step. Those of aggregations, and of all that must see a whole vector before it knows
/// anything, are computed once and counted once. Other columns are computed when they are asked for: what asks twice (the match
/// groups of a join, for example, to tell duplicates) has them computed twice, and they are counted twice; what nobody asks
/// for is neither.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Figures {
    /// Time spent in the operator itself: selecting its series, building it, computing its columns; without that of the
    /// operators below it and without waiting for other threads. Threads that compute at once add up.
    pub own_time: Duration,
    /// The operator's own time and that of all operators below it. With one thread this is the time from the first to
    /// the last moment in which it was at work.
    pub total_time: Duration,
    /// Series of its result, also those that turned out to have no value at any step; a scalar counts as one.
    pub series: u64,
    /// Floats and native histograms that it handed on; a histogram counts as one.
    pub samples: u64,
    /// Size of the columns that it handed on: 8 bytes a step and 8 for the presence bits of 64 steps, 16 bytes a sample of
    /// a range vector, and the histograms.
    pub bytes: u64,
    /// Samples that it read from the storage, as [`QueryResult::samples_read`](crate::QueryResult::samples_read) counts
    /// them: staleness markers and what lies between two steps included, a histogram as one for each 16 bytes. Only
    /// selectors read, and functions that see more of a series than its values do so by themselves: `timestamp`,
    /// `start_timestamp`, `info`, those of an anchored or smoothed range. Those of all operators are those of the query.
    pub samples_read: u64,
    /// Size of the samples read once they are decoded, 16 bytes each; how many bytes of chunks held them is not known
    /// beyond the storage.
    pub bytes_read: u64,
}

impl Figures {
    /// What a meter shows, when the operators below took `below`.
    pub(crate) fn read(meter: &Meter, below: Duration) -> Self {
        let own_time = Duration::from_nanos(meter.own_nanos.load(Ordering::Relaxed));
        let samples_read = meter.samples_read.load(Ordering::Relaxed);
        Self {
            own_time,
            total_time: own_time + below,
            series: meter.series.load(Ordering::Relaxed),
            samples: meter.samples.load(Ordering::Relaxed),
            bytes: meter.bytes.load(Ordering::Relaxed),
            samples_read,
            bytes_read: samples_read.saturating_mul(16),
        }
    }
}
