//! Putting what the log says into the series of some pages.

use std::sync::Arc;

use emberdb_model::Sample;
use emberdb_tsdb_index::SeriesId;

use super::super::chunk_file::StoredChunk;
use super::super::held::HeldHistogram;
use super::super::isolation::CommitStamp;
use super::super::late::LateValue;
use super::super::order::{Accepted, Follows};
use super::super::page::{Page, Pages};
use super::super::series::Series;
use super::super::{Head, SharedHead};
use super::work::{Change, LoggedFloat, LoggedHistogram, PageSamples, Work};

/// What was done, in numbers.
#[derive(Default)]
pub(super) struct Tally {
    /// Samples restored, floats and histograms, also those in chunks.
    pub(super) samples: u64,
    pub(super) histograms: u64,
    pub(super) samples_in_chunks: u64,
    pub(super) chunks_passed_over: u64,
    pub(super) late_samples: u64,
    pub(super) samples_passed_over: u64,
    pub(super) histograms_invalid: u64,
    /// First and last time of what was restored.
    pub(super) range_ms: Option<(i64, i64)>,
}

impl Tally {
    /// Counts restored samples.
    fn note(&mut self, samples: u64, oldest_ms: i64, newest_ms: i64) {
        self.samples += samples;
        let (oldest, newest) = self.range_ms.unwrap_or((oldest_ms, newest_ms));
        self.range_ms = Some((oldest.min(oldest_ms), newest.max(newest_ms)));
    }
}

/// Some pages of a head, and what was restored into them.
pub(super) struct Shard {
    head: SharedHead,
    /// All pages, as far as they were asked for: there are only ever more of them.
    pages: Vec<Arc<Page>>,
    pub(super) tally: Tally,
}

impl Shard {
    pub(super) fn new(head: &SharedHead) -> Self {
        Self { head: Arc::clone(head), pages: Vec::new(), tally: Tally::default() }
    }

    /// Does what is to be done. Work on one page has to come in the order of the log.
    pub(super) fn apply(&mut self, work: &mut Work) {
        match work {
            Work::Samples(samples) => self.add_samples(samples),
            Work::Change(id, change) => self.change(*id, change),
        }
    }

    fn add_samples(&mut self, samples: &mut PageSamples) {
        let first = samples.floats.first().map(|float| float.id);
        let Some(id) = first.or_else(|| samples.histograms.first().map(|logged| logged.id)) else { return };
        let Self { head, pages, tally } = self;
        let Some(page) = page_of(id, head, pages) else { return };
        let mut page = page.write();
        let mut restored = Restored { count: 0, oldest_ms: i64::MAX, newest_ms: i64::MIN };
        if samples.is_late {
            add_late(&mut page, head, samples, tally);
            return;
        }
        let block_range_ms = head.options.block_range_ms;
        for (LoggedFloat { id, timestamp_ms, value }, start_ms) in samples.started_floats() {
            let Some(series) = page.get_mut(Pages::place(id).1) else { continue };
            match restore_float(series, Sample { timestamp_ms, value }, start_ms, block_range_ms) {
                Outcome::Float => restored.note(timestamp_ms),
                Outcome::Histogram => {
                    tally.histograms += 1;
                    restored.note(timestamp_ms);
                }
                Outcome::PassedOver => tally.samples_passed_over += 1,
            }
        }
        for logged in &samples.histograms {
            let Some(series) = page.get_mut(Pages::place(logged.id).1) else { continue };
            match restore_histogram(series, logged, block_range_ms) {
                Some(true) => {
                    tally.histograms += 1;
                    restored.note(logged.timestamp_ms);
                }
                Some(false) => tally.histograms_invalid += 1,
                None => tally.samples_passed_over += 1,
            }
        }
        if restored.count > 0 {
            tally.note(restored.count, restored.oldest_ms, restored.newest_ms);
        }
    }

    fn change(&mut self, id: SeriesId, change: &mut Change) {
        let Self { head, pages, tally } = self;
        let Some(page) = page_of(id, head, pages) else { return };
        let mut page = page.write();
        let Some(series) = page.get_mut(Pages::place(id).1) else { return };
        match change {
            Change::Chunks(chunks) => chunks.iter().for_each(|chunk| add_chunk(series, chunk, head, tally)),
            Change::Delete(range) => series.delete(*range),
            Change::ForgetStored(place) => series.late_mut().forget_stored(*place),
        }
    }
}

/// The page of a series, which exists: who reads the log has made it before.
fn page_of<'p>(id: SeriesId, head: &Head, pages: &'p mut Vec<Arc<Page>>) -> Option<&'p Page> {
    let (number, _) = Pages::place(id);
    if number >= pages.len() {
        head.pages.extend(pages);
    }
    pages.get(number).map(|page| &**page)
}

/// Adds late samples to their series.
fn add_late(page: &mut [Series], head: &Head, samples: &mut PageSamples, tally: &mut Tally) {
    let histograms = std::mem::take(&mut samples.histograms).into_iter().map(|logged| {
        let value = LateValue::Histogram(Box::new(logged.histogram));
        (logged.id, logged.timestamp_ms, logged.start_ms, value)
    });
    let floats = samples
        .started_floats()
        .map(|(float, start_ms)| (float.id, float.timestamp_ms, start_ms, LateValue::Float(float.value)));
    for (id, timestamp_ms, start_ms, value) in floats.chain(histograms) {
        let Some(series) = page.get_mut(Pages::place(id).1) else { continue };
        match series.late_mut().insert(timestamp_ms, start_ms, value) {
            Ok(true) => {
                tally.late_samples += 1;
                head.note_late(timestamp_ms);
            }
            Ok(false) => tally.samples_passed_over += 1,
            Err(_) => tally.histograms_invalid += 1,
        }
    }
}

/// Gives a series a finished chunk, unless that is older than what the series has, or than what the head has.
fn add_chunk(series: &mut Series, chunk: &StoredChunk, head: &Head, tally: &mut Tally) {
    let samples = u64::from(chunk.samples);
    if chunk.is_out_of_order {
        tally.late_samples += samples;
        head.note_late(chunk.min_ms);
        series.late_mut().restore(chunk);
        return;
    }
    if chunk.max_ms < head.min_valid_ms() {
        return;
    }
    if !series.restore(chunk, head.options.block_range_ms) {
        tally.chunks_passed_over += 1;
        return;
    }
    tally.samples_in_chunks += samples;
    tally.histograms += if chunk.encoding.is_histogram() { samples } else { 0 };
    tally.note(samples, chunk.min_ms.max(head.min_valid_ms()), chunk.max_ms);
}

/// What of a page's samples is in the head now.
struct Restored {
    count: u64,
    oldest_ms: i64,
    newest_ms: i64,
}

impl Restored {
    fn note(&mut self, t_ms: i64) {
        self.count += 1;
        self.oldest_ms = self.oldest_ms.min(t_ms);
        self.newest_ms = self.newest_ms.max(t_ms);
    }
}

/// What a float of the log has become.
enum Outcome {
    Float,
    Histogram,
    PassedOver,
}

/// Puts a float of the log into its series. Upstream logs the marker that ends a series of histograms as a float, unless
/// the histogram before was in the same batch.
fn restore_float(series: &mut Series, sample: Sample, start_ms: i64, block_range_ms: i64) -> Outcome {
    match series.check(sample, Accepted::IN_ORDER) {
        Ok(Follows::Appended) => {
            series.push(sample, start_ms, CommitStamp::REPLAY, block_range_ms);
            Outcome::Float
        }
        Ok(Follows::AsStaleHistogram(encoding)) => {
            let marker = HeldHistogram::stale(encoding);
            let (t_ms, stamp) = (sample.timestamp_ms, CommitStamp::REPLAY);
            match series.push_histogram(t_ms, marker.as_any(), start_ms, stamp, block_range_ms) {
                Ok(()) => Outcome::Histogram,
                Err(_) => Outcome::PassedOver,
            }
        }
        Ok(Follows::AlreadyThere | Follows::Late) | Err(_) => Outcome::PassedOver,
    }
}

/// Puts a histogram of the log into its series: whether it could be stored, or `None` if it came late or twice.
fn restore_histogram(
    series: &mut Series,
    LoggedHistogram { timestamp_ms, start_ms, histogram, .. }: &LoggedHistogram,
    block_range_ms: i64,
) -> Option<bool> {
    let (t_ms, any) = (*timestamp_ms, histogram.as_any());
    match series.check_histogram(t_ms, any, Accepted::IN_ORDER) {
        Ok(Follows::Appended) => {
            Some(series.push_histogram(t_ms, any, *start_ms, CommitStamp::REPLAY, block_range_ms).is_ok())
        }
        _ => None,
    }
}
