//! Histograms as the data spells them, and when two are the same.

use emberdb_histogram::{Bucket, CounterResetHint, FloatHistogram, Histogram, Schema, Side, Span};
use serde_json::Value;

use crate::conformance::read::{count, float, floats, integer, list, list_or_empty, text, truth};
use crate::conformance::{Check, Mismatch};

type Read<T> = Result<T, Mismatch>;

pub(super) fn schema(value: &Value) -> Read<Schema> {
    integer(value).map(Schema::new)
}

pub(super) fn spans(value: &Value) -> Read<Vec<Span>> {
    let span = |span: &Value| Ok(Span { offset: integer(&span[0])?, length: integer(&span[1])? });
    list_or_empty(value).iter().map(span).collect()
}

pub(super) fn integers(value: &Value) -> Read<Vec<i64>> {
    list(value)?.iter().map(integer).collect()
}

/// A float histogram.
pub(in crate::conformance) fn float_histogram(value: &Value) -> Read<FloatHistogram> {
    if value["type"] != "float" {
        return Err(Mismatch::new(format!("malformed record: wanted a float histogram, found {value}")));
    }
    let side = |name: &str| {
        let buckets = list_or_empty(&value[format!("{name}_buckets")]);
        let buckets = buckets.iter().map(float).collect::<Read<Vec<f64>>>()?;
        Ok::<_, Mismatch>(Side { spans: spans(&value[format!("{name}_spans")])?, buckets })
    };
    Ok(FloatHistogram {
        counter_reset_hint: hint(value)?,
        schema: schema(&value["schema"])?,
        zero_threshold: float_or_zero(&value["zero_threshold"])?,
        zero_count: float_or_zero(&value["zero_count"])?,
        count: float(&value["count"])?,
        sum: float(&value["sum"])?,
        positive: side("pos")?,
        negative: side("neg")?,
        custom_values: custom_values(value)?,
    })
}

/// An integer histogram.
pub(super) fn integer_histogram(value: &Value) -> Read<Histogram> {
    if value["type"] != "int" {
        return Err(Mismatch::new(format!("malformed record: wanted an integer histogram, found {value}")));
    }
    let side = |name: &str| {
        let deltas = list_or_empty(&value[format!("{name}_deltas")]);
        let buckets = deltas.iter().map(integer).collect::<Read<Vec<i64>>>()?;
        Ok::<_, Mismatch>(Side { spans: spans(&value[format!("{name}_spans")])?, buckets })
    };
    Ok(Histogram {
        counter_reset_hint: hint(value)?,
        schema: schema(&value["schema"])?,
        zero_threshold: float_or_zero(&value["zero_threshold"])?,
        zero_count: count_or_zero(&value["zero_count"])?,
        count: count(&value["count"])?,
        sum: float(&value["sum"])?,
        positive: side("pos")?,
        negative: side("neg")?,
        custom_values: custom_values(value)?,
    })
}

/// A histogram of either kind.
pub(super) enum AnyHistogram {
    Integer(Histogram),
    Float(FloatHistogram),
}

pub(super) fn any_histogram(value: &Value) -> Read<AnyHistogram> {
    if value["type"] == "int" {
        integer_histogram(value).map(AnyHistogram::Integer)
    } else {
        float_histogram(value).map(AnyHistogram::Float)
    }
}

/// A histogram of either kind, in floats.
pub(in crate::conformance) fn float_of_any(value: &Value) -> Read<FloatHistogram> {
    Ok(match any_histogram(value)? {
        AnyHistogram::Integer(histogram) => histogram.to_float(),
        AnyHistogram::Float(histogram) => histogram,
    })
}

fn hint(value: &Value) -> Read<CounterResetHint> {
    if value["hint"].is_null() {
        return Ok(CounterResetHint::default());
    }
    let name = text(&value["hint"])?;
    CounterResetHint::from_name(name).ok_or_else(|| Mismatch::new(format!("unknown hint {name}")))
}

fn custom_values(value: &Value) -> Read<Option<std::sync::Arc<[f64]>>> {
    value.get("custom_values").map(|bounds| floats(bounds).map(Into::into)).transpose()
}

fn float_or_zero(value: &Value) -> Read<f64> {
    if value.is_null() { Ok(0.0) } else { float(value) }
}

fn count_or_zero(value: &Value) -> Read<u64> {
    if value.is_null() { Ok(0) } else { count(value) }
}

pub(super) fn buckets<C>(value: &Value, count: impl Fn(&Value) -> Read<C>) -> Read<Vec<Bucket<C>>> {
    let bucket = |bucket: &Value| {
        Ok(Bucket {
            lower: float(&bucket["lower"])?,
            upper: float(&bucket["upper"])?,
            lower_inclusive: truth(&bucket["lower_inclusive"])?,
            upper_inclusive: truth(&bucket["upper_inclusive"])?,
            count: count(&bucket["count"])?,
            index: integer(&bucket["index"])?,
        })
    };
    list(value)?.iter().map(bucket).collect()
}

/// Equal to the bit, except that NaNs are equal.
pub(super) fn same_float(wanted: f64, got: f64) -> Check {
    if got.to_bits() == wanted.to_bits() || got.is_nan() && wanted.is_nan() {
        return Ok(());
    }
    Err(Mismatch::new(format!("wanted {wanted:?}\ngot    {got:?}")))
}

/// Equal in all fields, counts to the bit.
pub(in crate::conformance) fn same_histogram(wanted: &FloatHistogram, got: &FloatHistogram) -> Check {
    if got.has_same_data(wanted) && got.counter_reset_hint == wanted.counter_reset_hint {
        return Ok(());
    }
    Err(Mismatch::new(format!("wanted {wanted:?}\ngot    {got:?}")))
}

/// Equal in all fields, in which zeros are equal whatever their sign, and NaNs.
pub(super) fn same_but_zeros(wanted: &FloatHistogram, got: &FloatHistogram) -> Check {
    let plain = |histogram: &FloatHistogram| {
        let plain = |number: &mut f64| *number = if number.is_nan() { f64::NAN } else { *number + 0.0 };
        let mut histogram = histogram.clone();
        [&mut histogram.zero_count, &mut histogram.count, &mut histogram.sum].into_iter().for_each(plain);
        histogram.positive.buckets.iter_mut().chain(&mut histogram.negative.buckets).for_each(plain);
        histogram
    };
    same_histogram(&plain(wanted), &plain(got))
}
