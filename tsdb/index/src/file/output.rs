//! A file that is written from its start to its end.

use std::path::Path;

use emberdb_env::{Env, File};

use crate::error::{IndexError, WriteRefusal};

/// A file has at most so many bytes: postings name series by 32 bits, in steps of 16 bytes.
pub const INDEX_BYTES_MAX: u64 = 16 * u32::MAX as u64;

/// Bytes that are gathered for one write.
const BUFFER_BYTES: usize = 1 << 20;

/// What is written, in order. After an error nothing is written any more.
#[derive(Debug)]
pub(super) struct Output {
    file: Box<dyn File>,
    buffer: Vec<u8>,
    written_bytes: u64,
    /// Of what was written since [`begin_checksum`](Output::begin_checksum).
    checksum: u32,
    failed: bool,
}

impl Output {
    pub(super) fn create(env: &Env, path: &Path) -> Result<Self, IndexError> {
        let buffer = Vec::with_capacity(BUFFER_BYTES);
        Ok(Self { file: env.fs().create(path)?, buffer, written_bytes: 0, checksum: 0, failed: false })
    }

    pub(super) fn path(&self) -> &Path {
        self.file.path()
    }

    pub(super) fn refuse(&self, refusal: WriteRefusal) -> IndexError {
        IndexError::Refused { path: self.path().to_path_buf(), refusal }
    }

    /// Bytes from the start of the file to what is written next.
    pub(super) fn offset(&self) -> u64 {
        self.written_bytes + self.buffer.len() as u64
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), IndexError> {
        if self.failed {
            return Err(self.refuse(WriteRefusal::AfterFailure));
        }
        if self.offset() + bytes.len() as u64 > INDEX_BYTES_MAX {
            // What is written may stop inside a section.
            self.failed = true;
            return Err(self.refuse(WriteRefusal::TooLarge { what: "the file", limit: INDEX_BYTES_MAX }));
        }
        self.checksum = crc32c::crc32c_append(self.checksum, bytes);
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= BUFFER_BYTES { self.flush() } else { Ok(()) }
    }

    /// Writes zeros up to a multiple of `align`, which is at most 16.
    pub(super) fn pad_to(&mut self, align: u64) -> Result<(), IndexError> {
        let zeros = self.offset().next_multiple_of(align) - self.offset();
        self.write(&[0; 16][..zeros as usize])
    }

    pub(super) fn begin_checksum(&mut self) {
        self.checksum = 0;
    }

    /// Writes the checksum of what was written since it began.
    pub(super) fn write_checksum(&mut self) -> Result<(), IndexError> {
        self.write(&self.checksum.to_be_bytes())
    }

    /// Returns when everything is durable.
    pub(super) fn finish(mut self) -> Result<(), IndexError> {
        self.write(&[])?;
        self.flush()?;
        Ok(self.file.sync_all()?)
    }

    fn flush(&mut self) -> Result<(), IndexError> {
        // Until it is known to have succeeded.
        self.failed = true;
        self.file.write_all(&self.buffer)?;
        self.failed = false;
        self.written_bytes += self.buffer.len() as u64;
        self.buffer.clear();
        Ok(())
    }
}
