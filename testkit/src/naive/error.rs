//! Why a query has no answer.

use emberdb_model::storage::StorageError;

/// Who is to blame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NaiveErrorKind {
    /// The query was refused before it ran.
    BadData,
    /// The query failed on this data.
    Execution,
    /// The storage could not be read.
    Storage,
}

/// Why a query has no answer, in upstream's words where the query ran.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct NaiveError {
    /// Who is to blame.
    pub kind: NaiveErrorKind,
    /// The reason.
    pub message: String,
}

impl NaiveError {
    pub(super) fn bad_data(message: impl Into<String>) -> Self {
        Self { kind: NaiveErrorKind::BadData, message: message.into() }
    }

    pub(super) fn execution(message: impl Into<String>) -> Self {
        Self { kind: NaiveErrorKind::Execution, message: message.into() }
    }

    pub(super) fn same_labelset() -> Self {
        Self::execution("vector cannot contain metrics with the same labelset")
    }
}

impl From<StorageError> for NaiveError {
    fn from(error: StorageError) -> Self {
        Self { kind: NaiveErrorKind::Storage, message: error.to_string() }
    }
}
