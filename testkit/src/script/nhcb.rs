//! `load_with_nhcb`: native histograms with custom bounds, made of the classic ones in a block.

use std::collections::BTreeMap;
use std::sync::Arc;

use emberdb_histogram::ClassicConversion;
use emberdb_model::{BUCKET_LABEL, Labels, LabelsBuilder, METRIC_NAME, SampleValue};

use super::ScriptSeries;
use super::command::Load;

/// Adds the native histograms of a block's classic ones. What start timestamps the parts have is not theirs.
///
/// # Errors
/// What is wrong with a classic histogram.
pub(super) fn add_to(load: &mut Load) -> Result<(), String> {
    let mut bases: BTreeMap<Labels, BTreeMap<i64, ClassicConversion>> = BTreeMap::new();
    for series in &load.series {
        let Some((base, part)) = part_of(&series.labels)? else { continue };
        let conversions = bases.entry(base).or_default();
        for (timestamp_ms, value) in &series.samples {
            let SampleValue::Float(value) = *value else { continue };
            let conversion = conversions.entry(*timestamp_ms).or_default();
            // What is refused comes out in the end.
            let _ = match part {
                Part::Bucket(upper_bound) => conversion.set_bucket(upper_bound, value),
                Part::Count => conversion.set_count(value),
                Part::Sum => conversion.set_sum(value),
            };
        }
    }
    for (labels, conversions) in bases {
        let mut samples = Vec::new();
        for (timestamp_ms, conversion) in conversions {
            let converted = conversion.finish().map_err(|error| format!("{labels}: {error}"))?;
            converted.validate().map_err(|error| format!("{labels}: {error}"))?;
            samples.push((timestamp_ms, SampleValue::Histogram(Arc::new(converted.into_float()))));
        }
        load.series.push(ScriptSeries::new(labels, samples));
    }
    Ok(())
}

/// What a series is of a classic histogram.
#[derive(Clone, Copy)]
enum Part {
    /// A bucket, with its upper bound.
    Bucket(f64),
    Count,
    Sum,
}

/// The labels of the histogram that a series is a part of, and which part. Nothing for other series, and for buckets
/// whose bound is no number.
fn part_of(labels: &Labels) -> Result<Option<(Labels, Part)>, String> {
    let name = labels.get(METRIC_NAME).unwrap_or("");
    let (base, part) = if let Some(base) = name.strip_suffix("_bucket") {
        let bound = labels.get(BUCKET_LABEL).ok_or_else(|| format!("expected bucket label in {labels}"))?;
        match bound.parse::<f64>() {
            Ok(bound) if !bound.is_nan() => (base, Part::Bucket(bound)),
            _ => return Ok(None),
        }
    } else if let Some(base) = name.strip_suffix("_count") {
        (base, Part::Count)
    } else if let Some(base) = name.strip_suffix("_sum") {
        (base, Part::Sum)
    } else {
        return Ok(None);
    };
    let mut builder = LabelsBuilder::new();
    for (name, value) in labels.iter().filter(|&(name, _)| name != BUCKET_LABEL) {
        builder.push(name, value);
    }
    builder.set(METRIC_NAME, base);
    Ok(Some((builder.build().map_err(|error| error.to_string())?, part)))
}
