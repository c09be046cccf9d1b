//! From whole numbers to floats, and from native histograms with custom bounds to classic ones.

use crate::error::HistogramErrorKind;
use crate::{BucketLayout, ClassicBucket, FloatHistogram, Histogram, HistogramError, Side};

impl Histogram {
    /// The same histogram in floats.
    ///
    /// ```
    /// use emberdb_histogram::{Histogram, Side, Span};
    ///
    /// let histogram = Histogram {
    ///     count: 5,
    ///     positive: Side { spans: vec![Span { offset: 0, length: 2 }], buckets: vec![2, 1] },
    ///     ..Histogram::default()
    /// };
    /// assert_eq!(histogram.to_float().positive.buckets, [2.0, 3.0]);
    /// ```
    #[must_use]
    pub fn to_float(&self) -> FloatHistogram {
        let mut float = FloatHistogram::default();
        self.to_float_into(&mut float);
        float
    }

    /// Like [`to_float`](Self::to_float), into a histogram of which all but the memory is forgotten.
    pub fn to_float_into(&self, float: &mut FloatHistogram) {
        float.counter_reset_hint = self.counter_reset_hint;
        float.schema = self.schema;
        float.count = self.count as f64;
        float.sum = self.sum;
        to_float_side(&self.positive, &mut float.positive);
        if self.has_custom_bounds() {
            (float.zero_threshold, float.zero_count) = (0.0, 0.0);
            float.negative.spans.clear();
            float.negative.buckets.clear();
            float.custom_values.clone_from(&self.custom_values);
        } else {
            (float.zero_threshold, float.zero_count) = (self.zero_threshold, self.zero_count as f64);
            to_float_side(&self.negative, &mut float.negative);
            float.custom_values = None;
        }
    }

    /// The buckets of a classic histogram: one for each custom bound and one for `+Inf`, cumulative.
    ///
    /// Where spans leave buckets out, each of them counts what the one before the gap does: Prometheus converts whole numbers so,
    /// and so a remote end gets them from it. [`FloatHistogram::classic_buckets`] of [`to_float`](Self::to_float) counts
    /// every observation once.
    ///
    /// # Errors
    /// If the histogram has no custom bounds, or is not valid.
    pub fn classic_buckets(&self) -> Result<Vec<ClassicBucket>, HistogramError> {
        if !self.has_custom_bounds() {
            return Err(HistogramErrorKind::NotCustom.into());
        }
        self.validate()?;
        let mut counts = Vec::with_capacity(self.custom_bounds().len() + 1);
        let (mut count, mut differences) = (0_i64, self.positive.buckets.iter());
        for span in &self.positive.spans {
            counts.extend((0..span.offset).map(|_| count as f64));
            counts.extend(differences.by_ref().take(span.length as usize).map(|&difference| {
                count = count.wrapping_add(difference);
                count as f64
            }));
        }
        let mut counts = counts.into_iter();
        Ok(cumulative(self.layout(), self.custom_bounds().len(), |_| counts.next().unwrap_or_default()))
    }
}

/// Differences are summed up as floats, as upstream does, which can tell above 2^53.
fn to_float_side(side: &Side<i64>, float: &mut Side<f64>) {
    float.spans.clone_from(&side.spans);
    float.buckets.clear();
    let mut count = 0.0;
    float.buckets.extend(side.buckets.iter().map(|&difference| {
        count += difference as f64;
        count
    }));
}

impl FloatHistogram {
    /// The buckets of a classic histogram with the same observations: one for each custom bound and one for `+Inf`,
    /// cumulative.
    ///
    /// ```
    /// use emberdb_histogram::FloatHistogram;
    ///
    /// let histogram: FloatHistogram = "{{schema:-53 count:3 custom_values:[1 2] buckets:[1 0 2]}}".parse()?;
    /// let counts: Vec<f64> = histogram.classic_buckets()?.iter().map(|bucket| bucket.count).collect();
    /// assert_eq!(counts, [1.0, 1.0, 3.0]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If the histogram has no custom bounds, or is not valid.
    pub fn classic_buckets(&self) -> Result<Vec<ClassicBucket>, HistogramError> {
        if !self.has_custom_bounds() {
            return Err(HistogramErrorKind::NotCustom.into());
        }
        self.validate()?;
        let mut counts = self.positive.float_counts().peekable();
        Ok(cumulative(self.layout(), self.custom_bounds().len(), |index| {
            counts.next_if(|&(other, _)| other == index).map_or(0.0, |(_, count)| count)
        }))
    }
}

/// Classic buckets of what is in each bucket, which is asked in the order of the bounds.
fn cumulative(
    layout: BucketLayout<'_>,
    bounds: usize,
    mut count_in: impl FnMut(i32) -> f64,
) -> Vec<ClassicBucket> {
    let mut sum = 0.0;
    let indices = 0..=bounds as i32;
    indices
        .map(|index| {
            sum += count_in(index);
            ClassicBucket { upper_bound: layout.upper_bound(index), count: sum }
        })
        .collect()
}
