//! A whole chunk into two columns.
//!
//! Bits are taken from a 64-bit register that one unaligned load fills, so that a sample costs a few shifts and
//! well-predicted branches. The fast loop decides nothing about errors: at anything unusual it stops before the
//! sample, and the checked reader reads that sample again and says what is wrong.

use super::checked::XorReader;
use super::window::{LEADING_BITS, SIGNIFICANT_BITS, Window};
use super::{Coded, DOD_BITS, dod_from_bits};
use crate::ChunkError;
use crate::bits::{PEEK_BITS, peek, peek_full};

/// The fast loop stops within as many bytes of the end, if not earlier for an error: a sample of at most 145
/// bits that starts within a byte, and one load of nine bytes that begins at its last bit.
const TAIL_BYTES_MAX: usize = 32;

/// The tail is decoded by the same loop from a copy, with so many zeros behind it that loads stay inside.
const TAIL_PADDED_BYTES: usize = 2 * TAIL_BYTES_MAX;

/// Appends a chunk's samples to a column of timestamps (milliseconds) and a column of values, and says how many
/// there are. Bytes behind the last sample are ignored. Reuse the columns: nothing else is allocated.
///
/// ```
/// # use emberdb_tsdb_chunk::{ChunkError, XorAppender, decode_columns};
/// let mut open = XorAppender::new();
/// for i in 0..120 {
///     open.append(15_000 * i, i as f64)?;
/// }
/// let (mut timestamps, mut values) = (Vec::new(), Vec::new());
/// decode_columns(open.bytes(), &mut timestamps, &mut values)?;
/// assert_eq!((timestamps[119], values[119]), (15_000 * 119, 119.0));
/// # Ok::<(), ChunkError>(())
/// ```
///
/// # Errors
/// [`ChunkError`] says at which bit the chunk is cut off or damaged, and what was expected there. The columns
/// are then as they were.
pub fn decode_columns(
    bytes: &[u8],
    timestamps: &mut Vec<i64>,
    values: &mut Vec<f64>,
) -> Result<usize, ChunkError> {
    let mut reader = XorReader::new(bytes)?;
    let samples = usize::from(reader.samples());
    let (t_start, v_start) = (timestamps.len(), values.len());
    timestamps.resize(t_start + samples, 0);
    values.resize(v_start + samples, 0.0);
    let filled = fill(&mut reader, &mut timestamps[t_start..], &mut values[v_start..]);
    if filled.is_err() {
        timestamps.truncate(t_start);
        values.truncate(v_start);
    }
    filled.map(|()| samples)
}

/// Fills two columns of the chunk's length.
fn fill(reader: &mut XorReader<'_>, timestamps: &mut [i64], values: &mut [f64]) -> Result<(), ChunkError> {
    let mut done = 0;
    while done < timestamps.len() {
        // The first two samples have a form of their own.
        if done == 2 {
            done += fill_fast(reader, &mut timestamps[2..], &mut values[2..]);
            if done == timestamps.len() {
                break;
            }
        }
        let coded = reader.read_sample(done)?;
        timestamps[done] = coded.t_ms;
        values[done] = f64::from_bits(coded.value_bits);
        done += 1;
    }
    Ok(())
}

/// Fills the columns from the chunk's third sample on, as far as nothing is wrong; says how far.
fn fill_fast(reader: &mut XorReader<'_>, timestamps: &mut [i64], values: &mut [f64]) -> usize {
    let bytes = reader.bytes();
    let mut run = Run { coded: reader.coded(), at_bit: reader.at_bit(), samples: 0 };
    run.fill(bytes, bytes.len() * 8, timestamps, values);

    let tail_start = run.at_bit / 8;
    let tail = &bytes[tail_start..];
    if run.samples < timestamps.len() && tail.len() <= TAIL_BYTES_MAX {
        let mut padded = [0; TAIL_PADDED_BYTES];
        padded[..tail.len()].copy_from_slice(tail);
        run.at_bit -= tail_start * 8;
        run.fill(&padded, tail.len() * 8, timestamps, values);
        run.at_bit += tail_start * 8;
    }
    reader.resume(run.coded, run.at_bit);
    run.samples
}

/// How far the fast loop has come.
struct Run {
    coded: Coded,
    /// Behind the newest sample.
    at_bit: usize,
    /// Samples written to the columns.
    samples: usize,
}

impl Run {
    /// Goes on until the columns are full, the next sample might reach beyond `end_bit`, or a load beyond the
    /// slice, or a window is too wide.
    fn fill(&mut self, bytes: &[u8], end_bit: usize, timestamps: &mut [i64], values: &mut [f64]) {
        let len = timestamps.len().min(values.len());
        let (timestamps, values) = (&mut timestamps[..len], &mut values[..len]);
        let Coded { mut t_ms, mut step_ms, mut value_bits, window } = self.coded;
        let mut window = window.or_full();
        let mut at_bit = self.at_bit;
        let mut done = self.samples;

        while done < len {
            let Some(word) = peek(bytes, at_bit) else { break };
            // One arm for each way that a sample can start, each with what follows: the arms' lengths are
            // constants, so a well-predicted branch gives the next position before the bits are looked at.
            let (dod, value) = match word >> 62 {
                0b00 => {
                    let zeros = word.leading_zeros().min(PEEK_BITS) as usize;
                    let same = (zeros / 2).min(len - done).min((end_bit - at_bit) / 2);
                    if same == 0 {
                        break;
                    }
                    let value = f64::from_bits(value_bits);
                    t_ms = repeat(t_ms, step_ms, value, same, &mut timestamps[done..], &mut values[done..]);
                    at_bit += 2 * same;
                    done += same;
                    continue;
                }
                0b01 => (0, value::<1>(word, bytes, at_bit, window)),
                0b10 => {
                    let dod = dod_from_bits(word << 2 >> (64 - DOD_BITS[0]), DOD_BITS[0]);
                    (dod, value::<{ 2 + DOD_BITS[0] }>(word, bytes, at_bit, window))
                }
                _ => {
                    let Some((dod, dod_bits)) = wide_dod(word, bytes, at_bit) else { break };
                    let value_bit = at_bit + dod_bits;
                    let Some(word) = peek(bytes, value_bit) else { break };
                    (dod, value::<0>(word, bytes, value_bit, window))
                }
            };
            let Some(Value { xor, window: window_next, end_bit: next_bit }) = value else { break };
            if next_bit > end_bit {
                break;
            }
            at_bit = next_bit;
            step_ms = step_ms.wrapping_add(dod);
            t_ms = t_ms.wrapping_add_unsigned(step_ms);
            value_bits ^= xor;
            window = window_next;
            timestamps[done] = t_ms;
            values[done] = f64::from_bits(value_bits);
            done += 1;
        }

        self.coded = Coded { t_ms, step_ms, value_bits, window };
        self.at_bit = at_bit;
        self.samples = done;
    }
}

/// So many equal samples are written whether or not there are as many, where the columns have room: a run's
/// length is hard to predict, and a wrong guess costs more than the stores. What is too much is overwritten.
const REPEAT_SAMPLES: usize = 8;

/// Writes `same` samples of one value, each `step_ms` behind the one before; gives back the time of the last.
/// Kept out of the loop, where its vectors would be prepared for every sample.
#[inline(never)]
fn repeat(
    t_ms: i64,
    step_ms: u64,
    value: f64,
    same: usize,
    timestamps: &mut [i64],
    values: &mut [f64],
) -> i64 {
    let mut newest_ms = t_ms;
    let next = || {
        newest_ms = newest_ms.wrapping_add_unsigned(step_ms);
        newest_ms
    };
    match (timestamps.first_chunk_mut::<REPEAT_SAMPLES>(), values.first_chunk_mut::<REPEAT_SAMPLES>()) {
        (Some(timestamps), Some(values)) if same <= REPEAT_SAMPLES => {
            timestamps.fill_with(next);
            values.fill(value);
        }
        _ => {
            timestamps[..same].fill_with(next);
            values[..same].fill(value);
        }
    }
    t_ms.wrapping_add_unsigned(step_ms.wrapping_mul(same as u64))
}

/// The change of a time step behind a prefix of two ones or more, and its length in bits.
#[cold]
fn wide_dod(word: u64, bytes: &[u8], at_bit: usize) -> Option<(u64, usize)> {
    let ones = word.leading_ones();
    if let Some(&count) = DOD_BITS.get(ones as usize - 1) {
        let prefix = ones + 1;
        let bits = word << prefix >> (64 - count);
        return Some((dod_from_bits(bits, count), (prefix + count) as usize));
    }
    Some((peek_full(bytes, at_bit + 4)?, 4 + 64))
}

/// What a value's bits say.
pub(crate) struct Value {
    /// Its change.
    pub(crate) xor: u64,
    /// The window in use behind it.
    pub(crate) window: Window,
    /// Where what follows starts.
    pub(crate) end_bit: usize,
}

/// Reads the value that starts `SKIP` bits behind `at_bit`, where `word` was peeked; nothing if its window is too wide
/// or a load would reach beyond the slice. `window` is one that there is.
#[inline(always)]
pub(crate) fn value<const SKIP: u32>(
    word: u64,
    bytes: &[u8],
    at_bit: usize,
    window: Window,
) -> Option<Value> {
    const FIELDS_BITS: u32 = LEADING_BITS + SIGNIFICANT_BITS;
    let at_bit = at_bit + SKIP as usize;
    let word = word << SKIP;
    match word >> 62 {
        0b00 | 0b01 => Some(Value { xor: 0, window, end_bit: at_bit + 1 }),
        0b10 => contents(word << 2, PEEK_BITS - SKIP - 2, bytes, at_bit + 2, window),
        _ => {
            let window = Window::from_fields(word << 2 >> (64 - FIELDS_BITS));
            if window.is_too_wide() {
                return None;
            }
            let skipped = 2 + FIELDS_BITS;
            contents(word << skipped, PEEK_BITS - SKIP - skipped, bytes, at_bit + skipped as usize, window)
        }
    }
}

/// Reads a window's contents at `at_bit`: from `word` if they are among its first `real_bits`, else from memory.
#[inline(always)]
fn contents(word: u64, real_bits: u32, bytes: &[u8], at_bit: usize, window: Window) -> Option<Value> {
    let significant = window.significant_bits();
    let word = if significant <= real_bits { word } else { peek_full(bytes, at_bit)? };
    let xor = word >> (64 - significant) << window.trailing_bits();
    Some(Value { xor, window, end_bit: at_bit + significant as usize })
}
