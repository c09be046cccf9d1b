//! How histograms look in results.

use std::fmt;

use crate::bucket::{Bucket, PrintCount};
use crate::decimal::General;
use crate::{FloatHistogram, Histogram};

impl fmt::Display for Histogram {
    /// As in results: `{count:5, sum:18.4, (1,2]:2, (2,4]:3}`, without empty buckets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut negative: Vec<_> = self.negative_buckets().filter(|bucket| bucket.count != 0).collect();
        negative.reverse();
        let zero = (self.zero_count != 0).then(|| Bucket::zero(self.zero_threshold, self.zero_count));
        let positive = self.positive_buckets().filter(|bucket| bucket.count != 0);
        print(f, self.count, self.sum, negative.into_iter().chain(zero).chain(positive))
    }
}

impl fmt::Display for FloatHistogram {
    /// As in results: `{count:5, sum:18.4, (1,2]:2, (2,4]:3}`, without empty buckets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let negative = self.negative_buckets().rev().filter(|bucket| bucket.count != 0.0);
        let zero = (self.zero_count != 0.0).then(|| Bucket::zero(self.zero_threshold, self.zero_count));
        let positive = self.positive_buckets().filter(|bucket| bucket.count != 0.0);
        print(f, self.count, self.sum, negative.chain(zero).chain(positive))
    }
}

fn print<C: PrintCount>(
    f: &mut fmt::Formatter<'_>,
    count: C,
    sum: f64,
    mut buckets: impl Iterator<Item = Bucket<C>>,
) -> fmt::Result {
    f.write_str("{count:")?;
    count.print(f)?;
    write!(f, ", sum:{}", General(sum))?;
    buckets.try_for_each(|bucket| write!(f, ", {bucket}"))?;
    f.write_str("}")
}
