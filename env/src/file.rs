//! An open file.

use std::fmt;
use std::io;
use std::path::Path;

use crate::error::{FsError, FsResult};

/// An open file. Writes go to its end, reads say where they begin.
///
/// All methods take `&self`, so that one thread may [`sync_all`](File::sync_all) what another has written; two
/// threads that write at the same time interleave, and whoever owns the file prevents that.
#[expect(
    clippy::len_without_is_empty,
    reason = "the length of a file is asked of the system and may fail; emptiness adds nothing"
)]
pub trait File: Send + Sync + fmt::Debug {
    /// The path it was opened by, for messages.
    fn path(&self) -> &Path;

    /// Appends all of `bytes`. After an error an unknown part of them may be in the file.
    ///
    /// # Errors
    /// When the system fails to write, the disk is full, or the file was opened for reading.
    fn write_all(&self, bytes: &[u8]) -> FsResult<()>;

    /// Reads into `buffer` what begins `offset` bytes into the file; returns the number of bytes read, which is
    /// smaller than the buffer only at the end of the file.
    ///
    /// # Errors
    /// When the system fails to read.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> FsResult<usize>;

    /// Length in bytes.
    ///
    /// # Errors
    /// When the system fails to say.
    fn len(&self) -> FsResult<u64>;

    /// Cuts the file, or extends it with zeros, to `len` bytes.
    ///
    /// # Errors
    /// When the system refuses.
    fn set_len(&self, len: u64) -> FsResult<()>;

    /// Returns when content and metadata are durable (fsync).
    ///
    /// # Errors
    /// When the system fails to make them durable. What was written since the last success may be lost even if a
    /// later call succeeds: do not go on writing.
    fn sync_all(&self) -> FsResult<()>;

    /// Fills all of `buffer` from `offset`.
    ///
    /// # Errors
    /// When the system fails to read, or [`io::ErrorKind::UnexpectedEof`] when the file ends before.
    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> FsResult<()> {
        let read_bytes = self.read_at(buffer, offset)?;
        if read_bytes == buffer.len() {
            return Ok(());
        }
        let message =
            format!("expected {} bytes at offset {offset}, the file holds {read_bytes}", buffer.len());
        Err(FsError::new("read", self.path(), io::Error::new(io::ErrorKind::UnexpectedEof, message)))
    }
}
