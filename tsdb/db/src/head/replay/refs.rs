//! Series by their references in the log.

use emberdb_tsdb_index::SeriesId;
use foldhash::HashMap;

/// Stands for no series: there is none of this number.
const NONE: SeriesId = SeriesId(u32::MAX);

/// References below this are looked up by position, however few there are: 256 KiB.
const DENSE_REFS_MIN: u64 = 1 << 16;

/// … and those below so many times the number of series: a log that was written from the beginning names them 1, 2, 3, and one in which
/// series have come and gone has gaps. At most 32 bytes for each series.
const DENSE_REFS_PER_SERIES: u64 = 8;

/// Series by reference: nearly always a look into a table, and never more memory than series deserve, whatever a log says.
#[derive(Default)]
pub(super) struct RefTable {
    dense: Vec<SeriesId>,
    /// Far references. One that is in both has its newer meaning in `dense`.
    sparse: HashMap<u64, SeriesId>,
    /// How many references were inserted.
    inserted: u64,
}

impl RefTable {
    /// From now on the log means this series by the reference.
    pub(super) fn insert(&mut self, wal_ref: u64, id: SeriesId) {
        self.inserted += 1;
        let dense_refs_max = DENSE_REFS_MIN.max(self.inserted.saturating_mul(DENSE_REFS_PER_SERIES));
        match usize::try_from(wal_ref) {
            Ok(place) if place < self.dense.len() => self.dense[place] = id,
            Ok(place) if wal_ref < dense_refs_max => {
                self.dense.resize(place + 1, NONE);
                self.dense[place] = id;
            }
            _ => drop(self.sparse.insert(wal_ref, id)),
        }
    }

    /// The series of a reference, if the log has named it.
    #[inline]
    pub(super) fn get(&self, wal_ref: u64) -> Option<SeriesId> {
        match usize::try_from(wal_ref).ok().and_then(|place| self.dense.get(place)) {
            Some(&id) if id != NONE => Some(id),
            _ => self.sparse.get(&wal_ref).copied(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Against a map, with references near and far, given again and again.
        #[test]
        fn is_a_map(
            inserted in prop::collection::vec((any::<u64>(), 0..64_u32, 0..1000_u32), 0..200),
            asked: Vec<u64>,
        ) {
            let mut table = RefTable::default();
            let mut model = std::collections::HashMap::new();
            for (wal_ref, shift, id) in inserted {
                table.insert(wal_ref >> shift, SeriesId(id));
                model.insert(wal_ref >> shift, SeriesId(id));
                prop_assert!(table.dense.len() as u64 <= DENSE_REFS_MIN.max(8 * table.inserted));
            }
            for wal_ref in asked.into_iter().chain(model.keys().copied()) {
                prop_assert_eq!(table.get(wal_ref), model.get(&wal_ref).copied());
            }
        }
    }

    /// A far reference that the table reaches later.
    #[test]
    fn a_far_reference_comes_near() {
        let mut table = RefTable::default();
        let far = DENSE_REFS_MIN + 10;
        table.insert(far, SeriesId(1));
        (0..20_000).for_each(|near| table.insert(near, SeriesId(2)));
        table.insert(far + 5, SeriesId(3));
        assert_eq!(
            [far, far + 1, far + 5].map(|r| table.get(r)),
            [Some(SeriesId(1)), None, Some(SeriesId(3))]
        );
        table.insert(far, SeriesId(4));
        assert_eq!(table.get(far), Some(SeriesId(4)));
    }
}
