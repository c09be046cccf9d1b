//! Histograms that count in whole numbers: counts and buckets as changes of changes.

use emberdb_histogram::{FloatHistogram, Histogram};

use super::CounterResetHeader;
use super::cursor::Cursor;
use super::field::{CountDod, Dod, Field};
use super::follow::Break;
use super::number::Coded;
use crate::Encoding;

/// For so many buckets bits are taken to hand at once: they mostly suffice (14 a bucket), so that whether there are enough,
/// which is asked for each number, is seldom a surprise.
const BUCKETS_AT_HAND: usize = 4;

impl Coded for i64 {
    const ENCODING: Encoding = Encoding::Histogram;

    type CountField = CountDod;
    type BucketField = Dod;

    #[inline(always)]
    fn to_count_after(self, previous: Self) -> Self {
        previous.wrapping_add(self)
    }

    #[inline(always)]
    fn to_held_after(self, previous: Self) -> Self {
        self.wrapping_sub(previous)
    }

    /// Differences are summed up as floats, which can tell above 2^53: as [`Histogram::to_float`].
    #[inline(always)]
    fn float_after(self, count: &mut f64) -> f64 {
        *count += self as f64;
        *count
    }

    #[inline]
    fn read_row(cursor: &mut Cursor<'_>, fields: &mut [Dod], row: &mut [f64]) -> Option<()> {
        let mut count = 0.0;
        for (fields, places) in fields.chunks_mut(BUCKETS_AT_HAND).zip(row.chunks_mut(BUCKETS_AT_HAND)) {
            cursor.refill()?;
            for (field, place) in fields.iter_mut().zip(places) {
                field.read_fast(cursor)?;
                *place = field.number().float_after(&mut count);
            }
        }
        Some(())
    }

    #[inline(always)]
    fn count_to_float(count: u64) -> f64 {
        count as f64
    }

    fn to_float_into(histogram: &Histogram, float: &mut FloatHistogram) {
        histogram.to_float_into(float);
    }

    fn header_of_break(cause: Break) -> CounterResetHeader {
        match cause {
            Break::Reset => CounterResetHeader::Reset,
            Break::Layout | Break::Stale => CounterResetHeader::Unknown,
            Break::Gauge => CounterResetHeader::NotReset,
        }
    }

    fn header_of_cut(cause: Option<Break>) -> CounterResetHeader {
        cause.map_or(CounterResetHeader::NotReset, Self::header_of_break)
    }
}
