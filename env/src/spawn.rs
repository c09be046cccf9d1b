//! Named threads.

use std::fmt;
use std::io;
use std::sync::Arc;

use parking_lot::Mutex;
use thiserror::Error;

/// Starts threads. Callers use [`Env::spawn`](crate::Env::spawn), which adds the thread's answer.
pub trait Spawn: Send + Sync + fmt::Debug {
    /// Starts a thread called `name`; the returned closure waits for its end and says whether it ended by returning
    /// (`true`) or by a panic.
    ///
    /// # Errors
    /// When the system refuses another thread.
    fn spawn(
        &self,
        name: &str,
        body: Box<dyn FnOnce() + Send>,
    ) -> io::Result<Box<dyn FnOnce() -> bool + Send>>;

    /// How many threads can run at the same time, at least 1.
    fn parallelism(&self) -> usize {
        1
    }
}

/// A started thread. Dropping it lets the thread run on by itself.
pub struct Thread<T> {
    name: String,
    answer: Arc<Mutex<Option<T>>>,
    running: Box<dyn FnOnce() -> bool + Send>,
}

impl<T> Thread<T> {
    pub(crate) fn new(
        name: &str,
        answer: Arc<Mutex<Option<T>>>,
        running: Box<dyn FnOnce() -> bool + Send>,
    ) -> Self {
        Self { name: name.to_owned(), answer, running }
    }

    /// Waits for the thread to end and returns what it returned.
    ///
    /// # Errors
    /// When the thread panicked.
    pub fn join(self) -> Result<T, ThreadPanicked> {
        let ended_well = (self.running)();
        match self.answer.lock().take() {
            Some(answer) if ended_well => Ok(answer),
            _ => Err(ThreadPanicked { name: self.name }),
        }
    }
}

impl<T> fmt::Debug for Thread<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Thread").field("name", &self.name).finish_non_exhaustive()
    }
}

/// A thread ended by a panic instead of returning.
#[derive(Debug, Error)]
#[error("thread {name:?} panicked")]
pub struct ThreadPanicked {
    name: String,
}
