//! What a reader may see: commits that were finished before it began.
//!
//! Commits are logged and stored one after the other, and numbered so; they are finished in this order, too, though several may wait for the
//! disk at the same time. A reader holds the number of the last finished commit; a series remembers for its newest commits how many
//! samples it had before each, as long as a reader may need it.

use std::collections::BTreeMap;
use std::sync::Arc;

use emberdb_wal::WalError;
use parking_lot::{Condvar, Mutex};

/// Commit numbers and the readers that hold one.
#[derive(Default)]
pub(crate) struct Isolation {
    state: Mutex<State>,
    /// A commit was finished, or will never be.
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// The last commit that was begun; 0 is what was replayed.
    begun: u64,
    /// The last finished commit, and so all before it.
    finished: u64,
    /// Why those that were begun and not finished never will be, nor any other.
    failure: Option<String>,
    /// Number of readers by the commit they hold.
    readers: BTreeMap<u64, usize>,
}

impl Isolation {
    /// Number of the commit that begins now, and the oldest commit that a reader holds or may take while it goes on.
    pub(crate) fn begin_commit(&self) -> CommitStamp {
        let mut state = self.state.lock();
        state.begun += 1;
        let oldest_reader = state.readers.keys().next().copied().unwrap_or(state.finished);
        CommitStamp { number: state.begun, oldest_reader }
    }

    /// Makes a commit, and all before it, visible to readers that begin from now on.
    pub(crate) fn finish_commit(&self, stamp: CommitStamp) {
        let mut state = self.state.lock();
        state.finished = state.finished.max(stamp.number);
        drop(state);
        self.changed.notify_all();
    }

    /// The log failed: no further commit is to be begun, and none under way will be finished unless it is durable already.
    pub(crate) fn fail(&self, reason: &impl ToString) {
        self.state.lock().failure.get_or_insert_with(|| reason.to_string());
        self.changed.notify_all();
    }

    /// Refuses once the log has failed.
    pub(crate) fn check(&self) -> Result<(), WalError> {
        self.state.lock().check()
    }

    /// Returns when all commits that were begun are finished. Whoever calls holds the log, so that no other begins.
    pub(crate) fn wait_finished(&self) -> Result<(), WalError> {
        let mut state = self.state.lock();
        while state.finished < state.begun {
            state.check()?;
            self.changed.wait(&mut state);
        }
        Ok(())
    }

    /// Tells, if the thread panics as long as this is held, that no commit will ever be finished: nobody waits for it then.
    pub(crate) fn guard(&self) -> impl Drop {
        FailsOnPanic(self)
    }

    fn hold(&self) -> u64 {
        let mut state = self.state.lock();
        let finished = state.finished;
        *state.readers.entry(finished).or_default() += 1;
        finished
    }

    fn release(&self, commit: u64) {
        let mut state = self.state.lock();
        if let Some(readers) = state.readers.get_mut(&commit) {
            *readers -= 1;
            if *readers == 0 {
                state.readers.remove(&commit);
            }
        }
    }
}

impl State {
    fn check(&self) -> Result<(), WalError> {
        match &self.failure {
            Some(reason) => Err(WalError::RefusesWrites { reason: reason.clone() }),
            None => Ok(()),
        }
    }
}

struct FailsOnPanic<'a>(&'a Isolation);

impl Drop for FailsOnPanic<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.fail(&"a commit ended in a panic");
        }
    }
}

/// A commit under way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CommitStamp {
    pub(crate) number: u64,
    /// No reader holds an older commit than this.
    pub(crate) oldest_reader: u64,
}

impl CommitStamp {
    /// What is replayed before there is any reader.
    pub(crate) const REPLAY: Self = Self { number: 0, oldest_reader: 0 };
}

/// A reader's view: all commits up to one. Dropping it lets series forget what only it needed.
pub(crate) struct Snapshot {
    head: super::SharedHead,
    commit: u64,
    in_order_from_ms: i64,
    /// What the reader takes the place of, for whom waits until nobody reads it.
    _held: Arc<dyn Send + Sync>,
}

impl Snapshot {
    /// What is committed now, of the samples in order those from `in_order_from_ms` on. As long as the view is there, so is
    /// `held`.
    pub(crate) fn take(head: &super::SharedHead, in_order_from_ms: i64, held: Arc<dyn Send + Sync>) -> Self {
        Self { head: Arc::clone(head), commit: head.isolation.hold(), in_order_from_ms, _held: held }
    }

    pub(crate) fn head(&self) -> &super::Head {
        &self.head
    }

    /// What is seen of a series.
    pub(crate) fn view(&self) -> super::View<'_> {
        let Self { head, commit, in_order_from_ms, .. } = self;
        super::View { files: &head.chunk_files, commit: *commit, in_order_from_ms: *in_order_from_ms }
    }
}

impl Drop for Snapshot {
    fn drop(&mut self) {
        self.head.isolation.release(self.commit);
    }
}

/// How many samples of a series were there before its newest commits.
#[derive(Debug, Default)]
pub(super) struct Visibility {
    newest: Version,
    /// Earlier commits that a reader may still hold back from, oldest first. Mostly absent.
    #[expect(
        clippy::box_collection,
        reason = "8 bytes in each series instead of 24 for what is mostly absent"
    )]
    older: Option<Box<Vec<Version>>>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Version {
    commit: u64,
    samples_before: u32,
}

impl Visibility {
    /// Notes that a commit is about to add to a series that has `samples` now.
    pub(super) fn note(&mut self, stamp: CommitStamp, samples: u32) {
        if self.newest.commit == stamp.number {
            return;
        }
        if let Some(older) = &mut self.older {
            older.retain(|v| v.commit > stamp.oldest_reader);
        }
        if self.newest.commit > stamp.oldest_reader {
            self.older.get_or_insert_default().push(self.newest);
        } else {
            self.older = None;
        }
        self.newest = Version { commit: stamp.number, samples_before: samples };
    }

    /// How many of the series' `samples` a reader sees that holds `commit`.
    pub(super) fn visible(&self, commit: u64, samples: u32) -> u32 {
        if self.newest.commit <= commit {
            return samples;
        }
        let older = self.older.as_deref().map_or(&[][..], Vec::as_slice);
        let unseen = older.iter().find(|v| v.commit > commit);
        unseen.unwrap_or(&self.newest).samples_before
    }

    /// The oldest `samples` of the series are gone. Every reader saw them.
    pub(super) fn forget(&mut self, samples: u32) {
        let older = self.older.iter_mut().flat_map(|older| older.iter_mut());
        for version in older.chain([&mut self.newest]) {
            version.samples_before = version.samples_before.saturating_sub(samples);
        }
    }

    pub(super) fn heap_bytes(&self) -> usize {
        self.older
            .as_deref()
            .map_or(0, |older| size_of::<Vec<Version>>() + older.capacity() * size_of::<Version>())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What happens to one series: a commit adds so many samples, a reader comes, a reader (of those that are
    /// there) goes.
    #[derive(Clone, Debug)]
    enum Event {
        Commit(u32),
        Open,
        Close(usize),
    }

    fn event() -> impl Strategy<Value = Event> {
        prop_oneof![(0..3u32).prop_map(Event::Commit), Just(Event::Open), (0..8usize).prop_map(Event::Close)]
    }

    proptest! {
        /// Every reader sees for ever the number of samples that there was when it came.
        #[test]
        fn a_reader_sees_what_there_was(events in prop::collection::vec(event(), 0..60)) {
            let isolation = Isolation::default();
            let (mut visibility, mut samples) = (Visibility::default(), 0u32);
            let mut readers: Vec<(u64, u32)> = Vec::new();
            for event in events {
                match event {
                    Event::Commit(added) => {
                        let stamp = isolation.begin_commit();
                        for _ in 0..added {
                            visibility.note(stamp, samples);
                            samples += 1;
                            for &(commit, seen) in &readers {
                                prop_assert_eq!(visibility.visible(commit, samples), seen);
                            }
                        }
                        isolation.finish_commit(stamp);
                    }
                    Event::Open => readers.push((isolation.hold(), samples)),
                    Event::Close(i) if i < readers.len() => isolation.release(readers.remove(i).0),
                    Event::Close(_) => {}
                }
            }
            prop_assert_eq!(visibility.visible(u64::MAX, samples), samples);
        }
    }
}
