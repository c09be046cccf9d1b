//! The readers against what Prometheus itself read from the same bytes.
//!
//! The data is not part of the repository. It is looked for in the folder that EMBERDB_CONFORMANCE names, else in
//! `../shared/conformance` beside the repository; without it these tests say so and pass.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a helper fails and reports as its test does"
)]

use std::path::PathBuf;

use emberdb_model::NORMAL_NAN;
use emberdb_scrape::{
    Entry, Exemplar, ExpositionFormat, OpenMetricsParser, Parser, ParserOptions, Series, TextParser,
    negotiate,
};
use serde_json::Value;

/// What an entry says, in a form to compare and to print.
#[derive(Clone, Debug, PartialEq)]
enum Said {
    Help(String, String),
    Type(String, String),
    Unit(String, String),
    Comment(Vec<u8>),
    Series(Box<SaidSeries>),
}

#[derive(Clone, Debug, PartialEq)]
struct SaidSeries {
    /// Not told for the large files.
    raw: Option<Vec<u8>>,
    labels: Vec<(String, String)>,
    value_bits: u64,
    timestamp_ms: Option<i64>,
    start_timestamp_ms: i64,
    exemplars: Vec<SaidExemplar>,
}

#[derive(Clone, Debug, PartialEq)]
struct SaidExemplar {
    labels: Vec<(String, String)>,
    value_bits: u64,
    timestamp_ms: Option<i64>,
}

#[test]
fn cases() {
    let Some(records) = records("exposition/cases.jsonl") else { return };
    let mut counts = Counts::default();
    for record in &records {
        let options: Vec<&str> = array(&record["options"]).iter().filter_map(Value::as_str).collect();
        let format = format(&record["format"]);
        let unread = ["type_and_unit_labels", "convert_classic_histograms_to_nhcb"];
        if format == ExpositionFormat::Protobuf || options.iter().any(|o| unread.contains(o)) {
            counts.not_applicable += 1;
            continue;
        }
        counts.check(record, format, &bytes(record, "input"), true);
    }
    counts.report(
        "exposition/cases.jsonl (not applicable: protobuf, type and unit labels, conversion of histograms)",
    );
    assert!(counts.agreed > 1000, "the data has more than a thousand cases for these readers");
}

#[test]
fn files() {
    let Some(records) = records("exposition/files.jsonl") else { return };
    let mut counts = Counts::default();
    for record in &records {
        let name = record["path"].as_str().or(record["file"].as_str()).expect("a record names its file");
        let body = read(&format!("exposition/files/{}", name.rsplit('/').next().unwrap())).expect("the file");
        counts.check(record, format(&record["format"]), &body, false);
    }
    counts.report("exposition/files.jsonl");
}

#[test]
fn content_types() {
    let Some(records) = records("exposition/content_type.jsonl") else { return };
    for record in &records {
        let text = |field: &str| record[field].as_str().unwrap();
        let fallback = ExpositionFormat::of_media_type(text("fallback_media_type"));
        let (format, message) = match negotiate(text("content_type"), fallback) {
            Ok(negotiated) => {
                (Some(negotiated.format), negotiated.warning.map(|w| w.to_string()).unwrap_or_default())
            }
            Err(error) => (None, error.to_string()),
        };
        let expected = (text("parser") != "none").then(|| self::format(&record["parser"]));
        assert_eq!(format, expected, "{record}");
        assert_eq!(message.is_empty(), text("error").is_empty(), "{record}: {message}");
        assert!(message.contains(text("error")), "{record}: {message}");
    }
    println!("exposition/content_type.jsonl: {} agree", records.len());
}

#[derive(Default)]
struct Counts {
    agreed: usize,
    not_applicable: usize,
    entries: usize,
    disagreed: Vec<String>,
}

impl Counts {
    fn check(&mut self, record: &Value, format: ExpositionFormat, body: &[u8], with_raw: bool) {
        let mut options = ParserOptions::default();
        options.start_timestamps = with_start_timestamps(record);
        let parser = Parser::new(format, body, options).expect("a text format");
        let mut ours = Vec::new();
        let mut error = None;
        for entry in parser {
            match entry {
                Ok(entry) => ours.push(said(&entry, with_raw)),
                Err(e) => error = Some(e.to_string()),
            }
        }
        let theirs: Vec<Said> = array(&record["entries"]).iter().map(|e| expected(e, with_raw)).collect();
        let ok = record["ok"].as_bool().unwrap();
        self.entries += theirs.len();
        if ok == error.is_none() && ours == theirs {
            self.agreed += 1;
            return;
        }
        let at = ours.iter().zip(&theirs).take_while(|(a, b)| a == b).count();
        self.disagreed.push(format!(
            "{} {format}: ok {ok}, {} entries, error {}; here error {error:?}, {} entries; entry {at}:\n  theirs {:?}\n  ours   {:?}\n  input {:?}",
            record["id"], theirs.len(), record["error"], ours.len(), theirs.get(at), ours.get(at),
            String::from_utf8_lossy(&body[..body.len().min(600)]),
        ));
    }

    fn report(&self, name: &str) {
        let (agreed, entries, skipped) = (self.agreed, self.entries, self.not_applicable);
        println!("{name}: {agreed} agree ({entries} entries), {skipped} not applicable");
        let shown: Vec<_> = self.disagreed.iter().take(20).map(String::as_str).collect();
        assert!(self.disagreed.is_empty(), "{} disagree:\n{}", self.disagreed.len(), shown.join("\n"));
    }
}

/// Whether upstream's parser took `_created` lines for start timestamps.
///
/// The option says so. But upstream's parser also turns it on by itself when it is first asked for a start timestamp, and
/// whoever made the data asked at each series. So it was on, unless the entries have such a line, from before the asking.
fn with_start_timestamps(record: &Value) -> bool {
    if array(&record["options"]).iter().any(|option| option == "om_skip_created_series") {
        return true;
    }
    let mut metric_type = "";
    !array(&record["entries"]).iter().any(|entry| {
        if entry["entry"] == "type" {
            metric_type = entry["type"].as_str().unwrap();
        }
        let created = array(&entry["labels"]).iter().any(|pair| {
            pair[0] == "__name__" && pair[1].as_str().is_some_and(|name| name.ends_with("_created"))
        });
        created && ["counter", "histogram", "summary"].contains(&metric_type)
    })
}

fn said(entry: &Entry<'_>, with_raw: bool) -> Said {
    match entry {
        Entry::Help(help) => Said::Help(help.name.into(), help.text().into()),
        Entry::Type { name, metric_type } => Said::Type((*name).into(), metric_type.to_string()),
        Entry::Unit { name, unit } => Said::Unit((*name).into(), (*unit).into()),
        Entry::Comment(text) => Said::Comment(text.to_vec()),
        Entry::Series(series) => Said::Series(Box::new(said_series(series, with_raw))),
        _ => panic!("an entry that this test does not know: {entry:?}"),
    }
}

fn said_series(series: &Series<'_>, with_raw: bool) -> SaidSeries {
    let mut labels: Vec<_> = series.metric.labels().map(|(n, v)| (n.into_owned(), v.into_owned())).collect();
    labels.sort();
    SaidSeries {
        raw: with_raw.then(|| series.metric.text().to_vec()),
        labels,
        value_bits: series.value.to_bits(),
        timestamp_ms: series.timestamp_ms,
        start_timestamp_ms: series.start_timestamp_ms.unwrap_or(0),
        exemplars: series.exemplar.iter().map(said_exemplar).collect(),
    }
}

fn said_exemplar(exemplar: &Exemplar<'_>) -> SaidExemplar {
    let mut labels: Vec<_> = exemplar.labels().map(|(n, v)| (String::from(n), String::from(v))).collect();
    labels.sort();
    SaidExemplar { labels, value_bits: exemplar.value.to_bits(), timestamp_ms: exemplar.timestamp_ms }
}

fn expected(entry: &Value, with_raw: bool) -> Said {
    let text = |field: &str| entry[field].as_str().unwrap_or("").to_owned();
    match entry["entry"].as_str().unwrap() {
        "help" => Said::Help(text("name"), text("help")),
        "type" => Said::Type(text("name"), text("type")),
        "unit" => Said::Unit(text("name"), text("unit")),
        "comment" => Said::Comment(bytes(entry, "text")),
        "series" => Said::Series(Box::new(SaidSeries {
            raw: with_raw.then(|| bytes(entry, "raw")),
            labels: labels(&entry["labels"]),
            value_bits: float(&entry["value"]),
            timestamp_ms: entry["timestamp_ms"].as_i64(),
            start_timestamp_ms: entry["start_timestamp_ms"].as_i64().unwrap_or(0),
            exemplars: array(&entry["exemplars"])
                .iter()
                .map(|e| SaidExemplar {
                    labels: labels(&e["labels"]),
                    value_bits: float(&e["value"]),
                    timestamp_ms: e["timestamp_ms"].as_i64(),
                })
                .collect(),
        })),
        other => panic!("an entry that a text format cannot have: {other}"),
    }
}

fn labels(value: &Value) -> Vec<(String, String)> {
    let mut labels: Vec<_> = array(value)
        .iter()
        .map(|pair| (pair[0].as_str().unwrap().to_owned(), pair[1].as_str().unwrap().to_owned()))
        .collect();
    labels.sort();
    labels
}

fn float(value: &Value) -> u64 {
    match value.as_str().unwrap_or("0") {
        "NaN" => NORMAL_NAN.to_bits(),
        text => text.parse::<f64>().unwrap().to_bits(),
    }
}

fn format(value: &Value) -> ExpositionFormat {
    match value.as_str().unwrap() {
        "prometheus_text" => ExpositionFormat::PrometheusText,
        "openmetrics_text" => ExpositionFormat::OpenMetricsText,
        "protobuf" => ExpositionFormat::Protobuf,
        other => panic!("unknown format {other}"),
    }
}

fn array(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn bytes(record: &Value, field: &str) -> Vec<u8> {
    match record[field].as_str() {
        Some(text) => text.as_bytes().to_vec(),
        None => base64(record[format!("{field}_b64")].as_str().unwrap_or("")),
    }
}

fn base64(text: &str) -> Vec<u8> {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut out, mut bits, mut held) = (Vec::new(), 0u32, 0);
    for byte in text.bytes().filter(|&b| b != b'=') {
        let digit = ALPHABET.iter().position(|&b| b == byte).expect("standard Base64") as u32;
        bits = (bits << 6) | digit;
        held += 6;
        if held >= 8 {
            held -= 8;
            out.push((bits >> held) as u8);
        }
    }
    out
}

fn records(path: &str) -> Option<Vec<Value>> {
    let Some(text) = read(path) else {
        println!("skipped: {path} is not there; EMBERDB_CONFORMANCE names the folder");
        return None;
    };
    Some(String::from_utf8(text).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

#[expect(clippy::disallowed_methods, reason = "a test reads its data from the real disk")]
fn read(path: &str) -> Option<Vec<u8>> {
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/conformance");
    let folder = std::env::var("EMBERDB_CONFORMANCE").map_or(beside, PathBuf::from);
    std::fs::read(folder.join(path)).ok()
}

#[test]
fn every_prefix_and_every_damaged_byte_is_read_or_refused() {
    let text = "# HELP a b\\n\n# TYPE h histogram\nh_bucket{le=\"1\",x=\"\\\"\\\\\"} 1 2\n{\"ü.x\",\"y z\"=\"\u{0}\"} NaN\n";
    let om =
        "# TYPE h histogram\n# UNIT h_s s\nh_bucket{le=\"1\"} 1 2.5 # {a=\"b\"} 3 4\nh_created 5\n# EOF\n";
    let mut options = ParserOptions::default();
    options.start_timestamps = true;
    for body in [text.as_bytes(), om.as_bytes()] {
        for at in 0..body.len() {
            for byte in [0, b'\n', b' ', b'"', b'\\', b'{', b'}', b'#', b'1', b'\xff'] {
                let mut damaged = body.to_vec();
                damaged[at] = byte;
                for body in [&damaged[..], &damaged[..at]] {
                    drain(TextParser::new(body), body);
                    drain(OpenMetricsParser::with_options(body, options), body);
                }
            }
        }
    }
}

/// Reads all entries and all of each; an error is the last item and lies within the body.
fn drain<'a>(parser: impl Iterator<Item = Result<Entry<'a>, emberdb_scrape::ParseError>>, body: &[u8]) {
    let mut failed = false;
    for entry in parser {
        assert!(!failed, "nothing follows an error");
        match entry {
            Ok(entry) => drop(said(&entry, true)),
            Err(error) => {
                assert!(error.offset <= body.len() && error.line > 0 && error.column > 0, "{error}");
                failed = true;
            }
        }
    }
}
