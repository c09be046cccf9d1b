//! The `_over_time` functions: from a window's samples, never none, to a number.

use emberdb_model::Sample;
use emberdb_promql_syntax::FunctionId;

use super::compensated::{mean, sum, variance_over_time};
use super::quantile::quantile;
use super::rate::values;

/// The number that a function with no other argument makes of a window; `None` for other functions.
pub(super) fn reduce(function: FunctionId, samples: &[Sample]) -> Option<f64> {
    use FunctionId as F;
    let numbers = values(samples);
    let (first, last) = (*samples.first()?, *samples.last()?);
    Some(match function {
        F::SumOverTime => sum(numbers),
        F::AvgOverTime => mean(numbers),
        F::CountOverTime => numbers.len() as f64,
        F::PresentOverTime => 1.0,
        F::FirstOverTime => first.value,
        F::LastOverTime => last.value,
        F::TsOfFirstOverTime => seconds(first),
        F::TsOfLastOverTime => seconds(last),
        F::MinOverTime => extreme(samples, |a, b| a < b).value,
        F::MaxOverTime => extreme(samples, |a, b| a > b).value,
        F::TsOfMinOverTime => seconds(extreme(samples, |a, b| a <= b)),
        F::TsOfMaxOverTime => seconds(extreme(samples, |a, b| a >= b)),
        F::StdvarOverTime => variance_over_time(numbers),
        F::StddevOverTime => variance_over_time(numbers).sqrt(),
        F::MadOverTime => median_absolute_deviation(&numbers),
        _ => return None,
    })
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

fn seconds(sample: Sample) -> f64 {
    sample.timestamp_ms as f64 / 1000.0
}
