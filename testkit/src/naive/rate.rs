//! `rate`, `increase`, `delta`; `irate`, `idelta`.

use emberdb_histogram::FloatHistogram;
use emberdb_model::SampleValue;
use emberdb_promql_syntax::ExtendedRange;

use super::extended;
use super::extended_histogram;
use super::histogram_rate::Change;
use super::histogram_remark::HistogramRemark;
use super::labels::metric_name;
use super::notes::{Notes, Place};
use super::start_timestamp::{beginning_ms, has_overlap, is_reset};
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
///
/// Where it is known that a counter began within the window, it was 0 then; so that one sample is enough.
pub(super) fn extrapolated(
    window: &Window,
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
    let began_ms = beginning_ms(window).filter(|_| kind.is_counter);
    if window.samples.len() < 2 && began_ms.is_none() {
        return None;
    }
    let Some(first) = floats.first() else {
        let first = histograms.first()?;
        let change = Change { samples: &histograms, is_counter: kind.is_counter, window, place };
        let mut value = match histograms.as_slice() {
            [only] => FloatHistogram::clone(&only.value),
            _ => {
                let mut value = change.of_window(notes)?;
                if began_ms.is_some() {
                    change.add_first(&mut value, notes)?;
                }
                value
            }
        };
        value.scale(extrapolation(window, kind, first.value.count, value.count, began_ms));
        return Some(of_histogram(value));
    };
    let mut change = floats.last()?.value - first.value;
    if kind.is_counter {
        for two in floats.windows(2) {
            if two[1].value < two[0].value || is_reset(window, two[0].timestamp_ms, two[1].timestamp_ms) {
                change += two[0].value;
            }
        }
        if has_overlap(window) {
            notes.start_overlap(&window.labels, window.end_ms, place);
        }
    }
    if began_ms.is_some() {
        change += first.value;
    }
    Some(SampleValue::Float(change * extrapolation(window, kind, first.value, change, began_ms)))
}

/// What a change between the first and the last sample is multiplied by; or, if the counter `began` within the window,
/// one between then and the last sample.
///
/// Each edge is reached if the nearest sample is closer to it than 1.1 times the mean distance of samples; otherwise the
/// series is taken to begin or end half a mean distance beyond. A counter, of which `first` was the first value, does not
/// go below zero on the way back.
fn extrapolation(window: &Window, kind: Kind, first: f64, change: f64, began_ms: Option<i64>) -> f64 {
    let times: Vec<i64> = window.samples.iter().map(|&(t, _)| t).collect();
    let (first_ms, last_ms) = (times[0], times[times.len() - 1]);
    let seconds = |from_ms: i64, to_ms: i64| (to_ms - from_ms) as f64 / 1000.0;
    let mean_distance = match times.len() {
        1 => 0.0,
        samples => seconds(first_ms, last_ms) / (samples - 1) as f64,
    };
    let near = mean_distance * 1.1;
    let sampled = seconds(began_ms.unwrap_or(first_ms), last_ms);
    let mut to_start = 0.0;
    if began_ms.is_none() {
        to_start = seconds(window.start_ms, first_ms);
        if to_start >= near {
            to_start = mean_distance / 2.0;
        }
        if kind.is_counter && change > 0.0 && first >= 0.0 {
            let to_zero = sampled * (first / change);
            if to_zero < to_start {
                to_start = to_zero;
            }
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

/// The change between the two newest samples, which must both be floats or histograms. A counter that fell, or says that
/// it began in between, was reset to 0 there.
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
    match (before, last) {
        (SampleValue::Float(before), SampleValue::Float(last)) => {
            let was_reset = kind.is_counter && (last < before || is_reset(window, *before_ms, *last_ms));
            let change = if was_reset { *last } else { last - before };
            Some(SampleValue::Float(change / seconds))
        }
        (SampleValue::Histogram(_), SampleValue::Histogram(_)) => {
            let samples = &window.histograms();
            let mut change =
                Change { samples, is_counter: kind.is_counter, window, place }.of_last_two(notes)?;
            change.divide(seconds);
            Some(of_histogram(change))
        }
        _ => {
            let metric = metric_name(&window.labels).to_owned();
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

/// `resets` where start timestamps tell of resets too.
pub(super) fn resets_of(window: &Window) -> f64 {
    let is_counted = |two: &&[(i64, SampleValue)]| {
        let values = [two[0].1.clone(), two[1].1.clone()];
        resets(&values) > 0.0 || is_reset(window, two[0].0, two[1].0)
    };
    window.samples.windows(2).filter(is_counted).count() as f64
}

fn count_pairs(values: &[SampleValue], holds: impl Fn(&SampleValue, &SampleValue) -> bool) -> f64 {
    values.windows(2).filter(|two| holds(&two[0], &two[1])).count() as f64
}
