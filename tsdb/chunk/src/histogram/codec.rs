//! One sample after the other: bits to numbers and back, for both kinds of histograms.

use emberdb_histogram::{BucketNumber, NativeHistogram};

use super::field::{Dod, Field, Xor};
use super::layout::HistogramLayout;
use super::number::Coded;
use super::starts::StartCoding;
use super::{CounterResetHeader, is_stale};
use crate::ChunkError;
use crate::bits::{BitReader, BitWriter};

/// The newest sample of a chunk, and what else the next one is coded against.
#[derive(Debug, Clone)]
pub(super) struct Coding<N: Coded, S> {
    pub(super) layout: HistogramLayout,
    pub(super) t_ms: Dod,
    pub(super) count: N::CountField,
    pub(super) zero_count: N::CountField,
    pub(super) sum: Xor,
    pub(super) positive: Vec<N::BucketField>,
    pub(super) negative: Vec<N::BucketField>,
    pub(super) starts: S,
}

/// What one sample consists of beside the layout.
#[derive(Debug, Clone, Copy)]
pub(super) struct Values<'a, N: BucketNumber> {
    pub(super) t_ms: i64,
    pub(super) start_ms: i64,
    pub(super) count: N::Count,
    pub(super) zero_count: N::Count,
    pub(super) sum: f64,
    pub(super) positive: &'a [N],
    pub(super) negative: &'a [N],
}

impl<'a, N: Coded> Values<'a, N> {
    pub(super) fn of(t_ms: i64, histogram: &'a NativeHistogram<N>, start_ms: i64) -> Self {
        let NativeHistogram { count, zero_count, sum, positive, negative, .. } = histogram;
        let (&count, &zero_count, &sum) = (count, zero_count, sum);
        let (positive, negative) = (&*positive.buckets, &*negative.buckets);
        Self { t_ms, start_ms, count, zero_count, sum, positive, negative }
    }
}

impl<N: Coded, S: StartCoding> Default for Coding<N, S> {
    fn default() -> Self {
        Self {
            layout: HistogramLayout::default(),
            t_ms: Dod::default(),
            count: N::CountField::default(),
            zero_count: N::CountField::default(),
            sum: Xor::default(),
            positive: Vec::new(),
            negative: Vec::new(),
            starts: S::default(),
        }
    }
}

impl<N: Coded, S: StartCoding> Coding<N, S> {
    /// The least that the first sample takes: a byte for the zero threshold, `0` for the schema, for the number of spans
    /// of either sign and for the time, and the numbers outside of buckets.
    const FIRST_BITS_MIN: usize = 8 + 4 + 2 * N::CountField::FIRST_BITS_MIN as usize + 64;

    /// The least that a later sample takes: `0` for the time, both counts and the sum. Stale ones have no buckets.
    const NEXT_BITS_MIN: usize = 4;

    /// How many samples so many bits can hold at the most.
    pub(super) const fn samples_max(len_bits: usize) -> usize {
        match len_bits.checked_sub(Self::FIRST_BITS_MIN) {
            Some(rest) => 1 + rest / Self::NEXT_BITS_MIN,
            None => 0,
        }
    }

    /// Writes a layout and the first sample of it.
    pub(super) fn write_first(&mut self, bits: &mut BitWriter<'_>, values: Values<'_, N>) {
        self.layout.write(bits);
        self.reset_buckets();
        self.t_ms.write_first(bits, values.t_ms);
        self.count.write_first(bits, values.count);
        self.zero_count.write_first(bits, values.zero_count);
        self.sum.write_first(bits, values.sum);
        // A stale sample can come first only in a chunk of others; what it lacks must not be missing in the bits.
        let buckets = |held: &'_ [N], place: usize| held.get(place).copied().unwrap_or_default();
        for (place, field) in self.positive.iter_mut().enumerate() {
            field.write_first(bits, buckets(values.positive, place));
        }
        for (place, field) in self.negative.iter_mut().enumerate() {
            field.write_first(bits, buckets(values.negative, place));
        }
        self.starts.write(bits, 0, values.t_ms, values.start_ms);
    }

    /// Writes another sample.
    #[inline]
    pub(super) fn write_next(&mut self, bits: &mut BitWriter<'_>, values: Values<'_, N>) {
        let previous_ms = self.t_ms.number();
        self.t_ms.write_next(bits, values.t_ms);
        self.write_next_numbers(bits, values);
        self.starts.write(bits, previous_ms, values.t_ms, values.start_ms);
    }

    #[inline]
    fn write_next_numbers(&mut self, bits: &mut BitWriter<'_>, values: Values<'_, N>) {
        if is_stale(values.sum) {
            self.count.write_stale(bits);
            self.zero_count.write_stale(bits);
            return self.sum.write_next(bits, values.sum);
        }
        self.count.write_next(bits, values.count);
        self.zero_count.write_next(bits, values.zero_count);
        self.sum.write_next(bits, values.sum);
        for (field, &bucket) in self.positive.iter_mut().zip(values.positive) {
            field.write_next(bits, bucket);
        }
        for (field, &bucket) in self.negative.iter_mut().zip(values.negative) {
            field.write_next(bits, bucket);
        }
    }

    /// Reads a layout and the first sample of it.
    pub(super) fn read_first(&mut self, bits: &mut BitReader<'_>) -> Result<(), ChunkError> {
        self.layout.read(bits, N::BucketField::FIRST_BITS_MIN)?;
        self.reset_buckets();
        self.t_ms.read_first(bits, "the first timestamp")?;
        self.count.read_first(bits, "the first count")?;
        self.zero_count.read_first(bits, "the first zero count")?;
        self.sum.read_first(bits, "the first sum")?;
        self.buckets_mut().try_for_each(|field| field.read_first(bits, "a bucket of the first sample"))?;
        self.starts.read(bits, 0, self.t_ms.number())
    }

    /// Reads another sample.
    pub(super) fn read_next(&mut self, bits: &mut BitReader<'_>) -> Result<(), ChunkError> {
        let previous_ms = self.t_ms.number();
        self.t_ms.read_next(bits, "a time step's change")?;
        self.count.read_next(bits, "a count's change")?;
        self.zero_count.read_next(bits, "a zero count's change")?;
        self.sum.read_next(bits, "a sum's change")?;
        if !is_stale(self.sum.number()) {
            self.buckets_mut().try_for_each(|field| field.read_next(bits, "a bucket's change"))?;
        }
        self.starts.read(bits, previous_ms, self.t_ms.number())
    }

    /// Puts the newest sample, number `index` of a chunk with this header, into the memory of a histogram.
    pub(super) fn copy_into(
        &self,
        header: CounterResetHeader,
        index: usize,
        histogram: &mut NativeHistogram<N>,
    ) {
        let numbers = NativeHistogram {
            counter_reset_hint: header.hint(index),
            count: self.count.number(),
            zero_count: self.zero_count.number(),
            sum: self.sum.number(),
            ..NativeHistogram::default()
        };
        let buckets =
            [&self.positive, &self.negative].map(|fields| fields.iter().map(|field| field.number()));
        self.layout.copy_into(&numbers, buckets, histogram);
    }

    /// Makes room for the buckets of the layout.
    fn reset_buckets(&mut self) {
        self.positive.clear();
        self.positive.resize(self.layout.positive_buckets(), N::BucketField::default());
        self.negative.clear();
        self.negative.resize(self.layout.negative_buckets(), N::BucketField::default());
    }

    fn buckets_mut(&mut self) -> impl Iterator<Item = &mut N::BucketField> {
        self.positive.iter_mut().chain(&mut self.negative)
    }
}
