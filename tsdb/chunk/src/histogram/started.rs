//! What appenders can do besides where start timestamps are kept.

use emberdb_histogram::NativeHistogram;

use super::appender::{Appended, NativeHistogramAppender};
use super::number::HistogramNumber;
use crate::start::Starts;
use crate::{ChunkError, Encoding};

impl<N: HistogramNumber> NativeHistogramAppender<N, Starts> {
    /// The encoding of its chunks.
    pub const ENCODING: Encoding = N::ENCODING.with_starts();

    /// Like [`append`](Self::append), of a histogram that counts since `start_ms`, which is 0 if that is not known.
    ///
    /// ```
    /// use emberdb_histogram::FloatHistogram;
    /// use emberdb_tsdb_chunk::{FloatHistogramStAppender, FloatHistogramStReader};
    ///
    /// let histogram: FloatHistogram = "{{count:3 sum:5 buckets:[1 2]}}".parse()?;
    /// let mut open = FloatHistogramStAppender::new();
    /// open.append_started(1_000, &histogram, 900)?;
    ///
    /// let mut reader = FloatHistogramStReader::new(open.bytes())?;
    /// let mut read = FloatHistogram::default();
    /// assert_eq!((reader.read_into(&mut read)?, reader.start_ms(), read), (Some(1_000), 900, histogram));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`append`](Self::append).
    pub fn append_started(
        &mut self,
        t_ms: i64,
        histogram: &NativeHistogram<N>,
        start_ms: i64,
    ) -> Result<Appended, ChunkError> {
        self.append_with(t_ms, histogram, start_ms)
    }

    /// Like [`cut`](Self::cut), with a histogram that counts since `start_ms`, which is 0 if that is not known.
    ///
    /// # Errors
    /// Those of [`cut`](Self::cut).
    pub fn cut_started(
        &mut self,
        t_ms: i64,
        histogram: &NativeHistogram<N>,
        start_ms: i64,
    ) -> Result<Box<[u8]>, ChunkError> {
        self.cut_with(t_ms, histogram, start_ms)
    }

    /// The start timestamp of the newest sample in milliseconds; 0 is unknown.
    #[must_use]
    pub const fn newest_start_ms(&self) -> i64 {
        self.coding.starts.start_ms()
    }
}
