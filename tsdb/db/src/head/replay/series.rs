//! The series of a log, as it names them.

use emberdb_model::Labels;
use emberdb_model::storage::AppendError;
use emberdb_tsdb_index::SeriesId;

use super::super::Head;
use super::super::series::Series;

/// Whether these are what [`Labels`] would be made of them: sorted, each name once, nothing empty. Those of a log nearly always are.
pub(super) fn are_labels(pairs: &[(&str, &str)]) -> bool {
    pairs.iter().all(|(name, value)| !name.is_empty() && !value.is_empty())
        && pairs.is_sorted_by(|(one, _), (next, _)| one < next)
}

impl Head {
    /// The series of these labels, which are sorted and have names that are different, created if there is none; and the reference that the
    /// log has first known it by. From now on the log knows it by `wal_ref`, too.
    pub(super) fn restore_series<'l>(
        &self,
        labels: impl Iterator<Item = (&'l str, &'l str)> + Clone,
        wal_ref: u64,
    ) -> Result<(SeriesId, u64), AppendError> {
        let mut index = self.index.write();
        let (id, is_new) = match self.check_room(&index) {
            Ok(()) => index.get_or_insert_sorted(labels),
            Err(limit) => {
                let known = Labels::new(labels).ok().and_then(|labels| index.find(&labels));
                (known.ok_or(limit)?, false)
            }
        };
        self.pages.note_wal_ref(wal_ref);
        if is_new {
            let mut series = Series::new(wal_ref);
            series.logged = true;
            self.pages.push(series);
            return Ok((id, wal_ref));
        }
        let own_ref = self.pages.with(id, |series| {
            // The first reference stays: samples under it may still be in the log.
            if !series.logged {
                series.wal_ref = wal_ref;
                series.logged = true;
            }
            series.wal_ref
        });
        Ok((id, own_ref.unwrap_or(wal_ref)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// What is taken as it is, is what it would be made.
        #[test]
        fn labels_are_told(pairs in prop::collection::vec(("[a-d]{0,2}", "[x-z]{0,2}"), 0..5), sorts: bool) {
            let mut pairs: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (&**name, &**value)).collect();
            if sorts {
                pairs.sort_unstable();
            }
            let made = Labels::new(pairs.iter().copied());
            let is_same = made.is_ok_and(|labels| labels.iter().eq(pairs.iter().copied()));
            prop_assert_eq!(are_labels(&pairs), is_same);
        }
    }
}
