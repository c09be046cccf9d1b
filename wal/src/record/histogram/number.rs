//! Where integer and float histograms differ in a record: its kind, and how counts and buckets are written.
#![expect(
    private_interfaces,
    reason = "the trait is sealed: nobody outside can name it, or call what it has"
)]

use emberdb_histogram::BucketNumber;

use super::super::field::{FieldReader, put_f64, put_uvarint, put_varint};
use super::super::{RecordError, RecordKind};

/// What the buckets of a logged histogram hold: `i64` for integer histograms, `f64` for float histograms.
pub trait RecordNumber: sealed::Codec + 'static {}

impl RecordNumber for i64 {}
impl RecordNumber for f64 {}

pub(super) mod sealed {
    use super::{BucketNumber, FieldReader, RecordError, RecordKind, put_uvarint};

    /// The bytes of counts and buckets.
    #[expect(unnameable_types, reason = "nobody else can implement it")]
    pub trait Codec: BucketNumber {
        /// The record of histograms with exponential buckets.
        const KIND: RecordKind;
        /// The record of histograms with custom bounds.
        const KIND_CUSTOM: RecordKind;
        /// The record of histograms with start timestamps.
        const KIND_STARTED: RecordKind;
        /// All of them.
        const KINDS: &'static [RecordKind] = &[Self::KIND, Self::KIND_CUSTOM, Self::KIND_STARTED];

        /// Appends a count of the histogram itself.
        fn put_count(count: Self::Count, record: &mut Vec<u8>);
        /// Reads one.
        fn read_count(fields: &mut FieldReader<'_>, field: &'static str) -> Result<Self::Count, RecordError>;
        /// Appends what a bucket holds.
        fn put_bucket(self, record: &mut Vec<u8>);
        /// Appends a number of buckets, and the buckets.
        fn put_buckets(buckets: &[Self], record: &mut Vec<u8>) {
            put_uvarint(buckets.len() as u64, record);
            buckets.iter().for_each(|bucket| bucket.put_bucket(record));
        }
        /// Replaces `buckets` by those that follow, of which there are at most `max`.
        fn read_buckets(
            fields: &mut FieldReader<'_>,
            name: &'static str,
            max: usize,
            buckets: &mut Vec<Self>,
        ) -> Result<(), RecordError>;
    }
}

impl sealed::Codec for i64 {
    const KIND: RecordKind = RecordKind::HistogramSamples;
    const KIND_CUSTOM: RecordKind = RecordKind::CustomBucketsHistogramSamples;
    const KIND_STARTED: RecordKind = RecordKind::HistogramSamplesV2;

    fn put_count(count: u64, record: &mut Vec<u8>) {
        put_uvarint(count, record);
    }

    fn read_count(fields: &mut FieldReader<'_>, field: &'static str) -> Result<u64, RecordError> {
        fields.uvarint(field)
    }

    #[inline]
    fn put_bucket(self, record: &mut Vec<u8>) {
        put_varint(self, record);
    }

    fn read_buckets(
        fields: &mut FieldReader<'_>,
        name: &'static str,
        max: usize,
        buckets: &mut Vec<Self>,
    ) -> Result<(), RecordError> {
        let count = fields.count(name, max, 1)?;
        buckets.clear();
        buckets.reserve(count);
        for _ in 0..count {
            buckets.push(fields.varint("a bucket")?);
        }
        Ok(())
    }
}

impl sealed::Codec for f64 {
    const KIND: RecordKind = RecordKind::FloatHistogramSamples;
    const KIND_CUSTOM: RecordKind = RecordKind::CustomBucketsFloatHistogramSamples;
    const KIND_STARTED: RecordKind = RecordKind::FloatHistogramSamplesV2;

    fn put_count(count: f64, record: &mut Vec<u8>) {
        put_f64(count, record);
    }

    fn read_count(fields: &mut FieldReader<'_>, field: &'static str) -> Result<f64, RecordError> {
        fields.f64(field)
    }

    #[inline]
    fn put_bucket(self, record: &mut Vec<u8>) {
        put_f64(self, record);
    }

    fn read_buckets(
        fields: &mut FieldReader<'_>,
        name: &'static str,
        max: usize,
        buckets: &mut Vec<Self>,
    ) -> Result<(), RecordError> {
        let floats = fields.floats(name, max)?;
        buckets.clear();
        buckets.extend(floats);
        Ok(())
    }
}
