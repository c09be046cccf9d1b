//! The error of every file operation: what was tried, on which path, and what the system said.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// The result of a file operation.
pub type FsResult<T> = Result<T, FsError>;

/// A file operation that failed.
#[derive(Debug, Error)]
#[error("cannot {operation} {}: {source}", path.display())]
#[non_exhaustive]
pub struct FsError {
    /// What was tried, as a verb phrase: `"open"`, `"write to"`, `"fsync"`.
    pub operation: &'static str,
    /// The file or directory it was tried on.
    pub path: PathBuf,
    /// What the system answered.
    pub source: io::Error,
}

impl FsError {
    /// An error of `operation` (a verb phrase) on `path`.
    #[must_use]
    pub fn new(operation: &'static str, path: &Path, source: io::Error) -> Self {
        Self { operation, path: path.to_path_buf(), source }
    }

    /// The system's classification.
    #[must_use]
    pub fn kind(&self) -> io::ErrorKind {
        self.source.kind()
    }

    /// Whether the file or directory does not exist.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.kind() == io::ErrorKind::NotFound
    }

    /// Whether a lock is held by someone else.
    #[must_use]
    pub fn is_locked(&self) -> bool {
        self.kind() == io::ErrorKind::WouldBlock
    }
}
