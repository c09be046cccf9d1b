//! Several floats at a time, as a log that is read back has them.

use super::{CHUNK_BYTES_MAX, CHUNK_SAMPLES, CHUNK_SAMPLES_MAX, QUARTERS, Series};
use crate::head::isolation::CommitStamp;

impl Series {
    /// Adds floats of a log, without start timestamps, as [`push`](Self::push) does one after the other, from the first on for as long as they
    /// need no second thought: each is newer than the one before and goes into the open chunk. Returns how many it added.
    pub(in crate::head) fn push_run(&mut self, samples: &[(i64, f64)]) -> usize {
        let Some((mut newest_ms, _)) = self.open.last() else { return 0 };
        // The sample behind these changes when the chunk is cut, or is in the next one.
        let judged = CHUNK_SAMPLES / QUARTERS;
        let samples_max = if self.open.samples() <= judged { judged } else { CHUNK_SAMPLES_MAX };
        let room = u32::from(samples_max.saturating_sub(self.open.samples())).min(u32::MAX - self.samples);
        let cut_at_ms = self.cut_at_ms;
        let follows =
            |&&(t_ms, _): &&(i64, f64)| t_ms > std::mem::replace(&mut newest_ms, t_ms) && t_ms < cut_at_ms;
        let run = samples.iter().take(room as usize).take_while(follows).count();
        let added = self.open.append_run(samples.get(..run).unwrap_or_default(), CHUNK_BYTES_MAX);
        if added > 0 {
            self.visibility.note(CommitStamp::REPLAY, self.samples);
            self.samples += added as u32;
        }
        added
    }

    /// Looks at the memory that the next float will change, and says nothing about it. Who does this for many series before adding to them
    /// waits for their memory once: the processor fetches it for all of them at the same time.
    #[inline]
    pub(in crate::head) fn touch(&self) -> u8 {
        let open = self.open.bytes();
        open.first().copied().unwrap_or(0) ^ open.last().copied().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use emberdb_model::Sample;
    use proptest::prelude::*;

    use super::*;
    use crate::head::order::{Accepted, Follows};
    use crate::options::{ChunkRules, FloatEncoding};

    const RULES: ChunkRules = ChunkRules { block_range_ms: 7_200_000, floats: FloatEncoding::Xor };

    fn push(series: &mut Series, timestamp_ms: i64, value: f64) -> bool {
        let sample = Sample { timestamp_ms, value };
        let follows = matches!(series.check(sample, Accepted::IN_ORDER), Ok(Follows::Appended));
        if follows {
            series.push(sample, 0, CommitStamp::REPLAY, RULES);
        }
        follows
    }

    fn described(series: &Series) -> String {
        let finished: Vec<_> = series
            .finished_chunks()
            .map(|c| (c.range(), c.samples, c.held_bytes().map(<[u8]>::to_vec)))
            .collect();
        format!("{} {} {:?} {finished:?}", series.samples, series.cut_at_ms, series.open_chunk())
    }

    /// Regular, with gaps, back in time, and of a density that makes chunks of any length.
    fn samples() -> impl Strategy<Value = Vec<(i64, f64)>> {
        let step_ms = prop_oneof![30 => Just(15_000_i64), 4 => 1..40_000_i64, 1 => -60_000..=0_i64, 1 => 0..9_000_000_i64];
        let value = prop_oneof![4 => (0..100_u8).prop_map(f64::from), 1 => any::<f64>()];
        let parts = (any::<bool>(), prop::collection::vec((step_ms, value, any::<u64>()), 0..700));
        parts.prop_map(|(is_noisy, steps)| {
            let mut t_ms = 1_700_000_000_000_i64;
            let next = |(step_ms, value, noise): (i64, f64, u64)| {
                t_ms += step_ms;
                (t_ms, if is_noisy { f64::from_bits(noise >> 2) } else { value })
            };
            steps.into_iter().map(next).collect()
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

        /// The same chunks as sample by sample, whatever the lengths of the runs.
        #[test]
        fn runs_make_the_chunks_of_single_samples(
            samples in samples(),
            runs in prop::collection::vec(1..80_usize, 1..20),
        ) {
            let (mut by_runs, mut single) = (Series::new(1), Series::new(1));
            let mut rest = &samples[..];
            for &run in runs.iter().cycle() {
                let (mut run, behind) = rest.split_at(run.min(rest.len()));
                while let Some((&(t_ms, value), after)) = run.split_first() {
                    let added = by_runs.push_run(run);
                    for &(t_ms, value) in &run[..added] {
                        prop_assert!(push(&mut single, t_ms, value));
                    }
                    run = &run[added..];
                    if added == 0 {
                        prop_assert_eq!(push(&mut by_runs, t_ms, value), push(&mut single, t_ms, value));
                        run = after;
                    }
                    prop_assert_eq!(described(&by_runs), described(&single));
                }
                rest = behind;
                if rest.is_empty() { break; }
            }
        }
    }

    #[test]
    fn most_of_a_regular_series_needs_no_second_thought() {
        let samples: Vec<(i64, f64)> = (0..480).map(|i| (i * 15_000, i as f64)).collect();
        let (mut series, mut rest, mut single) = (Series::new(1), &samples[..], 0);
        while let Some((&(t_ms, value), _)) = rest.split_first() {
            let added = series.push_run(rest);
            if added == 0 {
                assert!(push(&mut series, t_ms, value));
                single += 1;
            }
            rest = &rest[added.max(1)..];
        }
        // Of each of the four chunks the first two, and the one after a quarter.
        assert_eq!((series.samples, single), (480, 12));
    }
}
