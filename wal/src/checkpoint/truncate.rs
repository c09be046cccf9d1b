//! Removes from a log what its checkpoint replaces.

use std::path::Path;

use emberdb_env::Env;

use crate::error::WalError;
use crate::listing::{WalListing, list_checkpoints, list_unfinished_checkpoints};

/// What was removed from a log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TruncateReport {
    /// The segments, by number.
    pub segments: Vec<u32>,
    /// Older checkpoints, by the last segment that they replaced.
    pub checkpoints: Vec<u32>,
}

/// Removes the segments up to `last`, the checkpoints before the newest one, and what is left of checkpoints that were
/// never completed. Nothing of it is replayed, so the log replays the same before, after, and if it is interrupted.
///
/// # Errors
/// [`WalError::NotReplaced`] when no checkpoint replaces the segments up to `last` (then nothing is removed), or when the
/// directory cannot be read or something cannot be removed; doing it again goes on where it ended.
pub fn truncate(env: &Env, dir: &Path, last: u32) -> Result<TruncateReport, WalError> {
    let listing = WalListing::read(env, dir)?;
    let newest = match &listing.checkpoint {
        Some(newest) if newest.last_segment >= last => newest,
        _ => return Err(WalError::NotReplaced { dir: dir.to_path_buf(), last }),
    };
    // The checkpoint may be there by the name that it got last before a crash: it must not vanish after the segments.
    env.fs().sync_dir(dir)?;

    let mut report = TruncateReport::default();
    // The first one first: wherever this ends, those that are left have no gaps.
    for segment in listing.segments.iter().take_while(|segment| segment.number <= last) {
        env.fs().remove_file(&segment.path)?;
        report.segments.push(segment.number);
    }
    for (last_segment, name) in list_checkpoints(env, dir)? {
        let path = dir.join(name);
        if path != newest.dir {
            env.fs().remove_dir_all(&path)?;
            report.checkpoints.push(last_segment);
        }
    }
    for unfinished in list_unfinished_checkpoints(env, dir)? {
        env.fs().remove_dir_all(&unfinished)?;
    }
    env.fs().sync_dir(dir)?;
    Ok(report)
}
