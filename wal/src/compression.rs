//! Compression of a whole record, before it is cut into fragments: snappy's block format, or a zstd frame.
//!
//! A record that does not get smaller is stored as it is, without the bit in its header.

use thiserror::Error;

use crate::record::RECORD_BYTES_MAX;

/// How a [`WalWriter`](crate::WalWriter) compresses records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Compression {
    /// Not at all: the default of Prometheus' storage library.
    None,
    /// Snappy's block format: the default of the Prometheus server.
    #[default]
    Snappy,
    /// One zstd frame a record.
    #[cfg(feature = "zstd")]
    Zstd,
}

/// How one record is stored, as its fragments' headers say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RecordCompression {
    None,
    Snappy,
    Zstd,
}

/// Compresses records into a buffer of its own.
pub(crate) struct Compressor {
    compression: Compression,
    snappy: snap::raw::Encoder,
    /// Only grows, so that no record pays for zeros that the encoder overwrites.
    buffer: Vec<u8>,
}

impl Compressor {
    pub(crate) fn new(compression: Compression) -> Self {
        Self { compression, snappy: snap::raw::Encoder::new(), buffer: Vec::new() }
    }

    /// The bytes to store for a record and how they are compressed.
    pub(crate) fn compress<'a>(&'a mut self, record: &'a [u8]) -> (RecordCompression, &'a [u8]) {
        let (compression, compressed_bytes) = match self.compression {
            Compression::None => return (RecordCompression::None, record),
            Compression::Snappy => {
                let bytes_max = snap::raw::max_compress_len(record.len());
                grow(&mut self.buffer, bytes_max);
                (RecordCompression::Snappy, self.snappy.compress(record, &mut self.buffer).ok())
            }
            #[cfg(feature = "zstd")]
            Compression::Zstd => {
                grow(&mut self.buffer, zstd::zstd_safe::compress_bound(record.len()));
                let compressed = zstd::bulk::compress_to_buffer(record, &mut self.buffer[..], ZSTD_LEVEL);
                (RecordCompression::Zstd, compressed.ok())
            }
        };
        // An encoder that fails costs space only: the record is stored as it is.
        match compressed_bytes.and_then(|bytes| self.buffer.get(..bytes)) {
            Some(compressed) if compressed.len() < record.len() => (compression, compressed),
            _ => (RecordCompression::None, record),
        }
    }
}

/// Fast, as upstream's encoder is set; the log is written far more often than read.
#[cfg(feature = "zstd")]
const ZSTD_LEVEL: i32 = 1;

/// Decompresses records into a buffer of its own.
pub(crate) struct Decompressor {
    snappy: snap::raw::Decoder,
    /// Only grows, like the compressor's.
    buffer: Vec<u8>,
    len: usize,
}

/// Why a stored record cannot be decompressed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum DecompressError {
    #[error("{0}")]
    Invalid(String),
    #[error("{bytes} bytes")]
    TooLarge { bytes: u64 },
    #[cfg(not(feature = "zstd"))]
    #[error(
        "it is compressed with zstd, which this program was built without: build it with the feature `zstd`"
    )]
    ZstdNotCompiledIn,
}

/// The most that snappy makes of a byte: its largest copy, 64 bytes, is written in 3.
const SNAPPY_RATIO_MAX: u64 = 22;

/// What each zstd frame begins with.
const ZSTD_MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

impl Decompressor {
    pub(crate) fn new() -> Self {
        Self { snappy: snap::raw::Decoder::new(), buffer: Vec::new(), len: 0 }
    }

    /// The record that the last successful call of [`decompress`](Self::decompress) produced.
    pub(crate) fn record(&self) -> &[u8] {
        self.buffer.get(..self.len).unwrap_or_default()
    }

    /// Decompresses a record that is compressed with snappy.
    pub(crate) fn decompress_snappy(&mut self, stored: &[u8]) -> Result<(), DecompressError> {
        let invalid = |error: snap::Error| DecompressError::Invalid(error.to_string());
        let len = snap::raw::decompress_len(stored).map_err(invalid)?;
        let stored_bytes = stored.len() as u64;
        // The length is what the bytes claim: believe it only as far as they can produce it.
        if len as u64 > stored_bytes * SNAPPY_RATIO_MAX {
            let message = format!("claims to hold {len} bytes, which {stored_bytes} bytes cannot");
            return Err(DecompressError::Invalid(message));
        }
        self.make_room(len as u64)?;
        self.len = self.snappy.decompress(stored, &mut self.buffer).map_err(invalid)?;
        Ok(())
    }

    /// Decompresses a record that is compressed with zstd.
    #[cfg(feature = "zstd")]
    pub(crate) fn decompress_zstd(&mut self, stored: &[u8]) -> Result<(), DecompressError> {
        use std::io::Read;

        // The frame's own statement of its size is optional, so it is read as a stream that may not exceed the limit.
        expect_zstd_magic(stored)?;
        let invalid = |error: std::io::Error| DecompressError::Invalid(error.to_string());
        self.len = 0;
        self.buffer.clear();
        let frame = zstd::stream::read::Decoder::with_buffer(stored).map_err(invalid)?;
        let limit_bytes = RECORD_BYTES_MAX as u64;
        let bytes = frame.take(limit_bytes + 1).read_to_end(&mut self.buffer).map_err(invalid)?;
        if bytes as u64 > limit_bytes {
            return Err(DecompressError::TooLarge { bytes: bytes as u64 });
        }
        self.len = bytes;
        Ok(())
    }

    /// Says whether a record marked as zstd is one (then zstd is needed) or is damaged.
    #[cfg(not(feature = "zstd"))]
    #[expect(clippy::unused_self, reason = "the twin with zstd needs it")]
    pub(crate) fn decompress_zstd(&mut self, stored: &[u8]) -> Result<(), DecompressError> {
        expect_zstd_magic(stored)?;
        Err(DecompressError::ZstdNotCompiledIn)
    }

    fn make_room(&mut self, len: u64) -> Result<(), DecompressError> {
        match usize::try_from(len) {
            Ok(len) if len <= RECORD_BYTES_MAX => {
                grow(&mut self.buffer, len);
                Ok(())
            }
            _ => Err(DecompressError::TooLarge { bytes: len }),
        }
    }
}

/// The bit in the header is not covered by the checksum; the frame's magic number tells a flipped bit from zstd.
fn expect_zstd_magic(stored: &[u8]) -> Result<(), DecompressError> {
    if stored.starts_with(&ZSTD_MAGIC) {
        return Ok(());
    }
    let found = stored.get(..4).unwrap_or(stored);
    let message = format!("expected the magic number {ZSTD_MAGIC:02x?} of zstd, found {found:02x?}");
    Err(DecompressError::Invalid(message))
}

fn grow(buffer: &mut Vec<u8>, len: usize) {
    if buffer.len() < len {
        buffer.resize(len, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn snappy_is_used_only_where_it_gains() {
        let mut compressor = Compressor::new(Compression::Snappy);
        assert_eq!(compressor.compress(b"abc"), (RecordCompression::None, &b"abc"[..]));
        let record = [b'a'; 100];
        let (compression, stored) = compressor.compress(&record);
        assert_eq!(compression, RecordCompression::Snappy);
        let mut decompressor = Decompressor::new();
        decompressor.decompress_snappy(stored).unwrap();
        assert_eq!(decompressor.record(), record);
    }

    /// Ten bytes that claim to be 200 MiB: no memory is asked for.
    #[test]
    fn a_claimed_length_is_not_believed() {
        let mut decompressor = Decompressor::new();
        let mut stored = vec![0x80, 0x80, 0x80, 0x64];
        stored.extend([0; 6]);
        let error = decompressor.decompress_snappy(&stored).unwrap_err();
        assert!(error.to_string().contains("claims to hold 209715200 bytes"), "{error}");
        assert_eq!(decompressor.buffer.capacity(), 0);
    }

    #[cfg(feature = "zstd")]
    #[test]
    fn zstd_goes_there_and_back() {
        let record: Vec<u8> = (0..5000_u32).flat_map(|n| (n / 7).to_be_bytes()).collect();
        let mut compressor = Compressor::new(Compression::Zstd);
        let (compression, stored) = compressor.compress(&record);
        assert_eq!(compression, RecordCompression::Zstd);
        let mut decompressor = Decompressor::new();
        decompressor.decompress_zstd(stored).unwrap();
        assert_eq!(decompressor.record(), record);
        assert!(decompressor.decompress_zstd(&stored[..stored.len() - 1]).is_err());
        assert!(decompressor.decompress_zstd(b"abc").is_err());
    }
}
