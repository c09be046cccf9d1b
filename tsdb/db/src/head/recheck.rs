//! Checking a batch once more, when another one may have been committed since it began.

use emberdb_model::SeriesRef;
use emberdb_model::storage::{AppendError, Rejection};
use emberdb_tsdb_index::SeriesId;
use foldhash::HashMap;

use super::Head;
use super::batch::{Batch, BatchHistogram, BatchSample, Place};
use super::held::HeldHistogram;
use super::order::{Accepted, Follows, follow_float, follow_histogram};

impl Head {
    /// Takes out of a batch what others made impossible.
    ///
    /// The places that series remember are of no use here: another batch may have overwritten them.
    pub(super) fn check_again(&self, batch: &mut Batch) {
        self.check_exemplars_again(batch);
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
                    Ok(Follows::Late) => batch.late.samples.push(sample),
                    Ok(Follows::AsStaleHistogram(encoding)) => {
                        let BatchSample { id, wal_ref, sample, start_ms } = sample;
                        let (timestamp_ms, histogram) = (sample.timestamp_ms, HeldHistogram::stale(encoding));
                        let marker = BatchHistogram { id, wal_ref, timestamp_ms, start_ms, histogram };
                        newest.insert(id, batch.push_histogram(marker, earlier));
                    }
                    Err(error) => reject(batch, sample.id, error),
                }
            }
            for histogram in histograms {
                let earlier = newest.get(&histogram.id).copied();
                match self.follow_histogram_again(batch, &histogram, earlier) {
                    Ok(Follows::AlreadyThere) => {}
                    Ok(Follows::Late) => batch.late.histograms.push(histogram),
                    Ok(_) => {
                        newest.insert(histogram.id, batch.push_histogram(histogram, earlier));
                    }
                    Err(error) => reject(batch, histogram.id, error),
                }
            }
        }
    }

    /// Takes out of a batch the late samples of times that were deleted since they were checked. The log is held, so that nothing is deleted
    /// meanwhile.
    pub(super) fn refuse_deleted(&self, batch: &mut Batch) {
        let mut rejected = Vec::new();
        let mut is_kept = |id: SeriesId, timestamp_ms: i64| {
            let is_deleted =
                self.pages.read(id, |series| series.is_deleted_at(timestamp_ms)).unwrap_or(false);
            if is_deleted {
                rejected.push((id, AppendError::Deleted { timestamp_ms }));
            }
            !is_deleted
        };
        batch.late.samples.retain(|late| is_kept(late.id, late.sample.timestamp_ms));
        batch.late.histograms.retain(|late| is_kept(late.id, late.timestamp_ms));
        for (id, error) in rejected {
            reject(batch, id, error);
        }
    }

    /// Times were checked before, but the head's time may begin later now. What others have made late may still come late.
    fn accepted_again(&self) -> Accepted {
        Accepted { oldest_ms: self.min_valid_ms(), ..self.accepted() }
    }

    fn follow_float_again(
        &self,
        batch: &Batch,
        BatchSample { id, sample, .. }: BatchSample,
        earlier: Option<Place>,
    ) -> Result<Follows, AppendError> {
        match earlier {
            Some(place) => follow_float(batch.sample_at(place, id), sample, self.accepted_again()),
            None => {
                let follows = self.pages.with(id, |series| series.check(sample, self.accepted_again()));
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
            Some(place) => {
                follow_histogram(batch.sample_at(place, id), t_ms, histogram, self.accepted_again())
            }
            None => {
                let follows = self
                    .pages
                    .with(id, |series| series.check_histogram(t_ms, histogram, self.accepted_again()));
                follows.unwrap_or(Err(AppendError::UnknownSeries(reference(id))))
            }
        }
    }
}

pub(super) fn reject(batch: &mut Batch, id: SeriesId, error: AppendError) {
    batch.rejected.push(Rejection { series: reference(id), error });
}

fn reference(id: SeriesId) -> SeriesRef {
    SeriesRef(u64::from(id.0))
}
