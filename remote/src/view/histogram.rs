//! A native histogram as it is sent.

use std::sync::Arc;

use emberdb_histogram::{
    BucketNumber, CounterResetHint, FloatHistogram, Histogram, NativeHistogram, Schema, Span,
};

use crate::wire::{Message, Value, low_32, unzigzag, unzigzag_32};

/// A native histogram and its time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HistogramView<'a> {
    message: Message<'a>,
}

/// Room for the histogram that is read; used again for the next one, so that reading allocates only for larger ones.
#[derive(Debug, Default)]
pub(crate) struct HistogramRoom {
    integer: Histogram,
    float: FloatHistogram,
    bounds: Vec<f64>,
}

/// A histogram that was read, which counts in whole numbers or in floats. May be changed.
#[derive(Debug)]
pub(crate) enum ReadHistogram<'r> {
    Integer(&'r mut Histogram),
    Float(&'r mut FloatHistogram),
}

impl<'a> HistogramView<'a> {
    /// A checked message.
    pub(crate) fn new(message: Message<'a>) -> Self {
        Self { message }
    }

    /// How many bytes it has.
    pub(crate) fn bytes(self) -> usize {
        self.message.bytes.len()
    }

    /// Since when it counts, in milliseconds since the Unix epoch; 0 is unknown. Of 2.0 alone: in 1.0 the field means nothing.
    pub(crate) fn start_ms(self) -> i64 {
        let of_start = |value| match value {
            Value::Varint(number) => Some(number.cast_signed()),
            _ => None,
        };
        let fields = self.message.known_fields().filter(|field| field.number == field::START_TIMESTAMP);
        fields.filter_map(|field| of_start(field.value)).last().unwrap_or(0)
    }

    /// Reads it into `room`; its time is in milliseconds since the Unix epoch.
    pub(crate) fn read(self, room: &mut HistogramRoom) -> (i64, ReadHistogram<'_>) {
        let HistogramRoom { integer, float, bounds } = room;
        if self.counts_in_floats() {
            let timestamp_ms = read(self.message, float, bounds);
            (timestamp_ms, ReadHistogram::Float(float))
        } else {
            let timestamp_ms = read(self.message, integer, bounds);
            (timestamp_ms, ReadHistogram::Integer(integer))
        }
    }

    /// Of the two counts it has one: the last, should there be both.
    fn counts_in_floats(self) -> bool {
        let numbers = self.message.known_fields().map(|field| field.number);
        let count = numbers.filter(|&number| number == i64::COUNT || number == f64::COUNT).last();
        count == Some(f64::COUNT)
    }
}

/// Numbers of the fields that both sorts of histograms have.
mod field {
    pub(super) const SUM: u32 = 3;
    pub(super) const SCHEMA: u32 = 4;
    pub(super) const ZERO_THRESHOLD: u32 = 5;
    pub(super) const NEGATIVE_SPANS: u32 = 8;
    pub(super) const POSITIVE_SPANS: u32 = 11;
    pub(super) const RESET_HINT: u32 = 14;
    pub(super) const TIMESTAMP: u32 = 15;
    pub(super) const CUSTOM_VALUES: u32 = 16;
    pub(super) const START_TIMESTAMP: u32 = 17;
}

/// Where a sort of histograms has its counts, and how they are written.
trait SentNumber: BucketNumber {
    const COUNT: u32;
    const ZERO_COUNT: u32;
    const NEGATIVE: u32;
    const POSITIVE: u32;

    fn count(value: Value<'_>) -> Self::Count;
    /// Adds a bucket, or a row of them.
    fn add(buckets: &mut Vec<Self>, value: Value<'_>);
}

/// Buckets are differences to the bucket before.
impl SentNumber for i64 {
    const COUNT: u32 = 1;
    const ZERO_COUNT: u32 = 6;
    const NEGATIVE: u32 = 9;
    const POSITIVE: u32 = 12;

    fn count(value: Value<'_>) -> u64 {
        match value {
            Value::Varint(count) => count,
            _ => 0,
        }
    }

    fn add(buckets: &mut Vec<Self>, value: Value<'_>) {
        match value {
            Value::Varint(number) => buckets.push(unzigzag(number)),
            Value::Bytes(row) => buckets.extend(row.varints().flatten().map(unzigzag)),
            _ => {}
        }
    }
}

/// Buckets are counts.
impl SentNumber for f64 {
    const COUNT: u32 = 2;
    const ZERO_COUNT: u32 = 7;
    const NEGATIVE: u32 = 10;
    const POSITIVE: u32 = 13;

    fn count(value: Value<'_>) -> f64 {
        match value {
            Value::Fixed64(bits) => f64::from_bits(bits),
            _ => 0.0,
        }
    }

    fn add(buckets: &mut Vec<Self>, value: Value<'_>) {
        match value {
            Value::Fixed64(bits) => buckets.push(f64::from_bits(bits)),
            Value::Bytes(row) => buckets.extend(row.floats()),
            _ => {}
        }
    }
}

/// Reads a histogram of one sort over what `histogram` was; its time.
fn read<N: SentNumber>(
    message: Message<'_>,
    histogram: &mut NativeHistogram<N>,
    bounds: &mut Vec<f64>,
) -> i64 {
    clear(histogram);
    bounds.clear();
    let mut timestamp_ms = 0;
    for field in message.known_fields() {
        match (field.number, field.value) {
            (field::SUM, Value::Fixed64(bits)) => histogram.sum = f64::from_bits(bits),
            (field::SCHEMA, Value::Varint(number)) => histogram.schema = Schema::new(unzigzag_32(number)),
            (field::ZERO_THRESHOLD, Value::Fixed64(bits)) => histogram.zero_threshold = f64::from_bits(bits),
            (field::NEGATIVE_SPANS, Value::Bytes(span)) => histogram.negative.spans.push(read_span(span)),
            (field::POSITIVE_SPANS, Value::Bytes(span)) => histogram.positive.spans.push(read_span(span)),
            (field::RESET_HINT, Value::Varint(number)) => histogram.counter_reset_hint = hint(number),
            (field::TIMESTAMP, Value::Varint(number)) => timestamp_ms = number.cast_signed(),
            (field::CUSTOM_VALUES, value) => f64::add(bounds, value),
            (number, value) if number == N::COUNT => histogram.count = N::count(value),
            // Of the two zero counts the last one is it, and none of the other sort.
            (i64::ZERO_COUNT | f64::ZERO_COUNT, value) => {
                histogram.zero_count =
                    if field.number == N::ZERO_COUNT { N::count(value) } else { N::Count::default() };
            }
            (number, value) if number == N::NEGATIVE => N::add(&mut histogram.negative.buckets, value),
            (number, value) if number == N::POSITIVE => N::add(&mut histogram.positive.buckets, value),
            _ => {}
        }
    }
    share_bounds(&mut histogram.custom_values, bounds);
    timestamp_ms
}

/// Empties it and keeps the memory, and the bounds, which are probably those of the next one.
fn clear<N: BucketNumber>(histogram: &mut NativeHistogram<N>) {
    let NativeHistogram { positive, negative, custom_values, .. } = std::mem::take(histogram);
    *histogram = NativeHistogram { positive, negative, custom_values, ..NativeHistogram::default() };
    for side in [&mut histogram.positive, &mut histogram.negative] {
        side.spans.clear();
        side.buckets.clear();
    }
}

/// Takes over bounds; those that are there already stay, and are shared.
fn share_bounds(shared: &mut Option<Arc<[f64]>>, bounds: &[f64]) {
    let is_same = |held: &Arc<[f64]>| {
        held.len() == bounds.len() && held.iter().zip(bounds).all(|(a, b)| a.to_bits() == b.to_bits())
    };
    if !shared.as_ref().is_some_and(is_same) {
        *shared = (!bounds.is_empty()).then(|| bounds.into());
    }
}

fn read_span(message: Message<'_>) -> Span {
    let mut span = Span::default();
    for field in message.known_fields() {
        match (field.number, field.value) {
            (1, Value::Varint(number)) => span.offset = unzigzag_32(number),
            (2, Value::Varint(number)) => span.length = low_32(number),
            _ => {}
        }
    }
    span
}

fn hint(number: u64) -> CounterResetHint {
    match low_32(number) {
        1 => CounterResetHint::Reset,
        2 => CounterResetHint::NotReset,
        3 => CounterResetHint::Gauge,
        _ => CounterResetHint::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use prost::Message as _;

    use super::*;
    use crate::message;

    #[test]
    fn room_is_used_again_and_nothing_of_the_last_one_is_left() {
        let full = Histogram {
            counter_reset_hint: CounterResetHint::Gauge,
            schema: Schema::CUSTOM,
            count: 3,
            sum: 2.5,
            positive: emberdb_histogram::Side {
                spans: vec![Span { offset: 0, length: 2 }],
                buckets: vec![1, 1],
            },
            custom_values: Some([0.5, 1.0].as_slice().into()),
            ..Histogram::default()
        };
        let mut room = HistogramRoom::default();
        for (sent, timestamp_ms) in [(&full, 5), (&Histogram::default(), -7), (&full, 9)] {
            let bytes = message::Histogram::of_integer(timestamp_ms, 0, sent).encode_to_vec();
            let (read_ms, read) = HistogramView::new(Message::whole(&bytes)).read(&mut room);
            let ReadHistogram::Integer(read) = read else { panic!("whole numbers were sent") };
            assert_eq!((read_ms, &*read), (timestamp_ms, sent));
        }
    }

    #[test]
    fn of_two_counts_the_last_decides() {
        let both = |first: &[u8], last: &[u8]| [first, last].concat();
        let (whole, float) = ([0x08, 7], [&[0x11][..], &2.5_f64.to_le_bytes()].concat());
        let mut room = HistogramRoom::default();
        let bytes = both(&whole, &float);
        let (_, read) = HistogramView::new(Message::whole(&bytes)).read(&mut room);
        assert!(matches!(read, ReadHistogram::Float(h) if h.count == 2.5));
        let bytes = both(&float, &whole);
        let (_, read) = HistogramView::new(Message::whole(&bytes)).read(&mut room);
        assert!(matches!(read, ReadHistogram::Integer(h) if h.count == 7));
    }
}
