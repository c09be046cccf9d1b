//! One way into every chunk of floats, and into the header of any chunk.

use crate::{ChunkError, Encoding, decode_columns, xor2};

/// Appends the samples of a chunk of floats to a column of timestamps, a column of values, and a column of start
/// timestamps, all times in milliseconds; says how many samples there are. Bytes behind the last sample are ignored.
/// Reuse the columns: nothing else is allocated.
///
/// A start timestamp of 0 is unknown, and so is what is missing at the end of their column, which is never longer than the
/// others: a chunk in which no sample has one leaves it as it was.
///
/// ```
/// use emberdb_tsdb_chunk::{ChunkError, Encoding, Xor2Appender, XorAppender, decode_floats};
///
/// let (mut xor, mut xor2) = (XorAppender::new(), Xor2Appender::new());
/// xor.append(15_000, 1.0)?;
/// xor2.append(30_000, 2.0, 20_000)?;
///
/// let (mut timestamps, mut values, mut starts) = (Vec::new(), Vec::new(), Vec::new());
/// for (encoding, bytes) in [(Encoding::Xor, xor.bytes()), (Encoding::Xor2, xor2.bytes())] {
///     decode_floats(encoding, bytes, &mut timestamps, &mut values, &mut starts)?;
/// }
/// assert_eq!((timestamps, values, starts), (vec![15_000, 30_000], vec![1.0, 2.0], vec![0, 20_000]));
/// # Ok::<(), ChunkError>(())
/// ```
///
/// # Errors
/// [`ChunkError`] says at which bit the chunk is cut off or damaged, and what was expected there, or that it is one of
/// histograms. The columns are then as they were.
pub fn decode_floats(
    encoding: Encoding,
    bytes: &[u8],
    timestamps: &mut Vec<i64>,
    values: &mut Vec<f64>,
    starts: &mut Vec<i64>,
) -> Result<usize, ChunkError> {
    match encoding {
        Encoding::Xor => decode_columns(bytes, timestamps, values),
        Encoding::Xor2 => xor2::decode_columns(bytes, timestamps, values, starts),
        Encoding::Histogram
        | Encoding::FloatHistogram
        | Encoding::HistogramSt
        | Encoding::FloatHistogramSt => Err(ChunkError::NotFloats),
    }
}

/// How many samples a chunk says that it has. Nothing but its header is looked at.
///
/// ```
/// use emberdb_tsdb_chunk::{ChunkError, Encoding, XorAppender, samples_in};
///
/// let mut open = XorAppender::new();
/// open.append(1_000, 0.5)?;
/// assert_eq!(samples_in(Encoding::Xor, open.bytes())?, 1);
/// # Ok::<(), ChunkError>(())
/// ```
///
/// # Errors
/// [`ChunkError::Truncated`] if the bytes end within the count.
pub fn samples_in(encoding: Encoding, bytes: &[u8]) -> Result<u16, ChunkError> {
    let Some(&count) = bytes.first_chunk() else {
        let (len_bits, expected) = (bytes.len() * 8, "sample count");
        return Err(ChunkError::Truncated { at_bit: 0, needed_bits: 16, len_bits, expected });
    };
    Ok(u16::from_be_bytes(count) & encoding.samples_max())
}

#[cfg(test)]
mod tests {
    use super::{decode_floats, samples_in};
    use crate::{ChunkError, Encoding};

    #[test]
    fn headers_are_looked_at_and_nothing_else() {
        for id in 1..=6 {
            let encoding = Encoding::from_id(id).expect("known");
            assert_eq!(samples_in(encoding, &[0x01, 0x02]), Ok(0x0102));
            let error =
                ChunkError::Truncated { at_bit: 0, needed_bits: 16, len_bits: 8, expected: "sample count" };
            assert_eq!(samples_in(encoding, &[0x01]), Err(error));
        }
        // Two bits of the header say something else in the newest encodings of histograms.
        assert_eq!(samples_in(Encoding::FloatHistogram, &[0xff, 0x01]), Ok(0xff01));
        assert_eq!(samples_in(Encoding::FloatHistogramSt, &[0xff, 0x01]), Ok(0x3f01));
    }

    #[test]
    fn histograms_are_no_floats() {
        let mut columns = (vec![1], vec![2.0], vec![3]);
        for id in [2, 3, 5, 6] {
            let encoding = Encoding::from_id(id).expect("known");
            let (timestamps, values, starts) = (&mut columns.0, &mut columns.1, &mut columns.2);
            assert_eq!(
                decode_floats(encoding, &[0, 0, 0], timestamps, values, starts),
                Err(ChunkError::NotFloats)
            );
        }
        assert_eq!(columns, (vec![1], vec![2.0], vec![3]));
    }
}
