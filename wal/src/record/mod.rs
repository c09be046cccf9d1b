//! Records: what is logged, one kind a record.
//!
//! ```text
//! ┌────────┬──────┐
//! │ 1 byte │ body │
//! │ kind   │      │
//! └────────┴──────┘
//! ```
//!
//! - [`kind`]: the kinds by name
//! - [`series`]: series and their labels, kind 1
//! - [`sample`]: float samples, kind 2; [`started_sample`]: the same with start timestamps, kind 11
//! - [`tombstone`]: deleted time ranges, kind 3
//! - [`exemplar`]: exemplars, kind 4
//! - [`mmap_marker`]: markers of memory-mapped chunks, kind 5
//! - [`metadata`]: type, unit and help of metrics, kind 6
//! - [`histogram`]: native histograms, kinds 7 to 10, and 12 and 13 with start timestamps
//! - [`floor`]: where the log's time begins, kind 128
//!
//! What bodies are made of: [`field`], integers and strings; [`label`], label sets; [`stamp`], the references and times
//! before each value. [`filter`] copies of a record what is still needed.

mod error;
mod exemplar;
mod field;
pub(crate) mod filter;
pub(crate) mod floor;
mod histogram;
mod kind;
mod label;
mod metadata;
mod mmap_marker;
mod sample;
mod series;
mod stamp;
mod started_sample;
mod tombstone;

pub use error::RecordError;
pub use exemplar::{ExemplarDecoder, ExemplarEncoder, RefExemplar};
pub use histogram::{
    BUCKETS_PER_SIDE_MAX, HistogramDecoder, RecordNumber, SPANS_PER_SIDE_MAX, encode_histograms,
    encode_started_histograms,
};
pub use kind::RecordKind;
pub use label::LABELS_PER_SERIES_MAX;
pub use metadata::{MetadataDecoder, MetricType, RefMetadata, encode_metadata};
pub use mmap_marker::{RefMmapMarker, decode_mmap_markers, encode_mmap_markers};
pub use sample::{RefSample, decode_samples, encode_samples};
pub use series::{SeriesDecoder, SeriesEncoder};
pub use stamp::RefStamp;
pub use started_sample::{RefStartedSample, decode_started_samples, encode_started_samples};
pub use tombstone::{RefTombstone, decode_tombstones, encode_tombstones};

/// Largest record, uncompressed, in bytes: the largest segment that upstream allows. About 20 million samples.
pub const RECORD_BYTES_MAX: usize = 256 * 1024 * 1024;
