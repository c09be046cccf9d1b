//! A block out of samples in memory: what is filled in afterwards.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use emberdb_env::Env;
use emberdb_histogram::{FloatHistogram, Histogram};
use emberdb_model::Labels;

use crate::merge::recode::{CHUNK_SAMPLES_MAX, StoredSample, StoredValue, encode_samples, encoding_of};
use crate::tombstone::Intervals;
use crate::{
    BlockError, BlockMeta, BlockResult, BlockSource, MergeOptions, SourceIter, SourceSeries, SourceSymbols,
    merge_blocks,
};

/// Gathers samples in any order, and writes a block of them.
///
/// ```
/// use emberdb_env::Env;
/// use emberdb_model::Labels;
/// use emberdb_tsdb_block::{Block, BlockMeta, MergeOptions, SampleBlockBuilder, new_ulid};
///
/// let mut builder = SampleBlockBuilder::new();
/// let up = Labels::new([("__name__", "up")])?;
/// builder.push(&up, 2_000, 0.0);
/// builder.push(&up, 1_000, 1.0);
///
/// let env = Env::real();
/// let dir = env.fs().create_temp_dir("sample-block-example")?;
/// let meta = BlockMeta::new(new_ulid(&env), 0, 7_200_000);
/// let meta = builder.write(&env, &dir, meta, MergeOptions::default())?.ok_or("there are samples")?;
/// assert_eq!((meta.stats.num_samples, meta.stats.num_chunks), (2, 1));
/// env.fs().remove_dir_all(&dir)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct SampleBlockBuilder {
    series: BTreeMap<Labels, Vec<StoredSample>>,
    samples: usize,
}

impl SampleBlockBuilder {
    /// No samples.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a float. Times are in milliseconds. Of several samples with one time the first that was added is kept.
    pub fn push(&mut self, labels: &Labels, t_ms: i64, value: f64) {
        self.push_started(labels, t_ms, value, 0);
    }

    /// Adds a float that counts since `start_ms`, which is 0 if that is not known.
    pub fn push_started(&mut self, labels: &Labels, t_ms: i64, value: f64, start_ms: i64) {
        self.add(labels, StoredSample { t_ms, start_ms, value: StoredValue::Float(value) });
    }

    /// Adds a native histogram that counts since `start_ms`, which is 0 if that is not known.
    pub fn push_histogram(&mut self, labels: &Labels, t_ms: i64, histogram: Histogram, start_ms: i64) {
        let value = StoredValue::Histogram(Box::new(histogram));
        self.add(labels, StoredSample { t_ms, start_ms, value });
    }

    /// Adds a native histogram that counts in floats, and since `start_ms`, which is 0 if that is not known.
    pub fn push_float_histogram(
        &mut self,
        labels: &Labels,
        t_ms: i64,
        histogram: FloatHistogram,
        start_ms: i64,
    ) {
        let value = StoredValue::FloatHistogram(Box::new(histogram));
        self.add(labels, StoredSample { t_ms, start_ms, value });
    }

    /// How many samples were added.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.samples
    }

    /// Whether none was added.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.samples == 0
    }

    /// Writes the block that `meta` names into a data directory: the samples that are in its range. Says what the block is, counts
    /// included; without samples there is none.
    ///
    /// # Errors
    /// [`BlockError`] if a histogram cannot be written or the system refuses.
    pub fn write(
        &self,
        env: &Env,
        parent: &Path,
        meta: BlockMeta,
        options: MergeOptions,
    ) -> BlockResult<Option<BlockMeta>> {
        let source = EncodedSource { builder: self, options };
        merge_blocks(env, parent, meta, &[&source], options)
    }

    fn add(&mut self, labels: &Labels, sample: StoredSample) {
        self.samples += 1;
        match self.series.get_mut(labels) {
            Some(samples) => samples.push(sample),
            None => {
                self.series.insert(labels.clone(), vec![sample]);
            }
        }
    }
}

/// The samples as chunks, which are encoded when they are asked for.
struct EncodedSource<'a> {
    builder: &'a SampleBlockBuilder,
    options: MergeOptions,
}

impl EncodedSource<'_> {
    fn encode(&self, labels: &Labels, samples: &[StoredSample]) -> BlockResult<SourceSeries> {
        let mut samples = samples.to_vec();
        // Stable: of those with one time the first stays the first.
        samples.sort_by_key(|sample| sample.t_ms);
        samples.dedup_by_key(|sample| sample.t_ms);
        let float_encoding = self.options.float_encoding;
        let chunks =
            encode_samples(&samples, CHUNK_SAMPLES_MAX, |sample| encoding_of(sample, float_encoding));
        let chunks = chunks.map_err(BlockError::Encode)?;
        Ok(SourceSeries { labels: labels.clone(), chunks, deleted: Intervals::default() })
    }
}

impl BlockSource for EncodedSource<'_> {
    fn symbols(&self) -> SourceSymbols<'_> {
        let labels = self.builder.series.keys().flat_map(Labels::iter);
        let symbols: BTreeSet<&str> = labels.flat_map(|(name, value)| [name, value]).collect();
        Box::new(symbols.into_iter().map(Ok))
    }

    fn series(&self) -> BlockResult<SourceIter<'_>> {
        Ok(Box::new(self.builder.series.iter().map(|(labels, samples)| self.encode(labels, samples))))
    }
}
