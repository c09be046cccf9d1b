//! `ember tsdb list`.

use std::path::{Path, PathBuf};

use clap::Args;
use emberdb::{Env, Tsdb};
use emberdb_wal::WalListing;

use super::directory::{WAL_DIR, block_bytes, open_to_read};
use crate::Outcome;
use crate::output::{BlockTable, Units};

/// Arguments of `ember tsdb list`.
#[derive(Args)]
pub(super) struct ListArgs {
    /// The data directory.
    dir: PathBuf,
    /// Print dates and units instead of milliseconds and bytes.
    #[arg(short = 'r', long)]
    human_readable: bool,
}

pub(super) fn run(args: &ListArgs) -> Outcome {
    let env = Env::real();
    let units = Units::new(args.human_readable);
    let db = open_to_read(&env, &args.dir)?;
    let mut table = BlockTable::new(units);
    for meta in db.blocks() {
        table.push(&meta, block_bytes(&env, &args.dir, &meta)?);
    }
    out!("{table}")?;
    outln!("{}", head_line(&env, &args.dir, &db, units)?)?;
    Ok(())
}

/// What is in no block yet.
fn head_line(env: &Env, dir: &Path, db: &Tsdb, units: Units) -> Result<String, Box<dyn std::error::Error>> {
    let stats = db.stats();
    let when = match stats.time_range_ms {
        Some((oldest, newest)) => format!(" from {} to {}", units.time(oldest), units.time(newest)),
        None => String::new(),
    };
    let log_bytes = WalListing::read(env, &dir.join(WAL_DIR))?.bytes(env)?;
    Ok(format!(
        "head: {} samples of {} series{when}; log: {}, finished chunks: {}",
        stats.samples,
        stats.series,
        in_bytes(units, log_bytes),
        in_bytes(units, stats.head_chunk_file_bytes),
    ))
}

fn in_bytes(units: Units, bytes: u64) -> String {
    let size = units.bytes(bytes);
    if units == Units::Exact { size + " bytes" } else { size }
}
