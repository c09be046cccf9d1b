//! Exemplars, as one side keeps them and as the other answers them.

use std::collections::BTreeSet;

use emberdb::{Db, Exemplar, Labels, TimeRange};
use serde_json::Value as Json;

use super::answer::{parse_labels, parse_time};
use super::store::Error;

/// All exemplars of a database, each as one line.
pub(super) type Exemplars = BTreeSet<String>;

/// One of them.
pub(super) fn line(series: &Labels, exemplar: &Exemplar) -> String {
    let Exemplar { labels, value, timestamp_ms } = exemplar;
    format!("{series}: {labels} {value:?} at {timestamp_ms}")
}

/// Those of emberdb.
pub(super) fn read(db: &Db) -> Result<Exemplars, Error> {
    let all = db.query_exemplars("{__name__!=\"\"}", TimeRange::ALL)?;
    let lines = all.iter().flat_map(|of| of.exemplars.iter().map(|exemplar| line(&of.series, exemplar)));
    Ok(lines.collect())
}

/// Those in an answer, `{"status":"success","data":[{"seriesLabels":…,"exemplars":[…]}]}`.
pub(super) fn parse_response(body: &[u8]) -> Result<Exemplars, String> {
    let response: Json = serde_json::from_slice(body).map_err(|error| format!("not JSON: {error}"))?;
    let data = response.get("data").and_then(Json::as_array);
    let data = data.ok_or_else(|| format!("no list of exemplars in {response}"))?;
    let mut exemplars = Exemplars::new();
    for of in data {
        let series = parse_labels(of.get("seriesLabels").unwrap_or(&Json::Null))?;
        for exemplar in of.get("exemplars").and_then(Json::as_array).into_iter().flatten() {
            exemplars.insert(line(&series, &parse_exemplar(exemplar)?));
        }
    }
    Ok(exemplars)
}

fn parse_exemplar(json: &Json) -> Result<Exemplar, String> {
    let labels = parse_labels(json.get("labels").unwrap_or(&Json::Null))?;
    let value = json.get("value").and_then(Json::as_str).and_then(|text| text.parse().ok());
    let value = value.ok_or_else(|| format!("no value in {json}"))?;
    Ok(Exemplar { labels, value, timestamp_ms: parse_time(json.get("timestamp").unwrap_or(&Json::Null))? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_an_answer() {
        let body = br#"{"status":"success","data":[{"seriesLabels":{"__name__":"b","le":"1"},"exemplars":[
            {"labels":{"trace":"x"},"value":"0.5","timestamp":1700000000.123}]}]}"#;
        let series = Labels::new([("__name__", "b"), ("le", "1")]).unwrap();
        let labels = Labels::new([("trace", "x")]).unwrap();
        let exemplar = Exemplar { labels, value: 0.5, timestamp_ms: 1_700_000_000_123 };
        assert_eq!(parse_response(body), Ok(Exemplars::from([line(&series, &exemplar)])));
        assert!(parse_response(br#"{"data":{}}"#).is_err());
        assert!(parse_response(br#"{"data":[{"seriesLabels":{},"exemplars":[{"labels":{}}]}]}"#).is_err());
    }
}
