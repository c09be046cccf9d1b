//! From a record to its histograms.

use std::fmt;
use std::marker::PhantomData;

use emberdb_histogram::NativeHistogram;

use super::super::field::FieldReader;
use super::super::stamp::{RefStamp, StampReader};
use super::super::{RecordError, RecordKind};
use super::body::read_histogram;
use super::number::RecordNumber;

/// Reads a record of histograms, histogram by histogram. `N` is `i64` for integer histograms, kinds 7, 9 and 12, and
/// `f64` for float histograms, kinds 8, 10 and 13.
///
/// What a record says is handed over as it is. It can be wrong in all the ways that
/// [`validate`](NativeHistogram::validate) finds, and can have a schema that needs
/// [`accept_schema`](NativeHistogram::accept_schema), which tells those to be passed over from those to be coarsened.
///
/// ```
/// use emberdb_histogram::{Histogram, Side, Span};
/// use emberdb_wal::{HistogramDecoder, RefStamp, encode_histograms};
///
/// let histogram = Histogram {
///     count: 5,
///     sum: 6.5,
///     positive: Side { spans: vec![Span { offset: 0, length: 2 }], buckets: vec![3, -1] },
///     ..Histogram::default()
/// };
/// let stamp = RefStamp { series_ref: 7, timestamp_ms: 16_000, start_timestamp_ms: 0 };
/// let (mut record, mut record_custom) = (Vec::new(), Vec::new());
/// encode_histograms([(stamp, &histogram)], &mut record, &mut record_custom);
/// assert!(record_custom.is_empty());
///
/// let mut decoder = HistogramDecoder::new(&record)?;
/// let mut decoded = Histogram::default();
/// assert_eq!(decoder.next_histogram(&mut decoded)?, Some(stamp));
/// assert_eq!(decoded, histogram);
/// assert_eq!(decoder.next_histogram(&mut decoded)?, None);
/// # Ok::<(), emberdb_wal::RecordError>(())
/// ```
#[derive(Clone)]
pub struct HistogramDecoder<'a, N> {
    fields: FieldReader<'a>,
    stamps: StampReader,
    number: PhantomData<fn() -> N>,
}

impl<N> fmt::Debug for HistogramDecoder<'_, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { fields, stamps, number: _ } = self;
        f.debug_struct("HistogramDecoder").field("fields", fields).field("stamps", stamps).finish()
    }
}

impl<'a, N: RecordNumber> HistogramDecoder<'a, N> {
    /// A decoder of this record.
    ///
    /// # Errors
    /// When the record is not of one of the three kinds.
    pub fn new(record: &'a [u8]) -> Result<Self, RecordError> {
        let fields = FieldReader::new(record, N::KINDS)?;
        Ok(Self { fields, stamps: StampReader::Unread, number: PhantomData })
    }

    /// What the record is.
    #[must_use]
    pub fn kind(&self) -> RecordKind {
        self.fields.kind()
    }

    /// The stamp of the next histogram, or `None` after the last; `histogram` is replaced by the histogram. Its memory is
    /// kept, also that of custom bounds if they are the same.
    ///
    /// # Errors
    /// When the record ends in the histogram, or the histogram has a counter reset hint, a schema, or a span that
    /// cannot be, or more than [`SPANS_PER_SIDE_MAX`](crate::SPANS_PER_SIDE_MAX) spans or
    /// [`BUCKETS_PER_SIDE_MAX`](crate::BUCKETS_PER_SIDE_MAX) buckets or custom bounds. `histogram` then is a mixture,
    /// and of the record nothing more can be read.
    pub fn next_histogram(
        &mut self,
        histogram: &mut NativeHistogram<N>,
    ) -> Result<Option<RefStamp>, RecordError> {
        let Some(stamp) = self.stamps.next(&mut self.fields)? else { return Ok(None) };
        read_histogram(&mut self.fields, histogram)?;
        Ok(Some(stamp))
    }
}
