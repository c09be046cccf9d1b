//! Checkpoints: what is still needed of a log's first segments, so that they can be removed.
//!
//! ```text
//! wal/                              checkpoint(…, last: 6, …)   wal/
//! ├── checkpoint.00000004/ ──┐                                  │
//! ├── 00000005 ──────────────┼── what is kept ────────────────▶ ├── checkpoint.00000006/
//! ├── 00000006 ──────────────┘                                  ├── 00000007
//! ├── 00000007                                                  └── 00000008
//! └── 00000008
//! ```
//!
//! [`checkpoint`] only adds a directory; [`truncate`] then removes what it replaces. Between any two steps of the two the log
//! replays the same.

mod metadata;
mod report;
mod truncate;

use std::path::Path;

use emberdb_env::Env;

use crate::corruption::Corruption;
use crate::error::WalError;
use crate::listing::{WalListing, checkpoint_name, list_unfinished_checkpoints, unfinished_checkpoint_name};
use crate::reader::{LoggedRecord, RecordPosition, WalReader};
use crate::record::filter::{RecordFilter, Tally};
use crate::record::floor::encode_floor;
use crate::record::{RecordError, RecordKind};
use crate::writer::{WalOptions, WalWriter};
use metadata::NewestMetadata;

pub use report::CheckpointReport;
pub use truncate::{TruncateReport, truncate};

/// From which times on a checkpoint keeps what it finds, in milliseconds since the Unix epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CheckpointBounds {
    /// For samples, histograms and exemplars: earlier ones are in blocks, or nobody wants them.
    pub samples_from_ms: i64,
    /// For deletions, by their ends. Before the other bound where samples that came late, which are in another log, are older.
    pub deletions_from_ms: i64,
}

impl CheckpointBounds {
    /// The same for all.
    #[must_use]
    pub fn at(from_ms: i64) -> Self {
        Self { samples_from_ms: from_ms, deletions_from_ms: from_ms }
    }
}

/// Writes what is still needed of the newest checkpoint and of the segments after it, up to segment `last`, into a new
/// checkpoint, which from then on replaces them. They stay; [`truncate`](crate::truncate()) removes them.
///
/// Kept are
/// - series that `keep`, asked by reference, keeps, and their newest metadata;
/// - samples, histograms and exemplars of `bounds.samples_from_ms` or later, also those of series that are not kept: a replay passes over
///   what refers to no series, as upstream's does, and asking for each sample would cost more than it saves;
/// - deletions that reach `bounds.deletions_from_ms` or later, of series that are kept.
///
/// The first record says since when: [`WalListing::floor_ms`].
///
/// Records of kinds that this version does not know are left out, as upstream leaves them out; the report counts them.
/// For a series the answer of `keep` must stay the same during the call.
///
/// One record is in memory at a time, and the newest metadata of all series that are kept.
///
/// ```
/// use emberdb_env::Env;
/// use emberdb_wal::{CheckpointBounds, RefSample, WalOptions, WalWriter, checkpoint, truncate};
///
/// let env = Env::real();
/// let dir = env.fs().create_temp_dir("wal-checkpoint")?;
/// let mut record = Vec::new();
/// let sample = |timestamp_ms| RefSample { series_ref: 7, timestamp_ms, value: 0.5 };
/// emberdb_wal::encode_samples([sample(1000), sample(2000)], &mut record);
/// let mut writer = WalWriter::open(&env, &dir, WalOptions::default())?;
/// writer.log(&[&record])?;
///
/// let last = writer.cut_segment()? - 1;
/// let report = checkpoint(&env, &dir, last, |series_ref| series_ref == 7, CheckpointBounds::at(1500), WalOptions::default())?;
/// assert_eq!((report.samples.read, report.samples.dropped), (2, 1));
/// truncate(&env, &dir, last)?;
/// # env.fs().remove_dir_all(&dir)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// When `last` is replaced already, is not there, or is the newest segment, which may still be written to
/// ([`cut_segment`](WalWriter::cut_segment) ends it); when a record cannot be read, since what depends on it is not known
/// then; when a file cannot be read or written. The log is as before, but for a directory named `….tmp` perhaps, which the
/// next call removes.
pub fn checkpoint(
    env: &Env,
    dir: &Path,
    last: u32,
    keep: impl FnMut(u64) -> bool,
    bounds: CheckpointBounds,
    options: WalOptions,
) -> Result<CheckpointReport, WalError> {
    let sources = sources(env, dir, last)?;
    for unfinished in list_unfinished_checkpoints(env, dir)? {
        env.fs().remove_dir_all(&unfinished)?;
    }
    let unfinished = dir.join(unfinished_checkpoint_name(last));
    let mut writing = Writing {
        writer: WalWriter::open(env, &unfinished, options)?,
        keep,
        bounds,
        filter: RecordFilter::default(),
        metadata: NewestMetadata::default(),
        report: CheckpointReport { last_segment: last, ..CheckpointReport::default() },
    };
    let copied = writing.copy_all(WalReader::new_complete(env, &sources), &sources);
    if let Err(error) = copied {
        // It has no name that counts, so failing to remove it is no further harm.
        let _ = env.fs().remove_dir_all(&unfinished);
        return Err(error);
    }
    writing.writer.close()?;
    // The names in it are durable since the writer created them.
    env.fs().rename(&unfinished, &dir.join(checkpoint_name(last)))?;
    env.fs().sync_dir(dir)?;
    Ok(writing.report)
}

/// What a checkpoint up to `last` replaces.
fn sources(env: &Env, dir: &Path, last: u32) -> Result<WalListing, WalError> {
    let mut sources = WalListing::read(env, dir)?;
    let replaceable = match sources.segments_to_replay() {
        [] | [_] => None,
        [first, .., newest] => Some((first.number, newest.number - 1)),
    };
    if !replaceable.is_some_and(|(first, newest)| (first..=newest).contains(&last)) {
        return Err(WalError::CheckpointRange { dir: dir.to_path_buf(), last, replaceable });
    }
    sources.segments.retain(|segment| segment.number <= last);
    Ok(sources)
}

/// A checkpoint that is being written.
struct Writing<K> {
    writer: WalWriter,
    keep: K,
    bounds: CheckpointBounds,
    filter: RecordFilter,
    metadata: NewestMetadata,
    report: CheckpointReport,
}

/// What is kept of a record.
enum Kept {
    /// Nothing, or nothing yet: metadata come at the end.
    Nothing,
    /// The record as it is.
    Whole,
    /// What the filter has copied of it.
    Filtered,
}

impl<K: FnMut(u64) -> bool> Writing<K> {
    fn copy_all(&mut self, mut reader: WalReader, sources: &WalListing) -> Result<(), WalError> {
        let mut floor = Vec::new();
        encode_floor(self.bounds.samples_from_ms, &mut floor);
        self.writer.stage(&floor)?;
        while let Some(logged) = reader.next_record()? {
            let kept = self.filter_record(logged);
            match kept.map_err(|error| undecodable(sources, logged.position, error))? {
                Kept::Nothing => {}
                Kept::Whole => self.writer.stage(logged.data)?,
                Kept::Filtered => self.writer.stage(self.filter.filtered())?,
            }
        }
        self.metadata.write(&mut self.writer)
    }

    fn filter_record(&mut self, logged: LoggedRecord<'_>) -> Result<Kept, RecordError> {
        let Self { keep, bounds, filter, metadata, report, .. } = self;
        let (record, min_ms) = (logged.data, bounds.samples_from_ms);
        let (tally, total) = match logged.kind() {
            Some(RecordKind::Series) => (filter.series(record, keep)?, &mut report.series),
            Some(RecordKind::Tombstones) => {
                (filter.tombstones(record, bounds.deletions_from_ms, keep)?, &mut report.tombstones)
            }
            Some(RecordKind::Exemplars) => (filter.stamped(record, min_ms)?, &mut report.exemplars),
            Some(
                RecordKind::Samples
                | RecordKind::HistogramSamples
                | RecordKind::FloatHistogramSamples
                | RecordKind::CustomBucketsHistogramSamples
                | RecordKind::CustomBucketsFloatHistogramSamples
                | RecordKind::SamplesV2
                | RecordKind::HistogramSamplesV2
                | RecordKind::FloatHistogramSamplesV2,
            ) => (filter.stamped(record, min_ms)?, &mut report.samples),
            Some(RecordKind::Metadata) => {
                report.metadata.add(metadata.note(record, keep)?);
                return Ok(Kept::Nothing);
            }
            // There is a newer one.
            Some(RecordKind::Floor) => return Ok(Kept::Nothing),
            // Markers belong into the log of out-of-order samples, which has no checkpoints.
            Some(RecordKind::MmapMarkers | RecordKind::Unknown(_)) | None => {
                report.other_records_dropped += 1;
                return Ok(Kept::Nothing);
            }
        };
        total.add(tally);
        Ok(match tally {
            tally if tally.is_all_dropped() => Kept::Nothing,
            Tally { dropped: 0, .. } => Kept::Whole,
            _ => Kept::Filtered,
        })
    }
}

fn undecodable(sources: &WalListing, position: RecordPosition, error: RecordError) -> WalError {
    let dir = match &sources.checkpoint {
        Some(checkpoint) if position.in_checkpoint => &checkpoint.dir,
        _ => &sources.dir,
    };
    WalError::from(Corruption::undecodable(dir, position, error))
}
