//! Requests into storages: what is stored, and what is answered.
#![expect(clippy::unwrap_used, reason = "the helpers of tests fail as tests do")]

mod database;
mod garbage;
mod recorder;
mod refusals;
mod sidelines;

use emberdb_model::storage::Appendable;
use emberdb_model::{Labels, Sample};
use emberdb_remote::{Incoming, MessageKind, Outgoing, ReceiveOptions, Reply, compress, encode, receive};

/// The time now in all tests, in milliseconds.
const NOW_MS: i64 = 1_700_000_000_000;

fn labels(pairs: &[(&str, &str)]) -> Labels {
    Labels::new(pairs.iter().copied()).unwrap()
}

fn samples(pairs: &[(i64, f64)]) -> Vec<Sample> {
    pairs.iter().map(|&(timestamp_ms, value)| Sample { timestamp_ms, value }).collect()
}

/// Sends a body under the headers of `kind`.
fn send(storage: &dyn Appendable, kind: MessageKind, body: &[u8]) -> Reply {
    let [(_, content_type), (_, content_encoding), _] = kind.headers();
    let incoming = Incoming { content_type, content_encoding, body, now_ms: NOW_MS };
    receive(storage, &incoming, &ReceiveOptions::default())
}

fn send_message(storage: &dyn Appendable, kind: MessageKind, message: &impl prost::Message) -> Reply {
    send(storage, kind, &compress(message).unwrap())
}

fn send_samples(storage: &dyn Appendable, kind: MessageKind, series: &[(Labels, Vec<Sample>)]) -> Reply {
    let outgoing = series.iter().map(|(labels, samples)| Outgoing::new(labels, samples));
    send(storage, kind, &encode(kind, outgoing).unwrap())
}

/// The numbers of an answer: samples, histograms, exemplars.
fn written(reply: &Reply) -> Option<(usize, usize, usize)> {
    reply.written.map(|written| (written.samples, written.histograms, written.exemplars))
}
