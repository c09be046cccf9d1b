//! From the histograms of a commit to records.

use emberdb_histogram::NativeHistogram;

use super::super::RecordKind;
use super::super::stamp::{BasedStamps, ChainedStamps, RefStamp};
use super::body::put_histogram;
use super::number::RecordNumber;

/// Appends the records of a commit's histograms: of those with exponential buckets to `record`, of those with custom
/// bounds to `record_custom`. Where there are none, nothing is appended. Start timestamps are not logged.
///
/// Both kinds come together because upstream counts the differences in `record` from the commit's first histogram, also
/// if that one has custom bounds.
pub fn encode_histograms<'h, N: RecordNumber>(
    histograms: impl IntoIterator<Item = (RefStamp, &'h NativeHistogram<N>)>,
    record: &mut Vec<u8>,
    record_custom: &mut Vec<u8>,
) {
    let begin = |kind: RecordKind, base: RefStamp, record: &mut Vec<u8>| {
        record.push(kind.to_byte());
        BasedStamps::begin(base, record)
    };
    let (mut first, mut stamps, mut stamps_custom) = (None, None, None);
    for (stamp, histogram) in histograms {
        let first = *first.get_or_insert(stamp);
        let record = if histogram.has_custom_bounds() {
            stamps_custom
                .get_or_insert_with(|| begin(N::KIND_CUSTOM, stamp, record_custom))
                .put(stamp, record_custom);
            &mut *record_custom
        } else {
            stamps.get_or_insert_with(|| begin(N::KIND, first, record)).put(stamp, record);
            &mut *record
        };
        put_histogram(histogram, record);
    }
}

/// Appends a record of histograms with start timestamps and any bounds to `record`, or nothing if there are none.
pub fn encode_started_histograms<'h, N: RecordNumber>(
    histograms: impl IntoIterator<Item = (RefStamp, &'h NativeHistogram<N>)>,
    record: &mut Vec<u8>,
) {
    let mut stamps: Option<ChainedStamps> = None;
    for (stamp, histogram) in histograms {
        match &mut stamps {
            Some(stamps) => stamps.put(stamp, record),
            None => {
                record.push(N::KIND_STARTED.to_byte());
                stamps = Some(ChainedStamps::begin(stamp, record));
            }
        }
        put_histogram(histogram, record);
    }
}
