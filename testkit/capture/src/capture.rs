//! The capture in memory: a target and its records in time order.

use std::time::Duration;

use crate::format::{BODY_BYTES_MAX, CONTENT_TYPE_BYTES_MAX, LABEL_BYTES_MAX, LABELS_MAX, REASON_BYTES_MAX};
use crate::{CaptureError, reader, writer};

/// What one target answered to a scraper, in time order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capture {
    target: Vec<(String, String)>,
    records: Vec<Record>,
}

/// One scrape, or the removal of the target from the target list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// When the scrape was due, milliseconds since the Unix epoch.
    pub timestamp_ms: i64,
    /// How long the scrape took; kept in whole microseconds, at most about 71 minutes.
    pub duration: Duration,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of one record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The target answered 200.
    Scraped {
        /// The `Content-Type` header as sent.
        content_type: String,
        /// The body as sent, transfer encoding undone.
        body: Vec<u8>,
    },
    /// The target did not answer, or not with 200.
    Failed {
        /// The error text, for people.
        reason: String,
    },
    /// The target is no longer scraped from this moment on.
    Removed,
}

impl Capture {
    /// Starts an empty capture of the target with these labels (name, value), at least `job` and `instance` by custom.
    ///
    /// # Errors
    /// [`CaptureError::LimitExceeded`] for more labels, or longer ones, than the format holds.
    pub fn new(target: Vec<(String, String)>) -> Result<Self, CaptureError> {
        within("target labels", target.len(), LABELS_MAX)?;
        for (name, value) in &target {
            within("label name bytes", name.len(), LABEL_BYTES_MAX)?;
            within("label value bytes", value.len(), LABEL_BYTES_MAX)?;
        }
        Ok(Self { target, records: Vec::new() })
    }

    /// Reads a capture file.
    ///
    /// # Errors
    /// Any [`CaptureError`]: the file must be whole, every checksum must hold, nothing may follow the end.
    pub fn from_bytes(file: &[u8]) -> Result<Self, CaptureError> {
        reader::read(file)
    }

    /// Appends a record; its duration is cut to whole microseconds.
    ///
    /// # Errors
    /// [`CaptureError::TimeOrder`] unless it is later than the last, [`CaptureError::LimitExceeded`] for a
    /// part that is longer than the format holds.
    pub fn push(&mut self, mut record: Record) -> Result<(), CaptureError> {
        if let Some(last) = self.records.last()
            && record.timestamp_ms <= last.timestamp_ms
        {
            return Err(CaptureError::TimeOrder {
                previous_ms: last.timestamp_ms,
                timestamp_ms: record.timestamp_ms,
            });
        }
        let duration_us =
            u32::try_from(record.duration.as_micros()).map_err(|_| CaptureError::LimitExceeded {
                what: "duration in microseconds",
                found: usize::try_from(record.duration.as_micros()).unwrap_or(usize::MAX),
                limit: u32::MAX as usize,
            })?;
        record.duration = Duration::from_micros(duration_us.into());
        match &record.outcome {
            Outcome::Scraped { content_type, body } => {
                within("content type bytes", content_type.len(), CONTENT_TYPE_BYTES_MAX)?;
                within("body bytes", body.len(), BODY_BYTES_MAX)?;
            }
            Outcome::Failed { reason } => within("reason bytes", reason.len(), REASON_BYTES_MAX)?,
            Outcome::Removed => {}
        }
        self.records.push(record);
        Ok(())
    }

    /// The target's labels as (name, value), in the order they were given.
    #[must_use]
    pub fn target(&self) -> &[(String, String)] {
        &self.target
    }

    /// The records; timestamps strictly rise.
    #[must_use]
    pub fn records(&self) -> &[Record] {
        &self.records
    }

    /// The bytes of the capture file. The same capture gives the same bytes with the same zstd.
    ///
    /// # Errors
    /// [`CaptureError::LimitExceeded`] when all records together are more than the format holds,
    /// [`CaptureError::Zstd`] when the compressor fails.
    pub fn to_bytes(&self) -> Result<Vec<u8>, CaptureError> {
        writer::write(self)
    }
}

/// Refuses `found` above `limit`; the reader and the writer agree on every limit through here.
pub(crate) fn within(what: &'static str, found: usize, limit: usize) -> Result<(), CaptureError> {
    if found > limit { Err(CaptureError::LimitExceeded { what, found, limit }) } else { Ok(()) }
}
