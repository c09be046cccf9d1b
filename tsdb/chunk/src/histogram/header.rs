//! What the header says about counter resets.

use emberdb_histogram::CounterResetHint;

/// The two top bits of a histogram chunk's third byte: what is known about a counter reset between the chunk before
/// and the first sample of this one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum CounterResetHeader {
    /// Nothing: the samples have to be compared.
    #[default]
    Unknown,
    /// There was none.
    NotReset,
    /// There was a reset.
    Reset,
    /// All histograms of the chunk are gauges, which have no resets.
    Gauge,
}

/// The bits of the third byte that say so; the others are not used.
const MASK: u8 = 0b1100_0000;

impl CounterResetHeader {
    pub(super) const fn from_byte(byte: u8) -> Self {
        match byte & MASK {
            0b0000_0000 => Self::Unknown,
            0b0100_0000 => Self::NotReset,
            0b1000_0000 => Self::Reset,
            _ => Self::Gauge,
        }
    }

    /// The byte with these bits, and with the others that it had.
    pub(super) const fn into_byte(self, byte: u8) -> u8 {
        let bits = match self {
            Self::Unknown => 0b0000_0000,
            Self::NotReset => 0b0100_0000,
            Self::Reset => 0b1000_0000,
            Self::Gauge => 0b1100_0000,
        };
        byte & !MASK | bits
    }

    /// The hint that a reader gives with the chunk's sample number `index`.
    ///
    /// The first has none, even where the header knows: the chunk before may have been deleted, or another may have
    /// come between the two.
    #[must_use]
    pub const fn hint(self, index: usize) -> CounterResetHint {
        match (self, index) {
            (Self::Gauge, _) => CounterResetHint::Gauge,
            (_, 0) => CounterResetHint::Unknown,
            _ => CounterResetHint::NotReset,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::CounterResetHeader;

    #[test]
    fn the_lower_bits_stay() {
        for byte in 0..=u8::MAX {
            assert_eq!(CounterResetHeader::from_byte(byte).into_byte(byte), byte);
            assert_eq!(CounterResetHeader::Reset.into_byte(byte), 0x80 | byte & 0x3f);
        }
    }
}
