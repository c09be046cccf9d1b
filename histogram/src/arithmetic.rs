//! Sums, differences and multiples of histograms.

use std::sync::Arc;

use crate::equality::bounds_match;
use crate::error::HistogramErrorKind as Kind;
use crate::merge::{self, Source};
use crate::reconcile::CommonBounds;
use crate::resolution::coarsened;
use crate::{CounterResetHint, FloatHistogram, HistogramError, Side};

/// What had to be done to put two histograms together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[must_use = "queries annotate their answers with it"]
pub struct Combined {
    /// One of the two said that there was a counter reset, the other that there was none.
    pub hints_collided: bool,
    /// Their custom bounds were different; those that both have are left.
    pub bounds_reconciled: bool,
}

impl FloatHistogram {
    /// Adds a histogram to this one, in place, and without allocating if this one has all its buckets.
    ///
    /// The lower resolution, the wider zero bucket, and the common custom bounds win. Buckets that only `other` has
    /// are inserted, also empty ones; [`compact`](Self::compact) removes them.
    ///
    /// ```
    /// use emberdb_histogram::FloatHistogram;
    ///
    /// let mut sum: FloatHistogram = "{{count:3 sum:4 buckets:[1 2]}}".parse()?;
    /// let other: FloatHistogram = "{{schema:1 count:7 sum:9 buckets:[1 2 4]}}".parse()?;
    /// let combined = sum.add_assign(&other)?;
    /// assert_eq!(sum.to_string(), "{count:10, sum:13, (0.5,1]:2, (1,2]:8}");
    /// assert!(!combined.hints_collided && !combined.bounds_reconciled);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If one of the two has custom bounds and the other has not; nothing is changed then.
    pub fn add_assign(&mut self, other: &Self) -> Result<Combined, HistogramError> {
        self.combine(other, false)
    }

    /// Subtracts a histogram from this one, like [`add_assign`](Self::add_assign).
    ///
    /// The counter reset hint is treated as in a sum; the difference that the operator `-` gives is a
    /// [gauge](CounterResetHint::Gauge), which is for the caller to say.
    ///
    /// # Errors
    /// If one of the two has custom bounds and the other has not; nothing is changed then.
    pub fn sub_assign(&mut self, other: &Self) -> Result<Combined, HistogramError> {
        self.combine(other, true)
    }

    fn combine(&mut self, other: &Self, is_negative: bool) -> Result<Combined, HistogramError> {
        let hints_collided = self.combine_hints(other)?;
        let add = |sum: &mut f64, value: f64| if is_negative { *sum -= value } else { *sum += value };
        if !self.has_custom_bounds() {
            let theirs = self.reconcile_zero_buckets(other, None);
            add(&mut self.zero_count, theirs.count);
        }
        add(&mut self.count, other.count);
        add(&mut self.sum, other.sum);

        let bounds_reconciled = self.has_custom_bounds() && !bounds_match(self, other);
        if bounds_reconciled {
            let mut common = CommonBounds::new(self.custom_bounds(), other.custom_bounds());
            common.add(&self.positive, self.custom_bounds(), None, false);
            common.add(&other.positive, other.custom_bounds(), None, is_negative);
            let (bounds, positive, _) = common.finish();
            self.positive = positive;
            self.set_custom_bounds(&bounds);
        } else if self.schema == other.schema {
            self.add_side(|histogram| &mut histogram.positive, &other.positive, is_negative);
            if !self.has_custom_bounds() {
                self.add_side(|histogram| &mut histogram.negative, &other.negative, is_negative);
            }
        } else if self.schema < other.schema {
            let [positive, negative] =
                [&other.positive, &other.negative].map(|side| coarsened(side, other.schema, self.schema));
            self.add_side(|histogram| &mut histogram.positive, &positive, is_negative);
            self.add_side(|histogram| &mut histogram.negative, &negative, is_negative);
        } else {
            for side in [&mut self.positive, &mut self.negative] {
                *side = coarsened(side, self.schema, other.schema);
            }
            self.schema = other.schema;
            self.add_side(|histogram| &mut histogram.positive, &other.positive, is_negative);
            self.add_side(|histogram| &mut histogram.negative, &other.negative, is_negative);
        }
        Ok(Combined { hints_collided, bounds_reconciled })
    }

    /// Sets the hint of a sum, and returns whether the two collided.
    pub(crate) fn combine_hints(&mut self, other: &Self) -> Result<bool, HistogramError> {
        if self.has_custom_bounds() != other.has_custom_bounds() {
            return Err(Kind::IncompatibleSchemas.into());
        }
        let (hint, hints_collided) = self.counter_reset_hint.combined(other.counter_reset_hint);
        self.counter_reset_hint = hint;
        Ok(hints_collided)
    }

    pub(crate) fn set_custom_bounds(&mut self, bounds: &[f64]) {
        self.custom_values = (!bounds.is_empty()).then(|| Arc::from(bounds));
    }

    fn add_side(&mut self, side: fn(&mut Self) -> &mut Side<f64>, source: &Side<f64>, is_negative: bool) {
        let source = Source::new(source, self.schema, self.zero_threshold);
        merge::add(side(self), source, is_negative);
    }

    /// Multiplies all counts and the sum. A negative factor makes a [gauge](CounterResetHint::Gauge).
    pub fn scale(&mut self, factor: f64) {
        self.each_number(|number| *number *= factor);
        if factor < 0.0 {
            self.counter_reset_hint = CounterResetHint::Gauge;
        }
    }

    /// Divides all counts and the sum. Division by 0 leaves no buckets; a negative divisor makes a
    /// [gauge](CounterResetHint::Gauge).
    pub fn divide(&mut self, divisor: f64) {
        if divisor == 0.0 {
            (self.positive, self.negative) = (Side::default(), Side::default());
        }
        self.each_number(|number| *number /= divisor);
        if divisor < 0.0 {
            self.counter_reset_hint = CounterResetHint::Gauge;
        }
    }

    /// What the unary `-` of queries does: all counts and the sum change their sign, and it is a
    /// [gauge](CounterResetHint::Gauge).
    pub fn negate(&mut self) {
        self.scale(-1.0);
    }

    fn each_number(&mut self, change: impl Fn(&mut f64)) {
        for number in [&mut self.zero_count, &mut self.count, &mut self.sum] {
            change(number);
        }
        self.positive.buckets.iter_mut().for_each(&change);
        self.negative.buckets.iter_mut().for_each(&change);
    }

    /// Whether the count, the sum, a bucket, or a custom bound is infinite: then an average has to be computed without
    /// a sum.
    #[must_use]
    pub fn has_overflow(&self) -> bool {
        [self.zero_count, self.count, self.sum].into_iter().any(f64::is_infinite)
            || self.positive.buckets.iter().any(|count| count.is_infinite())
            || self.negative.buckets.iter().any(|count| count.is_infinite())
            || self.custom_bounds().iter().any(|bound| bound.is_infinite())
    }
}

#[cfg(test)]
mod tests {
    use crate::{Combined, CounterResetHint, FloatHistogram};

    fn histogram(notation: &str) -> FloatHistogram {
        notation.parse().unwrap()
    }

    #[test]
    fn custom_and_exponential_do_not_mix() {
        let mut custom = histogram("{{schema:-53 count:1 custom_values:[1] buckets:[1]}}");
        let before = custom.clone();
        let error = custom.add_assign(&histogram("{{count:1 buckets:[1]}}")).unwrap_err();
        assert_eq!(
            error.to_string(),
            "cannot apply this operation on histograms with a mix of exponential and custom bucket schemas"
        );
        assert_eq!(custom, before);
    }

    #[test]
    fn common_bounds_are_left() {
        let mut sum = histogram("{{schema:-53 count:7 custom_values:[1 2 3] buckets:[1 1 2 3]}}");
        let other = histogram("{{schema:-53 count:9 custom_values:[0 2 4] buckets:[2 1 4 2]}}");
        assert!(sum.add_assign(&other).unwrap().bounds_reconciled);
        assert_eq!(sum.to_string(), "{count:16, sum:0, [-Inf,2]:5, (2,+Inf]:11}");
        let third = histogram("{{schema:-53 count:1 custom_values:[7] buckets:[1]}}");
        assert!(sum.sub_assign(&third).unwrap().bounds_reconciled);
        assert_eq!(sum.to_string(), "{count:15, sum:0, [-Inf,+Inf]:15}");
        assert_eq!(sum.custom_values, None);
    }

    #[test]
    fn a_threshold_between_coarse_bounds_counts_twice_from_one_side() {
        // What upstream answers: the finer histogram's (1,1.41] lies within 1.8 and is counted there; merged to (1,2]
        // it does not, and is counted again. Thresholds that recorders use are bounds of all schemas.
        let fine = histogram("{{schema:1 count:1 offset:1 buckets:[1]}}");
        let mut sum = histogram("{{count:0 z_bucket_w:1.8}}");
        assert_eq!(sum.add_assign(&fine), Ok(Combined::default()));
        assert_eq!(sum.to_string(), "{count:1, sum:0, [-1.8,1.8]:1, (1,2]:1}");
        let mut sum = fine;
        assert_eq!(sum.add_assign(&histogram("{{count:0 z_bucket_w:1.8}}")), Ok(Combined::default()));
        assert_eq!(sum.to_string(), "{count:1, sum:0, [-1.8,1.8]:1}");
    }

    #[test]
    fn hints_collide_only_if_they_contradict() {
        use CounterResetHint::{Gauge, NotReset, Reset, Unknown};
        for (left, right, sum, collided) in [
            (Reset, NotReset, Unknown, true),
            (NotReset, NotReset, NotReset, false),
            (Unknown, Reset, Unknown, false),
            (Unknown, Gauge, Gauge, false),
            (Gauge, Reset, Gauge, false),
        ] {
            assert_eq!(left.combined(right), (sum, collided));
            assert_eq!(right.combined(left), (sum, collided));
        }
    }

    #[test]
    fn negative_multiples_are_gauges() {
        let mut found = histogram("{{count:2 sum:3 buckets:[2]}}");
        found.negate();
        assert_eq!(found, histogram("{{count:-2 sum:-3 buckets:[-2] counter_reset_hint:gauge}}"));
        found.divide(0.0);
        assert_eq!(found.to_string(), "{count:-Inf, sum:-Inf, [-0,0]:NaN}");
    }
}
