//! Quantiles and fractions of native histograms, and trimming.

use emberdb_histogram::NanObservations;
use serde_json::Value;

use super::read::{float_histogram, same_float, same_histogram};
use crate::conformance::mismatch::same;
use crate::conformance::{Check, Mismatch, read};

pub(super) fn check(record: &Value) -> Check {
    let histogram = float_histogram(&record["input"])?;
    let wanted = read::float(&record["expected"])?;
    let annotation = match read::text(&record["op"])? {
        "native_quantile" => {
            let got = histogram.quantile(read::float(&record["q"])?);
            same_float(wanted, got.value)?;
            got.nan_observations.map(|nan| match nan {
                NanObservations::ResultIsNan => {
                    "input to histogram_quantile has NaN observations, result is NaN"
                }
                NanObservations::SkewHigher => {
                    "input to histogram_quantile has NaN observations, result is skewed higher"
                }
            })
        }
        "native_fraction" => {
            let got = histogram.fraction(read::float(&record["lower"])?, read::float(&record["upper"])?);
            same_float(wanted, got.value)?;
            got.excludes_nan.then_some(
                "input to histogram_fraction has NaN observations, which are excluded from all fractions",
            )
        }
        other => return Err(Mismatch::unsupported(other)),
    };
    let annotations: Vec<String> =
        annotation.iter().map(|text| format!("PromQL info: {text} for metric name \"m\"")).collect();
    let wanted = read::list_or_empty(&record["annotations"]).iter().map(read::text);
    same("annotations", &wanted.collect::<Result<Vec<_>, _>>()?, &annotations)
}

pub(super) fn trim(record: &Value) -> Check {
    same("operation", "trim", read::text(&record["op"])?)?;
    let mut histogram = float_histogram(&record["input"])?;
    let value = read::float(&record["rhs"])?;
    if read::truth(&record["upper"])? {
        histogram.keep_below(value);
    } else {
        histogram.keep_above(value);
    }
    same_histogram(&float_histogram(&record["expected"])?, &histogram)
}
