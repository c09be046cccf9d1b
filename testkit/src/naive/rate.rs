//! `rate`, `increase`, `delta`; `irate`, `idelta`.

use emberdb_model::Sample;

use super::value::Window;

/// What is asked of a window's change.
#[derive(Clone, Copy, PartialEq)]
pub(super) struct Kind {
    /// A decrease is a reset, not a decrease.
    pub(super) is_counter: bool,
    /// The change is divided by time.
    pub(super) is_rate: bool,
}

/// The change over the window, extrapolated to its edges; nothing for fewer than two samples.
///
/// Each edge is reached if the nearest sample is closer to it than 1.1 times the mean distance of samples; otherwise the
/// series is taken to begin or end half a mean distance beyond. A counter does not go below zero on the way back.
pub(super) fn extrapolated(window: &Window, kind: Kind) -> Option<f64> {
    let (first, last) = (*window.samples.first()?, *window.samples.last()?);
    if window.samples.len() < 2 {
        return None;
    }
    let mut change = last.value - first.value;
    if kind.is_counter {
        for two in window.samples.windows(2) {
            if two[1].value < two[0].value {
                change += two[0].value;
            }
        }
    }
    let seconds = |from_ms: i64, to_ms: i64| (to_ms - from_ms) as f64 / 1000.0;
    let sampled = seconds(first.timestamp_ms, last.timestamp_ms);
    let mean_distance = sampled / (window.samples.len() - 1) as f64;
    let near = mean_distance * 1.1;
    let mut to_start = seconds(window.start_ms, first.timestamp_ms);
    if to_start >= near {
        to_start = mean_distance / 2.0;
    }
    if kind.is_counter && change > 0.0 && first.value >= 0.0 {
        let to_zero = sampled * (first.value / change);
        if to_zero < to_start {
            to_start = to_zero;
        }
    }
    let mut to_end = seconds(last.timestamp_ms, window.end_ms);
    if to_end >= near {
        to_end = mean_distance / 2.0;
    }
    let mut factor = if sampled == 0.0 { 1.0 } else { (sampled + to_start + to_end) / sampled };
    if kind.is_rate {
        factor /= seconds(window.start_ms, window.end_ms);
    }
    Some(change * factor)
}

/// The change between the two newest samples. A counter that fell was reset to 0 in between.
pub(super) fn instantaneous(window: &Window, kind: Kind) -> Option<f64> {
    let &[.., before, last] = window.samples.as_slice() else { return None };
    let distance_ms = last.timestamp_ms - before.timestamp_ms;
    if distance_ms == 0 {
        return None;
    }
    let was_reset = kind.is_counter && last.value < before.value;
    let change = if was_reset { last.value } else { last.value - before.value };
    Some(if kind.is_rate { change / (distance_ms as f64 / 1000.0) } else { change })
}

/// `changes`: how often the value differs from the one before. NaN after NaN is no change.
pub(super) fn changes(values: &[f64]) -> f64 {
    count_pairs(values, |a, b| a != b && !(a.is_nan() && b.is_nan()))
}

/// `resets`: how often the value falls.
pub(super) fn resets(values: &[f64]) -> f64 {
    count_pairs(values, |a, b| b < a)
}

fn count_pairs(values: &[f64], holds: impl Fn(f64, f64) -> bool) -> f64 {
    values.windows(2).filter(|two| holds(two[0], two[1])).count() as f64
}

/// The values of samples.
pub(super) fn values(samples: &[Sample]) -> Vec<f64> {
    samples.iter().map(|s| s.value).collect()
}
