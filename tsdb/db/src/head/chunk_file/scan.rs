//! What the files hold when a database is opened.

use std::path::{Path, PathBuf};

use bytes::Bytes;
use emberdb_env::{Env, FsResult};
use emberdb_tsdb_chunk::{Encoding, samples_in};

use super::entry::Entry;
use super::files::ChunkDiskRef;
use super::{FILE_HEADER, file_name};

/// A chunk that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StoredChunk {
    pub(crate) place: ChunkDiskRef,
    /// The series, as the log names it.
    pub(crate) wal_ref: u64,
    pub(crate) min_ms: i64,
    pub(crate) max_ms: i64,
    pub(crate) encoding: Encoding,
    pub(crate) is_out_of_order: bool,
    pub(crate) samples: u16,
}

/// All that could be read.
#[derive(Debug, Default)]
pub(crate) struct Scan {
    /// In the order in which they were written.
    pub(crate) chunks: Vec<StoredChunk>,
    /// The files, their content, and the time of the newest sample in each.
    pub(super) files: Vec<(u32, Bytes, i64)>,
    /// The first thing that cannot be read: it and all that was written later is not in `chunks`.
    pub(crate) damage: Option<Damage>,
}

/// Where reading ended.
#[derive(Debug)]
pub(crate) struct Damage {
    /// Where and why, in words.
    pub(crate) message: String,
    /// This file and all after it.
    pub(super) from_number: u32,
}

impl Scan {
    /// Reads all files of a folder. A folder that does not exist holds none.
    pub(crate) fn read(env: &Env, dir: &Path) -> FsResult<Self> {
        let mut scan = Self::default();
        if !env.fs().exists(dir)? {
            return Ok(scan);
        }
        let mut expected = None;
        for (number, path) in list(env, dir)? {
            let found = match expected {
                Some(expected) if expected != number => {
                    Err(format!("file {} is missing", file_name(expected)))
                }
                _ => scan.read_file(number, env.fs().map(&path)?),
            };
            if let Err(reason) = found {
                let message = format!("{}: {reason}", path.display());
                scan.damage = Some(Damage { message, from_number: number });
                break;
            }
            expected = number.checked_add(1);
        }
        Ok(scan)
    }

    fn read_file(&mut self, number: u32, bytes: Bytes) -> Result<(), String> {
        let header = bytes.get(..FILE_HEADER.len()).unwrap_or(&bytes);
        // The last file may have been created just before the end.
        let is_new = header.iter().all(|&byte| byte == 0);
        if header != FILE_HEADER && !is_new {
            return Err(format!("header {header:02x?}, expected {FILE_HEADER:02x?}"));
        }
        let first = self.chunks.len();
        let mut at = if is_new { bytes.len() } else { FILE_HEADER.len() };
        let mut newest_ms = i64::MIN;
        while let Some(rest) = bytes.get(at..) {
            let entry = match Entry::decode(rest) {
                Ok(Some(entry)) => entry,
                Ok(None) => break,
                Err(error) => {
                    // What was read of this file goes with it, as the file will.
                    self.chunks.truncate(first);
                    return Err(format!("offset {at}: {error}"));
                }
            };
            let samples = samples_in(entry.encoding, entry.chunk);
            if let (Some(place), Ok(samples)) = (ChunkDiskRef::new(number, at), samples) {
                newest_ms = newest_ms.max(entry.max_ms);
                self.chunks.push(StoredChunk {
                    place,
                    wal_ref: entry.wal_ref,
                    min_ms: entry.min_ms,
                    max_ms: entry.max_ms,
                    encoding: entry.encoding,
                    is_out_of_order: entry.is_out_of_order,
                    samples,
                });
            }
            at += entry.entry_bytes;
        }
        self.files.push((number, bytes, newest_ms));
        Ok(())
    }
}

/// The files in a folder, by number.
pub(super) fn list(env: &Env, dir: &Path) -> FsResult<Vec<(u32, PathBuf)>> {
    let entries = env.fs().read_dir(dir)?;
    let mut files: Vec<(u32, PathBuf)> = entries
        .iter()
        .filter(|entry| !entry.is_dir && entry.name.bytes().all(|byte| byte.is_ascii_digit()))
        .filter_map(|entry| Some((entry.name.parse().ok()?, dir.join(&entry.name))))
        .collect();
    files.sort_unstable();
    Ok(files)
}
