//! A whole chunk into columns, fast.
//!
//! The chunk is copied to where zeros lie behind it, so that loads stay inside and one comparison a sample finds out
//! whether a field was cut off. Nothing here decides about errors: at anything unusual there is no answer, and the
//! checked reader reads the chunk again and says what is wrong.

use super::CHUNK_BYTES_MAX;
use super::columns::ChunkHistograms;
use super::cursor::{Cursor, PADDING_BYTES};
use super::field::Field;
use super::is_stale;
use super::number::HistogramNumber;
use super::reader::NativeHistogramReader;
use super::starts::HistogramStarts;

/// Fills empty columns from a reader that has read the first sample; says whether nothing was unusual. If something
/// was, what the columns hold means nothing.
pub(super) fn fill<N: HistogramNumber, S: HistogramStarts>(
    reader: &mut NativeHistogramReader<'_, N, S>,
    columns: &mut ChunkHistograms,
) -> bool {
    let mut padded = std::mem::take(&mut columns.memory.padded);
    let bytes = reader.bytes();
    debug_assert!(bytes.len() <= CHUNK_BYTES_MAX);
    padded.clear();
    padded.extend_from_slice(bytes);
    padded.resize(bytes.len() + PADDING_BYTES, 0);
    let is_done = fill_padded(reader, &padded, columns).is_some();
    columns.memory.padded = padded;
    is_done
}

fn fill_padded<N: HistogramNumber, S: HistogramStarts>(
    reader: &mut NativeHistogramReader<'_, N, S>,
    padded: &[u8],
    columns: &mut ChunkHistograms,
) -> Option<()> {
    let (samples, mut at_bit, end_bit) =
        (usize::from(reader.samples()), reader.at_bit(), reader.bytes().len() * 8);
    let coding = reader.coding_mut();
    let schema = coding.layout.schema;
    if schema.accepted().ok()? != schema {
        return None;
    }
    let layout = &coding.layout;
    columns.layout.schema = schema;
    columns.layout.zero_threshold = layout.zero_threshold;
    columns.layout.positive_spans.clone_from(&layout.positive_spans);
    columns.layout.negative_spans.clone_from(&layout.negative_spans);
    columns.layout.custom_values.clone_from(&layout.custom_values);
    (columns.positive_len, columns.negative_len) = (coding.positive.len(), coding.negative.len());
    let row_len = columns.positive_len + columns.negative_len;

    columns.timestamps.resize(samples, 0);
    columns.counts.resize(samples, 0.0);
    columns.zero_counts.resize(samples, 0.0);
    columns.sums.resize(samples, 0.0);
    columns.rows.resize(samples, 0);
    if S::ARE_KEPT {
        columns.starts.resize(samples, 0);
    }
    // A bucket takes at least a bit: damaged bytes get no more room than 64 times their own length.
    let buckets_max = row_len + end_bit.saturating_sub(at_bit);
    columns.buckets.resize(row_len.saturating_mul(samples).min(buckets_max), 0.0);

    let mut row_start = 0;
    for index in 0..samples {
        let mut cursor = Cursor::new(padded, at_bit);
        let previous_ms = coding.t_ms.number();
        if index > 0 {
            coding.t_ms.read_fast(&mut cursor)?;
            coding.count.read_fast(&mut cursor)?;
            coding.zero_count.read_fast(&mut cursor)?;
            coding.sum.read_fast(&mut cursor)?;
        }
        let sum = coding.sum.number();
        *columns.rows.get_mut(index)? = row_start;
        *columns.timestamps.get_mut(index)? = coding.t_ms.number();
        *columns.sums.get_mut(index)? = sum;
        if !is_stale(sum) {
            *columns.counts.get_mut(index)? = N::count_to_float(coding.count.number());
            *columns.zero_counts.get_mut(index)? = N::count_to_float(coding.zero_count.number());
            let row_end = row_start + row_len;
            let row = columns.buckets.get_mut(row_start..row_end)?;
            let (positive, negative) = row.split_at_mut_checked(columns.positive_len)?;
            if index == 0 {
                copy_row::<N>(&coding.positive, positive);
                copy_row::<N>(&coding.negative, negative);
            } else {
                N::read_row(&mut cursor, &mut coding.positive, positive)?;
                N::read_row(&mut cursor, &mut coding.negative, negative)?;
            }
            row_start = row_end;
        }
        if S::ARE_KEPT {
            if index > 0 {
                coding.starts.read_fast(&mut cursor, previous_ms)?;
            }
            *columns.starts.get_mut(index)? = coding.starts.start_ms();
        }
        at_bit = cursor.at_bit();
        if at_bit > end_bit {
            return None;
        }
    }
    // Stale samples have none.
    columns.buckets.truncate(row_start);
    Some(())
}

/// Puts the buckets of the newest sample into a row.
fn copy_row<N: HistogramNumber>(fields: &[N::BucketField], row: &mut [f64]) {
    let mut count = 0.0;
    for (field, place) in fields.iter().zip(row) {
        *place = field.number().float_after(&mut count);
    }
}
