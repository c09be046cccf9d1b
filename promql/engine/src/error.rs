//! Why a query has no answer.

use emberdb_model::storage::StorageError;

/// What the caller can do about a [`QueryError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum QueryErrorKind {
    /// The question is malformed: write another one.
    Parse,
    /// The data does not allow this question (duplicate series, for example): change the question.
    Execution,
    /// It took too long: ask for less or allow more time.
    Timeout,
    /// The caller canceled it.
    Canceled,
    /// It needs more samples at once than is allowed: ask for less or raise the limit.
    TooManySamples,
    /// The storage failed.
    Storage,
}

/// Why a query has no answer, in upstream's words.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum QueryError {
    /// The query is not PromQL, or not of a kind that can be asked so.
    #[error("{message}")]
    Parse {
        /// `line:column: parse error: what is wrong`.
        message: String,
        /// The message with the line of the query and a caret under the place.
        rendered: String,
    },
    /// The evaluation cannot go on.
    #[error("{0}")]
    Execution(String),
    /// The time allowed is over.
    #[error("query timed out in expression evaluation")]
    Timeout,
    /// [`CancelHandle::cancel`](crate::CancelHandle::cancel) was called.
    #[error("query was canceled in expression evaluation")]
    Canceled,
    /// More samples than allowed would be in memory at once.
    #[error("query processing would load too many samples into memory in query execution")]
    TooManySamples {
        /// How many are allowed.
        limit: usize,
    },
    /// The storage failed.
    #[error("expanding series: {0}")]
    Storage(#[from] StorageError),
}

impl QueryError {
    /// What the caller can do.
    #[must_use]
    pub fn kind(&self) -> QueryErrorKind {
        match self {
            Self::Parse { .. } => QueryErrorKind::Parse,
            Self::Execution(_) => QueryErrorKind::Execution,
            Self::Timeout => QueryErrorKind::Timeout,
            Self::Canceled => QueryErrorKind::Canceled,
            Self::TooManySamples { .. } => QueryErrorKind::TooManySamples,
            Self::Storage(_) => QueryErrorKind::Storage,
        }
    }

    /// The message for people: with the query and a caret under the place, where there is one.
    #[must_use]
    pub fn rendered(&self) -> String {
        match self {
            Self::Parse { rendered, .. } => rendered.clone(),
            other => other.to_string(),
        }
    }

    /// Two series of one vector have the same labels.
    pub(crate) fn same_labelset() -> Self {
        Self::Execution("vector cannot contain metrics with the same labelset".into())
    }
}

/// What every part of the engine returns.
pub(crate) type Result<T> = std::result::Result<T, QueryError>;
