//! Range functions where a series has native histograms: what they make of windows with histograms, and with both.
//!
//! The floats of a series have been looked at when this is asked; it corrects the steps whose windows have histograms.

use std::sync::Arc;

use emberdb_histogram::FloatHistogram;
use emberdb_model::SampleColumns;
use emberdb_promql_syntax::FunctionId;

use crate::annotation::{
    Note, Origin, colliding_hints, ignored_in_mixed_range, mismatched_bounds, mixed_schemas, mixed_types,
    not_a_counter, not_a_gauge,
};
use crate::batch::{Column, Steps};
use crate::function::{NativeRemark, NativeWindow, RateKind, Started, WindowCursor, native};
use crate::operator::{Scratch, Window};

/// What a function does with histograms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Treatment {
    Rate(RateKind),
    /// `irate`, or `idelta`.
    InstantRate {
        is_rate: bool,
    },
    Total {
        is_average: bool,
    },
    Count,
    Present,
    Changes,
    Resets,
    First,
    Last,
    TimeOfFirst,
    TimeOfLast,
    /// Looks at floats only, and says so if there are both.
    FloatsOnly,
}

/// How one function treats histograms.
pub(super) struct NativeRange {
    treatment: Treatment,
    window: Window,
    /// Of the first argument.
    origin: Origin,
    /// The metric of each series as remarks name it.
    metrics: Vec<Arc<str>>,
    /// Whether the function goes by start timestamps.
    uses_starts: bool,
}

/// A sample of a window.
#[derive(Clone, Copy)]
enum Element<'a> {
    Float(f64),
    Histogram(&'a Arc<FloatHistogram>),
}

/// The samples of one window.
struct Samples<'a> {
    float_times: &'a [i64],
    /// As many as floats, or none.
    float_starts_ms: &'a [i64],
    floats: &'a [f64],
    native: NativeWindow<'a>,
}

impl<'a> Samples<'a> {
    /// All of them in time order; a float precedes a histogram of the same time.
    fn merged(&self) -> Vec<(Started, Element<'a>)> {
        let floats = self.floats.iter().enumerate().map(|(index, &value)| {
            (Started::at(self.float_times, self.float_starts_ms, index), Element::Float(value))
        });
        let histograms = self.native.histograms.iter().enumerate().map(|(index, histogram)| {
            let started = Started::at(self.native.timestamps, self.native.starts_ms, index);
            (started, Element::Histogram(histogram))
        });
        let mut all: Vec<_> = floats.chain(histograms).collect();
        all.sort_by_key(|(started, _)| started.time_ms);
        all
    }
}

impl NativeRange {
    pub(super) fn new(function: FunctionId, window: Window, origin: Origin, metrics: Vec<Arc<str>>) -> Self {
        let rate = |is_counter, per_second_of_ms| Treatment::Rate(RateKind { is_counter, per_second_of_ms });
        let treatment = match function {
            FunctionId::Rate => rate(true, Some(window.range_ms)),
            FunctionId::Increase => rate(true, None),
            FunctionId::Delta => rate(false, None),
            FunctionId::Irate => Treatment::InstantRate { is_rate: true },
            FunctionId::Idelta => Treatment::InstantRate { is_rate: false },
            FunctionId::SumOverTime => Treatment::Total { is_average: false },
            FunctionId::AvgOverTime => Treatment::Total { is_average: true },
            FunctionId::CountOverTime => Treatment::Count,
            FunctionId::PresentOverTime => Treatment::Present,
            FunctionId::Changes => Treatment::Changes,
            FunctionId::Resets => Treatment::Resets,
            FunctionId::FirstOverTime => Treatment::First,
            FunctionId::LastOverTime => Treatment::Last,
            FunctionId::TsOfFirstOverTime => Treatment::TimeOfFirst,
            FunctionId::TsOfLastOverTime => Treatment::TimeOfLast,
            _ => Treatment::FloatsOnly,
        };
        Self { treatment, window, origin, metrics, uses_starts: false }
    }

    /// Goes by start timestamps too.
    pub(super) fn use_starts(&mut self) {
        self.uses_starts = true;
    }

    /// Corrects the steps of `out` whose windows have histograms. Gives the number of windows in which start timestamps
    /// overlap.
    pub(super) fn correct(
        &self,
        series: usize,
        samples: &SampleColumns,
        scratch: &mut Scratch,
        out: &mut Column,
    ) -> usize {
        let histograms = &samples.histograms;
        let (float_starts_ms, starts_ms): (&[i64], &[i64]) = match self.uses_starts {
            true => (&samples.start_timestamps, &histograms.start_timestamps),
            false => (&[], &[]),
        };
        let mut overlaps = 0;
        let mut resets = Vec::new();
        if matches!(self.treatment, Treatment::Rate(kind) if kind.is_counter)
            || self.treatment == Treatment::Resets
        {
            native::list_resets(&histograms.timestamps, starts_ms, &histograms.values, &mut resets);
        } else {
            resets.resize(histograms.len(), false);
        }
        let range_ms = self.window.range_ms;
        // A pinned window ends at the same time at every step.
        let ends = Steps { count: self.window.steps.count, ..self.window.ends() };
        let mut windows = WindowCursor::new(&histograms.timestamps, ends, range_ms);
        let mut windows_of_floats = WindowCursor::new(&samples.timestamps, ends, range_ms);
        for (step, end_ms) in ends.times().enumerate() {
            let ((from, to), floats) = (windows.advance(), windows_of_floats.advance());
            if from >= to {
                continue;
            }
            let (start_ms, floats) = (end_ms.saturating_sub(range_ms), floats.0..floats.1);
            let window = Samples {
                float_times: &samples.timestamps[floats.clone()],
                float_starts_ms: float_starts_ms.get(floats.clone()).unwrap_or_default(),
                floats: &samples.values[floats],
                native: NativeWindow {
                    timestamps: &histograms.timestamps[from..to],
                    histograms: &histograms.values[from..to],
                    resets: &resets[from..to],
                    starts_ms: starts_ms.get(from..to).unwrap_or_default(),
                    start_ms,
                    end_ms,
                },
            };
            overlaps += usize::from(self.at(step, series, &window, scratch, out));
        }
        overlaps
    }

    /// Corrects one step; whether start timestamps overlap.
    fn at(
        &self,
        step: usize,
        series: usize,
        samples: &Samples<'_>,
        scratch: &mut Scratch,
        out: &mut Column,
    ) -> bool {
        let Samples { float_times, floats, native, .. } = samples;
        let first = (native.timestamps[0], &native.histograms[0]);
        let last =
            (native.timestamps[native.timestamps.len() - 1], &native.histograms[native.histograms.len() - 1]);
        let seconds = |time_ms: i64| time_ms as f64 / 1000.0;
        match self.treatment {
            Treatment::FloatsOnly => {
                if !floats.is_empty() {
                    scratch.note(ignored_in_mixed_range(&self.metrics[series], self.origin));
                }
            }
            Treatment::Rate(_) | Treatment::Total { .. } if !floats.is_empty() => {
                out.clear(step);
                scratch.note(mixed_types(&self.metrics[series], self.origin));
            }
            Treatment::Rate(kind) => {
                return self.put(
                    step,
                    series,
                    |remarks, result| native::rate(native, kind, remarks, result),
                    scratch,
                    out,
                );
            }
            Treatment::Total { is_average } => {
                self.put(
                    step,
                    series,
                    |remarks, result| native::total(native.histograms, is_average, remarks, result),
                    scratch,
                    out,
                );
            }
            Treatment::InstantRate { is_rate } => {
                self.instant_rate(step, series, samples, is_rate, scratch, out);
            }
            Treatment::Count => out.set(step, (floats.len() + native.histograms.len()) as f64),
            Treatment::Present => out.set(step, 1.0),
            Treatment::Changes => {
                let floats = |before: f64, now: f64| now != before && !(now.is_nan() && before.is_nan());
                out.set(step, count_pairs(samples, floats, |before, now| !now.has_same_data(before)));
            }
            Treatment::Resets => {
                let histograms = |before: &FloatHistogram, now: &FloatHistogram| now.is_reset_after(before);
                out.set(step, count_pairs(samples, |before, now| now < before, histograms));
            }
            Treatment::First if float_times.first().is_some_and(|&float_ms| float_ms < first.0) => {}
            Treatment::First => out.set_histogram(step, Arc::clone(first.1)),
            Treatment::Last if float_times.last().is_some_and(|&float_ms| float_ms > last.0) => {}
            Treatment::Last => out.set_histogram(step, Arc::clone(last.1)),
            Treatment::TimeOfFirst => {
                let first_ms = float_times.first().map_or(first.0, |&float_ms| float_ms.min(first.0));
                out.set(step, seconds(first_ms));
            }
            Treatment::TimeOfLast => {
                let last_ms = float_times.last().map_or(last.0, |&float_ms| float_ms.max(last.0));
                out.set(step, seconds(last_ms));
            }
        }
        false
    }

    /// Of the two newest samples, if they are of one type and of two times.
    fn instant_rate(
        &self,
        step: usize,
        series: usize,
        samples: &Samples<'_>,
        is_rate: bool,
        scratch: &mut Scratch,
        out: &mut Column,
    ) {
        let merged = samples.merged();
        let &[.., (before, previous), (now, last)] = &merged[..] else { return };
        out.clear(step);
        let interval_ms = now.time_ms - before.time_ms;
        if interval_ms == 0 {
            return;
        }
        match (previous, last) {
            (Element::Histogram(previous), Element::Histogram(last)) => {
                let (pair, is_started_anew) = ([&**previous, &**last], now.is_reset_after(before));
                self.put(
                    step,
                    series,
                    |remarks, result| {
                        native::instant_rate(pair, interval_ms, is_rate, is_started_anew, remarks, result)
                    },
                    scratch,
                    out,
                );
            }
            (Element::Float(previous), Element::Float(last)) => {
                let is_reset = is_rate && (last < previous || now.is_reset_after(before));
                let difference = if is_reset { last } else { last - previous };
                out.set(step, if is_rate { difference / (interval_ms as f64 / 1000.0) } else { difference });
            }
            _ => scratch.note(mixed_types(&self.metrics[series], self.origin)),
        }
    }

    /// Sets or clears one step, and tells what is to be said; whether start timestamps overlap.
    fn put(
        &self,
        step: usize,
        series: usize,
        compute: impl FnOnce(&mut Vec<NativeRemark>, &mut FloatHistogram) -> Option<()>,
        scratch: &mut Scratch,
        out: &mut Column,
    ) -> bool {
        let mut remarks = Vec::new();
        out.set_histogram_with(step, |result| compute(&mut remarks, result).is_some());
        let overlaps = remarks.contains(&NativeRemark::StartOverlap);
        remarks
            .into_iter()
            .filter_map(|remark| native_note(remark, &self.metrics[series], self.origin))
            .for_each(|note| scratch.note(note));
        overlaps
    }
}

/// A remark on a window of a metric's histograms in words, if it is one that is not counted instead.
pub(super) fn native_note(remark: NativeRemark, metric: &str, origin: Origin) -> Option<Note> {
    Some(match remark {
        NativeRemark::NotACounter => not_a_counter(metric, origin),
        NativeRemark::NotAGauge => not_a_gauge(metric, origin),
        NativeRemark::MixedSchemas => mixed_schemas(metric, origin),
        NativeRemark::MismatchedBounds(operation) => mismatched_bounds(operation, origin),
        NativeRemark::CollidingHints => colliding_hints("aggregation", origin),
        NativeRemark::StartOverlap => return None,
    })
}

/// Counts the neighbours in a window that count: always if their types differ, else by the type's own rule, or if the
/// counter began anew in between.
fn count_pairs(
    samples: &Samples<'_>,
    floats: impl Fn(f64, f64) -> bool,
    histograms: impl Fn(&FloatHistogram, &FloatHistogram) -> bool,
) -> f64 {
    let merged = samples.merged();
    let is_counted = |pair: &&[(Started, Element<'_>)]| {
        pair[1].0.is_reset_after(pair[0].0)
            || match (pair[0].1, pair[1].1) {
                (Element::Histogram(before), Element::Histogram(now)) => histograms(before, now),
                (Element::Float(before), Element::Float(now)) => floats(before, now),
                _ => true,
            }
    };
    merged.windows(2).filter(is_counted).count() as f64
}
