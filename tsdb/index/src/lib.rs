//! Symbols, postings, and the way from matchers to series.
//!
//! [`MemoryIndex`] is the head's index: it names series by small numbers ([`SeriesId`]), finds a series by its labels,
//! and selects series by [`Matcher`](emberdb_model::Matcher)s over *postings*, the sorted lists of series that have a
//! label.
//!
//! ```
//! use emberdb_model::{Labels, Matcher};
//! use emberdb_tsdb_index::MemoryIndex;
//!
//! let mut index = MemoryIndex::new();
//! let api = Labels::new([("__name__", "up"), ("job", "api")])?;
//! let (id, created) = index.get_or_insert(&api);
//! assert!(created);
//! assert_eq!(index.select(&[Matcher::equal("job", "api")]), [id]);
//! assert_eq!(index.labels(id).to_string(), r#"up{job="api"}"#);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]

mod memory;
mod names;
mod postings;
mod select;

pub use memory::{MemoryIndex, SERIES_MAX, SeriesId};
