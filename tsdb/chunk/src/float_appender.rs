//! Building a chunk of floats of either encoding.

use crate::xor::XorAppender;
use crate::xor2::Xor2Appender;
use crate::{ChunkError, Encoding};

/// One open chunk of floats, with start timestamps or without.
///
/// A chunk without them costs a record of a few words beside its bytes, as a head keeps one for each series; one with them
/// is kept in a box, as few series have any.
///
/// ```
/// use emberdb_tsdb_chunk::{Encoding, FloatAppender};
///
/// let mut open = FloatAppender::new(Encoding::Xor);
/// open.append(1_000, 0.5, 0)?;
/// assert_eq!((open.encoding(), open.keeps(0), open.keeps(900)), (Encoding::Xor, true, false));
///
/// let mut open = FloatAppender::new(Encoding::Xor2);
/// open.append(2_000, 0.75, 900)?;
/// assert_eq!((open.last(), open.keeps(900)), (Some((2_000, 0.75)), true));
/// # Ok::<(), emberdb_tsdb_chunk::ChunkError>(())
/// ```
#[derive(Debug, Clone)]
pub enum FloatAppender {
    /// Without start timestamps.
    Xor(XorAppender),
    /// With start timestamps.
    Xor2(Box<Xor2Appender>),
}

const _: () = assert!(size_of::<FloatAppender>() <= 56, "a head keeps one for each series");

impl FloatAppender {
    /// An empty chunk of this encoding; without start timestamps if it is one of histograms.
    #[must_use]
    pub fn new(encoding: Encoding) -> Self {
        match encoding {
            Encoding::Xor2 => Self::Xor2(Box::default()),
            _ => Self::Xor(XorAppender::new()),
        }
    }

    /// The encoding of the chunk.
    #[must_use]
    pub const fn encoding(&self) -> Encoding {
        match self {
            Self::Xor(_) => Encoding::Xor,
            Self::Xor2(_) => Encoding::Xor2,
        }
    }

    /// Whether the chunk has a place for this start timestamp, which is 0 if it is not known.
    #[must_use]
    pub const fn keeps(&self, start_ms: i64) -> bool {
        start_ms == 0 || matches!(self, Self::Xor2(_))
    }

    /// Appends a sample that counts since `start_ms`, which is 0 if that is not known. Times are in milliseconds. A start
    /// timestamp that the chunk does not [keep](Self::keeps) is lost.
    ///
    /// # Errors
    /// Those of [`XorAppender::append`] and [`Xor2Appender::append`].
    #[inline]
    pub fn append(&mut self, t_ms: i64, value: f64, start_ms: i64) -> Result<(), ChunkError> {
        match self {
            Self::Xor(open) => open.append(t_ms, value),
            Self::Xor2(open) => open.append(t_ms, value, start_ms),
        }
    }

    /// Appends samples, times in milliseconds and values, as [`append`](Self::append) does one after the other, as long as the chunk has
    /// at most `len_bytes_max` bytes before each. Returns how many it appended, which may be none: see [`XorAppender::append_run`]. Of
    /// chunks with start timestamps it leaves all to `append`.
    #[inline]
    pub fn append_run(&mut self, samples: &[(i64, f64)], len_bytes_max: usize) -> usize {
        match self {
            Self::Xor(open) => open.append_run(samples, len_bytes_max),
            Self::Xor2(_) => 0,
        }
    }

    /// How many samples there are.
    #[must_use]
    #[inline]
    pub const fn samples(&self) -> u16 {
        match self {
            Self::Xor(open) => open.samples(),
            Self::Xor2(open) => open.samples(),
        }
    }

    /// The newest sample: its time in milliseconds and its value.
    #[must_use]
    #[inline]
    pub const fn last(&self) -> Option<(i64, f64)> {
        match self {
            Self::Xor(open) => open.last(),
            Self::Xor2(open) => open.last(),
        }
    }

    /// The chunk so far: complete and readable after every sample.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::Xor(open) => open.bytes(),
            Self::Xor2(open) => open.bytes(),
        }
    }

    /// How many bytes the chunk has so far, the header included.
    #[must_use]
    #[inline]
    pub const fn len_bytes(&self) -> usize {
        match self {
            Self::Xor(open) => open.len_bytes(),
            Self::Xor2(open) => open.len_bytes(),
        }
    }

    /// The finished chunk, in as much memory as it has bytes.
    #[must_use]
    pub fn finish(self) -> Box<[u8]> {
        match self {
            Self::Xor(open) => open.finish(),
            Self::Xor2(open) => open.finish(),
        }
    }
}
