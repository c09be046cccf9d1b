//! Cutting observations off at a value: the operators `</` and `>/`.

use crate::FloatHistogram;
use crate::bucket::{Bucket, Spread};

/// Which observations stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kept {
    Below,
    Above,
}

impl FloatHistogram {
    /// Keeps the observations below a value, as `histogram </ value` does.
    ///
    /// A bucket around the value is divided as [`fraction`](Self::fraction) divides it. If anything is cut off, count
    /// and sum are estimated anew from the buckets; else the histogram stays as it is.
    ///
    /// ```
    /// use emberdb_histogram::FloatHistogram;
    ///
    /// let mut histogram: FloatHistogram = "{{count:4 sum:9 buckets:[1 3]}}".parse()?;
    /// histogram.keep_below(1.0);
    /// assert_eq!(histogram.to_string(), "{count:1, sum:0.7071067811865476, (0.5,1]:1}");
    /// # Ok::<(), emberdb_histogram::NotationError>(())
    /// ```
    pub fn keep_below(&mut self, value: f64) {
        self.trim(value, Kept::Below);
    }

    /// Keeps the observations above a value, as `histogram >/ value` does; see [`keep_below`](Self::keep_below).
    pub fn keep_above(&mut self, value: f64) {
        self.trim(value, Kept::Above);
    }

    fn trim(&mut self, value: f64, kept: Kept) {
        let spread = if self.has_custom_bounds() { Spread::Even } else { Spread::Logarithmic };
        let mut trim = Trim { value, kept, spread, count: 0.0, sum: 0.0, has_cut: false };

        let positive: Vec<_> = self.positive_buckets().collect();
        let negative: Vec<_> = self.negative_buckets().collect();
        let mut are_populated = [false, false];
        for ((side, buckets), is_populated) in
            [(&mut self.positive, positive), (&mut self.negative, negative)]
                .into_iter()
                .zip(&mut are_populated)
        {
            for (held, bucket) in side.buckets.iter_mut().zip(buckets) {
                if bucket.count != 0.0 {
                    *is_populated = true;
                    *held = trim.bucket(&bucket);
                }
            }
        }
        if self.zero_count > 0.0 {
            let mut bucket = Bucket::zero(self.zero_threshold, self.zero_count);
            // Not `narrow_zero_bucket`: here buckets have to hold something to count.
            match are_populated {
                [true, false] => bucket.lower = 0.0,
                [false, true] => bucket.upper = 0.0,
                [true, true] | [false, false] => {}
            }
            self.zero_count = trim.zero_bucket(&bucket);
        }
        if trim.has_cut {
            (self.count, self.sum) = (trim.count, trim.sum);
            self.compact(0);
        }
    }
}

/// A cut through all buckets.
struct Trim {
    value: f64,
    kept: Kept,
    spread: Spread,
    /// Observations that stay, and their sum.
    count: f64,
    sum: f64,
    has_cut: bool,
}

impl Trim {
    /// What stays of a bucket that is not empty.
    fn bucket(&mut self, bucket: &Bucket<f64>) -> f64 {
        let (is_kept, is_cut) = match self.kept {
            Kept::Below => (bucket.upper <= self.value, bucket.lower < self.value),
            Kept::Above => (bucket.lower >= self.value, bucket.upper > self.value),
        };
        if is_kept {
            self.count += bucket.count;
            self.sum += middle(bucket.lower, bucket.upper, self.spread) * bucket.count;
            return bucket.count;
        }
        if !is_cut {
            self.has_cut = true;
            return 0.0;
        }
        let (count, middle) = if bucket.lower == f64::NEG_INFINITY {
            self.cut_without_lower_bound(bucket)
        } else if bucket.upper == f64::INFINITY {
            self.cut_without_upper_bound(bucket)
        } else {
            self.cut(bucket)
        };
        self.keep(bucket.count, count, middle)
    }

    /// What stays of the zero bucket.
    fn zero_bucket(&mut self, bucket: &Bucket<f64>) -> f64 {
        let Bucket { lower, upper, count, .. } = *bucket;
        let value = self.value;
        let whole = (count, (lower + upper) / 2.0);
        let nothing = (0.0, 0.0);
        let (kept, middle) = match self.kept {
            Kept::Below if value <= lower => nothing,
            Kept::Below if value >= upper => whole,
            Kept::Below => (count * ((value - lower) / (upper - lower)), (lower + value) / 2.0),
            Kept::Above if value <= lower => whole,
            Kept::Above if value >= upper => nothing,
            Kept::Above => (count * ((upper - value) / (upper - lower)), (value + upper) / 2.0),
        };
        self.keep(count, kept, middle)
    }

    /// Counts what stays, and returns it.
    fn keep(&mut self, before: f64, count: f64, middle: f64) -> f64 {
        self.count += count;
        self.sum += middle * count;
        self.has_cut |= before != count;
        count
    }

    /// What stays of a bucket around the value, and the middle of that.
    fn cut(&self, bucket: &Bucket<f64>) -> (f64, f64) {
        let Bucket { lower, upper, count, .. } = *bucket;
        let below = if self.value <= lower {
            0.0
        } else if self.value >= upper {
            count
        } else {
            count * bucket.share_below(self.value, self.spread)
        };
        match self.kept {
            Kept::Below => (below, middle(lower, self.value, self.spread)),
            Kept::Above => (count - below, middle(self.value, upper, self.spread)),
        }
    }

    /// The first custom bucket is taken to begin at 0 if it ends above. If it does not, or is all there is, nothing is
    /// known about where in it observations are.
    fn cut_without_lower_bound(&self, bucket: &Bucket<f64>) -> (f64, f64) {
        let Bucket { upper, count, .. } = *bucket;
        let value = self.value;
        let nothing = (0.0, if upper.is_infinite() { 0.0 } else { upper });
        match self.kept {
            Kept::Below if value >= upper => (count, 0.0),
            Kept::Below if value > 0.0 && upper > 0.0 && upper != f64::INFINITY => {
                (count * value / upper, value / 2.0)
            }
            Kept::Below if upper <= 0.0 => (count, value),
            Kept::Below => nothing,
            Kept::Above if value <= bucket.lower => (count, 0.0),
            Kept::Above if value >= 0.0 && upper > value && upper != f64::INFINITY => {
                (count * (1.0 - value / upper), (value + upper) / 2.0)
            }
            Kept::Above => nothing,
        }
    }

    /// Observations without upper bound go if some of them could be above, and stay, at the value, if some of them must
    /// be.
    fn cut_without_upper_bound(&self, bucket: &Bucket<f64>) -> (f64, f64) {
        let nothing = (0.0, if bucket.lower.is_infinite() { 0.0 } else { bucket.lower });
        match self.kept {
            Kept::Above if self.value >= bucket.lower => (bucket.count, self.value),
            Kept::Below | Kept::Above => nothing,
        }
    }
}

/// Where the observations between two values are taken to be.
fn middle(lower: f64, upper: f64, spread: Spread) -> f64 {
    match (lower.is_infinite(), upper.is_infinite()) {
        (true, true) => return 0.0,
        (true, false) => return if upper > 0.0 { upper / 2.0 } else { upper },
        (false, true) => return lower,
        (false, false) => {}
    }
    if spread == Spread::Even {
        return (lower + upper) / 2.0;
    }
    let mean = (lower * upper).abs().sqrt();
    if lower < 0.0 { -mean } else { mean }
}
