//! Functions that the engine has bodies or labels for itself.

use emberdb_promql_engine::{QueryError, QueryResult};

use super::{error_text, instant, load, range, try_instant, try_range};

#[test]
fn rates_and_their_remarks() {
    // Powers of two, so that the answers are whole: upstream divides before it multiplies.
    let storage = load(16_000, "c_total{x=\"1\"} 0 16 32 48 64\ngauge 0 15 30 45 60");
    assert_eq!(instant(&storage, "rate(c_total[64s])", 64_000), [r#"{x="1"} 1"#]);
    assert_eq!(instant(&storage, "increase(c_total[64s])", 64_000), [r#"{x="1"} 64"#]);
    assert_eq!(
        range(&storage, "sum(rate(c_total[64s]))", (48_000, 64_000, 16_000)),
        ["{} 48000:0.75 64000:1"]
    );
    let query = "sum(rate(gauge[1m]))";
    let notes = try_instant(&storage, query, 60_000).unwrap().annotations;
    assert_eq!(
        notes.iter().map(|a| a.render(query)).collect::<Vec<_>>(),
        [
            "PromQL info: metric might not be a counter, name does not end in _total/_sum/_count/_bucket: \"gauge\" (1:10)"
        ]
    );
    assert!(try_instant(&storage, "rate(c_total[64s])", 64_000).unwrap().annotations.is_empty());
}

#[test]
fn absence() {
    let storage = load(1000, "m{a=\"1\"} 1 stale");
    assert_eq!(instant(&storage, r#"absent(m{a="1"})"#, 0), [""; 0]);
    assert_eq!(instant(&storage, r#"absent(m{a="1",b=~"x",c="2",c="3"})"#, 1000), [r#"{a="1"} 1"#]);
    assert_eq!(instant(&storage, "absent(sum(nothing))", 0), ["{} 1"]);
    assert_eq!(range(&storage, r#"absent(m{a="1"})"#, (0, 1000, 1000)), [r#"{a="1"} 1000:1"#]);
    assert_eq!(instant(&storage, r#"absent_over_time(m{a="1"}[1s])"#, 1000), [r#"{a="1"} 1"#]);
    assert_eq!(instant(&storage, r#"absent_over_time(m{a="1"}[2s])"#, 1000), [""; 0]);
}

#[test]
fn labels() {
    let storage = load(1000, "m{a=\"x-y\",b=\"\"} 1");
    let query = r#"label_replace(m, "c", "$2/$1", "a", "(.)-(.*)")"#;
    assert_eq!(instant(&storage, query, 0), [r#"m{a="x-y", c="y/x"} 1"#]);
    assert_eq!(instant(&storage, r#"label_replace(m, "c", "z", "a", "nope")"#, 0), [r#"m{a="x-y"} 1"#]);
    assert_eq!(instant(&storage, r#"label_replace(m, "a", "", "a", ".*")"#, 0), ["m 1"]);
    assert_eq!(
        instant(&storage, r#"label_join(m, "c", "+", "a", "b", "a")"#, 0),
        [r#"m{a="x-y", c="x-y++x-y"} 1"#]
    );
    let text = error_text(try_instant(&storage, r#"label_replace(nothing, "c", "", "a", "(")"#, 0));
    assert!(text.starts_with("invalid regular expression in label_replace()"), "{text}");
    let text = error_text(try_instant(&storage, r#"label_replace({a="x-y"}, "", "", "a", "")"#, 0));
    assert!(text.starts_with("invalid destination label name in label_replace()"), "{text}");
}

#[test]
fn sorting() {
    let storage = load(1000, "m{i=\"10\"} 2\nm{i=\"9\"} NaN\nm{i=\"1\"} 3");
    assert_eq!(instant(&storage, "sort(m)", 0), [r#"m{i="10"} 2"#, r#"m{i="1"} 3"#, r#"m{i="9"} NaN"#]);
    assert_eq!(instant(&storage, "sort_desc(m)", 0), [r#"m{i="1"} 3"#, r#"m{i="10"} 2"#, r#"m{i="9"} NaN"#]);
    let natural = [r#"m{i="1"} 3"#, r#"m{i="9"} NaN"#, r#"m{i="10"} 2"#];
    assert_eq!(instant(&storage, "sort_by_label(m, \"i\")", 0), natural);
    let query = "sort(m)";
    let notes = try_range(&storage, query, (0, 1000, 1000)).unwrap().annotations;
    assert_eq!(
        notes.iter().map(|a| a.render(query)).collect::<Vec<_>>(),
        [
            "PromQL warning: sort is ineffective for range queries since results are always ordered by labels (1:1)"
        ]
    );
}

#[test]
fn values_and_times() {
    let storage = load(1000, "m{i=\"1\"} -2.5 4\nm{i=\"2\"} NaN 9");
    assert_eq!(instant(&storage, "abs(m)", 0), [r#"{i="1"} 2.5"#, r#"{i="2"} NaN"#]);
    assert_eq!(instant(&storage, "timestamp(m)", 1500), [r#"{i="1"} 1"#, r#"{i="2"} 1"#]);
    assert_eq!(instant(&storage, "timestamp(m + 0)", 1500), [r#"{i="1"} 1.5"#, r#"{i="2"} 1.5"#]);
    assert_eq!(instant(&storage, "scalar(m)", 0), ["NaN"]);
    assert_eq!(instant(&storage, "scalar(m{i=\"1\"})", 0), ["-2.5"]);
    assert_eq!(instant(&storage, "hour()", 7_200_000), ["{} 2"]);
    assert_eq!(
        range(&storage, "vector(step()) + range() + start() + end()", (0, 2000, 1000)),
        ["{} 0:5 1000:5 2000:5"]
    );
    assert_eq!(instant(&storage, "clamp(m{i=\"1\"}, 0, 1)", 0), [r#"{i="1"} 0"#]);
    assert_eq!(instant(&storage, "histogram_count(m)", 0), [""; 0]);
}

#[test]
fn quantile_remarks_come_with_answers() {
    let storage = load(1000, "m 1 2 3");
    let query = "quantile_over_time(1.5, m[5s])";
    let result = try_instant(&storage, query, 2000).unwrap();
    assert_eq!(
        result.annotations.iter().map(|a| a.render(query)).collect::<Vec<_>>(),
        ["PromQL warning: quantile value should be between 0 and 1, got 1.5 (1:20)"]
    );
    assert!(try_instant(&storage, "quantile_over_time(2, m[1s])", 60_000).unwrap().annotations.is_empty());
    let text = error_text(try_instant(&storage, "double_exponential_smoothing(m[5s], 1, 0.5)", 2000));
    assert_eq!(text, "invalid smoothing factor. Expected: 0 < sf < 1, got: 1.000000");
}

#[test]
fn classic_histograms() {
    let storage = load(
        1000,
        "h_bucket{le=\"1\"} 5\nh_bucket{le=\"2\"} 9\nh_bucket{le=\"1.0\",i=\"x\"} 2\nh_bucket{le=\"+Inf\"} 10\nh_bucket{le=\"many\"} 1",
    );
    assert_eq!(instant(&storage, "histogram_quantile(0.7, h_bucket{i=\"\"})", 0), ["{} 1.5"]);
    assert_eq!(instant(&storage, "histogram_fraction(0, 1, h_bucket{i=\"\"})", 0), ["{} 0.5"]);
    assert_eq!(
        instant(&storage, "histogram_quantiles(h_bucket{i=\"\"}, \"q\", 0.7, 1)", 0),
        [r#"{q="0.7"} 1.5"#, r#"{q="1.0"} 2"#]
    );
    assert_eq!(
        range(
            &storage,
            "histogram_quantiles(h_bucket{i=\"\"}, \"q\", scalar(vector(time())))",
            (0, 1000, 1000)
        ),
        [r#"{q="0.0"} 0:0"#, r#"{q="1.0"} 1000:2"#]
    );
    let query = "histogram_quantile(0.7, h_bucket)";
    let result = try_instant(&storage, query, 0).unwrap();
    assert_eq!(
        result.annotations.iter().map(|a| a.render(query)).collect::<Vec<_>>(),
        ["PromQL warning: bucket label \"le\" is missing or has a malformed value of \"many\" (1:25)"]
    );
    assert_eq!(
        result.value.as_vector().unwrap().len(),
        2,
        "a histogram without +Inf has no quantile, but NaN"
    );
}

#[test]
fn fallen_buckets_are_raised_and_told_once() {
    let storage = load(1000, "h_bucket{le=\"1\"} 5 5\nh_bucket{le=\"2\"} 3 4\nh_bucket{le=\"+Inf\"} 10 10");
    let query = "histogram_quantile(0.5, h_bucket)";
    let told = |result: Result<QueryResult, QueryError>| {
        result.unwrap().annotations.iter().map(|a| a.render(query)).collect::<Vec<_>>()
    };
    assert_eq!(
        told(try_instant(&storage, query, 0)),
        ["PromQL info: input to histogram_quantile needed to be fixed for monotonicity (see \
         https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile), from buckets 2 to 2, \
         with a max diff of 2, over 1 samples from 1970-01-01T00:00:00Z to 1970-01-01T00:00:00Z (1:25)"]
    );
    // Upstream counts a sample twice for each step after the first.
    let of_two_steps = told(try_range(&storage, query, (0, 1000, 1000)));
    assert!(
        of_two_steps[0].ends_with("over 4 samples from 1970-01-01T00:00:00Z to 1970-01-01T00:00:01Z (1:25)")
    );
    assert_eq!(of_two_steps.len(), 1);
}

#[test]
fn info_series_lend_their_labels() {
    let storage = load(
        1000,
        "m{job=\"j\",instance=\"a\"} 1 2 3\nm{job=\"j\",instance=\"b\"} 4 5 6\n\
         target_info{job=\"j\",instance=\"a\",v=\"old\"} 1 stale\ntarget_info{job=\"j\",instance=\"a\",v=\"new\"} _ 1 1\n\
         build_info{job=\"j\",instance=\"a\",v=\"x\"} 1 1 1",
    );
    assert_eq!(
        range(&storage, "info(m)", (0, 2000, 1000)),
        [
            r#"m{instance="a", job="j", v="new"} 1000:2 2000:3"#,
            r#"m{instance="a", job="j", v="old"} 0:1"#,
            r#"m{instance="b", job="j"} 0:4 1000:5 2000:6"#
        ]
    );
    assert_eq!(instant(&storage, "info(m, {v=~\".+\"})", 0), [r#"m{instance="a", job="j", v="old"} 1"#]);
    assert_eq!(instant(&storage, "info(m @ 0)", 2000).len(), 2);
    assert_eq!(instant(&storage, "info(m @ 0)", 2000)[0], r#"m{instance="a", job="j", v="old"} 1"#);
    let text = error_text(try_instant(&storage, "info(m, {__name__=~\".+_info\"})", 0));
    assert_eq!(text, "conflicting label: v");
}
