//! `stddev_over_time` and `stdvar_over_time`: Welford's method with compensated mean and squares.

use emberdb_histogram::kahan_add;

use super::super::{RangeScratch, Windows};
use super::interleave::{LANES, LaneFold, interleave};
use crate::batch::Column;

/// `stddev_over_time(m[range])`: of the population.
pub(in super::super) fn stddev(windows: &Windows<'_>, _: &[&[f64]], _: &mut RangeScratch, out: &mut Column) {
    interleave(windows, out, |fold: &Welford, lane, _| fold.variance(lane).sqrt());
}

/// `stdvar_over_time(m[range])`: of the population.
pub(in super::super) fn stdvar(windows: &Windows<'_>, _: &[&[f64]], _: &mut RangeScratch, out: &mut Column) {
    interleave(windows, out, |fold: &Welford, lane, _| fold.variance(lane));
}

/// Mean and sum of squared distances of each lane, both as sum and compensation.
struct Welford {
    count: [f64; LANES],
    mean: [f64; LANES],
    mean_compensation: [f64; LANES],
    squares: [f64; LANES],
    squares_compensation: [f64; LANES],
}

impl Welford {
    fn variance(&self, lane: usize) -> f64 {
        (self.squares[lane] + self.squares_compensation[lane]) / self.count[lane]
    }
}

impl LaneFold for Welford {
    fn new() -> Self {
        Self {
            count: [0.0; LANES],
            mean: [0.0; LANES],
            mean_compensation: [0.0; LANES],
            squares: [0.0; LANES],
            squares_compensation: [0.0; LANES],
        }
    }

    #[inline]
    fn add_one(&mut self, lane: usize, value: f64) {
        self.count[lane] += 1.0;
        let distance = value - (self.mean[lane] + self.mean_compensation[lane]);
        (self.mean[lane], self.mean_compensation[lane]) =
            kahan_add(distance / self.count[lane], self.mean[lane], self.mean_compensation[lane]);
        let square = distance * (value - (self.mean[lane] + self.mean_compensation[lane]));
        (self.squares[lane], self.squares_compensation[lane]) =
            kahan_add(square, self.squares[lane], self.squares_compensation[lane]);
    }

    #[inline]
    fn add_all(&mut self, value: f64) {
        for lane in 0..LANES {
            self.add_one(lane, value);
        }
    }
}
