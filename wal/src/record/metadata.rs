//! Type, unit and help of metrics, kind 6.
//!
//! ```text
//! ┌────────┬────────────────────────────────────────────────────────────────────────────────────────────────┐
//! │ 1 byte │ per series:                                                                                    │
//! │ 6      │ uvarint reference │ 1 byte type │ uvarint number of fields │ per field: string name, its value │
//! └────────┴────────────────────────────────────────────────────────────────────────────────────────────────┘
//! type   0 unknown, 1 counter, 2 gauge, 3 histogram, 4 gauge histogram, 5 summary, 6 info, 7 state set
//! field  UNIT and HELP, in this order; a reader passes over others
//! ```

use super::field::{FieldReader, put_string, put_uvarint};
use super::{RecordError, RecordKind};

const UNIT: &str = "UNIT";
const HELP: &str = "HELP";

/// What kind of metric a series belongs to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum MetricType {
    /// 0: not known, or untyped.
    #[default]
    Unknown,
    /// 1: only goes up, or starts again.
    Counter,
    /// 2: goes up and down.
    Gauge,
    /// 3: counts in buckets.
    Histogram,
    /// 4: a histogram whose counts can go down.
    GaugeHistogram,
    /// 5: quantiles that the client computed.
    Summary,
    /// 6: facts as labels, with the value 1.
    Info,
    /// 7: one series a state, 1 or 0.
    StateSet,
    /// Any other byte: of a newer version, to be taken for unknown, as upstream does.
    Other(u8),
}

impl MetricType {
    /// The type that this byte stands for.
    #[must_use]
    pub fn from_byte(byte: u8) -> Self {
        match byte {
            0 => Self::Unknown,
            1 => Self::Counter,
            2 => Self::Gauge,
            3 => Self::Histogram,
            4 => Self::GaugeHistogram,
            5 => Self::Summary,
            6 => Self::Info,
            7 => Self::StateSet,
            other => Self::Other(other),
        }
    }

    /// The byte that stands for this type.
    #[must_use]
    pub fn to_byte(self) -> u8 {
        match self {
            Self::Unknown => 0,
            Self::Counter => 1,
            Self::Gauge => 2,
            Self::Histogram => 3,
            Self::GaugeHistogram => 4,
            Self::Summary => 5,
            Self::Info => 6,
            Self::StateSet => 7,
            Self::Other(byte) => byte,
        }
    }
}

/// What is known about the metric of a series that an earlier series record has introduced.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RefMetadata<'a> {
    /// The reference that the series record gave the series.
    pub series_ref: u64,
    /// What kind of metric it is.
    pub metric_type: MetricType,
    /// The unit, such as `seconds`; empty if there is none.
    pub unit: &'a str,
    /// What the metric means, in words; empty if there are none.
    pub help: &'a str,
}

/// Appends a record of these metadata to `record`.
///
/// ```
/// use emberdb_wal::{MetadataDecoder, MetricType, RefMetadata, encode_metadata};
///
/// let metadata = RefMetadata {
///     series_ref: 7,
///     metric_type: MetricType::Counter,
///     unit: "seconds",
///     help: "Time spent.",
/// };
/// let mut record = Vec::new();
/// encode_metadata([metadata], &mut record);
///
/// let mut decoder = MetadataDecoder::new(&record)?;
/// assert_eq!(decoder.next_metadata()?, Some(metadata));
/// assert_eq!(decoder.next_metadata()?, None);
/// # Ok::<(), emberdb_wal::RecordError>(())
/// ```
pub fn encode_metadata<'m>(metadata: impl IntoIterator<Item = RefMetadata<'m>>, record: &mut Vec<u8>) {
    record.push(RecordKind::Metadata.to_byte());
    for RefMetadata { series_ref, metric_type, unit, help } in metadata {
        put_uvarint(series_ref, record);
        record.push(metric_type.to_byte());
        let fields = [(UNIT, unit), (HELP, help)];
        put_uvarint(fields.len() as u64, record);
        for (name, value) in fields {
            put_string(name, record);
            put_string(value, record);
        }
    }
}

/// Reads a record of metadata, series by series.
#[derive(Debug, Clone)]
pub struct MetadataDecoder<'a> {
    fields: FieldReader<'a>,
}

impl<'a> MetadataDecoder<'a> {
    /// A decoder of this record.
    ///
    /// # Errors
    /// When the record is not of this kind.
    pub fn new(record: &'a [u8]) -> Result<Self, RecordError> {
        Ok(Self { fields: FieldReader::new(record, &[RecordKind::Metadata])? })
    }

    /// The metadata of the next series, or `None` after the last.
    ///
    /// # Errors
    /// When the record ends in it, or unit or help are not UTF-8.
    pub fn next_metadata(&mut self) -> Result<Option<RefMetadata<'a>>, RecordError> {
        let fields = &mut self.fields;
        if fields.is_empty() {
            return Ok(None);
        }
        let series_ref = fields.uvarint("a series reference")?;
        let metric_type = MetricType::from_byte(fields.byte("a metric's type")?);
        let mut metadata = RefMetadata { series_ref, metric_type, unit: "", help: "" };
        // No limit is needed: nothing is kept of a field but the last unit and help, and each takes two bytes or more.
        for _ in 0..fields.uvarint("a number of fields")? {
            match fields.byte_string("a field's name")? {
                name if name == UNIT.as_bytes() => metadata.unit = fields.string("a unit")?,
                name if name == HELP.as_bytes() => metadata.help = fields.string("a help text")?,
                _ => {
                    fields.byte_string("a field's value")?;
                }
            }
        }
        Ok(Some(metadata))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decode(record: &[u8]) -> Result<Vec<RefMetadata<'_>>, RecordError> {
        let mut decoder = MetadataDecoder::new(record)?;
        std::iter::from_fn(|| decoder.next_metadata().transpose()).collect()
    }

    proptest! {
        #[test]
        fn metadata_go_there_and_back(
            metadata in prop::collection::vec((any::<u64>(), any::<u8>(), ".{0,20}", ".{0,300}"), 0..8),
        ) {
            let metadata: Vec<RefMetadata<'_>> = metadata
                .iter()
                .map(|(series_ref, metric_type, unit, help)| RefMetadata {
                    series_ref: *series_ref,
                    metric_type: MetricType::from_byte(*metric_type),
                    unit,
                    help,
                })
                .collect();
            let mut record = Vec::new();
            encode_metadata(metadata.iter().copied(), &mut record);
            prop_assert_eq!(decode(&record), Ok(metadata));
        }
    }

    #[test]
    fn all_256_bytes_are_types_and_eight_are_known() {
        let types: Vec<MetricType> = (0..=u8::MAX).map(MetricType::from_byte).collect();
        assert_eq!(types.iter().filter(|known| !matches!(known, MetricType::Other(_))).count(), 8);
        assert!(types.iter().map(|known| known.to_byte()).eq(0..=u8::MAX));
    }

    /// A newer version may log more, in any order, also what is no text; a number of fields that lies ends with the record.
    #[test]
    fn other_fields_are_passed_over() {
        let record = [
            &[6, 9, 2, 3][..],
            b"\x04HELP\x02hi",
            b"\x03\xff\xfe\xfd\x01\xff",
            b"\x04UNIT\x01s",
            &[0xac, 0x02, 0, 0],
        ]
        .concat();
        let expected = [
            RefMetadata { series_ref: 9, metric_type: MetricType::Gauge, unit: "s", help: "hi" },
            RefMetadata { series_ref: 300, ..RefMetadata::default() },
        ];
        assert_eq!(decode(&record), Ok(expected.to_vec()));

        let mut record = vec![6, 9, 2];
        put_uvarint(u64::MAX, &mut record);
        record.extend([1, b'x', 0]);
        let short = RecordError::Short {
            kind: RecordKind::Metadata,
            field: "a field's name",
            expected_bytes: 1,
            found_bytes: 0,
            offset: record.len(),
        };
        assert_eq!(decode(&record), Err(short));
    }
}
