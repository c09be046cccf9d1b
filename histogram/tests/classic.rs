//! Quantiles of classic histograms against upstream's table.
//!
//! The data lies outside the repository: in the folder that `EMBERDB_CONFORMANCE` names, or beside the workspace.

use emberdb_histogram::{ClassicBucket, ClassicLayout, classic_quantile};
use serde_json::Value;

#[expect(clippy::disallowed_methods, reason = "test data is read from a folder that the caller names")]
fn table() -> Option<String> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/conformance");
    let folder = std::env::var("EMBERDB_CONFORMANCE").unwrap_or_else(|_| beside.to_owned());
    std::fs::read_to_string(format!("{folder}/histogram/classic_quantile.jsonl")).ok()
}

fn number(value: &Value) -> f64 {
    match value.as_str().expect("numbers are strings") {
        "+Inf" => f64::INFINITY,
        text => text.parse().expect("a number"),
    }
}

#[test]
fn quantiles_are_those_of_the_table() {
    let Some(table) = table() else {
        println!("skipped: no conformance data; EMBERDB_CONFORMANCE names its folder");
        return;
    };
    let mut count = 0;
    for line in table.lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let id = &case["id"];
        let mut buckets: Vec<_> = case["buckets"]
            .as_array()
            .unwrap()
            .iter()
            .map(|bucket| ClassicBucket {
                upper_bound: number(&bucket["upper_bound"]),
                count: number(&bucket["count"]),
            })
            .collect();
        let (phi, expected) = (number(&case["q"]), number(&case["expected"]));
        let tolerance = number(&case["tolerance_rel"]);

        let bounds: Vec<f64> = buckets.iter().map(|bucket| bucket.upper_bound).collect();
        let given: Vec<f64> = buckets.iter().map(|bucket| bucket.count).collect();
        let (layout, mut counts) = (ClassicLayout::new(&bounds), Vec::new());
        layout.merge(&given, &mut counts);
        for found in [layout.quantile(phi, &mut counts), classic_quantile(phi, &mut buckets)] {
            let close = (found.value - expected).abs() <= expected.abs() * tolerance;
            assert!(close || found.value == expected, "{id}: {} is not {expected}", found.value);
            assert_eq!(found.forced_monotonicity.is_some(), case["forced_monotonicity"], "{id}");
            assert_eq!(found.fixed_precision, case["fixed_precision"], "{id}");
        }
        count += 1;
    }
    assert!(count > 0, "the table is empty");
    println!("{count} quantiles");
}
