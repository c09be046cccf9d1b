//! The data on its way to both servers.

use std::io;

use emberdb_differential::data::{DataSample, DataSet, DataValue, Delivery, Slice};
use emberdb_model::{Exemplar, Labels, Sample};
use emberdb_remote::{MessageKind, Outgoing, OutgoingHistogram, encode};
use indicatif::ProgressBar;

use super::finding::Findings;
use super::server::Server;

/// Time between the first and the last sample of a request.
const SLICE_MS: i64 = 300_000;

/// Samples a request, more or less: what Prometheus' senders put into one by default.
const REQUEST_SAMPLES: usize = 2000;

/// Samples of one kind of one series, as they are encoded.
struct Run<'a> {
    labels: &'a Labels,
    floats: Vec<Sample>,
    histograms: Vec<(i64, OutgoingHistogram<'a>)>,
    exemplars: Vec<Exemplar>,
}

/// Sends a part of the data to both, by versions 1.0 and 2.0 in turns. That one refuses what the other takes is a finding.
pub(super) fn send(
    data: &DataSet,
    delivery: Delivery,
    (from_ms, to_ms): (i64, i64),
    servers: [&Server; 2],
    findings: &mut Findings,
    bar: &ProgressBar,
) -> io::Result<()> {
    let mut number = 0;
    let mut start_ms = from_ms;
    while start_ms < to_ms {
        let end_ms = (start_ms + SLICE_MS).min(to_ms);
        let runs: Vec<Run<'_>> = data.slices(delivery, start_ms, end_ms).flat_map(runs).collect();
        for runs in requests(&runs) {
            number += 1;
            let kind = if number % 2 == 0 { MessageKind::V2 } else { MessageKind::V1 };
            let body = encode(kind, runs.iter().map(Run::outgoing)).map_err(io::Error::other)?;
            post(kind, &body, servers, findings, &format!("{delivery:?} from {start_ms} to {end_ms}"))?;
        }
        bar.inc(1);
        start_ms = end_ms;
    }
    Ok(())
}

/// How many steps the progress of [`send`] has.
pub(super) fn steps(from_ms: i64, to_ms: i64) -> u64 {
    u64::try_from((to_ms - from_ms).max(0).div_euclid(SLICE_MS) + 1).unwrap_or_default()
}

fn post(
    kind: MessageKind,
    body: &[u8],
    [reference, other]: [&Server; 2],
    findings: &mut Findings,
    what: &str,
) -> io::Result<()> {
    let send = |server: &Server| server.endpoint.post("/api/v1/write", &kind.headers(), body);
    let (wanted, got) = (send(reference)?, send(other)?);
    if (wanted.status, &wanted.written) != (got.status, &got.written) {
        findings.push(format!("writing {what}, {}", kind.name()), wanted.unlike(&got));
    }
    Ok(())
}

/// Numbers and histograms of a series apart, each as long as none of the other comes between.
fn runs(slice: Slice<'_>) -> Vec<Run<'_>> {
    let mut runs: Vec<Run<'_>> = Vec::new();
    let is_float = |sample: &DataSample| matches!(sample.value, DataValue::Float(_));
    for same in slice.samples.chunk_by(|a, b| is_float(a) == is_float(b)) {
        let mut run =
            Run { labels: slice.labels, floats: Vec::new(), histograms: Vec::new(), exemplars: Vec::new() };
        for sample in same {
            match &sample.value {
                DataValue::Float(value) => {
                    run.floats.push(Sample { timestamp_ms: sample.time_ms, value: *value });
                }
                DataValue::Integer(histogram) => {
                    run.histograms.push((sample.time_ms, OutgoingHistogram::Integer(histogram)));
                }
                DataValue::FloatHistogram(histogram) => {
                    run.histograms.push((sample.time_ms, OutgoingHistogram::Float(histogram)));
                }
            }
        }
        runs.push(run);
    }
    if let Some(last) = runs.last_mut() {
        last.exemplars = slice.exemplars;
    }
    runs
}

/// Cuts into requests, each with one run of a series: up to 3.7 Prometheus stores the numbers of a request before its histograms, so that some of
/// these would be late.
fn requests<'a, 'b>(runs: &'b [Run<'a>]) -> Vec<&'b [Run<'a>]> {
    let mut requests = Vec::new();
    let (mut start, mut samples) = (0, 0);
    for (place, run) in runs.iter().enumerate() {
        samples += run.floats.len() + run.histograms.len();
        let is_series_done = runs.get(place + 1).is_none_or(|next| next.labels != run.labels);
        if samples >= REQUEST_SAMPLES || !is_series_done || place + 1 == runs.len() {
            requests.push(&runs[start..=place]);
            (start, samples) = (place + 1, 0);
        }
    }
    requests
}

impl Run<'_> {
    fn outgoing(&self) -> Outgoing<'_> {
        Outgoing {
            labels: self.labels,
            samples: &self.floats,
            histograms: &self.histograms,
            exemplars: &self.exemplars,
            metadata: None,
        }
    }
}
