//! `histogram_quantile`, `histogram_quantiles`, `histogram_fraction` of classic histograms: series with a label `le`.

use std::collections::HashMap;

use emberdb_model::{BUCKET_LABEL, Labels, METRIC_NAME};
use emberdb_promql_syntax::{Call, FunctionId, Span};

use super::error::NaiveError;
use super::evaluator::{Evaluator, unique};
use super::frame::Frame;
use super::go;
use super::labels::{filter, with};
use super::notes::{Place, Repair};
use super::quantile::is_invalid;
use super::value::Element;

/// Counts that differ by less than this, relative to their sum, are the same count with rounding.
const SMALL_DIFFERENCE: f64 = 1e-12;

/// The observations up to a bound.
#[derive(Clone, Copy, Debug)]
struct Bucket {
    upper_bound: f64,
    /// Of all observations up to the bound: cumulative.
    count: f64,
}

/// A histogram: all buckets that differ in `le` alone.
struct Histogram {
    /// Without `le`.
    labels: Labels,
    drop_name: bool,
    buckets: Vec<Bucket>,
}

/// The value of one of the three functions.
pub(super) fn eval(
    ev: &Evaluator<'_>,
    call: &Call,
    frame: Frame,
    time_ms: i64,
) -> Result<Vec<Element>, NaiveError> {
    let scalar = |i: usize| ev.scalar(&call.args[i], frame, time_ms);
    let mut elements = Vec::new();
    match call.function {
        FunctionId::HistogramFraction => {
            let (lower, upper) = (scalar(0)?, scalar(1)?);
            for histogram in histograms(ev, call, 2, frame, time_ms)? {
                let value = fraction(lower, upper, histogram.buckets.clone());
                elements.push(histogram.element(ev, value));
            }
        }
        FunctionId::HistogramQuantiles => {
            let label = ev.string(&call.args[1], frame, time_ms)?;
            let histograms = histograms(ev, call, 0, frame, time_ms)?;
            for i in 2..call.args.len() {
                let phi = scalar(i)?;
                for mut element in quantiles(ev, call, (phi, i, 0), &histograms, frame, time_ms) {
                    element.labels = with(&element.labels, &label, &open_metrics_float(phi));
                    elements.push(element);
                }
            }
        }
        _ => {
            let phi = scalar(0)?;
            let histograms = histograms(ev, call, 1, frame, time_ms)?;
            elements = quantiles(ev, call, (phi, 0, 1), &histograms, frame, time_ms);
        }
    }
    unique(elements)
}

/// The histograms among the elements of an argument. An element without a bound is passed over with a warning.
fn histograms(
    ev: &Evaluator<'_>,
    call: &Call,
    arg: usize,
    frame: Frame,
    time_ms: i64,
) -> Result<Vec<Histogram>, NaiveError> {
    let place = Place { at: position(call, arg), by: call.span };
    let mut places = HashMap::new();
    let mut found: Vec<Histogram> = Vec::new();
    for element in ev.vector(&call.args[arg], frame, time_ms)? {
        let bound = element.labels.get(BUCKET_LABEL).unwrap_or("");
        let Some(upper_bound) = go::parse_float(bound) else {
            let metric = remembered_name(ev, &element.labels);
            ev.notes.borrow_mut().bad_bucket_label(metric, bound, place);
            continue;
        };
        let labels = filter(&element.labels, |name| name != BUCKET_LABEL);
        let place = *places.entry(labels.clone()).or_insert_with(|| {
            found.push(Histogram { labels, drop_name: element.drop_name, buckets: Vec::new() });
            found.len() - 1
        });
        found[place].buckets.push(Bucket { upper_bound, count: element.value });
    }
    Ok(found)
}

/// Where an argument stands.
fn position(call: &Call, arg: usize) -> Span {
    call.args[arg].without_parens().span()
}

/// The φ-quantile of each histogram; φ and the histograms are these arguments of the call.
fn quantiles(
    ev: &Evaluator<'_>,
    call: &Call,
    (phi, phi_arg, vector_arg): (f64, usize, usize),
    histograms: &[Histogram],
    frame: Frame,
    time_ms: i64,
) -> Vec<Element> {
    let place = |arg| Place { at: position(call, arg), by: call.span };
    if is_invalid(phi) {
        ev.notes.borrow_mut().invalid_quantile(phi, place(phi_arg));
    }
    let mut elements = Vec::new();
    for histogram in histograms {
        let (value, repair) = quantile(phi, histogram.buckets.clone());
        if let Some(repair) = repair {
            let key = (position(call, phi_arg), time_ms, histogram.labels.to_string());
            if ev.repairs_seen.borrow_mut().insert(key) {
                let metric = remembered_name(ev, &histogram.labels);
                ev.notes.borrow_mut().forced_monotonicity(
                    metric,
                    repair,
                    (frame, time_ms),
                    place(vector_arg),
                );
            }
        }
        elements.push(histogram.element(ev, value));
    }
    elements
}

impl Histogram {
    fn element(&self, ev: &Evaluator<'_>, value: f64) -> Element {
        let mut element = Element { labels: self.labels.clone(), drop_name: self.drop_name, value };
        ev.drop_name(&mut element);
        element
    }
}

/// The name that remarks tell: known only while names are kept to the end.
fn remembered_name<'l>(ev: &Evaluator<'_>, labels: &'l Labels) -> &'l str {
    if ev.options.delayed_name_removal { labels.get(METRIC_NAME).unwrap_or("") } else { "" }
}

/// The φ-quantile, and what had to be repaired for it.
fn quantile(phi: f64, buckets: Vec<Bucket>) -> (f64, Option<Repair>) {
    if phi.is_nan() {
        return (f64::NAN, None);
    }
    if phi < 0.0 {
        return (f64::NEG_INFINITY, None);
    }
    if phi > 1.0 {
        return (f64::INFINITY, None);
    }
    let Some(mut buckets) = merged(buckets) else { return (f64::NAN, None) };
    let repair = make_monotonic(&mut buckets);
    (interpolated(phi, &buckets), repair)
}

fn interpolated(phi: f64, buckets: &[Bucket]) -> f64 {
    let [finite @ .., last] = buckets else { return f64::NAN };
    let Some(highest_finite) = finite.last() else { return f64::NAN };
    if last.count == 0.0 {
        return f64::NAN;
    }
    let rank = phi * last.count;
    let Some(i) = first_at_least(finite, rank) else { return highest_finite.upper_bound };
    let upper = finite[i];
    if i == 0 && upper.upper_bound <= 0.0 {
        return upper.upper_bound;
    }
    let lower = if i == 0 { Bucket { upper_bound: 0.0, count: 0.0 } } else { finite[i - 1] };
    let share = (rank - lower.count) / (upper.count - lower.count);
    lower.upper_bound + (upper.upper_bound - lower.upper_bound) * share
}

/// The first bucket with at least so many observations, by halving, which matters when counts are NaN.
fn first_at_least(buckets: &[Bucket], rank: f64) -> Option<usize> {
    let (mut low, mut high) = (0, buckets.len());
    while low < high {
        let middle = low.midpoint(high);
        if buckets[middle].count >= rank {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    (low < buckets.len()).then_some(low)
}

/// The share of observations between two values. Counts are not repaired for it.
fn fraction(lower: f64, upper: f64, buckets: Vec<Bucket>) -> f64 {
    let Some(buckets) = merged(buckets) else { return f64::NAN };
    let count = buckets.last().map_or(0.0, |b| b.count);
    if count == 0.0 || lower.is_nan() || upper.is_nan() {
        return f64::NAN;
    }
    if lower >= upper {
        return 0.0;
    }
    (rank_of(upper, &buckets, count) - rank_of(lower, &buckets, count)) / count
}

/// How many observations lie below `value`, linear within a bucket.
fn rank_of(value: f64, buckets: &[Bucket], count: f64) -> f64 {
    // The first bucket begins at 0 if it can.
    let lowest = if buckets[0].upper_bound > 0.0 { 0.0 } else { f64::NEG_INFINITY };
    let mut lower = Bucket { upper_bound: lowest, count: 0.0 };
    for &bucket in buckets {
        if lower.upper_bound >= value {
            return at_most(lower.count, count);
        }
        if bucket.upper_bound > value {
            // Nothing is known of how observations spread over a bucket without a lower bound.
            if lower.upper_bound == f64::NEG_INFINITY {
                return at_most(bucket.count, count);
            }
            let share = (value - lower.upper_bound) / (bucket.upper_bound - lower.upper_bound);
            return at_most(lower.count + (bucket.count - lower.count) * share, count);
        }
        lower = bucket;
    }
    count
}

fn at_most(rank: f64, count: f64) -> f64 {
    if rank > count { count } else { rank }
}

/// The buckets by rising bound, those of the same bound added up; `None` if the highest is not +Inf.
fn merged(mut buckets: Vec<Bucket>) -> Option<Vec<Bucket>> {
    buckets.sort_by(|a, b| a.upper_bound.total_cmp(&b.upper_bound));
    if buckets.last()?.upper_bound != f64::INFINITY {
        return None;
    }
    let mut merged: Vec<Bucket> = Vec::new();
    for bucket in buckets {
        match merged.last_mut() {
            Some(last) if last.upper_bound == bucket.upper_bound => last.count += bucket.count,
            _ => merged.push(bucket),
        }
    }
    Some(merged)
}

/// Lifts counts that fall. Tiny differences, up or down, are rounding and not worth a remark.
fn make_monotonic(buckets: &mut [Bucket]) -> Option<Repair> {
    let mut repair: Option<Repair> = None;
    let mut previous = buckets.first()?.count;
    for bucket in &mut buckets[1..] {
        if bucket.count == previous {
            continue;
        }
        if is_almost_equal(previous, bucket.count) {
            bucket.count = previous;
        } else if bucket.count < previous {
            let difference = previous - bucket.count;
            let bound = bucket.upper_bound;
            let so_far =
                repair.get_or_insert(Repair { bucket_min: bound, bucket_max: bound, difference_max: 0.0 });
            so_far.bucket_max = bound;
            so_far.difference_max = so_far.difference_max.max(difference);
            bucket.count = previous;
        } else {
            previous = bucket.count;
        }
    }
    repair
}

/// Whether two different numbers differ by rounding only.
fn is_almost_equal(a: f64, b: f64) -> bool {
    if a.is_nan() && b.is_nan() {
        return true;
    }
    let (sum, difference) = (a.abs() + b.abs(), (a - b).abs());
    if a == 0.0 || b == 0.0 || sum < f64::MIN_POSITIVE {
        return difference < SMALL_DIFFERENCE * f64::MIN_POSITIVE;
    }
    difference / sum.min(f64::MAX) < SMALL_DIFFERENCE
}

/// A float as OpenMetrics writes it in labels: always recognisable as one.
fn open_metrics_float(value: f64) -> String {
    let text = go::format_g(value);
    if text.contains(['.', 'e']) || !value.is_finite() { text } else { text + ".0" }
}
