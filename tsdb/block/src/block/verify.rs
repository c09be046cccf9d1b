//! Whether a block is what it says.

use emberdb_model::{SampleColumns, TimeRange};
use emberdb_tsdb_index::ChunkMeta;

use super::{Block, BlockSeries};
use crate::decode::{ChunkDecoder, is_histogram};
use crate::meta::HINTS;
use crate::{BlockError, BlockMeta, BlockResult, BlockStats};

impl Block {
    /// Reads everything and reports each thing that is wrong: checksums, orders, times that chunks do not keep, counts that
    /// differ from those of the meta, bytes that are of no chunk. Nothing reported means that the block is whole.
    pub fn verify(&self, found: &mut dyn FnMut(BlockError)) {
        self.verify_meta(found);
        self.index.verify(&mut |error| found(error.into()));
        let series = match self.series() {
            Ok(series) => series,
            Err(error) => return found(error),
        };
        let mut counted = BlockStats { num_tombstones: self.tombstones.len(), ..BlockStats::default() };
        let mut entries = Vec::with_capacity(series.size_hint().0);
        let mut decoder = ChunkDecoder::new();
        let mut chunk_bytes = Some(vec![0; self.chunks.segments()]);
        for series in series {
            let series = match series {
                Ok(series) => series,
                Err(error) => {
                    found(error);
                    chunk_bytes = None;
                    continue;
                }
            };
            counted.num_series += 1;
            entries.push(u64::from(series.entry.0));
            self.verify_chunks(&series, &mut decoder, &mut counted, found);
            chunk_bytes = chunk_bytes.and_then(|bytes| self.with_chunks(bytes, &series));
        }
        // Where a series or a chunk cannot be found, that was said, and the rest of its segment is no news.
        if let Some(chunk_bytes) = chunk_bytes {
            self.chunks.verify_sizes(&chunk_bytes, found);
        }
        self.verify_tombstones(entries, found);
        self.verify_stats(counted, found);
    }

    /// A meta has no checksum, and is believed when it can be read: here at least what it says twice is compared.
    fn verify_meta(&self, found: &mut dyn FnMut(BlockError)) {
        let BlockMeta { min_ms, max_ms, compaction, .. } = &self.meta;
        // Upstream gives blocks of late samples a parent without a name and a range.
        let parents = || compaction.parents.iter().filter(|parent| !parent.ulid.is_nil());
        let from = parents().map(|parent| parent.min_ms).min().unwrap_or(*min_ms);
        let until = parents().map(|parent| parent.max_ms).max().unwrap_or(*max_ms);
        if (from, until) != (*min_ms, *max_ms) {
            found(self.inconsistent(
                format!("a block from {from} until {until} ms, as its parents are"),
                format!("one from {min_ms} until {max_ms} ms"),
            ));
        }
        for hint in compaction.hints.iter().filter(|hint| !HINTS.contains(&hint.as_str())) {
            found(self.inconsistent(format!("hints that are known: {}", HINTS.join(", ")), hint.clone()));
        }
    }

    /// The bytes that chunks take in each segment, with those of `series`; `None` if one leads nowhere.
    fn with_chunks(&self, mut chunk_bytes: Vec<u64>, series: &BlockSeries) -> Option<Vec<u64>> {
        for chunk in &series.chunks {
            let (segment, bytes) = self.chunks.extent(chunk.chunk_ref)?;
            *chunk_bytes.get_mut(segment)? += bytes;
        }
        Some(chunk_bytes)
    }

    fn verify_chunks(
        &self,
        series: &BlockSeries,
        decoder: &mut ChunkDecoder,
        counted: &mut BlockStats,
        found: &mut dyn FnMut(BlockError),
    ) {
        for pair in series.chunks.windows(2) {
            if let [earlier, later] = pair
                && later.min_ms < earlier.min_ms
            {
                found(self.inconsistent(
                    format!("chunks of {} in the order of time", series.labels),
                    format!("one from {} ms behind one from {} ms", later.min_ms, earlier.min_ms),
                ));
            }
        }
        for &chunk in &series.chunks {
            counted.num_chunks += 1;
            if let Err(error) = self.verify_chunk(series, chunk, decoder, counted) {
                found(error);
            }
        }
    }

    fn verify_chunk(
        &self,
        series: &BlockSeries,
        chunk: ChunkMeta,
        decoder: &mut ChunkDecoder,
        counted: &mut BlockStats,
    ) -> BlockResult<()> {
        let raw = self.chunks.chunk(chunk.chunk_ref)?;
        let mut columns = SampleColumns::new();
        decoder.append(&self.chunks, chunk.chunk_ref, TimeRange::ALL, &[], &mut columns)?;
        let is_histogram = is_histogram(raw.encoding);
        let times = if is_histogram { &columns.histograms.timestamps } else { &columns.timestamps };
        let samples = times.len() as u64;
        counted.num_samples += samples;
        *(if is_histogram { &mut counted.num_histogram_samples } else { &mut counted.num_float_samples }) +=
            samples;
        if !times.windows(2).all(|pair| matches!(pair, [earlier, later] if earlier < later)) {
            let expected = format!("samples of {} that rise in time", series.labels);
            return Err(self.inconsistent(expected, format!("others in chunk {:#x}", chunk.chunk_ref)));
        }
        let found = (times.first().copied(), times.last().copied());
        let is_in_block = self.meta.min_ms <= chunk.min_ms && chunk.max_ms < self.meta.max_ms;
        if found != (Some(chunk.min_ms), Some(chunk.max_ms)) || !is_in_block {
            return Err(self.inconsistent(
                format!(
                    "a chunk of {} from {} to {} ms, in a block from {} until {} ms",
                    series.labels, chunk.min_ms, chunk.max_ms, self.meta.min_ms, self.meta.max_ms
                ),
                format!("samples from {:?} to {:?} ms", found.0, found.1),
            ));
        }
        Ok(())
    }

    fn verify_tombstones(&self, mut entries: Vec<u64>, found: &mut dyn FnMut(BlockError)) {
        entries.sort_unstable();
        for (entry, _) in self.tombstones.iter() {
            if entries.binary_search(&entry).is_err() {
                let expected = "tombstones of series that are there".to_owned();
                found(self.inconsistent(expected, format!("one of series {entry}")));
            }
        }
    }

    fn verify_stats(&self, counted: BlockStats, found: &mut dyn FnMut(BlockError)) {
        let mut stated = self.meta.stats;
        if stated.num_float_samples == 0 && stated.num_histogram_samples == 0 {
            // Old versions did not tell them apart.
            stated.num_float_samples = counted.num_float_samples;
            stated.num_histogram_samples = counted.num_histogram_samples;
        }
        if stated != counted {
            found(self.inconsistent(in_words(&stated), in_words(&counted)));
        }
    }

    fn inconsistent(&self, expected: String, found: String) -> BlockError {
        BlockError::Inconsistent { dir: self.dir.clone(), expected, found }
    }
}

fn in_words(stats: &BlockStats) -> String {
    let BlockStats {
        num_float_samples, num_histogram_samples, num_series, num_chunks, num_tombstones, ..
    } = stats;
    format!(
        "{} samples ({num_float_samples} floats, {num_histogram_samples} histograms) of {num_series} series in {num_chunks} chunks, \
         {num_tombstones} ranges deleted",
        stats.num_samples
    )
}
