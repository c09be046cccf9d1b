//! `ops.jsonl` and `bounds.jsonl`.

use std::collections::BTreeMap;

use emberdb_histogram::{
    Bucket, Combined, Compensation, FloatHistogram, Histogram, HistogramError, HistogramSum, Side, Spread,
};
use serde_json::Value;

use crate::read::{
    AnyHistogram, any_histogram, assert_equal, assert_float, assert_same, buckets, float, float_histogram,
    floats, integer_histogram, integers, list, schema, spans, table,
};

#[test]
fn bounds_are_upstreams() {
    let Some(records) = table("histogram/bounds.jsonl") else { return };
    for record in &records {
        let found = schema(&record["schema"]).bound(index(record));
        assert_float(found, float(&record["upper_bound"]), record);
    }
    println!("{} bounds", records.len());
}

#[test]
fn operations_are_upstreams() {
    let Some(records) = table("histogram/ops.jsonl") else { return };
    let mut counts = BTreeMap::new();
    for record in &records {
        let operation = record["op"].as_str().unwrap();
        check(operation, record);
        *counts.entry(operation).or_insert(0) += 1;
    }
    println!("{} operations: {counts:?}", records.len());
}

fn check(operation: &str, record: &Value) {
    match operation {
        "add" => add(record),
        "sub" => sub(record),
        "kahan_add" => kahan_add(record),
        "mul" => {
            let mut histogram = float_histogram(&record["input"]);
            histogram.scale(float(&record["factor"]));
            assert_equal(&histogram, &float_histogram(&record["expected"]), record);
        }
        "div" => {
            let mut histogram = float_histogram(&record["input"]);
            histogram.divide(float(&record["divisor"]));
            assert_equal(&histogram, &float_histogram(&record["expected"]), record);
        }
        "compact" => compact(record),
        "copy_to_schema" => {
            let found =
                float_histogram(&record["input"]).to_schema(schema(&record["target_schema"])).unwrap();
            assert_same(&found, &float_histogram(&record["expected"]), record);
        }
        "reduce_resolution" => reduce_resolution(record),
        "reduce_resolution_spans" => reduce_resolution_of_a_side(record),
        "detect_reset" => {
            let [previous, current] = ["previous", "current"].map(|key| float_histogram(&record[key]));
            assert_eq!(current.is_reset_after(&previous), record["expected"], "{record}");
        }
        "equals" => equals(record),
        "validate" => validate(record),
        "to_float" => {
            let histogram = integer_histogram(&record["input"]);
            let expected = float_histogram(&record["expected"]);
            assert_same(&histogram.to_float(), &expected, record);
            let mut used: FloatHistogram =
                "{{schema:-53 custom_values:[1] z_bucket:3 buckets:[1 2] n_buckets:[4 5 6]}}"
                    .parse()
                    .unwrap();
            histogram.to_float_into(&mut used);
            assert_same(&used, &expected, record);
            for text in [histogram.to_string(), used.to_string()] {
                assert_eq!(text, record["expected_string"], "{record}");
            }
        }
        "to_string" => {
            let text = match any_histogram(&record["input"]) {
                AnyHistogram::Integer(histogram) => histogram.to_string(),
                AnyHistogram::Float(histogram) => histogram.to_string(),
            };
            assert_eq!(text, record["expected"], "{record}");
        }
        "buckets" => {
            let histogram = integer_histogram(&record["input"]);
            let expected = ["expected_positive", "expected_negative"].map(|key| buckets(&record[key], whole));
            assert_eq!(histogram.positive_buckets().collect::<Vec<_>>(), expected[0], "{record}");
            assert_eq!(histogram.negative_buckets().collect::<Vec<_>>(), expected[1], "{record}");
        }
        "cumulative_buckets" => {
            let found: Vec<_> = integer_histogram(&record["input"]).cumulative_buckets().collect();
            assert_eq!(found, buckets(&record["expected"], whole), "{record}");
        }
        "all_buckets" | "all_buckets_reverse" => all_buckets(record, operation == "all_buckets_reverse"),
        "buckets_target_schema" => {
            let target = schema(&record["target_schema"]);
            let mut histogram = float_histogram(&record["input"]);
            // Some records have spans of more or fewer buckets than there are. A walk over them ends where the first of
            // the two does; merging would refuse them.
            for side in [&mut histogram.positive, &mut histogram.negative] {
                let covered: usize = side.spans.iter().map(|span| span.length as usize).sum();
                side.buckets.truncate(covered);
                if let Some(last) = side.spans.last_mut() {
                    last.length -= (covered - side.buckets.len()) as u32;
                }
            }
            let found =
                if target == histogram.schema { histogram } else { histogram.to_schema(target).unwrap() };
            let expected = ["expected_positive", "expected_negative"].map(|key| buckets(&record[key], float));
            assert_eq!(found.positive_buckets().collect::<Vec<_>>(), expected[0], "{record}");
            assert_eq!(found.negative_buckets().collect::<Vec<_>>(), expected[1], "{record}");
        }
        "bound" => {
            let found = schema(&record["schema"]).bound(index(record));
            assert_float(found, float(&record["expected"]), record);
        }
        "bucket_fraction_below" => bucket_fraction_below(record),
        "custom_bounds_match" => custom_bounds_match(record),
        "nhcb_to_classic" => to_classic(record),
        other => panic!("{other} is not known"),
    }
}

fn index(record: &Value) -> i32 {
    record["index"].as_i64().unwrap().try_into().unwrap()
}

fn whole(value: &Value) -> u64 {
    value.as_u64().unwrap()
}

/// What the record says about a result: the histogram, compacted, if it says anything about that, and the flags.
type Expected = Result<(Option<FloatHistogram>, Combined), String>;

fn expected(record: &Value) -> Expected {
    match record["error"].as_str().unwrap() {
        "" => {
            let histogram = (!record["expected"].is_null()).then(|| {
                let mut histogram = float_histogram(&record["expected"]);
                histogram.compact(0);
                histogram
            });
            let combined = Combined {
                hints_collided: record["counter_reset_collision"].as_bool().unwrap(),
                bounds_reconciled: record["nhcb_bounds_reconciled"].as_bool().unwrap(),
            };
            Ok((histogram, combined))
        }
        error => Err(error.to_owned()),
    }
}

/// Checks the result of one way to compute a sum or difference.
#[track_caller]
fn check_combination(
    found: Result<(FloatHistogram, Combined), HistogramError>,
    expected: &Expected,
    record: &Value,
) {
    match (found, expected) {
        (Ok((mut found, combined)), Ok((expected, expected_combined))) => {
            found.compact(0);
            if let Some(expected) = expected {
                assert_same(&found, expected, record);
            }
            assert_eq!(combined, *expected_combined, "{record}");
        }
        (Err(found), Err(expected)) => assert_eq!(found.to_string(), *expected, "{record}"),
        (found, expected) => panic!("found {found:?}\nexpected {expected:?}\nof {record}"),
    }
}

fn add(record: &Value) {
    let [a, b] = ["a", "b"].map(|key| float_histogram(&record[key]));
    let expected = expected(record);
    for (left, right) in [(&a, &b), (&b, &a)] {
        let before = right.clone();
        let mut sum = left.clone();
        let combined = sum.add_assign(right);
        check_combination(combined.map(|combined| (sum, combined)), &expected, record);
        let mut sum = HistogramSum::new(left.clone());
        let combined = sum.add(right);
        check_combination(combined.map(|combined| (sum.into_total(), combined)), &expected, record);
        assert_same(right, &before, record);
    }
}

fn sub(record: &Value) {
    let [a, b] = ["a", "b"].map(|key| float_histogram(&record[key]));
    let mut expected = expected(record);
    let subtract = |left: &FloatHistogram, right: &FloatHistogram| {
        let mut difference = left.clone();
        difference.sub_assign(right).map(|combined| (difference, combined))
    };
    check_combination(subtract(&a, &b), &expected, record);
    if let Ok((Some(histogram), _)) = &mut expected {
        // The negation of a counter is a gauge; here the sign alone is meant. Zeros have none.
        let hint = histogram.counter_reset_hint;
        histogram.negate();
        histogram.counter_reset_hint = hint;
        for number in [&mut histogram.zero_count, &mut histogram.count, &mut histogram.sum] {
            *number += 0.0;
        }
    }
    check_combination(subtract(&b, &a), &expected, record);
}

fn kahan_add(record: &Value) {
    let [mut a, b] = ["a", "b"].map(|key| float_histogram(&record[key]));
    let mut compensation = if record["comp"].is_null() {
        Compensation::none(&a)
    } else {
        let lost = float_histogram(&record["comp"]);
        Compensation {
            zero_count: lost.zero_count,
            count: lost.count,
            sum: lost.sum,
            positive: lost.positive.buckets,
            negative: lost.negative.buckets,
        }
    };
    let combined = a.kahan_add_assign(&b, &mut compensation);
    a.add_compensation(&compensation);
    check_combination(combined.map(|combined| (a, combined)), &expected(record), record);
}

fn compact(record: &Value) {
    let max = usize::try_from(record["max_empty_buckets"].as_u64().unwrap()).unwrap();
    match any_histogram(&record["input"]) {
        AnyHistogram::Integer(mut histogram) => {
            let was_valid = histogram.validate().is_ok();
            histogram.compact(max);
            let expected = integer_histogram(&record["expected"]);
            assert_eq!(histogram, expected, "{record}");
            assert!(!was_valid || histogram.validate().is_ok(), "{record}");
        }
        AnyHistogram::Float(mut histogram) => {
            let was_valid = histogram.validate().is_ok();
            histogram.compact(max);
            assert_eq!(histogram, float_histogram(&record["expected"]), "{record}");
            assert!(!was_valid || histogram.validate().is_ok(), "{record}");
        }
    }
}

fn reduce_resolution(record: &Value) {
    let target = schema(&record["target_schema"]);
    let error =
        |result: Result<(), HistogramError>| result.err().map_or(String::new(), |error| error.to_string());
    match any_histogram(&record["input"]) {
        AnyHistogram::Integer(mut histogram) => {
            assert_eq!(error(histogram.reduce_resolution(target)), record["error"], "{record}");
            if record["error"] == "" {
                assert_eq!(histogram, integer_histogram(&record["expected"]), "{record}");
            }
        }
        AnyHistogram::Float(mut histogram) => {
            assert_eq!(error(histogram.reduce_resolution(target)), record["error"], "{record}");
            if record["error"] == "" {
                assert_same(&histogram, &float_histogram(&record["expected"]), record);
            }
        }
    }
}

fn reduce_resolution_of_a_side(record: &Value) {
    let (from, target) = (schema(&record["schema"]), schema(&record["target_schema"]));
    let expected_spans = spans(&record["expected_spans"]);
    if record.get("deltas").is_some() {
        let negative = Side { spans: spans(&record["spans"]), buckets: integers(&record["deltas"]) };
        let mut histogram = Histogram { schema: from, negative, ..Histogram::default() };
        histogram.reduce_resolution(target).unwrap();
        let expected = Side { spans: expected_spans, buckets: integers(&record["expected_deltas"]) };
        assert_eq!(histogram.negative, expected, "{record}");
    } else {
        let negative = Side { spans: spans(&record["spans"]), buckets: floats(&record["buckets"]) };
        let mut histogram = FloatHistogram { schema: from, negative, ..FloatHistogram::default() };
        histogram.reduce_resolution(target).unwrap();
        let expected = Side { spans: expected_spans, buckets: floats(&record["expected_buckets"]) };
        assert_eq!(histogram.negative, expected, "{record}");
    }
}

fn equals(record: &Value) {
    let (a, b) = match (any_histogram(&record["a"]), any_histogram(&record["b"])) {
        (AnyHistogram::Integer(a), AnyHistogram::Integer(b)) => {
            for (left, right) in [(&a, &b), (&b, &a)] {
                assert_eq!(left.has_same_data(right), record["expected"], "{record}");
            }
            (a.to_float(), b.to_float())
        }
        (AnyHistogram::Float(a), AnyHistogram::Float(b)) => (a, b),
        _ => panic!("histograms of two kinds: {record}"),
    };
    let expected = record.get("expected_as_float").unwrap_or(&record["expected"]);
    for (left, right) in [(&a, &b), (&b, &a)] {
        assert_eq!(left.has_same_data(right), *expected, "{record}");
        if !left.has_same_data(right) {
            continue;
        }
        assert!(left.is_almost(right, 1e-12), "{record}");
    }
}

fn validate(record: &Value) {
    let error =
        |result: Result<(), HistogramError>| result.err().map_or(String::new(), |error| error.to_string());
    let float = match any_histogram(&record["input"]) {
        AnyHistogram::Integer(histogram) => {
            assert_eq!(error(histogram.validate()), record["error"], "{record}");
            histogram.to_float()
        }
        AnyHistogram::Float(histogram) => histogram,
    };
    if record["skip_float"] != true {
        assert_eq!(error(float.validate()), record["error"], "{record}");
    }
}

fn all_buckets(record: &Value, is_reversed: bool) {
    let histogram = float_histogram(&record["input"]);
    let [all, positive, negative] =
        ["expected", "expected_positive", "expected_negative"].map(|key| buckets(&record[key], float));
    if is_reversed {
        assert_eq!(histogram.all_buckets().rev().collect::<Vec<_>>(), all, "{record}");
        assert_eq!(histogram.positive_buckets().rev().collect::<Vec<_>>(), positive, "{record}");
        assert_eq!(histogram.negative_buckets().rev().collect::<Vec<_>>(), negative, "{record}");
    } else {
        assert_eq!(histogram.all_buckets().collect::<Vec<_>>(), all, "{record}");
        assert_eq!(histogram.positive_buckets().collect::<Vec<_>>(), positive, "{record}");
        assert_eq!(histogram.negative_buckets().collect::<Vec<_>>(), negative, "{record}");
    }
}

fn bucket_fraction_below(record: &Value) {
    let bucket = Bucket {
        lower: float(&record["lower"]),
        upper: float(&record["upper"]),
        lower_inclusive: false,
        upper_inclusive: true,
        count: float(&record["count"]),
        index: 0,
    };
    let spread = if record["linear"] == true { Spread::Even } else { Spread::Logarithmic };
    let found = bucket.share_below(float(&record["v"]), spread);
    let difference = (found - float(&record["expected"])).abs();
    assert!(difference <= float(&record["tolerance_abs"]), "{found}: {record}");
}

fn custom_bounds_match(record: &Value) {
    let [a, b] = ["a", "b"].map(|key| FloatHistogram {
        schema: emberdb_histogram::Schema::CUSTOM,
        custom_values: Some(floats(&record[key]).into()),
        ..FloatHistogram::default()
    });
    let mut sum = a.clone();
    let are_different = sum.add_assign(&b).unwrap().bounds_reconciled;
    assert_eq!(!are_different, record["expected"], "{record}");
    assert_eq!(a.has_same_data(&b), record["expected"], "{record}");
}

fn to_classic(record: &Value) {
    if record["input"].is_null() {
        // Something that is not a histogram at all; here that is a matter of types.
        assert_eq!(record["error"], true, "{record}");
        return;
    }
    let (found, count, sum) = match any_histogram(&record["input"]) {
        AnyHistogram::Integer(histogram) => {
            (histogram.classic_buckets(), histogram.count as f64, histogram.sum)
        }
        AnyHistogram::Float(histogram) => (histogram.classic_buckets(), histogram.count, histogram.sum),
    };
    if record["error"] == true {
        // A missing name is for those to find who know of names; the other errors are errors here, too.
        let has_name = list(&record["labels"]).iter().any(|label| label[0] == "__name__");
        assert!(found.is_err() || !has_name, "{record}");
        return;
    }
    let mut series: Vec<(Option<f64>, f64)> =
        found.unwrap().iter().map(|bucket| (Some(bucket.upper_bound), bucket.count)).collect();
    series.extend([(None, count), (None, sum)]);
    let expected: Vec<(Option<f64>, f64)> = list(&record["expected"])
        .iter()
        .map(|series| {
            let le =
                list(&series["labels"]).iter().find(|label| label[0] == "le").map(|label| float(&label[1]));
            (le, float(&series["value"]))
        })
        .collect();
    if record["name"] == "sparse histogram" && record["input"]["type"] == "int" {
        // Upstream repeats in each empty bucket of a gap the count of the bucket before the gap, so that its `+Inf`
        // bucket has more observations than there are: 53 of 35. Its own conversion of the same histogram in floats
        // does not.
        assert_eq!(expected[10], (Some(f64::INFINITY), 53.0));
        assert_eq!(series[10], (Some(f64::INFINITY), 35.0));
        return;
    }
    assert_eq!(series, expected, "{record}");
}
