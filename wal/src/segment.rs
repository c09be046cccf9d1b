//! Segments: the files of a log, `00000000`, `00000001` and so on.

use std::path::{Path, PathBuf};

/// Size at which a segment is full, unless chosen otherwise: 128 MiB, as upstream.
pub const SEGMENT_BYTES_DEFAULT: u64 = 128 * 1024 * 1024;

/// A segment on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Segment {
    /// Its number in the log.
    pub number: u32,
    /// Its file.
    pub path: PathBuf,
}

impl Segment {
    /// The segment of this number in the directory.
    #[must_use]
    pub fn new(dir: &Path, number: u32) -> Self {
        Self { number, path: dir.join(segment_name(number)) }
    }
}

/// The file name of a segment: at least eight digits.
pub(crate) fn segment_name(number: u32) -> String {
    format!("{number:08}")
}

/// The number that a file's name gives a segment; `None` for a name that no segment has.
pub(crate) fn parse_segment_name(name: &str) -> Option<u32> {
    let number = name.parse().ok()?;
    // Only the one spelling, so that two files cannot claim a number.
    (segment_name(number) == name).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_eight_digits() {
        assert_eq!(segment_name(7), "00000007");
        assert_eq!(parse_segment_name("00000007"), Some(7));
        assert_eq!(parse_segment_name("123456789"), Some(123_456_789));
        for name in ["7", "+0000007", "000000007", "00000007.repair", "checkpoint.00000007", ""] {
            assert_eq!(parse_segment_name(name), None, "{name}");
        }
    }
}
