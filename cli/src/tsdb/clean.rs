//! `ember tsdb clean`.

use std::path::PathBuf;

use clap::Args;
use emberdb::Env;

use super::directory::{block_bytes, open_to_write};
use crate::Outcome;
use crate::output::{BlockTable, Units};

/// Arguments of `ember tsdb clean`.
#[derive(Args)]
pub(super) struct CleanArgs {
    /// The data directory. No other program may have it open.
    dir: PathBuf,
    /// Print dates and units instead of milliseconds and bytes.
    #[arg(short = 'r', long)]
    human_readable: bool,
}

pub(super) fn run(args: &CleanArgs) -> Outcome {
    let env = Env::real();
    let db = open_to_write(&env, &args.dir)?;
    let before = db.blocks();
    let written = db.clean_tombstones()?;
    let after = db.blocks();
    let replaced = before.iter().filter(|old| !after.iter().any(|kept| kept.ulid == old.ulid)).count();
    let mut table = BlockTable::new(Units::new(args.human_readable));
    for meta in &written {
        table.push(meta, block_bytes(&env, &args.dir, meta)?);
    }
    db.close()?;
    if replaced == 0 {
        outln!("nothing is deleted of any block")?;
        return Ok(());
    }
    if !written.is_empty() {
        out!("{table}")?;
    }
    outln!("{replaced} blocks were replaced by {}", written.len())?;
    Ok(())
}
