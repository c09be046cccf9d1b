//! Versions of the format.

/// What the two versions that exist differ in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    /// References are offsets in the file; the postings offset table is in any order.
    V1,
    /// Symbols are numbered, series are aligned and counted in steps of the alignment; the table is sorted.
    V2,
}

impl Version {
    pub(super) fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            1 => Some(Self::V1),
            2 => Some(Self::V2),
            _ => None,
        }
    }

    pub(super) fn to_byte(self) -> u8 {
        match self {
            Self::V1 => 1,
            Self::V2 => 2,
        }
    }

    /// Bytes to which series are aligned; a series reference counts in them.
    pub(super) fn series_align(self) -> usize {
        match self {
            Self::V1 => 1,
            Self::V2 => 16,
        }
    }
}
