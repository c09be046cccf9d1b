//! `anchored` and `smoothed`: windows that look past their edges.
//!
//! Anchored, the window begins with the last sample at or before its start (within a lookback before it), or else with
//! its first one. Smoothed, the values at both edges lie on the line between the samples around them, the right
//! neighbour being taken from the future. Neither extrapolates.

use std::rc::Rc;

use emberdb_model::{METRIC_NAME, Sample, SampleValue};
use emberdb_promql_syntax::{ExtendedRange, FunctionId};

use super::error::NaiveError;
use super::evaluator::Evaluator;
use super::extended_histogram;
use super::histogram_remark::HistogramRemark;
use super::notes::Place;
use super::selector::{StoredSeries, live, within};
use super::value::Window;

/// Refuses functions that do not know what to do with such windows.
pub(super) fn check_function(function: FunctionId, extended: ExtendedRange) -> Result<(), NaiveError> {
    use FunctionId as F;
    let (known, names) = match extended {
        ExtendedRange::Anchored => (
            matches!(function, F::Changes | F::Delta | F::Increase | F::Rate | F::Resets),
            "changes, delta, increase, rate, resets",
        ),
        ExtendedRange::Smoothed => {
            (matches!(function, F::Delta | F::Increase | F::Rate), "delta, increase, rate")
        }
    };
    if known {
        return Ok(());
    }
    let modifier = extended.as_str();
    Err(NaiveError::execution(format!(
        "{modifier} modifier can only be used with: {names} - not with {function}"
    )))
}

/// `selector smoothed` at a time: the sample of that very time, or on the line between its neighbours, or the one
/// before; nothing if all samples come later, or if floats and histograms lie around that time.
pub(super) fn smoothed_instant(
    ev: &Evaluator<'_>,
    series: &StoredSeries,
    time_ms: i64,
    place: Place,
) -> Option<SampleValue> {
    let lookback_ms = ev.options.lookback_ms;
    let around = Window {
        labels: series.labels.clone(),
        drop_name: false,
        start_ms: time_ms - lookback_ms,
        end_ms: time_ms + lookback_ms,
        samples: live(within(&series.samples, (time_ms - lookback_ms, time_ms + lookback_ms))),
        start_timestamps: Rc::default(),
    };
    let (floats, histograms) = (around.floats(), around.histograms());
    let metric = series.labels.get(METRIC_NAME).unwrap_or("").to_owned();
    let mut notes = ev.notes.borrow_mut();
    if !floats.is_empty() && !histograms.is_empty() {
        notes.on_histograms(&HistogramRemark::MixedRange { metric }, place);
        return None;
    }
    if !histograms.is_empty() {
        let value = extended_histogram::smoothed_instant(&histograms, time_ms, metric, &mut notes, place)?;
        return Some(SampleValue::Histogram(value));
    }
    let before = *floats.iter().rev().find(|s| s.timestamp_ms <= time_ms)?;
    let value = match floats.iter().find(|s| s.timestamp_ms >= time_ms) {
        Some(after) if after.timestamp_ms > before.timestamp_ms => {
            on_the_line(before, *after, time_ms, false)
        }
        _ => before.value,
    };
    Some(SampleValue::Float(value))
}

/// The window as it shows without a function around it: the values at both edges, and the samples between them. Here
/// samples that all lie after the end show.
pub(super) fn shown(window: &Window, extended: ExtendedRange) -> Result<Vec<Sample>, NaiveError> {
    if !window.histograms().is_empty() {
        let modifier = extended.as_str();
        return Err(NaiveError::execution(format!("{modifier} modifier is not supported with histograms")));
    }
    let samples = window.floats();
    let times: Vec<i64> = samples.iter().map(|s| s.timestamp_ms).collect();
    let Some(neighbours) = neighbours(&times, window, extended) else { return Ok(Vec::new()) };
    let edges = Edges::between(&samples, window, extended, false, neighbours);
    let start = Sample { timestamp_ms: window.start_ms, value: edges.left };
    let end = Sample { timestamp_ms: window.end_ms, value: edges.right };
    let inner = samples.into_iter();
    let inner = inner.filter(|s| window.start_ms < s.timestamp_ms && s.timestamp_ms < window.end_ms);
    Ok([start].into_iter().chain(inner).chain([end]).collect())
}

/// `rate`, `increase` and `delta` of floats before division by the range: the right edge less the left edge, and for
/// counters what was lost at resets.
pub(super) fn increase(window: &Window, extended: ExtendedRange, is_counter: bool) -> Option<f64> {
    let samples = window.floats();
    let edges = Edges::of(&samples, window, extended, is_counter)?;
    let mut increase = edges.right - edges.left;
    if is_counter {
        let inner = edges.inner(&samples, window);
        let values: Vec<f64> = inner.iter().map(|s| s.value).chain([edges.right]).collect();
        let mut lost = 0.0;
        let mut previous = edges.left;
        for value in values {
            if value < previous {
                lost += previous;
            }
            previous = value;
        }
        increase += lost;
    }
    Some(increase)
}

/// An anchored window for `changes` and `resets`: from the anchor on; nothing if no sample lies in the window itself.
pub(super) fn anchored_values(window: &Window) -> Option<Vec<SampleValue>> {
    let times: Vec<i64> = window.samples.iter().map(|&(t, _)| t).collect();
    let (first, last) = ends(&times, window, ExtendedRange::Anchored)?;
    Some(window.samples[first..=last].iter().map(|(_, value)| value.clone()).collect())
}

/// The values at the edges of a window, and which samples they come from.
struct Edges {
    first: usize,
    last: usize,
    left: f64,
    right: f64,
}

impl Edges {
    fn of(samples: &[Sample], window: &Window, extended: ExtendedRange, is_counter: bool) -> Option<Self> {
        let times: Vec<i64> = samples.iter().map(|s| s.timestamp_ms).collect();
        let ends = ends(&times, window, extended)?;
        Some(Self::between(samples, window, extended, is_counter, ends))
    }

    fn between(
        samples: &[Sample],
        window: &Window,
        extended: ExtendedRange,
        is_counter: bool,
        (first, last): (usize, usize),
    ) -> Self {
        let smoothed = extended == ExtendedRange::Smoothed;
        let left = if smoothed && samples[first].timestamp_ms < window.start_ms {
            on_the_line(samples[first], samples[first + 1], window.start_ms, is_counter)
        } else {
            samples[first].value
        };
        let right = if smoothed && last > 0 && samples[last].timestamp_ms > window.end_ms {
            on_the_line(samples[last - 1], samples[last], window.end_ms, is_counter)
        } else {
            samples[last].value
        };
        Self { first, last, left, right }
    }

    /// The samples strictly within: those that are not edges themselves.
    fn inner<'s>(&self, samples: &'s [Sample], window: &Window) -> &'s [Sample] {
        let from = self.first + usize::from(samples[self.first].timestamp_ms <= window.start_ms);
        let to = (self.last + 1) - usize::from(samples[self.last].timestamp_ms >= window.end_ms);
        samples.get(from..to).unwrap_or_default()
    }
}

/// The sample that the left edge starts from (the last at or before the window's start, else the first), and the one
/// that the right edge ends at (smoothed: the first at or after the window's end, else the last). Nothing if all samples
/// lie at or before the start, or all after the end.
pub(super) fn ends(times: &[i64], window: &Window, extended: ExtendedRange) -> Option<(usize, usize)> {
    neighbours(times, window, extended).filter(|&(first, _)| times[first] <= window.end_ms)
}

/// The same, also if all samples lie after the end.
fn neighbours(times: &[i64], window: &Window, extended: ExtendedRange) -> Option<(usize, usize)> {
    let newest = times.len().checked_sub(1)?;
    let first = times.iter().rposition(|&t| t <= window.start_ms).unwrap_or(0);
    let last = match extended {
        ExtendedRange::Anchored => newest,
        ExtendedRange::Smoothed => times.iter().position(|&t| t >= window.end_ms).unwrap_or(newest),
    };
    (times[last] > window.start_ms).then_some((first, last))
}

/// The value at `time_ms` on the line between two samples. A counter that was reset between them starts from 0.
fn on_the_line(before: Sample, after: Sample, time_ms: i64, is_counter: bool) -> f64 {
    let from = if is_counter && after.value < before.value { 0.0 } else { before.value };
    let elapsed = (time_ms - before.timestamp_ms) as f64;
    from + (after.value - from) * elapsed / (after.timestamp_ms - before.timestamp_ms) as f64
}
