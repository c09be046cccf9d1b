//! `ember tsdb compact`.

use std::path::{Path, PathBuf};

use clap::Args;
use emberdb::{BlockMeta, CompactionReport, Env};

use super::directory::{block_bytes, open_to_write};
use crate::Outcome;
use crate::output::{BlockTable, Units};

/// Arguments of `ember tsdb compact`.
#[derive(Args)]
pub(super) struct CompactArgs {
    /// The data directory. No other program may have it open.
    dir: PathBuf,
    /// Print dates and units instead of milliseconds and bytes.
    #[arg(short = 'r', long)]
    human_readable: bool,
}

pub(super) fn run(args: &CompactArgs) -> Outcome {
    let env = Env::real();
    let units = Units::new(args.human_readable);
    let db = open_to_write(&env, &args.dir)?;
    let report = db.maintain()?;
    let kept = db.blocks();
    // A block out of the head may have been made part of a larger one at once.
    let is_kept = |meta: &BlockMeta| kept.iter().any(|other| other.ulid == meta.ulid);
    print_blocks(&env, &args.dir, units, "written out of the head", &report.blocks_from_head, is_kept)?;
    print_blocks(&env, &args.dir, units, "made of other blocks", &report.blocks_from_blocks, is_kept)?;
    db.close()?;
    outln!("{}", summary(&report, kept.len()))?;
    Ok(())
}

fn print_blocks(
    env: &Env,
    dir: &Path,
    units: Units,
    heading: &str,
    metas: &[BlockMeta],
    is_kept: impl Fn(&BlockMeta) -> bool,
) -> Outcome {
    if metas.is_empty() {
        return Ok(());
    }
    let mut table = BlockTable::new(units);
    for meta in metas {
        table.push(meta, if is_kept(meta) { block_bytes(env, dir, meta)? } else { 0 });
    }
    outln!("{heading}:\n{table}")?;
    Ok(())
}

fn summary(report: &CompactionReport, blocks: usize) -> String {
    let CompactionReport { blocks_from_head, blocks_from_blocks, blocks_expired, .. } = report;
    let log = if report.log_truncated { ", shortened the log" } else { "" };
    let expired = match blocks_expired.len() {
        0 => String::new(),
        expired => format!(", removed {expired} blocks that were too old"),
    };
    format!(
        "wrote {} blocks out of the head and {} of other blocks, moved {} chunks into files{log}{expired}; \
         there are {blocks} blocks now",
        blocks_from_head.len(),
        blocks_from_blocks.len(),
        report.chunks_offloaded,
    )
}
