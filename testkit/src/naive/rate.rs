//! `rate`, `increase`, `delta`; `irate`, `idelta`.

use emberdb_model::SampleValue;
use emberdb_promql_syntax::ExtendedRange;

use super::extended;
use super::extended_histogram;
use super::histogram_rate::Change;
use super::histogram_remark::HistogramRemark;
use super::labels::metric_name;
use super::notes::{Notes, Place};
use super::value::{Window, of_histogram};

/// What is asked of a window's change.
#[derive(Clone, Copy, PartialEq)]
pub(super) struct Kind {
    /// A decrease is a reset, not a decrease.
    pub(super) is_counter: bool,
    /// The change is divided by time.
    pub(super) is_rate: bool,
}

/// The change over the window, extrapolated to its edges; nothing for fewer than two samples, or if floats and histograms
/// are mixed.
pub(super) fn extrapolated(
    window: &Window,
    kind: Kind,
    notes: &mut Notes,
    place: Place,
) -> Option<SampleValue> {
    let (floats, histograms) = (window.floats(), window.histograms());
    let metric = metric_name(&window.labels);
    if !floats.is_empty() && !histograms.is_empty() {
        let metric = metric.to_owned();
        notes.on_histograms(&HistogramRemark::MixedRange { metric }, place);
        return None;
    }
    if window.samples.len() < 2 {
        return None;
    }
    let Some(first) = floats.first() else {
        let change = Change { samples: &histograms, is_counter: kind.is_counter, metric, place };
        let mut value = change.of_window(notes)?;
        value.scale(extrapolation(window, kind, histograms[0].value.count, value.count));
        return Some(of_histogram(value));
    };
    let mut change = floats.last()?.value - first.value;
    if kind.is_counter {
        for two in floats.windows(2) {
            if two[1].value < two[0].value {
                change += two[0].value;
            }
        }
    }
    Some(SampleValue::Float(change * extrapolation(window, kind, first.value, change)))
}

/// What a change between the first and the last sample is multiplied by.
///
/// Each edge is reached if the nearest sample is closer to it than 1.1 times the mean distance of samples; otherwise the
/// series is taken to begin or end half a mean distance beyond. A counter, of which `first` was the first value, does not
/// go below zero on the way back.
fn extrapolation(window: &Window, kind: Kind, first: f64, change: f64) -> f64 {
    let times: Vec<i64> = window.samples.iter().map(|&(t, _)| t).collect();
    let (first_ms, last_ms) = (times[0], times[times.len() - 1]);
    let seconds = |from_ms: i64, to_ms: i64| (to_ms - from_ms) as f64 / 1000.0;
    let sampled = seconds(first_ms, last_ms);
    let mean_distance = sampled / (times.len() - 1) as f64;
    let near = mean_distance * 1.1;
    let mut to_start = seconds(window.start_ms, first_ms);
    if to_start >= near {
        to_start = mean_distance / 2.0;
    }
    if kind.is_counter && change > 0.0 && first >= 0.0 {
        let to_zero = sampled * (first / change);
        if to_zero < to_start {
            to_start = to_zero;
        }
    }
    let mut to_end = seconds(last_ms, window.end_ms);
    if to_end >= near {
        to_end = mean_distance / 2.0;
    }
    let mut factor = if sampled == 0.0 { 1.0 } else { (sampled + to_start + to_end) / sampled };
    if kind.is_rate {
        factor /= seconds(window.start_ms, window.end_ms);
    }
    factor
}

/// The change from edge to edge of a window that looks past them, not extrapolated; nothing if floats and histograms are
/// mixed.
pub(super) fn extended(
    window: &Window,
    extended: ExtendedRange,
    kind: Kind,
    notes: &mut Notes,
    place: Place,
) -> Option<SampleValue> {
    let (floats, histograms) = (window.floats(), window.histograms());
    if !floats.is_empty() && !histograms.is_empty() {
        let metric = metric_name(&window.labels).to_owned();
        notes.on_histograms(&HistogramRemark::MixedRange { metric }, place);
        return None;
    }
    let range_seconds = (window.end_ms - window.start_ms) as f64 / 1000.0;
    if histograms.is_empty() {
        let increase = extended::increase(window, extended, kind.is_counter)?;
        return Some(SampleValue::Float(if kind.is_rate { increase / range_seconds } else { increase }));
    }
    let mut increase = extended_histogram::increase(window, extended, kind.is_counter, notes, place)?;
    if kind.is_rate {
        increase.divide(range_seconds);
    }
    increase.compact(0);
    Some(of_histogram(increase))
}

/// The change between the two newest samples, which must both be floats or histograms. A counter that fell was reset to 0
/// in between.
pub(super) fn instantaneous(
    window: &Window,
    kind: Kind,
    notes: &mut Notes,
    place: Place,
) -> Option<SampleValue> {
    let [.., (before_ms, before), (last_ms, last)] = window.samples.as_slice() else { return None };
    if last_ms == before_ms {
        return None;
    }
    let seconds = if kind.is_rate { (last_ms - before_ms) as f64 / 1000.0 } else { 1.0 };
    let metric = metric_name(&window.labels);
    match (before, last) {
        (SampleValue::Float(before), SampleValue::Float(last)) => {
            let was_reset = kind.is_counter && last < before;
            let change = if was_reset { *last } else { last - before };
            Some(SampleValue::Float(change / seconds))
        }
        (SampleValue::Histogram(_), SampleValue::Histogram(_)) => {
            let samples = &window.histograms();
            let mut change =
                Change { samples, is_counter: kind.is_counter, metric, place }.of_last_two(notes)?;
            change.divide(seconds);
            Some(of_histogram(change))
        }
        _ => {
            let metric = metric.to_owned();
            notes.on_histograms(&HistogramRemark::MixedRange { metric }, place);
            None
        }
    }
}

/// `changes`: how often the value differs from the one before. NaN after NaN is no change, a histogram after a number is.
pub(super) fn changes(values: &[SampleValue]) -> f64 {
    count_pairs(values, |before, after| match (before, after) {
        (SampleValue::Float(a), SampleValue::Float(b)) => a != b && !(a.is_nan() && b.is_nan()),
        (SampleValue::Histogram(a), SampleValue::Histogram(b)) => !a.has_same_data(b),
        _ => true,
    })
}

/// `resets`: how often the value falls. A histogram after a number, or the reverse, is a reset.
pub(super) fn resets(values: &[SampleValue]) -> f64 {
    count_pairs(values, |before, after| match (before, after) {
        (SampleValue::Float(a), SampleValue::Float(b)) => b < a,
        (SampleValue::Histogram(a), SampleValue::Histogram(b)) => b.is_reset_after(a),
        _ => true,
    })
}

fn count_pairs(values: &[SampleValue], holds: impl Fn(&SampleValue, &SampleValue) -> bool) -> f64 {
    values.windows(2).filter(|two| holds(&two[0], &two[1])).count() as f64
}
