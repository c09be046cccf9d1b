//! `rate`, `increase`, `irate` and `resets` of samples that say since when they count.
//!
//! A start timestamp tells of resets that values do not show. And where the counter began within the window it was zero
//! then, so that nothing is extrapolated at that end, and one sample is enough:
//!
//! ```text
//! window start   start timestamp      first      ...      last    window end
//!      |                |<------------ sampled ------------>|<- to_end ->|
//!
//! result = last - 0 + (for each reset, in order: the value before it)
//! ```
//!
//! Few storages know start timestamps, so that these bodies stand beside those of [`super::rate`] and [`super::counter`],
//! which look at values alone and are faster.

use emberdb_promql_syntax::FunctionId;

use super::counter::last_two_at;
use super::rate::seconds_of;
use super::{RangeScratch, Windows};
use crate::batch::Column;

/// A function over windows of floats, given the start timestamp of each sample too: 0 where it is not known.
pub(crate) type StartedBody =
    fn(windows: &Windows<'_>, starts_ms: &[i64], scratch: &mut RangeScratch, out: &mut Column);

/// The body of a function that goes by start timestamps; `None` for functions that do not.
pub(crate) const fn started_body(function: FunctionId) -> Option<StartedBody> {
    Some(match function {
        FunctionId::Rate => extrapolated::<true>,
        FunctionId::Increase => extrapolated::<false>,
        FunctionId::Irate => irate,
        FunctionId::Resets => resets,
        _ => return None,
    })
}

/// When a sample was taken, and since when it counts: 0 if that is not known.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Started {
    pub(crate) time_ms: i64,
    pub(crate) start_ms: i64,
}

impl Started {
    /// Sample number `index`; what is missing in `starts_ms` is not known.
    pub(crate) fn at(timestamps: &[i64], starts_ms: &[i64], index: usize) -> Self {
        Self { time_ms: timestamps[index], start_ms: starts_ms.get(index).copied().unwrap_or(0) }
    }

    /// Whether the counter began anew since `before`.
    pub(crate) fn is_reset_after(self, before: Self) -> bool {
        if self.start_ms == 0 || self.start_ms >= self.time_ms || self.start_ms < before.time_ms {
            return false;
        }
        // Where each sample counts from the one before it, that is a reset each time. It is none if the first of them
        // does not know its beginning, which a valid start timestamp lies before.
        self.start_ms > before.time_ms || (before.start_ms != 0 && before.start_ms < before.time_ms)
    }

    /// Whether it counts again what `before` counted, having begun at another time.
    pub(crate) fn overlaps(self, before: Self) -> bool {
        self.start_ms != 0 && self.start_ms < before.time_ms && self.start_ms != before.start_ms
    }

    /// Whether the counter began between the open start of a window and this sample, its first.
    pub(crate) fn begins_within(self, window_start_ms: i64) -> bool {
        self.start_ms != 0 && window_start_ms < self.start_ms && self.start_ms < self.time_ms
    }
}

/// Lists the samples whose successor holds for `counts`, given both of their numbers.
fn list_pairs(samples: usize, positions: &mut Vec<u32>, counts: impl Fn(usize, usize) -> bool) {
    positions.clear();
    positions.extend((1..samples).filter(|&now| counts(now - 1, now)).map(|now| (now - 1) as u32));
}

/// Lists the samples that the next one overlaps with.
pub(crate) fn list_overlaps(timestamps: &[i64], starts_ms: &[i64], positions: &mut Vec<u32>) {
    let at = |index| Started::at(timestamps, starts_ms, index);
    list_pairs(timestamps.len(), positions, |before, now| at(now).overlaps(at(before)));
}

/// Lists the samples that a reset comes after.
fn list_resets(windows: &Windows<'_>, starts_ms: &[i64], positions: &mut Vec<u32>) {
    let values = windows.values;
    let at = |index| Started::at(windows.timestamps, starts_ms, index);
    list_pairs(values.len(), positions, |before, now| {
        values[now] < values[before] || at(now).is_reset_after(at(before))
    });
}

/// Of ascending positions those from `first` on and before `last`. `from` is where to look, for windows that only move
/// forward.
fn within<'p>(positions: &'p [u32], from: &mut usize, first: usize, last: usize) -> &'p [u32] {
    while positions.get(*from).is_some_and(|&position| (position as usize) < first) {
        *from += 1;
    }
    let rest = &positions[*from..];
    &rest[..rest.partition_point(|&position| (position as usize) < last)]
}

fn extrapolated<const RATE: bool>(
    windows: &Windows<'_>,
    starts_ms: &[i64],
    scratch: &mut RangeScratch,
    out: &mut Column,
) {
    let (timestamps, values) = (windows.timestamps, windows.values);
    let resets = &mut scratch.positions;
    list_resets(windows, starts_ms, resets);
    let seconds = |ms: i64| ms as f64 / 1000.0;
    let range_s = seconds_of(windows.range_ms);
    let mut cursor = windows.cursor();
    let mut seen = 0;
    out.compute(windows.steps.count, |step| {
        let (first, end) = cursor.advance();
        let last = end.checked_sub(1).filter(|&last| last >= first)?;
        let (window_start_ms, window_end_ms) = (windows.start_ms(step), windows.end_ms(step));
        let began = Started::at(timestamps, starts_ms, first);
        let begins_within = began.begins_within(window_start_ms);
        if first == last && !begins_within {
            return None;
        }
        let (first_ms, last_ms) = (timestamps[first], timestamps[last]);
        let mut result = values[last] - values[first];
        for &reset in within(resets, &mut seen, first, last) {
            result += values[reset as usize];
        }
        let mut sampled = seconds(last_ms - first_ms);
        let average = if first == last { 0.0 } else { sampled / (last - first) as f64 };
        let threshold = average * 1.1;
        let mut to_start = 0.0;
        if begins_within {
            sampled = seconds(last_ms - began.start_ms);
            result += values[first];
        } else {
            to_start = seconds(first_ms - window_start_ms);
            if to_start >= threshold {
                to_start = average / 2.0;
            }
            if result > 0.0 && values[first] >= 0.0 {
                let to_zero = sampled * (values[first] / result);
                if to_zero < to_start {
                    to_start = to_zero;
                }
            }
        }
        let mut to_end = seconds(window_end_ms - last_ms);
        if to_end >= threshold {
            to_end = average / 2.0;
        }
        let factor = (sampled + to_start + to_end) / sampled;
        Some(result * if RATE { factor / range_s } else { factor })
    });
}

fn irate(windows: &Windows<'_>, starts_ms: &[i64], _: &mut RangeScratch, out: &mut Column) {
    let at = |index| Started::at(windows.timestamps, starts_ms, index);
    last_two_at(windows, out, |before, now| {
        let (previous, last) = (windows.values[before], windows.values[now]);
        let is_reset = last < previous || at(now).is_reset_after(at(before));
        let increase = if is_reset { last } else { last - previous };
        increase / ((windows.timestamps[now] - windows.timestamps[before]) as f64 / 1000.0)
    });
}

fn resets(windows: &Windows<'_>, starts_ms: &[i64], scratch: &mut RangeScratch, out: &mut Column) {
    let positions = &mut scratch.positions;
    list_resets(windows, starts_ms, positions);
    let mut cursor = windows.cursor();
    let mut seen = 0;
    out.compute(windows.steps.count, |_| {
        let (first, end) = cursor.advance();
        let last = end.checked_sub(1).filter(|&last| last >= first)?;
        Some(within(positions, &mut seen, first, last).len() as f64)
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::Steps;

    /// The answer over the minute before 60 s to samples, each with its time, start timestamp and value.
    fn minute(function: FunctionId, samples: &[(i64, i64, f64)]) -> Option<f64> {
        let timestamps: Vec<i64> = samples.iter().map(|sample| sample.0).collect();
        let starts_ms: Vec<i64> = samples.iter().map(|sample| sample.1).collect();
        let values: Vec<f64> = samples.iter().map(|sample| sample.2).collect();
        let windows = Windows {
            timestamps: &timestamps,
            values: &values,
            steps: Steps::instant(60_000),
            range_ms: 60_000,
            offset_ms: 0,
        };
        let mut out = Column::new();
        started_body(function).unwrap()(&windows, &starts_ms, &mut RangeScratch::new(), &mut out);
        out.get(0)
    }

    #[test]
    fn a_counter_that_began_in_the_window_was_zero_then() {
        let samples = [(30_000, 20_000, 10.0), (45_000, 20_000, 20.0), (60_000, 20_000, 40.0)];
        assert_eq!(
            minute(FunctionId::Increase, &samples),
            Some(40.0),
            "nothing to extrapolate at either end"
        );
        let unknown = samples.map(|(time_ms, _, value)| (time_ms, 0, value));
        // 30 over 30 s, and zero lies 10 s before the first sample; half of the mean distance is nearer.
        assert_eq!(minute(FunctionId::Increase, &unknown), Some(30.0 * (37.5 / 30.0)));
        // Outside of the window, which is open at its start; and not before the sample.
        for start_ms in [-5, 0, 30_000, 31_000] {
            let samples = samples.map(|(time_ms, _, value)| (time_ms, start_ms, value));
            let started = minute(FunctionId::Increase, &[samples[0], unknown[1], unknown[2]]);
            assert_eq!(started, Some(37.5), "{start_ms}");
        }
    }

    #[test]
    fn one_sample_that_began_in_the_window_has_a_rate() {
        assert_eq!(
            minute(FunctionId::Rate, &[(40_000, 20_000, 30.0)]),
            Some(0.5),
            "nothing is added at its end"
        );
        assert_eq!(minute(FunctionId::Rate, &[(40_000, 0, 30.0)]), None);
        assert_eq!(minute(FunctionId::Irate, &[(40_000, 20_000, 30.0)]), None);
        assert_eq!(minute(FunctionId::Resets, &[(40_000, 20_000, 30.0)]), Some(0.0));
    }

    #[test]
    fn a_reset_that_values_do_not_show_is_found() {
        let samples = [(20_000, -9, 10.0), (40_000, 30_000, 10.0), (60_000, 30_000, 12.0)];
        assert_eq!(minute(FunctionId::Resets, &samples), Some(1.0));
        // 2 + 10 over 40 s, and 10 / 12 of that before the first sample, of which 20 s are in the window.
        assert_eq!(minute(FunctionId::Increase, &samples), Some(12.0 * (60.0 / 40.0)));
        assert_eq!(minute(FunctionId::Irate, &samples), Some(0.1));
        assert_eq!(minute(FunctionId::Irate, &samples[..2]), Some(0.5));
    }

    #[test]
    fn deltas_are_resets_unless_the_first_beginning_is_unknown() {
        let delta =
            |first_start_ms| [(20_000, first_start_ms, 5.0), (40_000, 20_000, 5.0), (60_000, 40_000, 5.0)];
        assert_eq!(minute(FunctionId::Resets, &delta(10_000)), Some(2.0));
        for unknown in [0, 20_000, 20_001] {
            assert_eq!(minute(FunctionId::Resets, &delta(unknown)), Some(1.0), "{unknown}");
        }
    }

    #[test]
    fn overlaps_are_listed() {
        let mut positions = Vec::new();
        list_overlaps(&[10, 20, 30, 40, 50], &[5, 5, 20, 25, 25], &mut positions);
        assert_eq!(positions, [2], "the sample at 40 counts from before that at 30, which counts from 20");
        list_overlaps(&[10, 20, 30], &[0, 5], &mut positions);
        assert_eq!(positions, [0]);
    }
}
