//! State in several parts, so that threads that record at the same time seldom wait for each other.

use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Parts of a state, of which each thread uses one. A part is changed under a lock, so that what is read from it fits
/// together: a count that does not equal the sum of its buckets would be refused by storages.
#[derive(Debug)]
pub(super) struct Sharded<T> {
    shards: Box<[Shard<T>]>,
}

/// A part on cache lines of its own; processors fetch them in pairs.
#[derive(Debug)]
#[repr(align(128))]
struct Shard<T>(Mutex<T>);

/// How many parts a state has: so many threads can record at the same time without waiting. A power of 2.
const SHARDS: usize = 8;

/// The number of the next thread that records for the first time.
static NEXT_THREAD: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    /// The number of this thread, which is above 0 once it has one.
    static THREAD: Cell<usize> = const { Cell::new(0) };
}

impl<T> Sharded<T> {
    pub(super) fn new(part: impl Fn() -> T) -> Self {
        Self { shards: (0..SHARDS).map(|_| Shard(Mutex::new(part()))).collect() }
    }

    /// The part of this thread.
    #[inline]
    pub(super) fn own(&self) -> MutexGuard<'_, T> {
        let thread = THREAD.with(|number| match number.get() {
            0 => {
                let next = NEXT_THREAD.fetch_add(1, Ordering::Relaxed).wrapping_add(1).max(1);
                number.set(next);
                next
            }
            known => known,
        });
        lock(&self.shards[thread % SHARDS])
    }

    /// All parts, one after the other.
    pub(super) fn each(&self) -> impl Iterator<Item = MutexGuard<'_, T>> {
        self.shards.iter().map(lock)
    }
}

/// Nothing panics while it holds the lock half way through a change.
#[inline]
fn lock<T>(shard: &Shard<T>) -> MutexGuard<'_, T> {
    shard.0.lock().unwrap_or_else(PoisonError::into_inner)
}
