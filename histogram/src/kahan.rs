//! Compensated summation: Neumaier's variant of Kahan's algorithm, with upstream's rule for infinities.
//!
//! The order of operations is the specification: no contraction into fused multiply-add, no reassociation.

/// Adds `value` to `sum` and returns the new sum and compensation.
///
/// The true sum is about `sum + compensation`. Once the sum is infinite the compensation is 0, since
/// `Inf - Inf` would make it NaN.
#[inline]
#[must_use]
pub fn kahan_add(value: f64, sum: f64, compensation: f64) -> (f64, f64) {
    let total = sum + value;
    // Both differences are computed and one selected, so that a loop over lanes has no branch.
    let lost_value = (sum - total) + value;
    let lost_sum = (value - total) + sum;
    let lost = if sum.abs() >= value.abs() { lost_value } else { lost_sum };
    let compensation = if total.is_infinite() { 0.0 } else { compensation + lost };
    (total, compensation)
}

/// A running compensated sum.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct KahanSum {
    sum: f64,
    compensation: f64,
}

impl KahanSum {
    /// The empty sum, 0.
    #[inline]
    #[must_use]
    pub const fn new() -> Self {
        Self { sum: 0.0, compensation: 0.0 }
    }

    /// Adds a value.
    ///
    /// ```
    /// use emberdb_histogram::KahanSum;
    ///
    /// let mut sum = KahanSum::new();
    /// for value in [1e100, 1.0, -1e100] {
    ///     sum.add(value);
    /// }
    /// assert_eq!(sum.total(), 1.0);
    /// ```
    #[inline]
    pub fn add(&mut self, value: f64) {
        (self.sum, self.compensation) = kahan_add(value, self.sum, self.compensation);
    }

    /// The sum without what compensates it.
    #[inline]
    #[must_use]
    pub const fn sum(&self) -> f64 {
        self.sum
    }

    /// What compensates the sum.
    #[inline]
    #[must_use]
    pub const fn compensation(&self) -> f64 {
        self.compensation
    }

    /// The sum with its compensation.
    #[inline]
    #[must_use]
    pub fn total(&self) -> f64 {
        self.sum + self.compensation
    }
}

/// Several compensated sums side by side: each lane is a [`KahanSum`] to the bit, but the lanes do not wait for
/// each other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KahanLanes<const LANES: usize> {
    sums: [f64; LANES],
    compensations: [f64; LANES],
}

impl<const LANES: usize> KahanLanes<LANES> {
    /// Empty sums.
    #[inline]
    #[must_use]
    pub const fn new() -> Self {
        Self { sums: [0.0; LANES], compensations: [0.0; LANES] }
    }

    /// Adds a value to each lane.
    #[inline]
    pub fn add(&mut self, values: [f64; LANES]) {
        for ((sum, compensation), value) in self.sums.iter_mut().zip(&mut self.compensations).zip(values) {
            (*sum, *compensation) = kahan_add(value, *sum, *compensation);
        }
    }

    /// Adds a value to one lane, which must exist.
    #[inline]
    pub fn add_to(&mut self, lane: usize, value: f64) {
        (self.sums[lane], self.compensations[lane]) =
            kahan_add(value, self.sums[lane], self.compensations[lane]);
    }

    /// The sum of a lane without what compensates it.
    #[inline]
    #[must_use]
    pub const fn sum(&self, lane: usize) -> f64 {
        self.sums[lane]
    }

    /// What compensates the sum of a lane.
    #[inline]
    #[must_use]
    pub const fn compensation(&self, lane: usize) -> f64 {
        self.compensations[lane]
    }

    /// The sum of a lane with its compensation.
    #[inline]
    #[must_use]
    pub fn total(&self, lane: usize) -> f64 {
        self.sums[lane] + self.compensations[lane]
    }

    /// All sums with their compensation.
    #[inline]
    #[must_use]
    pub fn totals(&self) -> [f64; LANES] {
        std::array::from_fn(|lane| self.total(lane))
    }
}

impl<const LANES: usize> Default for KahanLanes<LANES> {
    fn default() -> Self {
        Self::new()
    }
}

/// A running mean the way `avg` and `avg_over_time` compute it: a compensated sum divided by the count, until
/// the sum leaves the range of floats; from there on the mean is moved by each value.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct KahanMean {
    /// The sum, or the mean once `is_incremental`.
    state: KahanSum,
    count: f64,
    is_incremental: bool,
}

impl KahanMean {
    /// The mean of nothing.
    #[inline]
    #[must_use]
    pub const fn new() -> Self {
        Self { state: KahanSum::new(), count: 0.0, is_incremental: false }
    }

    /// The mean of `count` values whose compensated sum is known and finite.
    #[inline]
    #[must_use]
    pub const fn from_sum(sum: f64, compensation: f64, count: f64) -> Self {
        Self { state: KahanSum { sum, compensation }, count, is_incremental: false }
    }

    /// Adds a value.
    #[inline]
    pub fn add(&mut self, value: f64) {
        self.count += 1.0;
        if !self.is_incremental {
            let mut next = self.state;
            next.add(value);
            // One value alone, even an infinite one, is a sum.
            if self.count == 1.0 || !next.sum.is_infinite() {
                self.state = next;
                return;
            }
            self.is_incremental = true;
            self.state.sum /= self.count - 1.0;
            self.state.compensation /= self.count - 1.0;
        }
        let share = (self.count - 1.0) / self.count;
        (self.state.sum, self.state.compensation) =
            kahan_add(value / self.count, share * self.state.sum, share * self.state.compensation);
    }

    /// The mean; NaN if nothing was added.
    #[inline]
    #[must_use]
    pub fn mean(&self) -> f64 {
        if self.is_incremental {
            self.state.total()
        } else {
            self.state.sum / self.count + self.state.compensation / self.count
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{KahanLanes, KahanMean, KahanSum};

    /// Neumaier's sum with branches, as the textbook has it.
    fn naive_sum(values: &[f64]) -> (f64, f64) {
        let (mut sum, mut compensation) = (0.0_f64, 0.0);
        for &value in values {
            let total = sum + value;
            if total.is_infinite() {
                compensation = 0.0;
            } else if sum.abs() >= value.abs() {
                compensation += (sum - total) + value;
            } else {
                compensation += (value - total) + sum;
            }
            sum = total;
        }
        (sum, compensation)
    }

    fn same(left: f64, right: f64) -> bool {
        left.to_bits() == right.to_bits() || left.is_nan() && right.is_nan()
    }

    fn values() -> impl Strategy<Value = Vec<f64>> {
        let value = prop_oneof![
            6 => -1e3..1e3f64,
            2 => any::<f64>(),
            1 => prop::sample::select(vec![f64::MAX, -f64::MAX, 1e308, f64::MIN_POSITIVE, 5e-324, -0.0]),
            1 => prop::sample::select(vec![f64::INFINITY, f64::NEG_INFINITY, f64::NAN]),
        ];
        prop::collection::vec(value, 0..30)
    }

    proptest! {
        #[test]
        fn the_sum_without_branches_is_the_sum_with_them(values in values(), others in values()) {
            let (expected, compensation) = naive_sum(&values);
            let mut sum = KahanSum::new();
            values.iter().for_each(|&value| sum.add(value));
            prop_assert!(same(sum.sum(), expected) && same(sum.compensation(), compensation));

            let mut lanes = KahanLanes::<2>::new();
            let common = values.len().min(others.len());
            for (&value, &other) in values.iter().zip(&others) {
                lanes.add([value, other]);
            }
            values[common..].iter().for_each(|&value| lanes.add_to(0, value));
            others[common..].iter().for_each(|&value| lanes.add_to(1, value));
            prop_assert!(same(lanes.total(0), sum.total()));
            let (other, compensation) = naive_sum(&others);
            prop_assert!(same(lanes.totals()[1], other + compensation));
        }

        #[test]
        fn a_mean_of_what_does_not_overflow_is_sum_over_count(
            values in prop::collection::vec(-1e300..1e300f64, 1..30),
        ) {
            let mut mean = KahanMean::new();
            values.iter().for_each(|&value| mean.add(value));
            let (sum, compensation) = naive_sum(&values);
            let count = values.len() as f64;
            prop_assert!(same(mean.mean(), sum / count + compensation / count));
        }
    }

    #[test]
    fn a_mean_survives_an_overflow_of_its_sum() {
        let mut mean = KahanMean::new();
        let large = 2_f64.powi(1023);
        mean.add(large);
        mean.add(large);
        assert_eq!(mean.mean(), large);
        mean.add(f64::INFINITY);
        assert_eq!(mean.mean(), f64::INFINITY);
        mean.add(1.0);
        assert_eq!(mean.mean(), f64::INFINITY);
        mean.add(f64::NEG_INFINITY);
        assert!(mean.mean().is_nan());
        assert!(KahanMean::new().mean().is_nan());
    }
}
