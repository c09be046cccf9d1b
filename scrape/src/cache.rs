//! What a target remembers from one scrape to the next: its lines, its series, and which of them were there.
//!
//! A line is the text of a sample up to its value. Its bytes decide its labels (and with them its series), so that a known
//! line is resolved by its bytes alone. Two lines may be one series, if they list its labels in another order; presence
//! is therefore kept by series.
//!
//! Targets write their lines in the same order each time. Each line remembers the one that followed it, and that one is
//! compared with the input first: on a steady target a line costs one comparison of bytes, and no hash.

use std::hash::BuildHasher;

use emberdb_model::{Labels, SeriesRef};
use foldhash::fast::RandomState;
use hashbrown::HashTable;

use crate::format::BoundLabel;

/// Lines that a target may leave in the cache with scrapes that failed, beside twice those of the last good one.
const UNFLUSHED_LINES_MAX: usize = 1000;

/// The number of a line in the cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LineId(u32);

/// The number of a series in the cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SeriesId(u32);

/// A line and what it stands for.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) text: Box<[u8]>,
    /// The family's type is part of what the bytes mean: it decides how `le` is spelled.
    pub(crate) bound: BoundLabel,
    pub(crate) series: SeriesId,
    hash: u64,
    /// Number of the scrape that had it last.
    seen: u32,
    /// The line that followed it in that scrape.
    next: Option<LineId>,
}

/// A series and when it was there.
#[derive(Debug)]
pub(crate) struct CachedSeries {
    pub(crate) reference: SeriesRef,
    pub(crate) labels: Labels,
    hash: u64,
    /// Number of the scrape that had it last, with a sample that was taken or refused.
    seen: u32,
    /// Number of the last scrape after which its absence means that it ended, and of the one before that.
    tracked: u32,
    tracked_before: u32,
}

/// See the module's text.
#[derive(Debug, Default)]
pub(crate) struct ScrapeCache {
    hasher: RandomState,
    lines: Vec<Option<Line>>,
    lines_free: Vec<LineId>,
    line_ids: HashTable<LineId>,
    series: Vec<Option<CachedSeries>>,
    series_free: Vec<SeriesId>,
    series_ids: HashTable<SeriesId>,
    /// The first line of a scrape.
    first: Option<LineId>,
    /// The newest line of the scrape that goes on.
    newest: Option<LineId>,
    /// Number of the scrape that goes on.
    scrape: u32,
    /// Number of the scrape whose series are to be ended when they are absent; none after one that failed.
    good: Option<u32>,
    /// Series tracked in the scrape that goes on, and in the good one.
    tracked_count: usize,
    good_count: usize,
    /// Series of the good scrape that are there again.
    kept_count: usize,
    lines_seen: usize,
    /// Lines that the last good scrape left.
    lines_flushed: usize,
}

impl ScrapeCache {
    /// Begins a scrape.
    pub(crate) fn begin(&mut self) {
        self.scrape += 1;
        self.newest = None;
        self.tracked_count = 0;
        self.kept_count = 0;
        self.lines_seen = 0;
    }

    /// The line that followed the newest one in the scrape before.
    pub(crate) fn predicted(&self) -> Option<(LineId, &Line)> {
        let id = match self.newest {
            Some(newest) => self.line(newest)?.next?,
            None => self.first?,
        };
        Some((id, self.line(id)?))
    }

    /// The line of these bytes.
    pub(crate) fn find_line(&self, text: &[u8], bound: BoundLabel) -> Option<LineId> {
        let hash = self.hasher.hash_one((text, bound));
        let is_line = |&id: &LineId| self.line(id).is_some_and(|l| l.bound == bound && *l.text == *text);
        self.line_ids.find(hash, is_line).copied()
    }

    /// Adds a line of a known series, as the newest one.
    pub(crate) fn add_line(&mut self, text: &[u8], bound: BoundLabel, series: SeriesId) {
        let hash = self.hasher.hash_one((text, bound));
        let line = Line { text: text.into(), bound, series, hash, seen: 0, next: None };
        let id = match self.lines_free.pop() {
            Some(id) => id,
            None => {
                self.lines.push(None);
                LineId(small(self.lines.len() - 1))
            }
        };
        self.lines[id.0 as usize] = Some(line);
        let lines = &self.lines;
        self.line_ids.insert_unique(hash, id, |&LineId(i)| lines[i as usize].as_ref().map_or(0, |l| l.hash));
        self.visit_line(id);
    }

    /// Notes that a line is the newest one, and returns its series.
    pub(crate) fn visit_line(&mut self, id: LineId) -> Option<SeriesId> {
        match self.newest.replace(id) {
            Some(before) => {
                if let Some(line) = self.lines[before.0 as usize].as_mut() {
                    line.next = Some(id);
                }
            }
            None => self.first = Some(id),
        }
        let line = self.lines[id.0 as usize].as_mut()?;
        if line.seen != self.scrape {
            line.seen = self.scrape;
            self.lines_seen += 1;
        }
        Some(line.series)
    }

    /// The series of these labels.
    pub(crate) fn find_series(&self, labels: &Labels) -> Option<SeriesId> {
        let hash = self.hasher.hash_one(labels);
        let is_series = |&id: &SeriesId| self.series(id).is_some_and(|s| s.labels == *labels);
        self.series_ids.find(hash, is_series).copied()
    }

    /// Adds a series.
    pub(crate) fn add_series(&mut self, labels: Labels, reference: SeriesRef) -> SeriesId {
        let hash = self.hasher.hash_one(&labels);
        let series =
            CachedSeries { reference, labels, hash, seen: self.scrape, tracked: 0, tracked_before: 0 };
        let id = match self.series_free.pop() {
            Some(id) => id,
            None => {
                self.series.push(None);
                SeriesId(small(self.series.len() - 1))
            }
        };
        self.series[id.0 as usize] = Some(series);
        let all = &self.series;
        self.series_ids
            .insert_unique(hash, id, |&SeriesId(i)| all[i as usize].as_ref().map_or(0, |s| s.hash));
        id
    }

    pub(crate) fn series(&self, id: SeriesId) -> Option<&CachedSeries> {
        self.series[id.0 as usize].as_ref()
    }

    pub(crate) fn set_reference(&mut self, id: SeriesId, reference: SeriesRef) {
        if let Some(series) = self.series[id.0 as usize].as_mut() {
            series.reference = reference;
        }
    }

    /// Notes that a series is in this scrape; false if that was noted before.
    pub(crate) fn visit_series(&mut self, id: SeriesId) -> bool {
        let Some(series) = self.series[id.0 as usize].as_mut() else { return false };
        let first = series.seen != self.scrape;
        series.seen = self.scrape;
        first
    }

    /// Notes that a series ends if the next scrape does not have it.
    pub(crate) fn track(&mut self, id: SeriesId) {
        let Some(series) = self.series[id.0 as usize].as_mut() else { return };
        if series.tracked == self.scrape {
            return;
        }
        series.tracked_before = series.tracked;
        series.tracked = self.scrape;
        self.tracked_count += 1;
        self.kept_count += usize::from(self.good == Some(series.tracked_before));
    }

    /// Takes back what was tracked in this scrape: all series of the last good one count as absent.
    pub(crate) fn abandon(&mut self) {
        for series in self.series.iter_mut().flatten() {
            if series.tracked == self.scrape {
                series.tracked = series.tracked_before;
            }
        }
        self.tracked_count = 0;
        self.kept_count = 0;
    }

    /// The series that the last good scrape had and this one has not.
    pub(crate) fn absent(&self) -> Vec<SeriesId> {
        let Some(good) = self.good.filter(|_| self.kept_count < self.good_count) else { return Vec::new() };
        let ids = (0..small(self.series.len())).map(SeriesId);
        ids.filter(|&id| self.series(id).is_some_and(|s| s.tracked == good)).collect()
    }

    /// Ends a scrape that was stored: what it tracked is what the next one is compared with.
    pub(crate) fn finish(&mut self, succeeded: bool) {
        self.good = succeeded.then_some(self.scrape);
        self.good_count = self.tracked_count;
        let crowded = self.line_ids.len() > 2 * self.lines_flushed + UNFLUSHED_LINES_MAX;
        if succeeded || crowded {
            self.flush();
        }
        if succeeded {
            self.lines_flushed = self.line_ids.len();
        }
    }

    /// Forgets lines and series that this scrape did not have.
    fn flush(&mut self) {
        if self.lines_seen == self.line_ids.len() {
            return;
        }
        let scrape = self.scrape;
        for (i, slot) in self.lines.iter_mut().enumerate() {
            if let Some(line) = slot.take_if(|line| line.seen != scrape) {
                let id = LineId(small(i));
                if let Ok(entry) = self.line_ids.find_entry(line.hash, |&other| other == id) {
                    entry.remove();
                }
                self.lines_free.push(id);
            }
        }
        for (i, slot) in self.series.iter_mut().enumerate() {
            if let Some(series) = slot.take_if(|series| series.seen != scrape) {
                let id = SeriesId(small(i));
                if let Ok(entry) = self.series_ids.find_entry(series.hash, |&other| other == id) {
                    entry.remove();
                }
                self.series_free.push(id);
            }
        }
    }

    fn line(&self, id: LineId) -> Option<&Line> {
        self.lines[id.0 as usize].as_ref()
    }
}

fn small(index: usize) -> u32 {
    u32::try_from(index).expect("a target with four billion lines does not fit into memory")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A scrape of lines `m{n}` that are a series each.
    fn scrape(cache: &mut ScrapeCache, numbers: &[u32]) {
        cache.begin();
        for &n in numbers {
            let text = format!("m{n}");
            let series = match cache.find_line(text.as_bytes(), BoundLabel::None) {
                Some(line) => cache.visit_line(line).unwrap(),
                None => {
                    let labels = Labels::new([("__name__", &text)]).unwrap();
                    let series = cache.add_series(labels, SeriesRef(n.into()));
                    cache.add_line(text.as_bytes(), BoundLabel::None, series);
                    series
                }
            };
            cache.visit_series(series);
            cache.track(series);
        }
    }

    fn absent(cache: &ScrapeCache) -> Vec<u64> {
        let mut absent: Vec<_> =
            cache.absent().into_iter().map(|id| cache.series(id).unwrap().reference.0).collect();
        absent.sort_unstable();
        absent
    }

    #[test]
    fn absent_are_those_of_the_last_good_scrape() {
        let mut cache = ScrapeCache::default();
        scrape(&mut cache, &[1, 2, 3]);
        assert_eq!(absent(&cache), []);
        cache.finish(true);
        scrape(&mut cache, &[2]);
        assert_eq!(absent(&cache), [1, 3]);
        cache.abandon();
        assert_eq!(absent(&cache), [1, 2, 3], "a scrape that fails half-way has none of them");
        cache.finish(false);
        scrape(&mut cache, &[2, 4]);
        assert_eq!(absent(&cache), [], "they were ended already");
        cache.finish(true);
        assert!(cache.find_line(b"m1", BoundLabel::None).is_none(), "a good scrape forgets what is gone");
        assert!(cache.find_series(&Labels::new([("__name__", "m1")]).unwrap()).is_none());
    }

    #[test]
    fn lines_are_predicted_in_the_order_of_the_scrape_before() {
        let mut cache = ScrapeCache::default();
        scrape(&mut cache, &[1, 2]);
        cache.finish(true);
        cache.begin();
        let (first, line) = cache.predicted().unwrap();
        assert_eq!(&*line.text, b"m1");
        cache.visit_line(first);
        assert_eq!(&*cache.predicted().unwrap().1.text, b"m2");
    }

    #[test]
    fn scrapes_that_fail_cannot_fill_the_memory() {
        let mut cache = ScrapeCache::default();
        for round in 0..5 {
            let numbers: Vec<_> = (0..900).map(|n| round * 1000 + n).collect();
            scrape(&mut cache, &numbers);
            cache.abandon();
            cache.finish(false);
            assert!(cache.line_ids.len() <= 1800, "{}", cache.line_ids.len());
        }
        assert!(cache.lines.len() <= 1800 && cache.series.len() <= 1800);
    }
}
