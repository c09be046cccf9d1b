//! Whether both hold the same samples.

use emberdb_differential::answer::{Comparison, Order, compare};
use emberdb_differential::data::{DATA_SPAN_MS, DataSet};
use emberdb_differential::question::When;
use indicatif::ProgressBar;

use super::endpoint::Endpoint;
use super::finding::Findings;
use super::subject::Subject;
use crate::http::seconds;

/// Asks both for all samples of each family, and for all exemplars.
pub(super) fn check(
    data: &DataSet,
    [reference, other]: [&Endpoint; 2],
    findings: &mut Findings,
    bar: &ProgressBar,
) {
    for family in data.families() {
        check_name(&family.name, data.end_ms(), [reference, other], findings);
        bar.inc(1);
    }
    let ask = |endpoint: &Endpoint| {
        let form = [
            ("query", "{__name__=~\".+\"}".to_owned()),
            ("start", seconds(data.start_ms())),
            ("end", seconds(data.end_ms())),
        ];
        let reply = endpoint.post_form("/api/v1/query_exemplars", &form).map_err(|error| error.to_string());
        reply.and_then(|reply| exemplars(&reply.body))
    };
    let (wanted, got) = (ask(reference), ask(other));
    if wanted != got {
        findings
            .push("exemplars held".into(), first_line_apart(&format!("{wanted:#?}"), &format!("{got:#?}")));
    }
}

/// Asks both for all samples of a name.
pub(super) fn check_name(
    name: &str,
    end_ms: i64,
    [reference, other]: [&Endpoint; 2],
    findings: &mut Findings,
) {
    const MARGIN_MS: i64 = 3_600_000;
    let range_ms = DATA_SPAN_MS + 2 * MARGIN_MS;
    let query = format!("{{__name__=\"{name}\"}}[{range_ms}ms]");
    let when = When::Instant { time_ms: end_ms + MARGIN_MS };
    let (wanted, got) = (reference.ask(&query, when), other.ask(&query, when));
    if let Comparison::Different(difference) = compare(&wanted, &got, Order::Any) {
        findings.push(format!("samples held of {name}"), difference);
    }
}

/// The series and their exemplars, in the order of labels.
fn exemplars(body: &[u8]) -> Result<Vec<(String, String)>, String> {
    let json: serde_json::Value = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    let series = json["data"].as_array().ok_or_else(|| json.to_string())?;
    let mut all: Vec<_> =
        series.iter().map(|one| (one["seriesLabels"].to_string(), one["exemplars"].to_string())).collect();
    all.sort();
    Ok(all)
}

fn first_line_apart(wanted: &str, got: &str) -> String {
    let pair = wanted.lines().zip(got.lines()).find(|(wanted, got)| wanted != got);
    let (wanted, got) = pair.unwrap_or((wanted, got));
    format!("{wanted}\nnot {got}")
}
