//! The native histograms of one series in two columns.

use std::sync::Arc;

use emberdb_histogram::FloatHistogram;

use super::samples::{complete, push_start};
use crate::{TimeRange, is_stale};

/// Timestamps and histograms of one series, in time order; both columns have the same length.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HistogramColumns {
    /// Milliseconds since the Unix epoch, ascending.
    pub timestamps: Vec<i64>,
    /// The histograms, staleness markers included.
    pub values: Vec<Arc<FloatHistogram>>,
    /// Since when each histogram counts, as [`SampleColumns::start_timestamps`](super::SampleColumns::start_timestamps).
    pub start_timestamps: Vec<i64>,
}

impl HistogramColumns {
    /// Number of histograms.
    #[must_use]
    pub fn len(&self) -> usize {
        self.timestamps.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.timestamps.is_empty()
    }

    /// Forgets all histograms and keeps the memory of the columns.
    pub fn clear(&mut self) {
        self.timestamps.clear();
        self.values.clear();
        self.start_timestamps.clear();
    }

    /// Adds one at the end.
    pub fn push(&mut self, timestamp_ms: i64, value: Arc<FloatHistogram>) {
        self.timestamps.push(timestamp_ms);
        self.values.push(value);
    }

    /// Adds one at the end that counts since `start_timestamp_ms`, which is 0 if that is not known.
    pub fn push_started(&mut self, timestamp_ms: i64, value: Arc<FloatHistogram>, start_timestamp_ms: i64) {
        push_start(&mut self.start_timestamps, self.timestamps.len(), start_timestamp_ms);
        self.push(timestamp_ms, value);
    }

    /// Makes the lane of start timestamps as long as the other columns, unless it is empty.
    pub fn complete_start_timestamps(&mut self) {
        complete(&mut self.start_timestamps, self.timestamps.len());
    }

    /// The last one and its time.
    #[must_use]
    pub fn last(&self) -> Option<(i64, &Arc<FloatHistogram>)> {
        Some((*self.timestamps.last()?, self.values.last()?))
    }

    /// Removes what lies in `range`.
    pub fn remove(&mut self, range: TimeRange) {
        let start = self.timestamps.partition_point(|&t| t < range.min_ms);
        let end = self.timestamps.partition_point(|&t| t <= range.max_ms).max(start);
        self.timestamps.drain(start..end);
        self.values.drain(start..end);
        let known = self.start_timestamps.len();
        self.start_timestamps.drain(start.min(known)..end.min(known));
    }

    /// Removes staleness markers: range selectors do not see them.
    pub fn remove_stale(&mut self) {
        if !self.values.iter().any(|histogram| is_stale(histogram.sum)) {
            return;
        }
        let is_kept: Vec<bool> = self.values.iter().map(|histogram| !is_stale(histogram.sum)).collect();
        let mut kept = is_kept.iter();
        self.timestamps.retain(|_| kept.next().copied().unwrap_or(false));
        let mut kept = is_kept.iter();
        self.values.retain(|_| kept.next().copied().unwrap_or(false));
        let mut kept = is_kept.iter();
        self.start_timestamps.retain(|_| kept.next().copied().unwrap_or(false));
    }

    /// The histograms with their times, one by one.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (i64, &Arc<FloatHistogram>)> + '_ {
        self.timestamps.iter().copied().zip(&self.values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::STALE_NAN;

    #[test]
    fn remove_stale_takes_all_columns() {
        let mut columns = HistogramColumns::default();
        for (timestamp_ms, sum) in [(1, STALE_NAN), (2, f64::NAN), (3, STALE_NAN), (4, 4.0)] {
            let histogram = Arc::new(FloatHistogram { sum, ..FloatHistogram::default() });
            columns.push_started(timestamp_ms, histogram, if timestamp_ms == 2 { 1 } else { 0 });
        }
        assert_eq!(columns.start_timestamps, [0, 1, 0, 0]);
        columns.remove_stale();
        assert_eq!((&columns.timestamps[..], &columns.start_timestamps[..]), (&[2, 4][..], &[1, 0][..]));
        assert!(columns.values[0].sum.is_nan() && columns.values[1].sum == 4.0);
        assert_eq!(columns.last().map(|(timestamp_ms, _)| timestamp_ms), Some(4));
    }
}
