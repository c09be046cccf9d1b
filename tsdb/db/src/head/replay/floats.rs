//! Floats of the series of one page, in the order of the log.

use super::super::page::PAGE_SERIES;

const _: () = assert!(PAGE_SERIES <= 1 << u8::BITS, "the place of a series in its page is a byte");

/// A place and a value.
const FLOAT_BYTES: usize = size_of::<u8>() + size_of::<f64>();

/// A float of the log.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct LoggedFloat {
    /// The place of its series in the page.
    pub(super) slot: usize,
    pub(super) timestamp_ms: i64,
    pub(super) value: f64,
    /// Since when it counts; 0 is unknown.
    pub(super) start_ms: i64,
}

/// Floats that wait. A scrape has one time, so a float mostly takes 9 bytes: millions of them go from one thread to another, and through
/// the processor's caches twice.
#[derive(Default)]
pub(super) struct Floats {
    slots: Vec<u8>,
    values: Vec<f64>,
    /// Each time with the place of the first float that has it; those behind have it, too, up to the next.
    times: Vec<(u32, i64)>,
    /// Since when the first floats count; 0 is unknown, as it is of those behind.
    starts: Vec<i64>,
}

impl Floats {
    /// Adds floats without start timestamp, given as the places of their series in the page and their values; returns how many bytes
    /// more there are.
    pub(super) fn push(&mut self, timestamp_ms: i64, slots: &[u8], values: &[f64]) -> usize {
        debug_assert_eq!(slots.len(), values.len());
        let is_new_time = self.times.last().is_none_or(|&(_, newest_ms)| newest_ms != timestamp_ms);
        if is_new_time && !slots.is_empty() {
            self.times.push((self.slots.len() as u32, timestamp_ms));
        }
        self.slots.extend_from_slice(slots);
        self.values.extend_from_slice(values);
        slots.len() * FLOAT_BYTES + if is_new_time { size_of::<(u32, i64)>() } else { 0 }
    }

    /// Notes since when the newest float counts.
    pub(super) fn note_start(&mut self, start_ms: i64) {
        self.starts.resize(self.slots.len(), 0);
        if let Some(newest) = self.starts.last_mut() {
            *newest = start_ms;
        }
    }

    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    pub(super) fn have_starts(&self) -> bool {
        !self.starts.is_empty()
    }

    /// Forgets all of them, and keeps the memory.
    pub(super) fn clear(&mut self) {
        self.slots.clear();
        self.values.clear();
        self.times.clear();
        self.starts.clear();
    }

    /// The places of their series.
    pub(super) fn slots(&self) -> &[u8] {
        &self.slots
    }

    /// Times, each with the places of the series and the values of the floats that have it.
    pub(super) fn by_time(&self) -> impl Iterator<Item = (i64, &[u8], &[f64])> {
        let ends = self.times.iter().skip(1).map(|&(first, _)| first as usize).chain([self.len()]);
        self.times.iter().zip(ends).filter_map(|(&(first, timestamp_ms), end)| {
            let range = first as usize..end;
            Some((timestamp_ms, self.slots.get(range.clone())?, self.values.get(range)?))
        })
    }

    /// All of them.
    pub(super) fn iter(&self) -> impl Iterator<Item = LoggedFloat> {
        let starts = self.starts.iter().copied().chain(std::iter::repeat(0));
        let timed = self.by_time().flat_map(|(timestamp_ms, slots, values)| {
            slots.iter().zip(values).map(move |(&slot, &value)| (usize::from(slot), timestamp_ms, value))
        });
        timed.zip(starts).map(|((slot, timestamp_ms, value), start_ms)| LoggedFloat {
            slot,
            timestamp_ms,
            value,
            start_ms,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Against a list, and again in the same memory.
        #[test]
        fn is_a_list(lists in prop::collection::vec(
            prop::collection::vec((0..PAGE_SERIES, 0..3_i64, any::<i32>(), 0..3_i64), 0..60), 2,
        )) {
            let mut floats = Floats::default();
            for list in lists {
                floats.clear();
                let mut model = Vec::new();
                for (slot, timestamp_ms, value, start_ms) in list {
                    let value = f64::from(value);
                    floats.push(timestamp_ms, &[slot as u8], &[value]);
                    if start_ms != 0 {
                        floats.note_start(start_ms);
                    }
                    model.push(LoggedFloat { slot, timestamp_ms, value, start_ms });
                }
                prop_assert_eq!(floats.iter().collect::<Vec<_>>(), &model[..]);
                prop_assert_eq!((floats.len(), floats.is_empty()), (model.len(), model.is_empty()));
                prop_assert_eq!(floats.have_starts(), model.iter().any(|float| float.start_ms != 0));
            }
        }
    }
}
