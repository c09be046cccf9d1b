//! Logs: the write-ahead log, that of late samples, and what else is laid out as they are.

use std::collections::BTreeMap;
use std::path::Path;

use emberdb::histogram::NativeHistogram;
use emberdb_env::Env;
use emberdb_wal::{
    Corruption, ExemplarDecoder, HistogramDecoder, LoggedRecord, MetadataDecoder, RecordError, RecordKind,
    RecordNumber, SeriesDecoder, WalError, WalListing, WalReader, decode_mmap_markers, decode_samples,
    decode_started_samples, decode_tombstones,
};

use super::findings::Findings;

/// How far the records of a folder are understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Depth {
    /// Their bytes are those that were written.
    Checksums,
    /// And they say what a record of their kind must.
    Content,
}

/// Reads a log to its end.
pub(super) fn verify(env: &Env, dir: &Path, depth: Depth, findings: &mut Findings) {
    findings.begin(dir.display());
    let listing = match WalListing::read(env, dir) {
        Ok(listing) => listing,
        Err(error) => {
            findings.problem(error);
            return;
        }
    };
    let mut reader = WalReader::new(env, &listing);
    let mut kinds: BTreeMap<Option<RecordKind>, u64> = BTreeMap::new();
    loop {
        match reader.next_record() {
            Ok(Some(record)) => {
                let content = if depth == Depth::Content { decode(&record) } else { Ok(()) };
                if let Err(error) = content {
                    let dir = match &listing.checkpoint {
                        Some(checkpoint) if record.position.in_checkpoint => &checkpoint.dir,
                        _ => &listing.dir,
                    };
                    findings.problem(Corruption::undecodable(dir, record.position, error));
                }
                let kind = if depth == Depth::Content { record.kind() } else { None };
                *kinds.entry(kind).or_default() += 1;
            }
            Ok(None) => break,
            // Nothing can be read behind it.
            Err(error) => {
                findings.problem(advised(&error));
                break;
            }
        }
    }
    findings.checked(summary(dir, &listing, &kinds));
}

fn advised(error: &WalError) -> String {
    match error {
        WalError::Corrupt(corruption) if corruption.torn_tail => {
            format!(
                "{error}; a crash leaves this, and it is cut off when the directory is next opened for writing"
            )
        }
        error => error.to_string(),
    }
}

fn summary(dir: &Path, listing: &WalListing, kinds: &BTreeMap<Option<RecordKind>, u64>) -> String {
    let checkpoint = match &listing.checkpoint {
        Some(checkpoint) => format!("a checkpoint of {} segments and ", checkpoint.segments.len()),
        None => String::new(),
    };
    let segments = listing.segments_to_replay().len();
    let records: u64 = kinds.values().sum();
    let named: Vec<String> =
        kinds.iter().filter_map(|(kind, count)| Some(format!("{count} {}", kind.as_ref()?))).collect();
    let named = if named.is_empty() { String::new() } else { format!(" ({})", named.join(", ")) };
    format!("{}: {checkpoint}{segments} segments with {records} records{named}", dir.display())
}

/// Decodes a record to its end. Kinds of newer versions are not known, and passed over by all who read the log.
fn decode(record: &LoggedRecord<'_>) -> Result<(), RecordError> {
    let data = record.data;
    match record.kind() {
        Some(RecordKind::Series) => decode_series(data),
        Some(RecordKind::Samples) => decode_samples(data, &mut Vec::new()),
        Some(RecordKind::SamplesV2) => decode_started_samples(data, &mut Vec::new()),
        Some(RecordKind::Tombstones) => decode_tombstones(data, &mut Vec::new()),
        Some(RecordKind::MmapMarkers) => decode_mmap_markers(data, &mut Vec::new()),
        Some(RecordKind::Exemplars) => decode_exemplars(data),
        Some(RecordKind::Metadata) => decode_metadata(data),
        Some(
            RecordKind::HistogramSamples
            | RecordKind::CustomBucketsHistogramSamples
            | RecordKind::HistogramSamplesV2,
        ) => decode_histograms::<i64>(data),
        Some(
            RecordKind::FloatHistogramSamples
            | RecordKind::CustomBucketsFloatHistogramSamples
            | RecordKind::FloatHistogramSamplesV2,
        ) => decode_histograms::<f64>(data),
        Some(_) | None => Ok(()),
    }
}

fn decode_series(data: &[u8]) -> Result<(), RecordError> {
    let (mut decoder, mut labels) = (SeriesDecoder::new(data)?, Vec::new());
    while decoder.next_series(&mut labels)?.is_some() {}
    Ok(())
}

fn decode_exemplars(data: &[u8]) -> Result<(), RecordError> {
    let (mut decoder, mut labels) = (ExemplarDecoder::new(data)?, Vec::new());
    while decoder.next_exemplar(&mut labels)?.is_some() {}
    Ok(())
}

fn decode_metadata(data: &[u8]) -> Result<(), RecordError> {
    let mut decoder = MetadataDecoder::new(data)?;
    while decoder.next_metadata()?.is_some() {}
    Ok(())
}

fn decode_histograms<N: RecordNumber>(data: &[u8]) -> Result<(), RecordError> {
    let mut histogram = NativeHistogram::<N>::default();
    let mut decoder = HistogramDecoder::<N>::new(data)?;
    while decoder.next_histogram(&mut histogram)?.is_some() {}
    Ok(())
}
