//! Which encoding a chunk has: the id byte that chunk files store beside it.

use crate::ChunkError;

/// The encoding of a chunk.
///
/// ```
/// use emberdb_tsdb_chunk::Encoding;
///
/// assert_eq!(Encoding::from_id(1), Ok(Encoding::Xor));
/// let error = Encoding::from_id(4).unwrap_err();
/// assert_eq!(error.to_string(), "chunk encoding 4 (XOR2) is not supported, expected 1, 2 or 3");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// Floats; timestamps as deltas of deltas, values as the XOR with their predecessor.
    Xor,
    /// Native histograms that count in whole numbers.
    Histogram,
    /// Native histograms that count in floats.
    FloatHistogram,
}

impl Encoding {
    /// The encoding that an id byte stands for.
    ///
    /// # Errors
    /// [`ChunkError::UnsupportedEncoding`] names any other encoding of Prometheus' and says that it is not read.
    pub const fn from_id(id: u8) -> Result<Self, ChunkError> {
        let name = match id {
            1 => return Ok(Self::Xor),
            2 => return Ok(Self::Histogram),
            3 => return Ok(Self::FloatHistogram),
            0 => "none",
            4 => "XOR2",
            5 => "histogram with start timestamps",
            6 => "float histogram with start timestamps",
            _ => "unknown",
        };
        Err(ChunkError::UnsupportedEncoding { id, name })
    }

    /// The id byte, as chunk files store it.
    #[must_use]
    pub const fn id(self) -> u8 {
        match self {
            Self::Xor => 1,
            Self::Histogram => 2,
            Self::FloatHistogram => 3,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Encoding;

    #[test]
    fn only_what_is_read_is_accepted() {
        for id in 0..=u8::MAX {
            match Encoding::from_id(id) {
                Ok(encoding) => assert!(encoding.id() == id && (1..=3).contains(&id)),
                Err(error) => {
                    assert!(!(1..=3).contains(&id));
                    assert!(error.to_string().contains(&format!("encoding {id} (")), "{error}");
                }
            }
        }
    }
}
