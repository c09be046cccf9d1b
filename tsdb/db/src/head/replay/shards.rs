//! From the thread that reads the log to those that put samples into series.
//!
//! ```text
//! reader: records → decoded, references resolved → a buffer for each page
//!            │ a buffer that is full, or all of them, or one before something else happens to its page
//!            ├─ queue ─ thread 0: pages 0, n, 2n, …
//!            ├─ queue ─ thread 1: pages 1, n + 1, …         empty buffers come back
//!            └─ …
//! ```
//!
//! All work on a page goes through one queue, so its series see it in the order of the log, and the result is the same with any number of
//! threads. Samples wait in buffers by page because a page's series fit into the processor's cache, and those of a whole head do not: each is
//! then fetched once for several samples. With one thread there are the buffers, and no queue.

use std::ops::Range;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};

use emberdb_env::{Thread, ThreadPanicked};
use emberdb_histogram::NativeHistogram;
use emberdb_tsdb_index::SeriesId;
use emberdb_wal::RefStamp;

use super::super::SharedHead;
use super::super::page::Pages;
use super::run::Run;
use super::shard::{Shard, Tally};
use super::work::{Change, Held, LoggedHistogram, PageSamples, Spent, Work};

/// A page's floats are passed on when there are so many: 36 KiB, sixteen for each series.
const PAGE_FLOATS_MAX: usize = 4096;

/// A page's histograms are passed on when they have so many bytes, or at the next one.
const PAGE_HISTOGRAM_BYTES_MAX: usize = 64 * 1024;

/// All buffers are passed on when they have so many bytes together: with a million series, seven samples of each.
const BUFFERED_BYTES_MAX: usize = 64 * 1024 * 1024;

/// So many buffers of pages may wait for each thread: some 2 MiB, enough to sleep over a while of the other side.
const QUEUE_WORKS_MAX: usize = 64;

/// More threads than this would wait for the one that reads.
const THREADS_MAX: usize = 16;

/// How a replay is spread.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spread {
    /// Threads that put samples into series, beside those that read; with one, there is no other.
    pub(super) threads: usize,
    /// See [`PAGE_FLOATS_MAX`].
    pub(super) page_floats_max: usize,
}

impl Spread {
    /// What the options ask for, or the machine offers.
    pub(super) fn of(head: &SharedHead) -> Self {
        let threads = head.options.replay_threads.unwrap_or_else(|| head.env.parallelism());
        Self { threads: threads.clamp(1, THREADS_MAX), page_floats_max: PAGE_FLOATS_MAX }
    }
}

/// The reader's end.
pub(super) struct Shards {
    spread: Spread,
    /// The newest floats. They are in no buffer yet.
    run: Box<Run>,
    /// Samples that are not passed on yet, by page.
    buffers: Vec<Buffer>,
    buffered_bytes: usize,
    is_late: bool,
    /// Memory to be used again.
    empty: Vec<PageSamples>,
    spent: Spent,
    /// Does what there is no thread for.
    own: Shard,
    threads: Vec<Worker>,
    returned: Receiver<PageSamples>,
    /// Whether a thread is gone that should be there.
    is_broken: bool,
}

#[derive(Default)]
struct Buffer {
    samples: PageSamples,
    /// With so many floats they are passed on.
    floats_max: usize,
    bytes: usize,
}

impl Buffer {
    /// So many floats go into it before they are passed on.
    fn room(&self) -> usize {
        self.floats_max.saturating_sub(self.samples.floats.len()).max(1)
    }
}

struct Worker {
    queue: SyncSender<Work>,
    thread: Thread<Tally>,
}

impl Shards {
    /// Starts the threads. Of those that the system does not give the others do the work.
    pub(super) fn start(head: &SharedHead, spread: Spread) -> Self {
        let (returns, returned) = channel();
        let wanted = if spread.threads > 1 { spread.threads } else { 0 };
        let threads = (0..wanted).map_while(|_| Worker::start(head, returns.clone())).collect();
        Self {
            spread,
            run: Box::default(),
            buffers: Vec::new(),
            buffered_bytes: 0,
            is_late: false,
            empty: Vec::new(),
            spent: Spent::default(),
            own: Shard::new(head),
            threads,
            returned,
            is_broken: false,
        }
    }

    /// From now on samples are late ones.
    pub(super) fn begin_late(&mut self) {
        self.end_run();
        self.pass_on_all();
        self.is_late = true;
    }

    /// Adds a float to its series, some time. It counts since `start_ms`; 0 is unknown.
    #[inline]
    pub(super) fn add_float(&mut self, id: SeriesId, timestamp_ms: i64, value: f64, start_ms: i64) {
        let (page, slot) = Pages::place(id);
        if start_ms != 0 {
            self.end_run();
            self.run.begin(page, slot, timestamp_ms, value);
            self.wait_for_page(0..1, start_ms);
            self.run.clear();
        } else if !self.run.push(page, slot, timestamp_ms, value) {
            self.end_run();
            self.run.begin(page, slot, timestamp_ms, value);
        }
    }

    /// Adds the floats that were gathered to those that wait for their page.
    fn end_run(&mut self) {
        let len = self.run.len();
        let mut done = 0;
        while done < len {
            let room = self.buffers.get(self.run.page).map_or(1, Buffer::room);
            let end = len.min(done + room);
            self.wait_for_page(done..end, 0);
            done = end;
        }
        self.run.clear();
    }

    /// Adds some of the floats that were gathered, for which there is room, to those that wait for their page. The last one counts since
    /// `start_ms`.
    fn wait_for_page(&mut self, range: Range<usize>, start_ms: i64) {
        let page = self.run.page;
        self.make_room(page);
        if !self.buffers[page].samples.histograms.is_empty() {
            self.pass_on(page);
        }
        let (buffer, (slots, values)) = (&mut self.buffers[page], self.run.floats());
        let floats = &mut buffer.samples.floats;
        let bytes = floats.push(self.run.timestamp_ms, &slots[range.clone()], &values[range]);
        if start_ms != 0 {
            floats.note_start(start_ms);
        }
        buffer.bytes += bytes;
        self.buffered_bytes += bytes;
        if floats.len() >= buffer.floats_max {
            buffer.floats_max = self.spread.page_floats_max;
            self.pass_on(page);
        } else if self.buffered_bytes > BUFFERED_BYTES_MAX {
            self.pass_on_all();
        }
    }

    /// Adds a histogram to its series, some time, and leaves memory in its place.
    pub(super) fn add_histogram<N: Held>(
        &mut self,
        id: SeriesId,
        RefStamp { timestamp_ms, start_timestamp_ms, .. }: RefStamp,
        histogram: &mut NativeHistogram<N>,
    ) {
        let (page, _) = Pages::place(id);
        self.end_run();
        self.make_room(page);
        if !self.buffers[page].samples.floats.is_empty() {
            self.pass_on(page);
        }
        let histogram = N::take(histogram, &mut self.spent);
        let bytes = size_of::<LoggedHistogram>() + histogram.logged_bytes_max();
        let buffer = &mut self.buffers[page];
        let start_ms = start_timestamp_ms;
        buffer.samples.histograms.push(LoggedHistogram { id, timestamp_ms, start_ms, histogram });
        buffer.bytes += bytes;
        self.buffered_bytes += bytes;
        if buffer.bytes >= PAGE_HISTOGRAM_BYTES_MAX {
            self.pass_on(page);
        } else if self.buffered_bytes > BUFFERED_BYTES_MAX {
            self.pass_on_all();
        }
    }

    /// Changes a series after all that was added to it before.
    pub(super) fn change(&mut self, id: SeriesId, change: Change) {
        let (page, _) = Pages::place(id);
        self.end_run();
        self.pass_on(page);
        self.send(page, Work::Change(id, change));
    }

    /// Whether there is no use in going on: [`Shards::finish`] says why.
    pub(super) fn is_broken(&self) -> bool {
        self.is_broken
    }

    /// Returns when all is done: what was.
    pub(super) fn finish(mut self) -> Result<Vec<Tally>, ThreadPanicked> {
        self.end_run();
        self.pass_on_all();
        let Self { own, threads, .. } = self;
        // All queues end before the first thread is waited for.
        let running: Vec<Thread<Tally>> = threads.into_iter().map(|worker| worker.thread).collect();
        let tallies: Result<Vec<Tally>, ThreadPanicked> = running.into_iter().map(Thread::join).collect();
        Ok(tallies?.into_iter().chain([own.tally]).collect())
    }

    fn make_room(&mut self, page: usize) {
        for page in self.buffers.len()..=page {
            let floats_max = self.first_floats_max(page);
            self.buffers.push(Buffer { floats_max, ..Buffer::default() });
        }
    }

    /// With how many floats a page's are passed on when all pages are empty. A log mostly has a sample of each series in turn, so that all
    /// would be full at the same time: the threads would be idle until then, and the reader would wait for them afterwards.
    fn first_floats_max(&self, page: usize) -> usize {
        // By the bits of its number from the lowest on: neighbours are far apart, and any run of pages is spread evenly.
        let spread = (page as u32).reverse_bits() as usize;
        let max = self.spread.page_floats_max;
        (max as u64 * (spread as u64 + 1)).div_ceil(1 << 32) as usize
    }

    fn pass_on_all(&mut self) {
        for page in 0..self.buffers.len() {
            self.pass_on(page);
            self.buffers[page].floats_max = self.first_floats_max(page);
        }
    }

    /// Passes on what waits for a page.
    fn pass_on(&mut self, page: usize) {
        let Some(buffer) = self.buffers.get_mut(page).filter(|buffer| !buffer.samples.is_empty()) else {
            return;
        };
        self.buffered_bytes -= std::mem::take(&mut buffer.bytes);
        let room = self.empty.pop().or_else(|| self.returned.try_recv().ok());
        let mut samples = std::mem::replace(&mut buffer.samples, room.unwrap_or_default());
        self.spent.take_from(&mut buffer.samples);
        samples.page = page;
        samples.is_late = self.is_late;
        self.send(page, Work::Samples(samples));
    }

    /// Gives work on a page to whom the page belongs.
    fn send(&mut self, page: usize, mut work: Work) {
        if self.threads.is_empty() {
            self.own.apply(&mut work);
            if let Work::Samples(samples) = work {
                self.empty.push(emptied(samples));
            }
            return;
        }
        let worker = &self.threads[page % self.threads.len()];
        self.is_broken |= worker.queue.send(work).is_err();
    }
}

impl Worker {
    /// None if the system gives no thread.
    fn start(head: &SharedHead, returns: Sender<PageSamples>) -> Option<Self> {
        let (queue, works) = sync_channel(QUEUE_WORKS_MAX);
        let mut shard = Shard::new(head);
        let body = move || {
            for mut work in works {
                shard.apply(&mut work);
                if let Work::Samples(samples) = work {
                    // Nobody wants it back at the end.
                    let _ = returns.send(emptied(samples));
                }
            }
            shard.tally
        };
        let thread = head.env.spawn("emberdb-replay", body).ok()?;
        Some(Self { queue, thread })
    }
}

/// The same memory without floats. Histograms stay, for whom decodes into their memory.
fn emptied(mut samples: PageSamples) -> PageSamples {
    samples.floats.clear();
    samples
}
