//! When samples are.

use super::noise::Noise;

/// Blocks begin at multiples of this.
const BLOCK_MS: i64 = 2 * 60 * 60 * 1000;

/// The times between which there are samples, both included.
#[derive(Clone, Copy, Debug)]
pub(super) struct Range {
    pub(super) start_ms: i64,
    pub(super) end_ms: i64,
}

/// A scrape every so often, each up to a jitter later, some of them left out one by one or many in a row.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rhythm {
    pub(super) interval_ms: i64,
    pub(super) jitter_ms: i64,
    /// How often a gap begins.
    pub(super) gap_chance: f64,
}

impl Rhythm {
    /// Without jitter and gaps.
    pub(super) const fn every(interval_ms: i64) -> Self {
        Self { interval_ms, jitter_ms: 0, gap_chance: 0.0 }
    }

    pub(super) const fn jittered(self, jitter_ms: i64) -> Self {
        Self { jitter_ms, ..self }
    }

    pub(super) const fn with_gaps(self, gap_chance: f64) -> Self {
        Self { gap_chance, ..self }
    }

    /// The times within a range.
    pub(super) fn times(self, range: Range, noise: &mut Noise) -> Vec<i64> {
        let mut times = Vec::new();
        // Targets are not scraped all at once.
        let mut tick_ms = range.start_ms + if self.jitter_ms > 0 { noise.below(self.interval_ms) } else { 0 };
        while tick_ms + self.jitter_ms <= range.end_ms {
            times.push(tick_ms + noise.below(self.jitter_ms + 1));
            let left_out = if noise.chance(self.gap_chance) {
                noise.pick(&[1, 1, 2, 5, 12, 40]).unwrap_or(1)
            } else {
                0
            };
            tick_ms += self.interval_ms * (1 + left_out);
        }
        times.dedup();
        times
    }
}

/// Anything from a millisecond to forty minutes apart.
pub(super) fn irregular(range: Range, noise: &mut Noise) -> Vec<i64> {
    let mut times = Vec::new();
    let mut time_ms = range.start_ms + noise.below(60_000);
    while time_ms <= range.end_ms {
        times.push(time_ms);
        let longest_ms = noise.pick(&[1, 50, 1000, 20_000, 20_000, 120_000, 400_000, 2_400_000]).unwrap_or(1);
        time_ms += 1 + noise.below(longest_ms);
    }
    times
}

/// Every minute, and around the borders of blocks every millisecond for a while and every second for a while.
pub(super) fn around_borders(range: Range) -> Vec<i64> {
    let mut times: Vec<i64> = (range.start_ms..=range.end_ms).step_by(60_000).collect();
    let first = range.start_ms.div_euclid(BLOCK_MS) + 1;
    for border_ms in
        (first..).map(|block| block * BLOCK_MS).take_while(|&border_ms| border_ms <= range.end_ms)
    {
        times.extend((-3..=3).map(|ms| border_ms + ms));
        times.extend((-20..=20).map(|seconds| border_ms + seconds * 1000));
    }
    times.retain(|time_ms| (range.start_ms..=range.end_ms).contains(time_ms));
    times.sort_unstable();
    times.dedup();
    times
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_rise_and_stay_within() {
        let range = Range { start_ms: 1_699_999_000_123, end_ms: 1_699_999_000_123 + 6 * 3_600_000 };
        let mut noise = Noise::new(1, "times");
        let jittered = Rhythm::every(15_000).jittered(700).with_gaps(0.05).times(range, &mut noise);
        for times in [jittered, irregular(range, &mut noise), around_borders(range)] {
            assert!(times.len() > 30 && times.is_sorted_by(|a, b| a < b));
            assert!(times[0] >= range.start_ms && times[times.len() - 1] <= range.end_ms);
        }
    }
}
