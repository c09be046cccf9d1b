//! `anchored` and `smoothed` of native histograms; see [`super::extended`] for what they mean.

use std::sync::Arc;

use emberdb_histogram::{CounterResetHint, FloatHistogram, HistogramError};
use emberdb_promql_syntax::ExtendedRange;

use super::extended::ends;
use super::histogram_rate::{add, remove};
use super::histogram_remark::{HistogramRemark, Operation};
use super::labels::metric_name;
use super::notes::{Notes, Place};
use super::value::{HistogramSample, Window};

/// `selector smoothed` at a time: the histogram of that very time, or between its neighbours, or the one before; nothing
/// if all come later.
pub(super) fn smoothed_instant(
    samples: &[HistogramSample],
    time_ms: i64,
    metric: String,
    notes: &mut Notes,
    place: Place,
) -> Option<Arc<FloatHistogram>> {
    let before = samples.iter().rev().find(|s| s.timestamp_ms <= time_ms)?;
    if before.timestamp_ms == time_ms {
        return Some(before.value.clone());
    }
    let Some(after) = samples.iter().find(|s| s.timestamp_ms > time_ms) else {
        // What the hint says is between two samples, and not of the value that is carried forward.
        let mut carried = FloatHistogram::clone(&before.value);
        carried.counter_reset_hint = CounterResetHint::Unknown;
        return Some(Arc::new(carried));
    };
    let is_gauge = |s: &HistogramSample| s.value.counter_reset_hint == CounterResetHint::Gauge;
    let is_counter = !(is_gauge(before) && is_gauge(after));
    if before.value.has_custom_bounds() != after.value.has_custom_bounds() {
        notes.on_histograms(&HistogramRemark::MixedSchemas { metric }, place);
        return None;
    }
    match between(before, after, time_ms, is_counter, notes, place) {
        Ok(value) => Some(Arc::new(value)),
        Err(_) => {
            notes.on_histograms(&HistogramRemark::MixedSchemas { metric }, place);
            None
        }
    }
}

/// `rate`, `increase` and `delta` before division by the range: the right edge less the left edge, and for counters what
/// was lost at resets.
pub(super) fn increase(
    window: &Window,
    extended: ExtendedRange,
    is_counter: bool,
    notes: &mut Notes,
    place: Place,
) -> Option<FloatHistogram> {
    let samples = window.histograms();
    let times: Vec<i64> = samples.iter().map(|s| s.timestamp_ms).collect();
    let (first, last) = ends(&times, window, extended)?;
    let metric = || metric_name(&window.labels).to_owned();
    let is_gauge = |hint| hint == CounterResetHint::Gauge;
    for sample in &samples[first..=last] {
        if sample.value.has_custom_bounds() != samples[first].value.has_custom_bounds() {
            notes.on_histograms(&HistogramRemark::MixedSchemas { metric: metric() }, place);
            return None;
        }
        if is_counter && is_gauge(sample.value.counter_reset_hint) {
            notes.on_histograms(&HistogramRemark::NotCounter { metric: metric() }, place);
        }
    }
    let smoothed = extended == ExtendedRange::Smoothed;
    // All have the same kind of bounds: nothing from here on can fail.
    let left = if smoothed && times[first] < window.start_ms {
        between(&samples[first], &samples[first + 1], window.start_ms, is_counter, notes, place).ok()?
    } else {
        FloatHistogram::clone(&samples[first].value)
    };
    let right = if smoothed && last > 0 && times[last] > window.end_ms {
        between(&samples[last - 1], &samples[last], window.end_ms, is_counter, notes, place).ok()?
    } else {
        FloatHistogram::clone(&samples[last].value)
    };
    if !(is_counter || is_gauge(left.counter_reset_hint) && is_gauge(right.counter_reset_hint)) {
        notes.on_histograms(&HistogramRemark::NotGauge { metric: metric() }, place);
    }
    let mut increase = right.clone();
    remove(&mut increase, &left, notes, place).ok()?;
    if is_counter {
        let was_reset_at_start = smoothed
            && times[first] < window.start_ms
            && samples[first + 1].value.is_reset_after(&samples[first].value);
        // The left edge has seen the reset between the first two samples already.
        let from = first + 1 + usize::from(was_reset_at_start);
        let before = if was_reset_at_start { &samples[first + 1].value } else { &left };
        if from <= last {
            let inner: Vec<&FloatHistogram> = samples[from..last].iter().map(|s| &*s.value).collect();
            if let Some(lost) = lost_at_resets(before, &inner, &right, notes, place).ok()? {
                add(&mut increase, &lost, notes, place).ok()?;
            }
        }
    }
    increase.counter_reset_hint = CounterResetHint::Gauge;
    Some(increase)
}

/// The sum of what stood before each reset.
fn lost_at_resets(
    left: &FloatHistogram,
    inner: &[&FloatHistogram],
    right: &FloatHistogram,
    notes: &mut Notes,
    place: Place,
) -> Result<Option<FloatHistogram>, HistogramError> {
    let mut lost: Option<FloatHistogram> = None;
    let mut previous = left;
    for &histogram in inner.iter().chain([&right]) {
        if histogram.is_reset_after(previous) {
            match &mut lost {
                None => lost = Some(previous.clone()),
                Some(lost) => add(lost, previous, notes, place)?,
            }
        }
        previous = histogram;
    }
    Ok(lost)
}

/// The histogram at `time_ms` on the line between two samples. A counter that was reset between them starts from
/// nothing.
fn between(
    before: &HistogramSample,
    after: &HistogramSample,
    time_ms: i64,
    is_counter: bool,
    notes: &mut Notes,
    place: Place,
) -> Result<FloatHistogram, HistogramError> {
    if time_ms == before.timestamp_ms {
        return Ok(FloatHistogram::clone(&before.value));
    }
    let mut value = FloatHistogram::clone(&after.value);
    if time_ms == after.timestamp_ms {
        return Ok(value);
    }
    let elapsed = (time_ms - before.timestamp_ms) as f64;
    let share = elapsed / (after.timestamp_ms - before.timestamp_ms) as f64;
    if is_counter && after.value.is_reset_after(&before.value) {
        value.scale(share);
        return Ok(value);
    }
    let difference = value.sub_assign(&before.value)?;
    Operation::Subtraction.tell_bounds(difference, notes, place);
    value.scale(share);
    let sum = value.add_assign(&before.value)?;
    Operation::Addition.tell_bounds(sum, notes, place);
    Ok(value)
}
