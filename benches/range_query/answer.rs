//! The values of a matrix in Prometheus' JSON, compared with another's.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

/// More than what the order of additions does to the last digits.
const DIFFERENCE_MAX: f64 = 1e-12;

/// The points of each series, by time; a series is known by its labels as they are written.
pub(crate) struct Answer(BTreeMap<String, BTreeMap<String, f64>>);

impl Answer {
    /// Reads an answer, or only its data.
    pub(crate) fn of(json: &str) -> Self {
        let json: Value = serde_json::from_str(json).expect("an answer is JSON");
        let result = json.pointer("/data/result").or_else(|| json.get("result")).unwrap_or(&json);
        let of_series = |series: &Value| {
            let points = series["values"].as_array().expect("a matrix").iter().map(|point| {
                let value =
                    point[1].as_str().and_then(|value| value.parse().ok()).expect("a number in quotes");
                // 15 and 15.000 are the same time.
                (format!("{:.3}", point[0].as_f64().expect("a time")), value)
            });
            (series["metric"].to_string(), points.collect())
        };
        Self(result.as_array().expect("a matrix").iter().map(of_series).collect())
    }

    /// How the values compare.
    ///
    /// # Panics
    /// If other series, or points at other times are there, or if a value differs by more than rounding explains.
    pub(crate) fn compare(&self, theirs: &Self) -> Comparison {
        assert!(self.0.keys().eq(theirs.0.keys()), "other series than Prometheus");
        let mut found = Comparison { series: self.0.len(), values: 0, equal: 0, difference: 0.0 };
        for (ours, theirs) in self.0.values().zip(theirs.0.values()) {
            assert!(ours.keys().eq(theirs.keys()), "points at other times than Prometheus");
            for (our, their) in ours.values().zip(theirs.values()) {
                found.values += 1;
                if our.to_bits() == their.to_bits() {
                    found.equal += 1;
                } else {
                    let difference = (our - their).abs() / their.abs().max(f64::MIN_POSITIVE);
                    let difference = if difference.is_nan() { f64::INFINITY } else { difference };
                    found.difference = found.difference.max(difference);
                }
            }
        }
        assert!(
            found.values > 0 && found.difference <= DIFFERENCE_MAX,
            "other values than Prometheus: {found}"
        );
        found
    }
}

/// How two answers of the same shape compare.
pub(crate) struct Comparison {
    series: usize,
    values: usize,
    /// Values of the same bits.
    equal: usize,
    /// The greatest relative difference.
    difference: f64,
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { series, values, equal, difference } = self;
        write!(
            f,
            "{series} series; {equal} of {values} values are the same bits, the others differ by at most {difference:e}"
        )
    }
}
