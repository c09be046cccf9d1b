//! Deleting samples of a block, and giving it a second name.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use emberdb_env::{FsError, FsResult};
use emberdb_model::{Matcher, TimeRange};

use super::{Block, INDEX_FILE};
use crate::BlockResult;
use crate::chunk_file::CHUNKS_DIR;
use crate::meta::META_FILE;
use crate::tombstone::{TOMBSTONES_FILE, TombstoneSet, write_tombstones};

impl Block {
    /// Deletes the samples in `range` of all series that meet `matchers`: a new file says that they are, and the samples
    /// stay until the block is compacted. What is deleted of a series ends with its samples, as upstream has it.
    ///
    /// # Errors
    /// [`BlockError`](crate::BlockError) if the index is damaged or the file cannot be written; then nothing is deleted
    /// here, though after a failed write it may be when the block is opened again.
    pub fn delete(&mut self, matchers: &[Matcher], range: TimeRange) -> BlockResult<()> {
        let mut tombstones = TombstoneSet::clone(&self.tombstones);
        let (mut labels, mut chunks) = (Vec::new(), Vec::new());
        for entry in self.index.select(matchers)? {
            self.index.series(entry, &mut labels, &mut chunks)?;
            let is_in_range =
                chunks.iter().any(|chunk| chunk.min_ms <= range.max_ms && range.min_ms <= chunk.max_ms);
            if let (Some(first), Some(last), true) = (chunks.first(), chunks.last(), is_in_range) {
                let clamped = TimeRange::new(range.min_ms.max(first.min_ms), range.max_ms.min(last.max_ms));
                tombstones.add(u64::from(entry.0), clamped);
            }
        }
        if tombstones == *self.tombstones {
            return Ok(());
        }
        let tombstones_len = write_tombstones(&self.env, &self.dir, &tombstones)?;
        let mut meta = self.meta.clone();
        meta.stats.num_tombstones = tombstones.len();
        let meta_len = meta.write(&self.env, &self.dir)?;
        self.meta = meta;
        self.tombstones = Arc::new(tombstones);
        (self.sizes.tombstones, self.sizes.meta) = (tombstones_len, meta_len);
        Ok(())
    }

    /// Puts the block into another folder of the same file system, without copying: its files get further names there. The
    /// name of the new folder, which must not be there yet, comes back.
    ///
    /// # Errors
    /// [`BlockError`](crate::BlockError) if the system refuses, as between file systems; then nothing is left there.
    pub fn snapshot(&self, parent: &Path) -> BlockResult<PathBuf> {
        let copy = parent.join(self.meta.ulid.to_string());
        if self.env.fs().exists(&copy)? {
            return Err(FsError::new("create directory", &copy, io::ErrorKind::AlreadyExists.into()).into());
        }
        if let Err(error) = self.link_into(&copy, parent) {
            // What went wrong first is what is told.
            let _ = self.env.fs().remove_dir_all(&copy);
            return Err(error.into());
        }
        Ok(copy)
    }

    fn link_into(&self, copy: &Path, parent: &Path) -> FsResult<()> {
        let fs = self.env.fs();
        let (chunks, copied_chunks) = (self.dir.join(CHUNKS_DIR), copy.join(CHUNKS_DIR));
        fs.create_dir_all(&copied_chunks)?;
        for name in [META_FILE, INDEX_FILE, TOMBSTONES_FILE] {
            // A block of which nothing was deleted may have no such file.
            if name != TOMBSTONES_FILE || fs.exists(&self.dir.join(name))? {
                fs.hard_link(&self.dir.join(name), &copy.join(name))?;
            }
        }
        for entry in fs.read_dir(&chunks)? {
            fs.hard_link(&chunks.join(&entry.name), &copied_chunks.join(&entry.name))?;
        }
        for dir in [&copied_chunks, copy, parent] {
            fs.sync_dir(dir)?;
        }
        Ok(())
    }
}
