//! Selectors: which series, which samples.

use std::rc::Rc;

use emberdb_model::{Labels, LabelsRef, Matcher, Sample, SampleColumns, SymbolTable, TimeRange, is_stale};
use emberdb_promql_syntax::{At, DurationSpec, ExtendedRange, MatrixSelector, VectorSelector};

use super::error::NaiveError;
use super::evaluator::Evaluator;
use super::extended;
use super::value::{Element, Window};

/// All that the storage has of one series.
#[derive(Debug)]
pub(super) struct StoredSeries {
    pub(super) labels: Labels,
    /// In time order, staleness markers included.
    pub(super) samples: Vec<Sample>,
}

/// A selected element and the sample that it comes from.
pub(super) struct Selected {
    pub(super) labels: Labels,
    /// Its own time, not that of the evaluation.
    pub(super) sample: Sample,
}

/// An instant selector at `time_ms`.
pub(super) fn instant(
    ev: &Evaluator<'_>,
    selector: &VectorSelector,
    time_ms: i64,
) -> Result<Vec<Element>, NaiveError> {
    let selected = newest_samples(ev, selector, time_ms)?;
    Ok(selected
        .into_iter()
        .map(|s| Element { labels: s.labels, drop_name: false, value: s.sample.value })
        .collect())
}

/// An instant selector at `time_ms`, with the times of the samples.
///
/// It sees the newest sample with `t - lookback < T ≤ t`. If that is a staleness marker the series is absent, whatever
/// stands before the marker.
pub(super) fn newest_samples(
    ev: &Evaluator<'_>,
    selector: &VectorSelector,
    time_ms: i64,
) -> Result<Vec<Selected>, NaiveError> {
    let reference_ms = reference_time(ev, selector.at, &selector.offset, time_ms)?;
    let lookback_ms = ev.options.lookback_ms;
    let mut selected = Vec::new();
    for series in select(ev, &selector.matchers)?.iter() {
        let sample = if selector.extended_range == Some(ExtendedRange::Smoothed) {
            extended::smoothed_instant(series, reference_ms, lookback_ms)
        } else {
            let window = (reference_ms - lookback_ms, reference_ms);
            within(&series.samples, window).last().copied().filter(|s| !is_stale(s.value))
        };
        selected.extend(sample.map(|sample| Selected { labels: series.labels.clone(), sample }));
    }
    Ok(selected)
}

/// A range selector at `time_ms`: the samples with `t - range < T ≤ t`, staleness markers left out, of each series that
/// has any.
///
/// With `anchored` and `smoothed` also samples up to a lookback before the window, with `smoothed` also after it.
pub(super) fn range(
    ev: &Evaluator<'_>,
    matrix: &MatrixSelector,
    time_ms: i64,
) -> Result<Vec<Window>, NaiveError> {
    let selector = &matrix.selector;
    let end_ms = reference_time(ev, selector.at, &selector.offset, time_ms)?;
    let start_ms = end_ms - ev.length_ms(&matrix.range)?;
    let lookback_ms = ev.options.lookback_ms;
    let (before_ms, after_ms) = match selector.extended_range {
        None => (0, 0),
        Some(ExtendedRange::Anchored) => (lookback_ms, 0),
        Some(ExtendedRange::Smoothed) => (lookback_ms, lookback_ms),
    };
    let mut windows = Vec::new();
    for series in select(ev, &selector.matchers)?.iter() {
        let samples = live(within(&series.samples, (start_ms - before_ms, end_ms + after_ms)));
        if !samples.is_empty() {
            windows.push(Window {
                labels: series.labels.clone(),
                drop_name: false,
                start_ms,
                end_ms,
                samples,
            });
        }
    }
    Ok(windows)
}

/// The time that a selector or subquery looks at: the one after `@` or else the evaluation's, less the offset.
pub(super) fn reference_time(
    ev: &Evaluator<'_>,
    at: Option<At>,
    offset: &DurationSpec,
    time_ms: i64,
) -> Result<i64, NaiveError> {
    let pinned_ms = match at {
        None => time_ms,
        Some(At::Timestamp(at_ms)) => at_ms,
        Some(At::Start) => ev.query.start_ms,
        Some(At::End) => ev.query.end_ms,
    };
    Ok(pinned_ms - ev.offset_ms(offset)?)
}

/// All series that meet the matchers, with all their samples, in the storage's order.
pub(super) fn select(ev: &Evaluator<'_>, matchers: &[Matcher]) -> Result<Rc<Vec<StoredSeries>>, NaiveError> {
    let key = format!("{matchers:?}");
    if let Some(known) = ev.selected.borrow().get(&key) {
        return Ok(Rc::clone(known));
    }
    let mut symbols = SymbolTable::new();
    let set = ev.querier.select(matchers, TimeRange::ALL, &mut symbols)?;
    let mut found = Vec::new();
    for series in 0..set.len() {
        let mut columns = SampleColumns::new();
        set.read(series, TimeRange::ALL, &mut columns)?;
        let labels = LabelsRef::new(&symbols, set.labels(series))
            .to_labels()
            .map_err(|error| NaiveError::execution(format!("the storage gave invalid labels: {error}")))?;
        found.push(StoredSeries { labels, samples: columns.iter().collect() });
    }
    let found = Rc::new(found);
    ev.selected.borrow_mut().insert(key, Rc::clone(&found));
    Ok(found)
}

/// The samples in a window that is open on the left and closed on the right.
pub(super) fn within(samples: &[Sample], (start_ms, end_ms): (i64, i64)) -> &[Sample] {
    let from = samples.partition_point(|s| s.timestamp_ms <= start_ms);
    let to = samples.partition_point(|s| s.timestamp_ms <= end_ms);
    &samples[from..to.max(from)]
}

/// Without staleness markers.
pub(super) fn live(samples: &[Sample]) -> Vec<Sample> {
    samples.iter().copied().filter(|s| !is_stale(s.value)).collect()
}
