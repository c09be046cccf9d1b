//! Of all metadata that a log has of a series, a checkpoint keeps the newest.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::error::WalError;
use crate::record::filter::Tally;
use crate::record::{MetadataDecoder, MetricType, RecordError, RefMetadata, encode_metadata};
use crate::writer::WalWriter;

/// Up to about this size metadata of several series go into one record, in bytes.
const RECORD_BYTES_AIM: usize = 1024 * 1024;

/// The newest metadata of each series that is kept.
#[derive(Debug, Default)]
pub(super) struct NewestMetadata {
    by_series: BTreeMap<u64, Metadata>,
    /// All units and help texts, once each: the series of a metric share them.
    texts: BTreeSet<Arc<str>>,
}

#[derive(Debug)]
struct Metadata {
    metric_type: MetricType,
    unit: Arc<str>,
    help: Arc<str>,
}

impl NewestMetadata {
    /// Notes the metadata of a record. As dropped count those that are older than others, or of no series that is kept.
    pub(super) fn note(
        &mut self,
        record: &[u8],
        mut keep: impl FnMut(u64) -> bool,
    ) -> Result<Tally, RecordError> {
        let mut decoder = MetadataDecoder::new(record)?;
        let mut tally = Tally::default();
        while let Some(RefMetadata { series_ref, metric_type, unit, help }) = decoder.next_metadata()? {
            let mut is_first = false;
            if keep(series_ref) {
                let metadata = Metadata { metric_type, unit: self.text(unit), help: self.text(help) };
                is_first = self.by_series.insert(series_ref, metadata).is_none();
            }
            tally.count(is_first);
        }
        Ok(tally)
    }

    /// Appends them to the checkpoint, by series.
    pub(super) fn write(&self, writer: &mut WalWriter) -> Result<(), WalError> {
        let mut series = self.by_series.iter().peekable();
        let mut record = Vec::new();
        while series.peek().is_some() {
            let mut bytes_left = RECORD_BYTES_AIM;
            // A record has at least one, also if that one exceeds the aim.
            let part = std::iter::from_fn(|| {
                if bytes_left == 0 {
                    return None;
                }
                let (&series_ref, Metadata { metric_type, unit, help }) = series.next()?;
                bytes_left = bytes_left.saturating_sub(unit.len() + help.len() + METADATA_BYTES);
                Some(RefMetadata { series_ref, metric_type: *metric_type, unit, help })
            });
            record.clear();
            encode_metadata(part, &mut record);
            writer.stage(&record)?;
        }
        Ok(())
    }

    fn text(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.texts.get(text) {
            return Arc::clone(known);
        }
        let text = Arc::from(text);
        self.texts.insert(Arc::clone(&text));
        text
    }
}

/// About what a series' metadata take in a record besides their texts, in bytes: reference, type, and the fields' names.
const METADATA_BYTES: usize = 24;
