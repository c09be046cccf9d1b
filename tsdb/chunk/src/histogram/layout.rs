//! What all histograms of a chunk have in common.
//!
//! ```text
//! ┌───────────────────────┬─────────────────┬────────────────┬────────────────┬───────────────────────────┐
//! │ zero threshold        │ schema (varbit) │ positive spans │ negative spans │ custom bounds, if schema  │
//! │ 8 or 72 bits          │                 │                │                │ is -53                    │
//! └───────────────────────┴─────────────────┴────────────────┴────────────────┴───────────────────────────┘
//! spans:   count (uvarbit), then of each its length (uvarbit) and its offset (varbit)
//! bounds:  count (uvarbit), then each as thousandths or in full
//! ```

use std::sync::Arc;

use emberdb_histogram::{BucketNumber, NativeHistogram, Schema, Side, Span};

use super::bound::{read_custom_bound, read_zero_threshold, write_custom_bound, write_zero_threshold};
use super::number::Coded;
use super::{BOUNDS_MAX, BUCKETS_MAX, SPANS_MAX, is_stale};
use crate::ChunkError;
use crate::bits::{BitReader, BitWriter};
use crate::varbit::{read_uvarbit, read_varbit, write_uvarbit, write_varbit};

/// Which buckets the histograms of a chunk have.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct HistogramLayout {
    /// How finely the number line is cut into buckets.
    pub schema: Schema,
    /// The zero bucket holds what is not farther from zero than this.
    pub zero_threshold: f64,
    /// Which positive buckets there are.
    pub positive_spans: Vec<Span>,
    /// Which negative buckets there are.
    pub negative_spans: Vec<Span>,
    /// The upper bounds of custom buckets.
    pub custom_values: Option<Arc<[f64]>>,
}

/// The least that a span takes: two zeros.
const SPAN_BITS_MIN: u64 = 2;

/// The least that a custom bound takes: its short form is not a zero.
const BOUND_BITS_MIN: u64 = 5;

impl HistogramLayout {
    /// How many positive buckets there are.
    #[must_use]
    pub fn positive_buckets(&self) -> usize {
        buckets(&self.positive_spans) as usize
    }

    /// How many negative buckets there are.
    #[must_use]
    pub fn negative_buckets(&self) -> usize {
        buckets(&self.negative_spans) as usize
    }

    /// The custom bounds; none for exponential schemas.
    #[must_use]
    pub fn custom_bounds(&self) -> &[f64] {
        self.custom_values.as_deref().unwrap_or_default()
    }

    pub(super) fn of<N: Coded>(histogram: &NativeHistogram<N>) -> Self {
        Self {
            schema: histogram.schema,
            zero_threshold: histogram.zero_threshold,
            positive_spans: histogram.positive.spans.clone(),
            negative_spans: histogram.negative.spans.clone(),
            custom_values: histogram.custom_values.clone().filter(|_| histogram.has_custom_bounds()),
        }
    }

    /// Puts a histogram of this layout into the memory of another one: the positive and the negative buckets that are
    /// given, and what `numbers` says beside them. One that is stale is nothing but that.
    pub(super) fn copy_into<N: BucketNumber>(
        &self,
        numbers: &NativeHistogram<N>,
        [positive, negative]: [impl Iterator<Item = N>; 2],
        histogram: &mut NativeHistogram<N>,
    ) {
        let [mut above, mut below] = [&mut histogram.positive, &mut histogram.negative].map(std::mem::take);
        *histogram = if is_stale(numbers.sum) {
            refill(&mut above, &[], std::iter::empty());
            refill(&mut below, &[], std::iter::empty());
            NativeHistogram {
                sum: numbers.sum,
                positive: above,
                negative: below,
                ..NativeHistogram::default()
            }
        } else {
            refill(&mut above, &self.positive_spans, positive);
            refill(&mut below, &self.negative_spans, negative);
            NativeHistogram {
                schema: self.schema,
                zero_threshold: self.zero_threshold,
                positive: above,
                negative: below,
                custom_values: self.custom_values.clone(),
                counter_reset_hint: numbers.counter_reset_hint,
                zero_count: numbers.zero_count,
                count: numbers.count,
                sum: numbers.sum,
            }
        };
    }

    pub(super) fn write(&self, bits: &mut BitWriter<'_>) {
        write_zero_threshold(bits, self.zero_threshold);
        write_varbit(bits, i64::from(self.schema.number()));
        write_spans(bits, &self.positive_spans);
        write_spans(bits, &self.negative_spans);
        if self.schema.is_custom() {
            write_uvarbit(bits, self.custom_bounds().len() as u64);
            for &bound in self.custom_bounds() {
                write_custom_bound(bits, bound);
            }
        }
    }

    /// Reads another layout into the memory of this one. What is listed is never more than the limits, nor than the rest
    /// of the bytes can hold, with `bucket_bits_min` for each bucket.
    pub(super) fn read(&mut self, bits: &mut BitReader<'_>, bucket_bits_min: u64) -> Result<(), ChunkError> {
        self.zero_threshold = read_zero_threshold(bits)?;
        let at_bit = bits.at_bit();
        let schema = read_varbit(bits, "the schema")?;
        self.schema = i32::try_from(schema)
            .map(Schema::new)
            .ok()
            .filter(|schema| schema.accepted().is_ok())
            .ok_or(ChunkError::UnknownSchema { at_bit, schema })?;
        read_spans(bits, &mut self.positive_spans, bucket_bits_min)?;
        read_spans(bits, &mut self.negative_spans, bucket_bits_min)?;
        self.custom_values = if self.schema.is_custom() { read_bounds(bits)? } else { None };
        Ok(())
    }
}

/// Fills one side in the memory that it has.
fn refill<N>(side: &mut Side<N>, spans: &[Span], buckets: impl Iterator<Item = N>) {
    side.spans.clear();
    side.spans.extend_from_slice(spans);
    side.buckets.clear();
    side.buckets.extend(buckets);
}

/// How many buckets spans have.
pub(super) fn buckets(spans: &[Span]) -> u64 {
    spans.iter().map(|span| u64::from(span.length)).sum()
}

fn write_spans(bits: &mut BitWriter<'_>, spans: &[Span]) {
    write_uvarbit(bits, spans.len() as u64);
    for span in spans {
        write_uvarbit(bits, u64::from(span.length));
        write_varbit(bits, i64::from(span.offset));
    }
}

fn read_spans(
    bits: &mut BitReader<'_>,
    spans: &mut Vec<Span>,
    bucket_bits_min: u64,
) -> Result<(), ChunkError> {
    const LENGTH: &str = "a span's length";
    const OFFSET: &str = "a span's offset";
    let list_bit = bits.at_bit();
    let count = read_count(bits, SPANS_MAX, SPAN_BITS_MIN, "spans")?;
    spans.clear();
    spans.reserve(count);
    for _ in 0..count {
        let at_bit = bits.at_bit();
        let length = u32::try_from(read_uvarbit(bits, LENGTH)?)
            .map_err(|_| ChunkError::NumberTooLarge { at_bit, expected: LENGTH })?;
        let at_bit = bits.at_bit();
        let offset = i32::try_from(read_varbit(bits, OFFSET)?)
            .map_err(|_| ChunkError::NumberTooLarge { at_bit, expected: OFFSET })?;
        spans.push(Span { offset, length });
    }
    check_count(bits, list_bit, buckets(spans), BUCKETS_MAX, bucket_bits_min, "buckets").map(|_| ())
}

fn read_bounds(bits: &mut BitReader<'_>) -> Result<Option<Arc<[f64]>>, ChunkError> {
    let count = read_count(bits, BOUNDS_MAX, BOUND_BITS_MIN, "custom bounds")?;
    if count == 0 {
        return Ok(None);
    }
    let mut bounds = Vec::with_capacity(count);
    for _ in 0..count {
        bounds.push(read_custom_bound(bits)?);
    }
    Ok(Some(bounds.into()))
}

/// Reads the length of a list.
fn read_count(
    bits: &mut BitReader<'_>,
    limit: u64,
    bits_min: u64,
    what: &'static str,
) -> Result<usize, ChunkError> {
    let at_bit = bits.at_bit();
    let count = read_uvarbit(bits, what)?;
    check_count(bits, at_bit, count, limit, bits_min, what)
}

/// Refuses more than a limit, and more than what is left of the bytes can hold.
fn check_count(
    bits: &BitReader<'_>,
    at_bit: usize,
    count: u64,
    limit: u64,
    bits_min: u64,
    what: &'static str,
) -> Result<usize, ChunkError> {
    let count_max = limit.min(bits.left_bits() as u64 / bits_min);
    if count > count_max {
        return Err(ChunkError::TooMany { at_bit, count, count_max, what });
    }
    Ok(count as usize)
}
