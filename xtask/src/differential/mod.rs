//! `cargo xtask differential`: the same data and the same questions for a Prometheus and for emberdb. `docs/differential.md`
//! says how it is used.
//!
//! - [`settings`], [`server`]: the two servers; [`pair`]: both of them, fed. [`feed`]: the data on its way; [`held`]: whether both
//!   hold the same of it; [`finding`]: where not; [`writes`]:
//!   requests that try the write path.
//! - [`subject`]: who answers; [`endpoint`] and [`in_process`]: a server, and a library; [`twin`]: the reference a second time.
//! - [`questions`]: what is asked; [`ask`](mod@ask): all of it, by several threads; [`trial`]: what comes of one question.
//! - [`tally`]: counts; [`mod@shrink`], [`shrink_data`]: questions and data made small; [`needs`]: what a question reads; [`script`]: cases of scripts; [`report`], [`html`]: for people and
//!   programs.

mod ask;
mod endpoint;
mod feed;
mod finding;
mod held;
mod html;
mod in_process;
mod needs;
mod pair;
mod questions;
mod report;
mod script;
mod server;
mod settings;
mod shrink;
mod shrink_data;
mod subject;
mod tally;
mod trial;
mod twin;
mod writes;

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use clap::Args;
use emberdb_differential::data::{DATA_SPAN_MS, DataSet};
use emberdb_differential::question::{Span, dashboard_families};
use indicatif::{ProgressBar, ProgressStyle};

use crate::compat::peers::Peers;
use crate::process;
use endpoint::Endpoint;
use finding::{Finding, Findings};
use in_process::InProcess;
use pair::{Pair, Programs};
use report::{Report, Shown};
use settings::FEATURES;
use shrink::{Difference, shrink};
use shrink_data::Laboratory;
use subject::Subject;
use trial::{Trial, Version};
use twin::Twin;

/// So many differences are made smaller and printed; the others are counted.
const SHOWN_MAX: usize = 30;

/// Of so many the data is made smaller, too, which takes up to a minute each.
const SHRUNK_DATA_MAX: usize = 5;

/// A version that no Prometheus has: nothing was changed since.
const NEWEST: Version = (u32::MAX, 0, 0);

#[derive(Args)]
pub(crate) struct Options {
    /// How many random questions are asked, besides those of the lists
    #[arg(long, value_name = "N", default_value_t = 2000)]
    queries: usize,
    /// Decides data and questions; by default the time of day does, and is printed
    #[arg(long)]
    seed: Option<u64>,
    /// Stop asking after this time
    #[arg(long, value_name = "DURATION", value_parser = parse_time_box, default_value = "60m")]
    time_box: Duration,
    /// The time of the last sample, in milliseconds since the epoch, to repeat a run; by default now
    #[arg(long, value_name = "MS")]
    end: Option<i64>,
    /// Ask emberdb as a library, on the directory that its server wrote
    #[arg(long, conflicts_with = "b")]
    in_process: bool,
    /// The server to compare with, instead of one that is started and fed
    #[arg(long, value_name = "URL", requires = "b")]
    a: Option<String>,
    /// The server that is compared, instead of one that is started and fed
    #[arg(long, value_name = "URL", requires = "a")]
    b: Option<String>,
    /// Switch something more on in both, by Prometheus' name: promql-delayed-name-removal, for example
    #[arg(long, value_name = "NAME", conflicts_with = "a")]
    enable_feature: Vec<String>,
    /// Leave out the requests that try the write path
    #[arg(long)]
    without_writes: bool,
    /// Leave the servers' directories there, and say where
    #[arg(long, conflicts_with = "a")]
    keep: bool,
    /// Write the report as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Write the report as a page for a browser
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// The program `ember`; by default the one that was built beside this one
    #[arg(long, value_name = "FILE")]
    ember: Option<PathBuf>,
}

impl Options {
    /// What is switched on in both servers.
    fn features(&self) -> String {
        let always = std::iter::once(FEATURES);
        always.chain(self.enable_feature.iter().map(String::as_str)).collect::<Vec<_>>().join(",")
    }
}

fn parse_time_box(text: &str) -> Result<Duration, String> {
    let ms = emberdb_promql_syntax::parse_duration(text).map_err(|error| error.to_string())?;
    u64::try_from(ms).map(Duration::from_millis).map_err(|error| error.to_string())
}

/// Asks both, prints what differs, and fails if anything does.
pub(crate) fn run(options: &Options) -> io::Result<ExitCode> {
    let now_ms = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis());
    let now_ms = i64::try_from(now_ms).unwrap_or(i64::MAX);
    let seed = options.seed.unwrap_or(now_ms.unsigned_abs() / 1000);
    let end_ms = options.end.unwrap_or(now_ms - now_ms % 1000);
    let data = DataSet::new(seed, end_ms, dashboard_families());
    if let (Some(a), Some(b)) = (&options.a, &options.b) {
        return compare_urls(options, &data, seed, [a, b]);
    }
    let Some(peers) = Peers::find()? else {
        println!("skipped: no prometheus");
        return Ok(ExitCode::SUCCESS);
    };
    let version = numbers(&peers.version);
    println!("prometheus {}, seed {seed}, end {end_ms}", peers.version);
    let mut findings = Findings::default();
    let programs = Programs {
        prometheus: peers.prometheus,
        ember: process::ember(options.ember.as_deref())?,
        features: options.features(),
    };
    let mut pair = Pair::start(&programs)?;
    pair.feed(&data, (!options.without_writes).then_some(version), &mut findings)?;
    let in_process = match options.in_process {
        true => {
            pair.ember.end()?;
            Some(InProcess::open(&pair.ember.data(), &programs.features)?)
        }
        false => None,
    };
    let other: &dyn Subject = match &in_process {
        Some(in_process) => in_process,
        None => &pair.ember.endpoint,
    };
    let twin = Twin::new(&pair.prometheus);
    let trial = Trial {
        reference: &pair.prometheus.endpoint,
        other,
        twin: Some(&twin),
        version,
        families: data.families(),
        every_order_counts: true,
    };
    let laboratory = Laboratory { programs: &programs, data: &data, version };
    let code = compare(options, &trial, Some(&laboratory), seed, end_ms, &findings.0)?;
    if options.keep {
        println!("The directories are in {}", pair.keep()?.display());
    }
    Ok(code)
}

/// Compares two servers that someone else has fed, whatever they hold of the families that we know.
fn compare_urls(options: &Options, data: &DataSet, seed: u64, [a, b]: [&str; 2]) -> io::Result<ExitCode> {
    let (reference, other) = (Endpoint::new(a, a), Endpoint::new(b, b));
    for (server, url) in [(&reference, a), (&other, b)] {
        server.check().map_err(|error| io::Error::other(format!("cannot ask {url}: {error}")))?;
    }
    let version = reference.version().map_or(NEWEST, |version| numbers(&version));
    let trial = Trial {
        reference: &reference,
        other: &other,
        twin: None,
        version,
        families: data.families(),
        every_order_counts: false,
    };
    compare(options, &trial, None, seed, data.end_ms(), &[])
}

/// The numbers that a version begins with.
fn numbers(version: &str) -> Version {
    let mut numbers =
        version.trim_start_matches('v').split(['.', '+', '-', '~']).map(|text| text.parse().unwrap_or(0));
    let mut next = || numbers.next().unwrap_or(0);
    (next(), next(), next())
}

fn compare(
    options: &Options,
    trial: &Trial<'_>,
    laboratory: Option<&Laboratory<'_>>,
    seed: u64,
    end_ms: i64,
    findings: &[Finding],
) -> io::Result<ExitCode> {
    // Before the work, and not after it.
    let create = |file: &PathBuf| {
        File::create(file)
            .map_err(|error| io::Error::other(format!("cannot write {}: {error}", file.display())))
    };
    let (json, html) = (options.json.as_ref().map(create), options.html.as_ref().map(create));
    let (json, html) = (json.transpose()?, html.transpose()?);
    let span = Span { start_ms: end_ms - DATA_SPAN_MS, end_ms };
    let questions = questions::questions(seed, options.queries, trial.families, span)?;
    let bar = bar("asking", questions.len() as u64);
    let asked = ask::ask(trial, &questions, options.time_box, &bar);
    bar.finish_and_clear();
    let differences = shown(trial, laboratory, asked.differences)?;
    let (reference, other) = (trial.reference.name(), trial.other.name());
    for difference in &differences {
        println!("\n{}", difference.text(reference, other));
    }
    let report = Report {
        reference,
        other,
        seed,
        end_ms,
        tally: &asked.tally,
        not_reached: asked.not_reached,
        findings,
        differences: &differences,
    };
    println!("{}", report.summary());
    if let Some(mut file) = json {
        writeln!(file, "{:#}", report.to_json())?;
    }
    if let Some(mut file) = html {
        file.write_all(html::page(&report).as_bytes())?;
    }
    Ok(if report.has_differences() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// The differences as small as they can be, each query once.
fn shown(
    trial: &Trial<'_>,
    laboratory: Option<&Laboratory<'_>>,
    differences: Vec<Difference>,
) -> io::Result<Vec<Shown>> {
    let count = differences.len().min(SHOWN_MAX);
    let bar = bar("shrinking", count as u64);
    let mut known = BTreeSet::new();
    let mut shown = Vec::new();
    for difference in differences.into_iter().take(SHOWN_MAX) {
        let found_as = difference.query.clone();
        let difference = shrink(trial, difference);
        if known.insert(difference.query.clone()) {
            let data = laboratory.map(|laboratory| laboratory.data);
            let laboratory = laboratory.filter(|_| shown.len() < SHRUNK_DATA_MAX);
            shown.extend(Shown::new(found_as, difference, data, laboratory)?);
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(shown)
}

/// A bar that tells how far it is.
fn bar(what: &'static str, steps: u64) -> ProgressBar {
    let bar = ProgressBar::new(steps).with_message(what);
    if let Ok(style) = ProgressStyle::with_template("{msg:9} {wide_bar} {pos}/{len} {eta}") {
        bar.set_style(style);
    }
    bar
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read() {
        assert_eq!(numbers("3.5.3+ds1"), (3, 5, 3));
        assert_eq!((numbers("v2.53.0-rc.1"), numbers("devel")), ((2, 53, 0), (0, 0, 0)));
    }
}
