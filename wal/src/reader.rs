//! Reads the records of a log, checkpoint first.

use std::fmt;
use std::ops::Range;
use std::path::PathBuf;

use emberdb_env::{Env, File};

use crate::checksum::checksum;
use crate::compression::{DecompressError, Decompressor, RecordCompression};
use crate::corruption::{Corruption, CorruptionReason};
use crate::error::WalError;
use crate::fragment::{FragmentHeader, FragmentKind, HEADER_BYTES};
use crate::listing::WalListing;
use crate::page::{PAGE_BYTES, left_in_page};
use crate::record::{RECORD_BYTES_MAX, RecordKind};
use crate::segment::Segment;

/// Reads a log's records in the order of replay: the checkpoint's, then those of the segments after it.
///
/// After an error there is nothing more to read: the order of records carries meaning, so none is skipped.
pub struct WalReader {
    env: Env,
    parts: std::vec::IntoIter<Part>,
    current: Option<OpenPart>,
    /// A record of several fragments is put together here.
    assembled: Vec<u8>,
    decompressor: Decompressor,
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
        let checkpoint = listing.checkpoint.iter().flat_map(|checkpoint| {
            checkpoint.segments.iter().map(|segment| (segment, checkpoint.dir.clone(), true))
        });
        let log = listing.segments_to_replay();
        let log = log.iter().map(|segment| (segment, listing.dir.clone(), false));
        let mut parts: Vec<Part> = checkpoint
            .chain(log)
            .map(|(segment, dir, in_checkpoint)| Part {
                segment: segment.clone(),
                dir,
                in_checkpoint,
                is_log_end: false,
            })
            .collect();
        if let Some(last) = parts.last_mut() {
            // A checkpoint gets its name when it is complete, so its end is never torn.
            last.is_log_end = !last.in_checkpoint;
        }
        Self {
            env: env.clone(),
            parts: parts.into_iter(),
            current: None,
            assembled: Vec::new(),
            decompressor: Decompressor::new(),
        }
    }

    /// The next record, or `None` after the last.
    ///
    /// # Errors
    /// [`WalError::Corrupt`] where the log cannot be read on; see [`repair`](crate::repair()). Other errors, such as a
    /// failed read or a missing decoder, say nothing against the log.
    pub fn next_record(&mut self) -> Result<Option<LoggedRecord<'_>>, WalError> {
        let found = loop {
            let Some(part) = &mut self.current else {
                let Some(part) = self.parts.next() else { return Ok(None) };
                self.current = Some(OpenPart::open(&self.env, part)?);
                continue;
            };
            match part.next_stored(&mut self.assembled) {
                Ok(Some(stored)) => break stored,
                Ok(None) => self.current = None,
                Err(error) => return Err(self.stop(error)),
            }
        };
        let Some(part) = &self.current else { return Ok(None) };
        let position = part.position(found.offset);
        let stored = match &found.place {
            Place::Window(range) => part.window.get(range.clone()).unwrap_or_default(),
            Place::Assembled => &self.assembled,
        };
        let decompressed = match found.compression {
            RecordCompression::None => return Ok(Some(self.borrow_record(found.place, position))),
            RecordCompression::Snappy => self.decompressor.decompress_snappy(stored),
            RecordCompression::Zstd => self.decompressor.decompress_zstd(stored),
        };
        if let Err(error) = decompressed {
            let error = part.decompression_error(found.offset, error);
            return Err(self.stop(error));
        }
        Ok(Some(LoggedRecord { data: self.decompressor.record(), position }))
    }

    fn borrow_record(&self, place: Place, position: RecordPosition) -> LoggedRecord<'_> {
        let window = self.current.as_ref().map(|part| part.window.as_slice()).unwrap_or_default();
        let data = match place {
            Place::Window(range) => window.get(range).unwrap_or_default(),
            Place::Assembled => &self.assembled,
        };
        LoggedRecord { data, position }
    }

    fn stop(&mut self, error: WalError) -> WalError {
        self.current = None;
        self.parts = Vec::new().into_iter();
        error
    }
}

impl fmt::Debug for WalReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = self.current.as_ref().map(|part| &part.part);
        f.debug_struct("WalReader").field("part", &part).finish_non_exhaustive()
    }
}

/// A segment and what it is to the log.
#[derive(Debug)]
struct Part {
    segment: Segment,
    dir: PathBuf,
    in_checkpoint: bool,
    is_log_end: bool,
}

/// How much of a segment is read at once: whole pages.
const WINDOW_BYTES: usize = 32 * PAGE_BYTES;

/// A segment that is being read.
struct OpenPart {
    part: Part,
    file: Box<dyn File>,
    /// The segment's size when it was opened.
    file_bytes: u64,
    /// A piece of the file that begins at a page's border and ends at one, or at the file's end.
    window: Vec<u8>,
    window_offset: u64,
    /// Where reading goes on.
    offset: u64,
}

/// A record that was found, still compressed.
struct Stored {
    offset: u64,
    compression: RecordCompression,
    place: Place,
}

enum Place {
    /// In one fragment, here in the window.
    Window(Range<usize>),
    /// In several, put together.
    Assembled,
}

/// A fragment whose checksum is right.
struct Fragment {
    header: FragmentHeader,
    offset: u64,
    data: Range<usize>,
}

impl OpenPart {
    fn open(env: &Env, part: Part) -> Result<Self, WalError> {
        let file = env.fs().open_read(&part.segment.path)?;
        let file_bytes = file.len()?;
        let mut open = Self { part, file, file_bytes, window: Vec::new(), window_offset: 0, offset: 0 };
        open.load_window()?;
        Ok(open)
    }

    /// The next record, or `None` at the end of the segment.
    fn next_stored(&mut self, assembled: &mut Vec<u8>) -> Result<Option<Stored>, WalError> {
        let Some(first) = self.next_fragment(None)? else { return Ok(None) };
        let (offset, compression) = (first.offset, first.header.compression);
        match first.header.kind {
            FragmentKind::Full => {
                return Ok(Some(Stored { offset, compression, place: Place::Window(first.data) }));
            }
            FragmentKind::First => {}
            found => {
                let reason = CorruptionReason::Sequence { in_record: false, found };
                return Err(self.corrupt(offset, offset, reason));
            }
        }
        assembled.clear();
        assembled.extend_from_slice(self.window.get(first.data).unwrap_or_default());
        loop {
            let Some(fragment) = self.next_fragment(Some(offset))? else {
                return Err(self.corrupt(offset, self.offset, CorruptionReason::EndsInRecord));
            };
            if !matches!(fragment.header.kind, FragmentKind::Middle | FragmentKind::Last) {
                let reason = CorruptionReason::Sequence { in_record: true, found: fragment.header.kind };
                return Err(self.corrupt(offset, fragment.offset, reason));
            }
            if fragment.header.compression != compression {
                return Err(self.corrupt(offset, fragment.offset, CorruptionReason::MixedCompression));
            }
            assembled.extend_from_slice(self.window.get(fragment.data).unwrap_or_default());
            if assembled.len() > RECORD_BYTES_MAX {
                return Err(self.too_large(offset, assembled.len() as u64));
            }
            if fragment.header.kind == FragmentKind::Last {
                return Ok(Some(Stored { offset, compression, place: Place::Assembled }));
            }
        }
    }

    /// The next fragment, or `None` at the end of the segment. `record_offset`: where the record began that is under way.
    fn next_fragment(&mut self, record_offset: Option<u64>) -> Result<Option<Fragment>, WalError> {
        loop {
            let start = self.page_rest()?;
            let offset = self.offset;
            let record_offset = record_offset.unwrap_or(offset);
            let rest = self.window.get(start..).unwrap_or_default();
            let left_bytes = left_in_page(offset);
            let rest = rest.get(..left_bytes).unwrap_or(rest);
            let Some(&first_byte) = rest.first() else { return Ok(None) };
            if first_byte == 0 {
                if let Some(at) = rest.iter().position(|&byte| byte != 0) {
                    let reason = CorruptionReason::PaddingNotZero { found: rest[at] };
                    return Err(self.corrupt(record_offset, offset + at as u64, reason));
                }
                self.offset += rest.len() as u64;
                continue;
            }
            // The header, then header and data: too short because the page ends, or because the file does?
            let too_short = |found_bytes: usize| {
                if found_bytes > left_bytes {
                    CorruptionReason::CrossesPage { left_bytes, found_bytes }
                } else {
                    CorruptionReason::EndsInFragment { expected_bytes: found_bytes, found_bytes: rest.len() }
                }
            };
            let Some((header, data)) = rest.split_first_chunk::<HEADER_BYTES>() else {
                return Err(self.corrupt(record_offset, offset, too_short(HEADER_BYTES)));
            };
            let header = match FragmentHeader::decode(*header) {
                Ok(header) => header,
                Err(found) => {
                    return Err(self.corrupt(record_offset, offset, CorruptionReason::NoFragment { found }));
                }
            };
            let data_bytes = usize::from(header.length);
            let Some(data) = data.get(..data_bytes) else {
                return Err(self.corrupt(record_offset, offset, too_short(HEADER_BYTES + data_bytes)));
            };
            let found = checksum(data);
            if found != header.checksum {
                let reason = CorruptionReason::Checksum { expected: header.checksum, found };
                return Err(self.corrupt(record_offset, offset, reason));
            }
            self.offset += (HEADER_BYTES + data_bytes) as u64;
            let data_start = start + HEADER_BYTES;
            return Ok(Some(Fragment { header, offset, data: data_start..data_start + data_bytes }));
        }
    }

    /// Makes sure that the window holds the page at `self.offset`, as far as the file has it; returns where in the window
    /// reading goes on.
    fn page_rest(&mut self) -> Result<usize, WalError> {
        let window_end = self.window_offset + self.window.len() as u64;
        if self.offset >= window_end && window_end < self.file_bytes {
            // Fragments and padding end at a page's border at the latest, so this is one.
            self.window_offset = self.offset;
            self.load_window()?;
        }
        // The window is smaller than a usize, and the offset lies in it or at its end.
        Ok((self.offset - self.window_offset) as usize)
    }

    fn load_window(&mut self) -> Result<(), WalError> {
        let left_bytes = self.file_bytes - self.window_offset;
        let window_bytes = usize::try_from(left_bytes).map_or(WINDOW_BYTES, |left| left.min(WINDOW_BYTES));
        self.window.resize(window_bytes, 0);
        Ok(self.file.read_exact_at(&mut self.window, self.window_offset)?)
    }

    fn position(&self, offset: u64) -> RecordPosition {
        RecordPosition { in_checkpoint: self.part.in_checkpoint, segment: self.part.segment.number, offset }
    }

    fn corrupt(&self, record_offset: u64, fault_offset: u64, reason: CorruptionReason) -> WalError {
        let ends_early =
            matches!(reason, CorruptionReason::EndsInFragment { .. } | CorruptionReason::EndsInRecord);
        WalError::from(Corruption {
            dir: self.part.dir.clone(),
            segment: self.part.segment.number,
            record_offset,
            fault_offset,
            reason,
            torn_tail: ends_early && self.part.is_log_end,
        })
    }

    fn too_large(&self, offset: u64, bytes: u64) -> WalError {
        let place = format!("at offset {offset} of {}", self.part.segment.path.display());
        WalError::RecordTooLarge { bytes, place }
    }

    fn decompression_error(&self, offset: u64, error: DecompressError) -> WalError {
        match error {
            DecompressError::Invalid(message) => {
                self.corrupt(offset, offset, CorruptionReason::Decompression(message))
            }
            DecompressError::TooLarge { bytes } => self.too_large(offset, bytes),
            #[cfg(not(feature = "zstd"))]
            DecompressError::ZstdNotCompiledIn => {
                WalError::ZstdNotCompiledIn { segment_path: self.part.segment.path.clone(), offset }
            }
        }
    }
}
