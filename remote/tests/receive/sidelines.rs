//! Exemplars and metadata, what a storage is asked to do for a series, and storages that fail.

use emberdb_model::{Exemplar, Metadata, MetricType};
use emberdb_remote::{MessageKind, Outgoing, encode};

use super::recorder::Recorder;
use super::{NOW_MS, labels, samples, send, send_samples, written};

#[test]
fn a_series_is_looked_up_once() {
    for kind in MessageKind::ALL {
        let storage = Recorder::default();
        let series = [(labels(&[("__name__", "up")]), samples(&[(1, 1.0), (2, 2.0), (3, 3.0)]))];
        assert_eq!(send_samples(&storage, kind, &series).status, 204);
        let expected = ["look up up", "0: 1 at 1", "0: 2 at 2", "0: 3 at 3"];
        assert_eq!(*storage.committed.lock().unwrap(), expected);
    }
}

#[test]
fn exemplars_find_their_series_and_those_refused_hurt_nobody() {
    let exemplar =
        |id: &str, value, timestamp_ms| Exemplar { labels: labels(&[("id", id)]), value, timestamp_ms };
    let exemplars = [
        exemplar("a", 1.0, NOW_MS),
        exemplar("late", -1.0, NOW_MS),
        exemplar("early", 1.0, NOW_MS + 10 * 60 * 1000 + 1),
    ];
    let (up, down) = (labels(&[("__name__", "up")]), labels(&[("__name__", "down")]));
    let samples = samples(&[(NOW_MS, 1.0)]);
    let outgoing = || {
        let with_exemplars = Outgoing { exemplars: &exemplars, ..Outgoing::new(&up, &samples) };
        let without_samples = Outgoing { exemplars: &exemplars[..1], ..Outgoing::new(&up, &[]) };
        let of_nobody = Outgoing { exemplars: &exemplars[..1], ..Outgoing::new(&down, &[]) };
        [with_exemplars, without_samples, of_nobody]
    };
    let storage = Recorder::default();
    let reply = send(&storage, MessageKind::V1, &encode(MessageKind::V1, outgoing()).unwrap());
    assert_eq!((reply.status, reply.message.as_str()), (204, ""));
    assert_eq!((reply.left_out.exemplars_out_of_order, reply.left_out.exemplars_refused), (1, 2));
    let told = [r#"0: exemplar {id="a"} 1"#; 2];
    assert_eq!(storage.committed.lock().unwrap()[2..], told);

    let storage = Recorder::default();
    let reply = send(&storage, MessageKind::V2, &encode(MessageKind::V2, outgoing()).unwrap());
    let lines = [
        r#"out of order exemplar for series {__name__="up"}"#,
        r#"TimeSeries must contain at least one sample or histogram for series {__name__="up"}"#,
        r#"TimeSeries must contain at least one sample or histogram for series {__name__="down"}"#,
    ];
    assert_eq!(reply.message.lines().collect::<Vec<_>>(), lines);
    assert_eq!((reply.status, written(&reply)), (400, Some((1, 0, 1))));
}

#[test]
fn metadata_of_2_0_go_to_the_storage() {
    let metadata =
        Metadata { metric_type: MetricType::Gauge, unit: "seconds".into(), help: "How long.".into() };
    let up = labels(&[("__name__", "up")]);
    let samples = samples(&[(NOW_MS, 1.0)]);
    let outgoing = || [Outgoing { metadata: Some(&metadata), ..Outgoing::new(&up, &samples) }];
    for (kind, told) in
        [(MessageKind::V1, None), (MessageKind::V2, Some(r#"0: gauge, "seconds", "How long.""#))]
    {
        let storage = Recorder::default();
        assert_eq!(send(&storage, kind, &encode(kind, outgoing()).unwrap()).status, 204);
        assert_eq!(storage.committed.lock().unwrap().get(2).map(String::as_str), told);
    }
}

#[test]
fn a_storage_that_fails_stores_nothing_and_says_so() {
    let series = [
        (labels(&[("__name__", "a")]), samples(&[(NOW_MS, 1.0)])),
        (labels(&[("__name__", "b")]), samples(&[(NOW_MS, 2.0)])),
        // Worse than a series that cannot be named is a disk that cannot be written.
        (labels(&[("a", "b")]), samples(&[(NOW_MS, 3.0)])),
    ];
    for kind in MessageKind::ALL {
        let at_sample = Recorder { fails_at: Some(2.0), ..Recorder::default() };
        let at_commit = Recorder { fails_to_commit: true, ..Recorder::default() };
        for storage in [at_sample, at_commit] {
            let reply = send_samples(&storage, kind, &series);
            assert_eq!((reply.status, reply.message.as_str()), (500, "the disk is full"));
            assert_eq!(written(&reply), (kind == MessageKind::V2).then_some((0, 0, 0)));
            assert!(storage.committed.lock().unwrap().is_empty());
        }
    }
}
