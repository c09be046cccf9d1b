//! The threads of a database while it is open: one maintains it, and one, where that is asked for, makes commits durable.

use std::io;
use std::sync::{Arc, Weak};
use std::time::Duration;

use emberdb_env::Env;
use emberdb_wal::SyncHandle;
use parking_lot::{Condvar, Mutex};

use super::Shared;

/// How often the thread that maintains looks for something to do, as upstream; what the head has too much of wakes it before.
const TICK: Duration = Duration::from_secs(60);

/// Wakes a thread, or tells it to end.
#[derive(Default)]
pub(super) struct Signal {
    state: Mutex<State>,
    changed: Condvar,
}

/// One for each thread.
#[derive(Default)]
pub(super) struct Signals {
    pub(super) maintenance: Signal,
    pub(super) sync: Signal,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum State {
    #[default]
    Waiting,
    Woken,
    Ended,
}

impl Signal {
    /// Lets the thread begin a round now.
    pub(super) fn wake(&self) {
        let mut state = self.state.lock();
        if *state == State::Waiting {
            *state = State::Woken;
        }
        self.changed.notify_all();
    }

    /// Lets the thread end when it has done what it is doing.
    pub(super) fn end(&self) {
        *self.state.lock() = State::Ended;
        self.changed.notify_all();
    }

    /// Waits for the next round, which comes after `tick` at the latest; false if there will be none.
    fn wait(&self, tick: Duration) -> bool {
        let mut state = self.state.lock();
        if *state == State::Waiting {
            self.changed.wait_for(&mut state, tick);
        }
        if *state == State::Woken {
            *state = State::Waiting;
        }
        *state != State::Ended
    }
}

/// Starts the thread that maintains. It does not keep the database open.
pub(super) fn start_maintenance(env: &Env, signals: &Arc<Signals>, shared: Weak<Shared>) -> io::Result<()> {
    let signals = Arc::clone(signals);
    env.spawn("emberdb-maintenance", move || {
        while signals.maintenance.wait(TICK) {
            if !round(&shared) {
                break;
            }
        }
    })?;
    Ok(())
}

/// Starts the thread that makes commits durable `every` so often, until its signal ends it. It does not keep the database open.
///
/// An fsync that fails ends it: the log refuses whatever is to be written then, and says why.
pub(super) fn start_sync(
    env: &Env,
    signals: &Arc<Signals>,
    handles: Vec<SyncHandle>,
    every: Duration,
) -> io::Result<()> {
    let signals = Arc::clone(signals);
    env.spawn("emberdb-sync", move || {
        while signals.sync.wait(every) {
            if handles.iter().any(|handle| handle.sync().is_err()) {
                break;
            }
        }
    })?;
    Ok(())
}

/// Does what is to be done; false if the database is gone.
fn round(shared: &Weak<Shared>) -> bool {
    let Some(shared) = shared.upgrade() else { return false };
    if !shared.is_paused() {
        let outcome = shared.maintain();
        *shared.failure.lock() = outcome.err().map(|error| error.to_string());
        shared.head.tell_again();
    }
    true
}
