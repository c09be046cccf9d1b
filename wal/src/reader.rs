//! Reads the records of a log, checkpoint first.

use std::fmt;

use emberdb_env::Env;

use crate::error::WalError;
use crate::listing::{Checkpoint, WalListing};
use crate::part::{OpenPart, Part, Stored};
use crate::record::RecordKind;
use crate::unpack::Unpacker;

/// Reads a log's records in the order of replay: the checkpoint's, then those of the segments after it.
///
/// After an error there is nothing more to read: the order of records carries meaning, so none is skipped.
pub struct WalReader {
    env: Env,
    parts: std::vec::IntoIter<Part>,
    current: Option<OpenPart>,
    unpacker: Unpacker,
    /// Bytes of the segments that were read to their end.
    bytes_before: u64,
}

/// A record as it was logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoggedRecord<'reader> {
    /// The record: a byte for its kind, then its body. Decompressed.
    pub data: &'reader [u8],
    /// Where it begins.
    pub position: RecordPosition,
}

/// Where a record begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordPosition {
    /// Whether it lies in the checkpoint.
    pub in_checkpoint: bool,
    /// The number of its segment: in the log, or in the checkpoint.
    pub segment: u32,
    /// Offset in the segment's file, in bytes.
    pub offset: u64,
}

impl LoggedRecord<'_> {
    /// What the record holds; `None` if it is empty.
    #[must_use]
    pub fn kind(&self) -> Option<RecordKind> {
        self.data.first().copied().map(RecordKind::from_byte)
    }
}

impl WalReader {
    /// A reader of what the listing lists.
    #[must_use]
    pub fn new(env: &Env, listing: &WalListing) -> Self {
        let mut reader = Self::new_complete(env, listing);
        if let Some(last) = reader.parts.as_mut_slice().last_mut() {
            // A checkpoint gets its name when it is complete, so its end is never torn.
            last.is_log_end = !last.in_checkpoint;
        }
        reader
    }

    /// A reader of segments that are all complete, since the log goes on after them.
    pub(crate) fn new_complete(env: &Env, listing: &WalListing) -> Self {
        let checkpoint = listing.checkpoint.iter().flat_map(Checkpoint::parts);
        let log = listing.segments_to_replay().iter().map(|segment| Part {
            segment: segment.clone(),
            dir: listing.dir.clone(),
            in_checkpoint: false,
            is_log_end: false,
        });
        let parts: Vec<Part> = checkpoint.chain(log).collect();
        Self {
            env: env.clone(),
            parts: parts.into_iter(),
            current: None,
            unpacker: Unpacker::new(),
            bytes_before: 0,
        }
    }

    /// How much was read, in bytes of the segments' files.
    #[must_use]
    pub fn bytes_read(&self) -> u64 {
        self.bytes_before + self.current.as_ref().map_or(0, OpenPart::offset)
    }

    /// The next record, or `None` after the last.
    ///
    /// # Errors
    /// [`WalError::Corrupt`] where the log cannot be read on; see [`repair`](crate::repair()). Other errors, such as a
    /// failed read or a missing decoder, say nothing against the log.
    pub fn next_record(&mut self) -> Result<Option<LoggedRecord<'_>>, WalError> {
        let stored = match self.next_unpacked() {
            Ok(stored) => stored,
            Err(error) => {
                self.current = None;
                self.parts = Vec::new().into_iter();
                return Err(error);
            }
        };
        let (Some(stored), Some(part)) = (stored, &self.current) else { return Ok(None) };
        let data = self.unpacker.record(part, &stored);
        Ok(Some(LoggedRecord { data, position: part.position(stored.offset) }))
    }

    fn next_unpacked(&mut self) -> Result<Option<Stored>, WalError> {
        loop {
            let Some(part) = &mut self.current else {
                let Some(part) = self.parts.next() else { return Ok(None) };
                self.current = Some(OpenPart::open(&self.env, part)?);
                continue;
            };
            if let Some(stored) = part.next_stored(&mut self.unpacker.assembled)? {
                self.unpacker.unpack(part, &stored)?;
                return Ok(Some(stored));
            }
            self.bytes_before += part.offset();
            self.current = None;
        }
    }
}

impl fmt::Debug for WalReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = self.current.as_ref().map(OpenPart::part);
        f.debug_struct("WalReader").field("part", &part).finish_non_exhaustive()
    }
}
