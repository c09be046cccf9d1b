//! One chunk in a file.
//!
//! ```text
//! 0          8          16         24         25                 ..           ..
//! ┌──────────┬──────────┬──────────┬──────────┬──────────────────┬────────────┬──────────┐
//! │ series   │ min_ms   │ max_ms   │ encoding │ length: uvarint  │ chunk      │ CRC32C   │
//! │ u64 BE   │ i64 BE   │ i64 BE   │ u8       │ 1 to 5 bytes     │            │ u32 BE   │
//! └──────────┴──────────┴──────────┴──────────┴──────────────────┴────────────┴──────────┘
//! ```
//!
//! The checksum is over all before it. The top bit of the encoding says that the chunk holds samples that came out of order.

use emberdb_tsdb_chunk::{ChunkError, Encoding};

const OUT_OF_ORDER: u8 = 0x80;

/// Bytes before the length.
const FIXED_BYTES: usize = 25;

const CHECKSUM_BYTES: usize = 4;

/// The most bytes that a length takes.
const LENGTH_BYTES_MAX: usize = 5;

/// The largest chunk that is read: the head's have a few KiB, histograms of the largest layout some MiB.
const CHUNK_BYTES_MAX: usize = 64 * 1024 * 1024;

/// A chunk to be written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NewChunk<'a> {
    /// The series, as the log names it.
    pub(crate) wal_ref: u64,
    pub(crate) min_ms: i64,
    pub(crate) max_ms: i64,
    pub(crate) encoding: Encoding,
    pub(crate) is_out_of_order: bool,
    pub(crate) bytes: &'a [u8],
}

impl NewChunk<'_> {
    /// How many bytes the entry takes.
    pub(super) fn entry_bytes(&self) -> usize {
        let bits = usize::BITS - self.bytes.len().leading_zeros();
        let length_bytes = (bits as usize).div_ceil(7).max(1);
        FIXED_BYTES + length_bytes + self.bytes.len() + CHECKSUM_BYTES
    }

    /// Appends the entry to `file`.
    pub(super) fn encode(&self, file: &mut Vec<u8>) {
        let start = file.len();
        file.extend(self.wal_ref.to_be_bytes());
        file.extend(self.min_ms.to_be_bytes());
        file.extend(self.max_ms.to_be_bytes());
        file.push(self.encoding.id() | if self.is_out_of_order { OUT_OF_ORDER } else { 0 });
        let mut length = self.bytes.len();
        while length >= 0x80 {
            file.push((length & 0x7f) as u8 | 0x80);
            length >>= 7;
        }
        file.push(length as u8);
        file.extend(self.bytes);
        let checksum = crc32c::crc32c(file.get(start..).unwrap_or_default());
        file.extend(checksum.to_be_bytes());
    }
}

/// A chunk in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry<'a> {
    pub(super) wal_ref: u64,
    pub(super) min_ms: i64,
    pub(super) max_ms: i64,
    pub(super) encoding: Encoding,
    pub(super) is_out_of_order: bool,
    pub(super) chunk: &'a [u8],
    /// Where the chunk begins, counted from the entry's first byte.
    pub(super) chunk_at: usize,
    /// Size of the whole entry.
    pub(super) entry_bytes: usize,
}

/// What is wrong with an entry.
#[derive(Debug, PartialEq, thiserror::Error)]
pub(crate) enum EntryError {
    #[error("the file ends inside of a chunk's entry: expected {expected} bytes, found {found}")]
    Truncated { expected: usize, found: usize },
    #[error("a chunk's length takes more than {LENGTH_BYTES_MAX} bytes")]
    LengthTooLong,
    #[error("a chunk of {bytes} bytes: at most {CHUNK_BYTES_MAX} are read")]
    TooLarge { bytes: u64 },
    #[error("{zeros} zeros, which end a file, and then more")]
    AfterTheEnd { zeros: usize },
    #[error("checksum {found:08x} of a chunk, expected {expected:08x}")]
    Checksum { expected: u32, found: u32 },
    #[error(transparent)]
    Encoding(#[from] ChunkError),
}

impl<'a> Entry<'a> {
    /// Reads the entry that `bytes` begin with; `None` if there is nothing more than zeros, which upstream leaves at a file's end.
    pub(super) fn decode(bytes: &'a [u8]) -> Result<Option<Self>, EntryError> {
        let truncated = |expected| EntryError::Truncated { expected, found: bytes.len() };
        let zeros = bytes.iter().take_while(|&&byte| byte == 0).count();
        if zeros == bytes.len() {
            return Ok(None);
        }
        if zeros >= FIXED_BYTES {
            return Err(EntryError::AfterTheEnd { zeros });
        }
        let (fixed, rest) = bytes.split_first_chunk::<FIXED_BYTES>().ok_or(truncated(FIXED_BYTES))?;
        let (length, length_bytes) = decode_length(rest).ok_or(truncated(FIXED_BYTES + 1))??;
        let chunk_at = FIXED_BYTES + length_bytes;
        let checksum_at = chunk_at + length;
        let entry_bytes = checksum_at + CHECKSUM_BYTES;
        let (Some(checked), Some(checksum)) = (bytes.get(..checksum_at), bytes.get(checksum_at..entry_bytes))
        else {
            return Err(truncated(entry_bytes));
        };
        let expected = crc32c::crc32c(checked);
        let found = checksum.iter().fold(0, |sum, &byte| sum << 8 | u32::from(byte));
        if expected != found {
            return Err(EntryError::Checksum { expected, found });
        }
        let number = |at: usize| fixed.iter().skip(at).take(8).fold(0, |n, &byte| n << 8 | u64::from(byte));
        let [.., encoding] = *fixed;
        Ok(Some(Self {
            wal_ref: number(0),
            min_ms: number(8).cast_signed(),
            max_ms: number(16).cast_signed(),
            encoding: Encoding::from_id(encoding & !OUT_OF_ORDER)?,
            is_out_of_order: encoding & OUT_OF_ORDER != 0,
            chunk: checked.get(chunk_at..).unwrap_or_default(),
            chunk_at,
            entry_bytes,
        }))
    }
}

/// The length at the beginning of `bytes`, and how many bytes it takes; `None` if they end before it does.
fn decode_length(bytes: &[u8]) -> Option<Result<(usize, usize), EntryError>> {
    let mut length = 0_u64;
    for (index, &byte) in bytes.iter().enumerate().take(LENGTH_BYTES_MAX) {
        length |= u64::from(byte & 0x7f) << (7 * index);
        if byte < 0x80 {
            let in_bounds = usize::try_from(length).ok().filter(|&length| length <= CHUNK_BYTES_MAX);
            return Some(in_bounds.map(|l| (l, index + 1)).ok_or(EntryError::TooLarge { bytes: length }));
        }
    }
    (bytes.len() >= LENGTH_BYTES_MAX).then_some(Err(EntryError::LengthTooLong))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn new_chunk(bytes: &[u8], is_out_of_order: bool) -> NewChunk<'_> {
        NewChunk {
            wal_ref: 0x0102_0304_0506_0708,
            min_ms: -5,
            max_ms: 1 << 40,
            encoding: Encoding::Histogram,
            is_out_of_order,
            bytes,
        }
    }

    #[test]
    fn an_entry_has_these_bytes() {
        let mut file = Vec::new();
        new_chunk(&[0xab; 200], true).encode(&mut file);
        let head: Vec<u8> = [
            &[1, 2, 3, 4, 5, 6, 7, 8][..],
            &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfb],
            &[0, 0, 1, 0, 0, 0, 0, 0],
            &[0x82, 0xc8, 0x01],
        ]
        .concat();
        assert_eq!(file[..27], head);
        assert_eq!(file[27..227], [0xab; 200]);
        assert_eq!(file[227..], crc32c::crc32c(&file[..227]).to_be_bytes());
    }

    #[test]
    fn zeros_end_a_file_and_half_an_entry_does_not() {
        assert_eq!(Entry::decode(&[]), Ok(None));
        assert_eq!(Entry::decode(&[0; 100]), Ok(None));
        let mut more = [0; 100];
        more[99] = 1;
        assert_eq!(Entry::decode(&more), Err(EntryError::AfterTheEnd { zeros: 99 }));
        let mut file = Vec::new();
        new_chunk(&[7; 10], false).encode(&mut file);
        for len in 1..file.len() {
            assert!(Entry::decode(&file[..len]).is_err(), "{len} bytes");
        }
        let mut endless = file[..FIXED_BYTES].to_vec();
        endless.extend([0xff; 9]);
        assert_eq!(Entry::decode(&endless), Err(EntryError::LengthTooLong));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(bytes in prop::collection::vec(any::<u8>(), 0..400), late: bool) {
            let chunk = new_chunk(&bytes, late);
            let mut file = Vec::new();
            chunk.encode(&mut file);
            prop_assert_eq!(file.len(), chunk.entry_bytes());
            file.extend([1, 2, 3]);
            let entry = Entry::decode(&file).unwrap().unwrap();
            prop_assert_eq!(entry.chunk, &bytes[..]);
            prop_assert_eq!(&file[entry.chunk_at..entry.chunk_at + bytes.len()], &bytes[..]);
            prop_assert_eq!(entry.entry_bytes, chunk.entry_bytes());
            prop_assert_eq!((entry.wal_ref, entry.min_ms, entry.max_ms), (chunk.wal_ref, -5, 1 << 40));
            prop_assert_eq!((entry.encoding, entry.is_out_of_order), (Encoding::Histogram, late));
        }

        /// A changed byte is noticed, wherever it is.
        #[test]
        fn damage_is_noticed(bytes in prop::collection::vec(any::<u8>(), 0..60), at: prop::sample::Index, flip in 1..=255_u8) {
            let mut file = Vec::new();
            new_chunk(&bytes, false).encode(&mut file);
            let at = at.index(file.len());
            file[at] ^= flip;
            prop_assert!(Entry::decode(&file).is_err());
        }
    }
}
