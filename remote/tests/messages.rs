//! Messages: their bytes, there and back.
#![expect(clippy::unwrap_used, reason = "the helpers of tests fail as tests do")]

use emberdb_model::{Exemplar, Labels, Metadata, MetricType, Sample};
use emberdb_remote::message::{Histogram, metric_type, metric_type_number, v1, v2};
use emberdb_remote::{MessageKind, Outgoing, OutgoingHistogram, encode};
use proptest::prelude::*;
use prost::Message;

fn labels(pairs: &[(&str, &str)]) -> Labels {
    Labels::new(pairs.iter().copied()).unwrap()
}

fn decompressed(body: &[u8]) -> Vec<u8> {
    snap::raw::Decoder::new().decompress_vec(body).unwrap()
}

/// Put together by hand from the wire format: a field is `number << 3 | type`, types are 0 for varints, 1 for eight bytes and 2
/// for a length and so many bytes.
#[test]
fn the_bytes_of_a_request_are_those_of_the_wire_format() {
    let series = labels(&[("__name__", "up")]);
    let samples = [Sample { timestamp_ms: 300, value: 1.0 }];
    let exemplars = [Exemplar { labels: labels(&[("id", "x")]), value: -2.0, timestamp_ms: -1 }];
    let outgoing = Outgoing { exemplars: &exemplars, ..Outgoing::new(&series, &samples) };
    let one = 1.0_f64.to_le_bytes();
    let minus_two = (-2.0_f64).to_le_bytes();
    let minus_one = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];

    let body = decompressed(&encode(MessageKind::V1, [outgoing.clone()]).unwrap());
    let name = [&[0x0a, 8][..], b"__name__", &[0x12, 2], b"up"].concat();
    let sample = [&[0x09][..], &one, &[0x10, 0xac, 0x02]].concat();
    let id = [&[0x0a, 2][..], b"id", &[0x12, 1], b"x"].concat();
    let exemplar = [&[0x0a, 7][..], &id, &[0x11], &minus_two, &[0x18], &minus_one].concat();
    let series_v1 = [&[0x0a, 14][..], &name, &[0x12, 12], &sample, &[0x1a, 29], &exemplar].concat();
    assert_eq!(body, [&[0x0a, 61][..], &series_v1].concat());

    let body = decompressed(&encode(MessageKind::V2, [outgoing]).unwrap());
    let symbols =
        [&[0x22, 0, 0x22, 8][..], b"__name__", &[0x22, 2], b"up", &[0x22, 2], b"id", &[0x22, 1], b"x"];
    let exemplar = [&[0x0a, 2, 3, 4, 0x11][..], &minus_two, &[0x18], &minus_one].concat();
    let series_v2 = [&[0x0a, 2, 1, 2, 0x12, 12][..], &sample, &[0x22, 24], &exemplar].concat();
    assert_eq!(body, [symbols.concat(), vec![0x2a, 44], series_v2].concat());
}

#[test]
fn the_bytes_of_a_histogram_are_those_of_the_wire_format() {
    let histogram = emberdb_histogram::Histogram {
        schema: emberdb_histogram::Schema::new(-1),
        count: 3,
        positive: emberdb_histogram::Side {
            spans: vec![emberdb_histogram::Span { offset: -2, length: 2 }],
            buckets: vec![2, -1],
        },
        ..emberdb_histogram::Histogram::default()
    };
    let bytes = Histogram::of_integer(5, 0, &histogram).encode_to_vec();
    let expected = [
        &[0x08, 3][..],               // count_int
        &[0x20, 1],                   // schema, in zigzag
        &[0x30, 0],                   // zero_count_int: one of two, so it stands there though it is 0
        &[0x5a, 4, 0x08, 3, 0x10, 2], // a positive span
        &[0x62, 2, 4, 1],             // positive deltas, in zigzag, in a row
        &[0x78, 5],                   // timestamp
    ];
    assert_eq!(bytes, expected.concat());
}

#[test]
fn metadata_have_a_place_in_messages_of_2_0() {
    let series = labels(&[("__name__", "requests_total")]);
    let metadata =
        Metadata { metric_type: MetricType::Counter, unit: "requests".into(), help: "All of them.".into() };
    let outgoing = Outgoing { metadata: Some(&metadata), ..Outgoing::new(&series, &[]) };
    let body = decompressed(&encode(MessageKind::V2, [outgoing]).unwrap());
    let request = v2::Request::decode(&*body).unwrap();
    let sent = request.timeseries[0].metadata.unwrap();
    let text = |reference: u32| request.symbols[usize::try_from(reference).unwrap()].as_str();
    assert_eq!(
        (metric_type(sent.r#type), text(sent.help_ref), text(sent.unit_ref)),
        (MetricType::Counter, "All of them.", "requests")
    );
    for number in 0..8 {
        assert_eq!(metric_type_number(metric_type(number)), number);
    }
    assert_eq!((metric_type(-1), metric_type(8)), (MetricType::Unknown, MetricType::Unknown));
}

/// Any bits at all, NaNs with all their bits included.
fn floats() -> impl Strategy<Value = f64> {
    prop_oneof![any::<u64>().prop_map(f64::from_bits), Just(emberdb_model::STALE_NAN), Just(-0.0)]
}

fn histograms() -> impl Strategy<Value = emberdb_histogram::Histogram> {
    let buckets = prop::collection::vec(any::<i64>(), 0..5);
    let spans = prop::collection::vec((any::<i32>(), any::<u32>()), 0..4);
    (any::<(u64, u64, i32)>(), floats(), floats(), buckets, spans, prop::collection::vec(floats(), 0..3))
        .prop_map(|((count, zero_count, schema), sum, zero_threshold, buckets, spans, bounds)| {
            let spans = spans
                .into_iter()
                .map(|(offset, length)| emberdb_histogram::Span { offset, length })
                .collect::<Vec<_>>();
            emberdb_histogram::Histogram {
                count,
                zero_count,
                schema: emberdb_histogram::Schema::new(schema),
                sum,
                zero_threshold,
                negative: emberdb_histogram::Side { spans: spans.clone(), buckets: buckets.clone() },
                positive: emberdb_histogram::Side { spans, buckets },
                custom_values: (!bounds.is_empty()).then(|| bounds.into()),
                ..Default::default()
            }
        })
}

proptest! {
    #[test]
    fn messages_come_back_as_they_went(
        pairs in prop::collection::btree_map("[a-z]{1,3}", ".{1,4}", 0..4),
        samples in prop::collection::vec((any::<i64>(), floats()), 0..5),
        histogram in histograms(),
        timestamp_ms in any::<i64>(),
    ) {
        let series = Labels::new(pairs).unwrap();
        let samples: Vec<Sample> =
            samples.into_iter().map(|(timestamp_ms, value)| Sample { timestamp_ms, value }).collect();
        let histograms = [(timestamp_ms, OutgoingHistogram::Integer(&histogram))];
        let outgoing = Outgoing { histograms: &histograms, ..Outgoing::new(&series, &samples) };
        let bytes = decompressed(&encode(MessageKind::V1, [outgoing.clone()]).unwrap());
        let request = v1::WriteRequest::decode(&*bytes).unwrap();
        // Bytes are compared, since a NaN is not equal to itself.
        prop_assert_eq!(request.encode_to_vec(), bytes);
        let sent = &request.timeseries[0];
        let names: Vec<_> = sent.labels.iter().map(|label| (&*label.name, &*label.value)).collect();
        prop_assert_eq!(names, series.iter().collect::<Vec<_>>());
        let bits = |value: f64| value.to_bits();
        let sent_samples: Vec<_> = sent.samples.iter().map(|s| (s.timestamp, bits(s.value.unwrap_or(0.0)))).collect();
        let expected: Vec<_> = samples.iter().map(|s| (s.timestamp_ms, bits(s.value))).collect();
        prop_assert_eq!(&sent_samples, &expected);
        prop_assert_eq!(&sent.histograms[0].positive_deltas, &histogram.positive.buckets);

        let bytes = decompressed(&encode(MessageKind::V2, [outgoing]).unwrap());
        let request = v2::Request::decode(&*bytes).unwrap();
        prop_assert_eq!(request.encode_to_vec(), bytes);
        prop_assert_eq!(&request.symbols[0], "");
        let sent_samples: Vec<_> =
            request.timeseries[0].samples.iter().map(|s| (s.timestamp, bits(s.value.unwrap_or(0.0)))).collect();
        prop_assert_eq!(sent_samples, expected);
    }
}
