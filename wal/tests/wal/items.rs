//! What records say, element by element: the slow and obvious view of a log, and logs of all kinds of records.

use std::collections::{BTreeMap, BTreeSet};

use emberdb_histogram::{FloatHistogram, Histogram, Schema, Side, Span};
use emberdb_wal::{
    ExemplarDecoder, ExemplarEncoder, HistogramDecoder, MetadataDecoder, MetricType, RecordKind,
    RecordNumber, RefExemplar, RefMetadata, RefSample, RefStamp, RefStartedSample, RefTombstone,
    SeriesDecoder, SeriesEncoder, decode_samples, decode_started_samples, decode_tombstones,
    encode_histograms, encode_metadata, encode_samples, encode_started_histograms, encode_started_samples,
    encode_tombstones,
};
use proptest::prelude::*;

/// One element of a record.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Item {
    Series {
        of: u64,
        labels: String,
    },
    /// A sample, a histogram or an exemplar: kind of record, time, and all that it says.
    Stamped {
        kind: u8,
        at_ms: i64,
        text: String,
    },
    Tombstone {
        of: u64,
        max_ms: i64,
        min_ms: i64,
    },
    Metadata {
        of: u64,
        text: String,
    },
    Other(Vec<u8>),
}

/// All elements of these records, in their order.
pub(crate) fn items(records: &[Vec<u8>]) -> Vec<Item> {
    records.iter().flat_map(|record| record_items(record)).collect()
}

fn record_items(record: &[u8]) -> Vec<Item> {
    let mut items = Vec::new();
    let kind = record[0];
    let stamped = |at_ms: i64, text: String| Item::Stamped { kind, at_ms, text };
    match RecordKind::from_byte(kind) {
        RecordKind::Series => {
            let (mut decoder, mut labels) = (SeriesDecoder::new(record).unwrap(), Vec::new());
            while let Some(of) = decoder.next_series(&mut labels).unwrap() {
                items.push(Item::Series { of, labels: format!("{labels:?}") });
            }
        }
        RecordKind::Samples => {
            let mut samples = Vec::new();
            decode_samples(record, &mut samples).unwrap();
            items.extend(samples.iter().map(|sample| {
                stamped(sample.timestamp_ms, format!("{} {:x}", sample.series_ref, sample.value.to_bits()))
            }));
        }
        RecordKind::SamplesV2 => {
            let mut samples = Vec::new();
            decode_started_samples(record, &mut samples).unwrap();
            items.extend(samples.iter().map(|sample| stamped(sample.timestamp_ms, format!("{sample:?}"))));
        }
        RecordKind::Tombstones => {
            let mut tombstones = Vec::new();
            decode_tombstones(record, &mut tombstones).unwrap();
            items.extend(tombstones.iter().map(|&RefTombstone { series_ref, min_ms, max_ms }| {
                Item::Tombstone { of: series_ref, max_ms, min_ms }
            }));
        }
        RecordKind::Exemplars => {
            let (mut decoder, mut labels) = (ExemplarDecoder::new(record).unwrap(), Vec::new());
            while let Some(exemplar) = decoder.next_exemplar(&mut labels).unwrap() {
                items.push(stamped(exemplar.timestamp_ms, format!("{exemplar:?} {labels:?}")));
            }
        }
        RecordKind::Metadata => {
            let mut decoder = MetadataDecoder::new(record).unwrap();
            while let Some(metadata) = decoder.next_metadata().unwrap() {
                items.push(Item::Metadata { of: metadata.series_ref, text: format!("{metadata:?}") });
            }
        }
        RecordKind::HistogramSamples
        | RecordKind::CustomBucketsHistogramSamples
        | RecordKind::HistogramSamplesV2 => {
            histograms::<i64>(record).into_iter().for_each(|(at, text)| items.push(stamped(at, text)));
        }
        RecordKind::FloatHistogramSamples
        | RecordKind::CustomBucketsFloatHistogramSamples
        | RecordKind::FloatHistogramSamplesV2 => {
            histograms::<f64>(record).into_iter().for_each(|(at, text)| items.push(stamped(at, text)));
        }
        RecordKind::Floor => {}
        _ => items.push(Item::Other(record.to_vec())),
    }
    items
}

fn histograms<N: RecordNumber + std::fmt::Debug>(record: &[u8]) -> Vec<(i64, String)>
where
    emberdb_histogram::NativeHistogram<N>: Default + std::fmt::Debug,
{
    let mut decoder = HistogramDecoder::<N>::new(record).unwrap();
    let mut histogram = emberdb_histogram::NativeHistogram::<N>::default();
    std::iter::from_fn(|| {
        let stamp = decoder.next_histogram(&mut histogram).unwrap()?;
        Some((stamp.timestamp_ms, format!("{stamp:?} {histogram:?}")))
    })
    .collect()
}

/// What a checkpoint has to keep of a log: all but metadata in order, and the newest metadata by series.
pub(crate) fn needed(
    items: &[Item],
    keep: impl Fn(u64) -> bool,
    min_ms: i64,
) -> (Vec<Item>, BTreeMap<u64, String>) {
    let mut newest = BTreeMap::new();
    let kept = items.iter().filter(|item| match item {
        Item::Series { of, .. } => keep(*of),
        Item::Stamped { at_ms, .. } => *at_ms >= min_ms,
        Item::Tombstone { of, max_ms, .. } => keep(*of) && *max_ms >= min_ms,
        Item::Metadata { of, text } => {
            if keep(*of) {
                newest.insert(*of, text.clone());
            }
            false
        }
        Item::Other(_) => false,
    });
    let kept = kept.cloned().collect();
    (kept, newest)
}

/// A log without what a checkpoint says of itself.
pub(crate) fn without_floors(mut records: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    records.retain(|record| record[0] != RecordKind::Floor.to_byte());
    records
}

/// The kinds of records in a log.
pub(crate) fn kinds(records: &[Vec<u8>]) -> BTreeSet<u8> {
    records.iter().filter_map(|record| record.first().copied()).collect()
}

/// A record of one of the kinds, of these elements: a series, a time, and a number for all else.
pub(crate) fn record(kind: u8, elements: &[(u64, i64, u64)]) -> Vec<u8> {
    let mut record = Vec::new();
    let stamps = elements.iter().map(|&(series_ref, timestamp_ms, number)| RefStamp {
        series_ref,
        timestamp_ms,
        start_timestamp_ms: (number % 3) as i64,
    });
    let samples = elements.iter().map(|&(series_ref, timestamp_ms, number)| RefSample {
        series_ref,
        timestamp_ms,
        value: number as f64,
    });
    match kind {
        1 => {
            let mut encoder = SeriesEncoder::new(&mut record);
            for (series_ref, _, number) in elements {
                encoder.add(*series_ref, [("job", number.to_string().as_str())].into_iter());
            }
        }
        2 => encode_samples(samples, &mut record),
        3 => encode_tombstones(
            elements.iter().map(|&(series_ref, min_ms, number)| {
                let max_ms = min_ms + (number % 20) as i64;
                RefTombstone { series_ref, min_ms, max_ms }
            }),
            &mut record,
        ),
        4 => {
            let mut encoder = ExemplarEncoder::new(&mut record);
            for RefSample { series_ref, timestamp_ms, value } in samples {
                let exemplar = RefExemplar { series_ref, timestamp_ms, value };
                encoder.add(exemplar, [("trace_id", value.to_string().as_str())].into_iter());
            }
        }
        6 => {
            let texts: Vec<String> =
                elements.iter().map(|(_, _, number)| format!("help {}", number % 4)).collect();
            let metadata = elements.iter().zip(&texts).map(|(&(series_ref, _, number), help)| RefMetadata {
                series_ref,
                metric_type: MetricType::from_byte(number as u8),
                unit: "s",
                help,
            });
            encode_metadata(metadata, &mut record);
        }
        7 | 9 | 12 => {
            let histograms: Vec<Histogram> =
                elements.iter().map(|element| histogram(kind, element.2)).collect();
            let pairs = stamps.zip(&histograms);
            match kind {
                7 => encode_histograms(pairs, &mut record, &mut Vec::new()),
                9 => encode_histograms(pairs, &mut Vec::new(), &mut record),
                _ => encode_started_histograms(pairs, &mut record),
            }
        }
        8 | 10 | 13 => {
            let histograms: Vec<FloatHistogram> =
                elements.iter().map(|element| float_histogram(kind, element.2)).collect();
            let pairs = stamps.zip(&histograms);
            match kind {
                8 => encode_histograms(pairs, &mut record, &mut Vec::new()),
                10 => encode_histograms(pairs, &mut Vec::new(), &mut record),
                _ => encode_started_histograms(pairs, &mut record),
            }
        }
        11 => encode_started_samples(
            samples.zip(stamps).map(|(sample, stamp)| RefStartedSample {
                series_ref: stamp.series_ref,
                start_timestamp_ms: stamp.start_timestamp_ms,
                timestamp_ms: stamp.timestamp_ms,
                value: sample.value,
            }),
            &mut record,
        ),
        other => record.extend([other, 1, 2, 3]),
    }
    // Encoders of histograms write nothing where there are none.
    if record.is_empty() { vec![kind] } else { record }
}

/// Whether a histogram in a record of this kind has custom bounds.
fn is_custom(kind: u8, number: u64) -> bool {
    matches!(kind, 9 | 10) || (matches!(kind, 12 | 13) && number.is_multiple_of(2))
}

fn histogram(kind: u8, number: u64) -> Histogram {
    let custom = is_custom(kind, number);
    Histogram {
        count: number,
        sum: number as f64 / 2.0,
        schema: Schema::new(if custom { -53 } else { 3 }),
        positive: Side { spans: vec![Span { offset: 2, length: 2 }], buckets: vec![number as i64, -1] },
        custom_values: custom.then(|| vec![0.5, number as f64].into()),
        ..Histogram::default()
    }
}

fn float_histogram(kind: u8, number: u64) -> FloatHistogram {
    let custom = is_custom(kind, number);
    FloatHistogram {
        count: number as f64,
        sum: number as f64 / 2.0,
        schema: Schema::new(if custom { -53 } else { 3 }),
        positive: Side { spans: vec![Span { offset: -2, length: 1 }], buckets: vec![number as f64] },
        custom_values: custom.then(|| vec![0.25].into()),
        ..FloatHistogram::default()
    }
}

/// Records of all kinds, known and unknown.
pub(crate) fn records(count: std::ops::Range<usize>) -> impl Strategy<Value = Vec<Vec<u8>>> {
    let element = (0..12_u64, -50..50_i64, 0..1000_u64);
    let record = (1..16_u8, prop::collection::vec(element, 0..12))
        .prop_map(|(kind, elements)| record(kind, &elements));
    prop::collection::vec(record, count)
}
