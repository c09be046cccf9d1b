//! A record again, without what is no longer needed of it.
//!
//! What stays is copied as its bytes are, value by value; only stamps are written anew, since they are differences to
//! others. So nothing gets lost that a decoder passes over or an encoder would spell otherwise.

use emberdb_histogram::{FloatHistogram, Histogram};

use super::field::FieldReader;
use super::histogram::read_histogram;
use super::label::each_label;
use super::stamp::{StampReader, StampWriter};
use super::{RecordError, RecordKind};

/// How many elements a record had, and how many of them were left out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// All that were read, also those that were left out.
    pub read: u64,
    /// Those that were left out.
    pub dropped: u64,
}

impl Tally {
    /// Whether nothing is left.
    pub(crate) fn is_all_dropped(self) -> bool {
        self.read == self.dropped
    }

    pub(crate) fn count(&mut self, is_kept: bool) {
        self.read += 1;
        self.dropped += u64::from(!is_kept);
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.read += other.read;
        self.dropped += other.dropped;
    }
}

/// Copies records without some of their elements. Its buffers are kept from record to record.
#[derive(Debug, Default)]
pub(crate) struct RecordFilter {
    filtered: Vec<u8>,
    /// What is only decoded to learn where it ends.
    passed_over: PassedOver,
}

#[derive(Debug, Default)]
struct PassedOver {
    histogram: Histogram,
    float_histogram: FloatHistogram,
}

impl RecordFilter {
    /// What the last call has kept: a record of the same kind.
    pub(crate) fn filtered(&self) -> &[u8] {
        &self.filtered
    }

    /// Keeps the series of a record that `keep` keeps.
    pub(crate) fn series(
        &mut self,
        record: &[u8],
        mut keep: impl FnMut(u64) -> bool,
    ) -> Result<Tally, RecordError> {
        self.elements(record, &[RecordKind::Series], |fields| {
            let series_ref = fields.be64("a series reference")?;
            each_label(fields, |_, _| {})?;
            Ok(keep(series_ref))
        })
    }

    /// Keeps the deletions of a record that reach `min_ms` or later, of series that `keep` keeps.
    pub(crate) fn tombstones(
        &mut self,
        record: &[u8],
        min_ms: i64,
        mut keep: impl FnMut(u64) -> bool,
    ) -> Result<Tally, RecordError> {
        self.elements(record, &[RecordKind::Tombstones], |fields| {
            let series_ref = fields.be64("a series reference")?;
            fields.varint("a first deleted time")?;
            let max_ms = fields.varint("a last deleted time")?;
            Ok(max_ms >= min_ms && keep(series_ref))
        })
    }

    /// Keeps the samples, histograms or exemplars of a record that are of `min_ms` or later.
    pub(crate) fn stamped(&mut self, record: &[u8], min_ms: i64) -> Result<Tally, RecordError> {
        let mut fields = FieldReader::new(record, STAMPED_KINDS)?;
        let kind = fields.kind();
        self.begin(kind);
        let (mut stamps, mut kept_stamps) = (StampReader::Unread, StampWriter::Unwritten(kind));
        let mut tally = Tally::default();
        while let Some(stamp) = stamps.next(&mut fields)? {
            let value_offset = fields.offset();
            self.passed_over.pass_value(&mut fields)?;
            let is_kept = stamp.timestamp_ms >= min_ms;
            tally.count(is_kept);
            if is_kept {
                kept_stamps.put(stamp, &mut self.filtered);
                self.copy(record, value_offset, &fields);
            }
        }
        Ok(tally)
    }

    /// Keeps the elements of which `is_kept`, which reads one, says so.
    fn elements<'a>(
        &mut self,
        record: &'a [u8],
        kinds: &'static [RecordKind],
        mut is_kept: impl FnMut(&mut FieldReader<'a>) -> Result<bool, RecordError>,
    ) -> Result<Tally, RecordError> {
        let mut fields = FieldReader::new(record, kinds)?;
        self.begin(fields.kind());
        let mut tally = Tally::default();
        while !fields.is_empty() {
            let offset = fields.offset();
            let is_kept = is_kept(&mut fields)?;
            tally.count(is_kept);
            if is_kept {
                self.copy(record, offset, &fields);
            }
        }
        Ok(tally)
    }

    fn begin(&mut self, kind: RecordKind) {
        self.filtered.clear();
        self.filtered.push(kind.to_byte());
    }

    /// Copies what was read from `offset` on.
    fn copy(&mut self, record: &[u8], offset: usize, fields: &FieldReader<'_>) {
        self.filtered.extend_from_slice(record.get(offset..fields.offset()).unwrap_or_default());
    }
}

/// The kinds of records whose elements are a stamp and a value.
const STAMPED_KINDS: &[RecordKind] = &[
    RecordKind::Samples,
    RecordKind::Exemplars,
    RecordKind::HistogramSamples,
    RecordKind::FloatHistogramSamples,
    RecordKind::CustomBucketsHistogramSamples,
    RecordKind::CustomBucketsFloatHistogramSamples,
    RecordKind::SamplesV2,
    RecordKind::HistogramSamplesV2,
    RecordKind::FloatHistogramSamplesV2,
];

impl PassedOver {
    /// Reads the value that follows a stamp.
    fn pass_value(&mut self, fields: &mut FieldReader<'_>) -> Result<(), RecordError> {
        match fields.kind() {
            RecordKind::HistogramSamples
            | RecordKind::CustomBucketsHistogramSamples
            | RecordKind::HistogramSamplesV2 => read_histogram(fields, &mut self.histogram),
            RecordKind::FloatHistogramSamples
            | RecordKind::CustomBucketsFloatHistogramSamples
            | RecordKind::FloatHistogramSamplesV2 => read_histogram(fields, &mut self.float_histogram),
            RecordKind::Exemplars => {
                fields.f64("a value")?;
                each_label(fields, |_, _| {})
            }
            _ => fields.f64("a value").map(drop),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        ExemplarEncoder, RefExemplar, RefSample, RefStartedSample, RefTombstone, SeriesEncoder,
        decode_samples, decode_started_samples, encode_samples, encode_started_samples, encode_tombstones,
    };

    fn encoded(encode: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
        let mut record = Vec::new();
        encode(&mut record);
        record
    }

    proptest! {
        /// What is kept is what the encoder makes of those that are kept, byte by byte.
        #[test]
        fn floats_are_kept_by_time(
            parts in prop::collection::vec((any::<u64>(), -50..50_i64, 0..3_i64, any::<u64>()), 0..40),
            min_ms in -60..60_i64,
        ) {
            let started: Vec<RefStartedSample> = parts
                .iter()
                .map(|&(series_ref, timestamp_ms, start_timestamp_ms, bits)| RefStartedSample {
                    series_ref,
                    start_timestamp_ms,
                    timestamp_ms,
                    value: f64::from_bits(bits),
                })
                .collect();
            let kept: Vec<RefStartedSample> =
                started.iter().copied().filter(|sample| sample.timestamp_ms >= min_ms).collect();
            let tally = Tally { read: started.len() as u64, dropped: (started.len() - kept.len()) as u64 };
            let mut filter = RecordFilter::default();
            let record = encoded(|record| encode_started_samples(started.iter().copied(), record));
            prop_assert_eq!(filter.stamped(&record, min_ms), Ok(tally));
            let expected = encoded(|record| encode_started_samples(kept.iter().copied(), record));
            prop_assert_eq!(filter.filtered(), expected);

            let plain = |samples: &[RefStartedSample]| {
                let samples = samples.iter().map(|&RefStartedSample { series_ref, timestamp_ms, value, .. }| {
                    RefSample { series_ref, timestamp_ms, value }
                });
                encoded(|record| encode_samples(samples, record))
            };
            prop_assert_eq!(filter.stamped(&plain(&started), min_ms), Ok(tally));
            prop_assert_eq!(filter.filtered(), plain(&kept));
        }

        #[test]
        fn deletions_series_and_exemplars_are_kept(
            parts in prop::collection::vec((0..20_u64, -50..50_i64, 0..30_i64, ".{0,9}"), 0..30),
            min_ms in -60..60_i64,
            odd: u64,
        ) {
            let keep = |series_ref: u64| (odd >> series_ref) & 1 == 1;
            let mut filter = RecordFilter::default();
            let tombstones = |is_kept: &dyn Fn(u64, i64) -> bool| {
                let kept = parts.iter().filter(|part| is_kept(part.0, part.1 + part.2));
                let kept = kept.map(|&(series_ref, min_ms, length_ms, _)| RefTombstone {
                    series_ref,
                    min_ms,
                    max_ms: min_ms + length_ms,
                });
                encoded(|record| encode_tombstones(kept, record))
            };
            filter.tombstones(&tombstones(&|_, _| true), min_ms, keep).unwrap();
            prop_assert_eq!(filter.filtered(), tombstones(&|of, max_ms| keep(of) && max_ms >= min_ms));

            let series = |is_kept: &dyn Fn(u64) -> bool| {
                encoded(|record| {
                    let mut encoder = SeriesEncoder::new(record);
                    for (series_ref, _, _, text) in parts.iter().filter(|part| is_kept(part.0)) {
                        encoder.add(*series_ref, [("job", text.as_str())].into_iter());
                    }
                })
            };
            filter.series(&series(&|_| true), keep).unwrap();
            prop_assert_eq!(filter.filtered(), series(&keep));

            let exemplars = |min_ms: i64| {
                encoded(|record| {
                    let mut encoder = ExemplarEncoder::new(record);
                    for (series_ref, timestamp_ms, value, text) in parts.iter().filter(|part| part.1 >= min_ms) {
                        let (series_ref, timestamp_ms, value) = (*series_ref, *timestamp_ms, *value as f64);
                        let exemplar = RefExemplar { series_ref, timestamp_ms, value };
                        encoder.add(exemplar, [("trace_id", text.as_str())].into_iter());
                    }
                })
            };
            filter.stamped(&exemplars(i64::MIN), min_ms).unwrap();
            prop_assert_eq!(filter.filtered(), exemplars(min_ms));
        }

        /// The filter sees what the decoders see: it refuses and counts the same.
        #[test]
        fn garbage_is_refused_as_the_decoders_refuse_it(kind in 0..16_u8, body: Vec<u8>) {
            let record = [&[kind][..], &body].concat();
            let mut filter = RecordFilter::default();
            let _ = filter.series(&record, |_| true);
            let _ = filter.tombstones(&record, 0, |_| true);
            let tally = filter.stamped(&record, i64::MIN);
            let mut samples = Vec::new();
            if kind == 2 {
                let decoded = decode_samples(&record, &mut samples).map(|()| samples.len() as u64);
                prop_assert_eq!(tally.map(|tally| tally.read), decoded);
            } else if kind == 11 {
                let mut samples = Vec::new();
                let decoded = decode_started_samples(&record, &mut samples).map(|()| samples.len() as u64);
                prop_assert_eq!(tally.map(|tally| tally.read), decoded);
            }
        }
    }
}
