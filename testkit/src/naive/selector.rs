//! Selectors: which series, which samples.

use std::rc::Rc;

use emberdb_model::{Labels, LabelsRef, Matcher, SampleColumns, SampleValue, SymbolTable, TimeRange};
use emberdb_promql_syntax::{At, DurationSpec, ExtendedRange, MatrixSelector, VectorSelector};

use super::error::NaiveError;
use super::evaluator::Evaluator;
use super::extended;
use super::frame::Frame;
use super::notes::Place;
use super::start_timestamp::StartTimestamps;
use super::stats_only::{self, Reach};
use super::value::{Element, Window};

/// All that the storage has of one series.
#[derive(Debug)]
pub(super) struct StoredSeries {
    pub(super) labels: Labels,
    /// In time order, staleness markers included.
    pub(super) samples: Vec<(i64, SampleValue)>,
    pub(super) start_timestamps: Rc<StartTimestamps>,
}

/// A selected element and the sample that it comes from.
pub(super) struct Selected {
    pub(super) labels: Labels,
    /// The sample's own time, not that of the evaluation.
    pub(super) timestamp_ms: i64,
    /// Since when it counts.
    pub(super) start_ms: Option<i64>,
    pub(super) value: SampleValue,
}

/// An instant selector at `time_ms`.
pub(super) fn instant(
    ev: &Evaluator<'_>,
    selector: &VectorSelector,
    frame: Frame,
    time_ms: i64,
) -> Result<Vec<Element>, NaiveError> {
    let element = |labels, value| Element { labels, drop_name: false, value };
    if selector.extended_range != Some(ExtendedRange::Smoothed) {
        let selected = newest_samples(ev, selector, frame, time_ms)?;
        return Ok(selected.into_iter().map(|s| element(s.labels, s.value)).collect());
    }
    let reference_ms = reference_time(ev, selector.at, &selector.offset, time_ms)?;
    let lookback_ms = ev.options.lookback_ms;
    let reach = Reach { ahead_ms: lookback_ms, first_ms: 2 * lookback_ms, others_ms: 2 * lookback_ms };
    let place = Place { at: selector.span, by: selector.span };
    let mut elements = Vec::new();
    for series in stats_only::series(ev, selector, frame, reach)?.iter() {
        let value = extended::smoothed_instant(ev, series, reference_ms, place);
        elements.extend(value.map(|value| element(series.labels.clone(), value)));
    }
    Ok(elements)
}

/// What `timestamp` sees of a selector: the same as [`newest_samples`], but for one with `@` and an offset.
///
/// There the time of `@` is looked at, without the offset, in the samples that have been read for the one with it.
pub(super) fn sample_times(
    ev: &Evaluator<'_>,
    selector: &VectorSelector,
    frame: Frame,
    time_ms: i64,
) -> Result<Vec<Selected>, NaiveError> {
    if selector.at.is_none() {
        return newest_samples(ev, selector, frame, time_ms);
    }
    let lookback_ms = ev.options.lookback_ms;
    let read_for_ms = reference_time(ev, selector.at, &selector.offset, time_ms)?;
    let is_smoothed = selector.extended_range == Some(ExtendedRange::Smoothed);
    let read_to_ms = if is_smoothed { read_for_ms + lookback_ms } else { read_for_ms };
    let at_ms = reference_time(ev, selector.at, &DurationSpec::ZERO, time_ms)?;
    let window = (at_ms.max(read_for_ms) - lookback_ms, at_ms.min(read_to_ms));
    newest_within(ev, selector, frame, window)
}

/// An instant selector at `time_ms`, with the times of the samples: also of a smoothed one these samples.
///
/// It sees the newest sample with `t - lookback < T ≤ t`. If that is a staleness marker the series is absent, whatever
/// stands before the marker.
pub(super) fn newest_samples(
    ev: &Evaluator<'_>,
    selector: &VectorSelector,
    frame: Frame,
    time_ms: i64,
) -> Result<Vec<Selected>, NaiveError> {
    let reference_ms = reference_time(ev, selector.at, &selector.offset, time_ms)?;
    newest_within(ev, selector, frame, (reference_ms - ev.options.lookback_ms, reference_ms))
}

fn newest_within(
    ev: &Evaluator<'_>,
    selector: &VectorSelector,
    frame: Frame,
    window: (i64, i64),
) -> Result<Vec<Selected>, NaiveError> {
    let lookback_ms = ev.options.lookback_ms;
    let mut selected = Vec::new();
    let reach = Reach { ahead_ms: 0, first_ms: lookback_ms, others_ms: lookback_ms };
    for series in stats_only::series(ev, selector, frame, reach)?.iter() {
        let sample = within(&series.samples, window).last().cloned().filter(|(_, value)| !value.is_stale());
        let labels = || series.labels.clone();
        selected.extend(sample.map(|(timestamp_ms, value)| Selected {
            labels: labels(),
            timestamp_ms,
            start_ms: series.start_timestamps.get(&timestamp_ms).copied(),
            value,
        }));
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
    frame: Frame,
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
    let back_ms = end_ms - start_ms + before_ms + after_ms;
    let reach = Reach { ahead_ms: after_ms, first_ms: back_ms, others_ms: back_ms.min(frame.step_ms) };
    // Windows that look past their edges go by values alone.
    let uses_start_timestamps = ev.options.use_start_timestamps && selector.extended_range.is_none();
    let mut windows = Vec::new();
    for series in stats_only::series(ev, selector, frame, reach)?.iter() {
        let samples = live(within(&series.samples, (start_ms - before_ms, end_ms + after_ms)));
        if !samples.is_empty() {
            windows.push(Window {
                labels: series.labels.clone(),
                drop_name: false,
                start_ms,
                end_ms,
                samples,
                start_timestamps: match uses_start_timestamps {
                    true => Rc::clone(&series.start_timestamps),
                    false => Rc::default(),
                },
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
        let floats = columns.iter().map(Into::into);
        let histograms = columns.histograms.iter();
        let histograms = histograms.map(|(t, histogram)| (t, SampleValue::Histogram(histogram.clone())));
        let mut samples: Vec<(i64, SampleValue)> = floats.chain(histograms).collect();
        samples.sort_by_key(|&(timestamp_ms, _)| timestamp_ms);
        let floats = columns.timestamps.iter().zip(&columns.start_timestamps);
        let histograms = columns.histograms.timestamps.iter().zip(&columns.histograms.start_timestamps);
        let known = floats.chain(histograms).filter(|&(_, &start_ms)| start_ms != 0);
        let start_timestamps =
            Rc::new(known.map(|(&timestamp_ms, &start_ms)| (timestamp_ms, start_ms)).collect());
        found.push(StoredSeries { labels, samples, start_timestamps });
    }
    let found = Rc::new(found);
    ev.selected.borrow_mut().insert(key, Rc::clone(&found));
    Ok(found)
}

/// The samples in a window that is open on the left and closed on the right.
pub(super) fn within(
    samples: &[(i64, SampleValue)],
    (start_ms, end_ms): (i64, i64),
) -> &[(i64, SampleValue)] {
    let from = samples.partition_point(|&(t, _)| t <= start_ms);
    let to = samples.partition_point(|&(t, _)| t <= end_ms);
    &samples[from..to.max(from)]
}

/// Without staleness markers.
pub(super) fn live(samples: &[(i64, SampleValue)]) -> Vec<(i64, SampleValue)> {
    samples.iter().filter(|(_, value)| !value.is_stale()).cloned().collect()
}
