//! A finished chunk of a series: in memory, or in a file once it was written there.

use std::ops::Deref;

use bytes::Bytes;
use emberdb_model::TimeRange;
use emberdb_model::storage::StorageError;
use emberdb_tsdb_chunk::{Encoding, HistogramChunk};

use super::chunk_file::{ChunkDiskRef, ChunkFiles, StoredChunk};

/// A chunk that nothing is added to any more.
pub(super) struct HeadChunk {
    pub(super) min_ms: i64,
    pub(super) max_ms: i64,
    pub(super) samples: u16,
    pub(super) encoding: Encoding,
    place: Place,
}

const _: () = assert!(size_of::<HeadChunk>() <= 48, "a head keeps several for each series");

enum Place {
    Held(Box<[u8]>),
    Stored(ChunkDiskRef),
}

impl HeadChunk {
    /// A chunk that was just finished.
    pub(super) fn held(range: TimeRange, samples: u16, encoding: Encoding, bytes: Box<[u8]>) -> Self {
        Self { min_ms: range.min_ms, max_ms: range.max_ms, samples, encoding, place: Place::Held(bytes) }
    }

    /// A chunk that was found in a file.
    pub(super) fn stored(chunk: &StoredChunk) -> Self {
        let &StoredChunk { min_ms, max_ms, samples, encoding, place, .. } = chunk;
        Self { min_ms, max_ms, samples, encoding, place: Place::Stored(place) }
    }

    /// The chunk itself.
    pub(super) fn bytes(&self, files: &ChunkFiles) -> Result<ChunkBytes<'_>, StorageError> {
        match &self.place {
            Place::Held(bytes) => Ok(ChunkBytes::Held(bytes)),
            Place::Stored(place) => Ok(ChunkBytes::Stored(files.get(*place)?.1)),
        }
    }

    /// The chunk, if it is in memory and nowhere else.
    pub(super) fn held_bytes(&self) -> Option<&[u8]> {
        match &self.place {
            Place::Held(bytes) => Some(bytes),
            Place::Stored(_) => None,
        }
    }

    /// Whether it is in a file, at the place that a log of late samples gives as a number.
    pub(super) fn is_stored_at(&self, packed: u64) -> bool {
        matches!(self.place, Place::Stored(place) if place.packed() == packed)
    }

    /// The number of the file that it is in, if it is in one.
    pub(super) fn file(&self) -> Option<u32> {
        match self.place {
            Place::Held(_) => None,
            Place::Stored(place) => Some(place.file()),
        }
    }

    /// The same bytes are in a file now.
    pub(super) fn release(&mut self, place: ChunkDiskRef) {
        self.place = Place::Stored(place);
    }

    /// First and last time.
    pub(super) fn range(&self) -> TimeRange {
        TimeRange::new(self.min_ms, self.max_ms)
    }

    /// Bytes of memory beside its record.
    pub(super) fn heap_bytes(&self) -> usize {
        self.held_bytes().map_or(0, <[u8]>::len)
    }
}

impl From<HistogramChunk> for HeadChunk {
    fn from(chunk: HistogramChunk) -> Self {
        let HistogramChunk { min_ms, max_ms, samples, encoding, bytes } = chunk;
        Self::held(TimeRange::new(min_ms, max_ms), samples, encoding, bytes)
    }
}

/// A chunk's bytes, wherever they are.
pub(super) enum ChunkBytes<'a> {
    Held(&'a [u8]),
    Stored(Bytes),
}

impl ChunkBytes<'_> {
    /// Bytes that last.
    pub(super) fn into_bytes(self) -> Bytes {
        match self {
            Self::Held(bytes) => Bytes::copy_from_slice(bytes),
            Self::Stored(bytes) => bytes,
        }
    }
}

impl Deref for ChunkBytes<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Held(bytes) => bytes,
            Self::Stored(bytes) => bytes,
        }
    }
}
