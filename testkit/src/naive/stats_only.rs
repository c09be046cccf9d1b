//! `histogram_count`, `histogram_sum` and `histogram_avg` need no buckets, and upstream does not read any for them: what
//! stands between such a function and its selectors sees histograms that have a count and a sum only.
//!
//! Then it also cannot find counter resets later; so each sample that is read is compared with the one that was read
//! before it, and the hint says what came out. Which one that is depends on the way in which upstream reads a series: it
//! goes from sample to sample, but leaps over what lies before the first window, and between windows.

use std::collections::HashSet;
use std::rc::Rc;
use std::sync::Arc;

use emberdb_histogram::{CounterResetHint, FloatHistogram};
use emberdb_model::SampleValue;
use emberdb_promql_syntax::{Expr, FunctionId, Span, VectorSelector, Visitor, walk_expr};

use super::error::NaiveError;
use super::evaluator::Evaluator;
use super::frame::Frame;
use super::selector::{StoredSeries, reference_time, select};

/// The places of the selectors of which only counts and sums are read.
pub(super) fn selectors(expr: &Expr) -> HashSet<Span> {
    struct Find {
        /// What the expressions around say, from the outermost.
        around: Vec<Need>,
        found: HashSet<Span>,
    }
    impl Visitor for Find {
        fn visit_expr(&mut self, expr: &Expr) {
            self.around.push(Need::of(expr));
            walk_expr(self, expr);
            self.around.pop();
        }

        fn visit_vector_selector(&mut self, selector: &VectorSelector) {
            if !self.around.contains(&Need::Buckets) && self.around.contains(&Need::CountAndSum) {
                self.found.insert(selector.span);
            }
        }
    }
    let mut find = Find { around: Vec::new(), found: HashSet::new() };
    find.visit_expr(expr);
    find.found
}

/// What an expression needs of the histograms within it.
#[derive(Clone, Copy, PartialEq)]
enum Need {
    Buckets,
    CountAndSum,
    /// What the expressions around it need.
    Nothing,
}

impl Need {
    fn of(expr: &Expr) -> Self {
        use FunctionId as F;
        match expr {
            Expr::Subquery(_) => Self::Buckets,
            Expr::Binary(binary) if binary.op.is_trim() => Self::Buckets,
            Expr::Call(call) => match call.function {
                F::HistogramCount | F::HistogramSum | F::HistogramAvg => Self::CountAndSum,
                F::HistogramQuantile | F::HistogramQuantiles | F::HistogramFraction => Self::Buckets,
                _ => Self::Nothing,
            },
            _ => Self::Nothing,
        }
    }
}

/// What is read of a series at each step, in milliseconds.
#[derive(Clone, Copy)]
pub(super) struct Reach {
    /// How far ahead of the time that is looked at.
    pub(super) ahead_ms: i64,
    /// How far back from there, at the first step.
    pub(super) first_ms: i64,
    /// How far back from there, at the others.
    pub(super) others_ms: i64,
}

/// The series of a selector, without buckets if it is one of those.
pub(super) fn series(
    ev: &Evaluator<'_>,
    selector: &VectorSelector,
    frame: Frame,
    reach: Reach,
) -> Result<Rc<Vec<StoredSeries>>, NaiveError> {
    let all = select(ev, &selector.matchers)?;
    if !ev.stats_only.contains(&selector.span) {
        return Ok(all);
    }
    let key = (selector.span, frame);
    if let Some(known) = ev.read_stats_only.borrow().get(&key) {
        return Ok(Rc::clone(known));
    }
    let mut ends_ms = Vec::new();
    for time_ms in frame.steps() {
        ends_ms.push(reference_time(ev, selector.at, &selector.offset, time_ms)? + reach.ahead_ms);
    }
    let one = |series: &StoredSeries| {
        let samples = read(&series.samples, &ends_ms, reach);
        let start_timestamps = Rc::clone(&series.start_timestamps);
        StoredSeries { labels: series.labels.clone(), samples, start_timestamps }
    };
    let found = Rc::new(all.iter().map(one).collect());
    ev.read_stats_only.borrow_mut().insert(key, Rc::clone(&found));
    Ok(found)
}

/// The samples as they come out of windows that end at these times.
fn read(samples: &[(i64, SampleValue)], ends_ms: &[i64], reach: Reach) -> Vec<(i64, SampleValue)> {
    let mut hints: Vec<Option<CounterResetHint>> = vec![None; samples.len()];
    let mut at = 0;
    let mut before: Option<&FloatHistogram> = None;
    for (i, &end_ms) in ends_ms.iter().enumerate() {
        let leaps_to = match i {
            0 => samples.partition_point(|&(t, _)| t <= end_ms - reach.first_ms),
            _ => samples.partition_point(|&(t, _)| t < end_ms - reach.others_ms),
        };
        if leaps_to > at {
            at = leaps_to;
            before = None;
        }
        while let Some((timestamp_ms, value)) = samples.get(at) {
            if let SampleValue::Histogram(histogram) = value
                && !value.is_stale()
                && hints[at].is_none()
            {
                hints[at] = Some(hint(histogram, before));
                before = Some(histogram);
            }
            if *timestamp_ms >= end_ms {
                break;
            }
            at += 1;
        }
    }
    let without_buckets = |((timestamp_ms, value), hint): (&(i64, SampleValue), Option<CounterResetHint>)| {
        let value = match value {
            SampleValue::Float(value) => SampleValue::Float(*value),
            SampleValue::Histogram(histogram) => SampleValue::Histogram(Arc::new(FloatHistogram {
                counter_reset_hint: hint.unwrap_or(histogram.counter_reset_hint),
                schema: histogram.schema,
                count: histogram.count,
                sum: histogram.sum,
                ..FloatHistogram::default()
            })),
        };
        (*timestamp_ms, value)
    };
    samples.iter().zip(hints).map(without_buckets).collect()
}

fn hint(histogram: &FloatHistogram, before: Option<&FloatHistogram>) -> CounterResetHint {
    match (histogram.counter_reset_hint, before) {
        (CounterResetHint::Unknown, Some(before)) if histogram.is_reset_after(before) => {
            CounterResetHint::Reset
        }
        (CounterResetHint::Unknown, Some(_)) => CounterResetHint::NotReset,
        (hint, _) => hint,
    }
}
