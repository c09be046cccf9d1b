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
