//! Native histograms as the test data spells them.

use std::sync::Arc;

use emberdb_histogram::{CounterResetHint, FloatHistogram, Histogram, NativeHistogram, Schema, Side, Span};
use emberdb_model::SampleValue;
use serde_json::Value;

use crate::data::{Seen, array};

const STALE_NAN_BITS: u64 = 0x7ff0_0000_0000_0002;

/// Whether a sample is the one that the test data expects: `NaN` stands for any but the stale one.
pub(crate) fn assert_same(found: &Seen, expected: &Value) {
    assert_eq!(Some(found.t_ms), expected["t"].as_i64());
    assert_eq!(found.start_ms, expected["st"].as_i64().unwrap_or(0), "start of {expected}");
    match &found.value {
        SampleValue::Float(value) => {
            let expected = &expected["v"];
            let is_same = match expected.as_str() {
                Some("StaleNaN") => value.to_bits() == STALE_NAN_BITS,
                Some("NaN") => value.is_nan() && value.to_bits() != STALE_NAN_BITS,
                Some(number) => value.to_bits() == number.parse::<f64>().unwrap().to_bits(),
                None => false,
            };
            assert!(is_same, "found {value}, expected {expected}");
        }
        SampleValue::Histogram(histogram) => assert_same_histogram(histogram, &expected["h"]),
    }
}

fn assert_same_histogram(found: &Arc<FloatHistogram>, expected: &Value) {
    let expected = any_in_floats(expected);
    assert!(found.has_same_data(&expected), "{found:?}, expected {expected:?}");
    assert_eq!(found.counter_reset_hint, expected.counter_reset_hint, "{found:?}");
    let spans = |of: &FloatHistogram| (of.positive.spans.clone(), of.negative.spans.clone());
    assert_eq!(spans(found), spans(&expected));
}

fn any_in_floats(value: &Value) -> FloatHistogram {
    if value["type"] == "int" { integer_of(value).to_float() } else { float_of(value) }
}

fn integer_of(value: &Value) -> Histogram {
    let difference = |value: &Value| value.as_i64().unwrap();
    NativeHistogram {
        count: value["count"].as_u64().unwrap(),
        zero_count: value["zero_count"].as_u64().unwrap(),
        positive: side(&value["pos_spans"], &value["pos_deltas"], difference),
        negative: side(&value["neg_spans"], &value["neg_deltas"], difference),
        ..outline(value)
    }
}

fn float_of(value: &Value) -> FloatHistogram {
    NativeHistogram {
        count: float(&value["count"]),
        zero_count: float(&value["zero_count"]),
        positive: side(&value["pos_spans"], &value["pos_buckets"], float),
        negative: side(&value["neg_spans"], &value["neg_buckets"], float),
        ..outline(value)
    }
}

fn outline<N: emberdb_histogram::BucketNumber>(value: &Value) -> NativeHistogram<N> {
    let bounds: Vec<f64> = array(&value["custom_values"]).iter().map(float).collect();
    NativeHistogram {
        counter_reset_hint: CounterResetHint::from_name(value["hint"].as_str().unwrap()).unwrap(),
        schema: Schema::new(value["schema"].as_i64().unwrap() as i32),
        zero_threshold: float(&value["zero_threshold"]),
        sum: float(&value["sum"]),
        custom_values: (!bounds.is_empty()).then(|| bounds.into()),
        ..NativeHistogram::default()
    }
}

fn side<N>(spans: &Value, buckets: &Value, number: impl Fn(&Value) -> N) -> Side<N> {
    let span = |span: &Value| Span {
        offset: span[0].as_i64().unwrap() as i32,
        length: span[1].as_u64().unwrap() as u32,
    };
    Side {
        spans: array(spans).iter().map(span).collect(),
        buckets: array(buckets).iter().map(number).collect(),
    }
}

/// A float, which is a string: with the bits that inputs have.
fn float(value: &Value) -> f64 {
    match value.as_str().unwrap() {
        "NaN" => f64::from_bits(0x7ff8_0000_0000_0001),
        "StaleNaN" => f64::from_bits(STALE_NAN_BITS),
        text => text.parse().unwrap(),
    }
}
