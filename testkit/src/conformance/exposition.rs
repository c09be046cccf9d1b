//! The readers of scraped formats against what Prometheus itself read from the same bytes.

use emberdb_scrape::{Entry, Exemplar, ExpositionFormat, Parser, ParserOptions, Series, negotiate};
use serde_json::Value;

use super::mismatch::{holds, same};
use super::{Check, DataError, Mismatch, Run, read};

/// What of an input is shown.
const INPUT_BYTES_SHOWN: usize = 600;

pub(super) fn run(run: &mut Run<'_>) -> Result<(), DataError> {
    cases(run)?;
    files(run)?;
    content_types(run)
}

fn cases(run: &mut Run<'_>) -> Result<(), DataError> {
    const PATH: &str = "exposition/cases.jsonl";
    let records = run.data.records(PATH)?;
    run.begin(PATH, records.len());
    for record in &records {
        let name = format!("{PATH}: {} {}", read::text_or_empty(record, "id"), record["options"]);
        let check = read::bytes(record, "input").and_then(|body| entries(record, &body, true));
        run.case(name, check);
    }
    Ok(())
}

/// Whole expositions. Of their series the text as it stood is not told.
fn files(run: &mut Run<'_>) -> Result<(), DataError> {
    const PATH: &str = "exposition/files.jsonl";
    let records = run.data.records(PATH)?;
    run.begin(PATH, records.len());
    for record in &records {
        let file = read::text_or_empty(record, "file");
        let body = run.data.bytes(&format!("exposition/files/{file}"))?;
        run.case(format!("{PATH}: {file}"), entries(record, &body, false));
    }
    Ok(())
}

fn content_types(run: &mut Run<'_>) -> Result<(), DataError> {
    const PATH: &str = "exposition/content_type.jsonl";
    let records = run.data.records(PATH)?;
    run.begin(PATH, records.len());
    for (at, record) in records.iter().enumerate() {
        run.case(format!("{PATH}:{}", at + 1), content_type(record));
    }
    Ok(())
}

fn content_type(record: &Value) -> Check {
    let fallback = ExpositionFormat::of_media_type(read::text(&record["fallback_media_type"])?);
    let (format, message) = match negotiate(read::text(&record["content_type"])?, fallback) {
        Ok(negotiated) => {
            (Some(negotiated.format), negotiated.warning.map(|w| w.to_string()).unwrap_or_default())
        }
        Err(error) => (None, error.to_string()),
    };
    let wanted = match read::text(&record["parser"])? {
        "none" => None,
        _ => Some(self::format(&record["parser"])?),
    };
    same("parser", &wanted, &format)?;
    let error = read::text(&record["error"])?;
    same("is warned or refused", &!error.is_empty(), &!message.is_empty())?;
    holds(&format!("{message:?} should contain {error:?}"), message.contains(error))
}

/// Reads all of a body: each entry, and whether there is an error at the end.
fn entries(record: &Value, body: &[u8], with_raw: bool) -> Check {
    let has = |option: &str| read::list_or_empty(&record["options"]).iter().any(|o| o == option);
    for unread in ["type_and_unit_labels", "convert_classic_histograms_to_nhcb"] {
        if has(unread) {
            return Err(Mismatch::unsupported(unread));
        }
    }
    let format = format(&record["format"])?;
    let mut options = ParserOptions::default();
    options.start_timestamps = has("om_skip_created_series") || with_start_timestamps(record)?;
    let parser = Parser::new(format, body, options).ok_or_else(|| Mismatch::unsupported("protobuf"))?;
    let (mut ours, mut error) = (Vec::new(), None);
    for entry in parser {
        match entry {
            Ok(entry) => ours.push(said(&entry, with_raw)?),
            Err(e) => error = Some(e.to_string()),
        }
    }
    let theirs = read::list(&record["entries"])?.iter().map(|entry| expected(entry, with_raw));
    let theirs = theirs.collect::<Result<Vec<Said>, _>>()?;
    if read::truth(&record["ok"])? == error.is_none() && ours == theirs {
        return Ok(());
    }
    let at = ours.iter().zip(&theirs).take_while(|(a, b)| a == b).count();
    Err(Mismatch::new(format!(
        "wanted {} entries, error {}\ngot    {} entries, error {error:?}; the first that differs, {at}:\n\
         wanted {:?}\ngot    {:?}\nof {:?}",
        theirs.len(),
        record["error"],
        ours.len(),
        theirs.get(at),
        ours.get(at),
        String::from_utf8_lossy(&body[..body.len().min(INPUT_BYTES_SHOWN)]),
    )))
}

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

/// Whether upstream's parser took `_created` lines for start timestamps.
///
/// The option says so. But upstream's parser also turns it on by itself when it is first asked for a start timestamp, and
/// whoever made the data asked at each series. So it was on, unless the entries have such a line, from before the asking.
fn with_start_timestamps(record: &Value) -> Result<bool, Mismatch> {
    let mut metric_type = "";
    for entry in read::list(&record["entries"])? {
        if entry["entry"] == "type" {
            metric_type = read::text(&entry["type"])?;
        }
        let created = read::list_or_empty(&entry["labels"]).iter().any(|pair| {
            pair[0] == "__name__" && pair[1].as_str().is_some_and(|name| name.ends_with("_created"))
        });
        if created && ["counter", "histogram", "summary"].contains(&metric_type) {
            return Ok(false);
        }
    }
    Ok(true)
}

fn said(entry: &Entry<'_>, with_raw: bool) -> Result<Said, Mismatch> {
    Ok(match entry {
        Entry::Help(help) => Said::Help(help.name.into(), help.text().into()),
        Entry::Type { name, metric_type } => Said::Type((*name).into(), metric_type.to_string()),
        Entry::Unit { name, unit } => Said::Unit((*name).into(), (*unit).into()),
        Entry::Comment(text) => Said::Comment(text.to_vec()),
        Entry::Series(series) => Said::Series(Box::new(said_series(series, with_raw))),
        other => return Err(Mismatch::new(format!("an entry of an unknown kind: {other:?}"))),
    })
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

fn expected(entry: &Value, with_raw: bool) -> Result<Said, Mismatch> {
    let text = |field: &str| read::text_or_empty(entry, field).to_owned();
    Ok(match read::text(&entry["entry"])? {
        "help" => Said::Help(text("name"), text("help")),
        "type" => Said::Type(text("name"), text("type")),
        "unit" => Said::Unit(text("name"), text("unit")),
        "comment" => Said::Comment(read::bytes(entry, "text")?),
        "series" => Said::Series(Box::new(SaidSeries {
            raw: if with_raw { Some(read::bytes(entry, "raw")?) } else { None },
            labels: labels(&entry["labels"])?,
            value_bits: float_bits(&entry["value"])?,
            timestamp_ms: entry["timestamp_ms"].as_i64(),
            start_timestamp_ms: entry["start_timestamp_ms"].as_i64().unwrap_or(0),
            exemplars: read::list_or_empty(&entry["exemplars"])
                .iter()
                .map(expected_exemplar)
                .collect::<Result<_, _>>()?,
        })),
        other => return Err(Mismatch::unsupported(&format!("entries of the kind {other}"))),
    })
}

fn expected_exemplar(exemplar: &Value) -> Result<SaidExemplar, Mismatch> {
    Ok(SaidExemplar {
        labels: labels(&exemplar["labels"])?,
        value_bits: float_bits(&exemplar["value"])?,
        timestamp_ms: exemplar["timestamp_ms"].as_i64(),
    })
}

fn labels(value: &Value) -> Result<Vec<(String, String)>, Mismatch> {
    let mut labels = read::pairs(value)?;
    labels.sort();
    Ok(labels)
}

/// Members that are 0 are left out of the large files.
fn float_bits(value: &Value) -> Result<u64, Mismatch> {
    if value.is_null() { Ok(0) } else { read::float(value).map(f64::to_bits) }
}

fn format(value: &Value) -> Result<ExpositionFormat, Mismatch> {
    match read::text(value)? {
        "prometheus_text" => Ok(ExpositionFormat::PrometheusText),
        "openmetrics_text" => Ok(ExpositionFormat::OpenMetricsText),
        "protobuf" => Ok(ExpositionFormat::Protobuf),
        other => Err(Mismatch::new(format!("unknown format {other}"))),
    }
}
