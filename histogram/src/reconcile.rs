//! Zero buckets of different width, brought to one.
//!
//! The wider threshold wins. Where it cuts through a bucket that is not empty, it grows to that bucket's end, which may
//! cut through a bucket of the other histogram, and so on.

use crate::bucket::BucketLayout;
use crate::compact::compact_side;
use crate::kahan::{KahanSum, kahan_add};
use crate::{Compensation, FloatHistogram, Side};

/// The zero bucket that a histogram would have.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct ZeroBucket {
    /// Where it ends.
    pub(crate) threshold: f64,
    /// What it would hold.
    pub(crate) count: f64,
    /// What was lost when counts were added up.
    pub(crate) compensation: f64,
}

impl FloatHistogram {
    /// The zero bucket that this histogram would have with a threshold that is not less than its own.
    pub(crate) fn widened_zero_bucket(
        &self,
        threshold: f64,
        compensation: Option<&Compensation>,
    ) -> ZeroBucket {
        let mut zero = ZeroBucket {
            threshold,
            count: self.zero_count,
            compensation: compensation.map_or(0.0, |compensation| compensation.zero_count),
        };
        if threshold == self.zero_threshold {
            return zero;
        }
        let lost = |side: fn(&Compensation) -> &Vec<f64>| compensation.map(side).map(Vec::as_slice);
        let (positive, negative) = (lost(|lost| &lost.positive), lost(|lost| &lost.negative));
        // Negative buckets can make it grow into positive ones, which then are counted again; what compensates the
        // count is kept, as upstream does.
        loop {
            zero.count = self.zero_count;
            zero.take_in(&self.positive, positive, self.layout());
            if !zero.take_in(&self.negative, negative, self.negative_layout()) {
                return zero;
            }
        }
    }

    /// Gives this histogram the least zero bucket that this and the other histogram can have, and returns that of the
    /// other.
    pub(crate) fn reconcile_zero_buckets(
        &mut self,
        other: &Self,
        mut compensation: Option<&mut Compensation>,
    ) -> ZeroBucket {
        let mut theirs =
            ZeroBucket { threshold: other.zero_threshold, count: other.zero_count, compensation: 0.0 };
        loop {
            if self.zero_threshold > theirs.threshold {
                theirs = other.widened_zero_bucket(self.zero_threshold, None);
            }
            // It also ends where one of the two is not a number.
            let has_grown = theirs.threshold > self.zero_threshold;
            if !has_grown {
                return theirs;
            }
            let ours = self.widened_zero_bucket(theirs.threshold, compensation.as_deref());
            (self.zero_threshold, self.zero_count) = (ours.threshold, ours.count);
            if let Some(compensation) = compensation.as_deref_mut() {
                compensation.zero_count = ours.compensation;
            }
            self.drop_buckets_within_zero(compensation.as_deref_mut());
        }
    }

    /// Removes buckets that are already counted in the zero bucket, and all others that are empty.
    fn drop_buckets_within_zero(&mut self, compensation: Option<&mut Compensation>) {
        let (threshold, layout, negative_layout) =
            (self.zero_threshold, self.layout(), self.negative_layout());
        let positive = within(&self.positive, layout, threshold);
        let negative = within(&self.negative, negative_layout, threshold);
        self.positive.buckets[..positive].fill(0.0);
        self.negative.buckets[..negative].fill(0.0);
        let Some(compensation) = compensation else {
            compact_side(&mut self.positive, 0);
            compact_side(&mut self.negative, 0);
            return;
        };
        compensation.positive[..positive].fill(0.0);
        compensation.negative[..negative].fill(0.0);
        compact_compensated(&mut self.positive, &mut compensation.positive);
        compact_compensated(&mut self.negative, &mut compensation.negative);
    }
}

impl ZeroBucket {
    /// Counts buckets that begin below the threshold. Grows to the end of one that it cuts through and that is not
    /// empty, and says whether it did.
    fn take_in(&mut self, side: &Side<f64>, compensation: Option<&[f64]>, layout: BucketLayout<'_>) -> bool {
        for (place, (index, count)) in side.float_counts().enumerate() {
            let bucket = layout.positive(index, count);
            if bucket.lower >= self.threshold {
                break;
            }
            (self.count, self.compensation) = kahan_add(count, self.count, self.compensation);
            if let Some(lost) = compensation.and_then(|lost| lost.get(place)) {
                (self.count, self.compensation) = kahan_add(*lost, self.count, self.compensation);
            }
            if bucket.upper > self.threshold {
                if count != 0.0 {
                    self.threshold = bucket.upper;
                    return true;
                }
                break;
            }
        }
        false
    }
}

/// How many buckets begin below the threshold.
fn within(side: &Side<f64>, layout: BucketLayout<'_>, threshold: f64) -> usize {
    let begins_behind = |&(index, _): &(i32, f64)| layout.upper_bound(index.wrapping_sub(1)) >= threshold;
    side.float_counts().take_while(|bucket| !begins_behind(bucket)).count()
}

/// Removes buckets in which neither a count nor what compensates it is left.
fn compact_compensated(side: &mut Side<f64>, compensation: &mut Vec<f64>) {
    let is_kept: Vec<bool> = side
        .buckets
        .iter()
        .zip(compensation.iter())
        .map(|(&count, &lost)| count != 0.0 || lost != 0.0)
        .collect();
    let marks = is_kept.iter().map(|&is_kept| f64::from(is_kept)).collect();
    let mut shape = Side { spans: std::mem::take(&mut side.spans), buckets: marks };
    compact_side(&mut shape, 0);
    side.spans = shape.spans;
    keep(&mut side.buckets, &is_kept);
    keep(compensation, &is_kept);
}

fn keep(numbers: &mut Vec<f64>, is_kept: &[bool]) {
    let mut is_kept = is_kept.iter();
    numbers.retain(|_| is_kept.next().copied().unwrap_or(false));
}

/// Buckets with other custom bounds, mapped to the bounds that two histograms have in common.
pub(crate) struct CommonBounds {
    bounds: Vec<f64>,
    sums: Vec<KahanSum>,
}

impl CommonBounds {
    /// Bounds that are among both of these, and empty buckets between them.
    pub(crate) fn new(left: &[f64], right: &[f64]) -> Self {
        let mut right = right.iter().peekable();
        let bounds: Vec<f64> = left
            .iter()
            .copied()
            .filter(|&bound| {
                while right.next_if(|&&other| other < bound).is_some() {}
                right.peek() == Some(&&bound)
            })
            .collect();
        let sums = vec![KahanSum::new(); bounds.len() + 1];
        Self { bounds, sums }
    }

    /// Adds buckets with these bounds, and what compensates them.
    pub(crate) fn add(
        &mut self,
        side: &Side<f64>,
        bounds: &[f64],
        compensation: Option<&[f64]>,
        is_negative: bool,
    ) {
        let mut target = 0;
        for (place, (index, count)) in side.float_counts().enumerate() {
            let bound = usize::try_from(index).ok().and_then(|index| bounds.get(index));
            while bound.is_none_or(|bound| self.bounds.get(target).is_some_and(|common| common < bound))
                && target < self.bounds.len()
            {
                target += 1;
            }
            let sum = &mut self.sums[target];
            sum.add(if is_negative { -count } else { count });
            if let Some(lost) = compensation.and_then(|lost| lost.get(place)) {
                sum.add(*lost);
            }
        }
    }

    /// The bounds, and the buckets between them that are not empty, with what compensates them.
    pub(crate) fn finish(self) -> (Vec<f64>, Side<f64>, Vec<f64>) {
        let mut spans = crate::span::SpanBuilder::default();
        let (mut buckets, mut compensations) = (Vec::new(), Vec::new());
        for (index, sum) in self.sums.iter().enumerate() {
            if sum.sum() == 0.0 && sum.compensation() == 0.0 {
                continue;
            }
            spans.push(index as i32, 1);
            buckets.push(sum.sum());
            compensations.push(sum.compensation());
        }
        (self.bounds, Side { spans: spans.finish(), buckets }, compensations)
    }
}

#[cfg(test)]
mod tests {
    use crate::FloatHistogram;

    fn histogram(notation: &str) -> FloatHistogram {
        notation.parse().unwrap()
    }

    #[test]
    fn a_threshold_within_a_bucket_grows_to_its_end() {
        let narrow = histogram("{{z_bucket:1 z_bucket_w:0.1 offset:1 buckets:[2 3] n_buckets:[4 5]}}");
        let zero = narrow.widened_zero_bucket(1.5, None);
        // The bucket (1,2] is cut through; then both negative ones lie within.
        assert_eq!((zero.threshold, zero.count), (2.0, 12.0));
        let zero = histogram("{{offset:1 buckets:[0 3]}}").widened_zero_bucket(1.5, None);
        assert_eq!((zero.threshold, zero.count), (1.5, 0.0));
    }

    #[test]
    fn thresholds_grow_in_turns() {
        // 1 cuts nothing of the second; 3 cuts (2,4] of the first; 4 cuts nothing of the second.
        let mut first = histogram("{{z_bucket:1 z_bucket_w:1 offset:2 buckets:[2 3]}}");
        let second = histogram("{{z_bucket:1 z_bucket_w:3 offset:3 buckets:[6]}}");
        let theirs = first.reconcile_zero_buckets(&second, None);
        assert_eq!((first.zero_threshold, first.zero_count), (4.0, 3.0));
        assert_eq!(first.positive.buckets, [3.0]);
        assert_eq!((theirs.threshold, theirs.count), (4.0, 1.0));
        let mut wrong = FloatHistogram { zero_threshold: f64::NAN, ..FloatHistogram::default() };
        wrong.reconcile_zero_buckets(&second, None);
        assert!(wrong.zero_threshold.is_nan());
    }
}
