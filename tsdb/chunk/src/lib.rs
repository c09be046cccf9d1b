//! Samples to bits and back: Prometheus' chunk encodings.
//!
//! A *chunk* is a run of samples of one series, compressed. Its bytes are the same here and in Prometheus, so
//! either can read what the other wrote. A chunk does not say how it is encoded: whoever stores it keeps the
//! [`Encoding`]'s id byte beside it.
//!
//! Floats are in chunks of [`Encoding::Xor`]:
//!
//! - Writing: [`XorAppender`] holds one open chunk; its bytes are a complete chunk after every sample.
//! - Reading: [`decode_columns`] appends a whole chunk to a column of timestamps and a column of values. The
//!   columns are the caller's, to be reused from chunk to chunk and from series to series.
//!
//! ```
//! use emberdb_tsdb_chunk::{XorAppender, decode_columns};
//!
//! let mut open = XorAppender::new();
//! open.append(1_700_000_000_000, 41.0)?;
//! open.append(1_700_000_015_000, 42.0)?;
//! let chunk = open.finish();
//!
//! let (mut timestamps, mut values) = (Vec::new(), Vec::new());
//! assert_eq!(decode_columns(&chunk, &mut timestamps, &mut values)?, 2);
//! assert_eq!(timestamps, [1_700_000_000_000, 1_700_000_015_000]);
//! assert_eq!(values, [41.0, 42.0]);
//! # Ok::<(), emberdb_tsdb_chunk::ChunkError>(())
//! ```
//!
//! Values are moved as bits: the payload of a NaN, and with it the staleness marker, survives.
//!
//! Native histograms are in chunks of [`Encoding::Histogram`], or of [`Encoding::FloatHistogram`] if they count in
//! floats. All histograms of a chunk have the same buckets.
//!
//! - Writing: [`HistogramAppender`] and [`FloatHistogramAppender`] hold one open chunk, and begin another where a
//!   histogram cannot follow the one before. [`HistogramChunks`] also cuts chunks by size and time, as a head does.
//! - Reading: [`HistogramColumns`] takes a whole chunk at once, in floats; [`HistogramReader`] and
//!   [`FloatHistogramReader`] give one histogram after the other as it was written.

#![forbid(unsafe_code)]

mod bits;
mod encoding;
mod error;
mod histogram;
mod varbit;
mod varint;
mod xor;

pub use encoding::Encoding;
pub use error::ChunkError;
pub use histogram::{
    AnyHistogram, Appended, CounterResetHeader, FloatHistogramAppender, FloatHistogramReader,
    HistogramAppender, HistogramChunk, HistogramChunks, HistogramColumns, HistogramLayout, HistogramNumber,
    HistogramReader, NativeHistogramAppender, NativeHistogramReader,
};
pub use xor::{XorAppender, decode_columns};
