//! A whole chunk into columns, fast.
//!
//! The chunk is copied to where zeros lie behind it, so that loads stay inside and one comparison a sample finds out
//! whether a field was cut off. Nothing here decides about errors: at anything unusual there is no answer, and the
//! checked reader reads the chunk again and says what is wrong.

use super::CHUNK_BYTES_MAX;
use super::columns::HistogramColumns;
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
    columns: &mut HistogramColumns,
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
    columns: &mut HistogramColumns,
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

    columns.timestamps.reserve(samples);
    columns.counts.reserve(samples);
    columns.zero_counts.reserve(samples);
    columns.sums.reserve(samples);
    columns.rows.reserve(samples);
    if S::ARE_KEPT {
        columns.starts.reserve(samples);
    }
    // A bucket takes at least a bit: damaged bytes reserve no more than 64 times their own length.
    columns.buckets.reserve(row_len.saturating_mul(samples).min(row_len + end_bit.saturating_sub(at_bit)));

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
        columns.rows.push(columns.buckets.len());
        columns.timestamps.push(coding.t_ms.number());
        columns.sums.push(sum);
        if is_stale(sum) {
            columns.counts.push(0.0);
            columns.zero_counts.push(0.0);
        } else {
            columns.counts.push(N::count_to_float(coding.count.number()));
            columns.zero_counts.push(N::count_to_float(coding.zero_count.number()));
            let start = columns.buckets.len();
            columns.buckets.resize(start + row_len, 0.0);
            let row = columns.buckets.get_mut(start..)?;
            let (positive, negative) = row.split_at_mut_checked(columns.positive_len)?;
            if index == 0 {
                copy_row::<N>(&coding.positive, positive);
                copy_row::<N>(&coding.negative, negative);
            } else {
                fill_row::<N>(&mut cursor, &mut coding.positive, positive)?;
                fill_row::<N>(&mut cursor, &mut coding.negative, negative)?;
            }
        }
        if S::ARE_KEPT {
            if index > 0 {
                coding.starts.read_fast(&mut cursor, previous_ms)?;
            }
            columns.starts.push(coding.starts.start_ms());
        }
        at_bit = cursor.at_bit();
        if at_bit > end_bit {
            return None;
        }
    }
    Some(())
}

/// Puts the buckets of the newest sample into a row.
fn copy_row<N: HistogramNumber>(fields: &[N::BucketField], row: &mut [f64]) {
    let mut count = 0.0;
    for (field, place) in fields.iter().zip(row) {
        *place = field.number().float_after(&mut count);
    }
}

/// Reads the buckets of another sample into a row.
#[inline]
fn fill_row<N: HistogramNumber>(
    cursor: &mut Cursor<'_>,
    fields: &mut [N::BucketField],
    row: &mut [f64],
) -> Option<()> {
    let mut count = 0.0;
    for (field, place) in fields.iter_mut().zip(row) {
        field.read_fast(cursor)?;
        *place = field.number().float_after(&mut count);
    }
    Some(())
}
