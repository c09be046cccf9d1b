//! Native histograms as upstream's head gives them back: they went through chunks.
//!
//! All histograms of a chunk have the buckets of all, and hints are not those that were appended: the first one of a
//! chunk has none, those that follow say that there was no reset, gauges are gauges. And a staleness marker after a
//! histogram is one.

use std::sync::Arc;

use emberdb_histogram::{FloatHistogram, Histogram, Side};
use emberdb_model::{SampleValue, is_stale};
use emberdb_tsdb_chunk::{ChunkError, ChunkHistograms, HistogramChunk, HistogramChunks};

/// The block that upstream's tests let a head fill: a day.
const BLOCK_RANGE_MS: i64 = 24 * 3_600_000;

/// The samples of one series as they are read after a head took them; `counts_whole` if as integer histograms. Blocks are a
/// day long.
///
/// ```
/// use std::sync::Arc;
///
/// use emberdb_histogram::FloatHistogram;
/// use emberdb_model::SampleValue;
/// use emberdb_testkit::through_chunks;
///
/// let [one, two]: [FloatHistogram; 2] = ["{{count:1 buckets:[1]}}".parse()?, "{{count:3 buckets:[1 2]}}".parse()?];
/// let given = [(0, SampleValue::Histogram(Arc::new(one))), (1, SampleValue::Histogram(Arc::new(two)))];
/// let read = through_chunks(&given, true)?;
/// let SampleValue::Histogram(first) = &read[0].1 else { unreachable!("it was one") };
/// assert_eq!(first.positive.buckets, [1.0, 0.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`ChunkError`] for a histogram that cannot be written.
pub fn through_chunks(
    samples: &[(i64, SampleValue)],
    counts_whole: bool,
) -> Result<Vec<(i64, SampleValue)>, ChunkError> {
    let mut read = Vec::with_capacity(samples.len());
    let mut open = HistogramChunks::new(BLOCK_RANGE_MS);
    let mut finished: Vec<HistogramChunk> = Vec::new();
    let mut is_after_histogram = false;
    for (timestamp_ms, value) in samples {
        let marker;
        let histogram = match value {
            SampleValue::Histogram(histogram) => &**histogram,
            SampleValue::Float(float) if is_after_histogram && is_stale(*float) => {
                marker = FloatHistogram { sum: *float, ..FloatHistogram::default() };
                &marker
            }
            SampleValue::Float(_) => {
                finished.extend(open.finish());
                read.push((*timestamp_ms, value.clone()));
                is_after_histogram = false;
                continue;
            }
        };
        is_after_histogram = true;
        finished.extend(match counts_whole {
            true => open.append(*timestamp_ms, &in_whole_counts(histogram))?,
            false => open.append(*timestamp_ms, histogram)?,
        });
    }
    finished.extend(open.finish());
    let mut columns = ChunkHistograms::new();
    for chunk in &finished {
        columns.decode(chunk.encoding, &chunk.bytes)?;
        read.extend(
            columns.iter().map(|(t_ms, histogram)| (t_ms, SampleValue::Histogram(Arc::new(histogram)))),
        );
    }
    read.sort_by_key(|&(timestamp_ms, _)| timestamp_ms);
    Ok(read)
}

/// A histogram of whole counts as an integer histogram.
#[must_use]
pub fn in_whole_counts(histogram: &FloatHistogram) -> Histogram {
    let side = |side: &Side<f64>| {
        let counts = side.buckets.iter().map(|&count| count as i64);
        let differences = counts.scan(0, |before, count| {
            let difference = count - *before;
            *before = count;
            Some(difference)
        });
        Side { spans: side.spans.clone(), buckets: differences.collect() }
    };
    Histogram {
        counter_reset_hint: histogram.counter_reset_hint,
        schema: histogram.schema,
        zero_threshold: histogram.zero_threshold,
        zero_count: histogram.zero_count as u64,
        count: histogram.count as u64,
        sum: histogram.sum,
        positive: side(&histogram.positive),
        negative: side(&histogram.negative),
        custom_values: histogram.custom_values.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use emberdb_histogram::CounterResetHint;

    fn read(notations: &[&str]) -> Vec<FloatHistogram> {
        let given = notations.iter().zip(0..).map(|(notation, t_ms)| {
            let histogram: FloatHistogram = notation.parse().unwrap();
            (t_ms, SampleValue::Histogram(Arc::new(histogram)))
        });
        let given: Vec<_> = given.collect();
        let of_floats = through_chunks(&given, false).unwrap();
        assert_eq!(of_floats, through_chunks(&given, true).unwrap(), "whole counts are read as floats");
        let histogram = |(_, value)| match value {
            SampleValue::Histogram(histogram) => Arc::unwrap_or_clone(histogram),
            SampleValue::Float(float) => panic!("{float} is no histogram"),
        };
        of_floats.into_iter().map(histogram).collect()
    }

    #[test]
    fn hints_are_those_of_chunks() {
        let histograms = [
            ("{{count:1 buckets:[1]}}", CounterResetHint::Unknown),
            ("{{count:2 buckets:[2]}}", CounterResetHint::NotReset),
            ("{{count:3 buckets:[3] counter_reset_hint:reset}}", CounterResetHint::Unknown),
            ("{{count:1 buckets:[1] counter_reset_hint:not_reset}}", CounterResetHint::Unknown),
            ("{{schema:1 count:1 buckets:[1]}}", CounterResetHint::Unknown),
            ("{{schema:1 count:1 buckets:[1] counter_reset_hint:gauge}}", CounterResetHint::Gauge),
            ("{{schema:1 count:9 buckets:[9]}}", CounterResetHint::Unknown),
        ];
        let hints = read(&histograms.map(|(notation, _)| notation)).into_iter();
        let hints: Vec<_> = hints.map(|histogram| histogram.counter_reset_hint).collect();
        assert_eq!(hints, histograms.map(|(_, hint)| hint));
    }

    #[test]
    fn histograms_of_a_chunk_have_the_buckets_of_all() {
        let histograms = read(&["{{count:1 buckets:[1]}}", "{{count:3 buckets:[1] n_buckets:[0 2]}}"]);
        assert_eq!(
            (&*histograms[0].positive.buckets, &*histograms[0].negative.buckets),
            (&[1.0][..], &[0.0, 0.0][..])
        );
    }

    #[test]
    fn a_marker_after_a_histogram_is_one_and_floats_stay() {
        let histogram = SampleValue::Histogram(Arc::new("{{count:1 buckets:[1]}}".parse().unwrap()));
        let marker = SampleValue::Float(emberdb_model::STALE_NAN);
        let given = [(0, histogram), (1, marker.clone()), (2, SampleValue::Float(2.0)), (3, marker)];
        let read = through_chunks(&given, false).unwrap();
        assert!(matches!(&read[1].1, SampleValue::Histogram(marker) if is_stale(marker.sum)));
        assert!(matches!(read[2].1, SampleValue::Float(2.0)));
        assert!(matches!(read[3].1, SampleValue::Float(marker) if is_stale(marker)));
    }
}
