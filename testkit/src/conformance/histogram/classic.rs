//! Classic histograms: quantiles, and what native ones become.

use emberdb_histogram::{ClassicBucket, ClassicLayout, classic_quantile};
use serde_json::Value;

use super::read::{AnyHistogram, any_histogram};
use crate::conformance::mismatch::{holds, same};
use crate::conformance::{Check, Mismatch, read};

/// A quantile, found in both ways.
pub(super) fn quantile(record: &Value) -> Check {
    let bucket = |bucket: &Value| {
        let (upper_bound, count) = (read::float(&bucket["upper_bound"])?, read::float(&bucket["count"])?);
        Ok(ClassicBucket { upper_bound, count })
    };
    let buckets = read::list(&record["buckets"])?.iter().map(bucket);
    let mut buckets = buckets.collect::<Result<Vec<_>, Mismatch>>()?;
    let (phi, wanted) = (read::float(&record["q"])?, read::float(&record["expected"])?);
    let tolerance = read::float(&record["tolerance_rel"])?;

    let bounds: Vec<f64> = buckets.iter().map(|bucket| bucket.upper_bound).collect();
    let given: Vec<f64> = buckets.iter().map(|bucket| bucket.count).collect();
    let (layout, mut counts) = (ClassicLayout::new(&bounds), Vec::new());
    layout.merge(&given, &mut counts);
    for found in [layout.quantile(phi, &mut counts), classic_quantile(phi, &mut buckets)] {
        let is_close = (found.value - wanted).abs() <= wanted.abs() * tolerance;
        holds(&format!("wanted {wanted}, got {}", found.value), is_close || found.value == wanted)?;
        let forced = read::truth(&record["forced_monotonicity"])?;
        same("forced monotonicity", &forced, &found.forced_monotonicity.is_some())?;
        same("fixed precision", &read::truth(&record["fixed_precision"])?, &found.fixed_precision)?;
    }
    Ok(())
}

/// The classic series of a native histogram with custom buckets.
pub(super) fn of_native(record: &Value) -> Check {
    if record["input"].is_null() {
        // Something that is not a histogram at all; here that is a matter of types.
        return same("is an error", &true, &(record["error"] == true));
    }
    let (found, count, sum) = match any_histogram(&record["input"])? {
        AnyHistogram::Integer(histogram) => {
            (histogram.classic_buckets(), histogram.count as f64, histogram.sum)
        }
        AnyHistogram::Float(histogram) => (histogram.classic_buckets(), histogram.count, histogram.sum),
    };
    if record["error"] == true {
        // A missing name is for those to find who know of names; the other errors are errors here, too.
        let has_name = read::list(&record["labels"])?.iter().any(|label| label[0] == "__name__");
        return holds("should be an error", found.is_err() || !has_name);
    }
    let found = found.map_err(|error| Mismatch::new(error.to_string()))?;
    let mut series: Vec<(Option<f64>, f64)> =
        found.iter().map(|bucket| (Some(bucket.upper_bound), bucket.count)).collect();
    series.extend([(None, count), (None, sum)]);
    let wanted = read::list(&record["expected"])?.iter().map(|series| {
        let le = read::list(&series["labels"])?.iter().find(|label| label[0] == "le");
        let le = le.map(|label| read::float(&label[1])).transpose()?;
        Ok((le, read::float(&series["value"])?))
    });
    let wanted = wanted.collect::<Result<Vec<(Option<f64>, f64)>, Mismatch>>()?;
    same("series", &wanted, &series)
}
