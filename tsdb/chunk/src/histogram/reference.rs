//! The format read from its definition, bit by bit: what the readers are compared with.

use emberdb_histogram::{BucketNumber, CounterResetHint, NativeHistogram, Schema, Span};

use super::STALE_NAN_BITS;

/// How a kind of histogram is written, by definition.
pub(super) trait Twin: BucketNumber {
    fn first_count(stream: &mut Stream) -> Result<Self::Count, usize>;
    fn first_bucket(stream: &mut Stream) -> Result<Self, usize>;
    /// A number given its row so far.
    fn next_count(stream: &mut Stream, row: &mut Row) -> Result<Self::Count, usize>;
    fn next_bucket(stream: &mut Stream, row: &mut Row) -> Result<Self, usize>;
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

    fn dod(&mut self, stream: &mut Stream) -> Result<u64, usize> {
        self.step = self.step.wrapping_add(stream.varbit()? as u64);
        self.bits = self.bits.wrapping_add(self.step);
        Ok(self.bits)
    }

    fn xor(&mut self, stream: &mut Stream) -> Result<u64, usize> {
        if stream.number(1)? == 1 {
            if stream.number(1)? == 1 {
                let start = stream.at_bit;
                let fields = stream.number(11)?;
                self.window = (fields / 64, if fields % 64 == 0 { 64 } else { fields % 64 });
                if self.window.0 + self.window.1 > 64 {
                    return Err(start);
                }
            }
            let (leading, length) = self.window;
            self.bits ^= stream.number(length as usize)? << (64 - leading - length);
        }
        Ok(self.bits)
    }
}

impl Twin for i64 {
    fn first_count(stream: &mut Stream) -> Result<u64, usize> {
        stream.uvarbit()
    }

    fn first_bucket(stream: &mut Stream) -> Result<Self, usize> {
        stream.varbit()
    }

    fn next_count(stream: &mut Stream, row: &mut Row) -> Result<u64, usize> {
        row.dod(stream)
    }

    fn next_bucket(stream: &mut Stream, row: &mut Row) -> Result<Self, usize> {
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
    fn first_count(stream: &mut Stream) -> Result<Self, usize> {
        stream.number(64).map(Self::from_bits)
    }

    fn first_bucket(stream: &mut Stream) -> Result<Self, usize> {
        stream.number(64).map(Self::from_bits)
    }

    fn next_count(stream: &mut Stream, row: &mut Row) -> Result<Self, usize> {
        row.xor(stream).map(Self::from_bits)
    }

    fn next_bucket(stream: &mut Stream, row: &mut Row) -> Result<Self, usize> {
        row.xor(stream).map(Self::from_bits)
    }

    fn count_bits(count: Self) -> u64 {
        count.to_bits()
    }

    fn bucket_bits(self) -> u64 {
        self.to_bits()
    }
}

/// All samples, or the bit at which the field begins that is cut off or wrong.
pub(super) fn decode<N: Twin>(bytes: &[u8]) -> Result<Vec<(i64, NativeHistogram<N>)>, usize> {
    let bits = bytes.iter().flat_map(|byte| (0..8).rev().map(move |place| byte >> place & 1 == 1)).collect();
    let mut stream = Stream { bits, at_bit: 0 };
    let samples = stream.number(16)?;
    let flags = stream.number(8)?;
    let mut decoded: Vec<(i64, NativeHistogram<N>)> = Vec::new();
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
        decoded.push((t_ms, histogram));
    }
    Ok(decoded)
}

fn read_layout<N: Twin>(stream: &mut Stream) -> Result<NativeHistogram<N>, usize> {
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

pub(super) struct Stream {
    bits: Vec<bool>,
    at_bit: usize,
}

impl Stream {
    fn number(&mut self, count: usize) -> Result<u64, usize> {
        let field = self.bits.get(self.at_bit..self.at_bit + count).ok_or(self.at_bit)?;
        self.at_bit += count;
        Ok(field.iter().fold(0, |number, &bit| number << 1 | u64::from(bit)))
    }

    fn length(&mut self) -> Result<usize, usize> {
        let mut ones = 0;
        while ones < 8 && self.number(1)? == 1 {
            ones += 1;
        }
        Ok([0, 3, 6, 9, 12, 18, 25, 56, 64][ones])
    }

    fn uvarbit(&mut self) -> Result<u64, usize> {
        let length = self.length()?;
        self.number(length)
    }

    /// `length` bits that stand for -2^(length-1)+1 up to 2^(length-1).
    fn varbit(&mut self) -> Result<i64, usize> {
        let length = self.length()?;
        let number = self.number(length)?;
        Ok(match length {
            0 => 0,
            64 => number as i64,
            _ if number > 1 << (length - 1) => number as i64 - (1 << length),
            _ => number as i64,
        })
    }
}
