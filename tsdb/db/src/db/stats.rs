//! How much a database holds.

use emberdb_tsdb_block::Block;

use super::Shared;

/// How much a database holds, at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TsdbStats {
    /// Number of series in the head.
    pub series: usize,
    /// Number of committed samples in the head, floats and native histograms.
    pub samples: u64,
    /// Number of series that have native histograms.
    pub histogram_series: usize,
    /// Number of committed native histograms.
    pub histograms: u64,
    /// Number of exemplars.
    pub exemplars: usize,
    /// Number of series that have exemplars.
    pub exemplar_series: usize,
    /// Bytes of compressed samples.
    pub chunk_bytes: usize,
    /// Bytes of memory held: records, chunks, labels, postings, symbols, exemplars, metadata.
    pub heap_bytes: usize,
    /// Time of the oldest and of the newest sample in the head, in milliseconds since the Unix epoch.
    pub time_range_ms: Option<(i64, i64)>,
    /// Number of the log's current segment, if the database is open for writing.
    pub wal_segment: Option<u32>,
    /// Number of blocks.
    pub blocks: usize,
    /// Bytes of their files.
    pub block_bytes: u64,
    /// Bytes of the files with the head's finished chunks.
    pub head_chunk_file_bytes: u64,
}

/// Counts. Takes a look at every series: not for a hot path.
pub(super) fn stats(shared: &Shared) -> TsdbStats {
    let head = &shared.head;
    // The log's lock comes before those of index and pages.
    let wal_segment = head.log.lock().writer.as_ref().map(emberdb_wal::WalWriter::segment);
    let (mut chunk_bytes, mut series_bytes) = (0, 0);
    let (mut histogram_series, mut histograms) = (0, 0);
    for page in head.pages.all() {
        let page = page.read();
        chunk_bytes += page.iter().map(crate::head::Series::chunk_bytes).sum::<usize>();
        series_bytes += page.capacity() * size_of::<crate::head::Series>();
        series_bytes += page.iter().map(crate::head::Series::heap_bytes).sum::<usize>();
        for count in page.iter().map(crate::head::Series::histograms).filter(|&count| count > 0) {
            histogram_series += 1;
            histograms += u64::from(count);
        }
    }
    let exemplars = head.exemplars.counts();
    let set = shared.block_set();
    let index = head.index.read();
    TsdbStats {
        series: index.len(),
        samples: head.samples(),
        histogram_series,
        histograms,
        exemplars: exemplars.exemplars,
        exemplar_series: exemplars.series,
        chunk_bytes,
        heap_bytes: series_bytes + index.heap_bytes() + exemplars.heap_bytes + head.metadata.heap_bytes(),
        time_range_ms: head.time_range(),
        wal_segment,
        blocks: set.blocks.len(),
        block_bytes: set.blocks.iter().map(Block::size_bytes).sum(),
        head_chunk_file_bytes: head.chunk_files.bytes(),
    }
}
