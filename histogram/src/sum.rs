//! Sums and averages of many histograms, compensated like those of floats.

use crate::arithmetic::Combined;
use crate::equality::bounds_match;
use crate::kahan::kahan_add;
use crate::merge::{self, Source};
use crate::reconcile::CommonBounds;
use crate::resolution::coarsened_compensated;
use crate::{FloatHistogram, HistogramError};

/// What rounding took from the counts and the sum of a histogram; see [`KahanSum`](crate::KahanSum).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Compensation {
    /// Of the zero bucket.
    pub zero_count: f64,
    /// Of the count.
    pub count: f64,
    /// Of the sum.
    pub sum: f64,
    /// Of the positive buckets, in their order.
    pub positive: Vec<f64>,
    /// Of the negative buckets, in their order.
    pub negative: Vec<f64>,
}

impl Compensation {
    /// Nothing was lost of this histogram.
    #[must_use]
    pub fn none(of: &FloatHistogram) -> Self {
        Self {
            positive: vec![0.0; of.positive.buckets.len()],
            negative: vec![0.0; of.negative.buckets.len()],
            ..Self::default()
        }
    }

    fn each_number(&mut self, change: impl Fn(&mut f64)) {
        for number in [&mut self.zero_count, &mut self.count, &mut self.sum] {
            change(number);
        }
        self.positive.iter_mut().chain(&mut self.negative).for_each(change);
    }
}

impl FloatHistogram {
    /// Adds a histogram to this one, of which `compensation` was lost before, and puts there what is lost now.
    ///
    /// # Errors
    /// If one of the two has custom bounds and the other has not; nothing is changed then.
    pub fn kahan_add_assign(
        &mut self,
        other: &Self,
        compensation: &mut Compensation,
    ) -> Result<Combined, HistogramError> {
        let hints_collided = self.combine_hints(other)?;
        let lost = compensation;
        lost.positive.resize(self.positive.buckets.len(), 0.0);
        lost.negative.resize(self.negative.buckets.len(), 0.0);
        if !self.has_custom_bounds() {
            let theirs = self.reconcile_zero_buckets(other, Some(lost));
            (self.zero_count, lost.zero_count) = kahan_add(theirs.count, self.zero_count, lost.zero_count);
            (self.zero_count, lost.zero_count) =
                kahan_add(theirs.compensation, self.zero_count, lost.zero_count);
        }
        (self.count, lost.count) = kahan_add(other.count, self.count, lost.count);
        (self.sum, lost.sum) = kahan_add(other.sum, self.sum, lost.sum);

        if self.has_custom_bounds() && !bounds_match(self, other) {
            let mut common = CommonBounds::new(self.custom_bounds(), other.custom_bounds());
            common.add(&self.positive, self.custom_bounds(), Some(&lost.positive), false);
            common.add(&other.positive, other.custom_bounds(), None, false);
            let (bounds, positive, compensations) = common.finish();
            (self.positive, lost.positive) = (positive, compensations);
            self.set_custom_bounds(&bounds);
            return Ok(Combined { hints_collided, bounds_reconciled: true });
        }

        let (ours, theirs) = (self.schema, other.schema);
        if theirs < ours {
            (self.positive, lost.positive) =
                coarsened_compensated(&self.positive, &lost.positive, ours, theirs);
            (self.negative, lost.negative) =
                coarsened_compensated(&self.negative, &lost.negative, ours, theirs);
            self.schema = theirs;
        }
        let (schema, threshold) = (self.schema, self.zero_threshold);
        for (target, lost, source) in [
            (&mut self.positive, &mut lost.positive, &other.positive),
            (&mut self.negative, &mut lost.negative, &other.negative),
        ] {
            if theirs > ours {
                let (source, source_lost) = coarsened_compensated(source, &[], theirs, ours);
                merge::kahan_add_side(
                    target,
                    lost,
                    Source::new(&source, schema, threshold),
                    Some(&source_lost),
                );
            } else {
                merge::kahan_add_side(target, lost, Source::new(source, schema, threshold), None);
            }
        }
        Ok(Combined { hints_collided, bounds_reconciled: false })
    }

    /// Adds what was lost.
    pub fn add_compensation(&mut self, compensation: &Compensation) {
        self.zero_count += compensation.zero_count;
        self.count += compensation.count;
        self.sum += compensation.sum;
        let (schema, threshold) = (self.schema, self.zero_threshold);
        for (side, lost) in
            [(&mut self.positive, &compensation.positive), (&mut self.negative, &compensation.negative)]
        {
            // Buckets within the zero bucket are left alone, as in any sum.
            let is_within = |index: i32| schema.is_exponential() && schema.bound(index) <= threshold;
            let left_out = side.float_counts().take_while(|&(index, _)| is_within(index)).count();
            side.buckets.iter_mut().zip(lost).skip(left_out).for_each(|(count, lost)| *count += lost);
        }
    }
}

/// The sum of histograms, as `sum` and `sum_over_time` compute it.
///
/// ```
/// use emberdb_histogram::{FloatHistogram, HistogramSum};
///
/// let [first, second]: [FloatHistogram; 2] =
///     ["{{count:3 buckets:[1 2]}}".parse()?, "{{count:7 buckets:[3 4]}}".parse()?];
/// let mut sum = HistogramSum::new(first);
/// let combined = sum.add(&second)?;
/// assert!(!combined.bounds_reconciled);
/// assert_eq!(sum.into_total().to_string(), "{count:10, sum:0, (0.5,1]:4, (1,2]:6}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct HistogramSum {
    sum: FloatHistogram,
    /// None as long as there is one histogram.
    compensation: Option<Compensation>,
}

impl HistogramSum {
    /// The sum of one histogram.
    #[must_use]
    pub const fn new(first: FloatHistogram) -> Self {
        Self { sum: first, compensation: None }
    }

    /// Adds a histogram.
    ///
    /// # Errors
    /// If it has custom bounds and others have not, or the reverse.
    pub fn add(&mut self, other: &FloatHistogram) -> Result<Combined, HistogramError> {
        let compensation = self.compensation.get_or_insert_default();
        self.sum.kahan_add_assign(other, compensation)
    }

    /// The sum without what compensates it.
    #[must_use]
    pub const fn sum(&self) -> &FloatHistogram {
        &self.sum
    }

    /// The sum with what compensates it. Not compacted.
    #[must_use]
    pub fn into_total(mut self) -> FloatHistogram {
        if let Some(compensation) = &self.compensation {
            self.sum.add_compensation(compensation);
        }
        self.sum
    }
}

/// The mean of histograms, as `avg` and `avg_over_time` compute it: a sum that is divided by the number of histograms
/// or, once a sum would be infinite, a mean that is moved by each further histogram.
#[derive(Debug, Clone)]
pub struct HistogramMean {
    /// The sum, or the mean once `is_incremental`.
    state: HistogramSum,
    count: f64,
    is_incremental: bool,
    /// No number in the sum is larger: the sum of the largest possible of each histogram.
    magnitude: f64,
}

impl HistogramMean {
    /// The mean of one histogram.
    #[must_use]
    pub fn new(first: FloatHistogram) -> Self {
        let magnitude = magnitude(&first);
        Self { state: HistogramSum::new(first), count: 1.0, is_incremental: false, magnitude }
    }

    /// Adds a histogram.
    ///
    /// # Errors
    /// If it has custom bounds and others have not, or the reverse.
    pub fn add(&mut self, other: &FloatHistogram) -> Result<Combined, HistogramError> {
        self.count += 1.0;
        if !self.is_incremental {
            self.magnitude += magnitude(other);
            if self.magnitude < f64::MAX / 4.0 {
                return self.state.add(other);
            }
            // Only now is a copy needed to go back to.
            let mut next = self.state.clone();
            let combined = next.add(other)?;
            if !next.sum.has_overflow() {
                self.state = next;
                return Ok(combined);
            }
            self.is_incremental = true;
            let others = self.count - 1.0;
            self.state.sum.divide(others);
            if let Some(compensation) = &mut self.state.compensation {
                compensation.each_number(|lost| *lost /= others);
            }
        }
        let share = (self.count - 1.0) / self.count;
        self.state.sum.scale(share);
        if let Some(compensation) = &mut self.state.compensation {
            compensation.each_number(|lost| *lost *= share);
        }
        let mut part = other.clone();
        part.divide(self.count);
        self.state.add(&part)
    }

    /// The mean. Not compacted.
    #[must_use]
    pub fn into_mean(self) -> FloatHistogram {
        let Self { mut state, count, is_incremental, .. } = self;
        if !is_incremental {
            state.sum.divide(count);
            if let Some(compensation) = &mut state.compensation {
                compensation.each_number(|lost| *lost /= count);
            }
        }
        state.into_total()
    }
}

/// More than any number that a histogram contributes to a sum can amount to, also where buckets are merged. Infinite if
/// a custom bound is, since then the sum counts as overflown.
fn magnitude(histogram: &FloatHistogram) -> f64 {
    let FloatHistogram { count, sum, zero_count, positive, negative, .. } = histogram;
    let largest = |numbers: &[f64]| numbers.iter().fold(0.0_f64, |largest, number| largest.max(number.abs()));
    let buckets = largest(&positive.buckets).max(largest(&negative.buckets));
    let bounds = histogram
        .custom_bounds()
        .first()
        .filter(|bound| bound.is_infinite())
        .map_or(0.0, |bound| bound.abs());
    let numbers = (positive.buckets.len() + negative.buckets.len() + 1) as f64;
    count.abs().max(sum.abs()).max(bounds).max(buckets.max(zero_count.abs()) * numbers)
}

#[cfg(test)]
mod tests {
    use super::{HistogramMean, HistogramSum};
    use crate::FloatHistogram;

    fn histogram(notation: &str) -> FloatHistogram {
        notation.parse().unwrap()
    }

    #[test]
    fn a_sum_keeps_what_rounding_takes() {
        let mut sum = HistogramSum::new(histogram("{{count:1e100 sum:1e100 buckets:[1e100]}}"));
        for notation in ["{{count:1 sum:1 buckets:[1 1]}}", "{{count:-1e100 sum:-1e100 buckets:[-1e100]}}"] {
            assert_eq!(sum.add(&histogram(notation)).unwrap(), Default::default());
        }
        assert_eq!(sum.into_total(), histogram("{{count:1 sum:1 buckets:[1 1]}}"));
    }

    #[test]
    fn a_mean_survives_an_overflow_of_its_sum() {
        let large = histogram("{{count:1e308 sum:1.5e308 buckets:[1e308]}}");
        let mut mean = HistogramMean::new(large.clone());
        for _ in 0..3 {
            let _ = mean.add(&large).unwrap();
        }
        let mean = mean.into_mean();
        assert!(mean.is_almost(&large, 1e-15), "{mean}");
    }

    #[test]
    fn a_mean_of_one_is_it() {
        let one = histogram("{{count:3 sum:-0 buckets:[1 2]}}");
        assert!(HistogramMean::new(one.clone()).into_mean().has_same_data(&one));
    }
}
