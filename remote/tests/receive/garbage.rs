//! Requests that were damaged on their way, or made to do damage.

use emberdb_histogram::Histogram;
use emberdb_model::Exemplar;
use emberdb_remote::message::{Sample, v2};
use emberdb_remote::{MessageKind, Outgoing, OutgoingHistogram, encode};
use proptest::prelude::*;

use super::recorder::Recorder;
use super::{NOW_MS, labels, samples, send, send_message};

/// The bytes, not compressed, of a request with something of everything.
fn whole(kind: MessageKind) -> Vec<u8> {
    let (up, histogram) = (labels(&[("__name__", "up"), ("job", "a")]), Histogram::default());
    let samples = samples(&[(NOW_MS, 1.0), (NOW_MS + 1, 2.0)]);
    let histograms = [(NOW_MS + 2, OutgoingHistogram::Integer(&histogram))];
    let exemplars = [Exemplar { labels: labels(&[("id", "x")]), value: 1.0, timestamp_ms: NOW_MS }];
    let outgoing =
        Outgoing { histograms: &histograms, exemplars: &exemplars, ..Outgoing::new(&up, &samples) };
    let body = encode(kind, [outgoing.clone(), outgoing]).unwrap();
    snap::raw::Decoder::new().decompress_vec(&body).unwrap()
}

#[test]
fn a_request_that_is_cut_off_stores_nothing() {
    for kind in MessageKind::ALL {
        let bytes = whole(kind);
        // Between two of its fields the beginning of a message is a message.
        let mut refused = 0;
        for end in 0..bytes.len() {
            let storage = Recorder::default();
            let cut = snap::raw::Encoder::new().compress_vec(&bytes[..end]).unwrap();
            let reply = send(&storage, kind, &cut);
            if reply.status == 400 && reply.message.starts_with("unexpected end") {
                refused += 1;
                assert!(storage.committed.lock().unwrap().is_empty(), "{end}");
            }
        }
        assert!(refused > bytes.len() - 10, "{refused} of {}", bytes.len());
    }
}

proptest! {
    #[test]
    fn damaged_requests_are_answered(
        is_v2 in any::<bool>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        before_compression in any::<bool>(),
    ) {
        let kind = if is_v2 { MessageKind::V2 } else { MessageKind::V1 };
        let compress = |bytes: &[u8]| snap::raw::Encoder::new().compress_vec(bytes).unwrap();
        let mut bytes = whole(kind);
        if !before_compression {
            bytes = compress(&bytes);
        }
        for (place, byte) in &changes {
            let at = place.index(bytes.len());
            bytes[at] = *byte;
        }
        if before_compression {
            bytes = compress(&bytes);
        }
        let reply = send(&Recorder::default(), kind, &bytes);
        prop_assert!(matches!(reply.status, 204 | 400), "{reply:?}");
        prop_assert!(reply.status == 204 || !reply.message.is_empty());
    }
}

/// In 2.0 a text is sent once and can stand in every series: a small request can have labels without end.
#[test]
fn labels_that_are_far_more_than_what_was_sent_are_refused() {
    let symbols = vec![String::new(), "__name__".into(), "up".into(), "a".into(), "x".repeat(1 << 20)];
    let series = |labels_refs: Vec<u32>| v2::TimeSeries {
        labels_refs,
        samples: vec![Sample::new(NOW_MS, 1.0)],
        ..Default::default()
    };
    let small = series(vec![1, 2]);
    let timeseries = std::iter::repeat_n(series(vec![1, 2, 3, 4]), 5000).chain([small]).collect::<Vec<_>>();
    let storage = Recorder::default();
    let request = v2::Request { symbols, timeseries };
    let reply = send_message(&storage, MessageKind::V2, &request);
    assert_eq!(reply.written.unwrap().samples, 1);
    assert!(reply.message.starts_with("too many labels, or too long ones, got {__name__=\"up\", a=\"xxx"));
    assert!(reply.message.len() < 100 << 10 && reply.message.ends_with(" more errors"));
}

#[test]
fn references_without_end_take_no_memory_without_end() {
    let symbols = vec![String::new(), "__name__".into(), "up".into()];
    let labels_refs = vec![1; 4 << 20];
    let samples = vec![Sample::new(NOW_MS, 1.0)];
    let timeseries = vec![v2::TimeSeries { labels_refs, samples, ..Default::default() }];
    let reply = send_message(&Recorder::default(), MessageKind::V2, &v2::Request { symbols, timeseries });
    assert_eq!(reply.status, 400);
    assert!(reply.message.len() < 10 << 10, "{}", reply.message.len());
}
