//! What the tests do with a log.

use std::path::Path;

use emberdb_env::Env;
use emberdb_wal::{Compression, WalError, WalListing, WalOptions, WalReader, WalWriter};

/// A segment of two pages: small enough to be filled by a few records.
pub(crate) const SMALL: WalOptions =
    WalOptions { segment_bytes_max: 2 * 32 * 1024, compression: Compression::None };

/// Writes a log of these commits and closes it.
pub(crate) fn write_log(env: &Env, dir: &Path, options: WalOptions, commits: &[Vec<Vec<u8>>]) {
    let mut writer = WalWriter::open(env, dir, options).unwrap();
    for commit in commits {
        let records: Vec<&[u8]> = commit.iter().map(Vec::as_slice).collect();
        writer.log(&records).unwrap();
    }
    writer.close().unwrap();
}

/// All records up to the end or the first error.
pub(crate) fn read_log(env: &Env, dir: &Path) -> (Vec<Vec<u8>>, Option<WalError>) {
    let listing = match WalListing::read(env, dir) {
        Ok(listing) => listing,
        Err(error) => return (Vec::new(), Some(error)),
    };
    let mut reader = WalReader::new(env, &listing);
    let mut records = Vec::new();
    loop {
        match reader.next_record() {
            Ok(Some(logged)) => records.push(logged.data.to_vec()),
            Ok(None) => return (records, None),
            Err(error) => {
                assert!(matches!(reader.next_record(), Ok(None)), "nothing follows an error");
                return (records, Some(error));
            }
        }
    }
}

/// All records of a log that has no damage.
pub(crate) fn read_whole_log(env: &Env, dir: &Path) -> Vec<Vec<u8>> {
    let (records, error) = read_log(env, dir);
    assert!(error.is_none(), "{error:?}");
    records
}

/// A record of `len` bytes that snappy cannot shorten and that differs from those of other numbers.
pub(crate) fn noise(number: u64, len: usize) -> Vec<u8> {
    let mut state = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let bytes = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as u8
    });
    bytes.take(len).collect()
}
