//! Native histograms: kinds 7 (integer), 8 (float), 9 and 10 (the same with custom bounds), 12 and 13 (with start
//! timestamps and any bounds).
//!
//! ```text
//! ┌───────────┬─────────────────────────────────────────────────────────┐
//! │ 1 byte    │ per histogram: stamp (reference and times) │ histogram  │
//! │ 7 to 13   │                                                         │
//! └───────────┴─────────────────────────────────────────────────────────┘
//!
//! histogram                  integer               float
//! ┌────────────────────────┬─────────────────────┬──────────────────────┐
//! │ hint of counter resets │ 1 byte, 0 to 3                             │
//! │ schema                 │ varint                                     │
//! │ zero threshold         │ be64, a float's bits                       │
//! │ zero count             │ uvarint             │ be64, a float's bits │
//! │ count                  │ uvarint             │ be64, a float's bits │
//! │ sum                    │ be64, a float's bits                       │
//! │ positive spans         │ uvarint number, per span:                  │
//! │                        │ varint offset │ uvarint length             │
//! │ negative spans         │ the same                                   │
//! │ positive buckets       │ uvarint number, per bucket:                │
//! │                        │ varint difference   │ be64, a float's bits │
//! │ negative buckets       │ the same                                   │
//! │ with schema -53 only:  │                                            │
//! │ custom bounds          │ uvarint number, per bound: be64            │
//! └────────────────────────┴─────────────────────┴──────────────────────┘
//! ```
//!
//! In chunks the two fields of a span are the other way round.
//!
//! - [`encode`]: the histograms of a commit → records
//! - [`decode`]: a record → its histograms, one after the other
//! - [`body`]: a histogram without its stamp, both ways
//! - [`number`]: where integer and float histograms differ

mod body;
mod decode;
mod encode;
mod number;
#[cfg(test)]
mod tests;

pub(crate) use body::read_histogram;
pub use body::{BUCKETS_PER_SIDE_MAX, SPANS_PER_SIDE_MAX};
pub use decode::HistogramDecoder;
pub use encode::{encode_histograms, encode_started_histograms};
pub use number::RecordNumber;
