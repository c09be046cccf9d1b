//! Native histograms: what floats are promised holds for them, too.

mod against_memory;
mod layout;
mod log;
mod mixed;
mod refusals;

use std::sync::Arc;

use emberdb_histogram::{FloatHistogram, Histogram, Side, Span};
use emberdb_model::storage::{Querier, SeriesSet};
use emberdb_model::{LabelsRef, SampleValue};

use super::*;

/// The samples of a series in the order of time.
pub(crate) type Samples = Vec<(i64, SampleValue)>;

/// A series' labels as text, and its samples.
pub(crate) type Series = (String, Samples);

/// All that is stored in a range of time, sorted by labels.
pub(crate) fn read_all(db: &impl Queryable, range: TimeRange) -> Vec<Series> {
    read_view(&*db.querier().unwrap(), range)
}

fn read_view(querier: &dyn Querier, range: TimeRange) -> Vec<Series> {
    let mut symbols = SymbolTable::new();
    let set = querier.select(&[], range, &mut symbols).unwrap();
    let mut scratch = SampleColumns::new();
    let mut all: Vec<Series> = Vec::new();
    for series in 0..set.len() {
        let samples = read_one(&*set, series, range);
        let newest = set.newest(series, range, &mut scratch).unwrap();
        let label = LabelsRef::new(&symbols, set.labels(series)).to_string();
        // Between the two readings a writer may have given the chunk buckets, which its histograms then have empty.
        let newest: Samples = newest.into_iter().map(compact).collect();
        let last: Samples = samples.last().cloned().into_iter().map(compact).collect();
        assert_same(&newest, &last, &format!("newest of {label}"));
        all.push((label, samples));
    }
    all.sort_by(|a, b| a.0.cmp(&b.0));
    all
}

/// A sample without empty buckets.
fn compact((t_ms, value): (i64, SampleValue)) -> (i64, SampleValue) {
    let SampleValue::Histogram(mut histogram) = value else { return (t_ms, value) };
    Arc::make_mut(&mut histogram).compact(0);
    (t_ms, SampleValue::Histogram(histogram))
}

/// Floats and histograms merged by time.
pub(crate) fn read_one(set: &dyn SeriesSet, series: usize, range: TimeRange) -> Samples {
    let mut columns = SampleColumns::new();
    set.read(series, range, &mut columns).unwrap();
    assert!(columns.histograms.is_empty() || set.may_have_histograms());
    let mut samples: Samples = columns.iter().map(Into::into).collect();
    samples.extend(columns.histograms.iter().map(|(t, h)| (t, SampleValue::Histogram(Arc::clone(h)))));
    samples.sort_by_key(|&(t, _)| t);
    assert!(samples.is_sorted_by(|a, b| a.0 < b.0), "times rise");
    samples
}

/// Whether samples are the same to the bit, buckets and hints included.
pub(crate) fn assert_same(found: &[(i64, SampleValue)], expected: &[(i64, SampleValue)], what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}: {found:?}, expected {expected:?}");
    for ((found_ms, found), (expected_ms, expected)) in found.iter().zip(expected) {
        let is_same = match (found, expected) {
            (SampleValue::Float(found), SampleValue::Float(expected)) => {
                found.to_bits() == expected.to_bits()
            }
            (SampleValue::Histogram(found), SampleValue::Histogram(expected)) => {
                found.has_same_data(expected)
                    && found.counter_reset_hint == expected.counter_reset_hint
                    && found.positive.spans == expected.positive.spans
                    && found.negative.spans == expected.negative.spans
            }
            _ => false,
        };
        assert!(
            is_same && found_ms == expected_ms,
            "{what} at {found_ms}: {found:?}, expected at {expected_ms}: {expected:?}"
        );
    }
}

/// A float histogram in upstream's notation.
fn float(notation: &str) -> FloatHistogram {
    notation.parse().unwrap()
}

/// An integer histogram with as many in each of its buckets.
pub(crate) fn whole(counts: &[i64]) -> Histogram {
    let mut before = 0;
    let differences = counts.iter().map(|&count| count - std::mem::replace(&mut before, count));
    Histogram {
        count: counts.iter().sum::<i64>() as u64,
        sum: counts.iter().sum::<i64>() as f64,
        positive: Side {
            spans: vec![Span { offset: 0, length: counts.len() as u32 }],
            buckets: differences.collect(),
        },
        ..Histogram::default()
    }
}

/// The times and the counts of a series' samples; of a float its value.
fn numbers(samples: &[(i64, SampleValue)]) -> Vec<(i64, f64)> {
    let number = |value: &SampleValue| match value {
        SampleValue::Float(value) => *value,
        SampleValue::Histogram(histogram) => histogram.count,
    };
    samples.iter().map(|(t, value)| (*t, number(value))).collect()
}
