//! What a log's directory holds, in the order of replay.

use std::path::{Path, PathBuf};

use emberdb_env::Env;

use crate::error::WalError;
use crate::part::Part;
use crate::reader::WalReader;
use crate::record::RecordKind;
use crate::record::floor::decode_floor;
use crate::segment::{Segment, parse_segment_name};

const CHECKPOINT_PREFIX: &str = "checkpoint.";

/// What the name of a checkpoint ends with that is not complete.
const UNFINISHED_SUFFIX: &str = ".tmp";

/// A log's newest checkpoint and its segments.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct WalListing {
    /// The log's directory.
    pub dir: PathBuf,
    /// The newest checkpoint: replaces the segments up to its number, and is replayed first.
    pub checkpoint: Option<Checkpoint>,
    /// All segments, by number; also those that the checkpoint replaces but that were not removed yet. Those that are
    /// replayed have no gaps between them.
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
        let checkpoint = newest_checkpoint(env, dir)?;
        let segments = list_segments(env, dir)?;
        let listing = Self { dir: dir.to_path_buf(), checkpoint, segments };
        let replaced = listing.checkpoint.as_ref().map(|checkpoint| checkpoint.last_segment);
        refuse_gaps(dir, replaced, listing.segments_to_replay())?;
        Ok(listing)
    }

    /// How much of the disk the checkpoint and the segments take, in bytes.
    ///
    /// # Errors
    /// When the system cannot say, as of one that was removed since it was listed.
    pub fn bytes(&self, env: &Env) -> Result<u64, WalError> {
        let checkpoint = self.checkpoint.iter().flat_map(|checkpoint| &checkpoint.segments);
        let segments = checkpoint.chain(&self.segments);
        segments.map(|segment| Ok(env.fs().file_len(&segment.path)?)).sum()
    }

    /// Before which time, in milliseconds since the Unix epoch, the log is done with samples in order: they are in blocks, or
    /// nowhere. The smallest time there is where the log does not say, as without a checkpoint, or after one of upstream.
    ///
    /// # Errors
    /// When the checkpoint's first record cannot be read.
    pub fn floor_ms(&self, env: &Env) -> Result<i64, WalError> {
        let Some(checkpoint) = &self.checkpoint else { return Ok(i64::MIN) };
        let listing =
            Self { dir: self.dir.clone(), checkpoint: Some(checkpoint.clone()), segments: Vec::new() };
        let mut reader = WalReader::new(env, &listing);
        match reader.next_record()? {
            Some(first) if first.kind() == Some(RecordKind::Floor) => Ok(decode_floor(first.data)?),
            _ => Ok(i64::MIN),
        }
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

impl Checkpoint {
    /// Its segments, to be read in this order.
    pub(crate) fn parts(&self) -> impl Iterator<Item = Part> {
        self.segments.iter().map(|segment| Part {
            segment: segment.clone(),
            dir: self.dir.clone(),
            in_checkpoint: true,
            is_log_end: false,
        })
    }
}

/// The name of the checkpoint that replaces the segments up to `last`.
pub(crate) fn checkpoint_name(last: u32) -> String {
    format!("{CHECKPOINT_PREFIX}{last:08}")
}

/// The name that it has until it is complete.
pub(crate) fn unfinished_checkpoint_name(last: u32) -> String {
    checkpoint_name(last) + UNFINISHED_SUFFIX
}

/// The checkpoints in a directory as (last segment, name), the newest one last. One that is being written has another
/// name and is left alone.
pub(crate) fn list_checkpoints(env: &Env, dir: &Path) -> Result<Vec<(u32, String)>, WalError> {
    let entries = env.fs().read_dir(dir)?;
    let number = |name: &str| {
        let digits = name.strip_prefix(CHECKPOINT_PREFIX)?;
        if digits.bytes().all(|byte| byte.is_ascii_digit()) { digits.parse().ok() } else { None }
    };
    let dirs = entries.into_iter().filter(|entry| entry.is_dir);
    let mut checkpoints: Vec<_> = dirs.filter_map(|entry| Some((number(&entry.name)?, entry.name))).collect();
    checkpoints.sort();
    Ok(checkpoints)
}

/// The directories of checkpoints that were never completed.
pub(crate) fn list_unfinished_checkpoints(env: &Env, dir: &Path) -> Result<Vec<PathBuf>, WalError> {
    let is_unfinished = |name: &str| name.starts_with(CHECKPOINT_PREFIX) && name.ends_with(UNFINISHED_SUFFIX);
    let dirs = env.fs().read_dir(dir)?.into_iter().filter(|entry| entry.is_dir);
    Ok(dirs.filter(|entry| is_unfinished(&entry.name)).map(|entry| dir.join(entry.name)).collect())
}

fn newest_checkpoint(env: &Env, dir: &Path) -> Result<Option<Checkpoint>, WalError> {
    let Some((last_segment, name)) = list_checkpoints(env, dir)?.pop() else { return Ok(None) };
    let checkpoint_dir = dir.join(name);
    let segments = list_segments(env, &checkpoint_dir)?;
    refuse_gaps(&checkpoint_dir, None, &segments)?;
    Ok(Some(Checkpoint { last_segment, dir: checkpoint_dir, segments }))
}

/// The segments in a directory, by number.
fn list_segments(env: &Env, dir: &Path) -> Result<Vec<Segment>, WalError> {
    let entries = env.fs().read_dir(dir)?;
    let mut numbers: Vec<u32> = entries
        .iter()
        .filter(|entry| !entry.is_dir)
        .filter_map(|entry| parse_segment_name(&entry.name))
        .collect();
    // The names are sorted as text, which differs beyond eight digits.
    numbers.sort_unstable();
    Ok(numbers.into_iter().map(|number| Segment::new(dir, number)).collect())
}

/// Refuses segments with a number missing between them, or after `previous`. Replaced segments are not asked about: their
/// removal may have been interrupted anywhere.
fn refuse_gaps(dir: &Path, mut previous: Option<u32>, segments: &[Segment]) -> Result<(), WalError> {
    for segment in segments {
        if let Some(previous) = previous
            && segment.number - previous > 1
        {
            return Err(WalError::SegmentGap {
                dir: dir.to_path_buf(),
                missing_first: previous + 1,
                missing_last: segment.number - 1,
            });
        }
        previous = Some(segment.number);
    }
    Ok(())
}
