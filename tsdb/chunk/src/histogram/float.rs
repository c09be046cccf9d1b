//! Histograms that count in floats: each number as the XOR with the one before.

use emberdb_histogram::{FloatHistogram, NativeHistogram};

use super::CounterResetHeader;
use super::cursor::Cursor;
use super::field::{Field, Xor};
use super::follow::Break;
use super::number::Coded;
use crate::Encoding;

impl Coded for f64 {
    const ENCODING: Encoding = Encoding::FloatHistogram;

    type CountField = Xor;
    type BucketField = Xor;

    #[inline(always)]
    fn to_count_after(self, _previous: Self) -> Self {
        self
    }

    #[inline(always)]
    fn to_held_after(self, _previous: Self) -> Self {
        self
    }

    #[inline(always)]
    fn float_after(self, _count: &mut f64) -> f64 {
        self
    }

    #[inline]
    fn read_row(cursor: &mut Cursor<'_>, fields: &mut [Xor], row: &mut [f64]) -> Option<()> {
        for (field, place) in fields.iter_mut().zip(row) {
            field.read_fast(cursor)?;
            *place = field.number();
        }
        Some(())
    }

    #[inline(always)]
    fn count_to_float(count: f64) -> f64 {
        count
    }

    fn to_float_into(histogram: &NativeHistogram<Self>, float: &mut FloatHistogram) {
        float.clone_from(histogram);
    }

    fn header_of_break(cause: Break) -> CounterResetHeader {
        match cause {
            Break::Reset => CounterResetHeader::Reset,
            Break::Layout | Break::Stale | Break::Gauge => CounterResetHeader::Unknown,
        }
    }

    /// Unlike for whole numbers, everything that is not a reset is none, even where nothing was compared.
    fn header_of_cut(cause: Option<Break>) -> CounterResetHeader {
        match cause {
            Some(Break::Reset) => CounterResetHeader::Reset,
            None | Some(Break::Layout | Break::Stale | Break::Gauge) => CounterResetHeader::NotReset,
        }
    }
}
