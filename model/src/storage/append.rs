//! Writing: samples are gathered in an [`Appender`] and become visible together.

use emberdb_histogram::{FloatHistogram, Histogram, HistogramError};

use crate::{Exemplar, LabelError, Labels, Metadata, SeriesRef};

use super::StorageError;

/// A storage that takes samples.
pub trait Appendable: Send + Sync {
    /// Begins a batch.
    ///
    /// # Errors
    /// [`StorageError`] if the storage is closed.
    fn appender(&self) -> Result<Box<dyn Appender + '_>, StorageError>;
}

/// A batch of samples: all of it becomes visible and durable at [`Appender::commit`], none of it before.
///
/// A refused sample leaves the batch usable; the others go on. Dropping the appender forgets the batch.
///
/// A series has floats, native histograms, or now one and now the other; all of them strictly rise in time. A float that
/// is a [staleness marker](crate::STALE_NAN) and follows a histogram is stored as a stale histogram of its kind, so that
/// whoever ends a series need not know what it holds.
pub trait Appender: Send {
    /// Adds a sample of the series `labels` and returns the series' handle for [`Appender::append_ref`].
    ///
    /// # Errors
    /// [`AppendError`] says why the sample was refused.
    fn append(&mut self, labels: &Labels, timestamp_ms: i64, value: f64) -> Result<SeriesRef, AppendError>;

    /// Adds a sample of a series that is known already: the fast path.
    ///
    /// # Errors
    /// [`AppendError`] says why the sample was refused.
    fn append_ref(&mut self, series: SeriesRef, timestamp_ms: i64, value: f64) -> Result<(), AppendError>;

    /// Adds a native histogram of the series `labels` and returns the series' handle.
    ///
    /// # Errors
    /// [`AppendError`] says why the histogram was refused: also if it is invalid, or the storage takes no histograms.
    fn append_histogram(
        &mut self,
        labels: &Labels,
        timestamp_ms: i64,
        histogram: &Histogram,
    ) -> Result<SeriesRef, AppendError> {
        let _ = (labels, timestamp_ms, histogram);
        Err(AppendError::HistogramsUnsupported)
    }

    /// Adds a native histogram of a series that is known already.
    ///
    /// # Errors
    /// As [`append_histogram`](Self::append_histogram).
    fn append_histogram_ref(
        &mut self,
        series: SeriesRef,
        timestamp_ms: i64,
        histogram: &Histogram,
    ) -> Result<(), AppendError> {
        let _ = (series, timestamp_ms, histogram);
        Err(AppendError::HistogramsUnsupported)
    }

    /// Adds a native histogram that counts in floats, of the series `labels`, and returns the series' handle.
    ///
    /// # Errors
    /// As [`append_histogram`](Self::append_histogram).
    fn append_float_histogram(
        &mut self,
        labels: &Labels,
        timestamp_ms: i64,
        histogram: &FloatHistogram,
    ) -> Result<SeriesRef, AppendError> {
        let _ = (labels, timestamp_ms, histogram);
        Err(AppendError::HistogramsUnsupported)
    }

    /// Adds a native histogram that counts in floats, of a series that is known already.
    ///
    /// # Errors
    /// As [`append_histogram`](Self::append_histogram).
    fn append_float_histogram_ref(
        &mut self,
        series: SeriesRef,
        timestamp_ms: i64,
        histogram: &FloatHistogram,
    ) -> Result<(), AppendError> {
        let _ = (series, timestamp_ms, histogram);
        Err(AppendError::HistogramsUnsupported)
    }

    /// Says since when the floats and histograms count that are added from now on: milliseconds since the Unix epoch, 0 if that
    /// is not known, as it is at a batch's begin. A storage that keeps no start timestamps passes over it.
    fn set_start_timestamp(&mut self, start_timestamp_ms: i64) {
        let _ = start_timestamp_ms;
    }

    /// The handle of the series `labels`, if the storage has it: for what belongs to a series but is no sample of it. None also
    /// where the storage cannot say.
    fn find_series(&mut self, labels: &Labels) -> Option<SeriesRef> {
        let _ = labels;
        None
    }

    /// Adds an example of what a series counted. One that is the series' newest already is passed over.
    ///
    /// The exemplars of a series come in the order of time. Several may have one time, as a histogram's buckets have an
    /// example each: these come in the order of their values.
    ///
    /// # Errors
    /// [`AppendError`] says why the exemplar was refused: also if the storage keeps no exemplars.
    fn append_exemplar(&mut self, series: SeriesRef, exemplar: &Exemplar) -> Result<(), AppendError> {
        let _ = (series, exemplar);
        Err(AppendError::ExemplarsUnsupported)
    }

    /// As [`append_exemplar`](Self::append_exemplar), of an example that was exposed without a time: its own is the scrape's.
    /// When it is exposed again later it is the same example, and passed over.
    ///
    /// # Errors
    /// As [`append_exemplar`](Self::append_exemplar).
    fn append_untimed_exemplar(&mut self, series: SeriesRef, exemplar: &Exemplar) -> Result<(), AppendError> {
        self.append_exemplar(series, exemplar)
    }

    /// Says what the metric of a series is for; replaces what was said before.
    ///
    /// # Errors
    /// [`AppendError`] says why it was refused: also if the storage keeps no metadata.
    fn update_metadata(&mut self, series: SeriesRef, metadata: &Metadata) -> Result<(), AppendError> {
        let _ = (series, metadata);
        Err(AppendError::MetadataUnsupported)
    }

    /// Logs the batch and makes it visible.
    ///
    /// # Errors
    /// [`StorageError`] if the batch could not be logged; then none of it is stored.
    fn commit(self: Box<Self>) -> Result<CommitSummary, StorageError>;

    /// Forgets the batch.
    fn rollback(self: Box<Self>);
}

/// Why a sample was refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AppendError {
    /// The series already has a newer sample.
    #[error("out of order sample: {timestamp_ms} is before the series' newest sample at {newest_ms}")]
    OutOfOrder {
        /// Time of the refused sample.
        timestamp_ms: i64,
        /// Time of the series' newest sample.
        newest_ms: i64,
    },
    /// The series already has a sample of this time, with another value.
    #[error("duplicate sample for timestamp {timestamp_ms}: the series holds {held}, refused {refused}")]
    Duplicate {
        /// The time of both.
        timestamp_ms: i64,
        /// The value that is there and stays.
        held: f64,
        /// The value that was refused.
        refused: f64,
    },
    /// The series already has another sample of this time, and one of the two is a native histogram, or both are.
    #[error("duplicate sample for timestamp {timestamp_ms}: the series holds {held}, refused {refused}")]
    DuplicateHistogram {
        /// The time of both.
        timestamp_ms: i64,
        /// What is there and stays, in words.
        held: Box<str>,
        /// What was refused, in words.
        refused: Box<str>,
    },
    /// The storage would have taken the sample, but another one that was added to the same batch before stands against it:
    /// it is of the same time, or newer. Senders that put several scrapes into a batch are answered as if nothing had been
    /// wrong.
    #[error("conflict within the batch: {0}")]
    ConflictInBatch(Box<AppendError>),
    /// The native histogram contradicts itself.
    #[error("invalid histogram: {0}")]
    InvalidHistogram(#[from] HistogramError),
    /// The storage takes floats only.
    #[error("this storage takes no native histograms")]
    HistogramsUnsupported,
    /// The exemplar is older than the newest one of its series, or of the same time and of a lesser value.
    #[error(
        "out of order exemplar: {timestamp_ms} does not follow the series' newest exemplar at {newest_ms}"
    )]
    OutOfOrderExemplar {
        /// Time of the refused exemplar.
        timestamp_ms: i64,
        /// Time of the series' newest exemplar.
        newest_ms: i64,
    },
    /// The exemplar's labels have together more characters than may be.
    #[error("exemplar labels have {characters} characters, the most they may have is {characters_max}")]
    ExemplarLabelsTooLong {
        /// Characters of all names and values.
        characters: usize,
        /// The most there may be.
        characters_max: usize,
    },
    /// The storage keeps no exemplars, or was told not to.
    #[error("exemplar storage is disabled")]
    ExemplarsUnsupported,
    /// The storage keeps no metadata.
    #[error("this storage takes no metadata")]
    MetadataUnsupported,
    /// The sample is older than what the storage still takes.
    #[error("out of bounds: sample at {timestamp_ms} is too old, the oldest accepted time is {oldest_ms}")]
    TooOld {
        /// Time of the refused sample.
        timestamp_ms: i64,
        /// The oldest time that is accepted now.
        oldest_ms: i64,
    },
    /// The sample is older than what the storage takes out of order.
    #[error("too old sample: {timestamp_ms} is before the out-of-order window, which begins at {oldest_ms}")]
    BeyondWindow {
        /// Time of the refused sample.
        timestamp_ms: i64,
        /// The oldest time that is accepted now.
        oldest_ms: i64,
    },
    /// The sample came late, and samples of its series and its time were deleted lately: what hides them would hide it, too. After the next
    /// compaction of late samples it is taken.
    #[error(
        "late sample at {timestamp_ms}: samples of this time were deleted, and are not compacted away yet"
    )]
    Deleted {
        /// Time of the refused sample.
        timestamp_ms: i64,
    },
    /// The labels do not name a series.
    #[error("invalid labels: {0}")]
    InvalidLabels(#[from] LabelError),
    /// The handle is not of a series of this storage.
    #[error("unknown series reference {}: append with labels once to get a valid one", .0.0)]
    UnknownSeries(SeriesRef),
    /// A limit on what one series, batch or storage may hold.
    #[error("limit reached: {0}")]
    Limit(String),
    /// The storage itself failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl AppendError {
    /// What is wrong with the sample, whether it is the storage or its batch that has another one.
    #[must_use]
    pub fn conflict(&self) -> &Self {
        match self {
            Self::ConflictInBatch(error) => error,
            error => error,
        }
    }
}

/// What a commit did.
#[derive(Debug, Default)]
#[must_use = "samples that lost a race against another writer are listed here"]
pub struct CommitSummary {
    /// Samples stored.
    pub samples: usize,
    /// Series created by this batch.
    pub series_created: usize,
    /// Samples that were fine when added but came too late: another batch wrote the same series in between.
    pub rejected: Vec<Rejection>,
}

/// A sample that was refused at commit time.
#[derive(Debug)]
pub struct Rejection {
    /// Its series.
    pub series: SeriesRef,
    /// Why.
    pub error: AppendError,
}
