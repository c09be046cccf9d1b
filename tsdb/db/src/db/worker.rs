//! The thread that maintains a database while it is open.

use std::io;
use std::sync::{Arc, Weak};
use std::time::Duration;

use emberdb_env::Env;
use parking_lot::{Condvar, Mutex};

use super::Shared;

/// How often the thread looks for something to do, as upstream.
const TICK: Duration = Duration::from_secs(60);

/// Wakes the thread, or tells it to end.
#[derive(Default)]
pub(super) struct Signal {
    state: Mutex<State>,
    changed: Condvar,
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

    /// Waits for the next round; false if there will be none.
    fn wait(&self) -> bool {
        let mut state = self.state.lock();
        if *state == State::Waiting {
            self.changed.wait_for(&mut state, TICK);
        }
        if *state == State::Woken {
            *state = State::Waiting;
        }
        *state != State::Ended
    }
}

/// Starts the thread. It does not keep the database open.
pub(super) fn start(env: &Env, shared: &Arc<Shared>) -> io::Result<()> {
    let signal = Arc::clone(&shared.signal);
    let shared = Arc::downgrade(shared);
    env.spawn("emberdb-maintenance", move || {
        while signal.wait() {
            if !round(&shared) {
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
    }
    true
}
