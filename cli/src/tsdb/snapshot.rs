//! `ember tsdb snapshot`.

use std::path::PathBuf;

use clap::Args;
use emberdb::Env;

use super::directory::{block_dirs, open_to_read};
use crate::Outcome;

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
    let db = open_to_read(&env, &args.dir)?;
    db.snapshot(&args.out, !args.skip_head)?;
    let blocks = block_dirs(&env, &args.out)?.len();
    outln!("{}: {blocks} blocks", args.out.display())?;
    Ok(())
}
