//! Cuts a log at its first corruption.

use std::fmt;
use std::path::{Path, PathBuf};

use emberdb_env::Env;

use crate::corruption::Corruption;
use crate::error::WalError;
use crate::listing::WalListing;
use crate::page::PAGE_BYTES;
use crate::segment::Segment;

/// What a repair kept and dropped; print it for the user.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RepairReport {
    /// The segment in which the corruption was.
    pub segment_path: PathBuf,
    /// How many bytes of that segment were kept: all before the corruption.
    pub kept_bytes: u64,
    /// How many bytes of that segment were dropped.
    pub dropped_bytes: u64,
    /// The later segments, which were dropped whole.
    pub dropped_segments: Vec<u32>,
    /// Their size in bytes.
    pub dropped_segments_bytes: u64,
}

/// Makes a log readable again: the segment of the corruption keeps all records before it; the rest of it and all later
/// segments are dropped, as upstream does, since later records may depend on the lost ones.
///
/// The log must not be open for writing. A crash during the repair leaves a log that needs the same repair again.
///
/// # Errors
/// When the corruption lies in a checkpoint, or a file cannot be read, written or removed.
pub fn repair(env: &Env, dir: &Path, corruption: &Corruption) -> Result<RepairReport, WalError> {
    if corruption.dir != dir {
        return Err(WalError::CheckpointCorrupt(Box::new(corruption.clone())));
    }
    let listing = WalListing::read(env, dir)?;
    let segment = Segment::new(dir, corruption.segment);
    let segment_bytes = env.fs().file_len(&segment.path)?;
    let kept_bytes = corruption.record_offset.min(segment_bytes);

    // First the part that is kept, under another name and durably. The damaged segment stays until the very end: as
    // long as it is there, the next start comes here again.
    let kept_path = dir.join(format!("{:08}.repair", corruption.segment));
    copy_prefix(env, &segment.path, kept_bytes, &kept_path)?;
    env.fs().sync_dir(dir)?;

    // Then the later segments, the last one first, so that no gap can be left.
    let mut dropped_segments = Vec::new();
    let mut dropped_segments_bytes = 0;
    for later in listing.segments.iter().rev().take_while(|later| later.number > corruption.segment) {
        dropped_segments_bytes += env.fs().file_len(&later.path)?;
        env.fs().remove_file(&later.path)?;
        dropped_segments.push(later.number);
    }
    dropped_segments.reverse();
    env.fs().sync_dir(dir)?;

    env.fs().rename(&kept_path, &segment.path)?;
    env.fs().sync_dir(dir)?;
    Ok(RepairReport {
        segment_path: segment.path,
        kept_bytes,
        dropped_bytes: segment_bytes - kept_bytes,
        dropped_segments,
        dropped_segments_bytes,
    })
}

impl fmt::Display for RepairReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kept_bytes, dropped_bytes, dropped_segments, dropped_segments_bytes, .. } = self;
        let path = self.segment_path.display();
        write!(f, "repaired {path}: kept its first {kept_bytes} bytes, dropped {dropped_bytes}")?;
        match dropped_segments.as_slice() {
            [] => Ok(()),
            [only] => write!(f, ", and segment {only:08} ({dropped_segments_bytes} bytes)"),
            [first, .., last] => {
                write!(f, ", and segments {first:08} to {last:08} ({dropped_segments_bytes} bytes)")
            }
        }
    }
}

/// How much is copied at once.
const COPY_BYTES: usize = 32 * PAGE_BYTES;

/// Writes the first `len` bytes of a file to another one, durably.
fn copy_prefix(env: &Env, from: &Path, len: u64, to: &Path) -> Result<(), WalError> {
    let source = env.fs().open_read(from)?;
    let target = env.fs().create(to)?;
    let mut buffer = vec![0; COPY_BYTES];
    let mut offset = 0;
    while offset < len {
        let piece_bytes = usize::try_from(len - offset).map_or(COPY_BYTES, |left| left.min(COPY_BYTES));
        let piece = buffer.get_mut(..piece_bytes).expect("a piece is at most the buffer");
        source.read_exact_at(piece, offset)?;
        target.write_all(piece)?;
        offset += piece_bytes as u64;
    }
    Ok(target.sync_all()?)
}
