//! Whether a histogram is one that can be stored.

use crate::error::{HistogramErrorKind as Kind, HistogramPart};
use crate::number::BucketNumber;
use crate::{FloatHistogram, Histogram, HistogramError, NativeHistogram, Side, Span};

impl Histogram {
    /// Checks that spans fit to buckets, that no count is negative, that nothing is there that the schema has no use
    /// for, and that the buckets hold all observations (but those that are not a number).
    ///
    /// # Errors
    /// Says what is wrong.
    pub fn validate(&self) -> Result<(), HistogramError> {
        let negative = validate_layout(self, |_| Ok(()))?;
        let positive = check_counts(&self.positive, HistogramPart::Positive)?;
        let found = [positive, self.zero_count].into_iter().fold(negative, u64::wrapping_add);
        let count = self.count;
        if self.sum.is_nan() {
            if found > count {
                return Err(Kind::CountNotBigEnough { found, count }.into());
            }
        } else if found != count {
            return Err(Kind::CountMismatch { found, count }.into());
        }
        Ok(())
    }
}

impl FloatHistogram {
    /// Checks that spans fit to buckets, that no count is negative, and that nothing is there that the schema has no
    /// use for. Rounding would make it unfair to compare the count with what the buckets hold.
    ///
    /// # Errors
    /// Says what is wrong.
    pub fn validate(&self) -> Result<(), HistogramError> {
        validate_layout(self, |histogram| {
            if histogram.zero_count < 0.0 {
                let count = crate::decimal::General(histogram.zero_count).to_string();
                return Err(Kind::NegativeBucketCount { bucket: None, count }.into());
            }
            Ok(())
        })?;
        if self.count < 0.0 {
            return Err(Kind::NegativeCount(self.count).into());
        }
        check_counts(&self.positive, HistogramPart::Positive)?;
        Ok(())
    }
}

/// Checks what depends on the schema, and returns how many observations the negative buckets hold.
fn validate_layout<N: CheckedNumber>(
    histogram: &NativeHistogram<N>,
    check_zero_count: impl Fn(&NativeHistogram<N>) -> Result<(), HistogramError>,
) -> Result<N::Count, HistogramError> {
    let NativeHistogram { schema, positive, negative, .. } = histogram;
    if schema.is_custom() {
        check_custom_bounds(histogram.custom_bounds(), positive)
            .map_err(|kind| kind.of(HistogramPart::Custom))?;
        let unused = [
            (histogram.zero_count != N::Count::default(), Kind::CustomZeroCount),
            (histogram.zero_threshold != 0.0, Kind::CustomZeroThreshold),
            (!negative.spans.is_empty(), Kind::CustomNegativeSpans),
            (!negative.buckets.is_empty(), Kind::CustomNegativeBuckets),
        ];
        return match unused.into_iter().find(|(is_used, _)| *is_used) {
            Some((_, kind)) => Err(kind.into()),
            None => Ok(N::Count::default()),
        };
    }
    if !schema.is_exponential() {
        return Err(Kind::InvalidSchema(*schema).into());
    }
    check_spans(&positive.spans, positive.buckets.len()).map_err(|kind| kind.of(HistogramPart::Positive))?;
    check_spans(&negative.spans, negative.buckets.len()).map_err(|kind| kind.of(HistogramPart::Negative))?;
    let count = check_counts(negative, HistogramPart::Negative)?;
    check_zero_count(histogram)?;
    if histogram.custom_values.is_some() {
        return Err(Kind::ExponentialWithBounds.into());
    }
    Ok(count)
}

/// Checks that spans do not overlap and have as many buckets as there are.
fn check_spans(spans: &[Span], buckets: usize) -> Result<(), Kind> {
    let mut needed = 0;
    for (place, span) in spans.iter().enumerate() {
        if place > 0 && span.offset < 0 {
            return Err(Kind::SpanNegativeOffset { span: place + 1, offset: span.offset });
        }
        needed += span.length as usize;
    }
    if needed == buckets {
        Ok(())
    } else {
        Err(Kind::SpansBucketsMismatch { needed: Some(needed), found: buckets })
    }
}

fn check_custom_bounds<N>(bounds: &[f64], side: &Side<N>) -> Result<(), Kind> {
    let mut previous = f64::NEG_INFINITY;
    for (place, &current) in bounds.iter().enumerate() {
        if current.is_nan() {
            return Err(Kind::CustomBoundsNan);
        }
        if place > 0 && current <= previous {
            return Err(Kind::CustomBoundsUnordered { previous, current });
        }
        previous = current;
    }
    if previous == f64::INFINITY {
        return Err(Kind::CustomBoundsInfinite);
    }
    if let Some(span) = side.spans.first().filter(|span| span.offset < 0) {
        return Err(Kind::SpanNegativeOffset { span: 1, offset: span.offset });
    }
    check_spans(&side.spans, side.buckets.len())?;
    let reach = side.spans.iter().map(|span| span.length as usize + span.offset as usize).sum();
    if bounds.len() + 1 < reach {
        return Err(Kind::CustomBoundsMissing { bounds: bounds.len(), reach });
    }
    Ok(())
}

/// Checks that no bucket is negative, and returns what they hold together. Buckets are looked at even where spans do
/// not cover them.
fn check_counts<N: CheckedNumber>(side: &Side<N>, part: HistogramPart) -> Result<N::Count, HistogramError> {
    let (mut count, mut sum) = (N::default(), N::Count::default());
    for (place, held) in side.buckets.iter().enumerate() {
        count = held.count_after(count);
        if count.is_negative() {
            let kind = Kind::NegativeBucketCount { bucket: Some(place + 1), count: count.printed() };
            return Err(kind.of(part));
        }
        sum = count.added_to(sum);
    }
    Ok(sum)
}

trait CheckedNumber: BucketNumber {
    fn printed(self) -> String;
    fn added_to(self, sum: Self::Count) -> Self::Count;
}

impl CheckedNumber for i64 {
    fn printed(self) -> String {
        self.to_string()
    }

    fn added_to(self, sum: u64) -> u64 {
        sum.wrapping_add(self as u64)
    }
}

impl CheckedNumber for f64 {
    fn printed(self) -> String {
        crate::decimal::General(self).to_string()
    }

    fn added_to(self, sum: f64) -> f64 {
        sum + self
    }
}
