//! `trim.jsonl`.

use crate::read::{assert_same, float, float_histogram, table};

#[test]
fn trimming_is_upstreams() {
    let Some(records) = table("histogram/trim.jsonl") else { return };
    for record in &records {
        assert_eq!(record["op"], "trim");
        let mut histogram = float_histogram(&record["input"]);
        let value = float(&record["rhs"]);
        if record["upper"].as_bool().unwrap() {
            histogram.keep_below(value);
        } else {
            histogram.keep_above(value);
        }
        assert_same(&histogram, &float_histogram(&record["expected"]), record);
    }
    println!("{} trims", records.len());
}
