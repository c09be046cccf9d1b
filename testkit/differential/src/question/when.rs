//! The times that a query is evaluated at.

use super::random::Random;

/// When a query is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum When {
    /// At one time.
    Instant {
        /// The time in milliseconds since the epoch.
        time_ms: i64,
    },
    /// At each step from the start to the end, both included.
    Range {
        /// The first step, in milliseconds since the epoch.
        start_ms: i64,
        /// No step is later, in milliseconds since the epoch.
        end_ms: i64,
        /// From one step to the next, in milliseconds.
        step_ms: i64,
    },
}

/// From when to when there are data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Span {
    /// The first sample's time, in milliseconds since the epoch.
    pub start_ms: i64,
    /// The last sample's time, in milliseconds since the epoch.
    pub end_ms: i64,
}

const MINUTE_MS: i64 = 60_000;

/// How far beyond the data a question may look.
const BEYOND_MS: i64 = 15 * MINUTE_MS;

/// So many steps keep an answer small.
const STEPS_MAX: i64 = 300;

/// Distances of steps, the odd ones among them: they fall between samples.
const STEPS_MS: [i64; 14] = [
    1_000, 5_000, 10_000, 15_000, 15_000, 30_000, 30_000, 37_000, 60_000, 60_000, 61_500, 300_000, 900_000,
    3_600_000,
];

impl Span {
    /// An instant or, as often, a range: mostly within the span, sometimes reaching a bit beyond.
    pub(crate) fn when(self, random: &mut Random) -> When {
        if random.percent(50) { self.instant(random) } else { self.range(random) }
    }

    /// A time for an instant query.
    pub(crate) fn instant(self, random: &mut Random) -> When {
        When::Instant { time_ms: self.time_ms(random) }
    }

    fn range(self, random: &mut Random) -> When {
        let step_ms = random.pick(STEPS_MS);
        let (earliest, latest) = self.reach(random);
        let steps_max = ((latest - earliest) / step_ms).clamp(0, STEPS_MAX);
        // Short ranges are the more frequent ones: they are cheap, and their edges show as much.
        let steps = random.between(0, steps_max).min(random.between(0, steps_max));
        // What is left over keeps the end from falling on a step.
        let left_over_ms = if random.percent(20) { random.between(0, step_ms - 1) } else { 0 };
        let start_ms = aligned(random.between(earliest, latest - steps * step_ms), random);
        When::Range { start_ms, end_ms: start_ms + steps * step_ms + left_over_ms, step_ms }
    }

    /// A time within the span or, sometimes, a bit beyond.
    pub(crate) fn time_ms(self, random: &mut Random) -> i64 {
        let (earliest, latest) = self.reach(random);
        let time_ms = random.between(earliest, latest);
        aligned(time_ms, random)
    }

    fn reach(self, random: &mut Random) -> (i64, i64) {
        if random.percent(8) {
            return (self.start_ms - BEYOND_MS, self.end_ms + BEYOND_MS);
        }
        // Windows look back: in the first minutes there is little to see.
        let first_ms = self.start_ms + ((self.end_ms - self.start_ms) / 4).min(10 * MINUTE_MS);
        (first_ms, self.end_ms.max(first_ms))
    }
}

/// Mostly a whole minute or second, as people and dashboards ask; the rest is as it comes.
fn aligned(time_ms: i64, random: &mut Random) -> i64 {
    let unit_ms = [MINUTE_MS, 1000, 1][random.weighted(&[3, 5, 2])];
    time_ms - time_ms.rem_euclid(unit_ms)
}

#[cfg(test)]
mod tests {
    use super::{BEYOND_MS, MINUTE_MS, Random, STEPS_MAX, Span, When};

    #[test]
    fn half_are_instants_and_ranges_are_short_and_near_the_data() {
        let span = Span { start_ms: 1_700_000_000_000, end_ms: 1_700_007_200_000 };
        let near = span.start_ms - BEYOND_MS - MINUTE_MS..=span.end_ms + BEYOND_MS + 3_600_000;
        let (mut random, mut instants) = (Random::new(3), 0);
        for _ in 0..10_000 {
            match span.when(&mut random) {
                When::Instant { time_ms } => {
                    instants += 1;
                    assert!(near.contains(&time_ms));
                }
                When::Range { start_ms, end_ms, step_ms } => {
                    assert!(near.contains(&start_ms) && near.contains(&end_ms) && start_ms <= end_ms);
                    assert!(step_ms > 0 && (end_ms - start_ms) / step_ms <= STEPS_MAX);
                }
            }
        }
        assert!((4_500..5_500).contains(&instants), "{instants}");
    }

    #[test]
    fn a_span_of_one_moment_has_times_too() {
        let span = Span { start_ms: 5, end_ms: 5 };
        let mut random = Random::new(3);
        for _ in 0..1000 {
            span.when(&mut random);
        }
    }
}
