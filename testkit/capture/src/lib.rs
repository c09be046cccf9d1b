//! Recorded scrapes of real targets.
//!
//! A *capture* is what one target answered to a scraper over some minutes: every `/metrics` body as it
//! came over the wire, every scrape that failed with its error text, and the moment when the target left the
//! target list. `cargo xtask capture` records captures from real processes into `tests/fixtures`; `ember demo`
//! and the tests replay them, so that both work on true exposition text without a network or a server.
//!
//! ```
//! use std::time::Duration;
//! use emberdb_capture::{Capture, Outcome, Record};
//!
//! let mut capture = Capture::new(vec![("job".into(), "node".into()), ("instance".into(), "node-a".into())])?;
//! capture.push(Record {
//!     timestamp_ms: 1_700_000_000_000,
//!     duration: Duration::from_micros(1_830),
//!     outcome: Outcome::Scraped { content_type: "text/plain; version=0.0.4".into(), body: b"load1 0.42\n".to_vec() },
//! })?;
//!
//! let file = capture.to_bytes()?;
//! let again = Capture::from_bytes(&file)?;
//! assert_eq!(again, capture);
//! # Ok::<(), emberdb_capture::CaptureError>(())
//! ```
//!
//! The bytes are described in `docs/format/capture.md` and drawn in the `format` module.

#![forbid(unsafe_code)]

mod capture;
mod error;
mod format;
mod reader;
mod writer;

pub use capture::{Capture, Outcome, Record};
pub use error::CaptureError;
pub use format::{
    BODY_BYTES_MAX, CONTENT_TYPE_BYTES_MAX, DECODED_BYTES_MAX, LABEL_BYTES_MAX, LABELS_MAX, REASON_BYTES_MAX,
};

#[cfg(test)]
mod tests;
