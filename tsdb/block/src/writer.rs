//! Writing a block.

use std::path::{Path, PathBuf};

use bytes::Bytes;
use emberdb_env::Env;
use emberdb_model::Labels;
use emberdb_tsdb_index::{ChunkMeta, IndexWriter};

use crate::block::INDEX_FILE;
use crate::chunk_file::{CHUNKS_DIR, ChunkFileWriter, RawChunk};
use crate::decode::{is_histogram, samples_in};
use crate::tombstone::{TombstoneSet, write_tombstones};
use crate::{BlockError, BlockMeta, BlockResult, BlockStats};

/// What is added to the name of a folder in which a block is being written. Whoever opens a data directory removes
/// what has it: nobody got to finish it.
pub const UNFINISHED_SUFFIX: &str = ".tmp-for-creation";

/// A finished chunk and the times of its first and last sample.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockChunk {
    /// Milliseconds since the Unix epoch.
    pub min_ms: i64,
    /// Milliseconds since the Unix epoch.
    pub max_ms: i64,
    /// The id of its encoding, see [`Encoding`](emberdb_tsdb_chunk::Encoding).
    pub encoding: u8,
    /// The samples.
    pub data: Bytes,
}

/// Writes a block: all symbols first, then series in the order of their labels, each with all its chunks.
///
/// The block gets its name when it is complete and durable. One that is dropped before leaves nothing, and one that
/// the end of the process interrupts leaves a folder with the [`UNFINISHED_SUFFIX`].
///
/// ```
/// use emberdb_env::Env;
/// use emberdb_model::Labels;
/// use emberdb_tsdb_block::{Block, BlockChunk, BlockMeta, BlockWriter, CHUNK_SEGMENT_BYTES_MAX, new_ulid};
/// use emberdb_tsdb_chunk::XorAppender;
///
/// let env = Env::real();
/// let dir = env.fs().create_temp_dir("block-writer-example")?;
///
/// let mut open = XorAppender::new();
/// open.append(1_000, 42.0)?;
/// let chunk = BlockChunk { min_ms: 1_000, max_ms: 1_000, encoding: 1, data: open.finish().into() };
///
/// let meta = BlockMeta::new(new_ulid(&env), 0, 7_200_000);
/// let symbols = ["__name__", "up"];
/// let mut writer = BlockWriter::create(&env, &dir, meta, symbols, CHUNK_SEGMENT_BYTES_MAX)?;
/// writer.add_series(&Labels::new([("__name__", "up")])?, &[chunk])?;
/// let meta = writer.finish()?.ok_or("it has a sample")?;
/// assert_eq!(meta.stats.num_samples, 1);
///
/// let block = Block::open(&env, &dir.join(meta.ulid.to_string()))?;
/// assert_eq!(block.meta(), &meta);
/// env.fs().remove_dir_all(&dir)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct BlockWriter {
    env: Env,
    parent: PathBuf,
    meta: BlockMeta,
    index: IndexWriter,
    chunks: ChunkFileWriter,
    /// Of the series that is being written.
    refs: Vec<u64>,
    chunk_metas: Vec<ChunkMeta>,
    /// Dropped last: removes the files of the others.
    unfinished: Unfinished,
}

impl BlockWriter {
    /// Begins the block that `meta` names, in a data directory. Its counts begin at 0. `symbols` are all names and values of
    /// labels, sorted, each once. A segment of chunks gets at most `segment_bytes_max` bytes.
    ///
    /// # Errors
    /// [`BlockError`] if the system refuses, or symbols are not in order.
    pub fn create<'a>(
        env: &Env,
        parent: &Path,
        meta: BlockMeta,
        symbols: impl IntoIterator<Item = &'a str>,
        segment_bytes_max: u64,
    ) -> BlockResult<Self> {
        let dir = parent.join(format!("{}{UNFINISHED_SUFFIX}", meta.ulid));
        if env.fs().exists(&dir)? {
            env.fs().remove_dir_all(&dir)?;
        }
        let unfinished = Unfinished { env: env.clone(), dir: Some(dir.clone()) };
        let chunks = ChunkFileWriter::create(env, &dir.join(CHUNKS_DIR), segment_bytes_max)?;
        let index = IndexWriter::create(env, &dir.join(INDEX_FILE), symbols)?;
        let meta = BlockMeta { stats: BlockStats::default(), ..meta };
        let (env, parent) = (env.clone(), parent.to_path_buf());
        Ok(Self { env, parent, meta, index, chunks, refs: Vec::new(), chunk_metas: Vec::new(), unfinished })
    }

    /// Writes a series with its chunks, which are in the order of time and do not overlap. Without chunks it is left out.
    ///
    /// # Errors
    /// [`BlockError`] if the series does not sort behind the one before, a label is not among the symbols,
    /// or the system refuses. The writer is then to be dropped.
    pub fn add_series(&mut self, labels: &Labels, chunks: &[BlockChunk]) -> BlockResult<()> {
        if chunks.is_empty() {
            return Ok(());
        }
        self.count(chunks)?;
        let raw: Vec<_> =
            chunks.iter().map(|chunk| RawChunk { encoding: chunk.encoding, data: &chunk.data }).collect();
        self.chunks.write_series(&raw, &mut self.refs)?;
        self.chunk_metas.clear();
        let refs = self.refs.iter().zip(chunks);
        self.chunk_metas.extend(refs.map(|(&chunk_ref, chunk)| ChunkMeta {
            min_ms: chunk.min_ms,
            max_ms: chunk.max_ms,
            chunk_ref,
        }));
        self.index.add_series(labels.iter(), &self.chunk_metas)?;
        Ok(())
    }

    /// Completes the block, makes it durable and gives it its name. Without any sample there is no block, and nothing is
    /// left.
    ///
    /// # Errors
    /// [`BlockError`] if the system refuses; then there is no block, or, if only the last step failed, there
    /// is one that may not outlive a power cut.
    pub fn finish(self) -> BlockResult<Option<BlockMeta>> {
        let Self { env, parent, meta, index, chunks, mut unfinished, .. } = self;
        index.finish()?;
        chunks.finish()?;
        if meta.stats.num_samples == 0 {
            return Ok(None);
        }
        let Some(dir) = unfinished.dir.as_deref() else { return Ok(None) };
        meta.write(&env, dir)?;
        write_tombstones(&env, dir, &TombstoneSet::new())?;
        env.fs().sync_dir(dir)?;
        env.fs().rename(dir, &parent.join(meta.ulid.to_string()))?;
        unfinished.dir = None;
        env.fs().sync_dir(&parent)?;
        Ok(Some(meta))
    }

    /// Counts a series, and refuses chunks of which nobody knows how to read them.
    fn count(&mut self, chunks: &[BlockChunk]) -> BlockResult<()> {
        let stats = &mut self.meta.stats;
        stats.num_series += 1;
        for chunk in chunks {
            let samples = samples_in(chunk.encoding, &chunk.data).map_err(BlockError::Encode)?;
            stats.num_chunks += 1;
            stats.num_samples += samples;
            if is_histogram(chunk.encoding) {
                stats.num_histogram_samples += samples;
            } else {
                stats.num_float_samples += samples;
            }
        }
        Ok(())
    }
}

/// The folder of a block that is being written, as long as it has no other name.
#[derive(Debug)]
struct Unfinished {
    env: Env,
    dir: Option<PathBuf>,
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if let Some(dir) = &self.dir {
            // If it cannot be removed now, the next opening of the directory does it.
            let _ = self.env.fs().remove_dir_all(dir);
        }
    }
}
