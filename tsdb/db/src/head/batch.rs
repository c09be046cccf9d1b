//! The samples of one batch.
//!
//! A batch is a row of *parts*. Within a part each series has floats first and then histograms of one kind only, so a part
//! can be logged as one record a kind, and replay finds the samples of each series in their order. A batch of a scrape
//! has one part; another begins where a series goes on with floats, or with another kind of histograms.

use std::ops::Range;

use emberdb_model::Sample;
use emberdb_model::storage::Rejection;
use emberdb_tsdb_index::SeriesId;
use emberdb_wal::{RefSample, RefStamp, RefStartedSample};

use super::exemplars::ExemplarBatch;
use super::held::HeldHistogram;
use super::metadata::MetadataBatch;
use super::order::Newest;

/// The samples of a batch, checked against what was committed and against each other.
pub(super) struct Batch {
    pub(super) number: u32,
    /// How often the log had let go of labels when the batch began.
    pub(super) let_go: u64,
    pub(super) samples: Vec<BatchSample>,
    pub(super) histograms: Vec<BatchHistogram>,
    /// Samples that came out of order. They are logged behind all parts.
    pub(super) late: LateBatch,
    pub(super) exemplars: ExemplarBatch,
    pub(super) metadata: MetadataBatch,
    /// Where the second part and those behind it begin. Mostly empty.
    later_parts: Vec<PartStart>,
    /// Series whose labels the log may not have yet.
    pub(super) unlogged: Vec<SeriesId>,
    pub(super) series_created: usize,
    pub(super) rejected: Vec<Rejection>,
}

/// The samples of a batch that came out of order.
#[derive(Default)]
pub(super) struct LateBatch {
    pub(super) samples: Vec<BatchSample>,
    pub(super) histograms: Vec<BatchHistogram>,
}

impl LateBatch {
    pub(super) fn len(&self) -> usize {
        self.samples.len() + self.histograms.len()
    }
}

/// A float of a batch.
#[derive(Clone, Copy)]
pub(super) struct BatchSample {
    pub(super) id: SeriesId,
    pub(super) wal_ref: u64,
    pub(super) sample: Sample,
    /// Since when it counts; 0 is unknown.
    pub(super) start_ms: i64,
}

/// A native histogram of a batch.
pub(super) struct BatchHistogram {
    pub(super) id: SeriesId,
    pub(super) wal_ref: u64,
    pub(super) timestamp_ms: i64,
    /// Since when it counts; 0 is unknown.
    pub(super) start_ms: i64,
    pub(super) histogram: HeldHistogram,
}

/// The number of a part's first float and of its first histogram.
#[derive(Clone, Copy, Default)]
struct PartStart {
    samples: usize,
    histograms: usize,
}

/// The place of a sample in a batch: the number of a float, or with the top bit that of a histogram.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Place(u32);

impl Place {
    /// Batches have fewer samples than this.
    const HISTOGRAM: u32 = 1 << 31;

    /// The number of the histogram, if it is one.
    fn histogram(self) -> Option<usize> {
        (self.0 & Self::HISTOGRAM != 0).then_some((self.0 & !Self::HISTOGRAM) as usize)
    }
}

impl Batch {
    pub(super) fn new(number: u32, let_go: u64) -> Self {
        Self {
            number,
            let_go,
            samples: Vec::new(),
            histograms: Vec::new(),
            late: LateBatch::default(),
            exemplars: ExemplarBatch::default(),
            metadata: MetadataBatch::default(),
            later_parts: Vec::new(),
            unlogged: Vec::new(),
            series_created: 0,
            rejected: Vec::new(),
        }
    }

    /// The series of all that is in the batch, once or more often.
    pub(super) fn series(&self) -> impl Iterator<Item = SeriesId> {
        let samples = self.samples.iter().chain(&self.late.samples).map(|sample| sample.id);
        let histograms = self.histograms.iter().chain(&self.late.histograms).map(|added| added.id);
        let exemplars = self.exemplars.as_slice().iter().map(|added| added.id);
        let metadata = self.metadata.as_slice().iter().map(|added| added.id);
        samples.chain(histograms).chain(exemplars).chain(metadata)
    }

    /// How many samples there are.
    pub(super) fn len(&self) -> usize {
        self.samples.len() + self.histograms.len() + self.late.len()
    }

    /// The sample at a place, if there is one and it is of this series.
    pub(super) fn sample_at(&self, place: Place, id: SeriesId) -> Option<Newest<'_>> {
        match place.histogram() {
            None => {
                let sample = self.samples.get(place.0 as usize).filter(|sample| sample.id == id)?;
                Some(Newest::Float(sample.sample))
            }
            Some(number) => {
                let held = self.histograms.get(number).filter(|histogram| histogram.id == id)?;
                Some(Newest::Histogram(held.timestamp_ms, held.histogram.as_any()))
            }
        }
    }

    /// Adds a float. `earlier` is the series' newest sample in the batch.
    #[inline]
    pub(super) fn push_sample(&mut self, sample: BatchSample, earlier: Option<Place>) -> Place {
        if earlier.is_some_and(|place| self.is_histogram_of_newest_part(place)) {
            self.begin_part();
        }
        self.samples.push(sample);
        Place((self.samples.len() - 1) as u32)
    }

    /// Adds a histogram. `earlier` is the series' newest sample in the batch.
    pub(super) fn push_histogram(&mut self, histogram: BatchHistogram, earlier: Option<Place>) -> Place {
        let earlier = earlier.filter(|&place| self.is_histogram_of_newest_part(place));
        let earlier = earlier.and_then(|place| self.histograms.get(place.histogram()?));
        let kind = histogram.histogram.record_kind();
        if earlier.is_some_and(|earlier| earlier.histogram.record_kind() != kind) {
            self.begin_part();
        }
        self.histograms.push(histogram);
        Place((self.histograms.len() - 1) as u32 | Place::HISTOGRAM)
    }

    /// The floats and the histograms of each part, in their order.
    pub(super) fn parts(&self) -> impl Iterator<Item = (&[BatchSample], &[BatchHistogram])> {
        let ranges = self.part_ranges().into_iter();
        ranges.map(|(samples, histograms)| (&self.samples[samples], &self.histograms[histograms]))
    }

    /// Takes out all samples, part by part; what else the batch knows stays.
    pub(super) fn drain_parts(&mut self) -> Vec<(Vec<BatchSample>, Vec<BatchHistogram>)> {
        let ranges = self.part_ranges();
        self.later_parts.clear();
        let mut histograms = std::mem::take(&mut self.histograms).into_iter();
        let samples = std::mem::take(&mut self.samples);
        if let [_] = ranges[..] {
            return vec![(samples, histograms.collect())];
        }
        let take_part = |(of_samples, of_histograms): (Range<usize>, Range<usize>)| {
            (samples[of_samples].to_vec(), histograms.by_ref().take(of_histograms.len()).collect())
        };
        ranges.into_iter().map(take_part).collect()
    }

    fn part_ranges(&self) -> Vec<(Range<usize>, Range<usize>)> {
        let end = PartStart { samples: self.samples.len(), histograms: self.histograms.len() };
        let starts = std::iter::once(PartStart::default()).chain(self.later_parts.iter().copied());
        let ends = self.later_parts.iter().copied().chain([end]);
        starts.zip(ends).map(|(a, b)| (a.samples..b.samples, a.histograms..b.histograms)).collect()
    }

    fn is_histogram_of_newest_part(&self, place: Place) -> bool {
        let first = self.later_parts.last().map_or(0, |part| part.histograms);
        place.histogram().is_some_and(|number| number >= first)
    }

    fn begin_part(&mut self) {
        self.later_parts.push(PartStart { samples: self.samples.len(), histograms: self.histograms.len() });
    }
}

impl BatchSample {
    pub(super) fn logged(&self) -> RefSample {
        let Sample { timestamp_ms, value } = self.sample;
        RefSample { series_ref: self.wal_ref, timestamp_ms, value }
    }

    pub(super) fn logged_with_start(&self) -> RefStartedSample {
        let Sample { timestamp_ms, value } = self.sample;
        RefStartedSample { series_ref: self.wal_ref, start_timestamp_ms: self.start_ms, timestamp_ms, value }
    }
}

impl BatchHistogram {
    pub(super) fn stamp(&self) -> RefStamp {
        RefStamp {
            series_ref: self.wal_ref,
            timestamp_ms: self.timestamp_ms,
            start_timestamp_ms: self.start_ms,
        }
    }
}

#[cfg(test)]
mod tests {
    use emberdb_tsdb_chunk::Encoding;

    use super::*;

    const ONE: SeriesId = SeriesId(1);

    fn float(timestamp_ms: i64) -> BatchSample {
        BatchSample { id: ONE, wal_ref: 1, sample: Sample { timestamp_ms, value: 0.0 }, start_ms: 0 }
    }

    fn histogram(timestamp_ms: i64, encoding: Encoding) -> BatchHistogram {
        let histogram = HeldHistogram::stale(encoding);
        BatchHistogram { id: ONE, wal_ref: 1, timestamp_ms, start_ms: 0, histogram }
    }

    /// The times of each part's floats and histograms.
    fn times(parts: &[(Vec<BatchSample>, Vec<BatchHistogram>)]) -> Vec<(Vec<i64>, Vec<i64>)> {
        let of = |(samples, histograms): &(Vec<BatchSample>, Vec<BatchHistogram>)| {
            (
                samples.iter().map(|s| s.sample.timestamp_ms).collect(),
                histograms.iter().map(|h| h.timestamp_ms).collect(),
            )
        };
        parts.iter().map(of).collect()
    }

    #[test]
    fn a_part_begins_where_the_order_would_be_lost() {
        let mut batch = Batch::new(1, 0);
        let place = batch.push_sample(float(1), None);
        let place = batch.push_sample(float(2), Some(place));
        let place = batch.push_histogram(histogram(3, Encoding::Histogram), Some(place));
        let place = batch.push_histogram(histogram(4, Encoding::Histogram), Some(place));
        let place = batch.push_histogram(histogram(5, Encoding::FloatHistogram), Some(place));
        let place = batch.push_sample(float(6), Some(place));
        let place = batch.push_histogram(histogram(7, Encoding::FloatHistogram), Some(place));
        assert!(matches!(batch.sample_at(place, ONE), Some(Newest::Histogram(7, _))));
        assert!(batch.sample_at(place, SeriesId(2)).is_none());
        // Another series does not care.
        batch.push_sample(float(9), None);
        let expected = [(vec![1, 2], vec![3, 4]), (vec![], vec![5]), (vec![6, 9], vec![7])];
        let parts: Vec<_> = batch.parts().map(|(s, h)| (s.len(), h.len())).collect();
        assert_eq!(parts, expected.each_ref().map(|(samples, histograms)| (samples.len(), histograms.len())));
        assert_eq!(times(&batch.drain_parts()), expected);
        assert_eq!((batch.len(), batch.parts().count()), (0, 1));
    }
}
