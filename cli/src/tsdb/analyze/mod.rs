//! `ember tsdb analyze`: what makes a block large.
//!
//! - [`census`]: counts the labels of series.
//! - [`report`]: what is told of it.

mod census;
mod report;

use std::path::PathBuf;

use clap::Args;
use emberdb::storage::Queryable;
use emberdb::{Env, Matcher, TimeRange};
use emberdb_model::{SampleColumns, SymbolTable};
use emberdb_tsdb_block::{Block, Ulid};

use super::directory::{block_dirs, open_to_read};
use crate::Outcome;
use crate::selector::{Selector, parse_selector};
use census::Census;
use report::Report;

/// What stands for the head where a block is named.
const HEAD: &str = "head";

/// Arguments of `ember tsdb analyze`.
#[derive(Args)]
pub(super) struct AnalyzeArgs {
    /// The data directory. It is only read.
    dir: PathBuf,
    /// The block's name, or `head` for what is in no block yet. Default: the newest block.
    block: Option<String>,
    /// At most so many lines a list.
    #[arg(long, default_value_t = 20)]
    limit: usize,
    /// Only series such as 'up{job="api"}'.
    #[arg(long = "match", value_name = "SELECTOR", value_parser = parse_selector)]
    selector: Option<Selector>,
}

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

pub(super) fn run(args: &AnalyzeArgs) -> Outcome {
    let env = Env::real();
    let matchers = args.selector.as_ref().map_or(&[][..], |selector| &selector.matchers);
    let mut report = match args.block.as_deref() {
        Some(HEAD) => of_head(&env, args, matchers)?,
        name => of_block(&open_block(&env, args, name)?, matchers)?,
    };
    report.selector = args.selector.as_ref().map(|selector| selector.text.clone());
    out!("{}", report.text(args.limit))?;
    Ok(())
}

/// The block of a name; the newest without one.
fn open_block(env: &Env, args: &AnalyzeArgs, name: Option<&str>) -> Result<Block> {
    let blocks = block_dirs(env, &args.dir)?;
    let dir = args.dir.display();
    let Some(name) = name else {
        let (_, newest) = blocks.last().ok_or_else(|| {
            format!("{dir} holds no block: `ember tsdb analyze {dir} {HEAD}` analyzes what is in none yet")
        })?;
        return Ok(Block::open(env, newest)?);
    };
    let wanted =
        Ulid::from_string(name).map_err(|_| format!("{name:?} names no block: give a ULID, or `{HEAD}`"))?;
    let found = blocks.iter().find(|(ulid, _)| *ulid == wanted);
    let (_, path) =
        found.ok_or_else(|| format!("{dir} holds no block {name}: `ember tsdb list {dir}` lists them"))?;
    Ok(Block::open(env, path)?)
}

fn of_block(block: &Block, matchers: &[Matcher]) -> Result<Report> {
    let (meta, index) = (block.meta(), block.index());
    let mut census = Census::new(meta.max_ms.saturating_sub(meta.min_ms));
    let (mut labels, mut chunks) = (Vec::new(), Vec::new());
    for entry in index.select(matchers)? {
        index.series(entry, &mut labels, &mut chunks)?;
        let range = chunks.first().zip(chunks.last()).map(|(first, last)| (first.min_ms, last.max_ms));
        census.add(labels.iter().copied(), range);
    }
    let mut report = Report::new(&census, |symbol| Ok(index.symbol(symbol)?.to_owned()))?;
    report.subject = format!("Block ID: {}", meta.ulid);
    report.series_total = meta.stats.num_series;
    Ok(report)
}

fn of_head(env: &Env, args: &AnalyzeArgs, matchers: &[Matcher]) -> Result<Report> {
    let db = open_to_read(env, &args.dir)?;
    let stats = db.stats();
    let (oldest_ms, newest_ms) =
        stats.time_range_ms.ok_or_else(|| format!("the head of {} holds no samples", args.dir.display()))?;
    let range = TimeRange::new(oldest_ms, newest_ms);
    let mut symbols = SymbolTable::new();
    let set = db.querier()?.select(matchers, range, &mut symbols)?;
    let mut census = Census::new(newest_ms.saturating_sub(oldest_ms));
    let mut samples = SampleColumns::new();
    for series in 0..set.len() {
        samples.clear();
        set.read(series, range, &mut samples)?;
        let labels = set.labels(series).iter().map(|label| (label.name, label.value));
        census.add(labels, covered(&samples));
    }
    let mut report = Report::new(&census, |symbol| Ok(symbols.resolve(symbol).to_owned()))?;
    "Head".clone_into(&mut report.subject);
    report.series_total = stats.series as u64;
    Ok(report)
}

/// The times of the first and of the last sample.
fn covered(samples: &SampleColumns) -> Option<(i64, i64)> {
    let (floats, histograms) = (&samples.timestamps, &samples.histograms.timestamps);
    let first = floats.first().into_iter().chain(histograms.first()).min()?;
    let last = floats.last().into_iter().chain(histograms.last()).max()?;
    Some((*first, *last))
}
