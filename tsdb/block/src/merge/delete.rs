//! A series' chunks without what was deleted or lies outside of a range.

use emberdb_model::TimeRange;
use emberdb_tsdb_chunk::Encoding;

use super::SourceSeries;
use super::recode::{decode_samples, encode_samples};
use crate::{BlockChunk, BlockError, BlockResult};

/// Appends what is left of a series' chunks in `range`. A chunk that stays whole stays as it is; of one that loses samples
/// the others get a chunk of the same encoding.
pub(super) fn keep_into(
    series: &SourceSeries,
    range: TimeRange,
    kept: &mut Vec<BlockChunk>,
) -> BlockResult<()> {
    for chunk in &series.chunks {
        let times = TimeRange::new(chunk.min_ms, chunk.max_ms);
        if !times.overlaps(&range) || series.deleted.covers(times) {
            continue;
        }
        let deleted = series.deleted.overlapping(times);
        let is_inside = range.min_ms <= times.min_ms && times.max_ms <= range.max_ms;
        if is_inside && deleted.is_empty() {
            kept.push(chunk.clone());
            continue;
        }
        let mut samples = Vec::new();
        decode_samples(chunk.encoding, &chunk.data, &mut samples).map_err(BlockError::Recode)?;
        samples.retain(|sample| {
            range.contains(sample.t_ms) && !deleted.iter().any(|deleted| deleted.contains(sample.t_ms))
        });
        let encoding = Encoding::from_id(chunk.encoding).map_err(BlockError::Recode)?;
        kept.extend(encode_samples(&samples, usize::MAX, |_| encoding).map_err(BlockError::Encode)?);
    }
    Ok(())
}
