//! Functions over range vectors: one value a step from the samples of each window.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use emberdb_model::{SampleColumns, Symbol, SymbolTable};
use emberdb_promql_syntax::FunctionId;

use super::{NativeRange, StartedCall};
use crate::annotation::{
    Note, Origin, invalid_quantile, is_invalid_quantile, possible_non_counter, possible_non_counter_type,
};
use crate::batch::{Column, Steps};
use crate::error::{QueryError, Result};
use crate::function::{RangeBody, Windows, check_smoothing, range_body};
use crate::operator::{KnownNames, Matrix, ScalarColumn, Scratch, SeriesLabels, VectorSource};

/// Most scalar arguments that a range function has.
const PARAMS_MAX: usize = 2;

/// A call of a range function.
pub(crate) struct RangeCall {
    input: Matrix,
    body: RangeBody,
    params: Vec<ScalarColumn>,
    remark: Remark,
    /// What to do where series have histograms; absent if none has.
    native: Option<NativeRange>,
    /// What to do where samples have start timestamps; absent if they are not to be used.
    started: Option<StartedCall>,
    series: Arc<SeriesLabels>,
}

/// What is said of the question, once it has an answer.
enum Remark {
    None,
    /// The metric's name does not look like a counter's.
    NonCounter(Suspects),
    /// The first parameter is no quantile at some steps.
    InvalidQuantile(Origin),
    /// The smoothing factors are out of range at these steps: an error, and these its words.
    InvalidSmoothing(Vec<(usize, String)>),
}

impl RangeCall {
    /// `function(input, params)`; `None` if it is no function over range vectors. `origin` has the position of the
    /// first argument.
    pub(crate) fn new(
        function: FunctionId,
        input: Matrix,
        params: Vec<ScalarColumn>,
        series: Arc<SeriesLabels>,
        origin: Origin,
        metrics: &MetricNames<'_>,
    ) -> Option<Self> {
        let body = range_body(function)?;
        let remark = match function {
            FunctionId::Rate | FunctionId::Increase => {
                Remark::NonCounter(Suspects::among(input.series(), metrics, origin))
            }
            FunctionId::QuantileOverTime => Remark::InvalidQuantile(origin),
            FunctionId::DoubleExponentialSmoothing => smoothing_remark(&params),
            _ => Remark::None,
        };
        let native = input
            .may_have_histograms()
            .then(|| NativeRange::new(function, input.window(), origin, metrics.of(input.series())));
        Some(Self { input, body, params, remark, native, started: None, series })
    }

    /// The same, going by start timestamps too, if the function does. `origin` as in [`new`](Self::new).
    pub(crate) fn with_start_timestamps(
        mut self,
        function: FunctionId,
        origin: Origin,
        metrics: &MetricNames<'_>,
    ) -> Self {
        self.started = StartedCall::new(function, origin, || metrics.of(self.input.series()));
        if self.started.is_some() {
            self.native.iter_mut().for_each(NativeRange::use_starts);
        }
        self
    }

    /// Runs the body; a window pinned by `@` does not move with the steps, which it would for the body, so that it is
    /// asked step by step. Only `predict_linear` gets there: the others are the same at every step then.
    fn run(&self, samples: &SampleColumns, scratch: &mut Scratch, out: &mut Column) {
        let window = self.input.window();
        let mut params: [&[f64]; PARAMS_MAX] = [&[]; PARAMS_MAX];
        for (slot, param) in params.iter_mut().zip(&self.params) {
            *slot = &param.0;
        }
        let params = &params[..self.params.len()];
        let windows = |steps: Steps, offset_ms| Windows {
            timestamps: &samples.timestamps,
            values: &samples.values,
            steps,
            range_ms: window.range_ms,
            offset_ms,
        };
        let started = self.started.as_ref().filter(|_| !samples.start_timestamps.is_empty());
        let run =
            |windows: &Windows<'_>, params: &[&[f64]], scratch: &mut Scratch, out: &mut Column| match started
            {
                None => (self.body)(windows, params, scratch.range(), out),
                Some(started) => (started.body)(windows, &samples.start_timestamps, scratch.range(), out),
            };
        let Some(at_ms) = window.at_ms else {
            return run(&windows(window.steps, window.offset_ms), params, scratch, out);
        };
        out.reset(window.steps.count);
        let mut one = scratch.take_column();
        for (step, time_ms) in window.steps.times().enumerate() {
            let offset_ms = time_ms.saturating_sub(at_ms).saturating_add(window.offset_ms);
            let mut of_step: [&[f64]; PARAMS_MAX] = [&[]; PARAMS_MAX];
            for (slot, param) in of_step.iter_mut().zip(params) {
                *slot = &param[step..=step];
            }
            let windows = windows(Steps::instant(time_ms), offset_ms);
            run(&windows, &of_step[..params.len()], scratch, &mut one);
            if let Some(value) = one.get(0) {
                out.set(step, value);
            }
        }
        scratch.give_column(one);
    }

    fn remark(
        &self,
        series: usize,
        samples: &SampleColumns,
        scratch: &mut Scratch,
        out: &Column,
    ) -> Result<()> {
        match &self.remark {
            Remark::None => {}
            Remark::NonCounter(suspects) if !out.none_present() => suspects.name(series, scratch),
            Remark::NonCounter(_) => {}
            Remark::InvalidQuantile(origin) => {
                let quantiles = &self.params[0].0;
                for (step, _) in out.iter_present().filter(|&(step, _)| is_invalid_quantile(quantiles[step]))
                {
                    scratch.note(invalid_quantile(quantiles[step], *origin));
                }
            }
            Remark::InvalidSmoothing(wrong) => {
                let window = self.input.window();
                let sees_samples = |&&(step, _): &&(usize, String)| {
                    let at_ms = window.at_ms.unwrap_or(window.steps.time(step));
                    let end_ms = at_ms.saturating_sub(window.offset_ms);
                    let start_ms = end_ms.saturating_sub(window.range_ms);
                    let is_within = |&t: &i64| start_ms < t && t <= end_ms;
                    samples.timestamps.iter().chain(&samples.histograms.timestamps).any(is_within)
                };
                if let Some((_, message)) = wrong.iter().find(sees_samples) {
                    return Err(QueryError::Execution(message.clone()));
                }
            }
        }
        Ok(())
    }
}

/// How the series of a vector are called.
pub(crate) struct MetricNames<'a> {
    pub(crate) symbols: &'a SymbolTable,
    pub(crate) known: KnownNames,
    /// The label `__type__` tells what a counter is, not the name.
    pub(crate) has_types: bool,
}

impl MetricNames<'_> {
    /// The remark on the rate of a series that does not seem to be a counter.
    fn suspicion(&self, metric: Symbol, kind: Symbol, origin: Origin) -> Option<Note> {
        let (metric, kind) = (self.symbols.resolve(metric), self.symbols.resolve(kind));
        if metric.is_empty() {
            return None;
        }
        if self.has_types {
            return (!is_counter_type(kind)).then(|| possible_non_counter_type(metric, kind, origin));
        }
        (!is_counter_name(metric)).then(|| possible_non_counter(metric, origin))
    }

    /// The metric of each series as remarks name it.
    pub(crate) fn of(&self, series: &SeriesLabels) -> Vec<Arc<str>> {
        let mut names: HashMap<Symbol, Arc<str>> = HashMap::new();
        let of_series = (0..series.len()).map(|number| {
            let symbol = series.value(number, self.known.metric);
            Arc::clone(names.entry(symbol).or_insert_with(|| self.symbols.resolve(symbol).into()))
        });
        of_series.collect()
    }
}

/// Series whose metric does not seem to be a counter.
pub(super) struct Suspects {
    /// The remark on each name, and whether it was made: it is made once, not once a series.
    names: Vec<(Note, AtomicBool)>,
    /// For each series the position of its name in `names`.
    of_series: Vec<Option<u32>>,
}

impl Suspects {
    pub(super) fn among(series: &SeriesLabels, metrics: &MetricNames<'_>, origin: Origin) -> Self {
        let mut names = Vec::new();
        let mut known: HashMap<(Symbol, Symbol), Option<u32>> = HashMap::new();
        let of_series = (0..series.len()).map(|number| {
            let metric = series.value(number, metrics.known.metric);
            let kind = series.value(number, metrics.known.kind);
            *known.entry((metric, kind)).or_insert_with(|| {
                names.push((metrics.suspicion(metric, kind, origin)?, AtomicBool::new(false)));
                Some(names.len() as u32 - 1)
            })
        });
        let of_series = of_series.collect();
        Self { of_series, names }
    }

    /// Says it of a series.
    pub(super) fn name(&self, series: usize, scratch: &mut Scratch) {
        let Some(name) = self.of_series[series] else { return };
        let (note, was_said) = &self.names[name as usize];
        if !was_said.swap(true, Ordering::Relaxed) {
            scratch.note(note.clone());
        }
    }

    /// Whether there is none.
    pub(super) fn is_empty(&self) -> bool {
        self.names.is_empty()
    }
}

/// Whether a name ends as those of counters do.
fn is_counter_name(name: &str) -> bool {
    ["_total", "_sum", "_count", "_bucket"].iter().any(|suffix| name.ends_with(suffix))
}

/// Whether `__type__` is that of something that only grows.
fn is_counter_type(kind: &str) -> bool {
    matches!(kind, "counter" | "histogram")
}

fn smoothing_remark(params: &[ScalarColumn]) -> Remark {
    let [smoothing, trend] = params else { return Remark::None };
    let factors = smoothing.0.iter().zip(&trend.0);
    let wrong = factors.enumerate().filter_map(|(step, (&s, &t))| Some((step, check_smoothing(s, t).err()?)));
    let wrong: Vec<(usize, String)> = wrong.map(|(step, error)| (step, error.to_string())).collect();
    if wrong.is_empty() { Remark::None } else { Remark::InvalidSmoothing(wrong) }
}

impl VectorSource for RangeCall {
    fn series(&self) -> &Arc<SeriesLabels> {
        &self.series
    }

    fn steps(&self) -> Steps {
        self.input.window().steps
    }

    fn column(&self, series: usize, scratch: &mut Scratch, out: &mut Column) -> Result<()> {
        let mut samples = scratch.take_samples();
        self.input.samples(series, scratch, &mut samples)?;
        if self.started.is_some() {
            samples.complete_start_timestamps();
        }
        if samples.timestamps.is_empty() {
            out.reset(self.steps().count);
        } else {
            self.run(&samples, scratch, out);
        }
        let native = self.native.as_ref().filter(|_| !samples.histograms.is_empty());
        let overlaps = native.map_or(0, |native| native.correct(series, &samples, scratch, out));
        if let Some(started) = &self.started {
            started.count_overlaps(series, &self.input.window(), &samples, overlaps, scratch);
        }
        if !samples.is_empty() {
            self.remark(series, &samples, scratch, out)?;
        }
        scratch.give_samples(samples);
        Ok(())
    }

    fn is_quiet(&self) -> bool {
        let is_silent = match &self.remark {
            Remark::None => true,
            Remark::NonCounter(suspects) => suspects.is_empty(),
            Remark::InvalidQuantile(_) => self.params[0].0.iter().all(|&q| !is_invalid_quantile(q)),
            Remark::InvalidSmoothing(_) => false,
        };
        let is_started_quiet = self.started.as_ref().is_none_or(StartedCall::is_quiet);
        is_silent && is_started_quiet && self.native.is_none() && self.input.is_quiet()
    }

    fn may_have_histograms(&self) -> bool {
        self.native.is_some()
    }
}

/// What a range function does with the metric name.
pub(crate) fn keeps_name(function: FunctionId) -> bool {
    matches!(function, FunctionId::LastOverTime | FunctionId::FirstOverTime)
}

/// The labels of a function's result: without the metadata labels, or marked to lose them later.
pub(crate) fn dropped_names(series: &SeriesLabels, known: KnownNames, is_delayed: bool) -> SeriesLabels {
    if is_delayed { series.all_dropping_name() } else { series.without(|name| known.is_metadata(name)) }
}
