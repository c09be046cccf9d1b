//! Functions that fit a line or a trend: `deriv`, `predict_linear`, `double_exponential_smoothing`.

use emberdb_histogram::KahanLanes;

use super::{RangeScratch, Windows};
use crate::batch::Column;

/// `deriv(m[range])`: the slope per second of the least-squares line through the window.
pub(super) fn deriv(windows: &Windows<'_>, _: &[&[f64]], _: &mut RangeScratch, out: &mut Column) {
    let mut cursor = windows.cursor();
    out.compute(windows.steps.count, |_| {
        let (first, end) = cursor.advance();
        // Times relative to the window keep the squares small.
        (end >= first + 2).then(|| {
            let (timestamps, values) = (&windows.timestamps[first..end], &windows.values[first..end]);
            Line::through(timestamps, values, timestamps[0]).slope
        })
    });
}

/// `predict_linear(m[range], seconds)`: the value of that line `seconds` after the evaluation time.
pub(super) fn predict_linear(
    windows: &Windows<'_>,
    params: &[&[f64]],
    _: &mut RangeScratch,
    out: &mut Column,
) {
    let &[ahead_s] = params else { return out.reset(windows.steps.count) };
    let mut cursor = windows.cursor();
    out.compute(windows.steps.count, |step| {
        let (first, end) = cursor.advance();
        (end >= first + 2).then(|| {
            let (timestamps, values) = (&windows.timestamps[first..end], &windows.values[first..end]);
            let line = Line::through(timestamps, values, windows.steps.time(step));
            line.slope * ahead_s[step] + line.intercept
        })
    });
}

/// A line: `slope` per second, and its value at the origin.
struct Line {
    slope: f64,
    intercept: f64,
}

impl Line {
    /// The least-squares line, with all sums compensated: `x` is the time since `origin_ms` in seconds.
    fn through(timestamps: &[i64], values: &[f64], origin_ms: i64) -> Self {
        let constant = values[0];
        let mut is_constant = true;
        let mut sums = KahanLanes::<4>::new();
        for (index, (&time_ms, &y)) in timestamps.iter().zip(values).enumerate() {
            is_constant &= (index == 0) | (y == constant);
            let x = time_ms.wrapping_sub(origin_ms) as f64 / 1e3;
            sums.add([x, y, x * y, x * x]);
        }
        if is_constant {
            // Through a line of infinities goes no line.
            return if constant.is_infinite() {
                Self { slope: f64::NAN, intercept: f64::NAN }
            } else {
                Self { slope: 0.0, intercept: constant }
            };
        }
        let n = values.len() as f64;
        let [sum_x, sum_y, sum_xy, sum_xx] = sums.totals();
        let covariance = sum_xy - sum_x * sum_y / n;
        let variance = sum_xx - sum_x * sum_x / n;
        let slope = covariance / variance;
        Self { slope, intercept: sum_y / n - slope * sum_x / n }
    }
}

/// Why a factor of `double_exponential_smoothing` is refused; the query fails.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SmoothingError {
    /// The second argument is not strictly between 0 and 1.
    #[error("invalid smoothing factor. Expected: 0 < sf < 1, got: {0:.6}")]
    SmoothingFactor(f64),
    /// The third argument is not strictly between 0 and 1.
    #[error("invalid trend factor. Expected: 0 < tf < 1, got: {0:.6}")]
    TrendFactor(f64),
}

/// Checks the factors of `double_exponential_smoothing` at one step; the caller does so for each step at which
/// a series has samples in its window.
///
/// NaN passes, as it does upstream: it is neither at most 0 nor at least 1.
///
/// # Errors
///
/// The first factor that is not strictly between 0 and 1.
pub fn check_smoothing(smoothing: f64, trend: f64) -> Result<(), SmoothingError> {
    if smoothing <= 0.0 || smoothing >= 1.0 {
        return Err(SmoothingError::SmoothingFactor(smoothing));
    }
    if trend <= 0.0 || trend >= 1.0 {
        return Err(SmoothingError::TrendFactor(trend));
    }
    Ok(())
}

/// `double_exponential_smoothing(m[range], sf, tf)`: Holt's smoothing with a trend.
pub(super) fn double_exponential_smoothing(
    windows: &Windows<'_>,
    params: &[&[f64]],
    _: &mut RangeScratch,
    out: &mut Column,
) {
    let &[smoothing, trend] = params else { return out.reset(windows.steps.count) };
    let mut cursor = windows.cursor();
    out.compute(windows.steps.count, |step| {
        let (first, end) = cursor.advance();
        (end >= first + 2).then(|| smooth(&windows.values[first..end], smoothing[step], trend[step]))
    });
}

/// Smooths at least two values: level and slope start as the first value and the first difference, and the
/// slope stays so for the first round.
fn smooth(values: &[f64], smoothing: f64, trend: f64) -> f64 {
    let (mut before, mut level, mut slope) = (0.0, values[0], values[1] - values[0]);
    for (index, &value) in values[1..].iter().enumerate() {
        if index > 0 {
            slope = trend * (level - before) + (1.0 - trend) * slope;
        }
        before = level;
        level = smoothing * value + (1.0 - smoothing) * (level + slope);
    }
    level
}
