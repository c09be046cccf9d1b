//! Answers of the HTTP API: a matrix in JSON.

use emberdb::Labels;
use serde_json::Value as Json;

use super::held::{Held, Value};

/// What a whole answer holds, `{"status":"success","data":…}`.
pub(super) fn parse_response(body: &[u8]) -> Result<Held, String> {
    let response: Json = serde_json::from_slice(body).map_err(|error| format!("not JSON: {error}"))?;
    match response.get("data") {
        Some(data) => parse_data(data),
        None => Err(format!("no data in {response}")),
    }
}

/// What an answer has under `data`: `{"resultType":"matrix","result":[…]}`.
pub(super) fn parse_data(data: &Json) -> Result<Held, String> {
    if data.get("resultType").and_then(Json::as_str) != Some("matrix") {
        return Err(format!("not a matrix: {}", data.get("resultType").unwrap_or(&Json::Null)));
    }
    let mut held = Held::default();
    for series in rows(data, "result") {
        let labels = parse_labels(series.get("metric").unwrap_or(&Json::Null))?;
        for row in rows(series, "values") {
            let (timestamp_ms, value) = parse_row(row)?;
            let text = value.as_str().ok_or_else(|| format!("the value {value} is no string"))?;
            let float: f64 = text.parse().map_err(|_| format!("the value {text:?} is no number"))?;
            held.insert(&labels, timestamp_ms, float.into())?;
        }
        for row in rows(series, "histograms") {
            let (timestamp_ms, value) = parse_row(row)?;
            held.insert(&labels, timestamp_ms, Value::Histogram(value.to_string()))?;
        }
    }
    Ok(held)
}

/// A member that is a list; the API leaves out empty ones.
fn rows<'a>(of: &'a Json, name: &str) -> &'a [Json] {
    of.get(name).and_then(Json::as_array).map_or(&[], Vec::as_slice)
}

pub(super) fn parse_labels(metric: &Json) -> Result<Labels, String> {
    let pairs = metric.as_object().ok_or_else(|| format!("labels are an object, not {metric}"))?;
    let pairs = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str().unwrap_or_default()));
    Labels::new(pairs).map_err(|error| error.to_string())
}

/// A pair of the time, in seconds with three places, and a value.
fn parse_row(row: &Json) -> Result<(i64, &Json), String> {
    let [time, value] = row.as_array().map_or(&[][..], Vec::as_slice) else {
        return Err(format!("{row} is no pair of a time and a value"));
    };
    Ok((parse_time(time)?, value))
}

/// A time in seconds, in milliseconds.
pub(super) fn parse_time(time: &Json) -> Result<i64, String> {
    let seconds = time.as_f64().ok_or_else(|| format!("the time {time} is no number"))?;
    // Nearest, since the thousandth of a binary fraction is mostly a little off; times of our years are exact.
    Ok((seconds * 1000.0).round() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_floats_and_histograms() {
        let body = br#"{"status":"success","data":{"resultType":"matrix","result":[
            {"metric":{"__name__":"up","job":"a"},"values":[[1700000000.123,"1"],[1700000001,"+Inf"]]},
            {"metric":{"__name__":"h"},"histograms":[[1,{"sum":"3","count":"2","buckets":[[0,"1","2","2"]]}]]}]}}"#;
        let held = parse_response(body).unwrap();
        let mut expected = Held::default();
        let up = Labels::new([("__name__", "up"), ("job", "a")]).unwrap();
        expected.insert(&up, 1_700_000_000_123, 1.0.into()).unwrap();
        expected.insert(&up, 1_700_000_001_000, f64::INFINITY.into()).unwrap();
        let histogram = r#"{"buckets":[[0,"1","2","2"]],"count":"2","sum":"3"}"#.to_owned();
        let h = Labels::new([("__name__", "h")]).unwrap();
        expected.insert(&h, 1000, Value::Histogram(histogram)).unwrap();
        assert_eq!(expected.difference(&held), None);
    }

    #[test]
    fn what_is_no_matrix_is_an_error() {
        for body in [
            "",
            "{}",
            r#"{"data":{"resultType":"vector","result":[]}}"#,
            r#"{"data":{"resultType":"matrix","result":[{"values":[]}]}}"#,
            r#"{"data":{"resultType":"matrix","result":[{"metric":{},"values":[[1]]}]}}"#,
            r#"{"data":{"resultType":"matrix","result":[{"metric":{},"values":[[1,2]]}]}}"#,
        ] {
            assert!(parse_response(body.as_bytes()).is_err(), "{body}");
        }
    }
}
