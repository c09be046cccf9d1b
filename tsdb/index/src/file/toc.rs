//! The table of contents, the last bytes of a file.

use super::cursor::FileBytes;
use super::{CHECKSUM_BYTES, HEADER_BYTES};
use crate::error::IndexError;

/// Six offsets of eight bytes, and a checksum.
const TOC_BYTES: usize = 6 * 8 + CHECKSUM_BYTES;

/// Where the sections begin; 0 where there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Toc {
    pub(super) symbols: u64,
    pub(super) series: u64,
    /// The values of each label name. Read by nobody any more, and no longer written: then the same as `postings`.
    pub(super) label_indices: u64,
    /// Where in `label_indices` each label name is; no longer written: then the same as `postings_table`.
    pub(super) label_table: u64,
    pub(super) postings: u64,
    pub(super) postings_table: u64,
}

impl Toc {
    /// Reads it, and checks its checksum and that all offsets lie in the file.
    pub(super) fn read(file: &FileBytes) -> Result<Self, IndexError> {
        let Some(start) = file.len().checked_sub(TOC_BYTES).filter(|&start| start >= HEADER_BYTES) else {
            let expected = format!("a header of {HEADER_BYTES} bytes and a table of contents of {TOC_BYTES}");
            return Err(file.corrupt(0, expected, format!("a file of {} bytes", file.len())));
        };
        let mut cursor = file.cursor(start, file.len())?.checksummed(TOC_BYTES - CHECKSUM_BYTES)?;
        let mut next = || {
            let at = cursor;
            let offset = cursor.be64()?;
            if offset == 0 || (HEADER_BYTES as u64..=start as u64).contains(&offset) {
                return Ok(offset);
            }
            Err(at.corrupt(format!("an offset of {HEADER_BYTES} to {start}, or 0"), offset.to_string()))
        };
        Ok(Self {
            symbols: next()?,
            series: next()?,
            label_indices: next()?,
            label_table: next()?,
            postings: next()?,
            postings_table: next()?,
        })
    }

    /// Appends it with its checksum.
    pub(super) fn put(&self, out: &mut Vec<u8>) {
        let start = out.len();
        for offset in self.offsets() {
            out.extend(offset.to_be_bytes());
        }
        let checksum = crc32c::crc32c(&out[start..]);
        out.extend(checksum.to_be_bytes());
    }

    /// Where the series section ends: at the next section that there is, whichever it is. That begins where the series would if
    /// there are none.
    pub(super) fn series_end(&self, file: &FileBytes) -> u64 {
        let toc_start = (file.len() - TOC_BYTES) as u64;
        let others = [self.label_indices, self.label_table, self.postings, self.postings_table];
        others.into_iter().filter(|&offset| offset >= self.series).fold(toc_start, u64::min)
    }

    /// The table of label indices, if it is there.
    pub(super) fn label_table(&self) -> Option<u64> {
        Some(self.label_table).filter(|&offset| offset != 0 && offset != self.postings_table)
    }

    fn offsets(&self) -> [u64; 6] {
        [self.symbols, self.series, self.label_indices, self.label_table, self.postings, self.postings_table]
    }
}
