//! The system's clocks.

use std::time::{Duration, Instant, SystemTime};

use crate::clock::Clock;

/// The system's wall clock and its monotonic clock.
#[derive(Debug)]
pub(crate) struct RealClock {
    started_at: Instant,
}

impl RealClock {
    /// A clock whose monotonic time begins now.
    #[expect(clippy::disallowed_methods, reason = "this is the seam that the ban points to")]
    pub(crate) fn start() -> Self {
        Self { started_at: Instant::now() }
    }
}

impl Clock for RealClock {
    #[expect(clippy::disallowed_methods, reason = "this is the seam that the ban points to")]
    fn now_ms(&self) -> i64 {
        let millis = |duration: Duration| i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        match SystemTime::now().duration_since(SystemTime::UNIX_EPOCH) {
            Ok(since_epoch) => millis(since_epoch),
            Err(before_epoch) => -millis(before_epoch.duration()),
        }
    }

    fn monotonic(&self) -> Duration {
        self.started_at.elapsed()
    }

    #[expect(clippy::disallowed_methods, reason = "this is the seam that the ban points to")]
    fn sleep(&self, duration: Duration) {
        std::thread::sleep(duration);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_passes_in_sleep() {
        let clock = RealClock::start();
        let (wall_ms, elapsed) = (clock.now_ms(), clock.monotonic());
        clock.sleep(Duration::from_millis(5));
        assert!(clock.monotonic() - elapsed >= Duration::from_millis(5));
        // 2020-01-01: a clock that counted seconds or nanoseconds would be far off.
        assert!((1_577_836_800_000..16_000_000_000_000).contains(&wall_ms), "{wall_ms} ms since the epoch");
    }
}
