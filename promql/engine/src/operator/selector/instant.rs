//! `foo`: at each step the newest sample that is not older than the lookback.

use std::sync::Arc;

use emberdb_model::{Sample, SampleColumns, TimeRange, is_stale};

use super::Selection;
use crate::batch::{Column, Steps};
use crate::error::Result;
use crate::operator::{Scratch, SeriesLabels, VectorSource};

/// What of the sample is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    Value,
    /// Its own time in seconds: `timestamp(foo)`.
    Time,
}

/// A vector selector.
pub(crate) struct InstantSelector {
    pub(crate) selection: Selection,
    pub(crate) steps: Steps,
    pub(crate) at_ms: Option<i64>,
    pub(crate) offset_ms: i64,
    pub(crate) lookback_ms: i64,
    pub(crate) reading: Reading,
    /// As the selection's, or with names dropped.
    pub(crate) series: Arc<SeriesLabels>,
}

impl InstantSelector {
    /// The times that samples are looked for at.
    fn times(&self) -> Steps {
        match self.at_ms {
            Some(at_ms) => Steps::instant(at_ms.saturating_sub(self.offset_ms)),
            None => Steps { start_ms: self.steps.start_ms.saturating_sub(self.offset_ms), ..self.steps },
        }
    }

    /// All samples that a selector with these times can see.
    pub(crate) fn sight(times: Steps, lookback_ms: i64) -> TimeRange {
        // Left-open: a sample exactly as old as the lookback is too old.
        TimeRange::new(times.start_ms.saturating_sub(lookback_ms).saturating_add(1), times.last_ms())
    }

    fn reading_of(&self, sample: Sample) -> f64 {
        match self.reading {
            Reading::Value => sample.value,
            Reading::Time => sample.timestamp_ms as f64 / 1000.0,
        }
    }

    fn at_one_time(
        &self,
        series: usize,
        sight: TimeRange,
        samples: &mut SampleColumns,
        out: &mut Column,
    ) -> Result<usize> {
        out.reset(self.steps.count);
        let newest = self.selection.set.newest(series, sight, samples)?;
        // A marker as the newest sample hides the older ones.
        if let Some(sample) = newest.filter(|sample| !is_stale(sample.value)) {
            out.fill(self.reading_of(sample));
        }
        Ok(usize::from(newest.is_some()))
    }

    fn at_many_times(&self, times: Steps, samples: &SampleColumns, out: &mut Column) {
        let (timestamps, values) = (&samples.timestamps[..], &samples.values[..]);
        let mut seen = 0;
        out.compute(times.count, |step| {
            let time_ms = times.time(step);
            while seen < timestamps.len() && timestamps[seen] <= time_ms {
                seen += 1;
            }
            let newest = seen.checked_sub(1)?;
            let (timestamp_ms, value) = (timestamps[newest], values[newest]);
            if time_ms.saturating_sub(timestamp_ms) >= self.lookback_ms || is_stale(value) {
                return None;
            }
            Some(value)
        });
        if self.reading == Reading::Time {
            self.replace_by_times(times, timestamps, out);
        }
    }

    fn replace_by_times(&self, times: Steps, timestamps: &[i64], out: &mut Column) {
        let mut seen = 0;
        for (time_ms, value) in times.times().zip(out.values_mut()) {
            while seen < timestamps.len() && timestamps[seen] <= time_ms {
                seen += 1;
            }
            if let Some(newest) = seen.checked_sub(1) {
                *value = timestamps[newest] as f64 / 1000.0;
            }
        }
    }
}

impl VectorSource for InstantSelector {
    fn series(&self) -> &Arc<SeriesLabels> {
        &self.series
    }

    fn steps(&self) -> Steps {
        self.steps
    }

    fn column(&self, series: usize, scratch: &mut Scratch, out: &mut Column) -> Result<()> {
        let times = self.times();
        let sight = Self::sight(times, self.lookback_ms);
        let mut samples = scratch.take_samples();
        let read = if times.count == 1 {
            self.at_one_time(series, sight, &mut samples, out)?
        } else {
            samples.clear();
            self.selection.set.read(series, sight, &mut samples)?;
            self.at_many_times(times, &samples, out);
            samples.len()
        };
        scratch.give_samples(samples);
        scratch.context.count_read(read)
    }

    fn is_quiet(&self) -> bool {
        true
    }
}
