//! Prometheus' write-ahead log, readable and writable by both sides.
//!
//! ```text
//! wal/
//! ├── checkpoint.00000004/     what is still needed of segments 0 to 4
//! │   └── 00000000
//! ├── 00000005                 a segment: pages of 32 KiB
//! └── 00000006                   a page: fragments with a checksum each
//!                                  one or more fragments: a record, perhaps compressed
//! ```
//!
//! - [`WalWriter`] appends commits; a commit is one `write`, and reaches the disk when a segment is full, on
//!   [`WalWriter::sync`] and on [`WalWriter::close`].
//!   Committers who wait for the disk share an fsync by [`WalWriter::sync_point`].
//! - [`WalListing`] says which segments (and which checkpoint) there are, [`WalReader`] reads their records in the
//!   order of replay, [`repair()`] drops what a crash or a bad disk left unreadable.
//! - [`TailReader`] reads the records of a log that is still being written.
//! - [`checkpoint()`] gathers what is still needed of the first segments, and [`truncate()`] removes them.
//! - [`RecordKind`] names the records, and each kind is written and read:
//!   - [`SeriesEncoder`], [`SeriesDecoder`]: series and their labels, which come before all that refers to them;
//!   - [`encode_samples`], [`encode_started_samples`]: floats, without and with start timestamps;
//!   - [`encode_histograms`], [`encode_started_histograms`], [`HistogramDecoder`]: native histograms;
//!   - [`ExemplarEncoder`], [`ExemplarDecoder`]; [`encode_metadata`], [`MetadataDecoder`];
//!   - [`encode_tombstones`]: deletions; [`encode_mmap_markers`]: which samples are in a chunk on disk.
//!
//! The bytes are described in `docs/format/wal.md`.
//!
//! ```
//! use emberdb_env::Env;
//! use emberdb_wal::{RefSample, WalListing, WalOptions, WalReader, WalWriter};
//!
//! let env = Env::real();
//! let dir = env.fs().create_temp_dir("wal-example")?;
//!
//! let mut record = Vec::new();
//! emberdb_wal::encode_samples([RefSample { series_ref: 7, timestamp_ms: 1000, value: 0.5 }], &mut record);
//! let mut writer = WalWriter::open(&env, &dir, WalOptions::default())?;
//! writer.log(&[&record])?;
//! writer.close()?;
//!
//! let mut reader = WalReader::new(&env, &WalListing::read(&env, &dir)?);
//! let mut samples = Vec::new();
//! while let Some(logged) = reader.next_record()? {
//!     emberdb_wal::decode_samples(logged.data, &mut samples)?;
//! }
//! assert_eq!(samples[0].series_ref, 7);
//! # env.fs().remove_dir_all(&dir)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]

mod checkpoint;
mod checksum;
mod compression;
mod corruption;
mod error;
mod fragment;
mod group_sync;
mod listing;
mod page;
mod part;
mod reader;
mod record;
mod repair;
mod segment;
mod tail;
mod unpack;
mod writer;

pub use checkpoint::{CheckpointBounds, CheckpointReport, TruncateReport, checkpoint, truncate};
pub use compression::Compression;
pub use corruption::{Corruption, CorruptionReason};
pub use error::WalError;
pub use fragment::FragmentKind;
pub use group_sync::{SyncHandle, SyncPoint};
pub use listing::{Checkpoint, WalListing};
pub use page::PAGE_BYTES;
pub use reader::{LoggedRecord, RecordPosition, WalReader};
pub use record::filter::Tally;
pub use record::{
    BUCKETS_PER_SIDE_MAX, ExemplarDecoder, ExemplarEncoder, HistogramDecoder, LABELS_PER_SERIES_MAX,
    MetadataDecoder, MetricType, RECORD_BYTES_MAX, RecordError, RecordKind, RecordNumber, RefExemplar,
    RefMetadata, RefMmapMarker, RefSample, RefStamp, RefStartedSample, RefTombstone, SPANS_PER_SIDE_MAX,
    SeriesDecoder, SeriesEncoder, decode_mmap_markers, decode_samples, decode_started_samples,
    decode_tombstones, encode_histograms, encode_metadata, encode_mmap_markers, encode_samples,
    encode_started_histograms, encode_started_samples, encode_tombstones,
};
pub use repair::{RepairReport, repair};
pub use segment::{SEGMENT_BYTES_DEFAULT, Segment};
pub use tail::{TailReader, TailStart};
pub use writer::{WalOptions, WalWriter};
