//! What is known of a block before it is made of others.

use ulid::Ulid;

use crate::meta::{HINT_OUT_OF_ORDER, HINT_SELECTED_SERIES, HINT_STALE_SERIES};
use crate::{BlockMeta, BlockStats, Compaction};

/// The meta of the block that is made of `parents`, in the order of time, without what can be counted only then.
///
/// Its level is one higher than the highest of theirs; its sources are all of theirs. It is one of out-of-order samples only if
/// all parents are, and one of stale or selected series if any is.
#[must_use]
pub fn compacted_meta(ulid: Ulid, parents: &[&BlockMeta]) -> BlockMeta {
    let mut sources: Vec<_> =
        parents.iter().flat_map(|parent| parent.compaction.sources.iter().copied()).collect();
    sources.sort_unstable();
    sources.dedup();
    let mut compaction = Compaction {
        level: 1 + parents.iter().map(|parent| parent.compaction.level).max().unwrap_or(0),
        sources,
        parents: parents.iter().map(|parent| parent.description()).collect(),
        ..Compaction::default()
    };
    let has_hint = |hint| move |parent: &&BlockMeta| parent.compaction.has_hint(hint);
    if parents.iter().all(has_hint(HINT_OUT_OF_ORDER)) {
        compaction.add_hint(HINT_OUT_OF_ORDER);
    }
    for hint in [HINT_STALE_SERIES, HINT_SELECTED_SERIES] {
        if parents.iter().any(has_hint(hint)) {
            compaction.add_hint(hint);
        }
    }
    BlockMeta {
        ulid,
        min_ms: parents.iter().map(|parent| parent.min_ms).min().unwrap_or(0),
        max_ms: parents.iter().map(|parent| parent.max_ms).max().unwrap_or(0),
        stats: BlockStats::default(),
        compaction,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_child_remembers_its_parents() {
        let mut one = BlockMeta::new(Ulid(9), 0, 20);
        let mut two = BlockMeta::new(Ulid(4), 10, 30);
        one.compaction.level = 3;
        one.compaction.sources = vec![Ulid(7), Ulid(1)];
        two.compaction.sources = vec![Ulid(1), Ulid(3)];
        two.compaction.add_hint(HINT_OUT_OF_ORDER);
        let child = compacted_meta(Ulid(10), &[&one, &two]);
        assert_eq!((child.ulid, child.min_ms, child.max_ms, child.compaction.level), (Ulid(10), 0, 30, 4));
        assert_eq!(child.compaction.sources, [Ulid(1), Ulid(3), Ulid(7)]);
        assert_eq!(child.compaction.parents, [one.description(), two.description()]);
        assert!(child.compaction.hints.is_empty(), "not all samples are out-of-order ones");
        one.compaction.add_hint(HINT_OUT_OF_ORDER);
        one.compaction.add_hint(HINT_STALE_SERIES);
        assert_eq!(
            compacted_meta(Ulid(10), &[&one, &two]).compaction.hints,
            [HINT_OUT_OF_ORDER, HINT_STALE_SERIES]
        );
    }
}
