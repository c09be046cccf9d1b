//! What records are made of. What is not as the data's README says is a mismatch of the case: nothing is taken for granted.

use emberdb_model::{Labels, NORMAL_NAN, STALE_NAN};
use serde_json::Value;

use super::{Mismatch, base64};

pub(super) type Read<T> = Result<T, Mismatch>;

fn malformed(wanted: &str, value: &Value) -> Mismatch {
    Mismatch::new(format!("malformed record: wanted {wanted}, found {value}"))
}

/// A text.
pub(super) fn text(value: &Value) -> Read<&str> {
    value.as_str().ok_or_else(|| malformed("a text", value))
}

/// The text under this name, empty if there is none.
pub(super) fn text_or_empty<'v>(record: &'v Value, name: &str) -> &'v str {
    record[name].as_str().unwrap_or_default()
}

/// A list.
pub(super) fn list(value: &Value) -> Read<&[Value]> {
    value.as_array().map(Vec::as_slice).ok_or_else(|| malformed("a list", value))
}

/// A list; nothing is an empty one.
pub(super) fn list_or_empty(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// A whole number.
pub(super) fn integer<T: TryFrom<i64>>(value: &Value) -> Read<T> {
    let number = value.as_i64().and_then(|number| T::try_from(number).ok());
    number.ok_or_else(|| malformed("a whole number", value))
}

/// A count.
pub(super) fn count(value: &Value) -> Read<u64> {
    value.as_u64().ok_or_else(|| malformed("a count", value))
}

/// Counts under times, by time.
pub(super) fn counts_by_time(value: &Value) -> Read<Vec<(i64, u64)>> {
    let by_time = value.as_object().ok_or_else(|| malformed("counts under times", value))?;
    let pair = |(time_ms, samples): (&String, &Value)| {
        Ok((time_ms.parse().map_err(|_| malformed("a time", value))?, count(samples)?))
    };
    let mut counts = by_time.iter().map(pair).collect::<Read<Vec<(i64, u64)>>>()?;
    counts.sort_unstable();
    Ok(counts)
}

/// True or false.
pub(super) fn truth(value: &Value) -> Read<bool> {
    value.as_bool().ok_or_else(|| malformed("true or false", value))
}

/// A float, which is a text.
pub(super) fn float(value: &Value) -> Read<f64> {
    match text(value)? {
        "NaN" => Ok(NORMAL_NAN),
        "StaleNaN" => Ok(STALE_NAN),
        text => text.parse().map_err(|_| malformed("a float", value)),
    }
}

/// Floats.
pub(super) fn floats(value: &Value) -> Read<Vec<f64>> {
    list(value)?.iter().map(float).collect()
}

/// Label pairs.
pub(super) fn pairs(value: &Value) -> Read<Vec<(String, String)>> {
    let pair = |pair: &Value| Ok((text(&pair[0])?.to_owned(), text(&pair[1])?.to_owned()));
    list_or_empty(value).iter().map(pair).collect()
}

/// Labels.
pub(super) fn labels(value: &Value) -> Read<Labels> {
    Labels::new(pairs(value)?).map_err(|error| Mismatch::new(format!("{error}: {value}")))
}

/// The bytes under this name, or in Base64 under `name_b64`.
pub(super) fn bytes(record: &Value, name: &str) -> Read<Vec<u8>> {
    if let Some(text) = record[name].as_str() {
        return Ok(text.as_bytes().to_vec());
    }
    let encoded = text_or_empty(record, &format!("{name}_b64")).to_owned();
    base64::decoded(&encoded).ok_or_else(|| malformed("Base64", record))
}
