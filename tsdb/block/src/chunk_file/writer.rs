//! Chunks one after the other into segments.

use std::path::{Path, PathBuf};

use emberdb_env::{Env, File};

use super::{CHECKSUM_BYTES, HEADER, RawChunk, chunk_ref};
use crate::varint::push_uvarint;
use crate::{BlockError, BlockResult};

/// The largest that a segment gets, in bytes, as upstream has it: far below the 4 GiB that references reach.
pub const CHUNK_SEGMENT_BYTES_MAX: u64 = 512 << 20;

/// Bytes are handed to the system in pieces of this length.
const BUFFER_BYTES: usize = 1 << 20;

/// A chunk counts as if its length took as many bytes as one of 32 bits can; upstream cuts by this.
const LENGTH_BYTES_MAX: usize = 5;

/// Writes the chunks of a block, a series at a time.
#[derive(Debug)]
pub struct ChunkFileWriter {
    env: Env,
    dir: PathBuf,
    segment_bytes_max: u64,
    open: Option<Box<dyn File>>,
    /// Segments that were begun.
    segments: u32,
    buffer: Vec<u8>,
    /// Length of the open segment, what is in the buffer included.
    len: u64,
    size_bytes: u64,
}

impl ChunkFileWriter {
    /// Begins in a folder, which is made if it is not there. A segment gets at most `segment_bytes_max` bytes, except for
    /// one of a single chunk that is larger.
    ///
    /// # Errors
    /// [`BlockError`] if the system refuses.
    pub fn create(env: &Env, dir: &Path, segment_bytes_max: u64) -> BlockResult<Self> {
        env.fs().create_dir_all(dir)?;
        Ok(Self {
            env: env.clone(),
            dir: dir.to_path_buf(),
            segment_bytes_max: segment_bytes_max.min(u64::from(u32::MAX)),
            open: None,
            segments: 0,
            buffer: Vec::with_capacity(BUFFER_BYTES),
            len: 0,
            size_bytes: 0,
        })
    }

    /// Writes the chunks of a series, and fills `refs` with their references.
    ///
    /// Where a segment ends is found as upstream finds it, with all chunks of a series in view.
    ///
    /// # Errors
    /// [`BlockError`] if the system refuses. What was written is then useless.
    pub fn write_series(&mut self, chunks: &[RawChunk<'_>], refs: &mut Vec<u64>) -> BlockResult<()> {
        refs.clear();
        let (mut batch, mut is_first_batch) = (0, true);
        let begun = self.len;
        for (place, chunk) in chunks.iter().enumerate() {
            let bytes = (LENGTH_BYTES_MAX + 1 + chunk.data.len() + CHECKSUM_BYTES) as u64;
            batch += bytes;
            let is_cut = if is_first_batch && begun > HEADER.len() as u64 {
                batch + begun > self.segment_bytes_max
            } else {
                place > 0 && batch + HEADER.len() as u64 > self.segment_bytes_max
            };
            if is_cut {
                (batch, is_first_batch) = (bytes, false);
            }
            if is_cut || self.open.is_none() {
                self.begin_segment()?;
            }
            refs.push(self.write(*chunk)?);
        }
        Ok(())
    }

    /// Makes all that was written durable, and says how many bytes there are.
    ///
    /// # Errors
    /// [`BlockError`] if the system refuses. What was written is then useless.
    pub fn finish(mut self) -> BlockResult<u64> {
        self.end_segment()?;
        self.env.fs().sync_dir(&self.dir)?;
        Ok(self.size_bytes)
    }

    fn write(&mut self, chunk: RawChunk<'_>) -> BlockResult<u64> {
        let Ok(offset) = u32::try_from(self.len) else {
            return Err(BlockError::Refused("a segment of chunks beyond 4 GiB".to_owned()));
        };
        if u32::try_from(chunk.data.len()).is_err() {
            return Err(BlockError::Refused(format!("a chunk of {} bytes", chunk.data.len())));
        }
        let begin = self.buffer.len();
        push_uvarint(&mut self.buffer, chunk.data.len() as u64);
        let checksum = crc32c::crc32c_append(crc32c::crc32c(&[chunk.encoding]), chunk.data);
        self.buffer.push(chunk.encoding);
        self.buffer.extend_from_slice(chunk.data);
        self.buffer.extend_from_slice(&checksum.to_be_bytes());
        self.len += (self.buffer.len() - begin) as u64;
        if self.buffer.len() >= BUFFER_BYTES {
            self.flush()?;
        }
        Ok(chunk_ref(self.segments - 1, offset))
    }

    fn begin_segment(&mut self) -> BlockResult<()> {
        self.end_segment()?;
        self.segments += 1;
        self.open = Some(self.env.fs().create_new(&self.dir.join(format!("{:06}", self.segments)))?);
        self.buffer.extend_from_slice(&HEADER);
        self.len = HEADER.len() as u64;
        Ok(())
    }

    fn end_segment(&mut self) -> BlockResult<()> {
        self.flush()?;
        if let Some(file) = self.open.take() {
            file.sync_all()?;
            self.size_bytes += self.len;
        }
        Ok(())
    }

    fn flush(&mut self) -> BlockResult<()> {
        if let Some(file) = &self.open {
            file.write_all(&self.buffer)?;
        }
        self.buffer.clear();
        Ok(())
    }
}
