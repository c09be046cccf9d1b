//! The appender of one scrape, and what is counted on the way.

use emberdb_model::storage::{AppendError, Appender};
use emberdb_model::{Labels, METRIC_NAME, SeriesRef};

use crate::family::Family;
use crate::format::{Exemplar, Series};
use crate::scrape::{ScrapeError, ScrapeReport};

/// How far ahead of its scrape a sample's own timestamp may be.
const AHEAD_MS_MAX: i64 = 10 * 60 * 1000;

/// See the module's text.
pub(crate) struct Batch<'b> {
    pub(crate) appender: &'b mut dyn Appender,
    pub(crate) timestamp_ms: i64,
    pub(crate) report: &'b mut ScrapeReport,
    /// Whether the storage keeps exemplars and metadata, as far as is known.
    takes_exemplars: bool,
    takes_metadata: bool,
}

impl<'b> Batch<'b> {
    pub(crate) fn new(
        appender: &'b mut dyn Appender,
        timestamp_ms: i64,
        report: &'b mut ScrapeReport,
    ) -> Self {
        Self { appender, timestamp_ms, report, takes_exemplars: true, takes_metadata: true }
    }

    pub(crate) fn count_sample(&mut self) {
        self.report.samples_scraped += 1;
        self.report.samples_post_metric_relabeling += 1;
    }

    /// Whether the storage may be asked at all.
    pub(crate) fn is_in_time(&mut self, timestamp_ms: i64) -> bool {
        let in_time = timestamp_ms <= self.timestamp_ms.saturating_add(AHEAD_MS_MAX);
        self.report.samples_out_of_bounds += usize::from(!in_time);
        in_time
    }

    /// Appends by reference, or by labels if the storage has forgotten the series: then its new reference is returned.
    pub(crate) fn append(
        &mut self,
        labels: &Labels,
        reference: SeriesRef,
        timestamp_ms: i64,
        value: f64,
    ) -> Result<Option<SeriesRef>, AppendError> {
        match self.appender.append_ref(reference, timestamp_ms, value) {
            Ok(()) => Ok(None),
            Err(AppendError::UnknownSeries(_)) => self.appender.append(labels, timestamp_ms, value).map(Some),
            Err(error) => Err(error),
        }
    }

    /// Appends what stands beside a sample that was taken. No refusal of it fails the scrape.
    #[inline]
    pub(crate) fn append_marks(
        &mut self,
        series: SeriesRef,
        labels: &Labels,
        timestamp_ms: i64,
        sample: &Series<'_>,
        family: &mut Family,
    ) -> Result<(), ScrapeError> {
        let failed = |reason| ScrapeError::Append { series: labels.to_string(), reason };
        if let Some(exemplar) = sample.exemplar.filter(|_| self.takes_exemplars) {
            self.append_exemplar(series, timestamp_ms, &exemplar).map_err(failed)?;
        }
        if family.is_current() && self.takes_metadata {
            self.update_metadata(series, labels, family).map_err(failed)?;
        }
        Ok(())
    }

    /// Appends an example; one that was exposed without a time is of the sample's.
    fn append_exemplar(
        &mut self,
        series: SeriesRef,
        timestamp_ms: i64,
        exposed: &Exemplar<'_>,
    ) -> Result<(), AppendError> {
        // Labels that are no valid set cannot be stored, and are not worth a scrape.
        let Ok(labels) = Labels::new(exposed.labels()) else { return Ok(()) };
        let timestamp_ms = exposed.timestamp_ms.unwrap_or(timestamp_ms);
        let exemplar = emberdb_model::Exemplar { labels, value: exposed.value, timestamp_ms };
        let appended = match exposed.timestamp_ms {
            Some(_) => self.appender.append_exemplar(series, &exemplar),
            None => self.appender.append_untimed_exemplar(series, &exemplar),
        };
        match appended {
            Err(AppendError::ExemplarsUnsupported) => self.takes_exemplars = false,
            Err(AppendError::OutOfOrderExemplar { .. }) => self.report.exemplars_out_of_order += 1,
            Err(AppendError::Storage(error)) => return Err(error.into()),
            Ok(()) | Err(_) => {}
        }
        Ok(())
    }

    fn update_metadata(
        &mut self,
        series: SeriesRef,
        labels: &Labels,
        family: &mut Family,
    ) -> Result<(), AppendError> {
        let name = labels.get(METRIC_NAME).unwrap_or_default();
        let Some(metadata) = family.metadata_of(name) else { return Ok(()) };
        match self.appender.update_metadata(series, metadata) {
            Err(AppendError::MetadataUnsupported) => self.takes_metadata = false,
            Err(AppendError::Storage(error)) => return Err(error.into()),
            Ok(()) | Err(_) => {}
        }
        Ok(())
    }

    /// Appends at the scrape's time and keeps the reference.
    pub(crate) fn append_cached(
        &mut self,
        labels: &Labels,
        reference: &mut Option<SeriesRef>,
        value: f64,
    ) -> Result<(), AppendError> {
        let timestamp_ms = self.timestamp_ms;
        let renewed = match *reference {
            Some(known) => self.append(labels, known, timestamp_ms, value)?,
            None => Some(self.appender.append(labels, timestamp_ms, value)?),
        };
        *reference = renewed.or(*reference);
        Ok(())
    }

    /// Counts a sample that was refused for its time; any other reason fails the scrape.
    pub(crate) fn refused(&mut self, error: AppendError, labels: &Labels) -> Result<(), ScrapeError> {
        if self.report.count_refusal(&error) {
            return Ok(());
        }
        Err(ScrapeError::Append { series: labels.to_string(), reason: error })
    }
}

impl ScrapeReport {
    /// Counts a sample that was refused for its time; false if that was not the reason.
    pub(crate) fn count_refusal(&mut self, error: &AppendError) -> bool {
        match error.conflict() {
            AppendError::OutOfOrder { .. } => self.samples_out_of_order += 1,
            AppendError::Duplicate { .. } | AppendError::DuplicateHistogram { .. } => {
                self.samples_duplicate += 1;
            }
            AppendError::TooOld { .. } | AppendError::Deleted { .. } => self.samples_out_of_bounds += 1,
            AppendError::OutOfOrderExemplar { .. } => self.exemplars_out_of_order += 1,
            _ => return false,
        }
        true
    }
}

/// Whether a sample was refused for its time, which concerns no other sample.
pub(crate) fn is_refusal(error: &AppendError) -> bool {
    matches!(
        error.conflict(),
        AppendError::OutOfOrder { .. }
            | AppendError::Duplicate { .. }
            | AppendError::DuplicateHistogram { .. }
            | AppendError::TooOld { .. }
            | AppendError::Deleted { .. }
    )
}
