//! Numbers that describe a histogram as a whole.

use crate::FloatHistogram;
use crate::kahan::KahanSum;

impl FloatHistogram {
    /// The sum of observations divided by their count.
    #[must_use]
    pub fn average(&self) -> f64 {
        self.sum / self.count
    }

    /// The standard deviation of observations, estimated.
    ///
    /// ```
    /// use emberdb_histogram::FloatHistogram;
    ///
    /// let histogram: FloatHistogram =
    ///     "{{schema:-53 count:2 sum:4 custom_values:[0 2 4] buckets:[0 1 1 0]}}".parse()?;
    /// assert_eq!(histogram.standard_deviation(), 1.0);
    /// # Ok::<(), emberdb_histogram::NotationError>(())
    /// ```
    #[must_use]
    pub fn standard_deviation(&self) -> f64 {
        self.variance().sqrt()
    }

    /// The variance of observations, estimated: all observations of a bucket are taken to be in its middle, which is
    /// the arithmetic mean of its bounds with custom bounds, zero for the zero bucket, and else the geometric mean.
    #[must_use]
    pub fn variance(&self) -> f64 {
        let mean = self.average();
        let mut variance = KahanSum::new();
        for (place, count) in self.places() {
            if count == 0.0 {
                continue;
            }
            let bucket = self.bucket_at(place, count);
            let middle = if self.has_custom_bounds() {
                (bucket.upper + bucket.lower) / 2.0
            } else if bucket.touches_zero() {
                0.0
            } else {
                let mean = (bucket.upper * bucket.lower).sqrt();
                if bucket.upper < 0.0 { -mean } else { mean }
            };
            let delta = middle - mean;
            variance.add(count * delta * delta);
        }
        variance.total() / self.count
    }
}
