//! The chunks of one series in one order.

use emberdb_tsdb_chunk::Encoding;

use super::recode::{CHUNK_SAMPLES_MAX, decode_samples, encode_samples, encoding_of};
use crate::{BlockChunk, BlockError, BlockResult};

/// The chunks of a series in the order of time, of which none overlaps another. Those that do are decoded, and their samples
/// go into new chunks. Of equal chunks one is enough, and stays as it is.
pub(super) fn without_overlaps(
    mut chunks: Vec<BlockChunk>,
    float_encoding: Encoding,
) -> BlockResult<Vec<BlockChunk>> {
    let is_apart = |pair: &[BlockChunk]| matches!(pair, [earlier, later] if earlier.max_ms < later.min_ms);
    if chunks.windows(2).all(is_apart) {
        return Ok(chunks);
    }
    // Stable: of those with the same times the first source's stays the first.
    chunks.sort_by_key(|chunk| (chunk.min_ms, chunk.max_ms));
    let mut apart = Vec::with_capacity(chunks.len());
    let mut group: Vec<BlockChunk> = Vec::new();
    let mut end_ms = i64::MIN;
    for chunk in chunks {
        if !group.is_empty() && chunk.min_ms > end_ms {
            finish_group(&mut group, float_encoding, &mut apart)?;
        }
        end_ms = if group.is_empty() { chunk.max_ms } else { end_ms.max(chunk.max_ms) };
        if group.last() != Some(&chunk) {
            group.push(chunk);
        }
    }
    finish_group(&mut group, float_encoding, &mut apart)?;
    Ok(apart)
}

/// Makes of chunks that overlap such that do not, and empties the group.
fn finish_group(
    group: &mut Vec<BlockChunk>,
    float_encoding: Encoding,
    apart: &mut Vec<BlockChunk>,
) -> BlockResult<()> {
    if group.len() <= 1 {
        apart.append(group);
        return Ok(());
    }
    let mut samples = Vec::new();
    for chunk in group.drain(..) {
        decode_samples(chunk.encoding, &chunk.data, &mut samples).map_err(BlockError::Recode)?;
    }
    // Stable: of samples with one time the first chunk's stays the first.
    samples.sort_by_key(|sample| sample.t_ms);
    samples.dedup_by_key(|sample| sample.t_ms);
    let encoded = encode_samples(&samples, CHUNK_SAMPLES_MAX, |sample| encoding_of(sample, float_encoding));
    apart.extend(encoded.map_err(BlockError::Encode)?);
    Ok(())
}
