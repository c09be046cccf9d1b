//! `anchored` and `smoothed`: windows that look past their edges.
//!
//! Anchored, the window begins with the last sample at or before its start (within a lookback before it), or else with
//! its first one. Smoothed, the values at both edges lie on the line between the samples around them, the right
//! neighbour being taken from the future. Neither extrapolates.

use emberdb_model::{Sample, is_stale};
use emberdb_promql_syntax::{ExtendedRange, FunctionId};

use super::error::NaiveError;
use super::selector::{StoredSeries, within};
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
/// before; nothing if all samples come later.
pub(super) fn smoothed_instant(series: &StoredSeries, time_ms: i64, lookback_ms: i64) -> Option<Sample> {
    let around: Vec<_> = within(&series.samples, (time_ms - lookback_ms, time_ms + lookback_ms))
        .iter()
        .filter(|s| !is_stale(s.value))
        .collect();
    let before = *around.iter().rev().find(|s| s.timestamp_ms <= time_ms)?;
    let value = match around.iter().find(|s| s.timestamp_ms >= time_ms) {
        Some(after) if after.timestamp_ms > before.timestamp_ms => {
            on_the_line(*before, **after, time_ms, false)
        }
        _ => before.value,
    };
    Some(Sample { timestamp_ms: time_ms, value })
}

/// The window as it shows without a function around it: the values at both edges, and the samples between them.
pub(super) fn shown(window: &Window, extended: ExtendedRange) -> Vec<Sample> {
    let Some(edges) = Edges::of(window, extended, false) else { return Vec::new() };
    let start = Sample { timestamp_ms: window.start_ms, value: edges.left };
    let end = Sample { timestamp_ms: window.end_ms, value: edges.right };
    let inner = window.samples.iter().copied();
    let inner = inner.filter(|s| window.start_ms < s.timestamp_ms && s.timestamp_ms < window.end_ms);
    [start].into_iter().chain(inner).chain([end]).collect()
}

/// `rate`, `increase` and `delta` before division by the range: the right edge less the left edge, and for counters what
/// was lost at resets.
pub(super) fn increase(window: &Window, extended: ExtendedRange, is_counter: bool) -> Option<f64> {
    let edges = Edges::of(window, extended, is_counter)?;
    let mut increase = edges.right - edges.left;
    if is_counter {
        let inner = edges.inner(window);
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
pub(super) fn anchored_values(window: &Window) -> Option<Vec<f64>> {
    let (first, last) = ends(window, ExtendedRange::Anchored)?;
    Some(window.samples[first..=last].iter().map(|s| s.value).collect())
}

/// The values at the edges of a window, and which samples they come from.
struct Edges {
    first: usize,
    last: usize,
    left: f64,
    right: f64,
}

impl Edges {
    fn of(window: &Window, extended: ExtendedRange, is_counter: bool) -> Option<Self> {
        let samples = &window.samples;
        let (first, last) = ends(window, extended)?;
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
        Some(Self { first, last, left, right })
    }

    /// The samples strictly within: those that are not edges themselves.
    fn inner<'w>(&self, window: &'w Window) -> &'w [Sample] {
        let samples = &window.samples;
        let from = self.first + usize::from(samples[self.first].timestamp_ms <= window.start_ms);
        let to = (self.last + 1) - usize::from(samples[self.last].timestamp_ms >= window.end_ms);
        samples.get(from..to).unwrap_or_default()
    }
}

/// The sample that the left edge starts from (the last at or before the window's start, else the first), and the one
/// that the right edge ends at (smoothed: the first at or after the window's end, else the last). Nothing if all samples
/// lie at or before the start, or all after the end.
fn ends(window: &Window, extended: ExtendedRange) -> Option<(usize, usize)> {
    let samples = &window.samples;
    let newest = samples.len().checked_sub(1)?;
    let first = samples.iter().rposition(|s| s.timestamp_ms <= window.start_ms).unwrap_or(0);
    let last = match extended {
        ExtendedRange::Anchored => newest,
        ExtendedRange::Smoothed => {
            samples.iter().position(|s| s.timestamp_ms >= window.end_ms).unwrap_or(newest)
        }
    };
    let nothing =
        samples[last].timestamp_ms <= window.start_ms || samples[first].timestamp_ms > window.end_ms;
    (!nothing).then_some((first, last))
}

/// The value at `time_ms` on the line between two samples. A counter that was reset between them starts from 0.
fn on_the_line(before: Sample, after: Sample, time_ms: i64, is_counter: bool) -> f64 {
    let from = if is_counter && after.value < before.value { 0.0 } else { before.value };
    let elapsed = (time_ms - before.timestamp_ms) as f64;
    from + (after.value - from) * elapsed / (after.timestamp_ms - before.timestamp_ms) as f64
}
