//! The body of a series' entry: its labels and where its chunks are.

use super::cursor::Cursor;
use super::varint::{put_uvarint, put_varint};
use crate::error::IndexError;

/// A series' entry in an index file, as postings name it. References ascend in the order of labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SeriesEntryRef(pub u32);

/// A chunk as a series' entry describes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ChunkMeta {
    /// Timestamp of its first sample, in milliseconds.
    pub min_ms: i64,
    /// Timestamp of its last sample, in milliseconds.
    pub max_ms: i64,
    /// Where it is stored: number of the segment in the upper half, offset in it in the lower one.
    pub chunk_ref: u64,
}

/// A label is two references, a chunk three numbers, each of a byte or more.
const LABEL_BYTES_MIN: usize = 2;
const CHUNK_BYTES_MIN: usize = 3;

/// Reads an entry's labels.
pub(super) fn read_labels(body: &mut Cursor<'_>, labels: &mut Vec<(u32, u32)>) -> Result<(), IndexError> {
    labels.clear();
    let count = body.count(LABEL_BYTES_MIN)?;
    labels.reserve(count);
    for _ in 0..count {
        labels.push((body.uvarint32()?, body.uvarint32()?));
    }
    Ok(())
}

/// Reads an entry's chunks, which come after the labels.
///
/// Times are differences, taken modulo 2^64: a chunk that begins before its predecessor ended is representable.
pub(super) fn read_chunks(body: &mut Cursor<'_>, chunks: &mut Vec<ChunkMeta>) -> Result<(), IndexError> {
    chunks.clear();
    let count = body.count(CHUNK_BYTES_MIN)?;
    chunks.reserve(count);
    for _ in 0..count {
        let (min_ms, length, chunk_ref);
        match chunks.last() {
            None => {
                min_ms = body.varint()?;
                length = body.uvarint()?;
                chunk_ref = body.uvarint()?;
            }
            Some(&before) => {
                min_ms = before.max_ms.wrapping_add(body.uvarint()?.cast_signed());
                length = body.uvarint()?;
                chunk_ref = before.chunk_ref.wrapping_add(body.varint()?.cast_unsigned());
            }
        }
        chunks.push(ChunkMeta { min_ms, max_ms: min_ms.wrapping_add(length.cast_signed()), chunk_ref });
    }
    if body.left() > 0 {
        return Err(body.corrupt("the end of the series' entry", format!("{} further bytes", body.left())));
    }
    Ok(())
}

/// Appends an entry's body.
pub(super) fn put_entry(labels: &[(u32, u32)], chunks: &[ChunkMeta], out: &mut Vec<u8>) {
    put_uvarint(labels.len() as u64, out);
    for &(name, value) in labels {
        put_uvarint(u64::from(name), out);
        put_uvarint(u64::from(value), out);
    }
    put_uvarint(chunks.len() as u64, out);
    let mut before: Option<ChunkMeta> = None;
    for &chunk in chunks {
        let length = chunk.max_ms.wrapping_sub(chunk.min_ms).cast_unsigned();
        match before {
            None => {
                put_varint(chunk.min_ms, out);
                put_uvarint(length, out);
                put_uvarint(chunk.chunk_ref, out);
            }
            Some(before) => {
                put_uvarint(chunk.min_ms.wrapping_sub(before.max_ms).cast_unsigned(), out);
                put_uvarint(length, out);
                put_varint(chunk.chunk_ref.wrapping_sub(before.chunk_ref).cast_signed(), out);
            }
        }
        before = Some(chunk);
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use bytes::Bytes;
    use proptest::prelude::*;

    use super::super::cursor::FileBytes;
    use super::*;

    fn chunk() -> impl Strategy<Value = ChunkMeta> {
        let time = || prop_oneof![any::<i64>(), 0..1000i64];
        (time(), time(), any::<u64>()).prop_map(|(min_ms, max_ms, chunk_ref)| ChunkMeta {
            min_ms,
            max_ms,
            chunk_ref,
        })
    }

    proptest! {
        /// In any order of times and references, also such as the writer refuses.
        #[test]
        fn read_is_what_was_put(
            labels in prop::collection::vec(any::<(u32, u32)>(), 0..5),
            chunks in prop::collection::vec(chunk(), 0..5),
        ) {
            let mut bytes = Vec::new();
            put_entry(&labels, &chunks, &mut bytes);
            let file = FileBytes::new(Path::new("entry"), Bytes::from(bytes));
            let mut body = file.cursor(0, file.len()).unwrap();
            let (mut labels_read, mut chunks_read) = (Vec::new(), Vec::new());
            read_labels(&mut body, &mut labels_read).unwrap();
            read_chunks(&mut body, &mut chunks_read).unwrap();
            prop_assert_eq!((labels_read, chunks_read), (labels, chunks));
            for end in 0..file.len() {
                let mut body = file.cursor(0, end).unwrap();
                let labels_read = read_labels(&mut body, &mut Vec::new());
                prop_assert!(labels_read.and_then(|()| read_chunks(&mut body, &mut Vec::new())).is_err());
            }
        }
    }
}
