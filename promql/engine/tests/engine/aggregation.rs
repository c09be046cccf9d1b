//! Aggregations.

use super::{error_text, instant, load, range, try_instant};

const DATA: &str = r#"
    m{g="a",i="1"} 1
    m{g="a",i="2"} 3
    m{g="b",i="3"} 10
    m{i="4"} NaN
"#;

#[test]
fn groups_by_and_without() {
    let storage = load(1000, DATA);
    assert_eq!(instant(&storage, "sum by (g) (m)", 0), [r#"{g="a"} 4"#, r#"{g="b"} 10"#, "{} NaN"]);
    assert_eq!(instant(&storage, "count without (i) (m)", 0), [r#"{g="a"} 2"#, r#"{g="b"} 1"#, "{} 1"]);
    assert_eq!(instant(&storage, "avg by (g) (m) < 100", 0), [r#"{g="a"} 2"#, r#"{g="b"} 10"#]);
    assert_eq!(instant(&storage, "group(m)", 0), ["{} 1"]);
    assert_eq!(instant(&storage, "min(m)", 0), ["{} 1"], "NaN is not the least");
    assert_eq!(instant(&storage, "max by (g) (m)", 0), [r#"{g="a"} 3"#, r#"{g="b"} 10"#, "{} NaN"]);
    assert_eq!(instant(&storage, "stddev by (g) (m{g=\"a\"})", 0), [r#"{g="a"} 1"#]);
    assert_eq!(instant(&storage, "stdvar(m{g=\"a\"})", 0), ["{} 1"]);
    assert_eq!(instant(&storage, "sum by (__name__) (m{g=\"a\"})", 0), ["m 4"]);
    assert_eq!(instant(&storage, "sum(nothing)", 0), [""; 0]);
}

#[test]
fn the_first_and_the_last() {
    let storage = load(1000, DATA);
    assert_eq!(instant(&storage, "topk(2, m)", 0), [r#"m{g="b", i="3"} 10"#, r#"m{g="a", i="2"} 3"#]);
    assert_eq!(instant(&storage, "bottomk(1, m)", 0), [r#"m{g="a", i="1"} 1"#]);
    assert_eq!(
        instant(&storage, "topk by (g) (1, m)", 0),
        [r#"m{g="a", i="2"} 3"#, r#"m{g="b", i="3"} 10"#, r#"m{i="4"} NaN"#]
    );
    assert_eq!(instant(&storage, "topk(9, m)", 0).len(), 4);
    assert_eq!(instant(&storage, "topk(9, m)", 0)[3], r#"m{i="4"} NaN"#);
    assert_eq!(instant(&storage, "topk(0, m)", 0), [""; 0]);
    assert_eq!(error_text(try_instant(&storage, "topk(NaN, m)", 0)), "Parameter value is NaN");
    assert_eq!(error_text(try_instant(&storage, "topk(1e30, m)", 0)), "Scalar value 1e+30 overflows int64");
    assert_eq!(instant(&storage, "limitk(2, m)", 0), [r#"m{g="a", i="1"} 1"#, r#"m{g="a", i="2"} 3"#]);
    let storage = load(1000, "m{i=\"1\"} 1 5\nm{i=\"2\"} 2 2");
    assert_eq!(range(&storage, "topk(1, m)", (0, 1000, 1000)), [r#"m{i="1"} 1000:5"#, r#"m{i="2"} 0:2"#]);
    assert_eq!(
        range(&storage, "topk(scalar(vector(time() + 1)), m)", (0, 1000, 1000)),
        [r#"m{i="1"} 1000:5"#, r#"m{i="2"} 0:2 1000:2"#]
    );
}

#[test]
fn limit_ratio_partitions() {
    let storage = load(1000, DATA);
    let mut both = instant(&storage, "limit_ratio(0.5, m)", 0);
    both.extend(instant(&storage, "limit_ratio(-0.5, m)", 0));
    both.sort();
    let mut all = instant(&storage, "m", 0);
    all.sort();
    assert_eq!(both, all);
    let result = try_instant(&storage, "limit_ratio(1.5, m)", 0).unwrap();
    let notes: Vec<String> = result.annotations.iter().map(ToString::to_string).collect();
    assert_eq!(notes, ["PromQL warning: ratio value should be between -1 and 1, got 1.5, capping to 1"]);
}

#[test]
fn quantiles_and_values() {
    let storage = load(1000, DATA);
    assert_eq!(instant(&storage, "quantile(0.5, m{g=~\".+\"})", 0), ["{} 3"]);
    assert_eq!(instant(&storage, "quantile(0, m)", 0), ["{} NaN"], "NaN is the smallest");
    assert_eq!(instant(&storage, "quantile by (g) (2, m{g=\"a\"})", 0), [r#"{g="a"} inf"#]);
    let storage = load(1000, "m{g=\"a\",i=\"1\"} 1\nm{g=\"a\",i=\"2\"} 1\nm{g=\"b\",i=\"1\"} 0.5");
    assert_eq!(instant(&storage, "count_values(\"v\", m)", 0), [r#"{v="1"} 2"#, r#"{v="0.5"} 1"#]);
    assert_eq!(
        instant(&storage, "count_values without (i) (\"g\", m)", 0),
        [r#"{g="1"} 2"#, r#"{g="0.5"} 1"#]
    );
}

#[test]
fn a_group_is_there_when_a_member_is() {
    let storage = load(1000, "m{g=\"a\",i=\"1\"} 1 stale\nm{g=\"b\",i=\"2\"} _ 2\nm{g=\"a\",i=\"3\"} _ 5");
    assert_eq!(
        range(&storage, "sum by (g) (m)", (0, 1000, 1000)),
        [r#"{g="a"} 0:1 1000:5"#, r#"{g="b"} 1000:2"#]
    );
    assert_eq!(
        instant(&storage, "sum by (g) (m)", 1000),
        [r#"{g="b"} 2"#, r#"{g="a"} 5"#],
        "first seen first"
    );
}
