//! Checked reading of a mapped file.

use std::path::{Path, PathBuf};

use bytes::Bytes;

use super::CHECKSUM_BYTES;
use super::varint::{read_uvarint, unzigzag};
use crate::error::IndexError;

/// An index file in memory, and its name for messages.
#[derive(Debug)]
pub(super) struct FileBytes {
    pub(super) path: PathBuf,
    bytes: Bytes,
}

impl FileBytes {
    pub(super) fn new(path: &Path, bytes: Bytes) -> Self {
        Self { path: path.to_path_buf(), bytes }
    }

    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    pub(super) fn corrupt(
        &self,
        offset: usize,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) -> IndexError {
        IndexError::corrupt(&self.path, offset, expected, found)
    }

    /// Reads from `start` to before `end`.
    pub(super) fn cursor(&self, start: usize, end: usize) -> Result<Cursor<'_>, IndexError> {
        let range = self.bytes.get(start..end);
        range.map(|rest| Cursor { file: self, rest, end }).ok_or_else(|| {
            let found = format!("a file of {} bytes", self.len());
            self.corrupt(start, format!("bytes {start} to {end}"), found)
        })
    }

    /// The data of a section at `offset`: four bytes of length, as many of data, their checksum, which is checked.
    pub(super) fn section(&self, offset: u64) -> Result<Cursor<'_>, IndexError> {
        let start = usize::try_from(offset).unwrap_or(usize::MAX).min(self.len());
        let mut cursor = self.cursor(start, self.len())?;
        let len = cursor.be32()? as usize;
        cursor.checksummed(len)
    }
}

/// A place in a file and the end of what belongs to it. Nothing is read beyond.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor<'a> {
    file: &'a FileBytes,
    rest: &'a [u8],
    end: usize,
}

impl<'a> Cursor<'a> {
    /// Bytes from the file's start.
    pub(super) fn offset(&self) -> usize {
        self.end - self.rest.len()
    }

    /// Bytes that are left.
    pub(super) fn left(&self) -> usize {
        self.rest.len()
    }

    pub(super) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(super) fn bytes(&mut self, len: usize) -> Result<&'a [u8], IndexError> {
        let Some((bytes, rest)) = self.rest.split_at_checked(len) else {
            return Err(self.ends_in(len));
        };
        self.rest = rest;
        Ok(bytes)
    }

    pub(super) fn be32(&mut self) -> Result<u32, IndexError> {
        let Some((&bytes, rest)) = self.rest.split_first_chunk() else { return Err(self.ends_in(4)) };
        self.rest = rest;
        Ok(u32::from_be_bytes(bytes))
    }

    pub(super) fn be64(&mut self) -> Result<u64, IndexError> {
        let Some((&bytes, rest)) = self.rest.split_first_chunk() else { return Err(self.ends_in(8)) };
        self.rest = rest;
        Ok(u64::from_be_bytes(bytes))
    }

    pub(super) fn uvarint(&mut self) -> Result<u64, IndexError> {
        // Most numbers of an index are references in order and small counts: one byte.
        if let Some((&byte, rest)) = self.rest.split_first()
            && byte < 0x80
        {
            self.rest = rest;
            return Ok(u64::from(byte));
        }
        let Some((value, len)) = read_uvarint(self.rest) else {
            return Err(self.corrupt("a number of at most 64 bits", "none that ends"));
        };
        self.rest = &self.rest[len..];
        Ok(value)
    }

    pub(super) fn uvarint32(&mut self) -> Result<u32, IndexError> {
        let before = *self;
        let value = self.uvarint()?;
        u32::try_from(value).map_err(|_| before.corrupt("a number of 32 bits", value.to_string()))
    }

    pub(super) fn varint(&mut self) -> Result<i64, IndexError> {
        self.uvarint().map(unzigzag)
    }

    /// A count of things of at least `bytes_min` bytes each, for all of which there is room: so it is safe to make room
    /// for them.
    pub(super) fn count(&mut self, bytes_min: usize) -> Result<usize, IndexError> {
        let before = *self;
        let count = self.uvarint()?;
        let max = self.left() / bytes_min;
        usize::try_from(count)
            .ok()
            .filter(|&count| count <= max)
            .ok_or_else(|| before.corrupt(format!("a count of at most {max}"), count.to_string()))
    }

    /// A string's bytes, which come after their number.
    pub(super) fn string(&mut self) -> Result<&'a [u8], IndexError> {
        let len = self.count(1)?;
        self.bytes(len)
    }

    /// A string that must be UTF-8.
    pub(super) fn text(&mut self) -> Result<&'a str, IndexError> {
        let before = *self;
        let bytes = self.string()?;
        str::from_utf8(bytes)
            .map_err(|_| before.corrupt("UTF-8", format!("{:?}", bytes.escape_ascii().to_string())))
    }

    /// The next `len` bytes, after which their checksum stands.
    pub(super) fn checksummed(&mut self, len: usize) -> Result<Self, IndexError> {
        let before = *self;
        let data = self.bytes(len)?;
        let inside = Self { file: self.file, rest: data, end: before.offset() + len };
        let (expected, found) = (self.be32()?, crc32c::crc32c(data));
        if expected == found {
            return Ok(inside);
        }
        let found = format!("{found:#010x} over {len} bytes");
        Err(before.corrupt(format!("the checksum {expected:#010x}"), found))
    }

    /// An error at this place.
    pub(super) fn corrupt(&self, expected: impl Into<String>, found: impl Into<String>) -> IndexError {
        self.file.corrupt(self.offset(), expected, found)
    }

    fn ends_in(&self, len: usize) -> IndexError {
        let file_end =
            if self.end + CHECKSUM_BYTES >= self.file.len() { " to the end of the file" } else { "" };
        self.corrupt(format!("{len} bytes"), format!("{}{file_end}", self.left()))
    }
}
