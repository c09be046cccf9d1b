//! Which encoding a chunk has: the id byte that chunk files store beside it.

use crate::ChunkError;

/// The encoding of a chunk.
///
/// ```
/// use emberdb_tsdb_chunk::Encoding;
///
/// assert_eq!(Encoding::from_id(1), Ok(Encoding::Xor));
/// let error = Encoding::from_id(4).unwrap_err();
/// assert_eq!(error.to_string(), "chunk encoding 4 (XOR2) is not supported, expected 1 (XOR)");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// Floats; timestamps as deltas of deltas, values as the XOR with their predecessor.
    Xor,
}

impl Encoding {
    /// The encoding that an id byte stands for.
    ///
    /// # Errors
    /// [`ChunkError::UnsupportedEncoding`] names any other encoding of Prometheus' and says that it is not read.
    pub const fn from_id(id: u8) -> Result<Self, ChunkError> {
        let name = match id {
            1 => return Ok(Self::Xor),
            0 => "none",
            2 => "histogram",
            3 => "float histogram",
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
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Encoding;

    #[test]
    fn only_xor_is_accepted() {
        for id in 0..=u8::MAX {
            match Encoding::from_id(id) {
                Ok(encoding) => assert_eq!((encoding.id(), id), (1, 1)),
                Err(error) => {
                    assert_ne!(id, 1);
                    assert!(error.to_string().contains(&format!("encoding {id} (")), "{error}");
                }
            }
        }
    }
}
