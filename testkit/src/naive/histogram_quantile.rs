//! `histogram_quantile`, `histogram_quantiles`, `histogram_fraction`, of native histograms and of classic ones.

use std::collections::HashMap;

use emberdb_histogram::{FloatHistogram, NanObservations};
use emberdb_model::{BUCKET_LABEL, Labels, SampleValue};
use emberdb_promql_syntax::{Call, FunctionId, Span};

use super::classic_histogram::{self, Bucket};
use super::error::NaiveError;
use super::evaluator::{Evaluator, unique};
use super::frame::Frame;
use super::go;
use super::histogram_remark::HistogramRemark;
use super::labels::{filter, metric_name, with};
use super::notes::Place;
use super::quantile::is_invalid;
use super::value::Element;

/// A histogram among the elements of a vector.
struct Histogram {
    /// Without `le`, if it is a classic one.
    labels: Labels,
    drop_name: bool,
    buckets: Buckets,
}

enum Buckets {
    Native(FloatHistogram),
    /// All elements that differ in `le` alone.
    Classic(Vec<Bucket>),
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
            let place = Place { at: position(call, 2), by: call.span };
            for histogram in histograms(ev, call, 2, frame, time_ms)? {
                let value = fraction(ev, lower, upper, &histogram, place);
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

/// The histograms among the elements of an argument, native ones first. A float without a bound is passed over with a
/// warning; so are both where a native histogram and a classic one have the same labels.
fn histograms(
    ev: &Evaluator<'_>,
    call: &Call,
    arg: usize,
    frame: Frame,
    time_ms: i64,
) -> Result<Vec<Histogram>, NaiveError> {
    let place = Place { at: position(call, arg), by: call.span };
    let (mut native, mut classic) = (Vec::new(), Vec::new());
    let mut places = HashMap::new();
    for element in ev.vector(&call.args[arg], frame, time_ms)? {
        let (labels, drop_name) = (element.labels, element.drop_name);
        let count = match element.value {
            SampleValue::Float(count) => count,
            SampleValue::Histogram(histogram) => {
                let buckets = Buckets::Native(FloatHistogram::clone(&histogram));
                native.push(Histogram { labels, drop_name, buckets });
                continue;
            }
        };
        let bound = labels.get(BUCKET_LABEL).unwrap_or("");
        let Some(upper_bound) = go::parse_float(bound) else {
            let metric = remembered_name(ev, &labels);
            ev.notes.borrow_mut().bad_bucket_label(metric, bound, place);
            continue;
        };
        let labels = filter(&labels, |name| name != BUCKET_LABEL);
        let place = *places.entry(labels.clone()).or_insert_with(|| {
            classic.push(Histogram { labels, drop_name, buckets: Buckets::Classic(Vec::new()) });
            classic.len() - 1
        });
        if let Buckets::Classic(buckets) = &mut classic[place].buckets {
            buckets.push(Bucket { upper_bound, count });
        }
    }
    let has_other = |all: &[Histogram], labels: &Labels| all.iter().any(|h| h.labels == *labels);
    for histogram in native.iter().filter(|h| has_other(&classic, &h.labels)) {
        let metric = remembered_name(ev, &histogram.labels).to_owned();
        ev.notes.borrow_mut().on_histograms(&HistogramRemark::MixedClassicNative { metric }, place);
    }
    let (mut found, mut rest) = (Vec::new(), Vec::new());
    for histogram in native {
        let is_mixed = has_other(&classic, &histogram.labels);
        if is_mixed { rest.push(histogram) } else { found.push(histogram) }
    }
    classic.retain(|h| !has_other(&rest, &h.labels));
    found.append(&mut classic);
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
        let value = match &histogram.buckets {
            Buckets::Native(native) => native_quantile(ev, phi, native, &histogram.labels, place(vector_arg)),
            Buckets::Classic(buckets) => {
                let (value, repair) = classic_histogram::quantile(phi, buckets.clone());
                let key = (position(call, phi_arg), time_ms, histogram.labels.to_string());
                if let Some(repair) = repair
                    && ev.repairs_seen.borrow_mut().insert(key)
                {
                    let metric = remembered_name(ev, &histogram.labels);
                    let place = place(vector_arg);
                    ev.notes.borrow_mut().forced_monotonicity(metric, repair, (frame, time_ms), place);
                }
                value
            }
        };
        elements.push(histogram.element(ev, value));
    }
    elements
}

fn native_quantile(
    ev: &Evaluator<'_>,
    phi: f64,
    histogram: &FloatHistogram,
    labels: &Labels,
    place: Place,
) -> f64 {
    let quantile = histogram.quantile(phi);
    let metric = remembered_name(ev, labels).to_owned();
    let remark = match quantile.nan_observations {
        None => return quantile.value,
        Some(NanObservations::ResultIsNan) => HistogramRemark::QuantileIsNan { metric },
        Some(NanObservations::SkewHigher) => HistogramRemark::QuantileIsSkewed { metric },
    };
    ev.notes.borrow_mut().on_histograms(&remark, place);
    quantile.value
}

/// The share of observations between two values.
fn fraction(ev: &Evaluator<'_>, lower: f64, upper: f64, histogram: &Histogram, place: Place) -> f64 {
    match &histogram.buckets {
        Buckets::Classic(buckets) => classic_histogram::fraction(lower, upper, buckets.clone()),
        Buckets::Native(native) => {
            let fraction = native.fraction(lower, upper);
            if fraction.excludes_nan {
                let metric = remembered_name(ev, &histogram.labels).to_owned();
                let remark = HistogramRemark::FractionExcludesNan { metric };
                ev.notes.borrow_mut().on_histograms(&remark, place);
            }
            fraction.value
        }
    }
}

impl Histogram {
    fn element(&self, ev: &Evaluator<'_>, value: f64) -> Element {
        let (labels, value) = (self.labels.clone(), SampleValue::Float(value));
        let mut element = Element { labels, drop_name: self.drop_name, value };
        ev.drop_name(&mut element);
        element
    }
}

/// The name that remarks tell: known only while names are kept to the end.
fn remembered_name<'l>(ev: &Evaluator<'_>, labels: &'l Labels) -> &'l str {
    if ev.options.delayed_name_removal { metric_name(labels) } else { "" }
}

/// A float as OpenMetrics writes it in labels: always recognisable as one.
fn open_metrics_float(value: f64) -> String {
    let text = go::format_g(value);
    if text.contains(['.', 'e']) || !value.is_finite() { text } else { text + ".0" }
}
