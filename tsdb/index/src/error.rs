//! Errors of index files.

use std::path::{Path, PathBuf};

use emberdb_env::FsError;
use thiserror::Error;

/// Why an index file cannot be read or written.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum IndexError {
    /// The system failed to do something with the file.
    #[error(transparent)]
    Fs(#[from] FsError),
    /// The file is not what an index file must be.
    #[error(transparent)]
    Corrupt(Box<IndexCorruption>),
    /// What was to be written cannot stand in an index.
    #[error("cannot write {}: {refusal}", path.display())]
    Refused {
        /// The file.
        path: PathBuf,
        /// What is wrong with what was given.
        refusal: WriteRefusal,
    },
}

impl IndexError {
    pub(crate) fn corrupt(
        path: &Path,
        offset: usize,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) -> Self {
        Self::Corrupt(Box::new(IndexCorruption {
            path: path.to_path_buf(),
            offset: offset as u64,
            expected: expected.into(),
            found: found.into(),
        }))
    }
}

/// The place in an index file where it is not what it must be.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("corrupt index {} at offset {offset}: expected {expected}, found {found}", path.display())]
#[non_exhaustive]
pub struct IndexCorruption {
    /// The file.
    pub path: PathBuf,
    /// Bytes from its start to what was looked at.
    pub offset: u64,
    /// What must be there.
    pub expected: String,
    /// What is there.
    pub found: String,
}

/// Why [`IndexWriter`](crate::IndexWriter) refuses what it is given. What was written before stays, and can be added to; but
/// after [`WriteRefusal::TooLarge`] nothing more is written.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum WriteRefusal {
    /// Symbols come sorted, each once.
    #[error("the symbol {symbol:?} does not sort after {previous:?}")]
    SymbolOrder {
        /// The symbol.
        symbol: String,
        /// The one before.
        previous: String,
    },
    /// A label's name or value is not among the symbols.
    #[error("{text:?} of a label is not among the symbols")]
    UnknownSymbol {
        /// The name or value.
        text: String,
    },
    /// A label with an empty name or an empty value: it means the same as no label.
    #[error("a label with an empty {part}")]
    EmptyLabel {
        /// `name` or `value`.
        part: &'static str,
    },
    /// A series' labels come sorted by name, each name once.
    #[error("the label name {name:?} does not sort after the one before it")]
    LabelOrder {
        /// The name.
        name: String,
    },
    /// Series come in the order of their labels, each once, and none without labels.
    #[error("the series {labels} does not sort after the one before it")]
    SeriesOrder {
        /// The labels of the series that was given.
        labels: String,
    },
    /// Chunk references never fall, within a series and from series to series.
    #[error("the chunk reference {chunk_ref} is below {previous}, that of the chunk before")]
    ChunkRefOrder {
        /// The reference.
        chunk_ref: u64,
        /// The one before.
        previous: u64,
    },
    /// Each chunk of a series begins after the one before has ended, and ends no earlier than it begins.
    #[error("a chunk from {min_ms} to {max_ms} ms does not follow one that ends at {previous_ms:?}")]
    ChunkTimeOrder {
        /// First timestamp.
        min_ms: i64,
        /// Last timestamp.
        max_ms: i64,
        /// Last timestamp of the chunk before, if it is not the first.
        previous_ms: Option<i64>,
    },
    /// References in the format have so many bits and no more.
    #[error("{what} would exceed {limit} bytes")]
    TooLarge {
        /// The part of the file.
        what: &'static str,
        /// Its greatest size.
        limit: u64,
    },
    /// An earlier write failed or was too large: the file cannot be completed, and nothing is written any more.
    #[error("an earlier write failed")]
    AfterFailure,
}
