//! `histogram_quantile` and `histogram_fraction` of classic histograms, whose buckets are series that differ in `le`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use emberdb_histogram::{
    ClassicBucket, ClassicLayout, ForcedMonotonicity, classic_fraction, classic_quantile,
};
use emberdb_model::{Symbol, SymbolTable};
use parking_lot::Mutex;

use crate::annotation::{MonotonicityRepairs, bad_bucket_label, forced_monotonicity};
use crate::batch::{Column, Steps};
use crate::context::QueryContext;
use crate::error::Result;
use crate::operator::exchange::for_each_column;
use crate::operator::{
    KnownNames, LabelSetIndex, Members, ScalarColumn, Scratch, SeriesLabels, Vector, VectorSource,
};

/// What is asked of each histogram: one number a step.
pub(crate) enum Question {
    Quantile(ScalarColumn),
    Fraction { lower: ScalarColumn, upper: ScalarColumn },
}

/// The series of a vector as buckets of histograms.
pub(crate) struct ClassicHistograms {
    /// The bucket series of each histogram.
    members: Members,
    /// Series in the order in which `members` counts them.
    buckets: Vec<u32>,
    /// For each histogram its bounds, sorted once.
    layouts: Vec<ClassicLayout>,
    bounds: Vec<Vec<f64>>,
    /// Labels without `le`.
    pub(crate) labels: SeriesLabels,
    /// Series whose `le` is not a number.
    unbounded: Vec<u32>,
}

impl ClassicHistograms {
    /// Finds the histograms: series that agree in all labels but `le`.
    pub(crate) fn among(series: &SeriesLabels, symbols: &SymbolTable, known: KnownNames) -> Self {
        let keys = series.without(|name| name == known.bucket);
        let mut index = LabelSetIndex::default();
        let (mut numbers, mut buckets, mut unbounded) = (Vec::new(), Vec::new(), Vec::new());
        let mut upper_bounds = Vec::new();
        for number in 0..series.len() {
            match symbols.resolve(series.value(number, known.bucket)).parse::<f64>() {
                Ok(bound) => {
                    numbers.push(index.intern(keys.get(number)));
                    buckets.push(number as u32);
                    upper_bounds.push(bound);
                }
                Err(_) => unbounded.push(number as u32),
            }
        }
        let members = Members::new(&numbers, index.len());
        let bounds: Vec<Vec<f64>> = (0..members.groups())
            .map(|group| members.of(group).iter().map(|&m| upper_bounds[m as usize]).collect())
            .collect();
        let first = |group: usize| buckets[members.of(group)[0] as usize] as usize;
        let labels = keys.select((0..members.groups()).map(first));
        let layouts = bounds.iter().map(|bounds| ClassicLayout::new(bounds)).collect();
        Self { members, buckets, layouts, bounds, labels, unbounded }
    }

    /// Warns of every series with a sample and without a bound. `names` says whether metric names are still known.
    pub(crate) fn warn_unbounded(
        &self,
        input: &dyn VectorSource,
        metrics: &super::MetricNames<'_>,
        names: bool,
        position: u32,
        context: &Arc<QueryContext>,
    ) -> Result<()> {
        let text = |series: usize, name: Symbol| metrics.symbols.resolve(input.series().value(series, name));
        for_each_column(input, &self.unbounded, context, |series, column| {
            if !column.none_present() {
                let metric = if names { text(series, metrics.known.metric) } else { "" };
                context.note(bad_bucket_label(metric, text(series, metrics.known.bucket), position));
            }
            Ok(())
        })
    }
}

/// A question asked of all histograms of a vector.
pub(crate) struct HistogramCall {
    pub(crate) input: Vector,
    pub(crate) histograms: ClassicHistograms,
    pub(crate) question: Question,
    pub(crate) series: Arc<SeriesLabels>,
    pub(crate) repairs: Repairs,
}

/// Counts that had to be repaired, told in one remark a metric when the query ends.
pub(crate) struct Repairs {
    context: Arc<QueryContext>,
    position: u32,
    /// The metric name of each histogram as far as it is told.
    metrics: Vec<String>,
    /// Whether a histogram was computed already: its repairs are counted once.
    seen: Vec<AtomicBool>,
    found: Mutex<Vec<(String, MonotonicityRepairs)>>,
}

impl Repairs {
    pub(crate) fn new(context: &Arc<QueryContext>, position: u32, metrics: Vec<String>) -> Self {
        let seen = metrics.iter().map(|_| AtomicBool::new(false)).collect();
        Self { context: Arc::clone(context), position, metrics, seen, found: Mutex::default() }
    }

    fn add(&self, histogram: usize, repairs: MonotonicityRepairs) {
        if self.seen[histogram].swap(true, Ordering::Relaxed) {
            return;
        }
        let metric = &self.metrics[histogram];
        let mut found = self.found.lock();
        match found.iter_mut().find(|(name, _)| name == metric) {
            Some((_, all)) => all.merge(repairs),
            None => found.push((metric.clone(), repairs)),
        }
    }
}

impl Drop for Repairs {
    fn drop(&mut self) {
        for (metric, repairs) in self.found.get_mut() {
            self.context.note(forced_monotonicity(metric, *repairs, self.position));
        }
    }
}

impl HistogramCall {
    /// The answer where all buckets of a histogram have a count, which is nearly always: the bounds are those of the
    /// layout. Elsewhere the buckets that are there are sorted anew.
    fn answer(&self, histogram: usize, columns: &[Column], out: &mut Column) -> Option<MonotonicityRepairs> {
        let steps = self.steps();
        let layout = &self.histograms.layouts[histogram];
        let mut repairs: Option<MonotonicityRepairs> = None;
        let (mut given, mut counts) = (Vec::with_capacity(columns.len()), Vec::with_capacity(columns.len()));
        let mut present = Vec::new();
        out.reset(steps.count);
        for step in 0..steps.count {
            given.clear();
            given.extend(columns.iter().filter_map(|column| column.get(step)));
            if given.is_empty() {
                continue;
            }
            let is_whole = given.len() == columns.len();
            if is_whole {
                layout.merge(&given, &mut counts);
            } else {
                let bounds = self.histograms.bounds[histogram].iter().zip(columns);
                present.clear();
                present.extend(bounds.filter_map(|(&upper_bound, column)| {
                    column.get(step).map(|count| ClassicBucket { upper_bound, count })
                }));
            }
            let value = match &self.question {
                Question::Quantile(phi) => {
                    let quantile = if is_whole {
                        layout.quantile(phi.0[step], &mut counts)
                    } else {
                        classic_quantile(phi.0[step], &mut present)
                    };
                    if let Some(forced) = quantile.forced_monotonicity {
                        note_repair(&mut repairs, forced, steps.time(step));
                    }
                    quantile.value
                }
                Question::Fraction { lower, upper } if is_whole => {
                    layout.fraction(lower.0[step], upper.0[step], &counts)
                }
                Question::Fraction { lower, upper } => {
                    classic_fraction(lower.0[step], upper.0[step], &mut present)
                }
            };
            out.set(step, value);
        }
        repairs
    }
}

fn note_repair(repairs: &mut Option<MonotonicityRepairs>, forced: ForcedMonotonicity, time_ms: i64) {
    let one = MonotonicityRepairs {
        lowest_bound: forced.lowest_bound,
        highest_bound: forced.highest_bound,
        diff_max: forced.diff_max,
        samples: 1,
        first_ms: time_ms,
        last_ms: time_ms,
    };
    match repairs {
        Some(all) => all.merge(one),
        None => *repairs = Some(one),
    }
}

impl VectorSource for HistogramCall {
    fn series(&self) -> &Arc<SeriesLabels> {
        &self.series
    }

    fn steps(&self) -> Steps {
        self.input.steps()
    }

    fn column(&self, series: usize, scratch: &mut Scratch, out: &mut Column) -> Result<()> {
        let members = self.histograms.members.of(series);
        let mut columns = Vec::with_capacity(members.len());
        for &member in members {
            let bucket = self.histograms.buckets[member as usize] as usize;
            let mut column = scratch.take_column();
            self.input.column(bucket, scratch, &mut column)?;
            columns.push(column);
        }
        if let Some(repairs) = self.answer(series, &columns, out) {
            self.repairs.add(series, repairs);
        }
        columns.into_iter().for_each(|column| scratch.give_column(column));
        Ok(())
    }

    fn is_quiet(&self) -> bool {
        matches!(self.question, Question::Fraction { .. }) && self.input.is_quiet()
    }
}
