//! The samples of one series: floats in two columns, native histograms in two more.

use super::HistogramColumns;
use crate::{Sample, SampleValue, TimeRange, is_stale};

/// Timestamps and values of one series, in time order, reused from series to series.
///
/// Both columns always have the same length. A series mostly has floats only, so its histograms stand apart; at no time
/// does it have both. What the methods say of samples is about floats unless they name histograms. Decoders append whole chunks and cut off what lies outside of the asked
/// range afterwards, which is cheaper than testing each sample.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SampleColumns {
    /// Milliseconds since the Unix epoch, ascending.
    pub timestamps: Vec<i64>,
    /// The values, staleness markers included.
    pub values: Vec<f64>,
    /// The native histograms.
    pub histograms: HistogramColumns,
}

impl SampleColumns {
    /// Empty columns.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Number of samples.
    #[must_use]
    pub fn len(&self) -> usize {
        self.timestamps.len()
    }

    /// Whether there is no sample, histograms included.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.timestamps.is_empty() && self.histograms.is_empty()
    }

    /// Forgets all samples, histograms included, and keeps the memory.
    pub fn clear(&mut self) {
        self.timestamps.clear();
        self.values.clear();
        self.histograms.clear();
    }

    /// Adds one sample at the end.
    pub fn push(&mut self, sample: Sample) {
        self.timestamps.push(sample.timestamp_ms);
        self.values.push(sample.value);
    }

    /// The last sample.
    #[must_use]
    pub fn last(&self) -> Option<Sample> {
        let timestamp_ms = *self.timestamps.last()?;
        let value = *self.values.last()?;
        Some(Sample { timestamp_ms, value })
    }

    /// The newest sample, histograms included, and its time.
    #[must_use]
    pub fn newest(&self) -> Option<(i64, SampleValue)> {
        match (self.last(), self.histograms.last()) {
            (Some(float), Some((timestamp_ms, _))) if float.timestamp_ms >= timestamp_ms => {
                Some(float.into())
            }
            (Some(float), None) => Some(float.into()),
            (_, histogram) => {
                histogram.map(|(timestamp_ms, value)| (timestamp_ms, SampleValue::Histogram(value.clone())))
            }
        }
    }

    /// Keeps the first `len` samples.
    pub fn truncate(&mut self, len: usize) {
        self.timestamps.truncate(len);
        self.values.truncate(len);
    }

    /// From sample number `from` on, keeps what lies in `range`; what stands before `from` stays.
    pub fn trim(&mut self, from: usize, range: TimeRange) {
        let tail = &self.timestamps[from..];
        let end = from + tail.partition_point(|&t| t <= range.max_ms);
        let start = from + tail.partition_point(|&t| t < range.min_ms);
        self.truncate(end.max(start));
        if start > from {
            self.timestamps.drain(from..start);
            self.values.drain(from..start);
        }
    }

    /// From sample number `from` on, removes what lies in `range`.
    pub fn remove(&mut self, from: usize, range: TimeRange) {
        let tail = &self.timestamps[from..];
        let start = from + tail.partition_point(|&t| t < range.min_ms);
        let end = from + tail.partition_point(|&t| t <= range.max_ms);
        if start < end {
            self.timestamps.drain(start..end);
            self.values.drain(start..end);
        }
    }

    /// Removes staleness markers, those of histograms too: range selectors do not see them.
    pub fn remove_stale(&mut self) {
        self.histograms.remove_stale();
        let Some(first) = self.values.iter().position(|&v| is_stale(v)) else { return };
        let mut kept = first;
        for i in first..self.values.len() {
            if !is_stale(self.values[i]) {
                self.values[kept] = self.values[i];
                self.timestamps[kept] = self.timestamps[i];
                kept += 1;
            }
        }
        self.truncate(kept);
    }

    /// The samples one by one.
    pub fn iter(&self) -> impl Iterator<Item = Sample> + '_ {
        self.timestamps.iter().zip(&self.values).map(|(&timestamp_ms, &value)| Sample { timestamp_ms, value })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::STALE_NAN;

    fn columns(samples: &[(i64, f64)]) -> SampleColumns {
        let mut columns = SampleColumns::new();
        for &(timestamp_ms, value) in samples {
            columns.push(Sample { timestamp_ms, value });
        }
        columns
    }

    #[test]
    fn trim_keeps_what_stood_before_and_both_ends_of_the_range() {
        let mut c = columns(&[(100, 0.0), (1, 1.0), (2, 2.0), (3, 3.0), (4, 4.0)]);
        c.trim(1, TimeRange::new(2, 3));
        assert_eq!(c, columns(&[(100, 0.0), (2, 2.0), (3, 3.0)]));
        c.trim(1, TimeRange::new(9, 8));
        assert_eq!(c, columns(&[(100, 0.0)]));
    }

    #[test]
    fn remove_takes_out_both_ends_of_the_range() {
        let mut c = columns(&[(2, 0.0), (1, 1.0), (2, 2.0), (3, 3.0), (4, 4.0)]);
        c.remove(1, TimeRange::new(2, 3));
        assert_eq!(c, columns(&[(2, 0.0), (1, 1.0), (4, 4.0)]));
        c.remove(0, TimeRange::new(9, 8));
        assert_eq!(c.len(), 3);
    }

    #[test]
    fn remove_stale_leaves_other_nans() {
        let mut c = columns(&[(1, STALE_NAN), (2, f64::NAN), (3, STALE_NAN), (4, 4.0)]);
        c.remove_stale();
        assert_eq!(c.timestamps, [2, 4]);
        assert!(c.values[0].is_nan() && c.values[1] == 4.0);
    }
}
