//! What a request brings, on its way into the storage: one batch.

use emberdb_model::storage::{AppendError, Appendable, Appender, CommitSummary, StorageError};
use emberdb_model::{Exemplar, Labels, Metadata, SeriesRef};

use super::refused::{BadSample, Refused};
use crate::view::{ExemplarView, HistogramRoom, HistogramView, MetadataView, ReadHistogram, SampleView};

/// Samples may be so far ahead of the clock, in milliseconds: 10 minutes, as upstream. What is farther would keep all
/// others out, as they would be too old then.
const AHEAD_MS_MAX: i64 = 10 * 60 * 1000;

/// A histogram may have so many bytes: room for as many buckets as the storage takes, some hundred thousand.
const HISTOGRAM_BYTES_MAX: usize = 4 << 20;

/// A series of a request. It is looked up by its labels once, when the first of its samples is taken.
#[derive(Debug)]
pub(super) struct Series {
    pub(super) labels: Labels,
    reference: Option<SeriesRef>,
}

impl Series {
    pub(super) fn new(labels: Labels) -> Self {
        Self { labels, reference: None }
    }
}

/// A batch of the storage, and what is used again for every sample of it.
pub(super) struct Batch<'s> {
    appender: Box<dyn Appender + 's>,
    /// Later ones are in the future.
    newest_ms: i64,
    room: HistogramRoom,
    metadata: Metadata,
    /// Until the storage says that it does not.
    keeps_metadata: bool,
    /// Samples that others of the request stand against.
    conflicting: usize,
}

impl<'s> Batch<'s> {
    /// Begins a batch, at the time `now_ms`.
    pub(super) fn begin(storage: &'s dyn Appendable, now_ms: i64) -> Result<Self, StorageError> {
        Ok(Self {
            appender: storage.appender()?,
            newest_ms: now_ms.saturating_add(AHEAD_MS_MAX),
            room: HistogramRoom::default(),
            metadata: Metadata::default(),
            keeps_metadata: true,
            conflicting: 0,
        })
    }

    /// Says since when the samples count that are added from now on; 0 is unknown.
    pub(super) fn set_start(&mut self, start_ms: i64) {
        self.appender.set_start_timestamp(start_ms);
    }

    pub(super) fn sample(&mut self, series: &mut Series, sample: SampleView) -> Result<(), Refused> {
        let SampleView { timestamp_ms, value, .. } = sample;
        self.check_time(timestamp_ms)?;
        let appended = match series.reference {
            Some(reference) => self.appender.append_ref(reference, timestamp_ms, value).map(|()| reference),
            None => self.appender.append(&series.labels, timestamp_ms, value),
        };
        self.added(series, appended).map_err(|error| Refused::of_float(error, timestamp_ms, value))
    }

    pub(super) fn histogram(
        &mut self,
        series: &mut Series,
        histogram: HistogramView<'_>,
    ) -> Result<(), Refused> {
        let bytes = histogram.bytes();
        if bytes > HISTOGRAM_BYTES_MAX {
            let message = format!("a histogram has {bytes} bytes, at most {HISTOGRAM_BYTES_MAX} are taken");
            return Err(AppendError::Limit(message).into());
        }
        let newest_ms = self.newest_ms;
        let (timestamp_ms, mut histogram) = histogram.read(&mut self.room);
        if timestamp_ms > newest_ms {
            return Err(Refused::Sample(BadSample::Future));
        }
        coarsen(&mut histogram)?;
        let appender = &mut self.appender;
        let added = match (&histogram, series.reference) {
            (ReadHistogram::Integer(h), None) => appender.append_histogram(&series.labels, timestamp_ms, h),
            (ReadHistogram::Float(h), None) => {
                appender.append_float_histogram(&series.labels, timestamp_ms, h)
            }
            (ReadHistogram::Integer(h), Some(reference)) => {
                appender.append_histogram_ref(reference, timestamp_ms, h).map(|()| reference)
            }
            (ReadHistogram::Float(h), Some(reference)) => {
                appender.append_float_histogram_ref(reference, timestamp_ms, h).map(|()| reference)
            }
        };
        Ok(self.added(series, added)?)
    }

    /// Remembers the series of a sample, and passes over one that another one of the request stands against: upstream looks
    /// at what is stored when it answers, and drops the sample later.
    fn added(
        &mut self,
        series: &mut Series,
        added: Result<SeriesRef, AppendError>,
    ) -> Result<(), AppendError> {
        series.reference = match added {
            Ok(reference) => Some(reference),
            // Upstream takes it, and hides it.
            Err(AppendError::ConflictInBatch(_) | AppendError::Deleted { .. }) => {
                self.conflicting += 1;
                series.reference.or_else(|| self.appender.find_series(&series.labels))
            }
            Err(error) => return Err(error),
        };
        Ok(())
    }

    /// How many samples were passed over.
    pub(super) fn conflicting(&self) -> usize {
        self.conflicting
    }

    /// Adds an exemplar of a series that the storage has.
    pub(super) fn exemplar(
        &mut self,
        series: &mut Series,
        labels: Labels,
        exemplar: ExemplarView,
    ) -> Result<(), Refused> {
        let ExemplarView { value, timestamp_ms } = exemplar;
        self.check_time(timestamp_ms)?;
        // Senders put samples and exemplars of a series into places of their own.
        let reference = series.reference.or_else(|| self.appender.find_series(&series.labels));
        series.reference = reference;
        let reference = reference.ok_or(Refused::Sample(BadSample::ExemplarWithoutSeries))?;
        Ok(self.appender.append_exemplar(reference, &Exemplar { labels, value, timestamp_ms })?)
    }

    /// Says what the metric of a series is for, if the storage keeps that. Nothing is the worse for it if not.
    pub(super) fn metadata(&mut self, series: &Series, metadata: MetadataView<'_>) {
        let (Some(reference), true) = (series.reference, self.keeps_metadata) else { return };
        let (Ok(help), Ok(unit)) = (str::from_utf8(metadata.help), str::from_utf8(metadata.unit)) else {
            return;
        };
        let room = &mut self.metadata;
        room.metric_type = metadata.metric_type;
        for (text, sent) in [(&mut room.help, help), (&mut room.unit, unit)] {
            text.clear();
            text.push_str(sent);
        }
        // A sender that knows nothing of a metric sends it so, and takes back nothing that another one said.
        if room.is_empty() {
            return;
        }
        let updated = self.appender.update_metadata(reference, room);
        self.keeps_metadata = !matches!(updated, Err(AppendError::MetadataUnsupported));
    }

    /// Stores all that was added.
    pub(super) fn commit(self) -> Result<CommitSummary, StorageError> {
        self.appender.commit()
    }

    /// Stores nothing.
    pub(super) fn rollback(self) {
        self.appender.rollback();
    }

    fn check_time(&self, timestamp_ms: i64) -> Result<(), Refused> {
        if timestamp_ms > self.newest_ms { Err(Refused::Sample(BadSample::Future)) } else { Ok(()) }
    }
}

/// Merges buckets of schemas that are finer than any that is stored. Of schemas that nobody knows the storage will say so.
fn coarsen(histogram: &mut ReadHistogram<'_>) -> Result<(), Refused> {
    let coarsened = match histogram {
        ReadHistogram::Integer(h) if h.schema.accepted().is_ok() => h.accept_schema(),
        ReadHistogram::Float(h) if h.schema.accepted().is_ok() => h.accept_schema(),
        _ => Ok(()),
    };
    coarsened.map_err(|error| Refused::Sample(BadSample::Histogram(error)))
}
