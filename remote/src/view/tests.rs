//! Views against messages that are decoded as a whole: the fast way against the plain one.

use proptest::prelude::*;
use prost::Message as _;

use super::{HistogramRoom, RawLabel, ReadHistogram, RequestV1, RequestV2, check};
use crate::message::{BucketSpan, Count, Histogram, Sample, ZeroCount, v1, v2};
use crate::view::check::{REQUEST_V1, REQUEST_V2};
use crate::wire::Message;

fn labels(pairs: impl Iterator<Item = (Vec<u8>, Vec<u8>)>) -> Vec<v1::Label> {
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    pairs.map(|(name, value)| v1::Label { name: text(name), value: text(value) }).collect()
}

fn owned(label: RawLabel<'_>) -> (Vec<u8>, Vec<u8>) {
    (label.0.to_vec(), label.1.to_vec())
}

/// A histogram as the view reads it. What the other sort of histograms has is not seen by it.
fn seen(view: super::HistogramView<'_>) -> Histogram {
    let mut room = HistogramRoom::default();
    match view.read(&mut room) {
        (timestamp_ms, ReadHistogram::Integer(read)) => Histogram::of_integer(timestamp_ms, 0, read),
        (timestamp_ms, ReadHistogram::Float(read)) => Histogram::of_float(timestamp_ms, 0, read),
    }
}

/// The same of a decoded message.
fn expected(sent: &Histogram) -> Histogram {
    let mut plain = sent.clone();
    plain.start_timestamp = 0;
    if !(0..4).contains(&plain.reset_hint) {
        plain.reset_hint = 0;
    }
    if let Some(Count::Float(count)) = sent.count {
        (plain.negative_deltas, plain.positive_deltas) = (Vec::new(), Vec::new());
        let zero_count = if let Some(ZeroCount::Float(zero)) = sent.zero_count { zero } else { 0.0 };
        (plain.count, plain.zero_count) = (Some(Count::Float(count)), Some(ZeroCount::Float(zero_count)));
    } else {
        (plain.negative_counts, plain.positive_counts) = (Vec::new(), Vec::new());
        let count = if let Some(Count::Integer(count)) = sent.count { count } else { 0 };
        let zero_count = if let Some(ZeroCount::Integer(zero)) = sent.zero_count { zero } else { 0 };
        (plain.count, plain.zero_count) = (Some(Count::Integer(count)), Some(ZeroCount::Integer(zero_count)));
    }
    plain
}

/// A request of 1.0 as the view shows it.
fn shown_v1(bytes: &[u8]) -> v1::WriteRequest {
    let request = RequestV1::read(bytes).unwrap();
    let timeseries = request
        .series()
        .map(|series| v1::TimeSeries {
            labels: labels(series.labels().map(owned)),
            samples: series.samples().map(|s| Sample::new(s.timestamp_ms, s.value)).collect(),
            exemplars: series
                .exemplars()
                .map(|(exemplar, named)| v1::Exemplar {
                    labels: labels(named.map(owned)),
                    value: exemplar.value,
                    timestamp: exemplar.timestamp_ms,
                })
                .collect(),
            histograms: series.histograms().map(seen).collect(),
        })
        .collect();
    v1::WriteRequest { timeseries, metadata: Vec::new() }
}

/// What the view is to show of a decoded request of 1.0.
fn plain_v1(mut request: v1::WriteRequest) -> v1::WriteRequest {
    request.metadata.clear();
    for series in &mut request.timeseries {
        series.samples.iter_mut().for_each(plain_sample);
        series.histograms = series.histograms.iter().map(expected).collect();
    }
    request
}

fn plain_sample(sample: &mut Sample) {
    *sample = Sample::new(sample.timestamp, sample.value.unwrap_or(0.0));
}

/// Series of 2.0: their labels, or why they have none, and the rest.
type Shown = Vec<(Result<Vec<Label>, String>, v2::TimeSeries)>;

/// Name and value.
type Label = (Vec<u8>, Vec<u8>);

/// A request of 2.0 as the view shows it, with labels in place of references.
fn shown_v2(bytes: &[u8]) -> Shown {
    let request = RequestV2::read(bytes).unwrap();
    let show = |series: super::SeriesV2<'_>| {
        let mut named = Vec::new();
        let found = request.symbols.labels(series.references(), usize::MAX, &mut named);
        let metadata = series.metadata(&request.symbols).map_err(|error| error.to_string());
        let named = found.map_err(|error| error.to_string()).and(metadata.map(|metadata| {
            named.push((metadata.help, metadata.unit));
            named.into_iter().map(owned).collect()
        }));
        let plain = v2::TimeSeries {
            labels_refs: series.references().iter().collect(),
            samples: series.samples().map(|s| Sample::new(s.timestamp_ms, s.value)).collect(),
            histograms: series.histograms().map(seen).collect(),
            exemplars: series
                .exemplars()
                .map(|(exemplar, references)| v2::Exemplar {
                    labels_refs: references.iter().collect(),
                    value: exemplar.value,
                    timestamp: exemplar.timestamp_ms,
                })
                .collect(),
            metadata: None,
        };
        (named, plain)
    };
    request.series().map(show).collect()
}

/// What the view is to show of a decoded request of 2.0.
fn plain_v2(request: v2::Request) -> Shown {
    let symbols: Vec<Vec<u8>> = request.symbols.into_iter().map(String::into_bytes).collect();
    let get = |reference: u32| symbols.get(usize::try_from(reference).unwrap()).cloned();
    let size = symbols.len();
    let plain = |mut series: v2::TimeSeries| {
        series.samples.iter_mut().for_each(plain_sample);
        series.histograms = series.histograms.iter().map(expected).collect();
        let metadata = series.metadata.take().unwrap_or_default();
        let (pairs, rest) = series.labels_refs.as_chunks::<2>();
        let named = if !rest.is_empty() {
            Err(format!("invalid labelRefs length {}", series.labels_refs.len()))
        } else {
            pairs
                .iter()
                .map(|&[name, value]| {
                    let outside = format!(
                        "labelRefs {name} (name) = {value} (value) outside of symbols table (size {size})"
                    );
                    get(name).zip(get(value)).ok_or(outside)
                })
                .collect()
        };
        let outside =
            |field, reference| format!("metadata {field} {reference} outside of symbols table (size {size})");
        let named = named.and_then(|mut named: Vec<_>| {
            let unit = get(metadata.unit_ref).ok_or_else(|| outside("unit_ref", metadata.unit_ref))?;
            let help = get(metadata.help_ref).ok_or_else(|| outside("help_ref", metadata.help_ref))?;
            named.push((help, unit));
            Ok(named)
        });
        (named, series)
    };
    request.timeseries.into_iter().map(plain).collect()
}

fn floats() -> impl Strategy<Value = f64> {
    any::<u64>().prop_map(f64::from_bits)
}

fn histograms() -> impl Strategy<Value = Histogram> {
    let counts = (prop::option::of(any::<u64>()), prop::option::of(floats()), any::<u64>(), any::<bool>());
    let spans = || {
        let span = (any::<i32>(), any::<u32>()).prop_map(|(offset, length)| BucketSpan { offset, length });
        prop::collection::vec(span, 0..3)
    };
    let deltas = || prop::collection::vec(any::<i64>(), 0..4);
    let buckets = || prop::collection::vec(floats(), 0..4);
    let sides = ((spans(), deltas(), buckets()), (spans(), deltas(), buckets()));
    let rest = (any::<i32>(), floats(), -1..5_i32, any::<i64>(), any::<i64>());
    (counts, sides, rest, prop::collection::vec(floats(), 0..3)).prop_map(
        |((integer, float, zero, zero_is_float), (negative, positive), rest, custom_values)| {
            let (schema, sum, reset_hint, timestamp, start_timestamp) = rest;
            let zero_float = ZeroCount::Float(f64::from_bits(zero));
            Histogram {
                count: integer.map(Count::Integer).or(float.map(Count::Float)),
                sum,
                schema,
                zero_threshold: -sum,
                zero_count: Some(if zero_is_float { zero_float } else { ZeroCount::Integer(zero) }),
                negative_spans: negative.0,
                negative_deltas: negative.1,
                negative_counts: negative.2,
                positive_spans: positive.0,
                positive_deltas: positive.1,
                positive_counts: positive.2,
                reset_hint,
                timestamp,
                custom_values,
                start_timestamp,
            }
        },
    )
}

fn sample() -> impl Strategy<Value = Sample> {
    (any::<i64>(), floats(), any::<i64>()).prop_map(|(timestamp, value, start)| Sample {
        start_timestamp: start,
        ..Sample::new(timestamp, value)
    })
}

fn labels_v1() -> impl Strategy<Value = Vec<v1::Label>> {
    let label = (".{0,3}", ".{0,3}").prop_map(|(name, value)| v1::Label { name, value });
    prop::collection::vec(label, 0..4)
}

fn requests_v1() -> impl Strategy<Value = v1::WriteRequest> {
    let exemplar = (labels_v1(), floats(), any::<i64>()).prop_map(|(labels, value, timestamp)| {
        // A zero is left out, whatever its sign.
        v1::Exemplar { labels, value: if value == 0.0 { 0.0 } else { value }, timestamp }
    });
    let series = (
        labels_v1(),
        prop::collection::vec(sample(), 0..4),
        prop::collection::vec(exemplar, 0..3),
        prop::collection::vec(histograms(), 0..2),
    )
        .prop_map(|(labels, samples, exemplars, histograms)| v1::TimeSeries {
            labels,
            samples,
            exemplars,
            histograms,
        });
    let metadata = v1::MetricMetadata { r#type: 1, help: "Help.".into(), ..Default::default() };
    prop::collection::vec(series, 0..4)
        .prop_map(move |timeseries| v1::WriteRequest { timeseries, metadata: vec![metadata.clone()] })
}

fn requests_v2() -> impl Strategy<Value = v2::Request> {
    let references = || prop::collection::vec(0..6_u32, 0..6);
    let exemplar = (references(), any::<i64>()).prop_map(|(labels_refs, timestamp)| v2::Exemplar {
        labels_refs,
        value: 0.5,
        timestamp,
    });
    let metadata = (-1..9_i32, 0..6_u32, 0..6_u32).prop_map(|(r#type, help_ref, unit_ref)| v2::Metadata {
        r#type,
        help_ref,
        unit_ref,
    });
    let series = (
        references(),
        prop::collection::vec(sample(), 0..4),
        prop::collection::vec(histograms(), 0..2),
        prop::collection::vec(exemplar, 0..3),
        prop::option::of(metadata),
    )
        .prop_map(|(labels_refs, samples, histograms, exemplars, metadata)| v2::TimeSeries {
            labels_refs,
            samples,
            histograms,
            exemplars,
            metadata,
        });
    (prop::collection::vec(".{0,3}", 0..6), prop::collection::vec(series, 0..4))
        .prop_map(|(symbols, timeseries)| v2::Request { symbols, timeseries })
}

/// Bytes with some of them changed, cut off, or put in.
fn spoiled(mut bytes: Vec<u8>, changes: &[(prop::sample::Index, u8, u8)]) -> Vec<u8> {
    for (place, how, byte) in changes {
        if bytes.is_empty() {
            return bytes;
        }
        let at = place.index(bytes.len());
        match how {
            0 => bytes.truncate(at),
            1 => bytes.insert(at, *byte),
            _ => bytes[at] = *byte,
        }
    }
    bytes
}

fn changes() -> impl Strategy<Value = Vec<(prop::sample::Index, u8, u8)>> {
    prop::collection::vec((any::<prop::sample::Index>(), 0..6_u8, any::<u8>()), 1..4)
}

/// Whether the plain decoder refuses what the check takes: it does if text is not UTF-8, and if groups are nested deeply.
fn is_about_text(error: &prost::DecodeError) -> bool {
    error.to_string().contains("UTF-8")
}

proptest! {
    #[test]
    fn requests_of_1_0_are_seen_as_they_are_decoded(request in requests_v1()) {
        let bytes = request.encode_to_vec();
        // Bytes are compared, since a NaN is not equal to itself.
        prop_assert_eq!(shown_v1(&bytes).encode_to_vec(), plain_v1(request).encode_to_vec());
    }

    #[test]
    fn requests_of_2_0_are_seen_as_they_are_decoded(request in requests_v2()) {
        let bytes = request.encode_to_vec();
        for (shown, plain) in shown_v2(&bytes).into_iter().zip(plain_v2(request)) {
            prop_assert_eq!(shown.0, plain.0);
            prop_assert_eq!(shown.1.encode_to_vec(), plain.1.encode_to_vec());
        }
    }

    #[test]
    fn spoiled_requests_of_1_0_are_taken_or_refused_alike(request in requests_v1(), changes in changes()) {
        let bytes = spoiled(request.encode_to_vec(), &changes);
        match (check(Message::whole(&bytes), &REQUEST_V1), v1::WriteRequest::decode(&*bytes)) {
            (Ok(()), Ok(plain)) => {
                prop_assert_eq!(shown_v1(&bytes).encode_to_vec(), plain_v1(plain).encode_to_vec());
            }
            (Ok(()), Err(error)) => prop_assert!(is_about_text(&error), "{}", error),
            (Err(_), Err(_)) => {}
            (Err(error), Ok(_)) => prop_assert!(false, "only the check refuses: {}", error),
        }
    }

    #[test]
    fn spoiled_requests_of_2_0_are_taken_or_refused_alike(request in requests_v2(), changes in changes()) {
        let bytes = spoiled(request.encode_to_vec(), &changes);
        match (check(Message::whole(&bytes), &REQUEST_V2), v2::Request::decode(&*bytes)) {
            (Ok(()), Ok(plain)) => {
                let (shown, plain) = (shown_v2(&bytes), plain_v2(plain));
                prop_assert_eq!(shown.len(), plain.len());
                for (shown, plain) in shown.into_iter().zip(plain) {
                    prop_assert_eq!(shown.0, plain.0);
                    prop_assert_eq!(shown.1.encode_to_vec(), plain.1.encode_to_vec());
                }
            }
            (Ok(()), Err(error)) => prop_assert!(is_about_text(&error), "{}", error),
            (Err(_), Err(_)) => {}
            (Err(error), Ok(_)) => prop_assert!(false, "only the check refuses: {}", error),
        }
    }

    #[test]
    fn any_bytes_are_a_request_or_are_not(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        let _ = RequestV1::read(&bytes);
        let _ = RequestV2::read(&bytes);
    }
}
