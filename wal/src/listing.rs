//! What a log's directory holds, in the order of replay.

use std::path::{Path, PathBuf};

use emberdb_env::Env;

use crate::error::WalError;
use crate::segment::{Segment, parse_segment_name};

const CHECKPOINT_PREFIX: &str = "checkpoint.";

/// A log's newest checkpoint and its segments.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct WalListing {
    /// The log's directory.
    pub dir: PathBuf,
    /// The newest checkpoint: replaces the segments up to its number, and is replayed first.
    pub checkpoint: Option<Checkpoint>,
    /// All segments, by number, without gaps; also those that the checkpoint replaces but that were not removed yet.
    pub segments: Vec<Segment>,
}

/// A checkpoint: what is still needed of the segments up to a number, in a directory of segments of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Checkpoint {
    /// The last segment that it replaces.
    pub last_segment: u32,
    /// Its directory.
    pub dir: PathBuf,
    /// Its segments, numbered from 0.
    pub segments: Vec<Segment>,
}

impl WalListing {
    /// Lists a log. A directory that does not exist is an empty log.
    ///
    /// # Errors
    /// When the directory cannot be read, or segments are missing between others or after the checkpoint.
    pub fn read(env: &Env, dir: &Path) -> Result<Self, WalError> {
        if !env.fs().exists(dir)? {
            return Ok(Self { dir: dir.to_path_buf(), checkpoint: None, segments: Vec::new() });
        }
        let segments = list_segments(env, dir)?;
        let checkpoint = list_checkpoint(env, dir)?;
        if let (Some(checkpoint), Some(first)) = (&checkpoint, segments.first())
            && first.number > checkpoint.last_segment.saturating_add(1)
        {
            return Err(WalError::SegmentGap {
                dir: dir.to_path_buf(),
                missing_first: checkpoint.last_segment + 1,
                missing_last: first.number - 1,
            });
        }
        Ok(Self { dir: dir.to_path_buf(), checkpoint, segments })
    }

    /// The segments that are replayed after the checkpoint.
    #[must_use]
    pub fn segments_to_replay(&self) -> &[Segment] {
        let Some(checkpoint) = &self.checkpoint else { return &self.segments };
        let replaced = self.segments.partition_point(|segment| segment.number <= checkpoint.last_segment);
        self.segments.get(replaced..).unwrap_or_default()
    }

    /// The number for the next new segment.
    ///
    /// # Errors
    /// When there is none.
    pub(crate) fn next_number(&self) -> Result<u32, WalError> {
        // A checkpoint without segments after it: a new segment must not be taken for one that it replaces.
        let last = self.segments.last().map(|segment| segment.number);
        match last.max(self.checkpoint.as_ref().map(|checkpoint| checkpoint.last_segment)) {
            None => Ok(0),
            Some(last) => last.checked_add(1).ok_or(WalError::SegmentsExhausted { last }),
        }
    }
}

/// The segments in a directory, by number, without gaps.
fn list_segments(env: &Env, dir: &Path) -> Result<Vec<Segment>, WalError> {
    let entries = env.fs().read_dir(dir)?;
    let mut numbers: Vec<u32> = entries
        .iter()
        .filter(|entry| !entry.is_dir)
        .filter_map(|entry| parse_segment_name(&entry.name))
        .collect();
    // The names are sorted as text, which differs beyond eight digits.
    numbers.sort_unstable();
    for pair in numbers.windows(2) {
        if let [previous, next] = *pair
            && next != previous + 1
        {
            return Err(WalError::SegmentGap {
                dir: dir.to_path_buf(),
                missing_first: previous + 1,
                missing_last: next - 1,
            });
        }
    }
    Ok(numbers.into_iter().map(|number| Segment::new(dir, number)).collect())
}

/// The newest checkpoint. One that is being written has another name and is left alone.
fn list_checkpoint(env: &Env, dir: &Path) -> Result<Option<Checkpoint>, WalError> {
    let entries = env.fs().read_dir(dir)?;
    let newest = entries
        .iter()
        .filter(|entry| entry.is_dir)
        .filter_map(|entry| {
            let digits = entry.name.strip_prefix(CHECKPOINT_PREFIX)?;
            if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
                return None;
            }
            Some((digits.parse::<u32>().ok()?, &entry.name))
        })
        .max();
    let Some((last_segment, name)) = newest else { return Ok(None) };
    let checkpoint_dir = dir.join(name);
    let segments = list_segments(env, &checkpoint_dir)?;
    Ok(Some(Checkpoint { last_segment, dir: checkpoint_dir, segments }))
}
