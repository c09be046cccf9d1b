//! Blocks.

use std::path::PathBuf;

use emberdb::BlockStats;
use emberdb_env::Env;
use emberdb_tsdb_block::{Block, Ulid};

use super::findings::Findings;

/// Reads blocks to their ends. Says whether all could be opened.
pub(super) fn verify(env: &Env, dirs: &[PathBuf], findings: &mut Findings) -> bool {
    let (mut opened, mut gone, mut total) = (0, 0, BlockStats::default());
    for dir in dirs {
        findings.begin(dir.display());
        let block = match Block::open(env, dir) {
            Ok(block) => block,
            // The program that writes the directory has made others of it.
            Err(_) if !env.fs().exists(dir).unwrap_or(true) => {
                gone += 1;
                continue;
            }
            Err(error) => {
                findings.problem(error);
                continue;
            }
        };
        let name = dir.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let ulid = block.meta().ulid.to_string();
        // What is named otherwise is a copy that somebody made.
        if Ulid::from_string(&name).is_ok() && name != ulid {
            findings.problem(format_args!("{}: the meta says that it is {ulid}", dir.display()));
        }
        block.verify(&mut |error| findings.problem(error));
        opened += 1;
        add(&mut total, block.meta().stats);
    }
    if !dirs.is_empty() {
        let BlockStats { num_samples, num_chunks, num_series, num_tombstones, .. } = total;
        findings.checked(format!(
            "{opened} of {} blocks: {num_samples} samples in {num_chunks} chunks of {num_series} series, \
             {num_tombstones} deleted ranges",
            dirs.len() - gone
        ));
    }
    opened + gone == dirs.len()
}

fn add(total: &mut BlockStats, stats: BlockStats) {
    total.num_samples = total.num_samples.saturating_add(stats.num_samples);
    total.num_chunks = total.num_chunks.saturating_add(stats.num_chunks);
    total.num_series = total.num_series.saturating_add(stats.num_series);
    total.num_tombstones = total.num_tombstones.saturating_add(stats.num_tombstones);
}
