//! Operations on one histogram, and its buckets.

use emberdb_histogram::{Bucket, FloatHistogram, Histogram, HistogramError, Schema, Side, Spread};
use serde_json::Value;

use super::read::{
    AnyHistogram, any_histogram, buckets, float_histogram, integer_histogram, integers, same_but_zeros,
    same_float, same_histogram, schema, spans,
};
use super::{arithmetic, classic};
use crate::conformance::mismatch::{holds, same, same_text};
use crate::conformance::read::{count, float, floats, integer, text, truth};
use crate::conformance::{Check, Mismatch};

/// An upper bound.
pub(super) fn bound(record: &Value) -> Check {
    same_float(float(&record["upper_bound"])?, schema(&record["schema"])?.bound(integer(&record["index"])?))
}

pub(super) fn check(record: &Value) -> Check {
    match text(&record["op"])? {
        "add" => arithmetic::add(record),
        "sub" => arithmetic::sub(record),
        "kahan_add" => arithmetic::kahan_add(record),
        "mul" => {
            let mut histogram = float_histogram(&record["input"])?;
            histogram.scale(float(&record["factor"])?);
            same_but_zeros(&float_histogram(&record["expected"])?, &histogram)
        }
        "div" => {
            let mut histogram = float_histogram(&record["input"])?;
            histogram.divide(float(&record["divisor"])?);
            same_but_zeros(&float_histogram(&record["expected"])?, &histogram)
        }
        "compact" => compact(record),
        "copy_to_schema" => {
            let found = to_schema(&float_histogram(&record["input"])?, schema(&record["target_schema"])?)?;
            same_histogram(&float_histogram(&record["expected"])?, &found)
        }
        "reduce_resolution" => reduce_resolution(record),
        "reduce_resolution_spans" => reduce_resolution_of_a_side(record),
        "detect_reset" => {
            let previous = float_histogram(&record["previous"])?;
            let is_reset = float_histogram(&record["current"])?.is_reset_after(&previous);
            same("is a reset", &truth(&record["expected"])?, &is_reset)
        }
        "equals" => equals(record),
        "validate" => validate(record),
        "to_float" => to_float(record),
        "to_string" => {
            let printed = match any_histogram(&record["input"])? {
                AnyHistogram::Integer(histogram) => histogram.to_string(),
                AnyHistogram::Float(histogram) => histogram.to_string(),
            };
            same_text("text", text(&record["expected"])?, &printed)
        }
        "buckets" => {
            let histogram = integer_histogram(&record["input"])?;
            let (positive, negative) = (&record["expected_positive"], &record["expected_negative"]);
            same("positive", &buckets(positive, count)?, &histogram.positive_buckets().collect::<Vec<_>>())?;
            same("negative", &buckets(negative, count)?, &histogram.negative_buckets().collect::<Vec<_>>())
        }
        "cumulative_buckets" => {
            let found: Vec<_> = integer_histogram(&record["input"])?.cumulative_buckets().collect();
            same("buckets", &buckets(&record["expected"], count)?, &found)
        }
        "all_buckets" => all_buckets(record, false),
        "all_buckets_reverse" => all_buckets(record, true),
        "buckets_target_schema" => buckets_of_schema(record),
        "bound" => same_float(
            float(&record["expected"])?,
            schema(&record["schema"])?.bound(integer(&record["index"])?),
        ),
        "bucket_fraction_below" => bucket_fraction_below(record),
        "custom_bounds_match" => custom_bounds_match(record),
        "nhcb_to_classic" => classic::of_native(record),
        other => Err(Mismatch::unsupported(other)),
    }
}

fn compact(record: &Value) -> Check {
    let max = integer(&record["max_empty_buckets"])?;
    let (was_valid, is_valid) = match any_histogram(&record["input"])? {
        AnyHistogram::Integer(mut histogram) => {
            let was_valid = histogram.validate().is_ok();
            histogram.compact(max);
            same("compacted", &integer_histogram(&record["expected"])?, &histogram)?;
            (was_valid, histogram.validate().is_ok())
        }
        AnyHistogram::Float(mut histogram) => {
            let was_valid = histogram.validate().is_ok();
            histogram.compact(max);
            same("compacted", &float_histogram(&record["expected"])?, &histogram)?;
            (was_valid, histogram.validate().is_ok())
        }
    };
    holds("a valid histogram should stay valid", !was_valid || is_valid)
}

fn to_schema(histogram: &FloatHistogram, target: Schema) -> Result<FloatHistogram, Mismatch> {
    histogram.to_schema(target).map_err(|error| Mismatch::new(error.to_string()))
}

/// The error as the data has it: empty is none.
fn error_text(result: Result<(), HistogramError>) -> String {
    result.err().map_or(String::new(), |error| error.to_string())
}

fn reduce_resolution(record: &Value) -> Check {
    let target = schema(&record["target_schema"])?;
    let error = text(&record["error"])?;
    match any_histogram(&record["input"])? {
        AnyHistogram::Integer(mut histogram) => {
            same_text("error", error, &error_text(histogram.reduce_resolution(target)))?;
            if error.is_empty() {
                same("reduced", &integer_histogram(&record["expected"])?, &histogram)?;
            }
        }
        AnyHistogram::Float(mut histogram) => {
            same_text("error", error, &error_text(histogram.reduce_resolution(target)))?;
            if error.is_empty() {
                same_histogram(&float_histogram(&record["expected"])?, &histogram)?;
            }
        }
    }
    Ok(())
}

fn reduce_resolution_of_a_side(record: &Value) -> Check {
    let (from, target) = (schema(&record["schema"])?, schema(&record["target_schema"])?);
    let (spans, wanted_spans) = (spans(&record["spans"])?, spans(&record["expected_spans"])?);
    if record.get("deltas").is_some() {
        let negative = Side { spans, buckets: integers(&record["deltas"])? };
        let mut histogram = Histogram { schema: from, negative, ..Histogram::default() };
        same_text("error", "", &error_text(histogram.reduce_resolution(target)))?;
        let wanted = Side { spans: wanted_spans, buckets: integers(&record["expected_deltas"])? };
        same("side", &wanted, &histogram.negative)
    } else {
        let negative = Side { spans, buckets: floats(&record["buckets"])? };
        let mut histogram = FloatHistogram { schema: from, negative, ..FloatHistogram::default() };
        same_text("error", "", &error_text(histogram.reduce_resolution(target)))?;
        let wanted = Side { spans: wanted_spans, buckets: floats(&record["expected_buckets"])? };
        same("side", &wanted, &histogram.negative)
    }
}

fn equals(record: &Value) -> Check {
    let are_equal = truth(&record["expected"])?;
    let (a, b) = match (any_histogram(&record["a"])?, any_histogram(&record["b"])?) {
        (AnyHistogram::Integer(a), AnyHistogram::Integer(b)) => {
            for (left, right) in [(&a, &b), (&b, &a)] {
                same("are equal", &are_equal, &left.has_same_data(right))?;
            }
            (a.to_float(), b.to_float())
        }
        (AnyHistogram::Float(a), AnyHistogram::Float(b)) => (a, b),
        _ => return Err(Mismatch::new("malformed record: histograms of two kinds")),
    };
    let as_float = record.get("expected_as_float").map_or(Ok(are_equal), truth)?;
    for (left, right) in [(&a, &b), (&b, &a)] {
        same("are equal as floats", &as_float, &left.has_same_data(right))?;
        holds("what is equal should be almost equal", !as_float || left.is_almost(right, 1e-12))?;
    }
    Ok(())
}

fn validate(record: &Value) -> Check {
    let wanted = text(&record["error"])?;
    let float = match any_histogram(&record["input"])? {
        AnyHistogram::Integer(histogram) => {
            same_text("error", wanted, &error_text(histogram.validate()))?;
            histogram.to_float()
        }
        AnyHistogram::Float(histogram) => histogram,
    };
    if record["skip_float"] == true {
        return Ok(());
    }
    same_text("error of the floats", wanted, &error_text(float.validate()))
}

fn to_float(record: &Value) -> Check {
    let histogram = integer_histogram(&record["input"])?;
    let wanted = float_histogram(&record["expected"])?;
    same_histogram(&wanted, &histogram.to_float())?;
    // Whatever the memory held before.
    let used = "{{schema:-53 custom_values:[1] z_bucket:3 buckets:[1 2] n_buckets:[4 5 6]}}";
    let mut used = used.parse::<FloatHistogram>().expect("a histogram in notation");
    histogram.to_float_into(&mut used);
    same_histogram(&wanted, &used)?;
    let wanted = text(&record["expected_string"])?;
    same_text("text", wanted, &histogram.to_string())?;
    same_text("text of the floats", wanted, &used.to_string())
}

fn all_buckets(record: &Value, is_reversed: bool) -> Check {
    let histogram = float_histogram(&record["input"])?;
    let wanted = |key: &str| buckets(&record[key], float);
    let (all, positive, negative): (Vec<_>, Vec<_>, Vec<_>) = if is_reversed {
        (
            histogram.all_buckets().rev().collect(),
            histogram.positive_buckets().rev().collect(),
            histogram.negative_buckets().rev().collect(),
        )
    } else {
        (
            histogram.all_buckets().collect(),
            histogram.positive_buckets().collect(),
            histogram.negative_buckets().collect(),
        )
    };
    same("buckets", &wanted("expected")?, &all)?;
    same("positive", &wanted("expected_positive")?, &positive)?;
    same("negative", &wanted("expected_negative")?, &negative)
}

fn buckets_of_schema(record: &Value) -> Check {
    let target = schema(&record["target_schema"])?;
    let mut histogram = float_histogram(&record["input"])?;
    // Some records have spans of more or fewer buckets than there are. A walk over them ends where the first of
    // the two does; merging would refuse them.
    for side in [&mut histogram.positive, &mut histogram.negative] {
        let covered: usize = side.spans.iter().map(|span| span.length as usize).sum();
        side.buckets.truncate(covered);
        if let Some(last) = side.spans.last_mut() {
            last.length = last.length.saturating_sub((covered - side.buckets.len()) as u32);
        }
    }
    let found = if target == histogram.schema { histogram } else { to_schema(&histogram, target)? };
    let (positive, negative) = (&record["expected_positive"], &record["expected_negative"]);
    same("positive", &buckets(positive, float)?, &found.positive_buckets().collect::<Vec<_>>())?;
    same("negative", &buckets(negative, float)?, &found.negative_buckets().collect::<Vec<_>>())
}

fn bucket_fraction_below(record: &Value) -> Check {
    let bucket = Bucket {
        lower: float(&record["lower"])?,
        upper: float(&record["upper"])?,
        lower_inclusive: false,
        upper_inclusive: true,
        count: float(&record["count"])?,
        index: 0,
    };
    let spread = if record["linear"] == true { Spread::Even } else { Spread::Logarithmic };
    let (wanted, found) = (float(&record["expected"])?, bucket.share_below(float(&record["v"])?, spread));
    let is_close = (found - wanted).abs() <= float(&record["tolerance_abs"])?;
    holds(&format!("wanted {wanted}, got {found}"), is_close)
}

fn custom_bounds_match(record: &Value) -> Check {
    let with_bounds = |key: &str| {
        let custom_values = Some(floats(&record[key])?.into());
        Ok::<_, Mismatch>(FloatHistogram {
            schema: Schema::CUSTOM,
            custom_values,
            ..FloatHistogram::default()
        })
    };
    let (a, b) = (with_bounds("a")?, with_bounds("b")?);
    let wanted = truth(&record["expected"])?;
    let combined = a.clone().add_assign(&b).map_err(|error| Mismatch::new(error.to_string()))?;
    same("bounds are not reconciled", &wanted, &!combined.bounds_reconciled)?;
    same("have the same data", &wanted, &a.has_same_data(&b))
}
