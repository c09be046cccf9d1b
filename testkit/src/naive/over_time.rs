//! The `_over_time` functions: from a window's samples, never none, to one value.

use emberdb_model::{Sample, SampleValue};
use emberdb_promql_syntax::FunctionId;

use super::compensated::{mean, sum, variance_over_time};
use super::histogram_remark::HistogramRemark;
use super::histogram_sum::{Total, total};
use super::labels::metric_name;
use super::notes::{Notes, Place};
use super::quantile::quantile;
use super::value::{Window, of_histogram};

/// What a function with no other argument makes of a window; `None` for other functions.
pub(super) fn reduce(
    function: FunctionId,
    window: &Window,
    notes: &mut Notes,
    place: Place,
) -> Option<SampleValue> {
    use FunctionId as F;
    let (first, last) = (window.samples.first()?, window.samples.last()?);
    let number = match function {
        F::FirstOverTime => return Some(first.1.clone()),
        F::LastOverTime => return Some(last.1.clone()),
        F::CountOverTime => window.samples.len() as f64,
        F::PresentOverTime => 1.0,
        F::TsOfFirstOverTime => seconds(first.0),
        F::TsOfLastOverTime => seconds(last.0),
        F::SumOverTime => return add_up(window, sum, Total::Sum, notes, place),
        F::AvgOverTime => return add_up(window, mean, Total::Mean, notes, place),
        _ => {
            let floats = floats_alone(window, notes, place)?;
            let numbers = values(&floats);
            match function {
                F::MinOverTime => extreme(&floats, |a, b| a < b).value,
                F::MaxOverTime => extreme(&floats, |a, b| a > b).value,
                F::TsOfMinOverTime => seconds(extreme(&floats, |a, b| a <= b).timestamp_ms),
                F::TsOfMaxOverTime => seconds(extreme(&floats, |a, b| a >= b).timestamp_ms),
                F::StdvarOverTime => variance_over_time(numbers),
                F::StddevOverTime => variance_over_time(numbers).sqrt(),
                F::MadOverTime => median_absolute_deviation(&numbers),
                _ => return None,
            }
        }
    };
    Some(SampleValue::Float(number))
}

/// The floats of a window, if there are any. That histograms beside them are ignored is told.
pub(super) fn floats_alone(window: &Window, notes: &mut Notes, place: Place) -> Option<Vec<Sample>> {
    let floats = window.floats();
    if floats.is_empty() {
        return None;
    }
    if floats.len() < window.samples.len() {
        let metric = metric_name(&window.labels).to_owned();
        notes.on_histograms(&HistogramRemark::IgnoredInRange { metric }, place);
    }
    Some(floats)
}

/// The sum or mean of the floats or of the histograms; nothing if there are both.
fn add_up(
    window: &Window,
    of_floats: fn(Vec<f64>) -> f64,
    of_histograms: Total,
    notes: &mut Notes,
    place: Place,
) -> Option<SampleValue> {
    let (floats, histograms) = (window.floats(), window.histograms());
    let metric = || metric_name(&window.labels).to_owned();
    if histograms.is_empty() {
        return Some(SampleValue::Float(of_floats(values(&floats))));
    }
    if !floats.is_empty() {
        notes.on_histograms(&HistogramRemark::MixedRange { metric: metric() }, place);
        return None;
    }
    let mut told = Notes::default();
    match total(of_histograms, histograms.iter().map(|s| &*s.value), &mut told, place) {
        Ok(total) => {
            notes.merge(told);
            Some(of_histogram(total))
        }
        Err(_) => {
            // Nothing else is said then, as upstream has it.
            notes.on_histograms(&HistogramRemark::MixedSchemas { metric: metric() }, place);
            None
        }
    }
}

/// The sample that wins over all before it; any sample wins over NaN.
fn extreme(samples: &[Sample], wins: impl Fn(f64, f64) -> bool) -> Sample {
    samples
        .iter()
        .copied()
        .reduce(|best, s| if wins(s.value, best.value) || best.value.is_nan() { s } else { best })
        .expect("a window has at least one sample")
}

fn median_absolute_deviation(numbers: &[f64]) -> f64 {
    if numbers.iter().any(|x| x.is_nan()) {
        return f64::NAN;
    }
    let median = quantile(0.5, numbers);
    let deviations: Vec<f64> = numbers.iter().map(|x| (x - median).abs()).collect();
    quantile(0.5, &deviations)
}

fn seconds(ms: i64) -> f64 {
    ms as f64 / 1000.0
}

/// The values of samples.
pub(super) fn values(samples: &[Sample]) -> Vec<f64> {
    samples.iter().map(|s| s.value).collect()
}
