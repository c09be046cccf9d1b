//! `native_quantile.jsonl`.

use emberdb_histogram::NanObservations;

use crate::read::{assert_float, float, float_histogram, list, table};

#[test]
fn quantiles_and_fractions_are_upstreams() {
    let Some(records) = table("histogram/native_quantile.jsonl") else { return };
    let (mut quantiles, mut fractions) = (0, 0);
    for record in &records {
        let histogram = float_histogram(&record["input"]);
        let annotation = match record["op"].as_str().unwrap() {
            "native_quantile" => {
                quantiles += 1;
                let found = histogram.quantile(float(&record["q"]));
                assert_float(found.value, float(&record["expected"]), record);
                found.nan_observations.map(|nan| match nan {
                    NanObservations::ResultIsNan => {
                        "input to histogram_quantile has NaN observations, result is NaN"
                    }
                    NanObservations::SkewHigher => {
                        "input to histogram_quantile has NaN observations, result is skewed higher"
                    }
                })
            }
            "native_fraction" => {
                fractions += 1;
                let found = histogram.fraction(float(&record["lower"]), float(&record["upper"]));
                assert_float(found.value, float(&record["expected"]), record);
                found.excludes_nan.then_some(
                    "input to histogram_fraction has NaN observations, which are excluded from all fractions",
                )
            }
            other => panic!("{other} is not known"),
        };
        let annotations: Vec<String> =
            annotation.iter().map(|text| format!("PromQL info: {text} for metric name \"m\"")).collect();
        let expected: Vec<&str> =
            list(&record["annotations"]).iter().map(|annotation| annotation.as_str().unwrap()).collect();
        assert_eq!(annotations, expected, "{record}");
    }
    println!("{quantiles} quantiles, {fractions} fractions");
}
