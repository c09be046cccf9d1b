//! `ember tsdb dump`: samples as lines, as promtool prints them.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use emberdb::storage::{Queryable, SeriesSet};
use emberdb::{Env, LabelsRef, TimeRange, Tsdb, is_stale};
use emberdb_model::number::go_general;
use emberdb_model::{
    METRIC_NAME, SampleColumns, SymbolTable, is_legacy_label_name, is_legacy_metric_name, write_quoted,
};

use super::directory::open_to_read;
use crate::Outcome;
use crate::output::to_stdout;
use crate::selector::{RangeArgs, Selector, parse_selector};

/// Arguments of `ember tsdb dump`.
#[derive(Args)]
pub(super) struct DumpArgs {
    /// The data directory. It is only read.
    dir: PathBuf,
    /// Which series, such as 'up{job="api"}'; given several times, those of any. Default: all.
    #[arg(long = "match", value_name = "SELECTOR", value_parser = parse_selector)]
    selectors: Vec<Selector>,
    #[command(flatten)]
    range: RangeArgs,
    /// What a line is.
    #[arg(long, value_enum, default_value_t = Format::Samples)]
    format: Format,
}

/// What a line is.
#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// A sample: labels, value, milliseconds; histograms included.
    Samples,
    /// A sample in OpenMetrics, which `ember import` reads; without native histograms and staleness markers, which it cannot tell.
    Openmetrics,
    /// The labels of a series as a JSON object, without samples.
    Seriesjson,
}

pub(super) fn run(args: &DumpArgs) -> Outcome {
    let range = args.range.range()?;
    let db = open_to_read(&Env::real(), &args.dir)?;
    to_stdout(|out| dump(&db, args, range, out))
}

fn dump(db: &Tsdb, args: &DumpArgs, range: TimeRange, out: &mut dyn Write) -> Outcome {
    let querier = db.querier()?;
    let mut symbols = SymbolTable::new();
    let mut sets = Vec::new();
    if args.selectors.is_empty() {
        sets.push(querier.select(&[], range, &mut symbols)?);
    }
    for selector in &args.selectors {
        sets.push(querier.select(&selector.matchers, range, &mut symbols)?);
    }
    let mut samples = SampleColumns::new();
    for (set, series) in merged(&sets, &symbols) {
        samples.clear();
        set.read(series, range, &mut samples)?;
        if !samples.is_empty() {
            let labels = LabelsRef::new(&symbols, set.labels(series));
            write_series(out, args.format, labels, &samples)?;
        }
    }
    if matches!(args.format, Format::Openmetrics) {
        writeln!(out, "# EOF")?;
    }
    Ok(())
}

/// The series of all sets in the order of their labels, each once.
fn merged<'a>(sets: &'a [Box<dyn SeriesSet>], symbols: &SymbolTable) -> Vec<(&'a dyn SeriesSet, usize)> {
    let mut all: Vec<(&dyn SeriesSet, usize)> =
        sets.iter().flat_map(|set| (0..set.len()).map(move |series| (&**set, series))).collect();
    let labels = |&(set, series): &(&'a dyn SeriesSet, usize)| set.labels(series);
    all.sort_by(|a, b| LabelsRef::new(symbols, labels(a)).cmp(&LabelsRef::new(symbols, labels(b))));
    // Sets are spelled in one table of symbols, so that equal labels are equal numbers.
    all.dedup_by(|a, b| labels(a) == labels(b));
    all
}

fn write_series(
    out: &mut dyn Write,
    format: Format,
    labels: LabelsRef<'_>,
    samples: &SampleColumns,
) -> io::Result<()> {
    match format {
        Format::Samples => write_samples(out, &labels.braced().to_string(), samples),
        Format::Openmetrics => write_openmetrics(out, &openmetrics_name(labels), samples),
        Format::Seriesjson => writeln!(out, "{}", json(labels)),
    }
}

/// Floats and histograms in the order of time.
fn write_samples(out: &mut dyn Write, labels: &str, samples: &SampleColumns) -> io::Result<()> {
    let mut histograms = samples.histograms.iter().peekable();
    for sample in samples.iter() {
        while let Some((t_ms, histogram)) = histograms.next_if(|&(t_ms, _)| t_ms < sample.timestamp_ms) {
            writeln!(out, "{labels} {histogram} {t_ms}")?;
        }
        writeln!(out, "{labels} {} {}", go_general(sample.value), sample.timestamp_ms)?;
    }
    histograms.try_for_each(|(t_ms, histogram)| writeln!(out, "{labels} {histogram} {t_ms}"))
}

fn write_openmetrics(out: &mut dyn Write, name: &str, samples: &SampleColumns) -> io::Result<()> {
    for sample in samples.iter().filter(|sample| !is_stale(sample.value)) {
        writeln!(out, "{name} {} {}", go_general(sample.value), seconds(sample.timestamp_ms))?;
    }
    Ok(())
}

/// With three decimals.
fn seconds(t_ms: i64) -> String {
    let sign = if t_ms < 0 { "-" } else { "" };
    let ms = t_ms.unsigned_abs();
    format!("{sign}{}.{:03}", ms / 1000, ms % 1000)
}

/// The name, and the other labels in braces, which stay where there are none. Names that are no identifiers are quoted, a
/// metric's within the braces.
fn openmetrics_name(labels: LabelsRef<'_>) -> String {
    let metric = labels.metric_name();
    let is_bare = is_legacy_metric_name(metric);
    let mut text = String::from(if is_bare { metric } else { "" });
    text.push('{');
    let mut separator = "";
    if !is_bare && !metric.is_empty() {
        push_quoted(&mut text, metric);
        separator = ",";
    }
    for (name, value) in labels.iter().filter(|&(name, _)| name != METRIC_NAME) {
        text.push_str(separator);
        if is_legacy_label_name(name) {
            text.push_str(name);
        } else {
            push_quoted(&mut text, name);
        }
        text.push('=');
        push_quoted(&mut text, value);
        separator = ",";
    }
    text.push('}');
    text
}

fn push_quoted(text: &mut String, string: &str) {
    write_quoted(text, string).expect("writing to a string does not fail");
}

/// As an object, the way Go writes it: what means something in HTML is escaped.
fn json(labels: LabelsRef<'_>) -> String {
    let mut text = String::from("{");
    let mut separator = "";
    for (name, value) in labels.iter() {
        text.push_str(separator);
        push_json_string(&mut text, name);
        text.push(':');
        push_json_string(&mut text, value);
        separator = ",";
    }
    text.push('}');
    text
}

fn push_json_string(text: &mut String, string: &str) {
    text.push('"');
    for c in string.chars() {
        match c {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            '\u{8}' => text.push_str("\\b"),
            '\u{c}' => text.push_str("\\f"),
            '\0'..='\u{1f}' | '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                text.push_str(&format!("\\u{:04x}", u32::from(c)));
            }
            c => text.push(c),
        }
    }
    text.push('"');
}

#[cfg(test)]
mod tests {
    use emberdb::Labels;
    use emberdb_model::Label;

    use super::*;

    fn with<T>(pairs: &[(&str, &str)], body: impl FnOnce(LabelsRef<'_>) -> T) -> T {
        let mut symbols = SymbolTable::new();
        let labels = Labels::new(pairs.iter().copied()).unwrap();
        let labels: Vec<Label> = labels
            .iter()
            .map(|(name, value)| Label { name: symbols.intern(name), value: symbols.intern(value) })
            .collect();
        body(LabelsRef::new(&symbols, &labels))
    }

    #[test]
    fn names() {
        let pairs = [("__name__", "up"), ("a", "x\"\ny"), ("b", "<ü>")];
        assert_eq!(with(&pairs, openmetrics_name), r#"up{a="x\"\ny",b="<ü>"}"#);
        assert_eq!(with(&pairs, json), r#"{"__name__":"up","a":"x\"\ny","b":"\u003cü\u003e"}"#);
        assert_eq!(with(&[("__name__", "up")], openmetrics_name), "up{}");
        let pairs = [("__name__", "node.up"), ("host.name", "a")];
        assert_eq!(with(&pairs, openmetrics_name), r#"{"node.up","host.name"="a"}"#);
    }

    #[test]
    fn seconds_have_three_decimals() {
        assert_eq!(
            [seconds(0), seconds(1_700_215_884_373), seconds(-1)],
            ["0.000", "1700215884.373", "-0.001"]
        );
    }
}
