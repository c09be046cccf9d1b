//! The file `tombstones`.
//!
//! ```text
//! ┌──────────────────┬────────────┬─────────────────────────────────────────────────────┬──────────────────┐
//! │ BE32 0x0130BA30  │ 1 byte: 1  │ per range: uvarint series, varint first, varint last│ BE32 CRC-32C     │
//! └──────────────────┴────────────┴─────────────────────────────────────────────────────┴──────────────────┘
//!                                  what the checksum is of: the ranges alone
//! ```

use std::path::Path;

use emberdb_env::Env;
use emberdb_model::TimeRange;

use super::TombstoneSet;
use crate::varint::{push_uvarint, push_varint, read_uvarint, read_varint};
use crate::{BlockError, BlockResult};

/// The file's name in a block's folder.
pub(crate) const TOMBSTONES_FILE: &str = "tombstones";

const MAGIC: [u8; 4] = 0x0130_BA30_u32.to_be_bytes();
const VERSION: u8 = 1;
const HEADER_BYTES: usize = MAGIC.len() + 1;
const CHECKSUM_BYTES: usize = 4;

/// A larger file is refused: it is held in memory, and twenty million ranges are more than anybody deletes one by one.
const TOMBSTONES_BYTES_MAX: u64 = 256 << 20;

/// What is deleted of a block, and how long the file is. Without a file nothing is.
pub(crate) fn read_tombstones(env: &Env, dir: &Path) -> BlockResult<(TombstoneSet, u64)> {
    let path = dir.join(TOMBSTONES_FILE);
    if !env.fs().exists(&path)? {
        return Ok((TombstoneSet::new(), 0));
    }
    let bytes = env.fs().read(&path, TOMBSTONES_BYTES_MAX)?;
    Ok((decode(&path, &bytes)?, bytes.len() as u64))
}

/// Replaces the file in one step, and says how long it is.
pub(crate) fn write_tombstones(env: &Env, dir: &Path, tombstones: &TombstoneSet) -> BlockResult<u64> {
    let bytes = encode(tombstones);
    env.fs().write_atomic(&dir.join(TOMBSTONES_FILE), &bytes)?;
    Ok(bytes.len() as u64)
}

/// In the order of the series; upstream's order is that of its hash table.
fn encode(tombstones: &TombstoneSet) -> Vec<u8> {
    let mut bytes = Vec::from(MAGIC);
    bytes.push(VERSION);
    for (series, intervals) in tombstones.iter() {
        for range in intervals.as_slice() {
            push_uvarint(&mut bytes, series);
            push_varint(&mut bytes, range.min_ms);
            push_varint(&mut bytes, range.max_ms);
        }
    }
    let checksum = crc32c::crc32c(bytes.get(HEADER_BYTES..).unwrap_or_default());
    bytes.extend_from_slice(&checksum.to_be_bytes());
    bytes
}

fn decode(path: &Path, bytes: &[u8]) -> BlockResult<TombstoneSet> {
    let corrupt = |offset: usize, expected: &str, found: String| {
        Err(BlockError::corrupt(path, offset, expected, found))
    };
    let ends_early = || format!("the end of {} bytes", bytes.len());
    let Some((header, rest)) = bytes.split_at_checked(HEADER_BYTES) else {
        return corrupt(0, "a header of 5 bytes", ends_early());
    };
    let Some((ranges, checksum)) = rest.split_last_chunk::<CHECKSUM_BYTES>() else {
        return corrupt(HEADER_BYTES, "a checksum of 4 bytes", ends_early());
    };
    if header.strip_prefix(&MAGIC) != Some(&[VERSION]) {
        return corrupt(0, "the bytes 01 30 ba 30 01 of tombstones", format!("{header:02x?}"));
    }
    let (stored, computed) = (u32::from_be_bytes(*checksum), crc32c::crc32c(ranges));
    if stored != computed {
        let expected = format!("the checksum {computed:08x}");
        return corrupt(bytes.len() - CHECKSUM_BYTES, &expected, format!("{stored:08x}"));
    }
    let mut left = ranges;
    let mut read = Vec::new();
    while !left.is_empty() {
        let offset = HEADER_BYTES + ranges.len() - left.len();
        let Some(range) = read_range(&mut left) else {
            return corrupt(offset, "a series and a range of time", "something else".to_owned());
        };
        read.push(range);
    }
    Ok(merged(read))
}

/// In the order of series and time, so that no order in a file makes adding slow.
fn merged(mut ranges: Vec<(u64, i64, i64)>) -> TombstoneSet {
    ranges.sort_unstable();
    let mut tombstones = TombstoneSet::new();
    for (series, min_ms, max_ms) in ranges {
        tombstones.add(series, TimeRange::new(min_ms, max_ms));
    }
    tombstones
}

fn read_range(bytes: &mut &[u8]) -> Option<(u64, i64, i64)> {
    Some((read_uvarint(bytes)?, read_varint(bytes)?, read_varint(bytes)?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn set(ranges: &[(u64, i64, i64)]) -> TombstoneSet {
        let mut tombstones = TombstoneSet::new();
        for &(series, min_ms, max_ms) in ranges {
            tombstones.add(series, TimeRange::new(min_ms, max_ms));
        }
        tombstones
    }

    fn decoded(bytes: &[u8]) -> BlockResult<TombstoneSet> {
        decode(Path::new("tombstones"), bytes)
    }

    /// The bytes of a file that upstream 3.14 wrote, with its first two ranges.
    #[test]
    fn golden_bytes() {
        let want = [
            0x01, 0x30, 0xba, 0x30, 0x01, 0x17, 0x80, 0xcc, 0xc9, 0xfd, 0xf9, 0x62, 0xa0, 0xc3, 0x80, 0xfe,
            0xf9, 0x62, 0x17, 0xc0, 0xd9, 0x80, 0xff, 0xf9, 0x62, 0xa0, 0xa0, 0xdc, 0xff, 0xf9, 0x62,
        ];
        let tombstones =
            set(&[(23, 1_699_999_200_000, 1_699_999_650_000), (23, 1_700_000_700_000, 1_700_001_450_000)]);
        let bytes = encode(&tombstones);
        assert_eq!(bytes[..want.len()], want);
        assert_eq!(decoded(&bytes).unwrap(), tombstones);
        assert_eq!(encode(&TombstoneSet::new()), [0x01, 0x30, 0xba, 0x30, 0x01, 0, 0, 0, 0]);
    }

    #[test]
    fn damage_is_seen() {
        let bytes = encode(&set(&[(1, 5, 9), (1, -70, -60), (300, i64::MIN, i64::MAX)]));
        for place in 0..bytes.len() {
            assert!(decoded(&bytes[..place]).is_err());
            for bit in 0..8 {
                let mut damaged = bytes.clone();
                damaged[place] ^= 1 << bit;
                assert!(decoded(&damaged).is_err(), "bit {bit} of byte {place}");
            }
        }
        // A right checksum over what is no range.
        let mut damaged = [&MAGIC[..], &[VERSION, 0xff, 0xff]].concat();
        damaged.extend(crc32c::crc32c(&[0xff, 0xff]).to_be_bytes());
        let error = decoded(&damaged).unwrap_err().to_string();
        assert_eq!(
            error,
            "tombstones: expected a series and a range of time at offset 5, found something else"
        );
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            ranges in proptest::collection::vec((0_u64..4, -50_i64..50, 0_i64..9), 0..30),
        ) {
            let ranges: Vec<_> = ranges.into_iter().map(|(series, t, len)| (series, t, t + len)).collect();
            let tombstones = set(&ranges);
            prop_assert_eq!(tombstones.iter().map(|(_, held)| held.len() as u64).sum::<u64>(), tombstones.len());
            prop_assert_eq!(decoded(&encode(&tombstones)).unwrap(), tombstones);
        }
    }
}
