//! `ember import`: text files become blocks.

use std::path::{Path, PathBuf};

use bytes::Bytes;
use clap::Args;
use emberdb::scrape::{Entry, OpenMetricsParser, Series};
use emberdb::{BlockMeta, Env, Labels, TimeRange, Tsdb, TsdbOptions};
use emberdb_model::LabelsBuilder;
use emberdb_tsdb_block::{HINT_OUT_OF_ORDER, MergeOptions, SampleBlockBuilder, new_ulid};
use indicatif::{ProgressBar, ProgressStyle};

use crate::Outcome;
use crate::output::{BlockTable, Units};
use crate::tsdb::{block_bytes, holds_database};

/// How long a block is. Its range begins at a multiple of that.
const BLOCK_MS: i64 = 2 * 60 * 60 * 1000;

/// The file whose lock says that a directory is in use.
const LOCK_FILE: &str = "lock";

/// Arguments of `ember import`.
#[derive(Args)]
pub(crate) struct ImportArgs {
    /// Files in the OpenMetrics text format. Each sample has a timestamp, and a file ends with `# EOF`.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The data directory, which is created if it does not exist. No other program may have it open.
    #[arg(long, value_name = "DIR")]
    into: PathBuf,
    /// A label that all series get, in place of one of the same name. May be given several times.
    #[arg(long = "label", value_name = "NAME=VALUE", value_parser = parse_label)]
    labels: Vec<(String, String)>,
    /// Print dates and units instead of milliseconds and bytes.
    #[arg(short = 'r', long)]
    human_readable: bool,
}

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// A file in memory that the system reads when it is looked at.
struct Input {
    path: PathBuf,
    bytes: Bytes,
}

pub(crate) fn run(args: &ImportArgs) -> Outcome {
    let env = Env::real();
    let mut inputs = Vec::new();
    for path in &args.files {
        inputs.push(Input { path: path.clone(), bytes: env.fs().map(path)? });
    }
    // All is read once before anything is written: a mistake in the last line leaves no blocks behind.
    let Some(range) = time_range(&inputs)? else { return Err("there is no sample in what was given".into()) };
    env.fs().create_dir_all(&args.into)?;
    let lock = env.fs().lock_exclusive(&args.into.join(LOCK_FILE));
    let _lock = lock.map_err(|error| in_use(&args.into, error))?;
    let head_from_ms = head_from_ms(&env, &args.into)?;

    let mut table = BlockTable::new(Units::new(args.human_readable));
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} ranges of two hours, {elapsed}")?;
    let windows = range.max_ms.div_euclid(BLOCK_MS) - range.min_ms.div_euclid(BLOCK_MS) + 1;
    let progress = ProgressBar::new(windows.unsigned_abs()).with_style(style);
    let (mut added, mut stored) = (0, 0);
    let mut next_ms = Some(range.min_ms);
    while let Some(start_ms) = next_ms.and_then(block_start) {
        let window = TimeRange::new(start_ms, start_ms + BLOCK_MS - 1);
        let (builder, later_ms) = gather(&inputs, window, &args.labels)?;
        added += builder.len() as u64;
        if let Some(meta) = write_block(&env, &args.into, &builder, window, head_from_ms)? {
            stored += meta.stats.num_samples;
            table.push(&meta, block_bytes(&env, &args.into, &meta)?);
        }
        next_ms = later_ms;
        let done = next_ms.map_or(windows, |ms| ms.div_euclid(BLOCK_MS) - range.min_ms.div_euclid(BLOCK_MS));
        progress.set_position(done.unsigned_abs());
    }
    progress.finish_and_clear();
    out!("{table}")?;
    outln!("stored {stored} samples{}", repeated(added - stored))?;
    Ok(())
}

fn repeated(samples: u64) -> String {
    match samples {
        0 => String::new(),
        samples => format!("; left out {samples} that had the series and the time of an earlier one"),
    }
}

/// Calls `found` with each sample and its time in milliseconds.
fn each_sample<'a>(input: &'a Input, mut found: impl FnMut(&Series<'a>, i64) -> Outcome) -> Outcome {
    for entry in OpenMetricsParser::new(&input.bytes) {
        let entry = entry.map_err(|error| format!("{}:{error}", input.path.display()))?;
        if let Entry::Series(series) = entry {
            let Some(t_ms) = series.timestamp_ms else {
                return Err(refusal(input, &series, "has no timestamp, and each needs one"));
            };
            found(&series, t_ms)?;
        }
    }
    Ok(())
}

/// What is wrong with a sample of a file.
fn refusal(input: &Input, series: &Series<'_>, what: &str) -> Box<dyn std::error::Error> {
    let metric = String::from_utf8_lossy(series.metric.text());
    format!("{}: a sample of {metric} {what}", input.path.display()).into()
}

/// When the block of a time begins; none if it would begin or end beyond all times.
fn block_start(t_ms: i64) -> Option<i64> {
    let start_ms = t_ms.div_euclid(BLOCK_MS).checked_mul(BLOCK_MS)?;
    start_ms.checked_add(BLOCK_MS).and(Some(start_ms))
}

/// From the first sample to the last. The block of each sample has a beginning and an end.
fn time_range(inputs: &[Input]) -> Result<Option<TimeRange>> {
    let mut range: Option<TimeRange> = None;
    for input in inputs {
        each_sample(input, |series, t_ms| {
            if block_start(t_ms).is_none() {
                return Err(refusal(
                    input,
                    series,
                    &format!("is of {t_ms} ms, a time that no block can hold"),
                ));
            }
            let here = TimeRange::new(t_ms, t_ms);
            range = Some(range.map_or(here, |range| range.union(&here)));
            Ok(())
        })?;
    }
    Ok(range)
}

/// The samples of a range, and the time of the first one behind it. The files are read anew for each range: so no more than two
/// hours of samples are in memory, however long the files are.
fn gather(
    inputs: &[Input],
    window: TimeRange,
    further: &[(String, String)],
) -> Result<(SampleBlockBuilder, Option<i64>)> {
    let (mut builder, mut later_ms) = (SampleBlockBuilder::new(), None);
    let mut pairs = LabelsBuilder::new();
    for input in inputs {
        // The samples of a series mostly stand in a row, so that labels need not be read for each.
        let mut last: Option<(&[u8], Labels)> = None;
        each_sample(input, |series, t_ms| {
            if !window.contains(t_ms) {
                if t_ms > window.max_ms {
                    later_ms = Some(later_ms.map_or(t_ms, |later: i64| later.min(t_ms)));
                }
                return Ok(());
            }
            let text = series.metric.text();
            if last.as_ref().is_none_or(|&(last_text, _)| last_text != text) {
                last = Some((text, labels(series, &mut pairs, further, input)?));
            }
            if let Some((_, labels)) = &last {
                builder.push(labels, t_ms, series.value);
            }
            Ok(())
        })?;
    }
    Ok((builder, later_ms))
}

fn labels(
    series: &Series<'_>,
    pairs: &mut LabelsBuilder,
    further: &[(String, String)],
    input: &Input,
) -> Result<Labels> {
    pairs.clear();
    series.metric.read_labels(pairs);
    for (name, value) in further {
        pairs.set(name, value);
    }
    pairs.build().map_err(|error| {
        let metric = String::from_utf8_lossy(series.metric.text()).into_owned();
        format!("{}: {metric}: {error}", input.path.display()).into()
    })
}

/// Writes what there is of a range as a block.
///
/// A block usually says that the log has nothing more to tell of the time up to its end. Where the head holds samples from before
/// that, the block is marked as one of late samples, which says nothing about others: else they would be lost.
fn write_block(
    env: &Env,
    dir: &Path,
    builder: &SampleBlockBuilder,
    window: TimeRange,
    head_from_ms: Option<i64>,
) -> Result<Option<BlockMeta>> {
    let mut meta = BlockMeta::new(new_ulid(env), window.min_ms, window.max_ms.saturating_add(1));
    if head_from_ms.is_some_and(|head_from_ms| head_from_ms <= window.max_ms) {
        meta.compaction.hints.push(HINT_OUT_OF_ORDER.to_owned());
    }
    Ok(builder.write(env, dir, meta, MergeOptions::default())?)
}

/// The time of the oldest sample that is in the directory's log and in no block.
fn head_from_ms(env: &Env, dir: &Path) -> Result<Option<i64>> {
    if !holds_database(env, dir)? {
        return Ok(None);
    }
    let db = Tsdb::open_read_only(env, dir, TsdbOptions::default())?;
    Ok(db.stats().time_range_ms.map(|(oldest_ms, _)| oldest_ms))
}

fn in_use(dir: &Path, error: emberdb_env::FsError) -> Box<dyn std::error::Error> {
    if !error.is_locked() {
        return error.into();
    }
    format!(
        "{} is in use: stop the program that has it open, which would not see the new blocks",
        dir.display()
    )
    .into()
}

fn parse_label(text: &str) -> std::result::Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("expected NAME=VALUE".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(text: &'static str) -> Input {
        Input { path: "a.om".into(), bytes: Bytes::from_static(text.as_bytes()) }
    }

    #[test]
    fn samples_are_gathered_range_by_range() {
        let inputs =
            [input("a{x=\"1\"} 1 7200\na{x=\"1\"} 2 7199.999\n# EOF\n"), input("a 4 20000\nb 3 -1\n# EOF\n")];
        assert_eq!(time_range(&inputs).unwrap(), Some(TimeRange::new(-1_000, 20_000_000)));
        let gathered = |first_ms: i64| {
            let (builder, later_ms) =
                gather(&inputs, TimeRange::new(first_ms, first_ms + BLOCK_MS - 1), &[]).unwrap();
            (builder.len(), later_ms)
        };
        assert_eq!(gathered(-BLOCK_MS), (1, Some(7_199_999)));
        assert_eq!(gathered(0), (1, Some(7_200_000)));
        assert_eq!(gathered(BLOCK_MS), (1, Some(20_000_000)));
        assert_eq!(gathered(2 * BLOCK_MS), (1, None));
        assert_eq!(time_range(&[input("# EOF\n")]).unwrap(), None);
    }

    #[test]
    fn what_cannot_be_imported_is_named() {
        let error = time_range(&[input("a{x=\"1\"} 1\n# EOF\n")]).unwrap_err().to_string();
        assert_eq!(error, "a.om: a sample of a{x=\"1\"} has no timestamp, and each needs one");
        for far in ["1e300", "-9223372036854775", "9223372036854775"] {
            let text = format!("a 1 {far}\n# EOF\n");
            let input = Input { path: "a.om".into(), bytes: Bytes::from(text) };
            let error = time_range(&[input]).unwrap_err().to_string();
            assert!(error.ends_with("a time that no block can hold"), "{error}");
        }
        let error = time_range(&[input("a 1 1\nb x 1\n# EOF\n")]).unwrap_err().to_string();
        assert!(error.starts_with("a.om:2:3: expected"), "{error}");
        assert!(parse_label("=x").is_err() && parse_label("x").is_err());
    }

    #[test]
    fn labels_can_be_given_to_all() {
        let input = input("a{x=\"1\",y=\"2\"} 1 1\n# EOF\n");
        let further = [("x".to_owned(), "9".to_owned()), ("y".to_owned(), String::new())];
        let mut seen = Vec::new();
        each_sample(&input, |series, _| {
            seen.push(labels(series, &mut LabelsBuilder::new(), &further, &input)?.to_string());
            Ok(())
        })
        .unwrap();
        assert_eq!(seen, ["a{x=\"9\"}"]);
    }
}
