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
use super::by_series::BySeries;
use super::floats::LoggedFloat;
use super::work::{Change, LoggedHistogram, PageSamples, Work};
use crate::options::ChunkRules;

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
    by_series: BySeries,
    pub(super) tally: Tally,
}

impl Shard {
    pub(super) fn new(head: &SharedHead) -> Self {
        Self {
            head: Arc::clone(head),
            pages: Vec::new(),
            by_series: BySeries::default(),
            tally: Tally::default(),
        }
    }

    /// Does what is to be done. Work on one page has to come in the order of the log.
    pub(super) fn apply(&mut self, work: &mut Work) {
        match work {
            Work::Samples(samples) => self.add_samples(samples),
            Work::Change(id, change) => self.change(*id, change),
        }
    }

    fn add_samples(&mut self, samples: &mut PageSamples) {
        let Self { head, pages, by_series, tally } = self;
        let Some(page) = page_of(samples.page, head, pages) else { return };
        let mut page = page.write();
        if samples.is_late {
            add_late(&mut page, head, samples, tally);
            return;
        }
        let mut restored = Restored { count: 0, oldest_ms: i64::MAX, newest_ms: i64::MIN };
        let rules = head.options.chunk_rules();
        if samples.floats.have_starts() {
            for float in samples.floats.iter() {
                let Some(series) = page.get_mut(float.slot) else { continue };
                restore_float(series, float, rules, &mut restored, tally);
            }
        } else {
            by_series.fill(&samples.floats);
            add_runs(&mut page, by_series, rules, &mut restored, tally);
        }
        for logged in &samples.histograms {
            let Some(series) = page.get_mut(Pages::place(logged.id).1) else { continue };
            match restore_histogram(series, logged, rules) {
                Some(true) => {
                    tally.histograms += 1;
                    restored.note(1, logged.timestamp_ms, logged.timestamp_ms);
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
        let Self { head, pages, tally, .. } = self;
        let Some(page) = page_of(Pages::place(id).0, head, pages) else { return };
        let mut page = page.write();
        let Some(series) = page.get_mut(Pages::place(id).1) else { return };
        match change {
            Change::Chunks(chunks) => chunks.iter().for_each(|chunk| add_chunk(series, chunk, head, tally)),
            Change::Delete(range) => series.delete(*range),
            Change::ForgetStored(place) => series.late_mut().forget_stored(*place),
        }
    }
}

/// The page of this number, which exists: who reads the log has made it before.
fn page_of<'p>(number: usize, head: &Head, pages: &'p mut Vec<Arc<Page>>) -> Option<&'p Page> {
    if number >= pages.len() {
        head.pages.extend(pages);
    }
    pages.get(number).map(|page| &**page)
}

/// Adds late samples to their series.
fn add_late(page: &mut [Series], head: &Head, samples: &mut PageSamples, tally: &mut Tally) {
    let histograms = std::mem::take(&mut samples.histograms).into_iter().map(|logged| {
        let value = LateValue::Histogram(Box::new(logged.histogram));
        (Pages::place(logged.id).1, logged.timestamp_ms, logged.start_ms, value)
    });
    let floats = samples
        .floats
        .iter()
        .map(|float| (float.slot, float.timestamp_ms, float.start_ms, LateValue::Float(float.value)));
    for (slot, timestamp_ms, start_ms, value) in floats.chain(histograms) {
        let Some(series) = page.get_mut(slot) else { continue };
        match series.late_mut().insert(timestamp_ms, start_ms, value, 0, head.options.float_encoding) {
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
    if !series.restore(chunk, head.options.chunk_rules()) {
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
    /// Counts samples of which the first and the last have these times.
    fn note(&mut self, count: usize, oldest_ms: i64, newest_ms: i64) {
        self.count += count as u64;
        self.oldest_ms = self.oldest_ms.min(oldest_ms);
        self.newest_ms = self.newest_ms.max(newest_ms);
    }
}

/// Adds to each series its floats.
fn add_runs(
    page: &mut [Series],
    floats: &BySeries,
    rules: ChunkRules,
    restored: &mut Restored,
    tally: &mut Tally,
) {
    let touched =
        floats.iter().filter_map(|(slot, _)| page.get(slot)).fold(0, |all, series| all ^ series.touch());
    std::hint::black_box(touched);
    for (slot, mut run) in floats.iter() {
        let Some(series) = page.get_mut(slot) else { continue };
        while let Some((&(timestamp_ms, value), behind)) = run.split_first() {
            let added = series.push_run(run);
            let (of_run, rest) = run.split_at(added);
            match of_run.last() {
                Some(&(newest_ms, _)) => {
                    restored.note(added, timestamp_ms, newest_ms);
                    run = rest;
                }
                None => {
                    let float = LoggedFloat { slot, timestamp_ms, value, start_ms: 0 };
                    restore_float(series, float, rules, restored, tally);
                    run = behind;
                }
            }
        }
    }
}

/// Puts a float of the log into its series. Upstream logs the marker that ends a series of histograms as a float, unless
/// the histogram before was in the same batch.
fn restore_float(
    series: &mut Series,
    LoggedFloat { timestamp_ms, value, start_ms, .. }: LoggedFloat,
    rules: ChunkRules,
    restored: &mut Restored,
    tally: &mut Tally,
) {
    let (sample, stamp) = (Sample { timestamp_ms, value }, CommitStamp::REPLAY);
    match series.check(sample, Accepted::IN_ORDER) {
        Ok(Follows::Appended) => series.push(sample, start_ms, stamp, rules),
        Ok(Follows::AsStaleHistogram(encoding)) => {
            let marker = HeldHistogram::stale(encoding);
            let pushed = series.push_histogram(timestamp_ms, marker.as_any(), start_ms, stamp, rules);
            if pushed.is_err() {
                tally.samples_passed_over += 1;
                return;
            }
            tally.histograms += 1;
        }
        Ok(Follows::AlreadyThere | Follows::Late) | Err(_) => {
            tally.samples_passed_over += 1;
            return;
        }
    }
    restored.note(1, timestamp_ms, timestamp_ms);
}

/// Puts a histogram of the log into its series: whether it could be stored, or `None` if it came late or twice.
fn restore_histogram(
    series: &mut Series,
    LoggedHistogram { timestamp_ms, start_ms, histogram, .. }: &LoggedHistogram,
    rules: ChunkRules,
) -> Option<bool> {
    let (t_ms, any) = (*timestamp_ms, histogram.as_any());
    match series.check_histogram(t_ms, any, Accepted::IN_ORDER) {
        Ok(Follows::Appended) => {
            Some(series.push_histogram(t_ms, any, *start_ms, CommitStamp::REPLAY, rules).is_ok())
        }
        _ => None,
    }
}
