//! Into a real database, and asked back.

use std::path::PathBuf;

use emberdb::{Db, DbOptions, Env};
use emberdb_histogram::{FloatHistogram, Histogram, Schema, Side, Span};
use emberdb_model::STALE_NAN;
use emberdb_remote::{MessageKind, Outgoing, OutgoingHistogram, encode, message};

use super::{NOW_MS, labels, samples, send, send_message, send_samples, written};

/// A database in a directory that is removed at the end.
pub(crate) struct Opened {
    pub(crate) db: Db,
    dir: PathBuf,
}

impl Opened {
    pub(crate) fn new(options: DbOptions) -> Self {
        let dir = Env::real().fs().create_temp_dir("emberdb-remote").unwrap();
        Self { db: Db::open(&dir, options).unwrap(), dir }
    }

    pub(crate) fn answer(&self, query: &str, time_ms: i64) -> String {
        self.db.query(query, time_ms).unwrap().value.to_json()
    }
}

impl Drop for Opened {
    fn drop(&mut self) {
        let _ = self.db.close();
        let _ = Env::real().fs().remove_dir_all(&self.dir);
    }
}

#[test]
fn samples_of_both_versions_are_stored_and_found() {
    for kind in MessageKind::ALL {
        let opened = Opened::new(DbOptions::default());
        let series = [
            (labels(&[("__name__", "up"), ("job", "a")]), samples(&[(NOW_MS, 1.0), (NOW_MS + 1000, -0.0)])),
            (
                labels(&[("__name__", "up"), ("job", "b")]),
                samples(&[(NOW_MS, 0.5), (NOW_MS + 1000, STALE_NAN)]),
            ),
        ];
        let reply = send_samples(opened.db.storage(), kind, &series);
        assert_eq!((reply.status, reply.message.as_str()), (204, ""), "{kind}");
        assert_eq!(written(&reply), (kind == MessageKind::V2).then_some((4, 0, 0)));
        assert_eq!(reply.headers().count(), if kind == MessageKind::V2 { 3 } else { 0 });
        let at_first = r#"[{"metric":{"__name__":"up","job":"a"},"value":[1700000000,"1"]},{"metric":{"__name__":"up","job":"b"},"value":[1700000000,"0.5"]}]"#;
        assert!(opened.answer("up", NOW_MS).contains(at_first), "{}", opened.answer("up", NOW_MS));
        // The second series has ended, which only the bits of a NaN say; the first is a negative zero.
        let last = opened.answer("1 / up", NOW_MS + 1000);
        assert!(last.contains(r#"[{"metric":{"job":"a"},"value":[1700000001,"-Inf"]}]"#), "{last}");
        // The newest once more is no news.
        let again = [(series[0].0.clone(), samples(&[(NOW_MS + 1000, -0.0)]))];
        let reply = send_samples(opened.db.storage(), kind, &again);
        assert_eq!(reply.status, 204, "{}", reply.message);
        assert_eq!(opened.db.stats().samples, 4);
    }
}

fn integer(count: u64) -> Histogram {
    Histogram {
        schema: Schema::new(0),
        count,
        sum: 3.5,
        positive: Side {
            spans: vec![Span { offset: 1, length: 2 }],
            buckets: vec![i64::try_from(count).unwrap() - 1, 2 - i64::try_from(count).unwrap()],
        },
        ..Histogram::default()
    }
}

fn custom() -> FloatHistogram {
    FloatHistogram {
        schema: Schema::CUSTOM,
        count: 2.5,
        sum: 1.0,
        positive: Side { spans: vec![Span { offset: 0, length: 2 }], buckets: vec![1.5, 1.0] },
        custom_values: Some([0.25, 1.0].as_slice().into()),
        ..FloatHistogram::default()
    }
}

#[test]
fn histograms_of_all_sorts_are_stored_and_found() {
    for kind in MessageKind::ALL {
        let opened = Opened::new(DbOptions::default());
        let (first, second, floats) = (integer(3), integer(5), custom());
        let (a, b) = (labels(&[("__name__", "a")]), labels(&[("__name__", "b")]));
        let of_a = [
            (NOW_MS - 1000, OutgoingHistogram::Integer(&first)),
            (NOW_MS, OutgoingHistogram::Integer(&second)),
        ];
        let of_b = [(NOW_MS, OutgoingHistogram::Float(&floats))];
        let series = [
            Outgoing { histograms: &of_a, ..Outgoing::new(&a, &[]) },
            Outgoing { histograms: &of_b, ..Outgoing::new(&b, &[]) },
        ];
        let reply = send(opened.db.storage(), kind, &encode(kind, series).unwrap());
        assert_eq!((reply.status, reply.message.as_str()), (204, ""), "{kind}");
        assert_eq!(written(&reply), (kind == MessageKind::V2).then_some((0, 3, 0)));
        let text = |query| opened.db.query(query, NOW_MS).unwrap().value.to_string();
        assert!(text("a").contains("{count:5, sum:3.5, (1,2]:4, (2,4]:1}"), "{}", text("a"));
        assert!(text("a offset 1s").contains("{count:3, sum:3.5, (1,2]:2, (2,4]:1}"));
        assert!(text("b").contains("{count:2.5, sum:1, [-Inf,0.25]:1.5, (0.25,1]:1}"), "{}", text("b"));
    }
}

/// A request with a float and a histogram that count since half a minute.
fn started_request() -> message::v2::Request {
    let start_timestamp = NOW_MS - 30_000;
    let symbols = ["", "__name__", "a", "b"].map(String::from).to_vec();
    let sample = message::Sample { start_timestamp, ..message::Sample::new(NOW_MS, 7.0) };
    let histogram = message::Histogram::of_integer(NOW_MS, start_timestamp, &integer(3));
    let float = message::v2::TimeSeries {
        labels_refs: vec![1, 2],
        // The second sample does not say.
        samples: vec![sample, message::Sample::new(NOW_MS + 1, 8.0)],
        ..Default::default()
    };
    let histogram = message::v2::TimeSeries {
        labels_refs: vec![1, 3],
        histograms: vec![histogram],
        ..Default::default()
    };
    message::v2::Request { symbols, timeseries: vec![float, histogram] }
}

#[test]
fn start_timestamps_are_stored_if_the_database_keeps_them() {
    for is_kept in [true, false] {
        let mut options = DbOptions::default();
        options.storage.start_timestamps = is_kept;
        options.engine.enable(emberdb::Feature::UseStartTimestamps);
        options.engine.enable(emberdb::Feature::ExperimentalFunctions);
        let opened = Opened::new(options);
        let reply = send_message(opened.db.storage(), MessageKind::V2, &started_request());
        assert_eq!((reply.status, reply.message.as_str()), (204, ""));
        let started = |query: &str, time_ms| opened.db.query(query, time_ms).unwrap().value.to_string();
        for series in ["a", "b"] {
            let answer = started(&format!("start_timestamp({series})"), NOW_MS);
            assert_eq!(answer.contains("1699999970"), is_kept, "{series}: {answer}");
        }
        let answer = started("start_timestamp(a)", NOW_MS + 1);
        assert!(!answer.contains("1699999970"), "{answer}");
    }
}

#[test]
fn histograms_of_finer_schemas_are_merged() {
    let opened = Opened::new(DbOptions::default());
    let mut fine = message::Histogram::of_integer(NOW_MS, 0, &integer(3));
    fine.schema = 9;
    let name = |text: &str| message::v1::Label { name: "__name__".into(), value: text.into() };
    let series =
        message::v1::TimeSeries { labels: vec![name("a")], histograms: vec![fine], ..Default::default() };
    let request = message::v1::WriteRequest { timeseries: vec![series], metadata: Vec::new() };
    assert_eq!(send_message(opened.db.storage(), MessageKind::V1, &request).status, 204);
    // Buckets 1 and 2 of schema 9 are both in bucket 1 of schema 8, up to 2^(1/256).
    let stored = opened.db.query("a", NOW_MS).unwrap().value.to_string();
    assert!(stored.contains("{count:3, sum:3.5, (1,1.0027112750502025]:3}"), "{stored}");
}

#[test]
fn a_series_that_stands_in_several_places_is_one() {
    let opened = Opened::new(DbOptions::default());
    let name = labels(&[("__name__", "up")]);
    let series = [
        (name.clone(), samples(&[(NOW_MS, 1.0)])),
        (name.clone(), samples(&[(NOW_MS + 1, 2.0)])),
        (name, samples(&[(NOW_MS + 2, 3.0)])),
    ];
    assert_eq!(send_samples(opened.db.storage(), MessageKind::V2, &series).status, 204);
    assert_eq!((opened.db.stats().series, opened.db.stats().samples), (1, 3));
}

#[test]
fn a_closed_database_asks_to_try_again() {
    for kind in MessageKind::ALL {
        let opened = Opened::new(DbOptions::default());
        opened.db.close().unwrap();
        let series = [(labels(&[("__name__", "up")]), samples(&[(NOW_MS, 1.0)]))];
        let reply = send_samples(opened.db.storage(), kind, &series);
        assert_eq!(
            (reply.status, written(&reply).unwrap_or_default()),
            (503, (0, 0, 0)),
            "{}",
            reply.message
        );
    }
}
