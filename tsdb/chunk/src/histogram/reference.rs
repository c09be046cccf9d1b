//! The format read from its definition, bit by bit: what the readers are compared with.

use emberdb_histogram::{BucketNumber, CounterResetHint, NativeHistogram, Schema, Span};

use super::STALE_NAN_BITS;
use crate::bits::slow::{SlowBits, SlowStarts};

/// How a kind of histogram is written, by definition.
pub(super) trait Twin: BucketNumber {
    fn first_count(stream: &mut SlowBits) -> Result<Self::Count, usize>;
    fn first_bucket(stream: &mut SlowBits) -> Result<Self, usize>;
    /// A number given its row so far.
    fn next_count(stream: &mut SlowBits, row: &mut Row) -> Result<Self::Count, usize>;
    fn next_bucket(stream: &mut SlowBits, row: &mut Row) -> Result<Self, usize>;
    fn count_bits(count: Self::Count) -> u64;
    fn bucket_bits(self) -> u64;
}

/// A row of numbers so far: the newest as bits, its step, and the place and length of the window.
#[derive(Clone, Copy)]
pub(super) struct Row {
    bits: u64,
    step: u64,
    window: (u64, u64),
}

impl Row {
    const fn new(bits: u64) -> Self {
        Self { bits, step: 0, window: (0, 64) }
    }

    fn dod(&mut self, stream: &mut SlowBits) -> Result<u64, usize> {
        self.step = self.step.wrapping_add(stream.varbit()? as u64);
        self.bits = self.bits.wrapping_add(self.step);
        Ok(self.bits)
    }

    fn xor(&mut self, stream: &mut SlowBits) -> Result<u64, usize> {
        if stream.number(1)? == 1 {
            if stream.number(1)? == 1 {
                self.window = stream.window()?;
            }
            self.bits ^= stream.in_window(self.window)?;
        }
        Ok(self.bits)
    }
}

impl Twin for i64 {
    fn first_count(stream: &mut SlowBits) -> Result<u64, usize> {
        stream.uvarbit()
    }

    fn first_bucket(stream: &mut SlowBits) -> Result<Self, usize> {
        stream.varbit()
    }

    fn next_count(stream: &mut SlowBits, row: &mut Row) -> Result<u64, usize> {
        row.dod(stream)
    }

    fn next_bucket(stream: &mut SlowBits, row: &mut Row) -> Result<Self, usize> {
        row.dod(stream).map(|bits| bits as Self)
    }

    fn count_bits(count: u64) -> u64 {
        count
    }

    fn bucket_bits(self) -> u64 {
        self as u64
    }
}

impl Twin for f64 {
    fn first_count(stream: &mut SlowBits) -> Result<Self, usize> {
        stream.number(64).map(Self::from_bits)
    }

    fn first_bucket(stream: &mut SlowBits) -> Result<Self, usize> {
        stream.number(64).map(Self::from_bits)
    }

    fn next_count(stream: &mut SlowBits, row: &mut Row) -> Result<Self, usize> {
        row.xor(stream).map(Self::from_bits)
    }

    fn next_bucket(stream: &mut SlowBits, row: &mut Row) -> Result<Self, usize> {
        row.xor(stream).map(Self::from_bits)
    }

    fn count_bits(count: Self) -> u64 {
        count.to_bits()
    }

    fn bucket_bits(self) -> u64 {
        self.to_bits()
    }
}

/// All samples with their start timestamps, or the bit at which the field begins that is cut off or wrong.
pub(super) fn decode<N: Twin>(
    bytes: &[u8],
    is_started: bool,
) -> Result<Vec<(i64, NativeHistogram<N>, i64)>, usize> {
    let mut stream = SlowBits::new(bytes);
    let (start, third) = (stream.number(16)?, stream.number(8)?);
    let (samples, flags, mut starts) = if is_started {
        (start % (1 << 14), start >> 8, SlowStarts::new(third))
    } else {
        (start, third, SlowStarts::new(0))
    };
    let mut decoded: Vec<(i64, NativeHistogram<N>, i64)> = Vec::new();
    let mut layout = NativeHistogram::default();
    let mut rows: Vec<Row> = Vec::new();
    for index in 0..samples {
        let mut histogram;
        let t_ms;
        if index == 0 {
            layout = read_layout(&mut stream)?;
            histogram = layout.clone();
            t_ms = stream.varbit()?;
            histogram.count = N::first_count(&mut stream)?;
            histogram.zero_count = N::first_count(&mut stream)?;
            histogram.sum = f64::from_bits(stream.number(64)?);
            for side in [&mut histogram.positive, &mut histogram.negative] {
                for _ in 0..side.spans.iter().map(|span| u64::from(span.length)).sum() {
                    side.buckets.push(N::first_bucket(&mut stream)?);
                }
            }
            let counts = [histogram.count, histogram.zero_count].map(N::count_bits);
            let buckets = histogram.positive.buckets.iter().chain(&histogram.negative.buckets);
            rows = [t_ms as u64, counts[0], counts[1], histogram.sum.to_bits()]
                .into_iter()
                .chain(buckets.map(|bucket| bucket.bucket_bits()))
                .map(Row::new)
                .collect();
        } else {
            histogram = layout.clone();
            t_ms = rows[0].dod(&mut stream)? as i64;
            histogram.count = N::next_count(&mut stream, &mut rows[1])?;
            histogram.zero_count = N::next_count(&mut stream, &mut rows[2])?;
            histogram.sum = f64::from_bits(rows[3].xor(&mut stream)?);
            if histogram.sum.to_bits() != STALE_NAN_BITS {
                let mut row = 4;
                for side in [&mut histogram.positive, &mut histogram.negative] {
                    for _ in 0..side.spans.iter().map(|span| u64::from(span.length)).sum() {
                        side.buckets.push(N::next_bucket(&mut stream, &mut rows[row])?);
                        row += 1;
                    }
                }
            }
        }
        if histogram.sum.to_bits() == STALE_NAN_BITS {
            histogram = NativeHistogram { sum: histogram.sum, ..NativeHistogram::default() };
        } else {
            histogram.counter_reset_hint = match (flags >> 6, index) {
                (0b11, _) => CounterResetHint::Gauge,
                (_, 0) => CounterResetHint::Unknown,
                _ => CounterResetHint::NotReset,
            };
        }
        let previous_ms = decoded.last().map_or(0, |sample| sample.0);
        decoded.push((t_ms, histogram, starts.next(&mut stream, index, previous_ms, t_ms)?));
    }
    Ok(decoded)
}

fn read_layout<N: Twin>(stream: &mut SlowBits) -> Result<NativeHistogram<N>, usize> {
    let mut layout = NativeHistogram {
        zero_threshold: match stream.number(8)? {
            0 => 0.0,
            255 => f64::from_bits(stream.number(64)?),
            byte => 2_f64.powi(byte as i32 - 244),
        },
        ..NativeHistogram::default()
    };
    let start = stream.at_bit;
    let schema = stream.varbit()?;
    if schema != -53 && !(-9..=52).contains(&schema) {
        return Err(start);
    }
    layout.schema = Schema::new(schema as i32);
    for side in [&mut layout.positive, &mut layout.negative] {
        for _ in 0..stream.uvarbit()? {
            let start = stream.at_bit;
            let length = u32::try_from(stream.uvarbit()?).map_err(|_| start)?;
            let start = stream.at_bit;
            let offset = i32::try_from(stream.varbit()?).map_err(|_| start)?;
            side.spans.push(Span { offset, length });
        }
    }
    if schema == -53 {
        let mut bounds = Vec::new();
        for _ in 0..stream.uvarbit()? {
            bounds.push(match stream.uvarbit()? {
                0 => f64::from_bits(stream.number(64)?),
                more => (more - 1) as f64 / 1000.0,
            });
        }
        layout.custom_values = (!bounds.is_empty()).then(|| bounds.into());
    }
    Ok(layout)
}
