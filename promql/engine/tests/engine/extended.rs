//! `anchored` and `smoothed`.

use emberdb_promql_engine::{Engine, EngineOptions, QueryErrorKind, QueryOptions};
use emberdb_promql_syntax::ParserOptions;

use super::{error_text, instant, load, matrix_text, range, try_instant};

/// Every ten seconds; the counter is reset between 20 s and 30 s.
const COUNTER: &str = "m 0 10 20 5 15";

#[test]
fn they_are_to_be_switched_on() {
    let storage = load(10_000, COUNTER);
    let ask = |options: EngineOptions| {
        Engine::new(options).instant(&storage, "rate(m[18s] anchored)", 32_000, &QueryOptions::default())
    };
    let error = ask(EngineOptions::default()).unwrap_err();
    assert_eq!(error.kind(), QueryErrorKind::Parse);
    assert_eq!(error.to_string(), "1:6: parse error: anchored modifier is experimental and not enabled");
    let parser = ParserOptions { extended_range_selectors: true, ..ParserOptions::default() };
    assert!(ask(EngineOptions { parser, ..EngineOptions::default() }).is_ok());
}

#[test]
fn a_change_goes_from_edge_to_edge() {
    let storage = load(10_000, COUNTER);
    let at_32 = |query: &str| instant(&storage, query, 32_000);
    // From 14 s on: anchored from the 10 of 10 s to the 5 of 30 s, smoothed from 14 to 7; 20 are lost in between.
    assert_eq!(at_32("increase(m[18s] anchored)"), ["{} 15"]);
    assert_eq!(at_32("increase(m[18s] smoothed)"), ["{} 13"]);
    assert_eq!(at_32("delta(m[18s] anchored)"), ["{} -5"]);
    assert_eq!(at_32("delta(m[18s] smoothed)"), ["{} -7"]);
    assert_eq!(at_32("rate(m[20s] anchored)"), ["{} 0.75"]);
    assert_eq!(at_32("resets(m[18s] anchored)"), ["{} 1"]);
    assert_eq!(at_32("changes(m[18s] anchored)"), ["{} 2"], "from the anchor to 20 and on to 5");
    // A line that leads over the reset begins at 0.
    assert_eq!(instant(&storage, "increase(m[4s] smoothed)", 28_000), ["{} 2"]);
}

#[test]
fn windows_slide_over_steps() {
    let storage = load(10_000, COUNTER);
    assert_eq!(
        range(&storage, "increase(m[10s] smoothed)", (5_000, 45_000, 10_000)),
        ["{} 5000:5 15000:10 25000:7.5 35000:7.5 45000:5"]
    );
    assert_eq!(
        range(&storage, "changes(m[10s] anchored)", (-5_000, 60_000, 5_000)),
        ["{} 0:0 5000:0 10000:1 15000:1 20000:1 25000:1 30000:1 35000:1 40000:1 45000:1"],
        "before the first sample and after the last one nothing is measured"
    );
}

#[test]
fn an_instant_between_samples_lies_on_their_line() {
    let storage = load(10_000, "m 0 10 stale 40\nlate _ _ 7");
    assert_eq!(instant(&storage, "m smoothed", 4_000), ["m 4"]);
    assert_eq!(instant(&storage, "m smoothed", 20_000), ["m 25"], "markers are no samples");
    assert_eq!(instant(&storage, "late smoothed", 19_999), [""; 0], "all come later");
    assert_eq!(instant(&storage, "late smoothed", 319_999), ["late 7"], "the last one is carried forward");
    assert_eq!(instant(&storage, "late smoothed", 320_000), [""; 0]);
    assert_eq!(range(&storage, "m smoothed @ 4 + 1", (0, 20_000, 10_000)), ["{} 0:5 10000:5 20000:5"]);
    assert_eq!(instant(&storage, "max_over_time((m smoothed)[20s:4s])", 30_000), ["{} 37"]);
    assert_eq!(instant(&storage, "m anchored", 4_000), ["m 0"], "which says something of ranges only");
}

/// A parameter of an aggregation is asked at all steps, pinned or not.
#[test]
fn a_pinned_selector_is_there_at_all_steps() {
    let storage = load(10_000, "m 0 2 4\nn{a=\"1\"} 1 1 1\nn{a=\"2\"} 2 2 2");
    for k in ["m smoothed @ 5", "increase(m[5s] smoothed @ 5)"] {
        let query = format!("topk(scalar({k}), n)");
        let wanted = ["n{a=\"2\"} 0:2 10000:2 20000:2"];
        assert_eq!(range(&storage, &query, (0, 20_000, 10_000)), wanted, "{query}");
    }
}

/// Upstream's `timestamp` looks at the newest sample itself, as without the modifier.
#[test]
fn a_timestamp_is_not_smoothed() {
    let storage = load(10_000, "m 0 10 stale 40");
    for at_ms in [14_000, 25_000, 30_000] {
        let plain = instant(&storage, "timestamp(m)", at_ms);
        assert_eq!(instant(&storage, "timestamp(m smoothed)", at_ms), plain);
        assert_eq!(instant(&storage, "timestamp((m smoothed))", at_ms), plain);
    }
    assert_eq!(instant(&storage, "timestamp(m smoothed)", 14_000), ["{} 10"]);
    assert_eq!(instant(&storage, "timestamp(m smoothed)", 25_000), [""; 0], "a marker hides the older ones");
    assert_eq!(instant(&storage, "timestamp(m smoothed * 1)", 14_000), ["{} 14"]);
}

#[test]
fn a_range_shows_its_edges() {
    let storage = load(10_000, "m 0 10 20 5 15");
    let shown = |query: &str, at_ms| matrix_text(&try_instant(&storage, query, at_ms).unwrap().value);
    assert_eq!(shown("m[18s] anchored", 32_000), ["m 14000:10 20000:20 30000:5 32000:5"]);
    assert_eq!(shown("m[18s] smoothed", 32_000), ["m 14000:14 20000:20 30000:5 32000:7"]);
    assert_eq!(shown("m[18s] smoothed @ 32", 90_000), shown("m[18s] smoothed", 32_000));
    assert_eq!(shown("m[10s] anchored", 60_000), [""; 0]);
    assert_eq!(shown("m[5s] anchored", -10_000), [""; 0]);
    // All samples come later: without a function around it the first one stands at both edges.
    assert_eq!(shown("m[5s] smoothed", -10_000), ["m -15000:0 -10000:0"]);
    assert_eq!(instant(&storage, "increase(m[5s] smoothed)", -10_000), [""; 0]);
}

#[test]
fn other_functions_refuse_them() {
    let storage = load(10_000, COUNTER);
    let refusal = |query: &str| error_text(try_instant(&storage, query, 32_000));
    assert_eq!(
        refusal("deriv(m[18s] anchored)"),
        "anchored modifier can only be used with: changes, delta, increase, rate, resets - not with deriv"
    );
    assert_eq!(
        refusal("absent_over_time(m[18s] smoothed)"),
        "smoothed modifier can only be used with: delta, increase, rate - not with absent_over_time"
    );
    assert!(refusal("resets(m[18s] smoothed)").ends_with("not with resets"));
}
