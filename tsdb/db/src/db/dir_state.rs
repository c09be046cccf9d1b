//! What of a directory changes when its writer moves samples from one file to another.

use std::path::{Path, PathBuf};

use emberdb_env::{DirEntry, Env, FsResult};
use emberdb_tsdb_block::Ulid;

use super::{WAL_DIR, WBL_DIR};
use crate::error::OpenError;

/// Which blocks there are, and where the logs begin. Who reads blocks first and the log later has seen all samples if this was the same
/// before and after: a writer takes samples out of the log only after the block with them is there, and removes blocks only after the one
/// that replaces them is.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct DirState(Vec<PathBuf>);

impl DirState {
    pub(super) fn read(env: &Env, dir: &Path) -> FsResult<Self> {
        let mut names = Vec::new();
        let is_block = |entry: &DirEntry| entry.is_dir && Ulid::from_string(&entry.name).is_ok();
        names.extend(env.fs().read_dir(dir)?.into_iter().filter(is_block).map(|entry| dir.join(entry.name)));
        for log in [WAL_DIR, WBL_DIR].map(|name| dir.join(name)) {
            if !env.fs().exists(&log)? {
                continue;
            }
            // The name of a checkpoint that is being written has an ending. Segments are added all the time.
            let mut numbered = env.fs().read_dir(&log)?;
            numbered.retain(|entry| entry.name.ends_with(|last: char| last.is_ascii_digit()));
            let checkpoints = numbered.iter().filter(|entry| entry.is_dir);
            let first_segment = numbered.iter().find(|entry| !entry.is_dir);
            names.extend(checkpoints.chain(first_segment).map(|entry| log.join(&entry.name)));
        }
        Ok(Self(names))
    }

    /// # Errors
    /// [`OpenError::Changed`] if it is another one now.
    pub(super) fn check(&self, env: &Env, dir: &Path) -> Result<(), OpenError> {
        if *self == Self::read(env, dir)? {
            return Ok(());
        }
        Err(OpenError::Changed { dir: dir.to_path_buf() })
    }
}
