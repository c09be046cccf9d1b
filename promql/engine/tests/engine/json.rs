//! Answers as Prometheus' HTTP API prints them.

use super::{instant, load, try_instant, try_range};

#[test]
fn golden_answers() {
    let storage = load(1500, "m{a=\"x\\\"y\"} 1 0.0000001 NaN\nm{b=\"é\"} -0 1e21 +Inf");
    let json = |query, time| try_instant(&storage, query, time).unwrap().value.to_json();
    assert_eq!(
        json("m", 0),
        r#"{"resultType":"vector","result":[{"metric":{"__name__":"m","a":"x\"y"},"value":[0,"1"]},{"metric":{"__name__":"m","b":"é"},"value":[0,"-0"]}]}"#
    );
    assert_eq!(
        json("1 / 3", 1_435_781_451_781),
        r#"{"resultType":"scalar","result":[1435781451.781,"0.3333333333333333"]}"#
    );
    assert_eq!(json("'text'", 1000), r#"{"resultType":"string","result":[1,"text"]}"#);
    assert_eq!(
        json("m[10s]", 3000),
        r#"{"resultType":"matrix","result":[{"metric":{"__name__":"m","a":"x\"y"},"values":[[0,"1"],[1.500,"1e-07"],[3,"NaN"]]},{"metric":{"__name__":"m","b":"é"},"values":[[0,"-0"],[1.500,"1e+21"],[3,"+Inf"]]}]}"#
    );
    assert_eq!(json("nothing", 0), r#"{"resultType":"vector","result":[]}"#);
    assert_eq!(
        try_range(&storage, "sum(m{a!=\"\"})", (0, 1500, 1500)).unwrap().value.to_json(),
        r#"{"resultType":"matrix","result":[{"metric":{},"values":[[0,"1"],[1.500,"1e-07"]]}]}"#
    );
}

#[test]
fn large_answers_are_written_in_pieces_and_stay_json() {
    let storage = load(1000, &(0..300).map(|i| format!("m{{i=\"{i}\"}} {i} {i} {i}\n")).collect::<String>());
    let result = try_range(&storage, "m", (0, 200_000, 1000)).unwrap();
    let text = result.value.to_json();
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(json["result"].as_array().unwrap().len(), 300);
    assert_eq!(json["result"][299]["values"].as_array().unwrap().len(), 201);
}

#[test]
fn tables_are_aligned() {
    let storage = load(1000, "m{a=\"1\"} 1 2\nlonger{a=\"1\"} 3");
    let table = try_instant(&storage, "{a=\"1\"}", 0).unwrap().value.to_string();
    assert_eq!(table, "m{a=\"1\"}       1\nlonger{a=\"1\"}  3");
    let matrix = try_range(&storage, "m", (0, 1000, 1000)).unwrap().value;
    assert_eq!(matrix.to_string(), "m{a=\"1\"}  1@0 2@1");
    assert_eq!(matrix.table().columns_max(1).to_string(), "m{a=\"1\"}  (1 earlier) 2@1");
    assert_eq!(instant(&storage, "nothing", 0), [""; 0]);
}
