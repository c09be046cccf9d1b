//! Reading exemplars and metadata back from the log.
//!
//! A record is applied as a whole or not at all: what cannot be decoded to its end will be cut off the log.

use emberdb_model::{Exemplar, Labels};
use emberdb_tsdb_index::SeriesId;
use emberdb_wal::{ExemplarDecoder, MetadataDecoder, RecordError};

use super::exemplars::HeldExemplar;
use super::{Head, ReplayReport};

/// Restores the exemplars of a record; `series` finds a series by its reference in the log.
pub(super) fn restore_exemplars(
    head: &Head,
    series: impl Fn(u64) -> Option<SeriesId>,
    record: &[u8],
    report: &mut ReplayReport,
) -> Result<(), RecordError> {
    let mut pairs = Vec::new();
    let mut decoder = ExemplarDecoder::new(record)?;
    while decoder.next_exemplar(&mut pairs)?.is_some() {}
    if !head.exemplars.is_on() {
        return Ok(());
    }
    let mut decoder = ExemplarDecoder::new(record)?;
    while let Some(logged) = decoder.next_exemplar(&mut pairs)? {
        let is_restored = logged.timestamp_ms >= head.min_valid_ms()
            && series(logged.series_ref).is_some_and(|id| {
                let labels = Labels::new(pairs.iter().copied());
                let held = labels.ok().and_then(|labels| {
                    let (value, timestamp_ms) = (logged.value, logged.timestamp_ms);
                    HeldExemplar::new(&Exemplar { labels, value, timestamp_ms }, false).ok()
                });
                held.is_some_and(|held| head.exemplars.restore(id, held))
            });
        report.exemplars += u64::from(is_restored);
        report.exemplars_dropped += u64::from(!is_restored);
    }
    Ok(())
}

/// Restores the metadata of a record: of a series the one that was logged last stays.
pub(super) fn restore_metadata(
    head: &Head,
    series: impl Fn(u64) -> Option<SeriesId>,
    record: &[u8],
    report: &mut ReplayReport,
) -> Result<(), RecordError> {
    let mut decoder = MetadataDecoder::new(record)?;
    while decoder.next_metadata()?.is_some() {}
    let mut decoder = MetadataDecoder::new(record)?;
    while let Some(logged) = decoder.next_metadata()? {
        match series(logged.series_ref) {
            Some(id) => {
                head.metadata.restore(id, logged);
                report.metadata += 1;
            }
            None => report.metadata_without_series += 1,
        }
    }
    Ok(())
}
