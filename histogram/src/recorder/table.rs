//! Counts of buckets by their index.

/// Counts by index: a hash table with open addresses. Indices are anywhere between ±300000, and few of them are used.
#[derive(Debug, Clone)]
pub(super) struct CountTable {
    /// A power of 2 of them, at most half of which are used.
    slots: Vec<Slot>,
    used: usize,
}

#[derive(Debug, Clone, Copy, Default)]
struct Slot {
    index: i32,
    /// 0 if the slot is free.
    count: u64,
}

const SLOTS_MIN: usize = 16;

impl CountTable {
    pub(super) fn new() -> Self {
        Self { slots: vec![Slot::default(); SLOTS_MIN], used: 0 }
    }

    /// How many indices have a count.
    pub(super) const fn len(&self) -> usize {
        self.used
    }

    /// Adds to the count of an index, and says whether it is a new one.
    #[inline]
    pub(super) fn add(&mut self, index: i32, count: u64) -> bool {
        if count == 0 {
            return false;
        }
        let mask = self.slots.len() - 1;
        let mut place = hash(index) & mask;
        loop {
            let slot = &mut self.slots[place & mask];
            if slot.count == 0 {
                break;
            }
            if slot.index == index {
                slot.count = slot.count.saturating_add(count);
                return false;
            }
            place += 1;
        }
        self.insert(place & mask, index, count);
        true
    }

    #[cold]
    fn insert(&mut self, place: usize, index: i32, count: u64) {
        self.slots[place] = Slot { index, count };
        self.used += 1;
        if self.used * 2 > self.slots.len() {
            let mut larger = Self { slots: vec![Slot::default(); self.slots.len() * 2], used: 0 };
            for (index, count) in self.iter() {
                larger.add(index, count);
            }
            *self = larger;
        }
    }

    /// Indices and their counts, in no order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (i32, u64)> {
        self.slots.iter().filter(|slot| slot.count > 0).map(|slot| (slot.index, slot.count))
    }

    /// A table in which indices are mapped to others.
    pub(super) fn mapped(&self, map: impl Fn(i32) -> i32) -> Self {
        let mut mapped = Self::new();
        for (index, count) in self.iter() {
            mapped.add(map(index), count);
        }
        mapped
    }

    /// Indices and their counts in ascending order.
    pub(super) fn sorted(&self) -> Vec<(i32, u64)> {
        let mut counts: Vec<_> = self.iter().collect();
        counts.sort_unstable_by_key(|&(index, _)| index);
        counts
    }
}

/// Neighbours are far from each other, by the golden ratio.
#[inline]
const fn hash(index: i32) -> usize {
    ((index as u32 as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) as usize
}

#[cfg(test)]
mod tests {
    use super::CountTable;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        #[test]
        fn it_is_a_map(counts in prop::collection::vec((-100..100_i32, 0..3_u64), 0..400)) {
            let (mut table, mut map) = (CountTable::new(), BTreeMap::new());
            for (index, count) in counts {
                let is_new = table.add(index, count);
                prop_assert_eq!(is_new, count > 0 && !map.contains_key(&index));
                if count > 0 {
                    *map.entry(index).or_insert(0) += count;
                }
            }
            prop_assert_eq!(table.len(), map.len());
            prop_assert_eq!(table.sorted(), map.into_iter().collect::<Vec<_>>());
        }
    }
}
