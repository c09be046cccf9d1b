//! `deriv`, `predict_linear`: a line through the samples; `double_exponential_smoothing`.

use emberdb_model::Sample;

use super::compensated::Compensated;
use super::error::NaiveError;

/// A line, with time in seconds.
#[derive(Clone, Copy)]
pub(super) struct Line {
    pub(super) slope: f64,
    /// The value at the origin that was asked for.
    pub(super) intercept: f64,
}

/// The line of least squares, with the origin of time at `origin_ms`; nothing for fewer than two samples.
pub(super) fn line(samples: &[Sample], origin_ms: i64) -> Option<Line> {
    let first = samples.first().filter(|_| samples.len() >= 2)?.value;
    if samples.iter().all(|s| s.value == first) {
        // All the same: the line is level, without rounding. An infinite level has no line.
        let infinite = first.is_infinite();
        let nan_or = |x| if infinite { f64::NAN } else { x };
        return Some(Line { slope: nan_or(0.0), intercept: nan_or(first) });
    }
    let mut sums = [Compensated::default(); 4];
    for sample in samples {
        let (x, y) = ((sample.timestamp_ms - origin_ms) as f64 / 1000.0, sample.value);
        for (sum, term) in sums.iter_mut().zip([x, y, x * y, x * x]) {
            *sum = sum.plus(term);
        }
    }
    let [x, y, xy, xx] = sums.map(Compensated::total);
    let n = samples.len() as f64;
    let covariance = xy - x * y / n;
    let variance = xx - x * x / n;
    let slope = covariance / variance;
    Some(Line { slope, intercept: y / n - slope * x / n })
}

/// `double_exponential_smoothing`: the level after the last sample; nothing for fewer than two.
pub(super) fn smooth(samples: &[Sample], factor: f64, trend_factor: f64) -> Result<Option<f64>, NaiveError> {
    for (name, short, value) in [("smoothing", "sf", factor), ("trend", "tf", trend_factor)] {
        if value <= 0.0 || value >= 1.0 {
            return Err(NaiveError::execution(format!(
                "invalid {name} factor. Expected: 0 < {short} < 1, got: {value:.6}"
            )));
        }
    }
    let [first, second, ..] = samples else { return Ok(None) };
    let mut level_before = 0.0;
    let mut level = first.value;
    let mut trend = second.value - first.value;
    for (i, sample) in samples.iter().enumerate().skip(1) {
        if i > 1 {
            trend = trend_factor * (level - level_before) + (1.0 - trend_factor) * trend;
        }
        level_before = level;
        level = factor * sample.value + (1.0 - factor) * (level + trend);
    }
    Ok(Some(level))
}
