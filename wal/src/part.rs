//! A segment that is being read, from fragment to record.

use std::fmt;
use std::ops::Range;
use std::path::PathBuf;

use emberdb_env::{Env, File};

use crate::checksum::checksum;
use crate::compression::{DecompressError, RecordCompression};
use crate::corruption::{Corruption, CorruptionReason};
use crate::error::WalError;
use crate::fragment::{FragmentHeader, FragmentKind, HEADER_BYTES};
use crate::page::{PAGE_BYTES, left_in_page};
use crate::reader::RecordPosition;
use crate::record::RECORD_BYTES_MAX;
use crate::segment::Segment;

/// A segment and what it is to the log.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    pub(crate) segment: Segment,
    /// The directory that it lies in: the log's, or a checkpoint's.
    pub(crate) dir: PathBuf,
    pub(crate) in_checkpoint: bool,
    /// Whether the log ends with it, so that a crash may have cut it.
    pub(crate) is_log_end: bool,
}

/// How much of a segment is read at once: whole pages.
const WINDOW_BYTES: usize = 32 * PAGE_BYTES;

/// A segment that is being read.
pub(crate) struct OpenPart {
    part: Part,
    file: Box<dyn File>,
    /// The segment's size when it was opened.
    file_bytes: u64,
    /// A piece of the file that begins at a page's border and ends at one, or at the file's end.
    pub(crate) window: Vec<u8>,
    window_offset: u64,
    /// Where reading goes on.
    offset: u64,
}

/// A record that was found, still compressed.
pub(crate) struct Stored {
    /// Where it begins in the segment.
    pub(crate) offset: u64,
    pub(crate) compression: RecordCompression,
    pub(crate) place: Place,
}

pub(crate) enum Place {
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
    pub(crate) fn open(env: &Env, part: Part) -> Result<Self, WalError> {
        let file = env.fs().open_read(&part.segment.path)?;
        let file_bytes = file.len()?;
        let mut open = Self { part, file, file_bytes, window: Vec::new(), window_offset: 0, offset: 0 };
        open.load_window()?;
        Ok(open)
    }

    /// The next record, or `None` at the end of the segment.
    pub(crate) fn next_stored(&mut self, assembled: &mut Vec<u8>) -> Result<Option<Stored>, WalError> {
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
                if rest.len() < left_bytes {
                    // The file ends within the padding: nothing can follow but more of it.
                    return Ok(None);
                }
                self.offset += left_bytes as u64;
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

    /// Where reading goes on: after the last record, or at what comes after it.
    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }

    pub(crate) fn part(&self) -> &Part {
        &self.part
    }

    /// Goes back to the beginning of a record, `offset`, that could not be read to its end.
    pub(crate) fn rewind(&mut self, offset: u64) -> Result<(), WalError> {
        self.offset = offset;
        if offset < self.window_offset { self.load_window_at_offset() } else { Ok(()) }
    }

    /// Notes how much the file has grown since it was looked at; returns whether it has.
    pub(crate) fn refresh(&mut self) -> Result<bool, WalError> {
        let file_bytes = self.file.len()?;
        if file_bytes <= self.file_bytes {
            return Ok(false);
        }
        self.file_bytes = file_bytes;
        self.load_window_at_offset()?;
        Ok(true)
    }

    /// Opens what has the segment's name now and goes on at the same place; `false` if it ends before.
    pub(crate) fn reopen(&mut self, env: &Env) -> Result<bool, WalError> {
        let file = env.fs().open_read(&self.part.segment.path)?;
        let file_bytes = file.len()?;
        if file_bytes < self.offset {
            return Ok(false);
        }
        self.file = file;
        self.file_bytes = file_bytes;
        self.load_window_at_offset()?;
        Ok(true)
    }

    /// Reads the file anew from the page on in which reading goes on.
    fn load_window_at_offset(&mut self) -> Result<(), WalError> {
        self.window_offset = self.offset - self.offset % PAGE_BYTES as u64;
        self.load_window()
    }

    fn load_window(&mut self) -> Result<(), WalError> {
        let left_bytes = self.file_bytes - self.window_offset;
        let window_bytes = usize::try_from(left_bytes).map_or(WINDOW_BYTES, |left| left.min(WINDOW_BYTES));
        self.window.resize(window_bytes, 0);
        Ok(self.file.read_exact_at(&mut self.window, self.window_offset)?)
    }

    pub(crate) fn position(&self, offset: u64) -> RecordPosition {
        RecordPosition { in_checkpoint: self.part.in_checkpoint, segment: self.part.segment.number, offset }
    }

    fn corrupt(&self, record_offset: u64, fault_offset: u64, reason: CorruptionReason) -> WalError {
        WalError::from(Corruption {
            dir: self.part.dir.clone(),
            segment: self.part.segment.number,
            record_offset,
            fault_offset,
            torn_tail: reason.ends_early() && self.part.is_log_end,
            reason,
        })
    }

    fn too_large(&self, offset: u64, bytes: u64) -> WalError {
        let place = format!("at offset {offset} of {}", self.part.segment.path.display());
        WalError::RecordTooLarge { bytes, place }
    }

    pub(crate) fn decompression_error(&self, offset: u64, error: DecompressError) -> WalError {
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

impl fmt::Debug for OpenPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenPart")
            .field("part", &self.part)
            .field("offset", &self.offset)
            .finish_non_exhaustive()
    }
}
