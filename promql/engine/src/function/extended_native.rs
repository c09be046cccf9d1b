//! `anchored` and `smoothed` windows over native histograms; see [`super::extended`] for what they mean.
//!
//! Each body tells in `remarks` what is to be said of its result, or of why there is none.

use std::borrow::Cow;
use std::sync::Arc;

use emberdb_histogram::{Combined, CounterResetHint, FloatHistogram};

use super::extended::{ExtendedWindow, ExtendedWindows};
use super::rate::seconds_of;
use super::{NativeRemark, RateKind};

/// The histograms of a series, in time order.
#[derive(Clone, Copy)]
pub(crate) struct NativeSeries<'a> {
    /// Times in milliseconds, as many as histograms.
    pub(crate) timestamps: &'a [i64],
    pub(crate) histograms: &'a [Arc<FloatHistogram>],
    /// Of each histogram whether the counter was reset since the one before it.
    pub(crate) resets: &'a [bool],
}

impl NativeSeries<'_> {
    /// The histogram at `time_ms` on the line from the one before `after` to that one. A counter that was reset between
    /// them starts from nothing. `None` if they have different kinds of buckets.
    fn between(
        &self,
        after: usize,
        time_ms: i64,
        is_counter: bool,
        remarks: &mut Vec<NativeRemark>,
    ) -> Option<FloatHistogram> {
        let [before_ms, after_ms] = [self.timestamps[after - 1], self.timestamps[after]];
        let share = (time_ms - before_ms) as f64 / (after_ms - before_ms) as f64;
        let mut value = FloatHistogram::clone(&self.histograms[after]);
        if is_counter && self.resets[after] {
            value.scale(share);
            return Some(value);
        }
        let before = &self.histograms[after - 1];
        tell_bounds(value.sub_assign(before).ok()?, "subtraction", remarks);
        value.scale(share);
        tell_bounds(value.add_assign(before).ok()?, "addition", remarks);
        Some(value)
    }
}

/// The values at the edges of a window, and where they come from.
struct Edges<'a> {
    first: usize,
    last: usize,
    left: Cow<'a, FloatHistogram>,
    right: Cow<'a, FloatHistogram>,
}

/// `rate`, `increase` and `delta`: the right edge less the left one, and for counters what was lost at resets.
pub(crate) fn extended_rate(
    windows: &ExtendedWindows,
    window: &ExtendedWindow,
    series: &NativeSeries<'_>,
    kind: RateKind,
    remarks: &mut Vec<NativeRemark>,
) -> Option<FloatHistogram> {
    let (is_counter, is_smoothed) = (kind.is_counter, windows.is_smoothed());
    let NativeSeries { timestamps, histograms, .. } = *series;
    let (first, last) = window.edges(timestamps)?;
    if !are_combinable(&histograms[first..=last], is_counter, remarks) {
        return None;
    }
    let left = if is_smoothed && timestamps[first] < window.start_ms {
        Cow::Owned(series.between(first + 1, window.start_ms, is_counter, remarks)?)
    } else {
        Cow::Borrowed(&*histograms[first])
    };
    let right = if is_smoothed && timestamps[last] > window.end_ms {
        Cow::Owned(series.between(last, window.end_ms, is_counter, remarks)?)
    } else {
        Cow::Borrowed(&*histograms[last])
    };
    if !(is_counter || is_gauge(&left) && is_gauge(&right)) {
        remarks.push(NativeRemark::NotAGauge);
    }
    let mut change = FloatHistogram::clone(&right);
    tell_bounds(change.sub_assign(&left).ok()?, "subtraction", remarks);
    if is_counter && let Some(lost) = lost(series, &Edges { first, last, left, right }, remarks)? {
        tell_bounds(change.add_assign(&lost).ok()?, "addition", remarks);
    }
    change.counter_reset_hint = CounterResetHint::Gauge;
    if let Some(range_ms) = kind.per_second_of_ms {
        change.divide(seconds_of(range_ms));
    }
    change.compact(0);
    Some(change)
}

/// Whether all have the same kind of buckets; says of a counter whether it looks like one.
fn are_combinable(
    histograms: &[Arc<FloatHistogram>],
    is_counter: bool,
    remarks: &mut Vec<NativeRemark>,
) -> bool {
    let is_other = |h: &Arc<FloatHistogram>| h.has_custom_bounds() != histograms[0].has_custom_bounds();
    let other = histograms.iter().position(is_other);
    let looked_at = &histograms[..other.unwrap_or(histograms.len())];
    if is_counter && looked_at.iter().any(|histogram| is_gauge(histogram)) {
        remarks.push(NativeRemark::NotACounter);
    }
    if other.is_some() {
        remarks.push(NativeRemark::MixedSchemas);
    }
    other.is_none()
}

/// The sum of what stood before each reset, if there was one.
fn lost(
    series: &NativeSeries<'_>,
    edges: &Edges<'_>,
    remarks: &mut Vec<NativeRemark>,
) -> Option<Option<FloatHistogram>> {
    let NativeSeries { histograms, resets, .. } = *series;
    let &Edges { first, last, ref left, ref right } = edges;
    let is_left_between = matches!(left, Cow::Owned(_));
    // The left edge has seen the reset between the first two histograms already.
    let begins_anew = is_left_between && resets[first + 1];
    let (from, mut previous): (usize, &FloatHistogram) =
        if begins_anew { (first + 2, &histograms[first + 1]) } else { (first + 1, left) };
    let mut lost: Option<FloatHistogram> = None;
    for at in from..=last {
        let current: &FloatHistogram = if at == last { right } else { &histograms[at] };
        // What is known of two neighbours does not hold if one of them was computed.
        let is_computed =
            (at == from && is_left_between && !begins_anew) || (at == last && matches!(right, Cow::Owned(_)));
        let is_reset = if is_computed { current.is_reset_after(previous) } else { resets[at] };
        if is_reset {
            match &mut lost {
                None => lost = Some(previous.clone()),
                Some(lost) => tell_bounds(lost.add_assign(previous).ok()?, "addition", remarks),
            }
        }
        previous = current;
    }
    Some(lost)
}

/// A smoothed instant selector: the histogram of that very time, or the one on the line between its neighbours, or the
/// one before; nothing if all come later.
pub(crate) fn smoothed_native(
    window: &ExtendedWindow,
    series: &NativeSeries<'_>,
    remarks: &mut Vec<NativeRemark>,
) -> Option<Arc<FloatHistogram>> {
    let before = window.before_start()?;
    let histogram = &series.histograms[before];
    if series.timestamps[before] == window.end_ms {
        return Some(Arc::clone(histogram));
    }
    let after = before + 1;
    if after == window.seen_end {
        // The hint tells of two samples, and not of the value that is carried forward.
        let mut carried = Arc::clone(histogram);
        if carried.counter_reset_hint != CounterResetHint::Unknown {
            Arc::make_mut(&mut carried).counter_reset_hint = CounterResetHint::Unknown;
        }
        return Some(carried);
    }
    let next = &series.histograms[after];
    let is_counter = !(is_gauge(histogram) && is_gauge(next));
    let value = (histogram.has_custom_bounds() == next.has_custom_bounds())
        .then(|| series.between(after, window.end_ms, is_counter, remarks))
        .flatten();
    if value.is_none() {
        remarks.push(NativeRemark::MixedSchemas);
    }
    value.map(Arc::new)
}

fn tell_bounds(combined: Combined, operation: &'static str, remarks: &mut Vec<NativeRemark>) {
    if combined.bounds_reconciled {
        remarks.push(NativeRemark::MismatchedBounds(operation));
    }
}

fn is_gauge(histogram: &FloatHistogram) -> bool {
    histogram.counter_reset_hint == CounterResetHint::Gauge
}
