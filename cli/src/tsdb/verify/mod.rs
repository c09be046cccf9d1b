//! `ember tsdb verify`: reads everything and says what is wrong.
//!
//! - [`blocks`]: meta, index, chunks, tombstones.
//! - [`log`]: segments and checkpoints, record by record.
//! - [`head`]: what is in no block: finished chunks in files, and all samples that a replay restores.
//! - [`findings`]: what was found, told while it goes on.

mod blocks;
mod findings;
mod head;
mod log;

use std::path::{Path, PathBuf};

use clap::Args;
use emberdb::Env;
use emberdb_tsdb_block::META_FILE;

use super::directory::{WAL_DIR, block_dirs};
use crate::Outcome;
use findings::Findings;
use log::Depth;

/// The log of samples that came out of order.
const OUT_OF_ORDER_LOG_DIR: &str = "wbl";

/// What the names of copies of the head begin with that Prometheus writes when it ends: folders laid out as a log.
const HEAD_COPY_PREFIX: &str = "chunk_snapshot.";

/// Arguments of `ember tsdb verify`.
#[derive(Args)]
pub(super) struct VerifyArgs {
    /// The data directory, of emberdb or of Prometheus, or the folder of one block. It is only read.
    dir: PathBuf,
}

pub(super) fn run(args: &VerifyArgs) -> Outcome {
    let env = Env::real();
    let dir = &args.dir;
    if !env.fs().exists(dir)? {
        return Err(format!("{} is not there", dir.display()).into());
    }
    if env.fs().exists(&dir.join(META_FILE))? {
        let mut findings = Findings::new(1)?;
        blocks::verify(&env, std::slice::from_ref(dir), &mut findings);
        return findings.finish();
    }
    let block_dirs: Vec<PathBuf> = block_dirs(&env, dir)?.into_iter().map(|(_, path)| path).collect();
    let logs = logs(&env, dir)?;
    if block_dirs.is_empty() && logs.is_empty() {
        return Err(format!("{} holds no database: neither a log nor a block", dir.display()).into());
    }
    let mut findings = Findings::new(block_dirs.len() + logs.len() + 1)?;
    let are_whole = blocks::verify(&env, &block_dirs, &mut findings);
    for (path, depth) in &logs {
        log::verify(&env, path, *depth, &mut findings);
    }
    head::verify(&env, dir, are_whole, &mut findings)?;
    findings.finish()
}

/// All folders that are laid out as a log, and how far their records are understood.
fn logs(env: &Env, dir: &Path) -> Result<Vec<(PathBuf, Depth)>, emberdb_env::FsError> {
    let names = env.fs().read_dir(dir)?.into_iter().filter(|entry| entry.is_dir).map(|entry| entry.name);
    let depth = |name: &str| match name {
        WAL_DIR | OUT_OF_ORDER_LOG_DIR => Some(Depth::Content),
        name if name.starts_with(HEAD_COPY_PREFIX) => Some(Depth::Checksums),
        _ => None,
    };
    Ok(names.filter_map(|name| Some((dir.join(&name), depth(&name)?))).collect())
}
