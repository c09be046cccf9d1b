//! Neumaier's compensated sum, exactly as upstream computes it: the last bit counts.

/// A sum and what was lost from it by rounding.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Compensated {
    pub(super) sum: f64,
    pub(super) lost: f64,
}

impl Compensated {
    /// Adds one number. An infinite sum has lost nothing.
    #[must_use]
    pub(super) fn plus(self, x: f64) -> Self {
        let sum = self.sum + x;
        let lost = if sum.is_infinite() {
            0.0
        } else if self.sum.abs() >= x.abs() {
            self.lost + ((self.sum - sum) + x)
        } else {
            self.lost + ((x - sum) + self.sum)
        };
        Self { sum, lost }
    }

    #[must_use]
    pub(super) fn times(self, factor: f64) -> Self {
        Self { sum: self.sum * factor, lost: self.lost * factor }
    }

    pub(super) fn total(self) -> f64 {
        self.sum + self.lost
    }
}

/// `sum`, `sum_over_time`.
pub(super) fn sum(values: impl IntoIterator<Item = f64>) -> f64 {
    values.into_iter().fold(Compensated::default(), Compensated::plus).total()
}

/// `avg`, `avg_over_time`: the sum over the count, as long as the sum is finite. From the first number on that makes it
/// infinite the mean is moved step by step instead. NaN if there is no number.
pub(super) fn mean(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values = values.into_iter();
    let Some(first) = values.next() else { return f64::NAN };
    let mut sum = Compensated { sum: first, lost: 0.0 };
    let mut mean: Option<Compensated> = None;
    let mut count = 1.0;
    for x in values {
        count += 1.0;
        if mean.is_none() {
            let next = sum.plus(x);
            if next.sum.is_finite() || next.sum.is_nan() {
                sum = next;
                continue;
            }
            mean = Some(Compensated { sum: sum.sum / (count - 1.0), lost: sum.lost / (count - 1.0) });
        }
        let weight = (count - 1.0) / count;
        mean = mean.map(|m| m.times(weight).plus(x / count));
    }
    mean.map_or(sum.sum / count + sum.lost / count, Compensated::total)
}

/// `stdvar_over_time`: Welford's variance of the population, with both running numbers compensated.
pub(super) fn variance_over_time(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut count = 0.0;
    let (mut mean, mut squares) = (Compensated::default(), Compensated::default());
    for x in values {
        count += 1.0;
        let delta = x - mean.total();
        mean = mean.plus(delta / count);
        squares = squares.plus(delta * (x - mean.total()));
    }
    squares.total() / count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_numbers_survive_between_large_ones() {
        assert_eq!(sum([1e100, 1.0, -1e100, 1.0]), 2.0);
        assert_eq!(mean([1.0, 1e100, 1.0, -1e100]), 0.5);
    }

    #[test]
    fn a_mean_does_not_overflow() {
        assert_eq!(mean([f64::MAX, f64::MAX]), f64::MAX);
        assert_eq!(mean([f64::INFINITY, 1.0]), f64::INFINITY);
        assert!(mean([f64::INFINITY, f64::NEG_INFINITY]).is_nan());
    }
}
