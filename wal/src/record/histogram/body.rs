//! A histogram without its stamp, to and from bytes.

use std::sync::Arc;

use emberdb_histogram::{CounterResetHint, NativeHistogram, Schema, Span};

use super::super::RecordError;
use super::super::field::{FieldReader, put_f64, put_uvarint, put_varint};
use super::number::RecordNumber;

/// Most buckets on each side of a histogram, and most custom bounds, that are read. The finest schema that can be
/// calculated with has 537 000 buckets from the smallest to the greatest float.
pub const BUCKETS_PER_SIDE_MAX: usize = 1 << 20;

/// Most spans on each side of a histogram that are read: as many as buckets, each apart from the others.
pub const SPANS_PER_SIDE_MAX: usize = BUCKETS_PER_SIDE_MAX;

/// Smallest span, in bytes: an offset and a length of a byte each.
const SPAN_BYTES_MIN: usize = 1 + 1;

/// Appends a histogram.
pub(super) fn put_histogram<N: RecordNumber>(histogram: &NativeHistogram<N>, record: &mut Vec<u8>) {
    record.push(hint_byte(histogram.counter_reset_hint));
    put_varint(histogram.schema.number().into(), record);
    put_f64(histogram.zero_threshold, record);
    N::put_count(histogram.zero_count, record);
    N::put_count(histogram.count, record);
    put_f64(histogram.sum, record);
    put_spans(&histogram.positive.spans, record);
    put_spans(&histogram.negative.spans, record);
    N::put_buckets(&histogram.positive.buckets, record);
    N::put_buckets(&histogram.negative.buckets, record);
    if histogram.has_custom_bounds() {
        let bounds = histogram.custom_bounds();
        put_uvarint(bounds.len() as u64, record);
        bounds.iter().for_each(|&bound| put_f64(bound, record));
    }
}

/// Replaces `histogram` by the one that follows, in the memory that it has.
pub(crate) fn read_histogram<N: RecordNumber>(
    fields: &mut FieldReader<'_>,
    histogram: &mut NativeHistogram<N>,
) -> Result<(), RecordError> {
    histogram.counter_reset_hint = read_hint(fields)?;
    histogram.schema = Schema::new(fields.varint32("a schema")?);
    histogram.zero_threshold = fields.f64("a zero threshold")?;
    histogram.zero_count = N::read_count(fields, "a zero count")?;
    histogram.count = N::read_count(fields, "a count")?;
    histogram.sum = fields.f64("a sum")?;
    let (positive, negative) = (&mut histogram.positive, &mut histogram.negative);
    read_spans(fields, "positive spans", &mut positive.spans)?;
    read_spans(fields, "negative spans", &mut negative.spans)?;
    N::read_buckets(fields, "positive buckets", BUCKETS_PER_SIDE_MAX, &mut positive.buckets)?;
    N::read_buckets(fields, "negative buckets", BUCKETS_PER_SIDE_MAX, &mut negative.buckets)?;
    if histogram.has_custom_bounds() {
        read_custom_bounds(fields, &mut histogram.custom_values)
    } else {
        histogram.custom_values = None;
        Ok(())
    }
}

fn hint_byte(hint: CounterResetHint) -> u8 {
    match hint {
        CounterResetHint::Unknown => 0,
        CounterResetHint::Reset => 1,
        CounterResetHint::NotReset => 2,
        CounterResetHint::Gauge => 3,
    }
}

fn read_hint(fields: &mut FieldReader<'_>) -> Result<CounterResetHint, RecordError> {
    const FIELD: &str = "a counter reset hint";
    let offset = fields.offset();
    match fields.byte(FIELD)? {
        0 => Ok(CounterResetHint::Unknown),
        1 => Ok(CounterResetHint::Reset),
        2 => Ok(CounterResetHint::NotReset),
        3 => Ok(CounterResetHint::Gauge),
        other => Err(fields.out_of_range(FIELD, other.into(), 0..=3, offset)),
    }
}

fn put_spans(spans: &[Span], record: &mut Vec<u8>) {
    put_uvarint(spans.len() as u64, record);
    for &Span { offset, length } in spans {
        put_varint(offset.into(), record);
        put_uvarint(length.into(), record);
    }
}

fn read_spans(
    fields: &mut FieldReader<'_>,
    name: &'static str,
    spans: &mut Vec<Span>,
) -> Result<(), RecordError> {
    let count = fields.count(name, SPANS_PER_SIDE_MAX, SPAN_BYTES_MIN)?;
    spans.clear();
    spans.reserve(count);
    for _ in 0..count {
        let offset = fields.varint32("a span's offset")?;
        let length = fields.uvarint32("a span's length")?;
        spans.push(Span { offset, length });
    }
    Ok(())
}

/// Bounds that are those of the histogram before stay shared with it, as they usually are along a series.
fn read_custom_bounds(
    fields: &mut FieldReader<'_>,
    bounds: &mut Option<Arc<[f64]>>,
) -> Result<(), RecordError> {
    let found = fields.floats("custom bounds", BUCKETS_PER_SIDE_MAX)?;
    let is_same = match bounds.as_deref() {
        Some(earlier) => earlier.iter().map(|bound| bound.to_bits()).eq(found.clone().map(f64::to_bits)),
        None => false,
    };
    if !is_same {
        *bounds = if found.len() == 0 { None } else { Some(found.collect()) };
    }
    Ok(())
}
