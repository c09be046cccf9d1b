//! The seams between those who store and those who ask or write.
//!
//! The query engine knows a [`Queryable`] only; scrapes, rules and remote write know an [`Appendable`] only. A storage
//! implements both.

mod append;
mod error;
mod query;

pub use append::{AppendError, Appendable, Appender, CommitSummary, Rejection};
pub use error::{StorageError, StorageErrorKind};
pub use query::{Querier, Queryable, SeriesSet};
