//! Recording with given bounds.

use std::sync::Arc;

use super::exponential::side_of;
use super::sharded::Sharded;
use crate::{Histogram, HistogramError, Schema};

/// Counts observations in buckets with given bounds. Many threads can record at the same time.
///
/// ```
/// use emberdb_histogram::CustomRecorder;
///
/// let recorder = CustomRecorder::new(&[0.1, 1.0, 10.0])?;
/// for value in [0.05, 0.5, 1.0, 60.0] {
///     recorder.observe(value);
/// }
/// assert_eq!(recorder.snapshot().to_string(), "{count:4, sum:61.55, [-Inf,0.1]:1, (0.1,1]:2, (10,+Inf]:1}");
/// # Ok::<(), emberdb_histogram::HistogramError>(())
/// ```
#[derive(Debug)]
pub struct CustomRecorder {
    state: Sharded<State>,
    bounds: Arc<[f64]>,
}

#[derive(Debug)]
struct State {
    /// One more than there are bounds.
    counts: Box<[u64]>,
    sum: f64,
}

impl CustomRecorder {
    /// A recorder with these upper bounds that has seen nothing. The last bucket, which ends at `+Inf`, need not be
    /// named.
    ///
    /// # Errors
    /// If the bounds are not in order.
    pub fn new(bounds: &[f64]) -> Result<Self, HistogramError> {
        let bounds = bounds.strip_suffix(&[f64::INFINITY]).unwrap_or(bounds);
        let recorder = Self {
            state: Sharded::new(|| State { counts: vec![0; bounds.len() + 1].into(), sum: 0.0 }),
            bounds: bounds.into(),
        };
        recorder.snapshot().validate()?;
        Ok(recorder)
    }

    /// Counts an observation. One that is not a number is counted in the last bucket, and makes the sum one.
    #[inline]
    pub fn observe(&self, value: f64) {
        // What is not a number is not within any bound.
        let is_within = |bound: f64| value <= bound;
        let place = self.bounds.partition_point(|&bound| !is_within(bound));
        let mut state = self.state.own();
        state.sum += value;
        state.counts[place] += 1;
    }

    /// What was observed up to now.
    #[must_use]
    pub fn snapshot(&self) -> Histogram {
        let mut counts = vec![0_u64; self.bounds.len() + 1];
        let mut sum = 0.0;
        for state in self.state.each() {
            counts.iter_mut().zip(&state.counts).for_each(|(total, count)| *total += count);
            sum += state.sum;
        }
        let mut histogram = Histogram {
            schema: Schema::CUSTOM,
            count: counts.iter().sum(),
            sum,
            positive: side_of((0..).zip(counts)),
            custom_values: (!self.bounds.is_empty()).then(|| Arc::clone(&self.bounds)),
            ..Histogram::default()
        };
        // A few empty buckets cost less than another span.
        histogram.compact(2);
        histogram
    }
}

#[cfg(test)]
mod tests {
    use super::CustomRecorder;

    #[test]
    fn bounds_are_checked() {
        let error = CustomRecorder::new(&[2.0, 1.0]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "custom buckets: previous bound is 2.000000 and current is 1.000000: histogram custom bounds must be in \
             strictly increasing order"
        );
        assert!(CustomRecorder::new(&[1.0, f64::NAN]).is_err());
    }

    #[test]
    fn every_number_has_a_bucket() {
        let recorder = CustomRecorder::new(&[-1.0, 0.0, f64::INFINITY]).unwrap();
        for value in [f64::NEG_INFINITY, -1.0, -0.0, 0.5, f64::INFINITY] {
            recorder.observe(value);
        }
        let found = recorder.snapshot();
        found.validate().unwrap();
        assert_eq!(found.positive.buckets, [2, -1, 1]);
        let recorder = CustomRecorder::new(&[]).unwrap();
        recorder.observe(f64::NAN);
        assert_eq!(recorder.snapshot().to_string(), "{count:1, sum:NaN, [-Inf,+Inf]:1}");
    }
}
