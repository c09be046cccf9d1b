//! The bundle of seams that is handed through the whole database.

use std::fmt;
use std::io;
use std::sync::Arc;

use parking_lot::Mutex;

use crate::clock::Clock;
use crate::fs::FileSystem;
use crate::random::{Random, SeededRandom};
use crate::real::{RealClock, RealFileSystem, RealSpawn};
use crate::spawn::{Spawn, Thread};

/// The outside world as emberdb sees it: file system, clock, randomness, threads.
///
/// Cloning copies one pointer; all clones see the same world.
#[derive(Clone)]
pub struct Env {
    seams: Arc<Seams>,
}

struct Seams {
    fs: Box<dyn FileSystem>,
    clock: Box<dyn Clock>,
    random: Box<dyn Random>,
    spawn: Box<dyn Spawn>,
}

impl Env {
    /// The operating system's files, clocks, randomness and threads.
    #[must_use]
    pub fn real() -> Self {
        Self::new(RealFileSystem, RealClock::start(), SeededRandom::from_system(), RealSpawn)
    }

    /// A world put together from the given seams.
    #[must_use]
    pub fn new(
        fs: impl FileSystem + 'static,
        clock: impl Clock + 'static,
        random: impl Random + 'static,
        spawn: impl Spawn + 'static,
    ) -> Self {
        Self {
            seams: Arc::new(Seams {
                fs: Box::new(fs),
                clock: Box::new(clock),
                random: Box::new(random),
                spawn: Box::new(spawn),
            }),
        }
    }

    /// The real world, except for its files: what a test of failing disks needs.
    #[must_use]
    pub fn real_with_fs(fs: impl FileSystem + 'static) -> Self {
        Self::new(fs, RealClock::start(), SeededRandom::from_system(), RealSpawn)
    }

    /// The real world, except for its clock: what a test that turns the time needs.
    #[must_use]
    pub fn real_with_clock(clock: impl Clock + 'static) -> Self {
        Self::new(RealFileSystem, clock, SeededRandom::from_system(), RealSpawn)
    }

    /// Files and directories.
    #[must_use]
    pub fn fs(&self) -> &dyn FileSystem {
        &*self.seams.fs
    }

    /// Wall clock, monotonic clock, sleep.
    #[must_use]
    pub fn clock(&self) -> &dyn Clock {
        &*self.seams.clock
    }

    /// Random numbers (not for secrets).
    #[must_use]
    pub fn random(&self) -> &dyn Random {
        &*self.seams.random
    }

    /// How many threads can run at the same time, at least 1: the processors that this process may use.
    #[must_use]
    pub fn parallelism(&self) -> usize {
        self.seams.spawn.parallelism().max(1)
    }

    /// Starts a named thread that runs `body`; [`Thread::join`] gives what it returned.
    ///
    /// # Errors
    /// When the system refuses another thread.
    pub fn spawn<T: Send + 'static>(
        &self,
        name: &str,
        body: impl FnOnce() -> T + Send + 'static,
    ) -> io::Result<Thread<T>> {
        // The seam must be object safe, so the answer travels beside it.
        let answer = Arc::new(Mutex::new(None));
        let slot = Arc::clone(&answer);
        let running = self.seams.spawn.spawn(
            name,
            Box::new(move || {
                let value = body();
                *slot.lock() = Some(value);
            }),
        )?;
        Ok(Thread::new(name, answer, running))
    }
}

impl fmt::Debug for Env {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Env").field("fs", &self.seams.fs).finish_non_exhaustive()
    }
}
