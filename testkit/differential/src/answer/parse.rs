//! From the JSON of `/api/v1/query` and `/api/v1/query_range` to answers.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use super::{Answer, Bucket, Histogram, Outcome, Point, Series, Value};

/// What came is no answer of the API.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no answer of the API: {0}")]
pub struct MalformedAnswer(String);

type Parsed<T> = Result<T, MalformedAnswer>;

/// Reads the whole of a response, be it a success or an error.
///
/// # Errors
/// If it is neither.
pub fn parse_response(body: &[u8]) -> Parsed<Answer> {
    let response: Json = serde_json::from_slice(body)
        .map_err(|error| malformed(&format!("{error} in {:?}", String::from_utf8_lossy(body))))?;
    let outcome = match response["status"].as_str() {
        Some("success") => parse_data(&response["data"])?,
        Some("error") => Outcome::Error {
            kind: text(&response["errorType"])?.to_owned(),
            message: text(&response["error"])?.to_owned(),
        },
        _ => return Err(malformed("there is no status")),
    };
    Ok(Answer { outcome, warnings: texts(&response["warnings"])?, infos: texts(&response["infos"])? })
}

/// Reads what a response has under `data`: `{"resultType":…,"result":…}`.
///
/// # Errors
/// If it is something else.
pub fn parse_data(data: &Json) -> Parsed<Outcome> {
    let result = &data["result"];
    match data["resultType"].as_str() {
        Some("scalar") => Ok(Outcome::Scalar(float_point(result)?)),
        Some("string") => {
            let (time_ms, value) = pair(result)?;
            Ok(Outcome::Text { time_ms, text: text(value)?.to_owned() })
        }
        Some("vector") => Ok(Outcome::Vector(list(result).iter().map(sample).collect::<Parsed<_>>()?)),
        Some("matrix") => Ok(Outcome::Matrix(list(result).iter().map(series).collect::<Parsed<_>>()?)),
        other => Err(malformed(&format!("a result of the type {other:?}"))),
    }
}

/// An element of a vector.
fn sample(json: &Json) -> Parsed<Series> {
    let point = match (json.get("value"), json.get("histogram")) {
        (Some(value), None) => float_point(value)?,
        (None, Some(value)) => histogram_point(value)?,
        _ => return Err(malformed(&format!("neither a number nor a histogram: {json}"))),
    };
    Ok(Series { labels: labels(&json["metric"])?, points: vec![point] })
}

/// An element of a matrix, which has its numbers and its histograms apart.
fn series(json: &Json) -> Parsed<Series> {
    let floats = list(&json["values"]).iter().map(float_point);
    let mut points =
        floats.chain(list(&json["histograms"]).iter().map(histogram_point)).collect::<Parsed<Vec<_>>>()?;
    points.sort_by_key(|point| point.time_ms);
    Ok(Series { labels: labels(&json["metric"])?, points })
}

fn float_point(json: &Json) -> Parsed<Point> {
    let (time_ms, value) = pair(json)?;
    Ok(Point { time_ms, value: Value::Float(number(value)?) })
}

fn histogram_point(json: &Json) -> Parsed<Point> {
    let (time_ms, value) = pair(json)?;
    let buckets = list(&value["buckets"]).iter().map(bucket).collect::<Parsed<_>>()?;
    let histogram = Histogram { count: number(&value["count"])?, sum: number(&value["sum"])?, buckets };
    Ok(Point { time_ms, value: Value::Histogram(histogram) })
}

fn bucket(json: &Json) -> Parsed<Bucket> {
    let [boundaries, lower, upper, count] = list(json) else {
        return Err(malformed(&format!("no bucket: {json}")));
    };
    let boundaries = boundaries.as_u64().and_then(|number| u8::try_from(number).ok());
    Ok(Bucket {
        boundaries: boundaries.ok_or_else(|| malformed(&format!("no boundaries: {json}")))?,
        lower: number(lower)?,
        upper: number(upper)?,
        count: number(count)?,
    })
}

fn labels(json: &Json) -> Parsed<BTreeMap<String, String>> {
    let pairs = json.as_object().ok_or_else(|| malformed(&format!("no labels: {json}")))?;
    pairs.iter().map(|(name, value)| Ok((name.clone(), text(value)?.to_owned()))).collect()
}

/// A time in seconds, and what there is at it.
fn pair(json: &Json) -> Parsed<(i64, &Json)> {
    let [time, value] = list(json) else {
        return Err(malformed(&format!("no pair of a time and a value: {json}")));
    };
    let seconds = time.as_f64().ok_or_else(|| malformed(&format!("no time: {time}")))?;
    // The nearest: most thousandths are no binary fractions.
    Ok(((seconds * 1000.0).round() as i64, value))
}

fn number(json: &Json) -> Parsed<f64> {
    text(json)?.parse().map_err(|_| malformed(&format!("no number: {json}")))
}

fn text(json: &Json) -> Parsed<&str> {
    json.as_str().ok_or_else(|| malformed(&format!("no text: {json}")))
}

fn texts(json: &Json) -> Parsed<BTreeSet<String>> {
    list(json).iter().map(|one| text(one).map(str::to_owned)).collect()
}

/// The members of a list; the API leaves out empty ones.
fn list(json: &Json) -> &[Json] {
    json.as_array().map_or(&[], Vec::as_slice)
}

fn malformed(what: &str) -> MalformedAnswer {
    MalformedAnswer(what.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels_of(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    #[test]
    fn each_type_is_read() {
        let outcome = |data: &str| parse_data(&serde_json::from_str(data).unwrap()).unwrap();
        assert_eq!(
            outcome(r#"{"resultType":"scalar","result":[1.5,"-Inf"]}"#),
            Outcome::Scalar(Point { time_ms: 1500, value: Value::Float(f64::NEG_INFINITY) })
        );
        assert_eq!(
            outcome(r#"{"resultType":"string","result":[0.001,"a"]}"#),
            Outcome::Text { time_ms: 1, text: "a".into() }
        );
        let histogram = Histogram {
            count: 2.0,
            sum: 3.0,
            buckets: vec![Bucket { boundaries: 3, lower: -1.0, upper: 2.0, count: 2.0 }],
        };
        let histogram = Value::Histogram(histogram);
        assert_eq!(
            outcome(
                r#"{"resultType":"vector","result":[{"metric":{"a":"b"},"value":[1,"7"]},
                {"metric":{},"histogram":[1,{"count":"2","sum":"3","buckets":[[3,"-1","2","2"]]}]}]}"#
            ),
            Outcome::Vector(vec![
                Series {
                    labels: labels_of(&[("a", "b")]),
                    points: vec![Point { time_ms: 1000, value: Value::Float(7.0) }]
                },
                Series {
                    labels: labels_of(&[]),
                    points: vec![Point { time_ms: 1000, value: histogram.clone() }]
                },
            ])
        );
        assert_eq!(
            outcome(
                r#"{"resultType":"matrix","result":[{"metric":{},"values":[[1,"7"],[3,"8"]],
                "histograms":[[2,{"count":"2","sum":"3","buckets":[[3,"-1","2","2"]]}]]}]}"#
            ),
            Outcome::Matrix(vec![Series {
                labels: labels_of(&[]),
                points: vec![
                    Point { time_ms: 1000, value: Value::Float(7.0) },
                    Point { time_ms: 2000, value: histogram },
                    Point { time_ms: 3000, value: Value::Float(8.0) },
                ],
            }])
        );
    }

    #[test]
    fn errors_and_remarks_are_read() {
        let answer = parse_response(
            br#"{"status":"error","errorType":"bad_data","error":"no","infos":["i"],"warnings":["w","v"]}"#,
        );
        let answer = answer.unwrap();
        assert_eq!(answer.outcome, Outcome::Error { kind: "bad_data".into(), message: "no".into() });
        assert!(answer.is_error() && answer.infos.len() == 1 && answer.warnings.len() == 2);
    }

    #[test]
    fn what_is_no_answer_is_an_error() {
        for body in [
            "",
            "{}",
            r#"{"status":"success"}"#,
            r#"{"status":"error"}"#,
            r#"{"status":"success","data":{"resultType":"scalar","result":[1]}}"#,
            r#"{"status":"success","data":{"resultType":"vector","result":[{"metric":{}}]}}"#,
            r#"{"status":"success","data":{"resultType":"vector","result":[{"value":[1,"1"]}]}}"#,
            r#"{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[1,1]]}]}}"#,
            r#"{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"histogram":[1,{"count":"1","sum":"1","buckets":[[9]]}]}]}}"#,
        ] {
            assert!(parse_response(body.as_bytes()).is_err(), "{body}");
        }
    }
}
