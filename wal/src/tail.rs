//! Follows a log while it is written, by this process or another one.

use std::fmt;
use std::path::{Path, PathBuf};

use emberdb_env::Env;

use crate::error::WalError;
use crate::listing::{Checkpoint, WalListing};
use crate::part::{OpenPart, Part, Stored};
use crate::reader::LoggedRecord;
use crate::segment::Segment;
use crate::unpack::Unpacker;

/// Where a tail begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TailStart {
    /// With the newest checkpoint, then the segments after it: with all that a replay would read.
    Checkpoint,
    /// With this segment, which may be yet to come.
    Segment(u32),
}

/// Reads a log's records as they are written.
///
/// A record is read once it is whole: what is half written is waited for. The next segment is begun when it exists and the
/// one before is read to its end.
///
/// An error leaves the tail where it is: asking again tries again.
///
/// ```
/// use emberdb_env::Env;
/// use emberdb_wal::{TailReader, TailStart, WalOptions, WalWriter};
///
/// let env = Env::real();
/// let dir = env.fs().create_temp_dir("wal-tail")?;
/// let mut writer = WalWriter::open(&env, &dir, WalOptions::default())?;
/// let mut tail = TailReader::open(&env, &dir, TailStart::Checkpoint)?;
/// assert!(tail.next_record()?.is_none(), "nothing yet");
///
/// writer.log(&[b"\x02"])?;
/// assert!(tail.next_record()?.is_some_and(|record| record.data == b"\x02"));
/// assert!(tail.next_record()?.is_none(), "nothing more now");
/// # env.fs().remove_dir_all(&dir)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct TailReader {
    env: Env,
    dir: PathBuf,
    /// The checkpoint's segments that are not read yet.
    checkpoint_parts: std::vec::IntoIter<Part>,
    /// The segment to be read when there is no current one and nothing left of the checkpoint.
    next_segment: u32,
    current: Option<OpenPart>,
    unpacker: Unpacker,
    /// Where something unreadable was read a second time, as (segment, offset).
    reread: Option<(u32, u64)>,
}

/// Why a segment gives no record.
enum NoRecord {
    /// What there is of it is read.
    AtEnd,
    /// It ends within a record.
    HalfWritten(WalError),
    /// It cannot be read on.
    Unreadable(WalError),
    /// Reading failed, which says nothing about it.
    Failed(WalError),
}

/// What to do where a segment gives no record.
enum Next {
    GoOn,
    Wait,
}

impl TailReader {
    /// Begins to follow the log in `dir`, which need not exist yet.
    ///
    /// # Errors
    /// When the directory cannot be read, segments are missing, or the segment to begin with was removed already.
    pub fn open(env: &Env, dir: &Path, start: TailStart) -> Result<Self, WalError> {
        let listing = WalListing::read(env, dir)?;
        let (parts, next_segment): (Vec<Part>, u32) = match start {
            TailStart::Segment(number) => (Vec::new(), number),
            TailStart::Checkpoint => {
                let parts = listing.checkpoint.iter().flat_map(Checkpoint::parts).collect();
                let first = listing.segments_to_replay().first().map(|segment| segment.number);
                (parts, first.map_or_else(|| listing.next_number(), Ok)?)
            }
        };
        let tail = Self {
            env: env.clone(),
            dir: dir.to_path_buf(),
            checkpoint_parts: parts.into_iter(),
            next_segment,
            current: None,
            unpacker: Unpacker::new(),
            reread: None,
        };
        tail.refuse_removed(&listing, next_segment)?;
        Ok(tail)
    }

    /// The next record, or `None` if there is no more now: ask again later.
    ///
    /// # Errors
    /// [`WalError::Corrupt`] where the log cannot be read on, [`WalError::TailLost`] when what comes next was removed or cut off
    /// before it was read. Other errors say nothing against the log.
    pub fn next_record(&mut self) -> Result<Option<LoggedRecord<'_>>, WalError> {
        let stored = self.next_stored()?;
        let (Some(stored), Some(part)) = (stored, &self.current) else { return Ok(None) };
        let data = self.unpacker.record(part, &stored);
        Ok(Some(LoggedRecord { data, position: part.position(stored.offset) }))
    }

    fn next_stored(&mut self) -> Result<Option<Stored>, WalError> {
        loop {
            let Some(part) = &mut self.current else {
                if self.open_next()? {
                    continue;
                }
                return Ok(None);
            };
            let next = match read_record(part, &mut self.unpacker) {
                Ok(stored) => return Ok(Some(stored)),
                Err(no_record) if part.part().in_checkpoint => self.leave_checkpoint_part(no_record)?,
                Err(no_record) => self.go_on(no_record)?,
            };
            if matches!(next, Next::Wait) {
                return Ok(None);
            }
        }
    }

    /// Opens what comes next, if it is there.
    fn open_next(&mut self) -> Result<bool, WalError> {
        if let Some(part) = self.checkpoint_parts.next() {
            self.current = Some(OpenPart::open(&self.env, part)?);
            return Ok(true);
        }
        let segment = Segment::new(&self.dir, self.next_segment);
        if !self.env.fs().exists(&segment.path)? {
            let listing = WalListing::read(&self.env, &self.dir)?;
            self.refuse_removed(&listing, segment.number)?;
            return Ok(false);
        }
        let part = Part { segment, dir: self.dir.clone(), in_checkpoint: false, is_log_end: false };
        self.current = Some(OpenPart::open(&self.env, part)?);
        Ok(true)
    }

    /// Refuses to wait for a segment that is not there although the log is beyond it.
    fn refuse_removed(&self, listing: &WalListing, number: u32) -> Result<(), WalError> {
        let is_there = listing.segments.iter().any(|segment| segment.number == number);
        // After the last number that there can be, nothing is to come either.
        if is_there || listing.next_number().is_ok_and(|next| next <= number) {
            return Ok(());
        }
        Err(self.lost(number, 0))
    }

    /// A checkpoint is complete, so one of its segments is read to its end or is damaged.
    fn leave_checkpoint_part(&mut self, no_record: NoRecord) -> Result<Next, WalError> {
        match no_record {
            NoRecord::AtEnd => {
                self.current = None;
                Ok(Next::GoOn)
            }
            NoRecord::HalfWritten(error) | NoRecord::Unreadable(error) | NoRecord::Failed(error) => {
                Err(error)
            }
        }
    }

    /// What to do where the current segment gives no record.
    fn go_on(&mut self, no_record: NoRecord) -> Result<Next, WalError> {
        let Some(part) = &mut self.current else { return Ok(Next::GoOn) };
        let number = part.part().segment.number;
        let next = number.checked_add(1).map(|next| Segment::new(&self.dir, next));
        let has_next = match &next {
            Some(next) => self.env.fs().exists(&next.path)?,
            None => false,
        };
        // A segment is complete when the next one exists, so its length is asked for after that.
        if part.refresh()? {
            return Ok(Next::GoOn);
        }
        match (no_record, next) {
            (NoRecord::AtEnd, Some(next)) if has_next => {
                self.next_segment = next.number;
                self.current = None;
                Ok(Next::GoOn)
            }
            (NoRecord::HalfWritten(error), _) if has_next => self.read_again(error),
            (NoRecord::Unreadable(error), _) => self.read_again(error),
            (NoRecord::Failed(error), _) => Err(error),
            (NoRecord::AtEnd | NoRecord::HalfWritten(_), next) => self.wait_for(next),
        }
    }

    /// Waits for more of the current segment, unless none can come.
    fn wait_for(&self, next: Option<Segment>) -> Result<Next, WalError> {
        let Some(part) = &self.current else { return Ok(Next::Wait) };
        let Segment { number, path } = &part.part().segment;
        let fs = self.env.fs();
        if fs.exists(path)? && fs.file_len(path)? >= part.offset() {
            return Ok(Next::Wait);
        }
        // It was removed or cut. It can be removed as soon as there is a next one.
        match next {
            Some(next) if fs.exists(&next.path)? => Ok(Next::GoOn),
            _ => Err(self.lost(*number, part.offset())),
        }
    }

    /// Reads the current segment again from the record that could not be read, once: by now a repair may have cut it there,
    /// and the writer may have completed what was seen half.
    fn read_again(&mut self, error: WalError) -> Result<Next, WalError> {
        let Some(part) = &mut self.current else { return Ok(Next::GoOn) };
        let place = (part.part().segment.number, part.offset());
        if self.reread == Some(place) {
            self.reread = None;
            return Err(error);
        }
        let is_there = self.env.fs().exists(&part.part().segment.path)?;
        if !is_there || !part.reopen(&self.env)? {
            return Err(self.lost(place.0, place.1));
        }
        self.reread = Some(place);
        Ok(Next::GoOn)
    }

    fn lost(&self, segment: u32, offset: u64) -> WalError {
        WalError::TailLost { dir: self.dir.clone(), segment, offset }
    }
}

/// The next record of a segment, unpacked. After anything else the segment is where it was.
fn read_record(part: &mut OpenPart, unpacker: &mut Unpacker) -> Result<Stored, NoRecord> {
    let offset = part.offset();
    let error = match part.next_stored(&mut unpacker.assembled) {
        Ok(None) => return Err(NoRecord::AtEnd),
        Ok(Some(stored)) => match unpacker.unpack(part, &stored) {
            Ok(()) => return Ok(stored),
            Err(error) => error,
        },
        Err(error) => error,
    };
    part.rewind(offset).map_err(NoRecord::Failed)?;
    Err(match error {
        WalError::Corrupt(corruption) if corruption.reason.ends_early() => {
            NoRecord::HalfWritten(WalError::Corrupt(corruption))
        }
        WalError::Corrupt(corruption) => NoRecord::Unreadable(WalError::Corrupt(corruption)),
        other => NoRecord::Failed(other),
    })
}

impl fmt::Debug for TailReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TailReader")
            .field("dir", &self.dir)
            .field("current", &self.current)
            .field("next_segment", &self.next_segment)
            .finish_non_exhaustive()
    }
}
