//! The seams between those who store and those who ask or write.
//!
//! The query engine knows a [`Queryable`] only; scrapes, rules and remote write know an [`Appendable`] only. A storage
//! implements both. One that keeps examples of what was counted is an [`ExemplarQueryable`], too.

mod append;
mod error;
mod query;

pub use append::{AppendError, Appendable, Appender, CommitSummary, Rejection};
pub use error::{StorageError, StorageErrorKind};
pub use query::{ExemplarQueryable, Querier, Queryable, SeriesSet};
