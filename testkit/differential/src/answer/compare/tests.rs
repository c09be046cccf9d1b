//! Each sort of difference is found.

use super::super::parse_response;
use super::*;

fn answer(data: &str) -> Answer {
    parse_response(format!(r#"{{"status":"success","data":{data}}}"#).as_bytes()).unwrap()
}

fn vector(series: &str) -> Answer {
    answer(&format!(r#"{{"resultType":"vector","result":[{series}]}}"#))
}

fn matrix(series: &str) -> Answer {
    answer(&format!(r#"{{"resultType":"matrix","result":[{series}]}}"#))
}

fn histogram(of: &str) -> Answer {
    vector(&format!(r#"{{"metric":{{}},"histogram":[1,{of}]}}"#))
}

/// The difference of two, which has to be there either way round.
fn difference(reference: &Answer, other: &Answer) -> String {
    assert_eq!(compare(reference, reference, Order::Given), Comparison::Equal(Closeness::Bits));
    assert!(matches!(compare(other, reference, Order::Given), Comparison::Different(_)));
    match compare(reference, other, Order::Given) {
        Comparison::Different(difference) => difference,
        Comparison::Equal(closeness) => panic!("{closeness:?}"),
    }
}

#[test]
fn types() {
    let scalar = answer(r#"{"resultType":"scalar","result":[1,"1"]}"#);
    assert_eq!(difference(&scalar, &vector("")), r#"type: "scalar", not "vector""#);
    assert_eq!(difference(&matrix(""), &vector("")), r#"type: "matrix", not "vector""#);
    let text = |text: &str| answer(&format!(r#"{{"resultType":"string","result":[1,"{text}"]}}"#));
    assert_eq!(difference(&text("a"), &text("b")), r#"text: "a", not "b""#);
}

#[test]
fn errors_by_their_kind() {
    let error = |kind: &str, message: &str| {
        let body = format!(r#"{{"status":"error","errorType":"{kind}","error":"{message}"}}"#);
        parse_response(body.as_bytes()).unwrap()
    };
    assert_eq!(
        difference(&error("bad_data", "no"), &error("execution", "no")),
        r#"kind of error: "bad_data", not "execution""#
    );
    let said_differently = compare(&error("bad_data", "no"), &error("bad_data", "never"), Order::Given);
    assert_eq!(said_differently, Comparison::Equal(Closeness::Bits));
    assert!(difference(&error("bad_data", "no"), &vector("")).contains("error bad_data: no"));
}

#[test]
fn labels() {
    let one = vector(r#"{"metric":{"a":"1"},"value":[1,"1"]}"#);
    let other = vector(r#"{"metric":{"a":"2"},"value":[1,"1"]}"#);
    assert_eq!(difference(&one, &other), r#"the series {"a": "1"} is missing"#);
    assert_eq!(difference(&vector(""), &one), r#"the series {"a": "1"} should not be there"#);
    let twice = vector(r#"{"metric":{"a":"1"},"value":[1,"1"]},{"metric":{"a":"1"},"value":[1,"1"]}"#);
    assert_eq!(difference(&one, &twice), "number of series: 1, not 2");
}

#[test]
fn the_order_of_a_vector_counts_where_the_query_sorts() {
    let one = vector(r#"{"metric":{"a":"1"},"value":[1,"1"]},{"metric":{"a":"2"},"value":[1,"1"]}"#);
    let other = vector(r#"{"metric":{"a":"2"},"value":[1,"1"]},{"metric":{"a":"1"},"value":[1,"1"]}"#);
    assert!(difference(&one, &other).starts_with("the order of the series: at place 0"));
    assert_eq!(compare(&one, &other, Order::Any), Comparison::Equal(Closeness::Bits));
}

#[test]
fn series_of_one_value_may_come_in_any_order_where_the_query_sorts_by_values() {
    let of = |values: [(&str, &str); 3]| {
        let one = |(a, value)| format!(r#"{{"metric":{{"a":"{a}"}},"value":[1,"{value}"]}}"#);
        vector(&values.map(one).join(","))
    };
    let reference = of([("1", "5"), ("2", "5"), ("3", "7")]);
    let turned = of([("2", "5"), ("1", "5"), ("3", "7")]);
    assert_eq!(compare(&reference, &turned, Order::ByValue), Comparison::Equal(Closeness::Bits));
    let unsorted = of([("1", "5"), ("3", "7"), ("2", "5")]);
    let Comparison::Different(difference) = compare(&reference, &unsorted, Order::ByValue) else { panic!() };
    assert_eq!(difference, "the order of the values: at place 1 at 1000: value: 5.0, not 7.0");
}

#[test]
fn the_order_of_a_matrix_always_counts() {
    let one = matrix(r#"{"metric":{"a":"1"},"values":[[1,"1"]]},{"metric":{"a":"2"},"values":[[1,"1"]]}"#);
    let other = matrix(r#"{"metric":{"a":"2"},"values":[[1,"1"]]},{"metric":{"a":"1"},"values":[[1,"1"]]}"#);
    assert!(matches!(compare(&one, &other, Order::Any), Comparison::Different(_)));
}

#[test]
fn times_and_values() {
    let at = |time: &str, value: &str| vector(&format!(r#"{{"metric":{{}},"value":[{time},"{value}"]}}"#));
    assert_eq!(difference(&at("1", "1"), &at("1.001", "1")), "{}: time: 1000, not 1001");
    assert_eq!(difference(&at("1", "1"), &at("1", "1.1")), "{}: at 1000: value: 1.0, not 1.1");
    assert_eq!(
        compare(&at("1", "1"), &at("1", "1.0000000001"), Order::Any),
        Comparison::Equal(Closeness::Near)
    );
    assert_eq!(compare(&at("1", "NaN"), &at("1", "NaN"), Order::Any), Comparison::Equal(Closeness::Bits));
    let points = |points: &str| matrix(&format!(r#"{{"metric":{{}},"values":[{points}]}}"#));
    assert_eq!(
        difference(&points(r#"[1,"1"]"#), &points(r#"[1,"1"],[2,"1"]"#)),
        "{}: number of points: 1, not 2"
    );
}

#[test]
fn histograms_bucket_by_bucket() {
    let whole = histogram(r#"{"count":"2","sum":"3","buckets":[[0,"1","2","2"]]}"#);
    for (other, wanted) in [
        (r#"{"count":"1","sum":"3","buckets":[[0,"1","2","2"]]}"#, "count: 2.0, not 1.0"),
        (r#"{"count":"2","sum":"4","buckets":[[0,"1","2","2"]]}"#, "sum: 3.0, not 4.0"),
        (r#"{"count":"2","sum":"3","buckets":[[1,"1","2","2"]]}"#, "boundaries: 0, not 1"),
        (r#"{"count":"2","sum":"3","buckets":[[0,"0","2","2"]]}"#, "lower bound: 1.0, not 0.0"),
        (r#"{"count":"2","sum":"3","buckets":[[0,"1","3","2"]]}"#, "upper bound: 2.0, not 3.0"),
        (r#"{"count":"2","sum":"3","buckets":[[0,"1","2","1"]]}"#, "bucket: 2.0, not 1.0"),
        (r#"{"count":"2","sum":"3"}"#, "number of buckets: 1, not 0"),
    ] {
        assert_eq!(difference(&whole, &histogram(other)), format!("{{}}: at 1000: {wanted}"));
    }
    let float = vector(r#"{"metric":{},"value":[1,"1"]}"#);
    assert!(difference(&whole, &float).contains("not Float(1.0)"));
}

#[test]
fn remarks() {
    let with = |remarks: &str| {
        let body = format!(r#"{{"status":"success","data":{{"resultType":"vector","result":[]}}{remarks}}}"#);
        parse_response(body.as_bytes()).unwrap()
    };
    let (none, warned) = (with(""), with(r#","warnings":["w"]"#));
    assert_eq!(difference(&none, &warned), r#"warnings: {}, not {"w"}"#);
    assert_eq!(difference(&none, &with(r#","infos":["w"]"#)), r#"infos: {}, not {"w"}"#);
    let turned = compare(&with(r#","infos":["a","b"]"#), &with(r#","infos":["b","a"]"#), Order::Given);
    assert_eq!(turned, Comparison::Equal(Closeness::Bits));
}
