//! Native histograms as the conformance data spells them.

use std::sync::Arc;

use emberdb_histogram::{CounterResetHint, FloatHistogram, Schema, Side, Span};
use serde_json::Value;

use super::data::number;

/// A histogram, in floats also where the data has whole numbers.
pub(crate) fn histogram(value: &Value) -> FloatHistogram {
    let is_float = value["type"] == "float";
    let float = |name: &str| match &value[name] {
        Value::String(text) => number(text),
        Value::Number(number) => number.as_f64().unwrap(),
        _ => 0.0,
    };
    let list = |name: &str| value[name].as_array().cloned().unwrap_or_default();
    let bounds: Vec<f64> = list("custom_values").iter().map(|v| number(v.as_str().unwrap())).collect();
    FloatHistogram {
        counter_reset_hint: value["hint"].as_str().and_then(CounterResetHint::from_name).unwrap_or_default(),
        schema: Schema::new(i32::try_from(value["schema"].as_i64().unwrap_or(0)).unwrap()),
        zero_threshold: float("zero_threshold"),
        zero_count: float("zero_count"),
        count: float("count"),
        sum: float("sum"),
        positive: side(
            &list("pos_spans"),
            &list(if is_float { "pos_buckets" } else { "pos_deltas" }),
            is_float,
        ),
        negative: side(
            &list("neg_spans"),
            &list(if is_float { "neg_buckets" } else { "neg_deltas" }),
            is_float,
        ),
        custom_values: (!bounds.is_empty()).then(|| Arc::from(bounds)),
    }
}

/// Buckets of one sign, from counts or from the differences between them.
fn side(spans: &[Value], buckets: &[Value], is_float: bool) -> Side<f64> {
    let span = |span: &Value| Span {
        offset: i32::try_from(span[0].as_i64().unwrap()).unwrap(),
        length: u32::try_from(span[1].as_u64().unwrap()).unwrap(),
    };
    let mut count = 0;
    let mut bucket = |bucket: &Value| {
        if is_float {
            return number(bucket.as_str().unwrap());
        }
        count += bucket.as_i64().unwrap();
        count as f64
    };
    Side { spans: spans.iter().map(span).collect(), buckets: buckets.iter().map(&mut bucket).collect() }
}
