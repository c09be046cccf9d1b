//! A block that is open for reading.
//!
//! - [`Block`]: opened; what it is and how much it takes.
//! - [`series`]: all its series one by one.
//! - [`delete`]: hides samples, and gives the block a second name.
//! - [`verify`]: reads all there is and says what is wrong.

mod delete;
mod series;
mod verify;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use emberdb_env::Env;
use emberdb_tsdb_index::IndexReader;

pub use series::{BlockSeries, SeriesIter};

use crate::chunk_file::{CHUNKS_DIR, ChunkFiles};
use crate::meta::META_FILE;
use crate::tombstone::{TombstoneSet, read_tombstones};
use crate::{BlockMeta, BlockQuerier, BlockResult};

/// The file's name in a block's folder.
pub(crate) const INDEX_FILE: &str = "index";

/// A block: its samples do not change; what of them is deleted does.
///
/// Cloning is cheap, and a clone goes on seeing what was not deleted when it was made. The files stay mapped as long as
/// anything that came from the block is there, whatever becomes of their names.
#[derive(Clone, Debug)]
pub struct Block {
    env: Env,
    dir: PathBuf,
    meta: BlockMeta,
    index: IndexReader,
    chunks: Arc<ChunkFiles>,
    tombstones: Arc<TombstoneSet>,
    sizes: Sizes,
}

/// Bytes of a block's files.
#[derive(Clone, Copy, Debug)]
struct Sizes {
    meta: u64,
    index: u64,
    chunks: u64,
    tombstones: u64,
}

impl Block {
    /// Opens the block in a folder. Headers and tables are looked at, samples are not: what is wrong with them shows when
    /// they are read, or by [`verify`](Self::verify).
    ///
    /// # Errors
    /// [`BlockError`](crate::BlockError) names the file that is missing or damaged.
    pub fn open(env: &Env, dir: &Path) -> BlockResult<Self> {
        let meta = BlockMeta::read(env, dir)?;
        let chunks = ChunkFiles::open(env, &dir.join(CHUNKS_DIR))?;
        let index_path = dir.join(INDEX_FILE);
        let index_bytes = env.fs().map(&index_path)?;
        let index_len = index_bytes.len() as u64;
        let index = IndexReader::open(&index_path, index_bytes)?;
        let (tombstones, tombstones_len) = read_tombstones(env, dir)?;
        let sizes = Sizes {
            meta: env.fs().file_len(&dir.join(META_FILE))?,
            index: index_len,
            chunks: chunks.size_bytes(),
            tombstones: tombstones_len,
        };
        let (env, dir) = (env.clone(), dir.to_path_buf());
        Ok(Self { env, dir, meta, index, chunks: Arc::new(chunks), tombstones: Arc::new(tombstones), sizes })
    }

    /// What the block is.
    #[must_use]
    pub const fn meta(&self) -> &BlockMeta {
        &self.meta
    }

    /// Its folder.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Labels and postings.
    #[must_use]
    pub const fn index(&self) -> &IndexReader {
        &self.index
    }

    /// The chunks that the index refers to.
    #[must_use]
    pub fn chunks(&self) -> &ChunkFiles {
        &self.chunks
    }

    /// What of it is deleted.
    #[must_use]
    pub fn tombstones(&self) -> &TombstoneSet {
        &self.tombstones
    }

    /// Bytes of all its files.
    #[must_use]
    pub const fn size_bytes(&self) -> u64 {
        let Sizes { meta, index, chunks, tombstones } = self.sizes;
        meta + index + chunks + tombstones
    }

    /// Answers queries from what is there now.
    #[must_use]
    pub fn querier(&self) -> BlockQuerier {
        BlockQuerier::new(
            self.meta.clone(),
            self.index.clone(),
            Arc::clone(&self.chunks),
            Arc::clone(&self.tombstones),
        )
    }
}
