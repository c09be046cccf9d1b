//! Quantiles and fractions of classic histograms, whose buckets are series of their own with a label `le`.

use super::notes::Repair;

/// Counts that differ by less than this, relative to their sum, are the same count with rounding.
const SMALL_DIFFERENCE: f64 = 1e-12;

/// The observations up to a bound.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bucket {
    pub(super) upper_bound: f64,
    /// Of all observations up to the bound: cumulative.
    pub(super) count: f64,
}

/// The φ-quantile, and what had to be repaired for it.
pub(super) fn quantile(phi: f64, buckets: Vec<Bucket>) -> (f64, Option<Repair>) {
    if phi.is_nan() {
        return (f64::NAN, None);
    }
    if phi < 0.0 {
        return (f64::NEG_INFINITY, None);
    }
    if phi > 1.0 {
        return (f64::INFINITY, None);
    }
    let Some(mut buckets) = merged(buckets) else { return (f64::NAN, None) };
    let repair = make_monotonic(&mut buckets);
    (interpolated(phi, &buckets), repair)
}

fn interpolated(phi: f64, buckets: &[Bucket]) -> f64 {
    let [finite @ .., last] = buckets else { return f64::NAN };
    let Some(highest_finite) = finite.last() else { return f64::NAN };
    if last.count == 0.0 {
        return f64::NAN;
    }
    let rank = phi * last.count;
    let Some(i) = first_at_least(finite, rank) else { return highest_finite.upper_bound };
    let upper = finite[i];
    if i == 0 && upper.upper_bound <= 0.0 {
        return upper.upper_bound;
    }
    let lower = if i == 0 { Bucket { upper_bound: 0.0, count: 0.0 } } else { finite[i - 1] };
    let share = (rank - lower.count) / (upper.count - lower.count);
    lower.upper_bound + (upper.upper_bound - lower.upper_bound) * share
}

/// The first bucket with at least so many observations, by halving, which matters when counts are NaN.
fn first_at_least(buckets: &[Bucket], rank: f64) -> Option<usize> {
    let (mut low, mut high) = (0, buckets.len());
    while low < high {
        let middle = low.midpoint(high);
        if buckets[middle].count >= rank {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    (low < buckets.len()).then_some(low)
}

/// The share of observations between two values. Counts are not repaired for it.
pub(super) fn fraction(lower: f64, upper: f64, buckets: Vec<Bucket>) -> f64 {
    let Some(buckets) = merged(buckets) else { return f64::NAN };
    let count = buckets.last().map_or(0.0, |b| b.count);
    if count == 0.0 || lower.is_nan() || upper.is_nan() {
        return f64::NAN;
    }
    if lower >= upper {
        return 0.0;
    }
    (rank_of(upper, &buckets, count) - rank_of(lower, &buckets, count)) / count
}

/// How many observations lie below `value`, linear within a bucket.
fn rank_of(value: f64, buckets: &[Bucket], count: f64) -> f64 {
    // The first bucket begins at 0 if it can.
    let lowest = if buckets[0].upper_bound > 0.0 { 0.0 } else { f64::NEG_INFINITY };
    let mut lower = Bucket { upper_bound: lowest, count: 0.0 };
    for &bucket in buckets {
        if lower.upper_bound >= value {
            return at_most(lower.count, count);
        }
        if bucket.upper_bound > value {
            // Nothing is known of how observations spread over a bucket without a lower bound.
            if lower.upper_bound == f64::NEG_INFINITY {
                return at_most(bucket.count, count);
            }
            let share = (value - lower.upper_bound) / (bucket.upper_bound - lower.upper_bound);
            return at_most(lower.count + (bucket.count - lower.count) * share, count);
        }
        lower = bucket;
    }
    count
}

fn at_most(rank: f64, count: f64) -> f64 {
    if rank > count { count } else { rank }
}

/// The buckets by rising bound, those of the same bound added up; `None` if the highest is not +Inf.
fn merged(mut buckets: Vec<Bucket>) -> Option<Vec<Bucket>> {
    buckets.sort_by(|a, b| a.upper_bound.total_cmp(&b.upper_bound));
    if buckets.last()?.upper_bound != f64::INFINITY {
        return None;
    }
    let mut merged: Vec<Bucket> = Vec::new();
    for bucket in buckets {
        match merged.last_mut() {
            Some(last) if last.upper_bound == bucket.upper_bound => last.count += bucket.count,
            _ => merged.push(bucket),
        }
    }
    Some(merged)
}

/// Lifts counts that fall. Tiny differences, up or down, are rounding and not worth a remark.
fn make_monotonic(buckets: &mut [Bucket]) -> Option<Repair> {
    let mut repair: Option<Repair> = None;
    let mut previous = buckets.first()?.count;
    for bucket in &mut buckets[1..] {
        if bucket.count == previous {
            continue;
        }
        if is_almost_equal(previous, bucket.count) {
            bucket.count = previous;
        } else if bucket.count < previous {
            let difference = previous - bucket.count;
            let bound = bucket.upper_bound;
            let so_far =
                repair.get_or_insert(Repair { bucket_min: bound, bucket_max: bound, difference_max: 0.0 });
            so_far.bucket_max = bound;
            so_far.difference_max = so_far.difference_max.max(difference);
            bucket.count = previous;
        } else {
            previous = bucket.count;
        }
    }
    repair
}

/// Whether two different numbers differ by rounding only.
fn is_almost_equal(a: f64, b: f64) -> bool {
    if a.is_nan() && b.is_nan() {
        return true;
    }
    let (sum, difference) = (a.abs() + b.abs(), (a - b).abs());
    if a == 0.0 || b == 0.0 || sum < f64::MIN_POSITIVE {
        return difference < SMALL_DIFFERENCE * f64::MIN_POSITIVE;
    }
    difference / sum.min(f64::MAX) < SMALL_DIFFERENCE
}
