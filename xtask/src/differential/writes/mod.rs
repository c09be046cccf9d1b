//! The write path: samples that are late, there already, contradict others, or are wrong. Both have to answer each request alike,
//! and to hold the same afterwards.
//!
//! - [`mod@samples`]: about times and values; [`requests`]: about labels, histograms, and requests as such.

mod requests;
mod samples;

use std::io;

use emberdb_model::Sample;
use emberdb_remote::message::{Histogram, v1, v2};
use emberdb_remote::{EncodeError, MessageKind, compress};

use super::finding::Findings;
use super::held::check_name;
use super::server::Server;
use super::trial::Version;

/// All series here have names that begin so; others are not asked.
const NAME: &str = "written";

/// A request and what it is about.
struct Case {
    what: String,
    kind: MessageKind,
    body: Vec<u8>,
    /// The first version of Prometheus that answers as emberdb does. It is not sent to older ones: `docs/differential.md` says
    /// what changed.
    since: Version,
}

/// How many requests were sent, and how many not, since the reference is too old.
#[derive(Clone, Copy, Default)]
pub(super) struct Sent {
    pub(super) sent: usize,
    pub(super) left_out: usize,
}

/// Every version that is asked.
const ALWAYS: Version = (0, 0, 0);
/// What is wrong with a native histogram, its schema or a symbol is the sender's fault.
const FAULTS_ARE_THE_SENDERS: Version = (3, 7, 0);
/// In 2.0, a series without samples is refused, and what cannot be read is answered with counts; a negative count is refused.
const EMPTY_SERIES_ARE_REFUSED: Version = (3, 8, 0);
/// Exemplars may be as late as samples.
const EXEMPLARS_MAY_BE_LATE: Version = (3, 10, 0);

/// Sends all of it to both and compares what they answer.
pub(super) fn send(
    end_ms: i64,
    version: Version,
    servers: [&Server; 2],
    findings: &mut Findings,
) -> io::Result<Sent> {
    let mut cases = samples::cases(end_ms);
    cases.extend(requests::cases(end_ms));
    let cases = cases.into_iter().collect::<Result<Vec<_>, _>>().map_err(io::Error::other)?;
    let (known, left_out): (Vec<Case>, Vec<Case>) = cases.into_iter().partition(|case| case.since <= version);
    for case in &known {
        let send = |server: &Server| server.endpoint.post("/api/v1/write", &case.kind.headers(), &case.body);
        let (wanted, got) = (send(servers[0])?, send(servers[1])?);
        if (wanted.status, &wanted.written) != (got.status, &got.written) {
            findings.push(format!("writing {}, {}", case.what, case.kind.name()), wanted.unlike(&got));
        }
    }
    Ok(Sent { sent: known.len(), left_out: left_out.len() })
}

/// Compares what both hold of it.
pub(super) fn check(end_ms: i64, [reference, other]: [&Server; 2], findings: &mut Findings) {
    for kind in [MessageKind::V1, MessageKind::V2] {
        for name in samples::NAMES.iter().chain(&requests::NAMES) {
            check_name(&full_name(kind, name), end_ms, [&reference.endpoint, &other.endpoint], findings);
        }
    }
}

/// Each case has series of its own, so that none hides what another does.
fn full_name(kind: MessageKind, name: &str) -> String {
    let version = match kind {
        MessageKind::V1 => 1,
        MessageKind::V2 => 2,
    };
    format!("{NAME}_{version}_{name}")
}

/// The labels of an exemplar, its value, and its time in milliseconds since the epoch.
type Exemplar = (Vec<(String, String)>, f64, i64);

/// What a request has of one series.
#[derive(Clone, Default)]
struct Entry {
    /// As they are sent: in any order, any number of times.
    labels: Vec<(String, String)>,
    samples: Vec<Sample>,
    histograms: Vec<Histogram>,
    exemplars: Vec<Exemplar>,
}

impl Entry {
    fn new(labels: &[(&str, &str)]) -> Self {
        Self { labels: owned(labels), ..Self::default() }
    }

    /// Of a series that has its name only.
    fn named(name: &str) -> Self {
        Self::new(&[("__name__", name)])
    }

    fn samples(mut self, samples: &[(i64, f64)]) -> Self {
        self.samples = samples.iter().map(|&(timestamp_ms, value)| Sample { timestamp_ms, value }).collect();
        self
    }
}

fn owned(labels: &[(&str, &str)]) -> Vec<(String, String)> {
    labels.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// The body of a request with these entries, none of which is looked at.
fn body(kind: MessageKind, entries: &[Entry]) -> Result<Vec<u8>, EncodeError> {
    match kind {
        MessageKind::V1 => {
            let timeseries = entries.iter().map(series_v1).collect();
            compress(&v1::WriteRequest { timeseries, metadata: Vec::new() })
        }
        MessageKind::V2 => {
            let mut symbols = vec![String::new()];
            let timeseries = entries.iter().map(|entry| series_v2(entry, &mut symbols)).collect();
            compress(&v2::Request { symbols, timeseries })
        }
    }
}

fn series_v1(entry: &Entry) -> v1::TimeSeries {
    let labels = |labels: &[(String, String)]| {
        labels.iter().map(|(name, value)| v1::Label { name: name.clone(), value: value.clone() }).collect()
    };
    let exemplar = |(exemplar, value, timestamp): &Exemplar| v1::Exemplar {
        labels: labels(exemplar),
        value: *value,
        timestamp: *timestamp,
    };
    v1::TimeSeries {
        labels: labels(&entry.labels),
        samples: samples(entry),
        exemplars: entry.exemplars.iter().map(exemplar).collect(),
        histograms: entry.histograms.clone(),
    }
}

fn series_v2(entry: &Entry, symbols: &mut Vec<String>) -> v2::TimeSeries {
    let mut references = |labels: &[(String, String)]| {
        let mut references = Vec::new();
        for text in labels.iter().flat_map(|(name, value)| [name, value]) {
            let place = symbols.iter().position(|symbol| symbol == text).unwrap_or_else(|| {
                symbols.push(text.clone());
                symbols.len() - 1
            });
            references.push(u32::try_from(place).unwrap_or(u32::MAX));
        }
        references
    };
    let labels_refs = references(&entry.labels);
    let exemplars = entry.exemplars.iter().map(|(labels, value, timestamp)| v2::Exemplar {
        labels_refs: references(labels),
        value: *value,
        timestamp: *timestamp,
    });
    let exemplars = exemplars.collect();
    v2::TimeSeries {
        labels_refs,
        samples: samples(entry),
        histograms: entry.histograms.clone(),
        exemplars,
        metadata: None,
    }
}

fn samples(entry: &Entry) -> Vec<emberdb_remote::message::Sample> {
    let sample = |sample: &Sample| emberdb_remote::message::Sample::new(sample.timestamp_ms, sample.value);
    entry.samples.iter().map(sample).collect()
}
