//! What the conformance data say about samples, read from JSON.

use std::sync::Arc;

use emberdb_histogram::{
    BucketNumber, CounterResetHint, FloatHistogram, Histogram, NativeHistogram, Schema, Side, Span,
};
use serde_json::Value;

use crate::conformance::STALE_NAN_BITS;

/// The NaN that upstream's arithmetic gives, and that stands for any but the stale one.
const NAN_BITS: u64 = 0x7ff8_0000_0000_0001;

pub(crate) fn decode_base64(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let (mut bits, mut bit_count) = (0_u32, 0);
    for character in text.bytes().take_while(|&character| character != b'=') {
        let digit = match character {
            b'A'..=b'Z' => character - b'A',
            b'a'..=b'z' => character - b'a' + 26,
            b'0'..=b'9' => character - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            other => panic!("no base64 digit: {other}"),
        };
        bits = bits << 6 | u32::from(digit);
        bit_count += 6;
        if bit_count >= 8 {
            bit_count -= 8;
            bytes.push((bits >> bit_count) as u8);
        }
    }
    bytes
}

/// A float, which is a JSON string.
pub(crate) fn float(value: &Value) -> f64 {
    match value.as_str().unwrap() {
        "StaleNaN" => f64::from_bits(STALE_NAN_BITS),
        "NaN" => f64::from_bits(NAN_BITS),
        number => number.parse().unwrap(),
    }
}

/// Whether a float is the one that is expected, where NaN stands for all but the stale one.
pub(crate) fn is_expected(found: f64, expected: f64) -> bool {
    found.to_bits() == expected.to_bits()
        || expected.to_bits() == NAN_BITS && found.is_nan() && found.to_bits() != STALE_NAN_BITS
}

pub(crate) fn integer(value: &Value) -> i64 {
    value.as_i64().unwrap()
}

pub(crate) fn list<'v, T: 'v>(
    value: &'v Value,
    element: impl Fn(&'v Value) -> T + 'v,
) -> impl Iterator<Item = T> + 'v {
    value.as_array().unwrap().iter().map(element)
}

pub(crate) fn labels(value: &Value) -> Vec<(&str, &str)> {
    list(value, |pair| (pair[0].as_str().unwrap(), pair[1].as_str().unwrap())).collect()
}

pub(crate) fn integer_histogram(value: &Value) -> Histogram {
    assert_eq!(value["type"], "int");
    histogram(value, |count| count.as_u64().unwrap(), ["pos_deltas", "neg_deltas"], integer)
}

pub(crate) fn float_histogram(value: &Value) -> FloatHistogram {
    assert_eq!(value["type"], "float");
    histogram(value, float, ["pos_buckets", "neg_buckets"], float)
}

fn histogram<N: BucketNumber>(
    value: &Value,
    count: impl Fn(&Value) -> N::Count,
    buckets: [&str; 2],
    bucket: impl Fn(&Value) -> N,
) -> NativeHistogram<N> {
    let span = |pair: &Value| Span {
        offset: integer(&pair[0]).try_into().unwrap(),
        length: integer(&pair[1]).try_into().unwrap(),
    };
    let side = |spans: &str, buckets: &str| Side {
        spans: list(&value[spans], span).collect(),
        buckets: list(&value[buckets], &bucket).collect(),
    };
    NativeHistogram {
        counter_reset_hint: CounterResetHint::from_name(value["hint"].as_str().unwrap()).unwrap(),
        schema: Schema::new(integer(&value["schema"]).try_into().unwrap()),
        zero_threshold: float(&value["zero_threshold"]),
        zero_count: count(&value["zero_count"]),
        count: count(&value["count"]),
        sum: float(&value["sum"]),
        positive: side("pos_spans", buckets[0]),
        negative: side("neg_spans", buckets[1]),
        custom_values: value.get("custom_values").map(|bounds| list(bounds, float).collect::<Arc<[f64]>>()),
    }
}
