//! `ember tsdb snapshot`.

use std::path::PathBuf;

use clap::Args;
use emberdb::{BlockMeta, Env};

use super::directory::{block_dirs, open_to_read};
use crate::Outcome;

/// How often it is tried, if another program removes blocks meanwhile, of which it has made others.
const ATTEMPTS_MAX: usize = 10;

/// Arguments of `ember tsdb snapshot`.
#[derive(Args)]
pub(super) struct SnapshotArgs {
    /// The data directory. It is only read.
    dir: PathBuf,
    /// The folder for the copy, in the same file system; it must be new or empty.
    out: PathBuf,
    /// Copy blocks only, and leave out what is in none yet.
    #[arg(long)]
    skip_head: bool,
}

pub(super) fn run(args: &SnapshotArgs) -> Outcome {
    let env = Env::real();
    if env.fs().exists(&args.out)? && !env.fs().read_dir(&args.out)?.is_empty() {
        return Err(format!("{} is not empty: give a new folder", args.out.display()).into());
    }
    for attempt in 1.. {
        let db = open_to_read(&env, &args.dir)?;
        let Err(error) = db.snapshot(&args.out, !args.skip_head) else { break };
        // Half a copy is none, and would be in the way of the next one.
        let made = if env.fs().exists(&args.out)? { block_dirs(&env, &args.out)? } else { Vec::new() };
        for (_, block) in made {
            env.fs().remove_dir_all(&block)?;
        }
        let is_there = |block: &BlockMeta| env.fs().exists(&args.dir.join(block.ulid.to_string()));
        let mut are_there = true;
        for block in &db.blocks() {
            are_there &= is_there(block)?;
        }
        if are_there || attempt == ATTEMPTS_MAX {
            return Err(error.into());
        }
    }
    let blocks = block_dirs(&env, &args.out)?.len();
    outln!("{}: {blocks} blocks", args.out.display())?;
    Ok(())
}
