//! Histograms without buckets, for who only asks for count and sum.
//!
//! Without buckets a counter reset cannot be found later, so that each histogram is compared with the one that was read
//! before it, and the hint says what came out. Which one that is depends on the way in which upstream reads a series: it
//! goes from sample to sample, but leaps over what lies before a window.

use std::sync::Arc;

use emberdb_histogram::{CounterResetHint, FloatHistogram};
use emberdb_model::{SampleColumns, is_stale};

use crate::batch::Steps;

/// How far back from the end of a window is looked, in milliseconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reach {
    /// In the first window.
    pub(super) first_ms: i64,
    /// In the others.
    pub(super) others_ms: i64,
}

/// Takes the buckets of the histograms, which are read for windows that end at `ends`.
pub(super) fn reduce(samples: &mut SampleColumns, ends: Steps, reach: Reach) {
    let hints = hints(samples, ends, reach);
    for (histogram, hint) in samples.histograms.values.iter_mut().zip(hints) {
        *histogram = Arc::new(FloatHistogram {
            counter_reset_hint: hint.unwrap_or(histogram.counter_reset_hint),
            schema: histogram.schema,
            count: histogram.count,
            sum: histogram.sum,
            ..FloatHistogram::default()
        });
    }
}

/// How many samples of a series have been read, of either type.
#[derive(Clone, Copy, Default)]
struct Place {
    floats: usize,
    histograms: usize,
}

impl Place {
    /// Before the first sample whose time is not skipped.
    fn after(samples: &SampleColumns, is_skipped: impl Fn(i64) -> bool) -> Self {
        Self {
            floats: samples.timestamps.partition_point(|&t| is_skipped(t)),
            histograms: samples.histograms.timestamps.partition_point(|&t| is_skipped(t)),
        }
    }

    fn count(self) -> usize {
        self.floats + self.histograms
    }

    /// The time of the next sample, and whether it is a histogram.
    fn next(self, samples: &SampleColumns) -> Option<(i64, bool)> {
        let float_ms = samples.timestamps.get(self.floats).copied();
        let histogram_ms = samples.histograms.timestamps.get(self.histograms).copied();
        match (float_ms, histogram_ms) {
            (Some(float_ms), Some(histogram_ms)) if histogram_ms < float_ms => Some((histogram_ms, true)),
            (Some(float_ms), _) => Some((float_ms, false)),
            (None, histogram_ms) => Some((histogram_ms?, true)),
        }
    }
}

/// What is known of the resets of each histogram that is read and is no staleness marker.
fn hints(samples: &SampleColumns, ends: Steps, reach: Reach) -> Vec<Option<CounterResetHint>> {
    let histograms = &samples.histograms.values;
    let mut hints: Vec<Option<CounterResetHint>> = vec![None; histograms.len()];
    let mut place = Place::default();
    let mut before: Option<&FloatHistogram> = None;
    for (window, end_ms) in ends.times().enumerate() {
        let leap = match window {
            0 => Place::after(samples, |t| t <= end_ms.saturating_sub(reach.first_ms)),
            _ => Place::after(samples, |t| t < end_ms.saturating_sub(reach.others_ms)),
        };
        if leap.count() > place.count() {
            place = leap;
            before = None;
        }
        while let Some((timestamp_ms, is_histogram)) = place.next(samples) {
            if is_histogram {
                let histogram = &histograms[place.histograms];
                let hint = &mut hints[place.histograms];
                if hint.is_none() && !is_stale(histogram.sum) {
                    *hint = Some(hint_after(histogram, before));
                    before = Some(histogram);
                }
            }
            if timestamp_ms >= end_ms {
                break;
            }
            *if is_histogram { &mut place.histograms } else { &mut place.floats } += 1;
        }
    }
    hints
}

fn hint_after(histogram: &FloatHistogram, before: Option<&FloatHistogram>) -> CounterResetHint {
    match (histogram.counter_reset_hint, before) {
        (CounterResetHint::Unknown, Some(before)) if histogram.is_reset_after(before) => {
            CounterResetHint::Reset
        }
        (CounterResetHint::Unknown, Some(_)) => CounterResetHint::NotReset,
        (hint, _) => hint,
    }
}
