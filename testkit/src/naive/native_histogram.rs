//! `histogram_count`, `histogram_sum`, `histogram_avg`, `histogram_stddev`, `histogram_stdvar`: numbers of native
//! histograms.

use emberdb_model::{METRIC_NAME, SampleValue};
use emberdb_promql_syntax::FunctionId;

use super::error::NaiveError;
use super::evaluator::{Evaluator, unique};
use super::labels::filter;
use super::value::Element;

/// The number of each histogram; floats are passed over in silence. Unlike other functions these leave type and unit
/// labels as long as names are not removed at the end.
pub(super) fn eval(
    ev: &Evaluator<'_>,
    function: FunctionId,
    elements: Vec<Element>,
) -> Result<Vec<Element>, NaiveError> {
    let mut results = Vec::new();
    for mut element in elements {
        let Some(histogram) = element.histogram() else { continue };
        let number = match function {
            FunctionId::HistogramCount => histogram.count,
            FunctionId::HistogramSum => histogram.sum,
            FunctionId::HistogramAvg => histogram.average(),
            FunctionId::HistogramStddev => histogram.standard_deviation(),
            _ => histogram.variance(),
        };
        element.value = SampleValue::Float(number);
        if ev.options.delayed_name_removal {
            element.drop_name = true;
        } else {
            element.labels = filter(&element.labels, |name| name != METRIC_NAME);
        }
        results.push(element);
    }
    unique(results)
}
