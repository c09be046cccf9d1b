//! What happens when. Counted in scrapes, so that a shorter rehearsal tells the same story.

use std::fmt;
use std::time::Duration;

/// How long the batch job's series stays away: longer than the lookback's greatest surprise, shorter than
/// its five minutes, so that only a staleness marker can explain the gap.
const BATCH_AWAY: Duration = Duration::from_secs(240);
/// The failing scrapes between the leaver's end and its removal from the target list.
const LEAVER_FAILURES: u32 = 2;

/// The timetable. Scrape numbers begin at 0.
#[derive(Clone, Copy)]
pub(crate) struct Story {
    /// How many scrapes there are; the last falls on the end of the recording.
    pub(crate) scrapes: u32,
    /// The first scrape without the batch job's series.
    pub(crate) batch_gone: u32,
    /// The first scrape with it again.
    pub(crate) batch_back: u32,
    /// The first scrape that finds the leaving target stopped.
    pub(crate) leaver_stopped: u32,
    /// The moment the leaving target is taken off the list.
    pub(crate) leaver_removed: u32,
    /// Seconds from the start in which users see many errors: from, up to.
    incident: (u64, u64),
    interval: Duration,
}

impl Story {
    pub(crate) fn new(minutes: u32, interval: Duration) -> Self {
        let seconds = u64::from(minutes) * 60;
        let scrapes = in_scrapes(Duration::from_secs(seconds), interval);
        let batch_gone = scrapes / 3;
        let batch_away = in_scrapes(BATCH_AWAY, interval).min(scrapes / 3).max(1);
        Self {
            scrapes: scrapes + 1,
            batch_gone,
            batch_back: batch_gone + batch_away,
            leaver_stopped: scrapes / 2,
            leaver_removed: scrapes / 2 + LEAVER_FAILURES,
            incident: (seconds * 2 / 5, seconds * 3 / 5),
            interval,
        }
    }

    pub(crate) fn in_incident(&self, second: u64) -> bool {
        (self.incident.0..self.incident.1).contains(&second)
    }
}

impl fmt::Display for Story {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let minute = |scrape: u32| (self.interval * scrape).as_secs_f64() / 60.0;
        write!(
            f,
            "{} scrapes; batch series away from minute {:.1} to {:.1}; incident from minute {:.1} to {:.1}; \
             node-b stops at minute {:.1}, off the list at {:.1}",
            self.scrapes,
            minute(self.batch_gone),
            minute(self.batch_back),
            Duration::from_secs(self.incident.0).as_secs_f64() / 60.0,
            Duration::from_secs(self.incident.1).as_secs_f64() / 60.0,
            minute(self.leaver_stopped),
            minute(self.leaver_removed),
        )
    }
}

fn in_scrapes(time: Duration, interval: Duration) -> u32 {
    u32::try_from(time.as_millis() / interval.as_millis()).expect("two hours hold few intervals")
}
