//! The symbol section: all names and values, sorted.

use super::cursor::{Cursor, FileBytes};
use super::search::search;
use super::version::Version;
use crate::error::IndexError;

/// The place of every so many-th symbol is kept in memory; the others are found by walking from there.
const STRIDE: usize = 32;

/// Where symbols are.
#[derive(Debug)]
pub(super) struct Symbols {
    version: Version,
    count: u32,
    /// Offset of the first symbol, and of what follows the last one.
    start: usize,
    end: usize,
    /// Offset from `start` of each [`STRIDE`]-th symbol. The section's length has 32 bits, so these do.
    marks: Vec<u32>,
}

impl Symbols {
    /// Checks the section at `offset` (0: there is none) and keeps where its symbols are.
    pub(super) fn open(file: &FileBytes, version: Version, offset: u64) -> Result<Self, IndexError> {
        if offset == 0 {
            return Ok(Self { version, count: 0, start: 0, end: 0, marks: Vec::new() });
        }
        let mut cursor = file.section(offset)?;
        let at = cursor;
        let count = cursor.be32()?;
        if count as usize > cursor.left() {
            let expected = format!("at most {} symbols", cursor.left());
            return Err(at.corrupt(expected, count.to_string()));
        }
        let (start, end) = (cursor.offset(), cursor.offset() + cursor.left());
        let mut marks = Vec::with_capacity((count as usize).div_ceil(STRIDE));
        for number in 0..count as usize {
            if number.is_multiple_of(STRIDE) {
                marks.push((cursor.offset() - start) as u32);
            }
            cursor.string()?;
        }
        Ok(Self { version, count, start, end, marks })
    }

    /// Whether the reference is one that a symbol may have.
    pub(super) fn may_hold(&self, reference: u32) -> bool {
        match self.version {
            Version::V1 => (self.start..self.end).contains(&(reference as usize)),
            Version::V2 => reference < self.count,
        }
    }

    /// The symbol of a reference: its number, or in version 1 its offset in the file.
    pub(super) fn get<'a>(&self, file: &'a FileBytes, reference: u32) -> Result<&'a str, IndexError> {
        if !self.may_hold(reference) {
            let expected = match self.version {
                Version::V1 => format!("a symbol's offset of {} to before {}", self.start, self.end),
                Version::V2 => format!("a symbol's number below {}", self.count),
            };
            return Err(file.corrupt(self.start, expected, reference.to_string()));
        }
        let reference = reference as usize;
        match self.version {
            Version::V1 => file.cursor(reference, self.end)?.text(),
            Version::V2 => {
                let mut cursor = self.at_mark(file, reference / STRIDE)?;
                for _ in 0..reference % STRIDE {
                    cursor.string()?;
                }
                cursor.text()
            }
        }
    }

    /// The reference of a symbol.
    pub(super) fn find(&self, file: &FileBytes, text: &[u8]) -> Result<Option<u32>, IndexError> {
        let mark = match search(self.marks.len(), |mark| Ok(self.at_mark(file, mark)?.string()?.cmp(text)))? {
            Ok(mark) => mark,
            Err(0) => return Ok(None),
            Err(after) => after - 1,
        };
        let mut cursor = self.at_mark(file, mark)?;
        for number in mark * STRIDE..(self.count as usize).min((mark + 1) * STRIDE) {
            let offset = cursor.offset();
            if cursor.string()? == text {
                let reference = match self.version {
                    Version::V1 => offset,
                    Version::V2 => number,
                };
                return Ok(u32::try_from(reference).ok());
            }
        }
        Ok(None)
    }

    /// All symbols as they are stored; nothing after an error.
    pub(super) fn iter<'a>(
        &self,
        file: &'a FileBytes,
    ) -> impl Iterator<Item = Result<&'a str, IndexError>> + use<'a> {
        let mut left = self.count;
        let mut cursor = file.cursor(self.start, self.end);
        std::iter::from_fn(move || {
            left = left.checked_sub(1)?;
            match &mut cursor {
                Ok(cursor) => Some(cursor.text().inspect_err(|_| left = 0)),
                // The range was checked when the file was opened.
                Err(_) => None,
            }
        })
    }

    fn at_mark<'a>(&self, file: &'a FileBytes, mark: usize) -> Result<Cursor<'a>, IndexError> {
        file.cursor(self.start + self.marks[mark] as usize, self.end)
    }
}
