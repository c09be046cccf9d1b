//! Series and their labels, kind 1.
//!
//! ```text
//! ┌────────┬──────────────────────────────────────────────────────────────────────────────┐
//! │ 1 byte │ per series:                                                                  │
//! │ 1      │ be64 reference │ uvarint number of labels │ per label: string name, string value │
//! └────────┴──────────────────────────────────────────────────────────────────────────────┘
//! ```

use super::field::FieldReader;
use super::label::{put_labels, read_labels};
use super::{RecordError, RecordKind};

/// Appends a record of series to a buffer, series by series.
///
/// ```
/// use emberdb_wal::{SeriesDecoder, SeriesEncoder};
///
/// let mut record = Vec::new();
/// let mut encoder = SeriesEncoder::new(&mut record);
/// encoder.add(1, [("__name__", "up"), ("job", "api")].into_iter());
///
/// let mut labels = Vec::new();
/// let mut decoder = SeriesDecoder::new(&record)?;
/// assert_eq!(decoder.next_series(&mut labels)?, Some(1));
/// assert_eq!(labels, [("__name__", "up"), ("job", "api")]);
/// assert_eq!(decoder.next_series(&mut labels)?, None);
/// # Ok::<(), emberdb_wal::RecordError>(())
/// ```
#[derive(Debug)]
pub struct SeriesEncoder<'a> {
    record: &'a mut Vec<u8>,
}

impl<'a> SeriesEncoder<'a> {
    /// Begins a record at the end of `record`.
    pub fn new(record: &'a mut Vec<u8>) -> Self {
        record.push(RecordKind::Series.to_byte());
        Self { record }
    }

    /// Adds a series: its reference, and its labels as (name, value), sorted by name.
    pub fn add<'l>(&mut self, series_ref: u64, labels: impl Iterator<Item = (&'l str, &'l str)> + Clone) {
        self.record.extend_from_slice(&series_ref.to_be_bytes());
        put_labels(labels, self.record);
    }
}

/// Reads a record of series, series by series.
#[derive(Debug, Clone)]
pub struct SeriesDecoder<'a> {
    fields: FieldReader<'a>,
}

impl<'a> SeriesDecoder<'a> {
    /// A decoder of this record.
    ///
    /// # Errors
    /// When the record is not of this kind.
    pub fn new(record: &'a [u8]) -> Result<Self, RecordError> {
        Ok(Self { fields: FieldReader::new(record, &[RecordKind::Series])? })
    }

    /// The reference of the next series, or `None` after the last; `labels` is replaced by its labels as (name, value), in
    /// the order of the record.
    ///
    /// # Errors
    /// When the record ends in the series, has more than [`LABELS_PER_SERIES_MAX`](crate::LABELS_PER_SERIES_MAX) labels, or
    /// one that is not UTF-8.
    pub fn next_series(&mut self, labels: &mut Vec<(&'a str, &'a str)>) -> Result<Option<u64>, RecordError> {
        labels.clear();
        if self.fields.is_empty() {
            return Ok(None);
        }
        let series_ref = self.fields.be64("a series reference")?;
        read_labels(&mut self.fields, labels)?;
        Ok(Some(series_ref))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::field::put_uvarint;
    use super::*;
    use crate::LABELS_PER_SERIES_MAX;

    const KIND: RecordKind = RecordKind::Series;

    type Series = (u64, Vec<(String, String)>);

    fn decode(record: &[u8]) -> Result<Vec<Series>, RecordError> {
        let mut decoder = SeriesDecoder::new(record)?;
        let (mut series, mut labels) = (Vec::new(), Vec::new());
        while let Some(series_ref) = decoder.next_series(&mut labels)? {
            let owned = labels.iter().map(|&(name, value)| (name.to_owned(), value.to_owned()));
            series.push((series_ref, owned.collect()));
        }
        Ok(series)
    }

    proptest! {
        #[test]
        fn series_go_there_and_back(
            series in prop::collection::vec(
                (any::<u64>(), prop::collection::vec((".*", ".{0,200}"), 0..8)),
                0..8,
            ),
        ) {
            let mut record = Vec::new();
            let mut encoder = SeriesEncoder::new(&mut record);
            for (series_ref, labels) in &series {
                let labels = labels.iter().map(|(name, value)| (name.as_str(), value.as_str()));
                encoder.add(*series_ref, labels);
            }
            prop_assert_eq!(decode(&record), Ok(series));
        }

        #[test]
        fn garbage_is_refused_or_read_but_never_panics(body: Vec<u8>) {
            let _ = decode(&body);
            let mut record = vec![1];
            record.extend(body);
            let _ = decode(&record);
        }
    }

    #[test]
    fn a_count_over_the_limit_and_a_length_over_the_record_say_where() {
        let mut record = vec![1, 0, 0, 0, 0, 0, 0, 0, 9];
        let body = record.len();
        put_uvarint(1 << 40, &mut record);
        let (count, max) = (1 << 40, LABELS_PER_SERIES_MAX);
        assert_eq!(
            decode(&record),
            Err(RecordError::Count { kind: KIND, elements: "labels", count, max, offset: 9 })
        );
        record.truncate(body);
        record.extend([1, 0xff, 0xff, 0x03, b'a']);
        let short = RecordError::Short {
            kind: KIND,
            field: "a label's name",
            expected_bytes: 65_535,
            found_bytes: 1,
            offset: 13,
        };
        assert_eq!(decode(&record), Err(short));
        record.truncate(body);
        record.extend([1, 1, 0xff, 0]);
        let not_utf8 = RecordError::NotUtf8 { kind: KIND, field: "a label's name", offset: 11 };
        assert_eq!(decode(&record), Err(not_utf8));
    }
}
