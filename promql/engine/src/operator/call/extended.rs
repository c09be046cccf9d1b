//! Functions over `anchored` and `smoothed` range selectors.

use std::sync::Arc;

use emberdb_histogram::FloatHistogram;
use emberdb_model::SampleColumns;
use emberdb_promql_syntax::{ExtendedRange, FunctionId};

use super::{ExtendedHistograms, MetricNames, Suspects};
use crate::annotation::Origin;
use crate::batch::{Column, Steps};
use crate::error::Result;
use crate::function::RateKind;
use crate::function::extended::{change, count_neighbours};
use crate::function::extended_native::extended_rate;
use crate::operator::selector::ExtendedSelector;
use crate::operator::{Scratch, SeriesLabels, VectorSource};

/// The functions that know what to do with such windows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ExtendedFunction {
    /// `rate`, `increase` and `delta`.
    Change {
        is_counter: bool,
        is_rate: bool,
    },
    Changes,
    Resets,
}

impl ExtendedFunction {
    /// The function of that name, if it takes such windows.
    pub(crate) const fn new(function: FunctionId, kind: ExtendedRange) -> Option<Self> {
        match (function, kind) {
            (FunctionId::Rate, _) => Some(Self::Change { is_counter: true, is_rate: true }),
            (FunctionId::Increase, _) => Some(Self::Change { is_counter: true, is_rate: false }),
            (FunctionId::Delta, _) => Some(Self::Change { is_counter: false, is_rate: false }),
            (FunctionId::Changes, ExtendedRange::Anchored) => Some(Self::Changes),
            (FunctionId::Resets, ExtendedRange::Anchored) => Some(Self::Resets),
            _ => None,
        }
    }
}

/// A call of such a function.
pub(crate) struct ExtendedCall {
    input: ExtendedSelector,
    steps: Steps,
    function: ExtendedFunction,
    /// Of a function of counters.
    suspects: Option<Suspects>,
    /// What to say of changes of histograms; absent if there are none.
    native: Option<ExtendedHistograms>,
    series: Arc<SeriesLabels>,
}

impl ExtendedCall {
    /// `function(input)`, named as `series`. `origin` has the position of the argument.
    pub(crate) fn new(
        function: ExtendedFunction,
        input: ExtendedSelector,
        steps: Steps,
        series: Arc<SeriesLabels>,
        origin: Origin,
        metrics: &MetricNames<'_>,
    ) -> Self {
        let of_input = &input.selection.series;
        let (suspects, native) = match function {
            ExtendedFunction::Change { is_counter, .. } => {
                let may_have_histograms = input.selection.set.may_have_histograms();
                let native = || ExtendedHistograms { origin, metrics: metrics.of(of_input) };
                (
                    is_counter.then(|| Suspects::among(of_input, metrics, origin)),
                    may_have_histograms.then(native),
                )
            }
            ExtendedFunction::Changes | ExtendedFunction::Resets => (None, None),
        };
        Self { input, steps, function, suspects, native, series }
    }

    fn change(
        &self,
        series: usize,
        kind: RateKind,
        samples: &SampleColumns,
        scratch: &mut Scratch,
        out: &mut Column,
    ) {
        let windows = &self.input.windows;
        if samples.timestamps.is_empty() {
            out.reset(windows.ends.count);
        } else {
            change(windows, samples, kind, scratch.range(), out);
        }
        if let Some(native) = self.native.as_ref().filter(|_| !samples.histograms.is_empty()) {
            native.correct(
                series,
                windows,
                samples,
                |window, native, remarks| extended_rate(windows, window, native, kind, remarks).map(Arc::new),
                scratch,
                out,
            );
        }
        if let Some(suspects) = self.suspects.as_ref().filter(|_| !out.none_present()) {
            suspects.name(series, scratch);
        }
    }

    /// Counts the neighbours of one type for which that type's rule holds, and all neighbours of different types.
    fn count(
        &self,
        samples: &SampleColumns,
        floats: impl Fn(f64, f64) -> bool,
        histograms: impl Fn(&FloatHistogram, &FloatHistogram) -> bool,
        scratch: &mut Scratch,
        out: &mut Column,
    ) {
        let (windows, timestamps) = (&self.input.windows, &samples.timestamps);
        if samples.histograms.is_empty() {
            let counts = |at: usize| floats(samples.values[at], samples.values[at + 1]);
            return count_neighbours(windows, timestamps, counts, scratch.range(), out);
        }
        let all_floats =
            timestamps.iter().zip(&samples.values).map(|(&t, &value)| (t, Element::Float(value)));
        let all_histograms = samples.histograms.iter().map(|(t, h)| (t, Element::Histogram(h)));
        let mut merged: Vec<_> = all_floats.chain(all_histograms).collect();
        merged.sort_by_key(|&(time_ms, _)| time_ms);
        let timestamps: Vec<i64> = merged.iter().map(|&(time_ms, _)| time_ms).collect();
        let counts = |at: usize| match (merged[at].1, merged[at + 1].1) {
            (Element::Float(before), Element::Float(now)) => floats(before, now),
            (Element::Histogram(before), Element::Histogram(now)) => histograms(before, now),
            _ => true,
        };
        count_neighbours(windows, &timestamps, counts, scratch.range(), out);
    }
}

/// A sample of a series that has both types.
#[derive(Clone, Copy)]
enum Element<'a> {
    Float(f64),
    Histogram(&'a FloatHistogram),
}

impl VectorSource for ExtendedCall {
    fn series(&self) -> &Arc<SeriesLabels> {
        &self.series
    }

    fn steps(&self) -> Steps {
        self.steps
    }

    fn column(&self, series: usize, scratch: &mut Scratch, out: &mut Column) -> Result<()> {
        let mut samples = scratch.take_samples();
        self.input.samples(series, scratch, &mut samples)?;
        match self.function {
            ExtendedFunction::Change { is_counter, is_rate } => {
                let per_second_of_ms = is_rate.then_some(self.input.windows.range_ms);
                self.change(series, RateKind { is_counter, per_second_of_ms }, &samples, scratch, out);
            }
            ExtendedFunction::Changes => {
                let floats = |before: f64, now: f64| now != before && !(now.is_nan() && before.is_nan());
                self.count(&samples, floats, |before, now| !now.has_same_data(before), scratch, out);
            }
            ExtendedFunction::Resets => {
                let floats = |before: f64, now: f64| now < before;
                self.count(&samples, floats, |before, now| now.is_reset_after(before), scratch, out);
            }
        }
        scratch.give_samples(samples);
        Ok(())
    }

    fn is_quiet(&self) -> bool {
        self.native.is_none() && self.suspects.as_ref().is_none_or(Suspects::is_empty)
    }

    fn may_have_histograms(&self) -> bool {
        self.native.is_some()
    }
}
