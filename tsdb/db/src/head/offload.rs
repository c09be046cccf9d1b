//! Finished chunks go from memory into files.

use emberdb_env::FsResult;

use super::Head;
use super::chunk_file::NewChunk;
use super::page::Page;

/// A chunk that is still in memory.
struct HeldChunk {
    /// Its series' place in the page.
    slot: usize,
    wal_ref: u64,
    min_ms: i64,
    max_ms: i64,
    encoding: emberdb_tsdb_chunk::Encoding,
    bytes: Box<[u8]>,
}

impl Head {
    /// Writes the finished chunks that are still in memory into files, and lets go of the memory; returns their number.
    ///
    /// Appends and readers wait for no write: a page is locked to copy its chunks and again to forget them. Whoever calls holds
    /// the lock of maintenance, so that nobody else takes chunks away in between.
    pub(crate) fn offload_chunks(&self) -> FsResult<usize> {
        let mut offloaded = 0;
        for page in self.pages.all() {
            let held = held_chunks(&page);
            if held.is_empty() {
                continue;
            }
            let new: Vec<NewChunk<'_>> = held.iter().map(HeldChunk::as_new).collect();
            let places = self.chunk_files.append(&new)?;
            let mut page = page.write();
            for (chunk, place) in held.iter().zip(places) {
                // More may have been finished meanwhile, so that it is known by its time and not by its place.
                let Some(series) = page.get_mut(chunk.slot) else { continue };
                let mut finished = series.finished_chunks_mut();
                if let Some(held) =
                    finished.find(|c| c.min_ms == chunk.min_ms && c.encoding == chunk.encoding)
                {
                    held.release(place);
                    offloaded += 1;
                }
            }
        }
        Ok(offloaded)
    }
}

impl HeldChunk {
    fn as_new(&self) -> NewChunk<'_> {
        let &Self { wal_ref, min_ms, max_ms, encoding, ref bytes, .. } = self;
        NewChunk { wal_ref, min_ms, max_ms, encoding, is_out_of_order: false, bytes }
    }
}

/// Copies of the finished chunks of a page that are in memory.
fn held_chunks(page: &Page) -> Vec<HeldChunk> {
    let page = page.read();
    let mut held = Vec::new();
    for (slot, series) in page.iter().enumerate() {
        let first = held.len();
        for chunk in series.finished_chunks() {
            if let Some(bytes) = chunk.held_bytes() {
                let (wal_ref, encoding) = (series.wal_ref, chunk.encoding);
                let (min_ms, max_ms, bytes) = (chunk.min_ms, chunk.max_ms, bytes.into());
                held.push(HeldChunk { slot, wal_ref, min_ms, max_ms, encoding, bytes });
            }
        }
        // A series' chunks follow each other in time, floats and histograms together: who reads the files relies on it.
        held[first..].sort_by_key(|chunk| chunk.min_ms);
    }
    held
}
