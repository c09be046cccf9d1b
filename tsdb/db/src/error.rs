//! Why a database does not open, and how lower errors look from above.

use std::path::PathBuf;

use emberdb_env::{FsError, ThreadPanicked};
use emberdb_model::storage::{StorageError, StorageErrorKind};
use emberdb_tsdb_block::BlockError;
use emberdb_wal::WalError;

/// Why a directory cannot be opened as a database.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Another process, or another database of this one, has it open.
    #[error("{} is in use: stop the other program, or open the directory read-only", dir.display())]
    Locked {
        /// The directory.
        dir: PathBuf,
    },
    /// There is nothing to read.
    #[error("{} holds no database: there is no `wal` folder in it", dir.display())]
    NoDatabase {
        /// The directory.
        dir: PathBuf,
    },
    /// The directory holds what this version cannot read; opening it would hide samples.
    #[error(
        "{} holds {what}, which this version does not read: answers would miss samples, so it is not opened",
        dir.display()
    )]
    Unsupported {
        /// The directory.
        dir: PathBuf,
        /// What stands in the way.
        what: String,
    },
    /// An option has a value that makes no sense.
    #[error("option {option}: {reason}")]
    InvalidOption {
        /// Its name.
        option: &'static str,
        /// What is wrong with the value.
        reason: String,
    },
    /// It was opened read-only, and another program made blocks of its log, or others of its blocks, each time it was read.
    #[error("{} changes while it is read: another program is writing blocks; try again in a minute", dir.display())]
    Changed {
        /// The directory.
        dir: PathBuf,
    },
    /// It was closed before its log was replayed.
    #[error("{} was closed while its log was replayed", dir.display())]
    Closed {
        /// The log's directory.
        dir: PathBuf,
    },
    /// A thread that was to replay the log ended early: a fault of this program.
    #[error("cannot replay the write-ahead log: {0}")]
    Thread(#[from] ThreadPanicked),
    /// A limit was reached while the log was replayed.
    #[error("cannot replay the write-ahead log: {0}")]
    Limit(String),
    /// The log cannot be read and not be repaired.
    #[error(transparent)]
    Wal(#[from] WalError),
    /// A block cannot be opened.
    #[error(transparent)]
    Block(#[from] BlockError),
    /// The system refused.
    #[error(transparent)]
    Fs(#[from] FsError),
}

/// A log that failed, as the users of the storage seams see it.
pub(crate) fn log_failed(error: WalError) -> StorageError {
    let kind = match &error {
        WalError::RecordTooLarge { .. } => StorageErrorKind::Limit,
        WalError::Corrupt(_) => StorageErrorKind::Corrupt,
        _ => StorageErrorKind::Unavailable,
    };
    StorageError::new(kind, format!("the batch is not stored: {error}")).caused_by(error)
}

/// A file or folder that could not be read or written, as the users of the storage seams see it.
pub(crate) fn system_failed(error: FsError) -> StorageError {
    StorageError::new(StorageErrorKind::Unavailable, error.to_string()).caused_by(error)
}

/// The answer of a database that was closed.
pub(crate) fn closed() -> StorageError {
    StorageError::new(StorageErrorKind::Closed, "the database was closed")
}
