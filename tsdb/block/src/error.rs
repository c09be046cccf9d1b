//! What can go wrong with a block.

use std::path::{Path, PathBuf};

use emberdb_env::FsError;
use emberdb_model::storage::{StorageError, StorageErrorKind};
use emberdb_tsdb_chunk::ChunkError;
use emberdb_tsdb_index::IndexError;

/// Why a block could not be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BlockError {
    /// The system refused an operation on a file.
    #[error(transparent)]
    Fs(#[from] FsError),
    /// The index is damaged, or could not be written.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// Bytes of a file are not what they should be.
    #[error("{}: expected {expected} at offset {offset}, found {found}", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// Where in it, in bytes.
        offset: u64,
        /// What belongs there.
        expected: String,
        /// What is there.
        found: String,
    },
    /// A chunk's checksum is right, and its samples cannot be decoded.
    #[error("{}: chunk at offset {offset} cannot be decoded: {source}", path.display())]
    Chunk {
        /// The segment.
        path: PathBuf,
        /// Where the chunk begins in it, in bytes.
        offset: u64,
        /// What is wrong with the chunk.
        source: ChunkError,
    },
    /// A chunk whose samples are to be written anew cannot be decoded.
    #[error("cannot write a chunk anew: {0}")]
    Recode(ChunkError),
    /// Samples could not be encoded.
    #[error("cannot encode samples: {0}")]
    Encode(ChunkError),
    /// The parts of a block contradict each other.
    #[error("block {}: expected {expected}, found {found}", dir.display())]
    Inconsistent {
        /// The block's folder.
        dir: PathBuf,
        /// What one part says.
        expected: String,
        /// What another one says.
        found: String,
    },
    /// What was handed over cannot be stored.
    #[error("cannot store: {0}")]
    Refused(String),
}

/// The result of something that is done with a block.
pub type BlockResult<T> = Result<T, BlockError>;

impl BlockError {
    /// Damage in a file.
    pub(crate) fn corrupt(
        path: &Path,
        offset: usize,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) -> Self {
        let (path, offset) = (path.to_path_buf(), offset as u64);
        Self::Corrupt { path, offset, expected: expected.into(), found: found.into() }
    }
}

impl From<BlockError> for StorageError {
    fn from(error: BlockError) -> Self {
        let kind = match &error {
            BlockError::Fs(_) => StorageErrorKind::Unavailable,
            BlockError::Refused(_) | BlockError::Encode(_) => StorageErrorKind::Limit,
            _ => StorageErrorKind::Corrupt,
        };
        Self::new(kind, error.to_string()).caused_by(error)
    }
}
