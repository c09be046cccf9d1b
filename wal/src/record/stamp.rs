//! Stamps: of which series a sample is, and when. They precede the values of all samples but the plain floats, which have
//! a faster reader of their own.
//!
//! ```text
//! based, kinds 4 and 7 to 10
//! ┌────────────────────────────┬─────────────────────────────┬───────────────────────────────────────────┐
//! │ be64 the first one's       │ be64 the first one's        │ per sample, the first one included:       │
//! │ reference                  │ timestamp                   │ varint ref - first │ varint time - first  │
//! │                            │                             │ value                                     │
//! └────────────────────────────┴─────────────────────────────┴───────────────────────────────────────────┘
//!
//! chained, kinds 11 to 13
//! ┌─────────────────────────────┬──────────────────────────┬────────────────────────┬───────┐
//! │ varint reference            │ varint timestamp         │ varint start timestamp │ value │
//! ├─────────────────────────────┼──────────────────────────┼────────────────────────┼───────┤
//! │ per further sample:         │                          │                        │       │
//! │ varint ref - the one before │ varint timestamp - first │ start                  │ value │
//! └─────────────────────────────┴──────────────────────────┴────────────────────────┴───────┘
//! start   1 byte: 0 none │ 1 that of the sample before │ 2, varint start timestamp - first start timestamp
//! ```
//!
//! Differences wrap around, as upstream's do, so any two references and times have one.

use super::field::{FieldReader, put_varint};
use super::{RecordError, RecordKind};

/// Of which series a sample is, when it was taken, and since when it counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct RefStamp {
    /// The reference that the series record gave the series.
    pub series_ref: u64,
    /// Since when the sample counts, in milliseconds since the Unix epoch; 0 if that is not known, or not logged.
    pub start_timestamp_ms: i64,
    /// Milliseconds since the Unix epoch.
    pub timestamp_ms: i64,
}

/// Stamps as differences to those of the record's first sample, without start timestamps.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BasedStamps {
    series_ref: u64,
    timestamp_ms: i64,
}

impl BasedStamps {
    /// Begins a record's stamps with the one that the others are differences to.
    pub(crate) fn begin(base: RefStamp, record: &mut Vec<u8>) -> Self {
        record.extend_from_slice(&base.series_ref.to_be_bytes());
        record.extend_from_slice(&base.timestamp_ms.to_be_bytes());
        Self { series_ref: base.series_ref, timestamp_ms: base.timestamp_ms }
    }

    /// Appends a stamp, the first one included.
    pub(crate) fn put(&self, stamp: RefStamp, record: &mut Vec<u8>) {
        put_varint(stamp.series_ref.wrapping_sub(self.series_ref) as i64, record);
        put_varint(stamp.timestamp_ms.wrapping_sub(self.timestamp_ms), record);
    }

    /// Reads what [`begin`](Self::begin) wrote.
    pub(crate) fn read(fields: &mut FieldReader<'_>) -> Result<Self, RecordError> {
        let series_ref = fields.be64("the first series reference")?;
        let timestamp_ms = fields.be64("the first timestamp")? as i64;
        Ok(Self { series_ref, timestamp_ms })
    }

    /// Reads a stamp, the first one included.
    #[inline]
    pub(crate) fn next(&self, fields: &mut FieldReader<'_>) -> Result<RefStamp, RecordError> {
        let ref_difference = fields.varint("a series reference")?;
        let time_difference_ms = fields.varint("a timestamp")?;
        Ok(RefStamp {
            series_ref: self.series_ref.wrapping_add(ref_difference as u64),
            start_timestamp_ms: 0,
            timestamp_ms: self.timestamp_ms.wrapping_add(time_difference_ms),
        })
    }
}

/// The sample has no start timestamp.
const START_NONE: u8 = 0;
/// The sample's start timestamp is that of the sample before.
const START_SAME: u8 = 1;
/// The difference to the first start timestamp follows.
const START_EXPLICIT: u8 = 2;

/// Stamps as differences to the sample before and to the record's first one, with start timestamps.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ChainedStamps {
    first: RefStamp,
    previous: RefStamp,
}

impl ChainedStamps {
    /// Appends the stamp of a record's first sample.
    pub(crate) fn begin(first: RefStamp, record: &mut Vec<u8>) -> Self {
        put_varint(first.series_ref as i64, record);
        put_varint(first.timestamp_ms, record);
        put_varint(first.start_timestamp_ms, record);
        Self { first, previous: first }
    }

    /// Appends the stamp of a further sample.
    pub(crate) fn put(&mut self, stamp: RefStamp, record: &mut Vec<u8>) {
        put_varint(stamp.series_ref.wrapping_sub(self.previous.series_ref) as i64, record);
        put_varint(stamp.timestamp_ms.wrapping_sub(self.first.timestamp_ms), record);
        match stamp.start_timestamp_ms {
            0 => record.push(START_NONE),
            start if start == self.previous.start_timestamp_ms => record.push(START_SAME),
            start => {
                record.push(START_EXPLICIT);
                put_varint(start.wrapping_sub(self.first.start_timestamp_ms), record);
            }
        }
        self.previous = stamp;
    }

    /// Reads the stamp of a record's first sample.
    pub(crate) fn read(fields: &mut FieldReader<'_>) -> Result<(Self, RefStamp), RecordError> {
        let first = RefStamp {
            series_ref: fields.varint("the first series reference")? as u64,
            timestamp_ms: fields.varint("the first timestamp")?,
            start_timestamp_ms: fields.varint("the first start timestamp")?,
        };
        Ok((Self { first, previous: first }, first))
    }

    /// Reads the stamp of a further sample.
    #[inline]
    pub(crate) fn next(&mut self, fields: &mut FieldReader<'_>) -> Result<RefStamp, RecordError> {
        let ref_difference = fields.varint("a series reference")?;
        let time_difference_ms = fields.varint("a timestamp")?;
        let offset = fields.offset();
        let start_timestamp_ms = match fields.byte("the kind of a start timestamp")? {
            START_NONE => 0,
            START_SAME => self.previous.start_timestamp_ms,
            START_EXPLICIT => self.first.start_timestamp_ms.wrapping_add(fields.varint("a start timestamp")?),
            // Upstream reads others like 2, but writes none: such a byte is damage.
            other => {
                let range = i64::from(START_NONE)..=i64::from(START_EXPLICIT);
                return Err(fields.out_of_range(
                    "the kind of a start timestamp",
                    other.into(),
                    range,
                    offset,
                ));
            }
        };
        self.previous = RefStamp {
            series_ref: self.previous.series_ref.wrapping_add(ref_difference as u64),
            start_timestamp_ms,
            timestamp_ms: self.first.timestamp_ms.wrapping_add(time_difference_ms),
        };
        Ok(self.previous)
    }
}

/// Reads the stamps of any kind of record that has some. Between two stamps the caller reads the value.
#[derive(Debug, Clone, Copy)]
pub(crate) enum StampReader {
    /// Nothing was read yet.
    Unread,
    Based(BasedStamps),
    Chained(ChainedStamps),
}

impl StampReader {
    /// The next stamp, or `None` at the end of the record.
    #[inline]
    pub(crate) fn next(&mut self, fields: &mut FieldReader<'_>) -> Result<Option<RefStamp>, RecordError> {
        if fields.is_empty() {
            return Ok(None);
        }
        let stamp = match self {
            Self::Chained(stamps) => stamps.next(fields)?,
            Self::Based(stamps) => stamps.next(fields)?,
            Self::Unread if is_chained(fields.kind()) => {
                let (stamps, first) = ChainedStamps::read(fields)?;
                *self = Self::Chained(stamps);
                first
            }
            Self::Unread => {
                let stamps = BasedStamps::read(fields)?;
                *self = Self::Based(stamps);
                if fields.is_empty() {
                    return Ok(None);
                }
                stamps.next(fields)?
            }
        };
        Ok(Some(stamp))
    }
}

/// Appends the stamps of any kind of record that has some. Between two stamps the caller appends the value.
#[derive(Debug)]
pub(crate) enum StampWriter {
    /// Nothing was appended yet.
    Unwritten(RecordKind),
    Based(BasedStamps),
    Chained(ChainedStamps),
}

impl StampWriter {
    #[inline]
    pub(crate) fn put(&mut self, stamp: RefStamp, record: &mut Vec<u8>) {
        match self {
            Self::Chained(stamps) => stamps.put(stamp, record),
            Self::Based(stamps) => stamps.put(stamp, record),
            Self::Unwritten(kind) if is_chained(*kind) => {
                *self = Self::Chained(ChainedStamps::begin(stamp, record));
            }
            Self::Unwritten(_) => {
                let stamps = BasedStamps::begin(stamp, record);
                stamps.put(stamp, record);
                *self = Self::Based(stamps);
            }
        }
    }
}

/// Whether records of this kind have start timestamps.
fn is_chained(kind: RecordKind) -> bool {
    matches!(
        kind,
        RecordKind::SamplesV2 | RecordKind::HistogramSamplesV2 | RecordKind::FloatHistogramSamplesV2
    )
}
