//! Range functions over native histograms: pure bodies on the samples of one window.
//!
//! Each tells in `remarks` what is to be said of its result, or of why there is none.

use std::sync::Arc;

use emberdb_histogram::{Combined, CounterResetHint, FloatHistogram, HistogramMean, HistogramSum};

use super::start_timestamp::Started;

/// The histograms of a window, in time order.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NativeWindow<'a> {
    /// Times in milliseconds, as many as histograms.
    pub(crate) timestamps: &'a [i64],
    pub(crate) histograms: &'a [Arc<FloatHistogram>],
    /// Of each histogram whether the counter was reset since the one before it, which may lie before the window.
    pub(crate) resets: &'a [bool],
    /// Of each histogram since when it counts, 0 where that is not known; or empty.
    pub(crate) starts_ms: &'a [i64],
    /// The edges of the window.
    pub(crate) start_ms: i64,
    pub(crate) end_ms: i64,
}

/// What is said of a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NativeRemark {
    NotACounter,
    NotAGauge,
    /// Exponential and custom buckets: there is no result.
    MixedSchemas,
    /// Custom bounds were reconciled in that operation: `addition`, `subtraction` or `aggregation`.
    MismatchedBounds(&'static str),
    /// Hints contradict each other.
    CollidingHints,
    /// A histogram counts what the one before it counted, having begun at another time.
    StartOverlap,
}

/// Of each histogram whether the counter was reset since the one before it, by its buckets or its start timestamp.
/// `starts_ms` may be empty.
pub(crate) fn list_resets(
    timestamps: &[i64],
    starts_ms: &[i64],
    histograms: &[Arc<FloatHistogram>],
    resets: &mut Vec<bool>,
) {
    resets.clear();
    resets.extend((!histograms.is_empty()).then_some(false));
    let at = |index| Started::at(timestamps, starts_ms, index);
    resets.extend(
        histograms.windows(2).enumerate().map(|(before, pair)| {
            at(before + 1).is_reset_after(at(before)) || pair[1].is_reset_after(&pair[0])
        }),
    );
}

/// What `rate`, `increase` and `delta` do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RateKind {
    /// Resets are added up, and the result does not begin below zero.
    pub(crate) is_counter: bool,
    /// Per second of this range in milliseconds.
    pub(crate) per_second_of_ms: Option<i64>,
}

/// `rate`, `increase`, `delta`: the difference of last and first histogram, extrapolated like that of floats, by the
/// count of observations. A counter that began within the window was empty then.
///
/// Written to `result`, whatever that was, in its memory. `None` if there is no result; then it is anything.
pub(crate) fn rate(
    window: &NativeWindow<'_>,
    kind: RateKind,
    remarks: &mut Vec<NativeRemark>,
    result: &mut FloatHistogram,
) -> Option<()> {
    let NativeWindow { timestamps, histograms, .. } = *window;
    let (Some(first), Some(&first_ms), Some(&last_ms)) =
        (histograms.first(), timestamps.first(), timestamps.last())
    else {
        return None;
    };
    let began = Started::at(timestamps, window.starts_ms, 0);
    let begins_within = kind.is_counter && began.begins_within(window.start_ms);
    match histograms {
        [only] if begins_within => result.clone_from(only),
        [_] => return None,
        _ => difference(window, kind.is_counter, remarks, result)?,
    }
    let seconds = |ms: i64| ms as f64 / 1000.0;
    let mut sampled = seconds(last_ms - first_ms);
    let average = if histograms.len() == 1 { 0.0 } else { sampled / (histograms.len() - 1) as f64 };
    let threshold = average * 1.1;
    let mut to_start = 0.0;
    if begins_within {
        // It was empty then, and is not extrapolated to what lies before.
        sampled = seconds(last_ms - began.start_ms);
        if histograms.len() > 1 {
            let Ok(combined) = result.add_assign(first) else {
                remarks.push(NativeRemark::MixedSchemas);
                return None;
            };
            if combined.bounds_reconciled {
                remarks.push(NativeRemark::MismatchedBounds("addition"));
            }
        }
    } else {
        to_start = seconds(first_ms - window.start_ms);
        if to_start >= threshold {
            to_start = average / 2.0;
        }
        if kind.is_counter && result.count > 0.0 && first.count >= 0.0 {
            let to_zero = sampled * (first.count / result.count);
            if to_zero < to_start {
                to_start = to_zero;
            }
        }
    }
    let mut to_end = seconds(window.end_ms - last_ms);
    if to_end >= threshold {
        to_end = average / 2.0;
    }
    let mut factor = if sampled == 0.0 { 1.0 } else { (sampled + to_start + to_end) / sampled };
    if let Some(range_ms) = kind.per_second_of_ms {
        factor /= seconds(range_ms);
    }
    result.scale(factor);
    Some(())
}

/// Last less first, with what was lost at resets; a gauge.
fn difference(
    window: &NativeWindow<'_>,
    is_counter: bool,
    remarks: &mut Vec<NativeRemark>,
    result: &mut FloatHistogram,
) -> Option<()> {
    let NativeWindow { histograms, resets, .. } = *window;
    let (first, last) = (histograms.first()?, histograms.last()?);
    let inner = &histograms[1..histograms.len() - 1];
    let is_gauge = |histogram: &FloatHistogram| histogram.counter_reset_hint == CounterResetHint::Gauge;
    let mixed = |remarks: &mut Vec<NativeRemark>| {
        remarks.clear();
        remarks.push(NativeRemark::MixedSchemas);
        None
    };
    if is_counter && (is_gauge(first) || is_gauge(last)) {
        remarks.push(NativeRemark::NotACounter);
    }
    // After a reset the first histogram does not count, nor do its buckets.
    let begins_anew = is_counter && resets[1];
    let nothing = begins_anew.then(|| FloatHistogram {
        schema: histograms[1].schema,
        custom_values: histograms[1].custom_values.clone(),
        ..FloatHistogram::default()
    });
    let start: &FloatHistogram = nothing.as_ref().unwrap_or(first);
    if last.has_custom_bounds() != start.has_custom_bounds() {
        // Upstream keeps what was said so far here, and drops it everywhere else.
        remarks.push(NativeRemark::MixedSchemas);
        return None;
    }
    let mut schema = last.schema.min(start.schema);
    if is_counter {
        for histogram in inner {
            if is_gauge(histogram) {
                remarks.push(NativeRemark::NotACounter);
            }
            schema = schema.min(histogram.schema);
            if histogram.has_custom_bounds() != start.has_custom_bounds() {
                return mixed(remarks);
            }
        }
    }
    result.clone_from(last);
    if schema != last.schema && result.reduce_resolution(schema).is_err() {
        return mixed(remarks);
    }
    let note = |combined: Combined, operation, remarks: &mut Vec<NativeRemark>| {
        if combined.bounds_reconciled {
            remarks.push(NativeRemark::MismatchedBounds(operation));
        }
    };
    // Nothing has bounds too, to which the result is reconciled.
    let Ok(combined) = result.sub_assign(start) else { return mixed(remarks) };
    note(combined, "subtraction", remarks);
    if is_counter {
        let at = |index| Started::at(window.timestamps, window.starts_ms, index);
        if (1..histograms.len()).any(|now| at(now).overlaps(at(now - 1))) {
            remarks.push(NativeRemark::StartOverlap);
        }
        for (index, _) in resets.iter().enumerate().skip(1).filter(|&(_, &is_reset)| is_reset) {
            let before: &FloatHistogram = match &nothing {
                Some(nothing) if index == 1 => {
                    // Reset it was, but what counts is whether it is so after nothing too.
                    if !at(1).is_reset_after(at(0)) && !histograms[1].is_reset_after(nothing) {
                        continue;
                    }
                    nothing
                }
                _ => &histograms[index - 1],
            };
            let Ok(combined) = result.add_assign(before) else { return mixed(remarks) };
            note(combined, "addition", remarks);
        }
    } else if !is_gauge(first) || !is_gauge(last) {
        remarks.push(NativeRemark::NotAGauge);
    }
    result.counter_reset_hint = CounterResetHint::Gauge;
    result.compact(0);
    Some(())
}

/// `irate` and `idelta` of the last two histograms, `interval_ms` apart; the last `is_started_anew` if its start timestamp
/// says so. Written to `result` as [`rate`] does.
pub(crate) fn instant_rate(
    [previous, last]: [&FloatHistogram; 2],
    interval_ms: i64,
    is_rate: bool,
    is_started_anew: bool,
    remarks: &mut Vec<NativeRemark>,
    result: &mut FloatHistogram,
) -> Option<()> {
    let is_gauge = |histogram: &FloatHistogram| histogram.counter_reset_hint == CounterResetHint::Gauge;
    if is_rate && (is_gauge(last) || is_gauge(previous)) {
        remarks.push(NativeRemark::NotACounter);
    }
    if !is_rate && (!is_gauge(last) || !is_gauge(previous)) {
        remarks.push(NativeRemark::NotAGauge);
    }
    result.clone_from(last);
    if !is_rate || !(is_started_anew || last.is_reset_after(previous)) {
        let Ok(combined) = result.sub_assign(previous) else {
            remarks.push(NativeRemark::MixedSchemas);
            return None;
        };
        if combined.bounds_reconciled {
            remarks.push(NativeRemark::MismatchedBounds("subtraction"));
        }
    }
    result.counter_reset_hint = CounterResetHint::Gauge;
    result.compact(0);
    if is_rate {
        result.divide(interval_ms as f64 / 1000.0);
    }
    Some(())
}

/// `sum_over_time`, or `avg_over_time`. Written to `result` as [`rate`] does.
pub(crate) fn total(
    histograms: &[Arc<FloatHistogram>],
    is_average: bool,
    remarks: &mut Vec<NativeRemark>,
    result: &mut FloatHistogram,
) -> Option<()> {
    let (first, others) = histograms.split_first()?;
    let first = FloatHistogram::clone(first);
    let (mut sum, mut mean) = if is_average {
        (None, Some(HistogramMean::new(first)))
    } else {
        (Some(HistogramSum::new(first)), None)
    };
    let mut is_reconciled = false;
    for histogram in others {
        let added = match (&mut sum, &mut mean) {
            (Some(sum), _) => sum.add(histogram),
            (None, Some(mean)) => mean.add(histogram),
            (None, None) => Ok(Combined::default()),
        };
        let Ok(combined) = added else {
            remarks.push(NativeRemark::MixedSchemas);
            return None;
        };
        is_reconciled |= combined.bounds_reconciled;
    }
    let has = |hint| histograms.iter().any(|histogram| histogram.counter_reset_hint == hint);
    if has(CounterResetHint::Reset) && has(CounterResetHint::NotReset) {
        remarks.push(NativeRemark::CollidingHints);
    }
    if is_reconciled {
        remarks.push(NativeRemark::MismatchedBounds("aggregation"));
    }
    *result = sum.map(HistogramSum::into_total).or_else(|| mean.map(HistogramMean::into_mean))?;
    Some(())
}
