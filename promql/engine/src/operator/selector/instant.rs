//! `foo`: at each step the newest sample that is not older than the lookback.

use std::sync::Arc;

use emberdb_model::{HistogramColumns, SampleColumns, SampleValue, TimeRange, is_stale};

use super::stats_only::{self, Reach};
use super::{Selection, weight_of};
use crate::batch::{Column, Steps, histogram_weight};
use crate::error::Result;
use crate::operator::{Scratch, SeriesLabels, VectorSource};

/// What of the sample is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    Value,
    /// Its own time in seconds: `timestamp(foo)`.
    Time,
    /// The time of a float, and a histogram as it is: `info` takes floats only and tells which series is none.
    TimeOfFloat,
    /// Since when it counts, in seconds, 0 if that is not known: `start_timestamp(foo)`.
    Start,
}

/// A vector selector.
pub(crate) struct InstantSelector {
    pub(crate) selection: Selection,
    pub(crate) steps: Steps,
    pub(crate) at_ms: Option<i64>,
    pub(crate) offset_ms: i64,
    pub(crate) lookback_ms: i64,
    pub(crate) reading: Reading,
    pub(crate) is_stats_only: bool,
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

    fn at_one_time(
        &self,
        series: usize,
        sight: TimeRange,
        samples: &mut SampleColumns,
        out: &mut Column,
    ) -> Result<usize> {
        out.reset(self.steps.count);
        let Some((timestamp_ms, newest)) = self.selection.set.newest(series, sight, samples)? else {
            return Ok(0);
        };
        let weight = match &newest {
            SampleValue::Float(_) => 1,
            SampleValue::Histogram(histogram) => histogram_weight(histogram),
        };
        match newest {
            // A marker as the newest sample hides the older ones.
            newest if newest.is_stale() => {}
            SampleValue::Float(value) if self.reading == Reading::Value => out.fill(value),
            SampleValue::Histogram(histogram) if self.reading != Reading::Time => {
                out.fill_histogram(&histogram);
            }
            _ => out.fill(timestamp_ms as f64 / 1000.0),
        }
        Ok(weight)
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
        let seconds = |ms: i64| ms as f64 / 1000.0;
        let start = |newest| samples.start_timestamps.get(newest).copied().unwrap_or(0);
        match self.reading {
            Reading::Value => {}
            Reading::Time | Reading::TimeOfFloat => {
                replace(times, timestamps, out, |newest| seconds(timestamps[newest]));
            }
            Reading::Start => replace(times, timestamps, out, |newest| seconds(start(newest))),
        }
        if !samples.histograms.is_empty() {
            self.histograms_at_many_times(times, timestamps, &samples.histograms, out);
        }
    }

    /// Gives all steps the value of the one time that all look at, if that is so.
    fn spread(&self, out: &mut Column) {
        if out.len() != self.steps.count {
            let (float, histogram) = (out.get(0), out.histogram(0).cloned());
            out.reset(self.steps.count);
            float.into_iter().for_each(|value| out.fill(value));
            histogram.iter().for_each(|histogram| out.fill_histogram(histogram));
        }
    }

    /// Puts histograms where they are newer than the newest float, a marker among them hiding what is older.
    fn histograms_at_many_times(
        &self,
        times: Steps,
        float_times: &[i64],
        histograms: &HistogramColumns,
        out: &mut Column,
    ) {
        let (mut seen, mut floats_seen) = (0, 0);
        for (step, time_ms) in times.times().enumerate() {
            while histograms.timestamps.get(seen).is_some_and(|&t| t <= time_ms) {
                seen += 1;
            }
            while float_times.get(floats_seen).is_some_and(|&t| t <= time_ms) {
                floats_seen += 1;
            }
            let Some(newest) = seen.checked_sub(1) else { continue };
            let timestamp_ms = histograms.timestamps[newest];
            if floats_seen.checked_sub(1).is_some_and(|float| float_times[float] >= timestamp_ms) {
                continue;
            }
            out.clear(step);
            let histogram = &histograms.values[newest];
            if time_ms.saturating_sub(timestamp_ms) >= self.lookback_ms || is_stale(histogram.sum) {
                continue;
            }
            match self.reading {
                Reading::Value | Reading::TimeOfFloat => out.set_histogram(step, Arc::clone(histogram)),
                Reading::Time => out.set(step, timestamp_ms as f64 / 1000.0),
                Reading::Start => {
                    let start_ms = histograms.start_timestamps.get(newest).copied().unwrap_or(0);
                    out.set(step, start_ms as f64 / 1000.0);
                }
            }
        }
    }
}

/// Puts in place of each value what `of` gives for the number of the sample that it is from.
fn replace(times: Steps, timestamps: &[i64], out: &mut Column, of: impl Fn(usize) -> f64) {
    let mut seen = 0;
    for (time_ms, value) in times.times().zip(out.values_mut()) {
        while seen < timestamps.len() && timestamps[seen] <= time_ms {
            seen += 1;
        }
        if let Some(newest) = seen.checked_sub(1) {
            *value = of(newest);
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
        let is_stats_only = self.is_stats_only && self.selection.set.may_have_histograms();
        // The newest sample alone does not say since when it counts.
        let read = if times.count == 1 && !is_stats_only && self.reading != Reading::Start {
            self.at_one_time(series, sight, &mut samples, out)?
        } else {
            samples.clear();
            self.selection.set.read(series, sight, &mut samples)?;
            let weight = weight_of(&samples);
            if is_stats_only {
                let back_ms = self.lookback_ms;
                stats_only::reduce(&mut samples, times, Reach { first_ms: back_ms, others_ms: back_ms });
            }
            self.at_many_times(times, &samples, out);
            self.spread(out);
            weight
        };
        scratch.give_samples(samples);
        scratch.count_read(read)
    }

    fn is_quiet(&self) -> bool {
        true
    }

    fn may_have_histograms(&self) -> bool {
        matches!(self.reading, Reading::Value | Reading::TimeOfFloat)
            && self.selection.set.may_have_histograms()
    }
}
