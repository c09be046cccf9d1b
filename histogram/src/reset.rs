//! Whether a counter was reset between two histograms.

use crate::equality::bounds_match;
use crate::{CounterResetHint, FloatHistogram, Schema, Side};

impl FloatHistogram {
    /// Whether this histogram cannot come after `previous` without a reset of the counter: it says so, or something has
    /// become less.
    ///
    /// A higher resolution or a narrower zero bucket also means a reset. The sum, which can fall, is not looked at.
    ///
    /// ```
    /// use emberdb_histogram::FloatHistogram;
    ///
    /// let previous: FloatHistogram = "{{count:3 buckets:[1 2]}}".parse()?;
    /// let next: FloatHistogram = "{{count:4 buckets:[3 1]}}".parse()?;
    /// assert!(next.is_reset_after(&previous));
    /// # Ok::<(), emberdb_histogram::NotationError>(())
    /// ```
    #[must_use]
    pub fn is_reset_after(&self, previous: &Self) -> bool {
        match self.counter_reset_hint {
            CounterResetHint::Reset => return true,
            CounterResetHint::NotReset => return false,
            // Counter functions can be applied to gauges; these are then taken for counters.
            CounterResetHint::Unknown | CounterResetHint::Gauge => {}
        }
        if self.count < previous.count {
            return true;
        }
        if self.has_custom_bounds() {
            if !previous.has_custom_bounds() {
                return true;
            }
            if !bounds_match(self, previous) {
                return self.lost_between_common_bounds(previous);
            }
        }
        if self.schema > previous.schema || self.zero_threshold < previous.zero_threshold {
            return true;
        }
        let zero = previous.widened_zero_bucket(self.zero_threshold, None);
        zero.threshold != self.zero_threshold
            || self.zero_count < zero.count
            || self.lost_in(&self.positive, &previous.positive, previous.schema)
            || self.lost_in(&self.negative, &previous.negative, previous.schema)
    }

    /// Whether a bucket outside of the zero bucket holds less than the same bucket did before.
    fn lost_in(&self, side: &Side<f64>, previous: &Side<f64>, previous_schema: Schema) -> bool {
        let is_within = |index: i32| {
            self.zero_threshold != 0.0
                && self.schema.is_exponential()
                && self.schema.bound(index) <= self.zero_threshold
        };
        let reaches_within = side.runs().next().is_some_and(|run| is_within(run.first_index));
        if previous_schema == self.schema && side.spans == previous.spans && !reaches_within {
            return side.buckets.iter().zip(&previous.buckets).any(|(count, previous)| count < previous);
        }
        let mut previous =
            coarse_counts(previous, previous_schema, self.schema).skip_while(|&(index, _)| is_within(index));
        let mut counts = side.float_counts().skip_while(|&(index, _)| is_within(index)).peekable();
        previous.any(|(index, previous)| {
            while counts.next_if(|&(other, _)| other < index).is_some() {}
            match counts.peek() {
                Some(&(other, count)) if other == index => count < previous,
                _ => previous != 0.0,
            }
        })
    }

    /// Whether between two bounds that both have, there is less than before.
    fn lost_between_common_bounds(&self, previous: &Self) -> bool {
        let (mut count_up_to, mut previous_count_up_to) = (rollup(self), rollup(previous));
        let mut bounds = self.custom_bounds().iter().copied().chain([f64::INFINITY]).peekable();
        previous.custom_bounds().iter().copied().chain([f64::INFINITY]).any(|bound| {
            while bounds.next_if(|&other| other < bound).is_some() {}
            bounds.next_if(|&other| other == bound).is_some()
                && count_up_to(bound) < previous_count_up_to(bound)
        })
    }
}

/// Buckets as they would be in a coarser schema, or the same.
fn coarse_counts(side: &Side<f64>, from: Schema, to: Schema) -> impl Iterator<Item = (i32, f64)> {
    let coarse_index = move |index| if from == to { index } else { from.coarsened(index, to) };
    let mut counts = side.float_counts().map(move |(index, count)| (coarse_index(index), count)).peekable();
    std::iter::from_fn(move || {
        let (index, mut sum) = counts.next()?;
        while let Some((_, count)) = counts.next_if(|&(other, _)| other == index) {
            sum += count;
        }
        Some((index, sum))
    })
}

/// Takes custom buckets together: what is up to a bound and was not up to the one asked for before.
fn rollup(histogram: &FloatHistogram) -> impl FnMut(f64) -> f64 {
    let layout = histogram.layout();
    let mut counts = histogram
        .positive
        .float_counts()
        .map(move |(index, count)| (layout.upper_bound(index), count))
        .peekable();
    move |bound| {
        let mut sum = 0.0;
        while let Some((_, count)) = counts.next_if(|&(upper, _)| upper <= bound) {
            sum += count;
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use crate::FloatHistogram;

    #[track_caller]
    fn check(previous: &str, next: &str, is_reset: bool) {
        let [previous, next]: [FloatHistogram; 2] =
            [previous, next].map(|notation| notation.parse().unwrap());
        assert_eq!(next.is_reset_after(&previous), is_reset);
    }

    #[test]
    fn hints_decide_and_gauges_are_looked_at() {
        check("{{count:1 buckets:[1]}}", "{{count:2 buckets:[2] counter_reset_hint:reset}}", true);
        check("{{count:2 buckets:[2]}}", "{{count:1 buckets:[1] counter_reset_hint:not_reset}}", false);
        check("{{count:2 buckets:[2]}}", "{{count:1 buckets:[1] counter_reset_hint:gauge}}", true);
    }

    #[test]
    fn merged_buckets_are_compared() {
        check("{{schema:1 count:3 buckets:[0 1 2]}}", "{{count:3 offset:1 buckets:[3]}}", false);
        check("{{schema:1 count:3 buckets:[0 1 2]}}", "{{count:4 offset:1 buckets:[2 2]}}", true);
        check("{{count:3 buckets:[3]}}", "{{schema:1 count:3 buckets:[3]}}", true);
    }

    #[test]
    fn buckets_may_move_into_the_zero_bucket() {
        let wider = "{{count:5 z_bucket:3 z_bucket_w:1 offset:1 buckets:[2]}}";
        check("{{count:5 z_bucket:1 z_bucket_w:0.1 buckets:[2 2]}}", wider, false);
        check("{{count:5 z_bucket:1 z_bucket_w:0.1 offset:-1 buckets:[1 2 1]}}", wider, true);
        check("{{count:5 z_bucket_w:0.9 buckets:[1]}}", "{{count:5 z_bucket:2 z_bucket_w:0.95}}", true);
    }

    #[test]
    fn custom_bounds_are_compared_where_they_meet() {
        let previous = "{{schema:-53 count:6 custom_values:[1 2 3] buckets:[1 2 2 1]}}";
        check(previous, "{{schema:-53 count:6 custom_values:[2 4] buckets:[3 2 1]}}", false);
        check(previous, "{{schema:-53 count:6 custom_values:[2 4] buckets:[2 3 1]}}", true);
        check("{{count:6 buckets:[6]}}", previous, true);
        check(previous, "{{count:6 buckets:[6]}}", true);
    }
}
