//! The files `chunks/NNNNNN` of a block: its samples.
//!
//! ```text
//! ┌──────────────────┬────────────┬──────────┬─────────┬─────────┬─ ─ ─
//! │ BE32 0x85BD40DD  │ 1 byte: 1  │ 3 zeros  │ chunk   │ chunk   │  …
//! └──────────────────┴────────────┴──────────┴─────────┴─────────┴─ ─ ─
//!
//! chunk  ┌──────────────────┬───────────────────┬───────────┬──────────────────────────────────────────┐
//!        │ uvarint length   │ 1 byte: encoding  │ data      │ BE32 CRC-32C of encoding byte and data   │
//!        └──────────────────┴───────────────────┴───────────┴──────────────────────────────────────────┘
//! ```
//!
//! Files are called segments and numbered from 000001 without gaps. A chunk's reference, as the index stores it, has the
//! segment's number less one in its upper 32 bits, and in its lower ones where in the segment the chunk begins.
//!
//! - [`reader`]: chunks by reference.
//! - [`writer`]: one chunk after the other.

mod reader;
mod writer;

pub use reader::{ChunkFiles, RawChunk};
pub use writer::{CHUNK_SEGMENT_BYTES_MAX, ChunkFileWriter};

/// The folder's name in a block's folder.
pub(crate) const CHUNKS_DIR: &str = "chunks";

const MAGIC: [u8; 4] = 0x85BD_40DD_u32.to_be_bytes();
const VERSION: u8 = 1;
const HEADER: [u8; 8] = [MAGIC[0], MAGIC[1], MAGIC[2], MAGIC[3], VERSION, 0, 0, 0];
const CHECKSUM_BYTES: usize = 4;

/// A chunk's reference from the place of its segment and where it begins.
const fn chunk_ref(segment: u32, offset: u32) -> u64 {
    (segment as u64) << 32 | offset as u64
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use emberdb_env::Env;

    use super::*;

    /// A folder with chunks of these lengths, all of one series, and their references.
    fn written(env: &Env, lengths: &[usize], segment_bytes_max: u64) -> (PathBuf, Vec<u64>) {
        let dir = env.fs().create_temp_dir("emberdb-chunk-file").unwrap();
        let mut writer = ChunkFileWriter::create(env, &dir, segment_bytes_max).unwrap();
        let data: Vec<Vec<u8>> = lengths.iter().map(|&length| vec![length as u8; length]).collect();
        let chunks: Vec<_> = data.iter().map(|data| RawChunk { encoding: 1, data }).collect();
        let mut refs = Vec::new();
        writer.write_series(&chunks, &mut refs).unwrap();
        writer.finish().unwrap();
        (dir, refs)
    }

    #[test]
    fn chunks_are_found_by_their_references() {
        let env = Env::real();
        let lengths = [3, 0, 200, 70_000, 1];
        let (dir, refs) = written(&env, &lengths, CHUNK_SEGMENT_BYTES_MAX);
        assert_eq!(refs[..3], [8, 8 + 1 + 1 + 3 + 4, 8 + 1 + 1 + 3 + 4 + 1 + 1 + 4]);
        let files = ChunkFiles::open(&env, &dir).unwrap();
        for (&chunk_ref, &length) in refs.iter().zip(&lengths) {
            let chunk = files.chunk(chunk_ref).unwrap();
            assert_eq!((chunk.encoding, chunk.data), (1, &vec![length as u8; length][..]));
        }
        assert_eq!(files.size_bytes(), env.fs().file_len(&dir.join("000001")).unwrap());
        for wrong in [0, 7, refs[4] + 1, 1 << 32 | 8, u64::MAX] {
            assert!(files.chunk(wrong).is_err(), "{wrong}");
        }
        env.fs().remove_dir_all(&dir).unwrap();
    }

    /// A chunk counts with the longest length field that there is, and none is cut in two.
    #[test]
    fn segments_are_cut_before_they_are_too_large() {
        let env = Env::real();
        let (dir, refs) = written(&env, &[30, 30, 30, 100, 30], 100);
        let segments: Vec<_> = refs.iter().map(|chunk_ref| chunk_ref >> 32).collect();
        assert_eq!(segments, [0, 0, 1, 2, 3], "the large one is alone");
        let files = ChunkFiles::open(&env, &dir).unwrap();
        assert!(refs.iter().all(|&chunk_ref| files.chunk(chunk_ref).is_ok()));
        env.fs().remove_file(&dir.join("000002")).unwrap();
        let error = ChunkFiles::open(&env, &dir).unwrap_err().to_string();
        assert!(error.contains("expected segment 000002") && error.contains("found 000003"), "{error}");
        env.fs().remove_dir_all(&dir).unwrap();
    }

    #[test]
    fn damage_is_seen() {
        let env = Env::real();
        let (dir, refs) = written(&env, &[5, 150], CHUNK_SEGMENT_BYTES_MAX);
        let path = dir.join("000001");
        let bytes = env.fs().read(&path, 1 << 20).unwrap();
        let read = |bytes: &[u8]| {
            env.fs().create(&path).unwrap().write_all(bytes).unwrap();
            let files = ChunkFiles::open(&env, &dir)?;
            refs.iter()
                .map(|&chunk_ref| Ok(files.chunk(chunk_ref)?.data.len()))
                .collect::<crate::BlockResult<Vec<_>>>()
        };
        assert_eq!(read(&bytes).unwrap(), [5, 150]);
        for place in 0..bytes.len() {
            assert!(read(&bytes[..place]).is_err(), "cut at {place}");
            let mut damaged = bytes.clone();
            damaged[place] ^= 0x40;
            // The three bytes behind the version mean nothing.
            assert_eq!(read(&damaged).is_ok(), (5..8).contains(&place), "byte {place}");
        }
        env.fs().remove_dir_all(&dir).unwrap();
    }
}
