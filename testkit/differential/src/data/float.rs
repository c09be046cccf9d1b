//! Numbers over time.

use emberdb_model::STALE_NAN;

use super::DataSample;
use super::noise::Noise;

/// A counter that grows by up to `step`, in whole numbers or not, and starts again from 0 once in a while.
pub(super) fn counter(times: &[i64], step: f64, reset_chance: f64, noise: &mut Noise) -> Vec<DataSample> {
    let is_whole = step >= 2.0;
    let mut value = if noise.chance(0.5) { 0.0 } else { step * noise.unit() * 100.0 };
    if is_whole {
        value = value.floor();
    }
    let each = times.iter().map(|&time_ms| {
        let increase = if noise.chance(0.2) { 0.0 } else { step * noise.unit() };
        value += if is_whole { increase.floor() } else { increase };
        if noise.chance(reset_chance) {
            value = if noise.chance(0.5) { 0.0 } else { increase.floor() };
        }
        DataSample::float(time_ms, value)
    });
    each.collect()
}

/// A number that wanders around `middle`, by up to `width` at once, in whole numbers or not.
pub(super) fn gauge(times: &[i64], middle: f64, width: f64, noise: &mut Noise) -> Vec<DataSample> {
    let is_whole = noise.chance(0.5) && width >= 2.0;
    let mut value = middle;
    let each = times.iter().map(|&time_ms| {
        value += (noise.unit() - 0.5) * width + (middle - value) * 0.05;
        DataSample::float(time_ms, if is_whole { value.round() } else { value })
    });
    each.collect()
}

/// Mostly 1, and 0 for a while now and then; or the reverse.
pub(super) fn switch(times: &[i64], usual: f64, noise: &mut Noise) -> Vec<DataSample> {
    let mut unusual_for = 0;
    let each = times.iter().map(|&time_ms| {
        if unusual_for > 0 {
            unusual_for -= 1;
        } else if noise.chance(0.01) {
            unusual_for = 1 + noise.below(20);
        }
        DataSample::float(time_ms, if unusual_for > 0 { 1.0 - usual } else { usual })
    });
    each.collect()
}

/// The same at all times.
pub(super) fn constant(times: &[i64], value: f64) -> Vec<DataSample> {
    times.iter().map(|&time_ms| DataSample::float(time_ms, value)).collect()
}

/// One of these at each time.
pub(super) fn any_of(times: &[i64], values: &[f64], noise: &mut Noise) -> Vec<DataSample> {
    times.iter().map(|&time_ms| DataSample::float(time_ms, noise.pick(values).unwrap_or_default())).collect()
}

/// Takes samples away for a while now and then, most often with a staleness marker before the gap.
pub(super) fn come_and_go(samples: Vec<DataSample>, noise: &mut Noise) -> Vec<DataSample> {
    let mut away_for = 0;
    let mut left = Vec::new();
    for sample in samples {
        if away_for > 0 {
            away_for -= 1;
        } else if noise.chance(0.03) {
            away_for = noise.pick(&[0, 1, 3, 12, 30, 60]).unwrap_or(1);
            if noise.chance(0.8) {
                left.push(DataSample::float(sample.time_ms, STALE_NAN));
            }
        } else {
            left.push(sample);
        }
    }
    left
}
