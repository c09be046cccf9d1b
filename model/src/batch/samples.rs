//! The samples of one series: floats in two columns, native histograms in two more.

use std::ops::Range;

use super::HistogramColumns;
use crate::{Sample, SampleValue, TimeRange, is_stale};

/// Timestamps and values of one series, in time order, reused from series to series.
///
/// Both columns always have the same length; the lane of start timestamps beside them is empty where the storage knows
/// none. A series mostly has floats only, so its histograms stand apart; at no time does it have both. What the methods say of samples is about floats unless they name histograms. Decoders append whole chunks and cut off what lies outside of the asked
/// range afterwards, which is cheaper than testing each sample.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SampleColumns {
    /// Milliseconds since the Unix epoch, ascending.
    pub timestamps: Vec<i64>,
    /// The values, staleness markers included.
    pub values: Vec<f64>,
    /// Since when each sample counts, in milliseconds since the Unix epoch; 0 is unknown, and so is what is missing: the
    /// lane may be empty, or end early where a decoder filled the two other columns only.
    pub start_timestamps: Vec<i64>,
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
        self.start_timestamps.clear();
        self.histograms.clear();
    }

    /// Adds one sample at the end.
    pub fn push(&mut self, sample: Sample) {
        self.timestamps.push(sample.timestamp_ms);
        self.values.push(sample.value);
    }

    /// Adds one sample at the end that counts since `start_timestamp_ms`, which is 0 if that is not known.
    ///
    /// ```
    /// use emberdb_model::{Sample, SampleColumns};
    ///
    /// let mut columns = SampleColumns::new();
    /// columns.push(Sample { timestamp_ms: 15_000, value: 1.0 });
    /// assert!(columns.start_timestamps.is_empty());
    /// columns.push_started(Sample { timestamp_ms: 30_000, value: 2.0 }, 20_000);
    /// assert_eq!(columns.start_timestamps, [0, 20_000]);
    /// ```
    pub fn push_started(&mut self, sample: Sample, start_timestamp_ms: i64) {
        push_start(&mut self.start_timestamps, self.timestamps.len(), start_timestamp_ms);
        self.push(sample);
    }

    /// Makes the lanes of start timestamps, that of histograms too, as long as the other columns, unless they are empty.
    pub fn complete_start_timestamps(&mut self) {
        complete(&mut self.start_timestamps, self.timestamps.len());
        self.histograms.complete_start_timestamps();
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
        self.start_timestamps.truncate(len);
    }

    /// From sample number `from` on, keeps what lies in `range`; what stands before `from` stays.
    pub fn trim(&mut self, from: usize, range: TimeRange) {
        let tail = &self.timestamps[from..];
        let end = from + tail.partition_point(|&t| t <= range.max_ms);
        let start = from + tail.partition_point(|&t| t < range.min_ms);
        self.truncate(end.max(start));
        if start > from {
            self.drain(from..start);
        }
    }

    /// From sample number `from` on, removes what lies in `range`.
    pub fn remove(&mut self, from: usize, range: TimeRange) {
        let tail = &self.timestamps[from..];
        let start = from + tail.partition_point(|&t| t < range.min_ms);
        let end = from + tail.partition_point(|&t| t <= range.max_ms);
        if start < end {
            self.drain(start..end);
        }
    }

    /// Adds samples that are newer than all there are, histograms too.
    pub fn append(&mut self, newer: Self) {
        if !newer.start_timestamps.is_empty() {
            self.start_timestamps.resize(self.timestamps.len(), 0);
            self.start_timestamps.extend(newer.start_timestamps);
        }
        self.timestamps.extend(newer.timestamps);
        self.values.extend(newer.values);
        let histograms = newer.histograms;
        if !histograms.start_timestamps.is_empty() {
            self.histograms.start_timestamps.resize(self.histograms.len(), 0);
            self.histograms.start_timestamps.extend(histograms.start_timestamps);
        }
        self.histograms.timestamps.extend(histograms.timestamps);
        self.histograms.values.extend(histograms.values);
    }

    /// A copy of the samples in `range`, histograms too.
    #[must_use]
    pub fn within(&self, range: TimeRange) -> Self {
        let mut columns = self.clone();
        columns.trim(0, range);
        if let Some(before_ms) = range.min_ms.checked_sub(1) {
            columns.histograms.remove(TimeRange::new(i64::MIN, before_ms));
        }
        if let Some(after_ms) = range.max_ms.checked_add(1) {
            columns.histograms.remove(TimeRange::new(after_ms, i64::MAX));
        }
        columns
    }

    /// Removes all samples in `range`, histograms too.
    pub fn remove_all(&mut self, range: TimeRange) {
        self.remove(0, range);
        self.histograms.remove(range);
    }

    fn drain(&mut self, range: Range<usize>) {
        self.timestamps.drain(range.clone());
        self.values.drain(range.clone());
        let known = self.start_timestamps.len();
        self.start_timestamps.drain(range.start.min(known)..range.end.min(known));
    }

    /// Removes staleness markers, those of histograms too: range selectors do not see them.
    pub fn remove_stale(&mut self) {
        self.histograms.remove_stale();
        let Some(first) = self.values.iter().position(|&v| is_stale(v)) else { return };
        complete(&mut self.start_timestamps, self.timestamps.len());
        let mut kept = first;
        for i in first..self.values.len() {
            if !is_stale(self.values[i]) {
                self.values[kept] = self.values[i];
                self.timestamps[kept] = self.timestamps[i];
                if let Some(&start_ms) = self.start_timestamps.get(i) {
                    self.start_timestamps[kept] = start_ms;
                }
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

/// Adds the start timestamp of the sample that comes after `samples` others to a lane, which stays empty as long as none
/// is known.
pub(super) fn push_start(lane: &mut Vec<i64>, samples: usize, start_timestamp_ms: i64) {
    if start_timestamp_ms != 0 || !lane.is_empty() {
        lane.resize(samples, 0);
        lane.push(start_timestamp_ms);
    }
}

/// Makes a lane that is not empty as long as there are samples.
pub(super) fn complete(lane: &mut Vec<i64>, samples: usize) {
    if !lane.is_empty() {
        lane.resize(samples, 0);
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

    /// Samples at 1, 2, ... of which the first `starts.len()` have these start timestamps; 9 marks a stale one.
    fn started(starts: &[i64], values: &[f64]) -> SampleColumns {
        let mut columns = SampleColumns::new();
        for (i, &value) in values.iter().enumerate() {
            let value = if value == 9.0 { STALE_NAN } else { value };
            let sample = Sample { timestamp_ms: i as i64 + 1, value };
            match starts.get(i) {
                Some(&start_ms) => columns.push_started(sample, start_ms),
                None => columns.push(sample),
            }
        }
        columns
    }

    #[test]
    fn start_timestamps_stay_with_their_samples() {
        assert!(started(&[0, 0], &[1.0, 2.0, 3.0]).start_timestamps.is_empty());
        let all = || started(&[0, 12, 13], &[1.0, 2.0, 3.0, 4.0, 5.0]);
        assert_eq!(all().start_timestamps, [0, 12, 13], "what is missing at the end is unknown");
        let mut c = all();
        c.complete_start_timestamps();
        assert_eq!(c.start_timestamps, [0, 12, 13, 0, 0]);
        let mut c = all();
        c.trim(0, TimeRange::new(3, 4));
        assert_eq!((c.timestamps, c.start_timestamps), (vec![3, 4], vec![13]));
        let mut c = all();
        c.remove(0, TimeRange::new(2, 2));
        assert_eq!((c.timestamps, c.start_timestamps), (vec![1, 3, 4, 5], vec![0, 13]));
        let mut c = all();
        c.remove(0, TimeRange::new(3, 5));
        assert_eq!((c.timestamps, c.start_timestamps), (vec![1, 2], vec![0, 12]));
        let mut c = started(&[11, 12, 13], &[1.0, 9.0, 3.0, 4.0, 5.0]);
        c.remove_stale();
        assert_eq!((c.timestamps, c.start_timestamps), (vec![1, 3, 4, 5], vec![11, 13, 0, 0]));
        let mut c = all();
        c.clear();
        assert!(c.start_timestamps.is_empty());
    }
}
