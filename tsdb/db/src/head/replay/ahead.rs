//! A log that another thread reads ahead of the one that applies its records.
//!
//! ```text
//! log → checked, put together, decompressed → blocks of records ─ queue → the records, one after the other
//!                                              └──── empty blocks come back ────┘
//! ```

use std::sync::mpsc::{Receiver, Sender, channel, sync_channel};

use emberdb_env::{Env, Thread, ThreadPanicked};
use emberdb_wal::{LoggedRecord, RecordPosition, WalError, WalListing, WalReader};

/// A block is passed on when its records have so many bytes: some scrapes' requests.
const BLOCK_BYTES: usize = 256 * 1024;

/// So many blocks may wait.
const QUEUE_BLOCKS_MAX: usize = 4;

/// Reads a log's records in their order, by itself or by a thread.
pub(super) enum LogReader {
    Here(Box<WalReader>),
    Ahead(Ahead),
}

impl LogReader {
    /// Starts the thread, if there shall be one and the system gives it.
    pub(super) fn start(env: &Env, listing: &WalListing, may_read_ahead: bool) -> Self {
        let ahead = if may_read_ahead { Ahead::start(env, listing) } else { None };
        ahead.map_or_else(|| Self::Here(Box::new(WalReader::new(env, listing))), Self::Ahead)
    }

    /// The next record, or `None` after the last, or if the thread is gone: [`finish`](Self::finish) says why.
    pub(super) fn next_record(&mut self) -> Result<Option<LoggedRecord<'_>>, WalError> {
        match self {
            Self::Here(reader) => reader.next_record(),
            Self::Ahead(ahead) => ahead.next_record(),
        }
    }

    /// Bytes of the segments that were read for the records so far.
    pub(super) fn bytes_read(&self) -> u64 {
        match self {
            Self::Here(reader) => reader.bytes_read(),
            Self::Ahead(ahead) => ahead.bytes_read,
        }
    }

    /// Returns when nothing is read any more.
    pub(super) fn finish(self) -> Result<(), ThreadPanicked> {
        match self {
            Self::Here(_) => Ok(()),
            Self::Ahead(Ahead { blocks, thread, .. }) => {
                // Whom nobody listens to goes home.
                drop(blocks);
                thread.join()
            }
        }
    }
}

pub(super) struct Ahead {
    blocks: Receiver<Block>,
    returns: Sender<Block>,
    block: Block,
    /// The next record in the block.
    next: usize,
    bytes_read: u64,
    thread: Thread<()>,
}

/// Some records, and what came behind them if nothing can be read on.
#[derive(Default)]
struct Block {
    bytes: Vec<u8>,
    records: Vec<Entry>,
    end: Option<Result<(), WalError>>,
}

struct Entry {
    /// Where the record ends in the block; it begins where the one before ends.
    end: usize,
    position: RecordPosition,
    /// See [`LogReader::bytes_read`].
    bytes_read: u64,
}

impl Ahead {
    fn start(env: &Env, listing: &WalListing) -> Option<Self> {
        let (queue, blocks) = sync_channel(QUEUE_BLOCKS_MAX);
        let (returns, returned) = channel::<Block>();
        let mut reader = WalReader::new(env, listing);
        let body = move || {
            loop {
                let mut block = returned.try_recv().unwrap_or_default();
                block.fill(&mut reader);
                let is_last = block.end.is_some();
                if queue.send(block).is_err() || is_last {
                    return;
                }
            }
        };
        let thread = env.spawn("emberdb-read", body).ok()?;
        Some(Self { blocks, returns, block: Block::default(), next: 0, bytes_read: 0, thread })
    }

    fn next_record(&mut self) -> Result<Option<LoggedRecord<'_>>, WalError> {
        while self.next >= self.block.records.len() {
            if let Some(end) = &mut self.block.end {
                return std::mem::replace(end, Ok(())).map(|()| None);
            }
            let Ok(block) = self.blocks.recv() else { return Ok(None) };
            // Nobody wants it back at the end.
            let _ = self.returns.send(std::mem::replace(&mut self.block, block));
            self.next = 0;
        }
        let (record, bytes_read) = self.block.record(self.next);
        self.next += 1;
        self.bytes_read = bytes_read;
        Ok(Some(record))
    }
}

impl Block {
    /// Takes the next records, in place of those that are there.
    fn fill(&mut self, reader: &mut WalReader) {
        self.bytes.clear();
        self.records.clear();
        while self.bytes.len() + self.records.len() * size_of::<Entry>() < BLOCK_BYTES {
            let position = match reader.next_record() {
                Ok(Some(LoggedRecord { data, position })) => {
                    self.bytes.extend_from_slice(data);
                    position
                }
                end => {
                    self.end = Some(end.map(|_| ()));
                    return;
                }
            };
            self.records.push(Entry { end: self.bytes.len(), position, bytes_read: reader.bytes_read() });
        }
    }

    fn record(&self, number: usize) -> (LoggedRecord<'_>, u64) {
        let start = if number == 0 { 0 } else { self.records[number - 1].end };
        let Entry { end, position, bytes_read } = self.records[number];
        (LoggedRecord { data: &self.bytes[start..end], position }, bytes_read)
    }
}

#[cfg(test)]
mod tests {
    use emberdb_wal::{WalOptions, WalWriter};
    use proptest::prelude::*;

    use super::*;

    /// All that a reader says, to the end or the first error.
    fn all_of(mut reader: LogReader) -> Vec<String> {
        let mut all = Vec::new();
        loop {
            let record = match reader.next_record() {
                Ok(Some(record)) => format!("{record:?}"),
                Ok(None) => break,
                Err(error) => {
                    all.push(error.to_string());
                    break;
                }
            };
            all.push(format!("{record} {}", reader.bytes_read()));
        }
        assert!(matches!(reader.next_record(), Ok(None)));
        reader.finish().unwrap();
        all
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

        /// The same records at the same places, and the same errors, from a thread; blocks are smaller than some records.
        #[test]
        fn a_thread_reads_the_same(
            records in prop::collection::vec((any::<u8>(), 0..400_000_usize), 0..12),
            flip in prop::option::of(any::<usize>()),
        ) {
            let env = Env::real();
            let dir = env.fs().create_temp_dir("emberdb-ahead").unwrap();
            let mut writer = WalWriter::open(&env, &dir, WalOptions::default()).unwrap();
            for (byte, len) in records {
                let record: Vec<u8> = (0..len).map(|at| byte.wrapping_mul(at as u8)).collect();
                writer.log(&[&record]).unwrap();
            }
            writer.close().unwrap();
            if let Some(flip) = flip {
                let path = dir.join("00000000");
                let mut bytes = env.fs().read(&path, u64::MAX).unwrap();
                let place = flip % bytes.len().max(1);
                bytes.iter_mut().skip(place).take(1).for_each(|byte| *byte ^= 0x10);
                env.fs().create(&path).unwrap().write_all(&bytes).unwrap();
            }
            let listing = WalListing::read(&env, &dir).unwrap();
            let [here, ahead] = [false, true].map(|may| all_of(LogReader::start(&env, &listing, may)));
            let _ = env.fs().remove_dir_all(&dir);
            prop_assert!(here == ahead);
        }
    }
}
