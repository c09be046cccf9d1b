//! Fragments: the part of a record that lies in one page.
//!
//! ```text
//! ┌───────────────────────────────┬──────────────┬───────────────┬──────────┐
//! │ 1 byte                        │ 2 bytes      │ 4 bytes       │ length   │
//! │ bit 0-2 kind, bit 3 snappy,   │ length       │ CRC-32C of    │ data     │
//! │ bit 4 zstd, bit 5-7 reserved  │ (big endian) │ data (big e.) │          │
//! └───────────────────────────────┴──────────────┴───────────────┴──────────┘
//! kind: 0 no fragment, the rest of the page is zero; 1 full; 2 first; 3 middle; 4 last
//! ```
//!
//! A record that fits into its page is one full fragment; any other is a first, some middle and a last one. All
//! fragments of a record carry the same compression bits; the record is compressed first and cut afterwards.

use std::fmt;

use crate::checksum::checksum;
use crate::compression::RecordCompression;
use crate::page::{is_page_border, left_in_page};

/// Size of a fragment's header in bytes.
pub(crate) const HEADER_BYTES: usize = 7;

const KIND_MASK: u8 = 0b0000_0111;
const SNAPPY_BIT: u8 = 0b0000_1000;
const ZSTD_BIT: u8 = 0b0001_0000;

/// Which part of its record a fragment is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FragmentKind {
    /// The whole record.
    Full = 1,
    /// The beginning of a record.
    First = 2,
    /// Neither beginning nor end.
    Middle = 3,
    /// The end of a record.
    Last = 4,
}

impl fmt::Display for FragmentKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full => "full",
            Self::First => "first",
            Self::Middle => "middle",
            Self::Last => "last",
        })
    }
}

/// The header of a fragment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FragmentHeader {
    pub(crate) kind: FragmentKind,
    pub(crate) compression: RecordCompression,
    pub(crate) length: u16,
    pub(crate) checksum: u32,
}

impl FragmentHeader {
    pub(crate) fn encode(self) -> [u8; HEADER_BYTES] {
        let compression_bits = match self.compression {
            RecordCompression::None => 0,
            RecordCompression::Snappy => SNAPPY_BIT,
            RecordCompression::Zstd => ZSTD_BIT,
        };
        let [length_0, length_1] = self.length.to_be_bytes();
        let [sum_0, sum_1, sum_2, sum_3] = self.checksum.to_be_bytes();
        [self.kind as u8 | compression_bits, length_0, length_1, sum_0, sum_1, sum_2, sum_3]
    }

    /// The header in these bytes; `Err` with the first byte if that is none of a fragment. Reserved bits are ignored,
    /// as Prometheus ignores them.
    pub(crate) fn decode(bytes: [u8; HEADER_BYTES]) -> Result<Self, u8> {
        let [first, length_0, length_1, sum_0, sum_1, sum_2, sum_3] = bytes;
        let kind = match first & KIND_MASK {
            1 => FragmentKind::Full,
            2 => FragmentKind::First,
            3 => FragmentKind::Middle,
            4 => FragmentKind::Last,
            _ => return Err(first),
        };
        let compression = match first & (SNAPPY_BIT | ZSTD_BIT) {
            0 => RecordCompression::None,
            SNAPPY_BIT => RecordCompression::Snappy,
            ZSTD_BIT => RecordCompression::Zstd,
            _ => return Err(first),
        };
        Ok(Self {
            kind,
            compression,
            length: u16::from_be_bytes([length_0, length_1]),
            checksum: u32::from_be_bytes([sum_0, sum_1, sum_2, sum_3]),
        })
    }
}

/// Appends a record's fragments to `pages`, whose end lies `offset` bytes into the segment, and zeros up to the end of
/// the page if no further header fits there. Returns the offset of the new end.
pub(crate) fn append_fragments(
    record: &[u8],
    compression: RecordCompression,
    offset: u64,
    pages: &mut Vec<u8>,
) -> u64 {
    let mut offset = offset;
    let mut rest = record;
    let mut is_first = true;
    loop {
        // Between records, and after each fragment, there is room for a header.
        let (data, after) = rest.split_at(rest.len().min(left_in_page(offset) - HEADER_BYTES));
        let kind = match (is_first, after.is_empty()) {
            (true, true) => FragmentKind::Full,
            (true, false) => FragmentKind::First,
            (false, false) => FragmentKind::Middle,
            (false, true) => FragmentKind::Last,
        };
        let length =
            u16::try_from(data.len()).expect("a page, and so the data in it, is smaller than 64 KiB");
        let header = FragmentHeader { kind, compression, length, checksum: checksum(data) };
        pages.extend_from_slice(&header.encode());
        pages.extend_from_slice(data);
        offset += (HEADER_BYTES + data.len()) as u64;
        if !is_page_border(offset) && left_in_page(offset) < HEADER_BYTES {
            offset = append_padding(offset, pages);
        }
        if after.is_empty() {
            return offset;
        }
        rest = after;
        is_first = false;
    }
}

/// Appends zeros up to the end of the page in which `offset` lies; none if that is a page's beginning. Returns the
/// offset of the new end.
pub(crate) fn append_padding(offset: u64, pages: &mut Vec<u8>) -> u64 {
    if is_page_border(offset) {
        return offset;
    }
    let padding_bytes = left_in_page(offset);
    pages.resize(pages.len() + padding_bytes, 0);
    offset + padding_bytes as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::PAGE_BYTES;

    #[test]
    fn a_header_is_seven_bytes_big_endian() {
        let header = FragmentHeader {
            kind: FragmentKind::Last,
            compression: RecordCompression::Snappy,
            length: 0x0102,
            checksum: 0x0304_0506,
        };
        assert_eq!(header.encode(), [0b1100, 1, 2, 3, 4, 5, 6]);
        assert_eq!(FragmentHeader::decode(header.encode()), Ok(header));
    }

    #[test]
    fn of_all_first_bytes_those_with_a_kind_and_one_compression_are_fragments() {
        for first in 0..=u8::MAX {
            let expected = matches!(first & 7, 1..=4) && first & 0x18 != 0x18;
            assert_eq!(
                FragmentHeader::decode([first, 0, 0, 0, 0, 0, 0]).is_ok(),
                expected,
                "first byte {first:#x}"
            );
        }
    }

    /// With exactly a header's room left, the first fragment is empty; with less, the page is padded.
    #[test]
    fn records_meet_the_page_border_as_upstream_cuts_them() {
        let mut pages = Vec::new();
        let filling = vec![b'a'; PAGE_BYTES - 2 * HEADER_BYTES];
        let offset = append_fragments(&filling, RecordCompression::None, 0, &mut pages);
        assert_eq!(offset, (PAGE_BYTES - HEADER_BYTES) as u64);
        let offset = append_fragments(b"xyz", RecordCompression::None, offset, &mut pages);
        assert_eq!(pages[PAGE_BYTES - HEADER_BYTES..PAGE_BYTES - 4], [2, 0, 0]);
        assert_eq!(pages[PAGE_BYTES..PAGE_BYTES + 3], [4, 0, 3]);
        assert_eq!(offset, (PAGE_BYTES + HEADER_BYTES + 3) as u64);

        pages.clear();
        let filling = vec![b'a'; PAGE_BYTES - 2 * HEADER_BYTES + 1];
        let offset = append_fragments(&filling, RecordCompression::None, 0, &mut pages);
        assert_eq!((offset, pages.len()), (PAGE_BYTES as u64, PAGE_BYTES));
        assert_eq!(pages[PAGE_BYTES - 6..], [0; 6]);
    }
}
