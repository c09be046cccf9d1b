//! A target: stores its scrapes, and ends the series that it no longer has.
//!
//! | event | what is written at the scrape's time |
//! |---|---|
//! | a series of the last good scrape is absent | a staleness marker for it |
//! | no response, a malformed or empty body, a limit exceeded | markers for all series of the last good scrape, and `up 0` |
//! | a sample has its own timestamp | nothing when it is absent, unless [`TargetOptions::track_timestamps_staleness`] |
//! | a series stands twice | the first sample; the second is counted as a duplicate |
//! | the target is removed | markers for all series and for the report's own |

use std::time::Duration;

use emberdb_model::storage::{AppendError, Appendable, Appender, StorageError, StorageErrorKind};
use emberdb_model::{Labels, LabelsBuilder, METRIC_NAME, STALE_NAN, SeriesRef};

use crate::batch::{Batch, is_refusal};
use crate::cache::{ScrapeCache, SeriesId};
use crate::family::Family;
use crate::format::{Entry, ExpositionFormat, Metric, Parser, ParserOptions, Series, negotiate};
use crate::scrape::{Scrape, ScrapeError, ScrapeReport};

/// Put before a label's name where the target has a label of that name.
const EXPORTED_PREFIX: &str = "exported_";

/// The series that each scrape writes about itself.
const REPORT_NAMES: [&str; 5] = [
    "up",
    "scrape_duration_seconds",
    "scrape_samples_scraped",
    "scrape_samples_post_metric_relabeling",
    "scrape_series_added",
];

/// What may be set for a target; the names are those of Prometheus' configuration. A limit of 0 is none.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TargetOptions {
    /// Where a scraped label and one of the target have the same name, keep the scraped one; else it is renamed to
    /// `exported_` and its name.
    pub honor_labels: bool,
    /// Take the timestamps that samples have, else the scrape's time. On unless set otherwise.
    pub honor_timestamps: bool,
    /// Also store types, units and help texts, where the storage keeps metadata. Off unless set otherwise: then a query finds none.
    /// What Prometheus has behind the feature `metadata-wal-records`.
    pub metadata_wal_records: bool,
    /// Also end series whose samples have timestamps of their own.
    pub track_timestamps_staleness: bool,
    /// The format to assume where the response's `Content-Type` is missing, malformed or unknown.
    pub fallback_format: Option<ExpositionFormat>,
    /// Samples of one scrape.
    pub sample_limit: usize,
    /// Labels of one series, the target's own and the name included.
    pub label_limit: usize,
    /// Bytes of a label's name.
    pub label_name_length_limit: usize,
    /// Bytes of a label's value.
    pub label_value_length_limit: usize,
    /// Bytes of the decompressed body.
    pub body_size_limit: usize,
}

impl Default for TargetOptions {
    fn default() -> Self {
        Self {
            honor_labels: false,
            honor_timestamps: true,
            metadata_wal_records: false,
            track_timestamps_staleness: false,
            fallback_format: None,
            sample_limit: 0,
            label_limit: 0,
            label_name_length_limit: 0,
            label_value_length_limit: 0,
            body_size_limit: 0,
        }
    }
}

/// One target: its labels, its options, and what its last scrape had.
///
/// It does no I/O and has no clock: whoever fetches the responses says when, which must be the same storage each time.
#[derive(Debug)]
pub struct Target {
    labels: Vec<(String, String)>,
    options: TargetOptions,
    cache: ScrapeCache,
    report_series: [(Labels, Option<SeriesRef>); 5],
    scraped: bool,
    builder: LabelsBuilder,
    /// What the response that is being read says about its metrics; nothing is noted if nothing is to be stored of it.
    family: Family,
}

impl Target {
    /// A target that adds `labels` to all its series. Labels whose names begin with `__` are left out, as they are for
    /// whoever finds targets.
    #[must_use]
    pub fn new(labels: &Labels, options: TargetOptions) -> Self {
        let labels: Vec<(String, String)> = labels
            .iter()
            .filter(|(name, _)| !name.starts_with("__"))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let report_series = REPORT_NAMES.map(|name| {
            let pairs = labels.iter().map(|(n, v)| (n.as_str(), v.as_str()));
            let own = Labels::new(pairs.chain([(METRIC_NAME, name)]));
            (own.expect("labels were valid, and none of them is `__name__`"), None)
        });
        let (cache, builder) = (ScrapeCache::default(), LabelsBuilder::new());
        Self { labels, options, cache, report_series, scraped: false, builder, family: Family::default() }
    }

    /// Stores a response at `timestamp_ms`: its samples, markers for the series that it no longer has, and the report.
    ///
    /// A response that cannot be used stores nothing of its body: then all series of the last good scrape get markers, and
    /// the report says `up 0` and [`ScrapeReport::error`] why.
    ///
    /// # Errors
    /// [`StorageError`] if the storage failed: then nothing was stored, and the next scrape writes the markers that are due.
    pub fn ingest(
        &mut self,
        storage: &dyn Appendable,
        timestamp_ms: i64,
        scrape: &Scrape<'_>,
    ) -> Result<ScrapeReport, StorageError> {
        let mut appender = storage.appender()?;
        let mut report = ScrapeReport::default();
        self.cache.begin();
        self.family.clear();
        let mut batch = Batch::new(&mut *appender, timestamp_ms, &mut report);
        let appended = self.append_body(&mut batch, scrape).and_then(|()| self.append_markers(&mut batch));
        if let Err(error) = appended {
            appender.rollback();
            appender = self.begin_failed(storage)?;
            report.error = Some(error);
        }
        self.conclude(storage, appender, timestamp_ms, scrape.duration, report)
    }

    /// Stores that there was no response: markers for all series of the last good scrape, and `up 0`.
    ///
    /// # Errors
    /// [`StorageError`] if the storage failed: then nothing was stored.
    pub fn fail(
        &mut self,
        storage: &dyn Appendable,
        timestamp_ms: i64,
        duration: Duration,
        reason: impl Into<String>,
    ) -> Result<ScrapeReport, StorageError> {
        self.cache.begin();
        let appender = self.begin_failed(storage)?;
        let error = Some(ScrapeError::Failed(reason.into()));
        let report = ScrapeReport { error, ..ScrapeReport::default() };
        self.conclude(storage, appender, timestamp_ms, duration, report)
    }

    /// Ends all series of the target, those of the report too, and returns how many markers were written.
    ///
    /// `timestamp_ms` is when the next scrape would have been. Upstream calls this a good two intervals after the last
    /// scrape, so that a target that comes back under the same labels has written newer samples by then, and the
    /// markers are refused. Not to be called when the program ends: then the series go on after the restart.
    ///
    /// # Errors
    /// [`StorageError`] if the storage failed: then nothing was stored, and this may be called again.
    pub fn remove(&mut self, storage: &dyn Appendable, timestamp_ms: i64) -> Result<usize, StorageError> {
        if !self.scraped {
            return Ok(0);
        }
        self.cache.begin();
        let mut appender = self.begin_failed(storage)?;
        let mut report = ScrapeReport::default();
        let mut batch = Batch::new(&mut *appender, timestamp_ms, &mut report);
        let mut failed = self.append_markers(&mut batch).err().map(|error| error.to_string());
        for (labels, reference) in &mut self.report_series {
            match batch.append_cached(labels, reference, STALE_NAN) {
                Ok(()) => batch.report.stale_markers += 1,
                Err(error) if is_refusal(&error) => {}
                Err(error) => failed = Some(error.to_string()),
            }
        }
        if let Some(reason) = failed {
            appender.rollback();
            let message = format!("cannot end the series of a removed target: {reason}");
            return Err(StorageError::new(StorageErrorKind::Unavailable, message));
        }
        let rejected = appender.commit()?.rejected.len();
        report.stale_markers = report.stale_markers.saturating_sub(rejected);
        self.cache = ScrapeCache::default();
        self.scraped = false;
        Ok(report.stale_markers)
    }

    /// A new batch, for which all series of the last good scrape count as absent.
    fn begin_failed<'s>(
        &mut self,
        storage: &'s dyn Appendable,
    ) -> Result<Box<dyn Appender + 's>, StorageError> {
        self.cache.abandon();
        storage.appender()
    }

    /// Writes the markers of a scrape that failed and the report of any, and commits.
    fn conclude<'s>(
        &mut self,
        storage: &'s dyn Appendable,
        mut appender: Box<dyn Appender + 's>,
        timestamp_ms: i64,
        duration: Duration,
        mut report: ScrapeReport,
    ) -> Result<ScrapeReport, StorageError> {
        if report.error.is_some() {
            report.stale_markers = 0;
            let mut batch = Batch::new(&mut *appender, timestamp_ms, &mut report);
            if self.append_markers(&mut batch).is_err() {
                // The report matters more than the markers.
                report.stale_markers = 0;
                appender.rollback();
                appender = storage.appender()?;
            }
        }
        let values = [
            f64::from(u8::from(report.is_up())),
            duration.as_secs_f64(),
            report.samples_scraped as f64,
            report.samples_post_metric_relabeling as f64,
            report.series_added as f64,
        ];
        let mut batch = Batch::new(&mut *appender, timestamp_ms, &mut report);
        for ((labels, reference), value) in self.report_series.iter_mut().zip(values) {
            // A refusal is expected where a removed target comes back under the same labels.
            if let Err(error) = batch.append_cached(labels, reference, value)
                && matches!(error, AppendError::TooOld { .. })
            {
                batch.report.samples_out_of_bounds += 1;
            }
        }
        match appender.commit() {
            Ok(summary) => {
                for rejection in &summary.rejected {
                    report.count_refusal(&rejection.error);
                }
                self.cache.finish(report.is_up());
                self.scraped = true;
                Ok(report)
            }
            Err(error) => {
                self.cache.abandon();
                Err(error)
            }
        }
    }

    fn append_body(&mut self, batch: &mut Batch<'_>, scrape: &Scrape<'_>) -> Result<(), ScrapeError> {
        let (body, options) = (scrape.body, &self.options);
        if body.is_empty() {
            return Err(ScrapeError::EmptyBody);
        }
        if options.body_size_limit > 0 && body.len() > options.body_size_limit {
            return Err(ScrapeError::BodySize { limit: options.body_size_limit, bytes: body.len() });
        }
        let negotiated = negotiate(scrape.content_type, options.fallback_format)?;
        batch.report.warning = negotiated.warning;
        let format = negotiated.format;
        let mut parser =
            Parser::new(format, body, ParserOptions::default()).ok_or(ScrapeError::UnreadFormat(format))?;
        let mut appended = 0;
        while self.append_next(batch, &mut parser, &mut appended)? {}
        let limit = self.options.sample_limit;
        if limit > 0 && appended > limit {
            return Err(ScrapeError::SampleLimit { limit, samples: appended });
        }
        Ok(())
    }

    /// Reads one entry and appends it if it is a sample; false at the end of the body.
    fn append_next(
        &mut self,
        batch: &mut Batch<'_>,
        parser: &mut Parser<'_>,
        appended: &mut usize,
    ) -> Result<bool, ScrapeError> {
        let predicted = self.cache.predicted().filter(|(_, line)| line.bound == parser.bound_label());
        if let Some((id, line)) = predicted
            && let Some(sample) = parser.next_known(&line.text)
        {
            let sample = sample?;
            if let Some(series) = self.cache.visit_line(id) {
                self.append_known(batch, series, &sample, appended)?;
            }
            return Ok(true);
        }
        let Some(entry) = parser.next().transpose()? else { return Ok(false) };
        let Entry::Series(sample) = entry else {
            if self.options.metadata_wal_records {
                self.family.note(&entry);
            }
            return Ok(true);
        };
        let metric = &sample.metric;
        let line = self.cache.find_line(metric.text(), metric.bound_label());
        match line.and_then(|id| self.cache.visit_line(id)) {
            Some(series) => self.append_known(batch, series, &sample, appended)?,
            None => self.append_new(batch, &sample, appended)?,
        }
        Ok(true)
    }

    /// Appends a sample of a line that the cache does not have.
    fn append_new(
        &mut self,
        batch: &mut Batch<'_>,
        sample: &Series<'_>,
        appended: &mut usize,
    ) -> Result<(), ScrapeError> {
        let metric = &sample.metric;
        let labels = self.stored_labels(metric)?;
        if let Some(series) = self.cache.find_series(&labels) {
            self.cache.add_line(metric.text(), metric.bound_label(), series);
            return self.append_known(batch, series, sample, appended);
        }
        batch.count_sample();
        let (timestamp_ms, explicit) = self.sample_time(batch, sample);
        if !self.is_within_limit(appended) || !batch.is_in_time(timestamp_ms) {
            return Ok(());
        }
        let reference = match batch.appender.append(&labels, timestamp_ms, sample.value) {
            Ok(reference) => reference,
            Err(error) => return batch.refused(error, &labels),
        };
        batch.append_marks(reference, &labels, timestamp_ms, sample, &mut self.family)?;
        let series = self.cache.add_series(labels, reference);
        self.cache.add_line(metric.text(), metric.bound_label(), series);
        if !explicit || self.options.track_timestamps_staleness {
            self.cache.track(series);
        }
        batch.report.series_added += 1;
        Ok(())
    }

    /// Appends a sample of a series that the cache has.
    fn append_known(
        &mut self,
        batch: &mut Batch<'_>,
        id: SeriesId,
        sample: &Series<'_>,
        appended: &mut usize,
    ) -> Result<(), ScrapeError> {
        batch.count_sample();
        let (timestamp_ms, explicit) = self.sample_time(batch, sample);
        let first = self.cache.visit_series(id);
        if !first && !explicit {
            batch.report.samples_duplicate += 1;
            return Ok(());
        }
        if !self.is_within_limit(appended) || !batch.is_in_time(timestamp_ms) {
            return Ok(());
        }
        let Some(series) = self.cache.series(id) else { return Ok(()) };
        let renewed = match batch.append(&series.labels, series.reference, timestamp_ms, sample.value) {
            Ok(renewed) => renewed,
            Err(error) => return batch.refused(error, &series.labels),
        };
        let reference = renewed.unwrap_or(series.reference);
        batch.append_marks(reference, &series.labels, timestamp_ms, sample, &mut self.family)?;
        if let Some(renewed) = renewed {
            self.cache.set_reference(id, renewed);
        }
        if !explicit || self.options.track_timestamps_staleness {
            self.cache.track(id);
        }
        Ok(())
    }

    /// The time to store a sample at, and whether it is the sample's own.
    fn sample_time(&self, batch: &Batch<'_>, sample: &Series<'_>) -> (i64, bool) {
        match sample.timestamp_ms.filter(|_| self.options.honor_timestamps) {
            Some(own) => (own, true),
            None => (batch.timestamp_ms, false),
        }
    }

    /// Counts a sample. What is above the limit is still read, so that the report can tell how much too much it is.
    fn is_within_limit(&self, appended: &mut usize) -> bool {
        *appended += 1;
        self.options.sample_limit == 0 || *appended <= self.options.sample_limit
    }

    /// Markers for the series of the last good scrape that this one does not have.
    fn append_markers(&mut self, batch: &mut Batch<'_>) -> Result<(), ScrapeError> {
        for id in self.cache.absent() {
            let Some(series) = self.cache.series(id) else { continue };
            match batch.append(&series.labels, series.reference, batch.timestamp_ms, STALE_NAN) {
                Ok(renewed) => {
                    batch.report.stale_markers += 1;
                    if let Some(reference) = renewed {
                        self.cache.set_reference(id, reference);
                    }
                }
                // Another target has written newer samples of the series: it has not ended.
                Err(error) if is_refusal(&error) => {}
                Err(reason) => {
                    return Err(ScrapeError::Append { series: series.labels.to_string(), reason });
                }
            }
        }
        Ok(())
    }

    /// The labels that a line's series is stored under.
    fn stored_labels(&mut self, metric: &Metric<'_>) -> Result<Labels, ScrapeError> {
        let line = || String::from_utf8_lossy(metric.text()).into_owned();
        self.builder.clear();
        let mut emptied = Vec::new();
        for (name, value) in metric.labels() {
            // A label with an empty value is none, but with `honor_labels` it keeps the target's away.
            if value.is_empty() && self.options.honor_labels {
                emptied.push(name.into_owned());
            } else {
                self.builder.push(&name, &value);
            }
        }
        // Before the target's labels replace some: a name that stands twice is an error whatever its name is.
        let scraped = self.builder.build().map_err(|reason| ScrapeError::Labels { line: line(), reason })?;
        if scraped.get(METRIC_NAME).is_none() {
            return Err(ScrapeError::MetricName { line: line() });
        }
        if self.options.honor_labels {
            for (name, value) in &self.labels {
                if scraped.get(name).is_none() && !emptied.contains(name) {
                    self.builder.push(name, value);
                }
            }
        } else {
            self.rename_conflicting(&scraped);
        }
        let labels = self.builder.build().map_err(|reason| ScrapeError::Labels { line: line(), reason })?;
        self.check_label_limits(&labels)?;
        Ok(labels)
    }

    /// Sets the target's labels, and gives scraped labels of the same name another one.
    fn rename_conflicting(&mut self, scraped: &Labels) {
        let mut conflicts = Vec::new();
        for (name, value) in &self.labels {
            match scraped.get(name) {
                Some(exported) => {
                    conflicts.push((name, exported));
                    self.builder.set(name, value);
                }
                None => self.builder.push(name, value),
            }
        }
        // Shorter names choose first, so that the outcome does not depend on the order of the labels.
        conflicts.sort_by_key(|(name, _)| name.len());
        for (name, exported) in conflicts {
            let mut renamed = format!("{EXPORTED_PREFIX}{name}");
            while self.builder.get(&renamed).is_some() {
                renamed.insert_str(0, EXPORTED_PREFIX);
            }
            self.builder.push(&renamed, exported);
        }
    }

    fn check_label_limits(&self, labels: &Labels) -> Result<(), ScrapeError> {
        let exceeds = |count: usize, limit: usize| limit > 0 && count > limit;
        let series = || labels.to_string();
        let limit = self.options.label_limit;
        if exceeds(labels.len(), limit) {
            return Err(ScrapeError::LabelLimit { limit, labels: labels.len(), series: series() });
        }
        for (name, value) in labels.iter() {
            let limit = self.options.label_name_length_limit;
            if exceeds(name.len(), limit) {
                return Err(ScrapeError::LabelNameLength { limit, name: name.into(), series: series() });
            }
            let (limit, bytes) = (self.options.label_value_length_limit, value.len());
            if exceeds(bytes, limit) {
                let name = name.into();
                return Err(ScrapeError::LabelValueLength { limit, name, bytes, series: series() });
            }
        }
        Ok(())
    }
}
