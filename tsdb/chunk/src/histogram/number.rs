//! Whole numbers and floats: what the one codec for both kinds of histograms asks of a bucket's number.

use emberdb_histogram::{BucketNumber, FloatHistogram, NativeHistogram};

use super::CounterResetHeader;
use super::cursor::Cursor;
use super::field::Field;
use super::follow::Break;
use crate::Encoding;

/// A number that a bucket of a histogram in a chunk holds: `i64` or `f64`.
#[expect(private_bounds, reason = "nobody else can implement it")]
pub trait HistogramNumber: BucketNumber + Coded {}

impl HistogramNumber for i64 {}

impl HistogramNumber for f64 {}

/// How histograms that hold such numbers are coded, and what upstream's two codecs do each in its own way.
pub(crate) trait Coded: BucketNumber + PartialOrd {
    /// The encoding of chunks with such histograms.
    const ENCODING: Encoding;

    /// How a count of observations is coded.
    type CountField: Field<Number = Self::Count>;

    /// How what a bucket holds is coded.
    type BucketField: Field<Number = Self>;

    /// The count in a bucket that holds `self` behind one with this count.
    fn to_count_after(self, previous: Self) -> Self;

    /// What a bucket with this count holds behind one with the count `previous`.
    fn to_held_after(self, previous: Self) -> Self;

    /// The count in a bucket that holds `self`, where `count` is that of the bucket before and becomes that of this.
    fn float_after(self, count: &mut f64) -> f64;

    /// Reads what the buckets of another sample hold, as counts in floats, as far as nothing is unusual.
    fn read_row(cursor: &mut Cursor<'_>, fields: &mut [Self::BucketField], row: &mut [f64]) -> Option<()>;

    /// A count of observations as a float.
    fn count_to_float(count: Self::Count) -> f64;

    /// The histogram in floats, in the memory of another one.
    fn to_float_into(histogram: &NativeHistogram<Self>, float: &mut FloatHistogram);

    /// The header of a chunk that a sample begins because it could not follow.
    fn header_of_break(cause: Break) -> CounterResetHeader;

    /// The header of a chunk that a sample begins because the one before was full: `cause` says why the sample could not
    /// have followed, if so.
    fn header_of_cut(cause: Option<Break>) -> CounterResetHeader;
}
