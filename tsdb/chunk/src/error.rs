//! What can be wrong with a chunk.

/// Why a chunk could not be read or extended. Offsets count bits from the chunk's first byte, the header
/// included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChunkError {
    /// The bytes end before a field does.
    #[error("chunk ends at bit {len_bits}, expected {needed_bits} bits of {expected} at bit {at_bit}")]
    Truncated {
        /// Where the field begins.
        at_bit: usize,
        /// How long the field is.
        needed_bits: u32,
        /// How long the chunk is.
        len_bits: usize,
        /// What the field is.
        expected: &'static str,
    },
    /// A variable-length integer does not end within 64 bits.
    #[error("varint at bit {at_bit} does not fit 64 bits, expected {expected}")]
    VarintTooLong {
        /// Where the integer begins.
        at_bit: usize,
        /// What the integer is.
        expected: &'static str,
    },
    /// A value's window of significant bits reaches beyond the value's last bit.
    #[error(
        "value window at bit {at_bit} skips {leading_bits} bits and holds {significant_bits}, \
         expected at most 64 together"
    )]
    WindowTooWide {
        /// Where the window's description begins.
        at_bit: usize,
        /// Zero bits before the window.
        leading_bits: u32,
        /// Bits in the window.
        significant_bits: u32,
    },
    /// The header promises more samples than the bytes can hold, however well they compress.
    #[error("chunk header counts {samples} samples, expected at most {samples_max} in {len_bytes} bytes")]
    TooManySamples {
        /// What the header says.
        samples: u16,
        /// The most that so many bytes can hold.
        samples_max: usize,
        /// How long the chunk is.
        len_bytes: usize,
    },
    /// No encoding of chunks has this id.
    #[error("chunk encoding {id} is unknown, expected 1 to 6")]
    UnknownEncoding {
        /// The encoding's id byte.
        id: u8,
    },
    /// The chunk is to be read as one of floats, and is one of histograms.
    #[error("chunk has histograms, expected floats")]
    NotFloats,
    /// The chunk is to be read as one of histograms, and is one of floats.
    #[error("chunk has floats, expected histograms")]
    NotHistograms,
    /// The chunk lists more of something than its bytes can hold, or than the limit.
    #[error("chunk lists {count} {what} at bit {at_bit}, expected at most {count_max}")]
    TooMany {
        /// Where the list begins, or for a histogram that is to be appended where it would.
        at_bit: usize,
        /// How many there are.
        count: u64,
        /// How many there can be.
        count_max: u64,
        /// What is listed.
        what: &'static str,
    },
    /// A number is too large for what it counts.
    #[error("number at bit {at_bit} does not fit 32 bits, expected {expected}")]
    NumberTooLarge {
        /// Where the number begins.
        at_bit: usize,
        /// What the number is.
        expected: &'static str,
    },
    /// Nobody knows which buckets a histogram of this schema has.
    #[error("histogram schema {schema} at bit {at_bit} is unknown, expected -53 or -9 to 52")]
    UnknownSchema {
        /// Where the schema begins.
        at_bit: usize,
        /// What the chunk says.
        schema: i64,
    },
    /// The buckets are finer than can be calculated with, and cannot be merged as spans overlap.
    #[error("spans overlap, so histograms of schema {schema} cannot be brought to schema 8")]
    SpansOverlap {
        /// The schema of the chunk.
        schema: i32,
    },
    /// A histogram that was to be appended has not as many buckets as its spans say.
    #[error("histogram has {found} buckets, expected the {needed} of its spans")]
    SpansBucketsMismatch {
        /// Buckets of the spans.
        needed: u64,
        /// Buckets there are.
        found: usize,
    },
    /// The chunk has as many samples as its header can count: finish it and begin another.
    #[error("chunk is full: its header can count no more samples")]
    Full,
}
