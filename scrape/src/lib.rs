//! Exposition formats, and which series went stale between two scrapes.
//!
//! This crate does no I/O: someone fetches a response, and
//! - [`negotiate`] tells its format from the `Content-Type`, and [`TextParser`] and [`OpenMetricsParser`] read it;
//! - [`Target::ingest`] stores it: it knows the lines of the scrapes before, so that a line that stands there again costs
//!   no look at its labels, and it ends the series that are no longer there with staleness markers. Exemplars
//!   are stored where the storage keeps any. [`Target::fail`] and
//!   [`Target::remove`] do the same when there was no response, or never will be one again.
//!
//! ```
//! use std::time::Duration;
//! use emberdb_model::{Labels, storage::Appendable};
//! use emberdb_scrape::{Scrape, Target, TargetOptions};
//!
//! fn store(storage: &dyn Appendable) -> Result<(), Box<dyn std::error::Error>> {
//!     let labels = Labels::new([("job", "api"), ("instance", "localhost:9100")])?;
//!     let mut target = Target::new(&labels, TargetOptions::default());
//!     let body = b"requests_total 3\n";
//!     let scrape = Scrape { content_type: "text/plain", body, duration: Duration::from_millis(7) };
//!     let report = target.ingest(storage, 1_700_000_000_000, &scrape)?;
//!     assert!(report.is_up() && report.samples_scraped == 1);
//!     Ok(())
//! }
//! ```
#![forbid(unsafe_code)]

mod batch;
mod cache;
mod family;
mod format;
mod scrape;
mod target;

pub use emberdb_model::MetricType;
pub use format::{
    ContentTypeError, Entry, Exemplar, ExpositionFormat, Help, LabelPairs, Metric, Negotiated,
    OpenMetricsParser, ParseError, Parser, ParserOptions, Series, TextParser, negotiate,
};
pub use scrape::{Scrape, ScrapeError, ScrapeReport};
pub use target::{Target, TargetOptions};
