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
    /// The chunk is of an encoding that this crate does not read or write.
    #[error("chunk encoding {id} ({name}) is not supported, expected 1 (XOR)")]
    UnsupportedEncoding {
        /// The encoding's id byte.
        id: u8,
        /// What Prometheus calls it.
        name: &'static str,
    },
    /// The chunk has as many samples as its header can count: finish it and begin another.
    #[error("chunk is full: its header counts at most 65535 samples")]
    Full,
}
