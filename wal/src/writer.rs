//! Appends commits to a log.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use emberdb_env::{Env, File};

use crate::compression::{Compression, Compressor, RecordCompression};
use crate::error::WalError;
use crate::fragment::{HEADER_BYTES, append_fragments, append_padding};
use crate::group_sync::{GroupSync, SyncHandle, SyncPoint};
use crate::listing::WalListing;
use crate::page::{PAGE_BYTES, left_in_page};
use crate::record::RECORD_BYTES_MAX;
use crate::segment::{SEGMENT_BYTES_DEFAULT, Segment};

/// How a log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WalOptions {
    /// Size at which a segment is full, in bytes; a multiple of [`PAGE_BYTES`]. A record never spans segments, so one that
    /// is larger than a segment makes its segment larger.
    pub segment_bytes_max: u64,
    /// How records are compressed.
    pub compression: Compression,
}

impl Default for WalOptions {
    fn default() -> Self {
        Self { segment_bytes_max: SEGMENT_BYTES_DEFAULT, compression: Compression::default() }
    }
}

/// The writing end of a log.
///
/// A commit is in the system's hands when [`log`](Self::log) returns: it survives the end of this process, but
/// not a power cut, until the segment is full or [`sync`](Self::sync) or [`close`](Self::close) returned.
///
/// Committers that share a writer behind a lock need not hold the lock while the disk works: each takes a
/// [`sync_point`](Self::sync_point) after its commit, releases the lock, and waits for that point; one fsync serves all that wait.
/// A thread that makes the log durable every now and then uses [`sync_handle`](Self::sync_handle).
///
/// ```
/// use emberdb_env::Env;
/// use emberdb_wal::{WalOptions, WalWriter};
///
/// let env = Env::real();
/// let dir = env.fs().create_temp_dir("wal-commit")?;
/// let mut writer = WalWriter::open(&env, &dir, WalOptions::default())?;
/// writer.log(&[b"commit"])?;
/// let point = writer.sync_point();
/// // Here the lock on the writer, if there is one, is released.
/// point.wait_durable()?;
/// # env.fs().remove_dir_all(&dir)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// After a write or fsync that failed, what the disk holds is unknown, and a later fsync may report success for data that
/// is gone. So all further writes are refused, until the log is opened (and repaired) again.
#[derive(Debug)]
pub struct WalWriter {
    compressor: Compressor,
    active: ActiveSegment,
    /// What is written and durable, and the first write or fsync that failed.
    group: Arc<GroupSync>,
}

impl WalWriter {
    /// Opens a log for writing, creating its directory if needed, and begins a new segment: what is there is never
    /// appended to, so that damage at its end cannot reach what comes now.
    ///
    /// # Errors
    /// When the directory or the segment cannot be created, segments are missing, or the segment size is invalid.
    pub fn open(env: &Env, dir: &Path, options: WalOptions) -> Result<Self, WalError> {
        let bytes = options.segment_bytes_max;
        if bytes == 0 || !bytes.is_multiple_of(PAGE_BYTES as u64) {
            return Err(WalError::SegmentSize { bytes });
        }
        env.fs().create_dir_all(dir)?;
        let number = WalListing::read(env, dir)?.next_number()?;
        let file = create_segment(env, dir, number)?;
        let group = Arc::new(GroupSync::new(Arc::clone(&file)));
        let active = ActiveSegment {
            env: env.clone(),
            dir: dir.to_path_buf(),
            segment_bytes_max: bytes,
            number,
            file,
            group: Arc::clone(&group),
            offset: 0,
            unwritten: Vec::new(),
        };
        Ok(Self { compressor: Compressor::new(options.compression), active, group })
    }

    /// Appends the records of a commit and hands them to the system with one write.
    ///
    /// # Errors
    /// When a record exceeds [`RECORD_BYTES_MAX`] (then nothing is written), when the write or the change to a new segment
    /// fails, or when one did before.
    pub fn log(&mut self, records: &[&[u8]]) -> Result<(), WalError> {
        self.group.check()?;
        records.iter().try_for_each(|record| check_size(record))?;
        let outcome = self.append(records);
        self.group.note(outcome)
    }

    /// Adds a record to what the next write hands to the system, which [`close`](Self::close) does at the latest: for a log that
    /// counts only when it is complete.
    pub(crate) fn stage(&mut self, record: &[u8]) -> Result<(), WalError> {
        self.group.check()?;
        let outcome = check_size(record).and_then(|()| self.stage_unchecked(record));
        self.group.note(outcome)
    }

    /// Returns when all that was logged is durable (fsync).
    ///
    /// # Errors
    /// When the fsync fails, or something did before.
    pub fn sync(&mut self) -> Result<(), WalError> {
        self.group.check()?;
        self.group.sync_written()
    }

    /// The end of what was logged so far, to be waited for when the log's lock is released.
    #[must_use]
    pub fn sync_point(&self) -> SyncPoint {
        GroupSync::point(&self.group)
    }

    /// What makes durable whatever was logged at the time, without the log's lock.
    #[must_use]
    pub fn sync_handle(&self) -> SyncHandle {
        SyncHandle::new(&self.group)
    }

    /// Ends the segment, if it holds anything, and begins the next; returns the number of the segment that is written now.
    /// All before it are complete and durable, so that a [`checkpoint`](crate::checkpoint()) can replace them.
    ///
    /// # Errors
    /// When a write, the fsync or the creation of the next segment fails, or something did before.
    pub fn cut_segment(&mut self) -> Result<u32, WalError> {
        self.group.check()?;
        if self.active.offset > 0 {
            let outcome = self.active.roll();
            self.group.note(outcome)?;
        }
        Ok(self.active.number)
    }

    /// Like [`cut_segment`](Self::cut_segment), without waiting for the disk: the segment that ended, and that there is another one, is durable
    /// after the next [`SyncHandle::sync`], or when a later commit is. So that nobody waits who wants to append.
    ///
    /// # Errors
    /// When a write fails, or something did before.
    pub fn begin_segment(&mut self) -> Result<u32, WalError> {
        self.group.check()?;
        if self.active.offset > 0 {
            let outcome = self.active.begin_next();
            self.group.note(outcome)?;
        }
        Ok(self.active.number)
    }

    /// Ends the log: fills up its last page and returns when all is durable.
    ///
    /// # Errors
    /// When a write or the fsync fails, or something did before.
    pub fn close(mut self) -> Result<(), WalError> {
        self.group.check()?;
        let outcome = self.active.finish();
        self.group.note(outcome)
    }

    /// Number of the segment that is being written.
    #[must_use]
    pub fn segment(&self) -> u32 {
        self.active.number
    }

    /// Size of the segment that is being written, in bytes.
    #[must_use]
    pub fn segment_bytes(&self) -> u64 {
        self.active.offset
    }

    fn append(&mut self, records: &[&[u8]]) -> Result<(), WalError> {
        records.iter().try_for_each(|record| self.stage_unchecked(record))?;
        self.active.write()
    }

    fn stage_unchecked(&mut self, record: &[u8]) -> Result<(), WalError> {
        let (compression, stored) = self.compressor.compress(record);
        if !self.active.has_room(stored.len()) {
            self.active.roll()?;
        }
        self.active.append(stored, compression)
    }
}

fn check_size(record: &[u8]) -> Result<(), WalError> {
    if record.len() > RECORD_BYTES_MAX {
        let place = "it is not written".to_owned();
        return Err(WalError::RecordTooLarge { bytes: record.len() as u64, place });
    }
    Ok(())
}

/// Up to this much of a commit is held back for its one write; beyond, it is written piece by piece.
const WRITE_BYTES_MAX: usize = 4 * 1024 * 1024;

/// The segment that is being written.
struct ActiveSegment {
    env: Env,
    dir: PathBuf,
    segment_bytes_max: u64,
    number: u32,
    file: Arc<dyn File>,
    /// Is told what is written; its fsync is the only one.
    group: Arc<GroupSync>,
    /// Where the segment ends, counting what is not written yet.
    offset: u64,
    /// The end of the segment that the system does not have yet: empty between commits.
    unwritten: Vec<u8>,
}

impl ActiveSegment {
    /// Whether a record of this size, as stored, can go into this segment. An empty segment takes any record.
    fn has_room(&self, stored_bytes: usize) -> bool {
        if self.offset == 0 {
            return true;
        }
        if self.offset >= self.segment_bytes_max {
            return false;
        }
        let page_room = left_in_page(self.offset) - HEADER_BYTES;
        let page_end = self.offset + left_in_page(self.offset) as u64;
        let pages_left = (self.segment_bytes_max - page_end) / PAGE_BYTES as u64;
        let room = page_room as u64 + pages_left * (PAGE_BYTES - HEADER_BYTES) as u64;
        stored_bytes as u64 <= room
    }

    fn append(&mut self, stored: &[u8], compression: RecordCompression) -> Result<(), WalError> {
        self.offset = append_fragments(stored, compression, self.offset, &mut self.unwritten);
        if self.unwritten.len() >= WRITE_BYTES_MAX {
            self.write()?;
            // One large commit must not hold its memory for ever.
            self.unwritten.shrink_to(WRITE_BYTES_MAX);
        }
        Ok(())
    }

    /// Hands to the system what it does not have yet.
    fn write(&mut self) -> Result<(), WalError> {
        if !self.unwritten.is_empty() {
            self.file.write_all(&self.unwritten)?;
            self.unwritten.clear();
            self.group.note_written();
        }
        Ok(())
    }

    /// Fills up the last page and makes the segment durable.
    fn finish(&mut self) -> Result<(), WalError> {
        self.offset = append_padding(self.offset, &mut self.unwritten);
        self.write()?;
        self.group.sync_written()
    }

    /// Finishes the segment and begins the next.
    fn roll(&mut self) -> Result<(), WalError> {
        self.finish()?;
        let number = self.next_number()?;
        let file = create_segment(&self.env, &self.dir, number)?;
        self.group.begin_file(Arc::clone(&file));
        self.go_on(number, file);
        Ok(())
    }

    /// Ends the segment and begins the next; the next fsync is one of both.
    fn begin_next(&mut self) -> Result<(), WalError> {
        self.offset = append_padding(self.offset, &mut self.unwritten);
        self.write()?;
        let number = self.next_number()?;
        let file = create_file(&self.env, &self.dir, number)?;
        self.group.begin_file_after_unsynced(Arc::clone(&file), self.env.clone(), self.dir.clone());
        self.go_on(number, file);
        Ok(())
    }

    fn next_number(&self) -> Result<u32, WalError> {
        self.number.checked_add(1).ok_or(WalError::SegmentsExhausted { last: self.number })
    }

    fn go_on(&mut self, number: u32, file: Arc<dyn File>) {
        self.file = file;
        self.number = number;
        self.offset = 0;
    }
}

/// Creates a segment's file, durably: a later segment must never exist without this one.
fn create_segment(env: &Env, dir: &Path, number: u32) -> Result<Arc<dyn File>, WalError> {
    let file = create_file(env, dir, number)?;
    env.fs().sync_dir(dir)?;
    Ok(file)
}

fn create_file(env: &Env, dir: &Path, number: u32) -> Result<Arc<dyn File>, WalError> {
    Ok(Arc::from(env.fs().create_new(&Segment::new(dir, number).path)?))
}

impl fmt::Debug for ActiveSegment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ActiveSegment")
            .field("file", &self.file)
            .field("offset", &self.offset)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Compressor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Compressor").finish_non_exhaustive()
    }
}
