//! Samples to bits and back: Prometheus' chunk encodings.
//!
//! A *chunk* is a run of samples of one series, compressed. Its bytes are the same here and in Prometheus, so
//! either can read what the other wrote. A chunk does not say how it is encoded: whoever stores it keeps the
//! [`Encoding`]'s id byte beside it.
//!
//! Floats are in chunks of [`Encoding::Xor`], or of [`Encoding::Xor2`] where start timestamps are kept:
//!
//! - Writing: [`XorAppender`] and [`Xor2Appender`] hold one open chunk; its bytes are a complete chunk after every
//!   sample. [`FloatAppender`] is either of them.
//! - Reading: [`decode_floats`] appends a whole chunk of either to a column of timestamps, one of values and one of start
//!   timestamps; [`decode_columns`] one that has none to the first two. The columns are the caller's, to be reused from
//!   chunk to chunk and from series to series.
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
//! floats; of [`Encoding::HistogramSt`] and [`Encoding::FloatHistogramSt`] where start timestamps are kept. All histograms
//! of a chunk have the same buckets.
//!
//! - Writing: [`HistogramAppender`] and [`FloatHistogramAppender`] hold one open chunk, and begin another where a
//!   histogram cannot follow the one before. [`HistogramChunks`] also cuts chunks by size and time, as a head does.
//! - Reading: [`ChunkHistograms`] takes a whole chunk at once, in floats; [`HistogramReader`] and
//!   [`FloatHistogramReader`] give one histogram after the other as it was written.
//!
//! Appenders and readers of histograms with start timestamps are the same with the parameter [`Starts`]:
//! [`HistogramStAppender`], [`HistogramStReader`] and their like of floats.
//!
//! [`range_end`] and [`even_cut`] say when a head cuts a chunk. [`samples_in`] looks at nothing but the header of a chunk.

#![forbid(unsafe_code)]

mod bits;
mod cut;
mod encoding;
mod error;
mod float_appender;
mod floats;
mod histogram;
mod start;
mod varbit;
mod varint;
mod xor;
mod xor2;

pub use cut::{even_cut, range_end};
pub use encoding::Encoding;
pub use error::ChunkError;
pub use float_appender::FloatAppender;
pub use floats::{decode_floats, samples_in};
pub use histogram::{
    AnyHistogram, Appended, ChunkHistograms, CounterResetHeader, FloatHistogramAppender,
    FloatHistogramReader, FloatHistogramStAppender, FloatHistogramStReader, HistogramAppender,
    HistogramChunk, HistogramChunks, HistogramLayout, HistogramNumber, HistogramReader, HistogramStAppender,
    HistogramStReader, HistogramStarts, NativeHistogramAppender, NativeHistogramReader, NoStarts,
};
pub use start::Starts;
pub use xor::{XorAppender, decode_columns};
pub use xor2::Xor2Appender;
