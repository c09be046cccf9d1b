//! Why an engine has no answer.

use crate::{NaiveError, NaiveErrorKind};

/// Who is to blame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScriptQueryErrorKind {
    /// The query was refused before it ran.
    BadData,
    /// The query failed on this data.
    Execution,
    /// The storage could not be read.
    Storage,
}

/// Why an engine has no answer: its message, without a position.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ScriptQueryError {
    /// Who is to blame.
    pub kind: ScriptQueryErrorKind,
    /// The reason.
    pub message: String,
}

impl From<NaiveError> for ScriptQueryError {
    fn from(error: NaiveError) -> Self {
        let kind = match error.kind {
            NaiveErrorKind::BadData => ScriptQueryErrorKind::BadData,
            NaiveErrorKind::Execution => ScriptQueryErrorKind::Execution,
            NaiveErrorKind::Storage => ScriptQueryErrorKind::Storage,
        };
        Self { kind, message: error.message }
    }
}
