//! Exemplars, kind 4.
//!
//! ```text
//! ┌────────┬────────────────┬──────────────────────┬──────────────────────────────────────────────────┐
//! │ 1 byte │ be64           │ be64                 │ per exemplar, the first one included:            │
//! │ 4      │ first series   │ first timestamp (ms) │ varint series - first │ varint timestamp - first │
//! │        │ reference      │                      │ be64 value's bits │ labels, as of a series       │
//! └────────┴────────────────┴──────────────────────┴──────────────────────────────────────────────────┘
//! ```
//!
//! Without exemplars the record is the one byte.

use super::field::{FieldReader, put_f64};
use super::label::{put_labels, read_labels};
use super::stamp::{BasedStamps, RefStamp};
use super::{RecordError, RecordKind};

/// An example of what was counted, for a series that an earlier series record has introduced. It has labels of its own.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RefExemplar {
    /// The reference that the series record gave the series.
    pub series_ref: u64,
    /// Milliseconds since the Unix epoch.
    pub timestamp_ms: i64,
    /// The value; each bit of a NaN is kept.
    pub value: f64,
}

/// Appends a record of exemplars to a buffer, exemplar by exemplar.
///
/// ```
/// use emberdb_wal::{ExemplarDecoder, ExemplarEncoder, RefExemplar};
///
/// let exemplar = RefExemplar { series_ref: 7, timestamp_ms: 1000, value: 0.25 };
/// let mut record = Vec::new();
/// let mut encoder = ExemplarEncoder::new(&mut record);
/// encoder.add(exemplar, [("trace_id", "abc")].into_iter());
///
/// let mut labels = Vec::new();
/// let mut decoder = ExemplarDecoder::new(&record)?;
/// assert_eq!(decoder.next_exemplar(&mut labels)?, Some(exemplar));
/// assert_eq!(labels, [("trace_id", "abc")]);
/// assert_eq!(decoder.next_exemplar(&mut labels)?, None);
/// # Ok::<(), emberdb_wal::RecordError>(())
/// ```
#[derive(Debug)]
pub struct ExemplarEncoder<'a> {
    record: &'a mut Vec<u8>,
    /// What stamps are differences to, from the first exemplar on.
    stamps: Option<BasedStamps>,
}

impl<'a> ExemplarEncoder<'a> {
    /// Begins a record at the end of `record`.
    pub fn new(record: &'a mut Vec<u8>) -> Self {
        record.push(RecordKind::Exemplars.to_byte());
        Self { record, stamps: None }
    }

    /// Adds an exemplar and its labels as (name, value), sorted by name.
    pub fn add<'l>(
        &mut self,
        exemplar: RefExemplar,
        labels: impl Iterator<Item = (&'l str, &'l str)> + Clone,
    ) {
        let RefExemplar { series_ref, timestamp_ms, value } = exemplar;
        let stamp = RefStamp { series_ref, start_timestamp_ms: 0, timestamp_ms };
        let stamps = match self.stamps {
            Some(stamps) => stamps,
            None => *self.stamps.insert(BasedStamps::begin(stamp, self.record)),
        };
        stamps.put(stamp, self.record);
        put_f64(value, self.record);
        put_labels(labels, self.record);
    }
}

/// Reads a record of exemplars, exemplar by exemplar.
#[derive(Debug, Clone)]
pub struct ExemplarDecoder<'a> {
    fields: FieldReader<'a>,
    stamps: Option<BasedStamps>,
}

impl<'a> ExemplarDecoder<'a> {
    /// A decoder of this record.
    ///
    /// # Errors
    /// When the record is not of this kind.
    pub fn new(record: &'a [u8]) -> Result<Self, RecordError> {
        Ok(Self { fields: FieldReader::new(record, &[RecordKind::Exemplars])?, stamps: None })
    }

    /// The next exemplar, or `None` after the last; `labels` is replaced by its labels as (name, value), in the order of
    /// the record.
    ///
    /// # Errors
    /// When the record ends in the exemplar, or the exemplar has more than
    /// [`LABELS_PER_SERIES_MAX`](crate::LABELS_PER_SERIES_MAX) labels, or one that is not UTF-8.
    pub fn next_exemplar(
        &mut self,
        labels: &mut Vec<(&'a str, &'a str)>,
    ) -> Result<Option<RefExemplar>, RecordError> {
        labels.clear();
        if self.fields.is_empty() {
            return Ok(None);
        }
        let stamps = match self.stamps {
            Some(stamps) => stamps,
            None => *self.stamps.insert(BasedStamps::read(&mut self.fields)?),
        };
        if self.fields.is_empty() {
            return Ok(None);
        }
        let RefStamp { series_ref, timestamp_ms, .. } = stamps.next(&mut self.fields)?;
        let value = self.fields.f64("a value")?;
        read_labels(&mut self.fields, labels)?;
        Ok(Some(RefExemplar { series_ref, timestamp_ms, value }))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Exemplar = (u64, i64, u64, Vec<(String, String)>);

    fn decode(record: &[u8]) -> Result<Vec<Exemplar>, RecordError> {
        let mut decoder = ExemplarDecoder::new(record)?;
        let (mut exemplars, mut labels) = (Vec::new(), Vec::new());
        while let Some(RefExemplar { series_ref, timestamp_ms, value }) =
            decoder.next_exemplar(&mut labels)?
        {
            let owned = labels.iter().map(|&(name, value)| (name.to_owned(), value.to_owned()));
            exemplars.push((series_ref, timestamp_ms, value.to_bits(), owned.collect()));
        }
        Ok(exemplars)
    }

    fn encode(exemplars: &[Exemplar]) -> Vec<u8> {
        let mut record = Vec::new();
        let mut encoder = ExemplarEncoder::new(&mut record);
        for (series_ref, timestamp_ms, value_bits, labels) in exemplars {
            let exemplar = RefExemplar {
                series_ref: *series_ref,
                timestamp_ms: *timestamp_ms,
                value: f64::from_bits(*value_bits),
            };
            encoder.add(exemplar, labels.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        }
        record
    }

    proptest! {
        #[test]
        fn exemplars_go_there_and_back(
            exemplars in prop::collection::vec(
                (
                    any::<u64>(),
                    any::<i64>(),
                    any::<u64>(),
                    prop::collection::vec((".*", ".{0,200}"), 0..4),
                ),
                0..8,
            ),
        ) {
            prop_assert_eq!(decode(&encode(&exemplars)), Ok(exemplars));
        }
    }

    #[test]
    fn an_error_says_which_label_of_which_kind_of_record() {
        let mut record = encode(&[(1, 2, 0, vec![("trace_id".to_owned(), "x".to_owned())])]);
        *record.last_mut().unwrap() = 0xff;
        let place = RecordError::NotUtf8 {
            kind: RecordKind::Exemplars,
            field: "a label's value",
            offset: record.len() - 1,
        };
        assert_eq!(decode(&record), Err(place));
    }
}
