//! Reading the tables.

use emberdb_histogram::{Bucket, CounterResetHint, FloatHistogram, Histogram, Schema, Side, Span};
use serde_json::Value;

/// The records of a table, if the data is there.
#[expect(clippy::disallowed_methods, reason = "test data is read from a folder that the caller names")]
pub(crate) fn table(name: &str) -> Option<Vec<Value>> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/conformance");
    let folder = std::env::var("EMBERDB_CONFORMANCE").unwrap_or_else(|_| beside.to_owned());
    let Ok(text) = std::fs::read_to_string(format!("{folder}/{name}")) else {
        println!("skipped: no conformance data; EMBERDB_CONFORMANCE names its folder");
        return None;
    };
    let records: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(!records.is_empty(), "{name} is empty");
    Some(records)
}

/// A float, which is a string.
pub(crate) fn float(value: &Value) -> f64 {
    match value.as_str().unwrap_or_else(|| panic!("{value} is not a string")) {
        "NaN" => f64::from_bits(0x7ff8_0000_0000_0001),
        "StaleNaN" => f64::from_bits(0x7ff0_0000_0000_0002),
        text => text.parse().unwrap(),
    }
}

pub(crate) fn floats(value: &Value) -> Vec<f64> {
    list(value).iter().map(float).collect()
}

pub(crate) fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap_or_else(|| panic!("{value} is not a list"))
}

pub(crate) fn spans(value: &Value) -> Vec<Span> {
    list(value)
        .iter()
        .map(|span| Span {
            offset: span[0].as_i64().unwrap().try_into().unwrap(),
            length: span[1].as_u64().unwrap().try_into().unwrap(),
        })
        .collect()
}

pub(crate) fn integers(value: &Value) -> Vec<i64> {
    list(value).iter().map(|number| number.as_i64().unwrap()).collect()
}

/// A schema under this key.
pub(crate) fn schema(value: &Value) -> Schema {
    Schema::new(value.as_i64().unwrap().try_into().unwrap())
}

pub(crate) fn float_histogram(value: &Value) -> FloatHistogram {
    assert_eq!(value["type"], "float", "{value}");
    FloatHistogram {
        counter_reset_hint: hint(value),
        schema: schema(&value["schema"]),
        zero_threshold: float(&value["zero_threshold"]),
        zero_count: float(&value["zero_count"]),
        count: float(&value["count"]),
        sum: float(&value["sum"]),
        positive: Side { spans: spans(&value["pos_spans"]), buckets: floats(&value["pos_buckets"]) },
        negative: Side { spans: spans(&value["neg_spans"]), buckets: floats(&value["neg_buckets"]) },
        custom_values: value.get("custom_values").map(|bounds| floats(bounds).into()),
    }
}

pub(crate) fn integer_histogram(value: &Value) -> Histogram {
    assert_eq!(value["type"], "int", "{value}");
    Histogram {
        counter_reset_hint: hint(value),
        schema: schema(&value["schema"]),
        zero_threshold: float(&value["zero_threshold"]),
        zero_count: value["zero_count"].as_u64().unwrap(),
        count: value["count"].as_u64().unwrap(),
        sum: float(&value["sum"]),
        positive: Side { spans: spans(&value["pos_spans"]), buckets: integers(&value["pos_deltas"]) },
        negative: Side { spans: spans(&value["neg_spans"]), buckets: integers(&value["neg_deltas"]) },
        custom_values: value.get("custom_values").map(|bounds| floats(bounds).into()),
    }
}

/// A histogram of either kind.
pub(crate) enum AnyHistogram {
    Integer(Histogram),
    Float(FloatHistogram),
}

pub(crate) fn any_histogram(value: &Value) -> AnyHistogram {
    if value["type"] == "int" {
        AnyHistogram::Integer(integer_histogram(value))
    } else {
        AnyHistogram::Float(float_histogram(value))
    }
}

fn hint(value: &Value) -> CounterResetHint {
    CounterResetHint::from_name(value["hint"].as_str().unwrap()).unwrap()
}

pub(crate) fn buckets<C>(value: &Value, count: impl Fn(&Value) -> C) -> Vec<Bucket<C>> {
    list(value)
        .iter()
        .map(|bucket| Bucket {
            lower: float(&bucket["lower"]),
            upper: float(&bucket["upper"]),
            lower_inclusive: bucket["lower_inclusive"].as_bool().unwrap(),
            upper_inclusive: bucket["upper_inclusive"].as_bool().unwrap(),
            count: count(&bucket["count"]),
            index: bucket["index"].as_i64().unwrap().try_into().unwrap(),
        })
        .collect()
}

/// Equal to the bit, except that NaNs are equal.
#[track_caller]
pub(crate) fn assert_float(found: f64, expected: f64, of: &Value) {
    assert!(
        found.to_bits() == expected.to_bits() || found.is_nan() && expected.is_nan(),
        "{found} is not {expected}: {of}"
    );
}

/// Equal in all fields, in which zeros are equal whatever their sign, and NaNs.
#[track_caller]
pub(crate) fn assert_equal(found: &FloatHistogram, expected: &FloatHistogram, of: &Value) {
    let plain = |histogram: &FloatHistogram| {
        let plain = |number: &mut f64| *number = if number.is_nan() { f64::NAN } else { *number + 0.0 };
        let mut histogram = histogram.clone();
        [&mut histogram.zero_count, &mut histogram.count, &mut histogram.sum].into_iter().for_each(plain);
        histogram.positive.buckets.iter_mut().chain(&mut histogram.negative.buckets).for_each(plain);
        histogram
    };
    assert_same(&plain(found), &plain(expected), of);
}

/// Equal in all fields, counts to the bit.
#[track_caller]
pub(crate) fn assert_same(found: &FloatHistogram, expected: &FloatHistogram, of: &Value) {
    assert!(
        found.has_same_data(expected) && found.counter_reset_hint == expected.counter_reset_hint,
        "found {found:?}\nexpected {expected:?}\nof {of}"
    );
}
