//! Floats of a page, those of a series side by side.

use super::super::page::PAGE_SERIES;
use super::floats::Floats;

/// Floats in the order of their series, and those of a series in the order of the log: a series is fetched once for all of them.
#[derive(Default)]
pub(super) struct BySeries {
    /// Where the floats of each series of the page end.
    ends: Vec<u32>,
    /// Times in milliseconds, and values.
    samples: Vec<(i64, f64)>,
}

impl BySeries {
    /// Takes these floats, in place of what was there. Start timestamps are left out.
    pub(super) fn fill(&mut self, floats: &Floats) {
        self.ends.clear();
        self.ends.resize(PAGE_SERIES, 0);
        for &slot in floats.slots() {
            self.ends[usize::from(slot)] += 1;
        }
        // From how many there are to where they begin, which moves to their end while they are put there.
        let mut before = 0;
        for end in &mut self.ends {
            before += std::mem::replace(end, before);
        }
        // Nothing of it is left as it is: each place is given once.
        self.samples.resize(floats.len(), (0, 0.0));
        for (timestamp_ms, slots, values) in floats.by_time() {
            for (&slot, &value) in slots.iter().zip(values) {
                let place = &mut self.ends[usize::from(slot)];
                self.samples[*place as usize] = (timestamp_ms, value);
                *place += 1;
            }
        }
    }

    /// The places of the series that have any in the page, with their floats.
    pub(super) fn iter(&self) -> impl Iterator<Item = (usize, &[(i64, f64)])> {
        let mut begin = 0;
        let ranges =
            self.ends.iter().map(move |&end| std::mem::replace(&mut begin, end as usize)..end as usize);
        ranges
            .enumerate()
            .filter(|(_, range)| !range.is_empty())
            .map(|(slot, range)| (slot, &self.samples[range]))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Against a stable sort, and again in the same memory.
        #[test]
        fn is_a_stable_sort(lists in prop::collection::vec(
            prop::collection::vec((0..PAGE_SERIES, 0..9_i64, any::<i32>()), 0..900), 2,
        )) {
            let mut sorted = BySeries::default();
            for mut list in lists {
                let mut floats = Floats::default();
                for &(slot, timestamp_ms, value) in &list {
                    floats.push(timestamp_ms, &[slot as u8], &[f64::from(value)]);
                }
                sorted.fill(&floats);
                list.sort_by_key(|&(slot, ..)| slot);
                let found: Vec<_> = sorted
                    .iter()
                    .flat_map(|(slot, samples)| samples.iter().map(move |&(t_ms, value)| (slot, t_ms, value as i32)))
                    .collect();
                prop_assert_eq!(found, list);
                prop_assert!(sorted.iter().map(|(slot, _)| slot).is_sorted_by(|a, b| a < b));
            }
        }
    }
}
