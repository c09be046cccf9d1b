//! A ring of exemplars: when it is full, the one that was added first makes room.
//!
//! ```text
//! slots   │ a 1 │ b 1 │ a 2 │ b 2 │ a 3 │      each of one series, linked to the one before and the one after it in time
//!               ▲ next: goes first
//! ends    a: oldest 0, newest 4;  b: oldest 1, newest 3
//! ```
//!
//! Slots are in the order of arrival, the links of a series in that of time: both are the same unless exemplars come late.

use emberdb_model::TimeRange;
use emberdb_tsdb_index::SeriesId;
use foldhash::HashMap;

use super::ExemplarCounts;
use super::held::{Follows, HeldExemplar};

/// Says that there is no slot before or after.
const NONE: u32 = u32::MAX;

/// A window in which all late exemplars lie.
const ANY_AGE_MS: i64 = i64::MAX;

/// See the module's text.
pub(super) struct Ring {
    /// Grows to `slots_max` and no further.
    slots: Vec<Slot>,
    slots_max: usize,
    /// The slot to be used next, when all are.
    next: usize,
    ends: HashMap<SeriesId, Ends>,
    /// Bytes of all labels.
    label_bytes: usize,
}

struct Slot {
    exemplar: HeldExemplar,
    series: SeriesId,
    before: u32,
    after: u32,
}

/// The slots of a series' oldest and newest exemplar.
#[derive(Clone, Copy)]
struct Ends {
    oldest: u32,
    newest: u32,
}

impl Ring {
    /// An empty ring of so many slots.
    pub(super) fn new(slots_max: usize) -> Self {
        Self { slots: Vec::new(), slots_max, next: 0, ends: HashMap::default(), label_bytes: 0 }
    }

    /// Adds an exemplar of a batch or of the log, and returns whether it was added: not, if it is there already or out of order.
    ///
    /// How late it may be was decided before it was logged, and what was exposed without a time was compared with the newest one. The
    /// log says neither the window of then nor which had a time: so that a replay does the same, any age is taken here, and only one
    /// of the same time is the same.
    pub(super) fn insert(&mut self, series: SeriesId, mut exemplar: HeldExemplar) -> bool {
        let is_timed = std::mem::replace(&mut exemplar.is_timed, true);
        let Ok(follows) = exemplar.follow(self.newest(series), ANY_AGE_MS) else { return false };
        exemplar.is_timed = is_timed;
        let is_there = match follows {
            Follows::AsNewest => false,
            Follows::Late => self.has_time(series, exemplar.timestamp_ms),
            Follows::AlreadyThere => true,
        };
        if is_there || self.slots_max == 0 {
            return false;
        }
        self.label_bytes += exemplar.labels.heap_bytes();
        let slot = Slot { exemplar, series, before: NONE, after: NONE };
        let at = if self.slots.len() < self.slots_max {
            self.slots.push(slot);
            self.slots.len() - 1
        } else {
            let at = self.next;
            self.unlink(at);
            self.label_bytes -= self.slots[at].exemplar.labels.heap_bytes();
            self.slots[at] = slot;
            self.next = (at + 1) % self.slots_max;
            at
        };
        self.link(at);
        true
    }

    /// The newest exemplar of a series.
    pub(super) fn newest(&self, series: SeriesId) -> Option<&HeldExemplar> {
        self.ends.get(&series).map(|ends| &self.slots[ends.newest as usize].exemplar)
    }

    /// The series that have exemplars, in no order.
    pub(super) fn series(&self) -> impl Iterator<Item = SeriesId> {
        self.ends.keys().copied()
    }

    /// The exemplars of a series in a range, in the order of time.
    pub(super) fn of_series(
        &self,
        series: SeriesId,
        range: TimeRange,
    ) -> impl Iterator<Item = &HeldExemplar> {
        let oldest = self.ends.get(&series).map_or(NONE, |ends| ends.oldest);
        let all = std::iter::successors(self.slot(oldest), |slot| self.slot(slot.after));
        all.map(|slot| &slot.exemplar)
            .skip_while(move |exemplar| exemplar.timestamp_ms < range.min_ms)
            .take_while(move |exemplar| exemplar.timestamp_ms <= range.max_ms)
    }

    pub(super) fn counts(&self) -> ExemplarCounts {
        let slots = self.slots.capacity() * size_of::<Slot>();
        let ends = self.ends.capacity() * (size_of::<(SeriesId, Ends)>() + 1);
        ExemplarCounts {
            exemplars: self.slots.len(),
            series: self.ends.len(),
            heap_bytes: slots + ends + self.label_bytes,
        }
    }

    fn slot(&self, at: u32) -> Option<&Slot> {
        // No vector has a slot of the number that stands for none.
        self.slots.get(at as usize)
    }

    /// Whether a series has an exemplar of this time: a late one of the time is taken for the same, as upstream takes it.
    fn has_time(&self, series: SeriesId, timestamp_ms: i64) -> bool {
        let before = self.slot(self.place_before(series, timestamp_ms));
        before.is_some_and(|slot| slot.exemplar.timestamp_ms == timestamp_ms)
    }

    /// The slot of a series' newest exemplar that is not newer than this time.
    fn place_before(&self, series: SeriesId, timestamp_ms: i64) -> u32 {
        // Late ones mostly are nearly the newest, so that this is a short walk.
        let mut at = self.ends.get(&series).map_or(NONE, |ends| ends.newest);
        while let Some(slot) = self.slot(at).filter(|slot| slot.exemplar.timestamp_ms > timestamp_ms) {
            at = slot.before;
        }
        at
    }

    /// Puts a slot where it belongs in time.
    fn link(&mut self, at: usize) {
        let Slot { exemplar, series, .. } = &self.slots[at];
        let series = *series;
        let before = self.place_before(series, exemplar.timestamp_ms);
        let after = match self.slot(before) {
            Some(slot) => slot.after,
            None => self.ends.get(&series).map_or(NONE, |ends| ends.oldest),
        };
        let slot = &mut self.slots[at];
        (slot.before, slot.after) = (before, after);
        let own = u32::try_from(at).expect("a ring has at most EXEMPLARS_MAX slots");
        self.join(series, before, own);
        self.join(series, own, after);
    }

    /// Takes a slot out of its series.
    fn unlink(&mut self, at: usize) {
        let Slot { series, before, after, .. } = self.slots[at];
        if before == NONE && after == NONE {
            self.ends.remove(&series);
        } else {
            self.join(series, before, after);
        }
    }

    /// Makes two slots of a series neighbours; one of them may be none, and then the other one is an end.
    fn join(&mut self, series: SeriesId, before: u32, after: u32) {
        let ends = self.ends.entry(series).or_insert(Ends { oldest: after, newest: before });
        match self.slots.get_mut(before as usize) {
            Some(slot) => slot.after = after,
            None => ends.oldest = after,
        }
        match self.slots.get_mut(after as usize) {
            Some(slot) => slot.before = before,
            None => ends.newest = before,
        }
    }
}

#[cfg(test)]
mod tests {
    use emberdb_model::{Exemplar, Labels};
    use proptest::prelude::*;

    use super::*;

    /// All exemplars in the order of arrival.
    #[derive(Default)]
    struct Model {
        list: Vec<(u32, Exemplar, bool)>,
        slots_max: usize,
        late_window_ms: i64,
    }

    impl Model {
        /// In the order of time, and of arrival where that is one.
        fn of_series(&self, series: u32) -> Vec<(Exemplar, bool)> {
            let of_series = self.list.iter().filter(|(id, ..)| *id == series);
            let mut of_series: Vec<_> = of_series.map(|(_, e, is_timed)| (e.clone(), *is_timed)).collect();
            of_series.sort_by_key(|(exemplar, _)| exemplar.timestamp_ms);
            of_series
        }

        fn insert(&mut self, series: u32, exemplar: &Exemplar, is_timed: bool) -> Option<bool> {
            let all = self.of_series(series);
            if let Some((newest, newest_is_timed)) = all.last() {
                let (t, newest_t) = (exemplar.timestamp_ms, newest.timestamp_ms);
                let same = exemplar.labels == newest.labels && exemplar.value == newest.value;
                if same && (t == newest_t || !is_timed && !newest_is_timed) {
                    return Some(false);
                }
                let hash = |exemplar: &Exemplar| HeldExemplar::new(exemplar, true).unwrap().labels.hash();
                let rank = |exemplar: &Exemplar| (exemplar.value, hash(exemplar));
                if t == newest_t && rank(exemplar) < rank(newest)
                    || t < newest_t && newest_t - t >= self.late_window_ms
                {
                    return None;
                }
                if t < newest_t && all.iter().any(|(other, _)| other.timestamp_ms == t) {
                    return Some(false);
                }
            }
            self.list.push((series, exemplar.clone(), is_timed));
            if self.list.len() > self.slots_max {
                self.list.remove(0);
            }
            Some(true)
        }
    }

    fn exemplar() -> impl Strategy<Value = Exemplar> {
        (0..20i64, 0..3u8, "[a-c]").prop_map(|(timestamp_ms, value, trace)| Exemplar {
            labels: Labels::new([("trace", trace)]).unwrap(),
            value: value.into(),
            timestamp_ms,
        })
    }

    proptest! {
        /// Against a plain list, in which everything is looked for anew.
        #[test]
        fn keeps_what_came_last_in_the_order_of_time(
            arrivals in prop::collection::vec((0..3u32, exemplar(), any::<bool>()), 0..120),
            slots_max in 1..12usize,
            late_window_ms in prop_oneof![Just(0i64), 1..20i64],
            min_ms in 0..20i64,
            length_ms in 0..20i64,
        ) {
            let mut ring = Ring::new(slots_max);
            let mut model = Model { list: Vec::new(), slots_max, late_window_ms };
            for (series, exemplar, is_timed) in arrivals {
                let held = HeldExemplar::new(&exemplar, is_timed).unwrap();
                // As a batch does: what is without a time is compared before.
                let inserted = match held.follow(ring.newest(SeriesId(series)), late_window_ms) {
                    Ok(Follows::AlreadyThere) => Some(false),
                    Ok(_) => Some(ring.insert(SeriesId(series), held)),
                    Err(_) => None,
                };
                prop_assert_eq!(inserted, model.insert(series, &exemplar, is_timed));
                for series in 0..3 {
                    let expected: Vec<_> = model.of_series(series).into_iter().map(|(e, _)| e).collect();
                    let all = ring.of_series(SeriesId(series), TimeRange::ALL);
                    prop_assert_eq!(&all.map(HeldExemplar::to_exemplar).collect::<Vec<_>>(), &expected);
                    let range = TimeRange::new(min_ms, min_ms + length_ms);
                    let within = ring.of_series(SeriesId(series), range).count();
                    prop_assert_eq!(within, expected.iter().filter(|e| range.contains(e.timestamp_ms)).count());
                    prop_assert_eq!(ring.ends.contains_key(&SeriesId(series)), !expected.is_empty());
                }
                let counts = ring.counts();
                prop_assert_eq!(counts.exemplars, model.list.len());
                prop_assert_eq!(ring.label_bytes, model.list.len() * "_trace_a".len());
            }
        }
    }

    #[test]
    fn what_is_not_a_number_is_never_the_same() {
        let mut ring = Ring::new(4);
        let nan = Exemplar { labels: Labels::default(), value: f64::NAN, timestamp_ms: 1 };
        for _ in 0..2 {
            assert!(ring.insert(SeriesId(1), HeldExemplar::new(&nan, true).unwrap()));
        }
    }
}
