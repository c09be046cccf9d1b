//! Which encoding a chunk has: the id byte that chunk files store beside it.

use crate::ChunkError;

/// The encoding of a chunk.
///
/// ```
/// use emberdb_tsdb_chunk::Encoding;
///
/// assert_eq!(Encoding::from_id(1), Ok(Encoding::Xor));
/// assert_eq!(Encoding::Xor.with_starts(), Encoding::Xor2);
/// let error = Encoding::from_id(7).unwrap_err();
/// assert_eq!(error.to_string(), "chunk encoding 7 is unknown, expected 1 to 6");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// Floats; timestamps as deltas of deltas, values as the XOR with their predecessor.
    Xor,
    /// Native histograms that count in whole numbers.
    Histogram,
    /// Native histograms that count in floats.
    FloatHistogram,
    /// Floats with start timestamps; like [`Xor`](Self::Xor), with shorter bits for what is frequent.
    Xor2,
    /// Native histograms that count in whole numbers, with start timestamps.
    HistogramSt,
    /// Native histograms that count in floats, with start timestamps.
    FloatHistogramSt,
}

impl Encoding {
    /// The encoding that an id byte stands for.
    ///
    /// # Errors
    /// [`ChunkError::UnknownEncoding`] for any id that Prometheus gives to no chunk.
    pub const fn from_id(id: u8) -> Result<Self, ChunkError> {
        Ok(match id {
            1 => Self::Xor,
            2 => Self::Histogram,
            3 => Self::FloatHistogram,
            4 => Self::Xor2,
            5 => Self::HistogramSt,
            6 => Self::FloatHistogramSt,
            _ => return Err(ChunkError::UnknownEncoding { id }),
        })
    }

    /// The id byte, as chunk files store it.
    #[must_use]
    pub const fn id(self) -> u8 {
        match self {
            Self::Xor => 1,
            Self::Histogram => 2,
            Self::FloatHistogram => 3,
            Self::Xor2 => 4,
            Self::HistogramSt => 5,
            Self::FloatHistogramSt => 6,
        }
    }

    /// The encoding of the same samples with start timestamps.
    #[must_use]
    pub const fn with_starts(self) -> Self {
        match self {
            Self::Xor | Self::Xor2 => Self::Xor2,
            Self::Histogram | Self::HistogramSt => Self::HistogramSt,
            Self::FloatHistogram | Self::FloatHistogramSt => Self::FloatHistogramSt,
        }
    }

    /// Whether it is one of native histograms; of floats otherwise.
    #[must_use]
    pub const fn is_histogram(self) -> bool {
        !matches!(self, Self::Xor | Self::Xor2)
    }

    /// The most samples that a chunk's header can count.
    pub(crate) const fn samples_max(self) -> u16 {
        match self {
            Self::Xor | Self::Histogram | Self::FloatHistogram | Self::Xor2 => u16::MAX,
            // Two bits say what is known about counter resets.
            Self::HistogramSt | Self::FloatHistogramSt => u16::MAX >> 2,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Encoding;

    #[test]
    fn only_what_is_known_is_accepted() {
        for id in 0..=u8::MAX {
            match Encoding::from_id(id) {
                Ok(encoding) => assert!(encoding.id() == id && (1..=6).contains(&id)),
                Err(error) => {
                    assert!(!(1..=6).contains(&id));
                    assert!(error.to_string().contains(&format!("encoding {id} ")), "{error}");
                }
            }
        }
    }

    #[test]
    fn starts_are_added_once_and_change_no_kind() {
        for id in 1..=6 {
            let encoding = Encoding::from_id(id).expect("known");
            let started = encoding.with_starts();
            assert!(started.id() >= 4 && started.with_starts() == started);
            assert_eq!(started.is_histogram(), encoding.is_histogram());
        }
    }
}
