//! Checking a batch once more, when another one may have been committed since it began.

use emberdb_model::SeriesRef;
use emberdb_model::storage::{AppendError, Rejection};
use emberdb_tsdb_index::SeriesId;
use foldhash::HashMap;

use super::Head;
use super::batch::{Batch, BatchHistogram, BatchSample, Place};
use super::held::HeldHistogram;
use super::order::{Follows, follow_float, follow_histogram};

impl Head {
    /// Takes out of a batch what others made impossible.
    ///
    /// The places that series remember are of no use here: another batch may have overwritten them.
    pub(super) fn check_again(&self, batch: &mut Batch) {
        let mut newest: HashMap<SeriesId, Place> = HashMap::default();
        for (samples, histograms) in batch.drain_parts() {
            batch.samples.reserve(samples.len());
            for sample in samples {
                let earlier = newest.get(&sample.id).copied();
                match self.follow_float_again(batch, sample, earlier) {
                    Ok(Follows::Appended) => {
                        newest.insert(sample.id, batch.push_sample(sample, earlier));
                    }
                    Ok(Follows::AlreadyThere) => {}
                    Ok(Follows::AsStaleHistogram(encoding)) => {
                        let BatchSample { id, wal_ref, sample } = sample;
                        let (timestamp_ms, histogram) = (sample.timestamp_ms, HeldHistogram::stale(encoding));
                        let marker = BatchHistogram { id, wal_ref, timestamp_ms, histogram };
                        newest.insert(id, batch.push_histogram(marker, earlier));
                    }
                    Err(error) => reject(batch, sample.id, error),
                }
            }
            for histogram in histograms {
                let earlier = newest.get(&histogram.id).copied();
                match self.follow_histogram_again(batch, &histogram, earlier) {
                    Ok(Follows::AlreadyThere) => {}
                    Ok(_) => {
                        newest.insert(histogram.id, batch.push_histogram(histogram, earlier));
                    }
                    Err(error) => reject(batch, histogram.id, error),
                }
            }
        }
    }

    fn follow_float_again(
        &self,
        batch: &Batch,
        BatchSample { id, sample, .. }: BatchSample,
        earlier: Option<Place>,
    ) -> Result<Follows, AppendError> {
        match earlier {
            Some(place) => follow_float(batch.sample_at(place, id), sample, i64::MIN),
            None => {
                let follows = self.pages.with(id, |series| series.check(sample, i64::MIN));
                follows.unwrap_or(Err(AppendError::UnknownSeries(reference(id))))
            }
        }
    }

    fn follow_histogram_again(
        &self,
        batch: &Batch,
        added: &BatchHistogram,
        earlier: Option<Place>,
    ) -> Result<Follows, AppendError> {
        let (id, t_ms, histogram) = (added.id, added.timestamp_ms, added.histogram.as_any());
        match earlier {
            Some(place) => follow_histogram(batch.sample_at(place, id), t_ms, histogram, i64::MIN),
            None => {
                let follows = self.pages.with(id, |series| series.check_histogram(t_ms, histogram, i64::MIN));
                follows.unwrap_or(Err(AppendError::UnknownSeries(reference(id))))
            }
        }
    }
}

fn reject(batch: &mut Batch, id: SeriesId, error: AppendError) {
    batch.rejected.push(Rejection { series: reference(id), error });
}

fn reference(id: SeriesId) -> SeriesRef {
    SeriesRef(u64::from(id.0))
}
