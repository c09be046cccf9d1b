//! A storage in memory, as plain as can be: the test double for queries, and the model that the real database is
//! compared with.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError, RwLock};

use emberdb_histogram::{FloatHistogram, Histogram};
use emberdb_model::storage::{
    AppendError, Appendable, Appender, CommitSummary, Querier, Queryable, Rejection, SeriesSet, StorageError,
};
use emberdb_model::{
    Label, LabelError, Labels, Matcher, Sample, SampleColumns, SampleValue, SeriesRef, SymbolTable,
    TimeRange, is_stale,
};

/// A value at its time, in milliseconds.
type Timed = (i64, SampleValue);

/// All series in the order of their creation, all samples in time order. It forgets nothing and refuses what is out of
/// order. Native histograms come back exactly as they were given, with their counter reset hints, but in floats: a storage
/// that has them in chunks gives them back with other hints and more empty buckets. Through an appender, a staleness marker
/// after a histogram becomes one.
///
/// ```
/// use emberdb_model::Labels;
/// use emberdb_model::storage::Appendable;
/// use emberdb_testkit::MemoryStorage;
///
/// let storage = MemoryStorage::new();
/// let mut appender = storage.appender()?;
/// appender.append(&Labels::new([("__name__", "up")])?, 15_000, 1.0)?;
/// assert_eq!(appender.commit()?.samples, 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Default)]
pub struct MemoryStorage {
    data: RwLock<Arc<Data>>,
}

/// What was committed. Queriers hold on to the state that they began with.
#[derive(Clone, Debug, Default)]
struct Data {
    /// The number of a series is its reference less one.
    series: Vec<StoredSeries>,
    numbers: BTreeMap<Labels, usize>,
}

#[derive(Clone, Debug)]
struct StoredSeries {
    labels: Labels,
    samples: Vec<Timed>,
    /// Since when samples count, by the time of the sample.
    start_timestamps: BTreeMap<i64, i64>,
}

impl Data {
    /// The number of the series with these labels, which is created if it is not there.
    fn number(&mut self, labels: &Labels) -> usize {
        if let Some(&number) = self.numbers.get(labels) {
            return number;
        }
        let number = self.series.len();
        let start_timestamps = BTreeMap::new();
        self.series.push(StoredSeries { labels: labels.clone(), samples: Vec::new(), start_timestamps });
        self.numbers.insert(labels.clone(), number);
        number
    }
}

impl MemoryStorage {
    /// An empty storage.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A storage with these series of floats, samples in time order.
    ///
    /// # Errors
    /// [`AppendError`] for the first sample that is refused.
    pub fn with_series(series: impl IntoIterator<Item = (Labels, Vec<Sample>)>) -> Result<Self, AppendError> {
        let timed = |samples: Vec<Sample>| samples.into_iter().map(Into::into).collect();
        Self::with_mixed_series(series.into_iter().map(|(labels, samples)| (labels, timed(samples))))
    }

    /// A storage with these series of floats and native histograms, samples in time order.
    ///
    /// # Errors
    /// [`AppendError`] for the first sample that is refused.
    pub fn with_mixed_series(
        series: impl IntoIterator<Item = (Labels, Vec<(i64, SampleValue)>)>,
    ) -> Result<Self, AppendError> {
        let storage = Self::new();
        storage.extend(series)?;
        Ok(storage)
    }

    /// Adds these samples, of each series in time order: all, or none if one is refused.
    ///
    /// # Errors
    /// [`AppendError`] for the first sample that is refused.
    pub fn extend(
        &self,
        series: impl IntoIterator<Item = (Labels, Vec<(i64, SampleValue)>)>,
    ) -> Result<(), AppendError> {
        let mut held = self.data.write().unwrap_or_else(PoisonError::into_inner);
        let mut data = Data::clone(&held);
        for (labels, samples) in series {
            let number = data.number(&labels);
            let held = &mut data.series[number].samples;
            for sample in samples {
                if accepts(held.last(), &sample)? {
                    held.push(sample);
                }
            }
        }
        *held = Arc::new(data);
        Ok(())
    }

    /// The samples of a series, in time order; none if there is no such series.
    #[must_use]
    pub fn samples_of(&self, labels: &Labels) -> Vec<(i64, SampleValue)> {
        let data = self.snapshot();
        data.numbers.get(labels).map(|&number| data.series[number].samples.clone()).unwrap_or_default()
    }

    /// Puts these samples, in time order, in place of those that a series had.
    pub fn replace(&self, series: impl IntoIterator<Item = (Labels, Vec<(i64, SampleValue)>)>) {
        let mut held = self.data.write().unwrap_or_else(PoisonError::into_inner);
        let mut data = Data::clone(&held);
        for (labels, samples) in series {
            let number = data.number(&labels);
            data.series[number].samples = samples;
        }
        *held = Arc::new(data);
    }

    /// Says since when samples count that are there or will be: of each series pairs of a sample's time and its start
    /// timestamp, both in milliseconds.
    ///
    /// ```
    /// use emberdb_model::{Labels, Sample};
    /// use emberdb_testkit::{MemoryStorage, NaiveEngine, NaiveOptions};
    ///
    /// let labels = Labels::new([("__name__", "requests_total")])?;
    /// let storage = MemoryStorage::with_series([(labels.clone(), vec![Sample { timestamp_ms: 60_000, value: 30.0 }])])?;
    /// storage.set_start_timestamps([(labels, vec![(60_000, 45_000)])]);
    /// let engine = NaiveEngine::new(NaiveOptions { use_start_timestamps: true, ..NaiveOptions::default() });
    /// // All of it since 45 s, though there is but one sample.
    /// let answer = engine.instant(&storage, "increase(requests_total[1m])", 60_000)?;
    /// assert!(format!("{:?}", answer.value).contains("Float(30.0)"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn set_start_timestamps(&self, series: impl IntoIterator<Item = (Labels, Vec<(i64, i64)>)>) {
        let mut held = self.data.write().unwrap_or_else(PoisonError::into_inner);
        let mut data = Data::clone(&held);
        for (labels, start_timestamps) in series {
            let number = data.number(&labels);
            data.series[number].start_timestamps.extend(start_timestamps);
        }
        *held = Arc::new(data);
    }

    fn snapshot(&self) -> Arc<Data> {
        Arc::clone(&self.data.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Appendable for MemoryStorage {
    fn appender(&self) -> Result<Box<dyn Appender + '_>, StorageError> {
        Ok(Box::new(MemoryAppender {
            storage: self,
            seen: self.snapshot(),
            created: Vec::new(),
            batch: Vec::new(),
        }))
    }
}

impl Queryable for MemoryStorage {
    fn querier(&self) -> Result<Box<dyn Querier>, StorageError> {
        Ok(Box::new(MemoryQuerier { data: self.snapshot() }))
    }
}

/// A batch: checked against what was committed when it began, and against itself; checked again on commit.
struct MemoryAppender<'a> {
    storage: &'a MemoryStorage,
    seen: Arc<Data>,
    /// Series that this batch names first; their numbers follow those of `seen`.
    created: Vec<Labels>,
    batch: Vec<(usize, Timed)>,
}

impl MemoryAppender<'_> {
    fn number(&self, labels: &Labels) -> Option<usize> {
        let new = || self.created.iter().rposition(|l| l == labels).map(|i| self.seen.series.len() + i);
        self.seen.numbers.get(labels).copied().or_else(new)
    }

    /// The number of the series with these labels, which is created if there is none.
    fn number_or_new(&mut self, labels: &Labels) -> Result<usize, AppendError> {
        if labels.is_empty() {
            return Err(LabelError::Empty.into());
        }
        Ok(self.number(labels).unwrap_or_else(|| {
            self.created.push(labels.clone());
            self.seen.series.len() + self.created.len() - 1
        }))
    }

    /// The number of a series by its reference.
    fn known(&self, series: SeriesRef) -> Result<usize, AppendError> {
        let known = self.seen.series.len() + self.created.len();
        let number = usize::try_from(series.0).ok().and_then(|n| n.checked_sub(1)).filter(|&n| n < known);
        number.ok_or(AppendError::UnknownSeries(series))
    }

    fn newest(&self, number: usize) -> Option<&Timed> {
        let in_batch = self.batch.iter().rev().find(|(n, _)| *n == number).map(|(_, sample)| sample);
        in_batch.or_else(|| self.seen.series.get(number)?.samples.last())
    }

    fn add(&mut self, number: usize, timestamp_ms: i64, value: SampleValue) -> Result<(), AppendError> {
        let sample = marked_as_newest(self.newest(number), (timestamp_ms, value));
        if accepts(self.newest(number), &sample)? {
            self.batch.push((number, sample));
        }
        Ok(())
    }

    fn add_by_labels(
        &mut self,
        labels: &Labels,
        timestamp_ms: i64,
        value: SampleValue,
    ) -> Result<SeriesRef, AppendError> {
        let number = self.number_or_new(labels)?;
        self.add(number, timestamp_ms, value)?;
        Ok(SeriesRef(number as u64 + 1))
    }
}

/// A staleness marker after a histogram as a histogram; all else as it is.
fn marked_as_newest(newest: Option<&Timed>, sample: Timed) -> Timed {
    match (newest, &sample) {
        (Some((_, SampleValue::Histogram(_))), &(timestamp_ms, SampleValue::Float(sum))) if is_stale(sum) => {
            (timestamp_ms, in_floats(&FloatHistogram { sum, ..FloatHistogram::default() }))
        }
        _ => sample,
    }
}

fn in_floats(histogram: &FloatHistogram) -> SampleValue {
    SampleValue::Histogram(Arc::new(histogram.clone()))
}

fn valid(histogram: &Histogram) -> Result<SampleValue, AppendError> {
    histogram.validate()?;
    Ok(SampleValue::Histogram(Arc::new(histogram.to_float())))
}

fn valid_float(histogram: &FloatHistogram) -> Result<SampleValue, AppendError> {
    histogram.validate()?;
    Ok(in_floats(histogram))
}

/// Whether a sample may follow the newest one: refused if it is older or differs at the same time, ignored if it is the
/// same sample once more.
fn accepts(newest: Option<&Timed>, (timestamp_ms, value): &Timed) -> Result<bool, AppendError> {
    let Some((newest_ms, newest)) = newest else { return Ok(true) };
    let (timestamp_ms, newest_ms) = (*timestamp_ms, *newest_ms);
    if timestamp_ms < newest_ms {
        return Err(AppendError::OutOfOrder { timestamp_ms, newest_ms });
    }
    if timestamp_ms > newest_ms {
        return Ok(true);
    }
    match (newest, value) {
        _ if is_same(value, newest) => Ok(false),
        (&SampleValue::Float(held), &SampleValue::Float(refused)) => {
            Err(AppendError::Duplicate { timestamp_ms, held, refused })
        }
        _ => {
            let (held, refused) = (newest.to_string().into(), value.to_string().into());
            Err(AppendError::DuplicateHistogram { timestamp_ms, held, refused })
        }
    }
}

fn is_same(a: &SampleValue, b: &SampleValue) -> bool {
    match (a, b) {
        (SampleValue::Float(a), SampleValue::Float(b)) => a.to_bits() == b.to_bits(),
        (SampleValue::Histogram(a), SampleValue::Histogram(b)) => a.has_same_data(b),
        _ => false,
    }
}

impl Appender for MemoryAppender<'_> {
    fn append(&mut self, labels: &Labels, timestamp_ms: i64, value: f64) -> Result<SeriesRef, AppendError> {
        self.add_by_labels(labels, timestamp_ms, SampleValue::Float(value))
    }

    fn append_ref(&mut self, series: SeriesRef, timestamp_ms: i64, value: f64) -> Result<(), AppendError> {
        self.add(self.known(series)?, timestamp_ms, SampleValue::Float(value))
    }

    fn append_histogram(
        &mut self,
        labels: &Labels,
        timestamp_ms: i64,
        histogram: &Histogram,
    ) -> Result<SeriesRef, AppendError> {
        self.add_by_labels(labels, timestamp_ms, valid(histogram)?)
    }

    fn append_histogram_ref(
        &mut self,
        series: SeriesRef,
        timestamp_ms: i64,
        histogram: &Histogram,
    ) -> Result<(), AppendError> {
        self.add(self.known(series)?, timestamp_ms, valid(histogram)?)
    }

    fn append_float_histogram(
        &mut self,
        labels: &Labels,
        timestamp_ms: i64,
        histogram: &FloatHistogram,
    ) -> Result<SeriesRef, AppendError> {
        self.add_by_labels(labels, timestamp_ms, valid_float(histogram)?)
    }

    fn append_float_histogram_ref(
        &mut self,
        series: SeriesRef,
        timestamp_ms: i64,
        histogram: &FloatHistogram,
    ) -> Result<(), AppendError> {
        self.add(self.known(series)?, timestamp_ms, valid_float(histogram)?)
    }

    fn find_series(&mut self, labels: &Labels) -> Option<SeriesRef> {
        self.number(labels).map(|number| SeriesRef(number as u64 + 1))
    }

    fn commit(self: Box<Self>) -> Result<CommitSummary, StorageError> {
        let mut held = self.storage.data.write().unwrap_or_else(PoisonError::into_inner);
        let mut data = Data::clone(&held);
        let mut summary = CommitSummary::default();
        for (number, sample) in self.batch {
            let labels = match self.seen.series.get(number) {
                Some(series) => &series.labels,
                None => &self.created[number - self.seen.series.len()],
            };
            // Another batch may have created series in between: the number is looked up anew.
            let number = data.number(labels);
            let samples = &mut data.series[number].samples;
            let sample = marked_as_newest(samples.last(), sample);
            match accepts(samples.last(), &sample) {
                Ok(true) => {
                    samples.push(sample);
                    summary.samples += 1;
                }
                Ok(false) => {}
                Err(error) => {
                    summary.rejected.push(Rejection { series: SeriesRef(number as u64 + 1), error });
                }
            }
        }
        summary.series_created = data.series.len() - held.series.len();
        *held = Arc::new(data);
        Ok(summary)
    }

    fn rollback(self: Box<Self>) {}
}

struct MemoryQuerier {
    data: Arc<Data>,
}

impl MemoryQuerier {
    fn matching(&self, matchers: &[Matcher], range: TimeRange) -> impl Iterator<Item = usize> {
        let is_asked = move |series: &StoredSeries| {
            matchers.iter().all(|m| m.matches(series.labels.get(m.name()).unwrap_or("")))
                && series.samples.iter().any(|&(t, _)| range.contains(t))
        };
        self.data.series.iter().enumerate().filter(move |(_, s)| is_asked(s)).map(|(number, _)| number)
    }
}

impl Querier for MemoryQuerier {
    fn select(
        &self,
        matchers: &[Matcher],
        range: TimeRange,
        symbols: &mut SymbolTable,
    ) -> Result<Box<dyn SeriesSet>, StorageError> {
        let mut selected = Vec::new();
        for number in self.matching(matchers, range) {
            let pairs = self.data.series[number].labels.iter();
            let labels = pairs.map(|(n, v)| Label { name: symbols.intern(n), value: symbols.intern(v) });
            selected.push((number, labels.collect()));
        }
        Ok(Box::new(MemorySeriesSet { data: Arc::clone(&self.data), selected }))
    }

    fn label_names(&self, matchers: &[Matcher], range: TimeRange) -> Result<Vec<String>, StorageError> {
        let mut names = BTreeSet::new();
        for number in self.matching(matchers, range) {
            names.extend(self.data.series[number].labels.iter().map(|(name, _)| name.to_owned()));
        }
        Ok(names.into_iter().collect())
    }

    fn label_values(
        &self,
        name: &str,
        matchers: &[Matcher],
        range: TimeRange,
    ) -> Result<Vec<String>, StorageError> {
        let mut values = BTreeSet::new();
        for number in self.matching(matchers, range) {
            values.extend(self.data.series[number].labels.get(name).map(str::to_owned));
        }
        Ok(values.into_iter().collect())
    }
}

struct MemorySeriesSet {
    data: Arc<Data>,
    /// Number and labels of each selected series.
    selected: Vec<(usize, Vec<Label>)>,
}

impl SeriesSet for MemorySeriesSet {
    fn len(&self) -> usize {
        self.selected.len()
    }

    fn labels(&self, series: usize) -> &[Label] {
        &self.selected[series].1
    }

    fn read(&self, series: usize, range: TimeRange, samples: &mut SampleColumns) -> Result<(), StorageError> {
        let stored = &self.data.series[self.selected[series].0];
        for (timestamp_ms, value) in stored.samples.iter().filter(|&&(t, _)| range.contains(t)) {
            let timestamp_ms = *timestamp_ms;
            let start_ms = stored.start_timestamps.get(&timestamp_ms).copied().unwrap_or(0);
            match value {
                SampleValue::Float(value) => {
                    samples.push_started(Sample { timestamp_ms, value: *value }, start_ms);
                }
                SampleValue::Histogram(histogram) => {
                    samples.histograms.push_started(timestamp_ms, histogram.clone(), start_ms);
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(name: &str) -> Labels {
        Labels::new([("__name__", name), ("job", "a")]).unwrap()
    }

    fn read(storage: &MemoryStorage) -> Vec<(String, Vec<i64>)> {
        let mut symbols = SymbolTable::new();
        let any = [Matcher::equal("job", "a")];
        let set = storage.querier().unwrap().select(&any, TimeRange::ALL, &mut symbols).unwrap();
        let one = |i| {
            let mut columns = SampleColumns::new();
            set.read(i, TimeRange::ALL, &mut columns).unwrap();
            (
                emberdb_model::LabelsRef::new(&symbols, set.labels(i)).metric_name().to_owned(),
                columns.timestamps,
            )
        };
        (0..set.len()).map(one).collect()
    }

    #[test]
    fn a_batch_is_seen_after_its_commit_and_not_before() {
        let storage = MemoryStorage::new();
        let mut appender = storage.appender().unwrap();
        let series = appender.append(&labels("b"), 1, 1.0).unwrap();
        appender.append_ref(series, 2, 2.0).unwrap();
        appender.append(&labels("a"), 1, 1.0).unwrap();
        assert!(read(&storage).is_empty());
        let before = storage.querier().unwrap();
        let summary = appender.commit().unwrap();
        assert_eq!((summary.samples, summary.series_created), (3, 2));
        assert_eq!(read(&storage), [("b".to_owned(), vec![1, 2]), ("a".to_owned(), vec![1])]);
        assert!(before.label_names(&[], TimeRange::ALL).unwrap().is_empty());
        assert_eq!(
            storage.querier().unwrap().label_values("__name__", &[], TimeRange::ALL).unwrap(),
            ["a", "b"]
        );
    }

    #[test]
    fn refusals_say_why_and_leave_the_batch_usable() {
        let storage = MemoryStorage::new();
        let mut appender = storage.appender().unwrap();
        appender.append(&labels("a"), 5, 1.0).unwrap();
        assert!(matches!(
            appender.append(&labels("a"), 4, 1.0),
            Err(AppendError::OutOfOrder { newest_ms: 5, .. })
        ));
        assert!(matches!(appender.append(&labels("a"), 5, 2.0), Err(AppendError::Duplicate { .. })));
        appender.append(&labels("a"), 5, 1.0).unwrap();
        assert!(matches!(appender.append(&Labels::default(), 5, 1.0), Err(AppendError::InvalidLabels(_))));
        assert!(matches!(appender.append_ref(SeriesRef(9), 5, 1.0), Err(AppendError::UnknownSeries(_))));
        assert_eq!(appender.commit().unwrap().samples, 1);
    }

    #[test]
    fn floats_and_histograms_are_read_apart() {
        let histogram = |count| {
            let histogram = FloatHistogram { count, ..FloatHistogram::default() };
            SampleValue::Histogram(Arc::new(histogram))
        };
        let samples = vec![(1, SampleValue::Float(1.0)), (2, histogram(2.0)), (3, SampleValue::Float(3.0))];
        let storage = MemoryStorage::with_mixed_series([(labels("a"), samples)]).unwrap();
        let mut symbols = SymbolTable::new();
        let set = storage.querier().unwrap().select(&[], TimeRange::ALL, &mut symbols).unwrap();
        let mut columns = SampleColumns::new();
        set.read(0, TimeRange::ALL, &mut columns).unwrap();
        assert_eq!((columns.timestamps, columns.histograms.timestamps), (vec![1, 3], vec![2]));
        let add = |timestamp_ms, value| storage.extend([(labels("a"), vec![(timestamp_ms, value)])]);
        assert!(matches!(add(2, histogram(2.0)), Err(AppendError::OutOfOrder { .. })));
        assert!(matches!(add(3, histogram(3.0)), Err(AppendError::DuplicateHistogram { .. })));
        add(4, histogram(4.0)).unwrap();
        add(4, histogram(4.0)).unwrap();
    }

    #[test]
    fn histograms_are_appended_and_markers_after_them_are_histograms() {
        let storage = MemoryStorage::new();
        let floats = FloatHistogram { count: 2.5, ..FloatHistogram::default() };
        let whole = Histogram { count: 2, zero_count: 2, ..Histogram::default() };
        let mut appender = storage.appender().unwrap();
        let series = appender.append_histogram(&labels("a"), 1, &whole).unwrap();
        appender.append_ref(series, 2, emberdb_model::STALE_NAN).unwrap();
        appender.append_ref(series, 2, emberdb_model::STALE_NAN).unwrap();
        appender.append_float_histogram_ref(series, 3, &floats).unwrap();
        let wrong = Histogram { count: 3, ..Histogram::default() };
        let refused = appender.append_histogram_ref(series, 4, &wrong);
        assert!(matches!(refused, Err(AppendError::InvalidHistogram(_))));
        let refused = appender.append_float_histogram(&labels("a"), 2, &floats);
        assert!(matches!(refused, Err(AppendError::OutOfOrder { newest_ms: 3, .. })));
        assert_eq!(appender.commit().unwrap().samples, 3);
        let stored = storage.samples_of(&labels("a"));
        assert_eq!(stored[0].1, SampleValue::Histogram(Arc::new(whole.to_float())));
        assert!(matches!(&stored[1].1, SampleValue::Histogram(marker) if is_stale(marker.sum)));
        assert_eq!(stored[2].1, SampleValue::Histogram(Arc::new(floats)));
    }

    #[test]
    fn start_timestamps_come_with_their_samples() {
        let histogram = SampleValue::Histogram(Arc::default());
        let samples = vec![(1, SampleValue::Float(1.0)), (2, histogram), (3, SampleValue::Float(3.0))];
        let storage = MemoryStorage::with_mixed_series([(labels("a"), samples)]).unwrap();
        let read = || {
            let mut symbols = SymbolTable::new();
            let set = storage.querier().unwrap().select(&[], TimeRange::ALL, &mut symbols).unwrap();
            let mut columns = SampleColumns::new();
            set.read(0, TimeRange::ALL, &mut columns).unwrap();
            (columns.start_timestamps, columns.histograms.start_timestamps)
        };
        assert_eq!(read(), (vec![], vec![]));
        storage.set_start_timestamps([(labels("a"), vec![(3, -7), (2, 1)])]);
        assert_eq!(read(), (vec![0, -7], vec![1]));
    }

    #[test]
    fn of_two_batches_that_meet_the_second_is_checked_again() {
        let storage = MemoryStorage::new();
        let (mut first, mut second) = (storage.appender().unwrap(), storage.appender().unwrap());
        first.append(&labels("a"), 5, 1.0).unwrap();
        second.append(&labels("a"), 4, 1.0).unwrap();
        assert_eq!(first.commit().unwrap().samples, 1);
        let summary = second.commit().unwrap();
        assert_eq!((summary.samples, summary.rejected.len()), (0, 1));
    }
}
