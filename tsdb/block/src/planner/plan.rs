//! Which blocks are compacted next.
//!
//! Blocks are of ranges that grow from level to level: two hours, three times as much, and so on. A block of a greater range
//! is made when all that could go into it is there: when its blocks fill the range, or a later block shows that nothing
//! more will come.

use crate::meta::{HINT_SELECTED_SERIES, HINT_STALE_SERIES};
use crate::{BlockMeta, Compaction};

/// The share of series with something deleted from which on a block is written anew.
const TOMBSTONES_SHARE_MAX: f64 = 0.05;

/// The ranges of blocks in milliseconds: `min_ms`, and each `factor` times the one before, as long as it is at most
/// `max_ms`. There is always one.
///
/// ```
/// use emberdb_tsdb_block::block_ranges;
///
/// const HOUR_MS: i64 = 3_600_000;
/// let ranges = block_ranges(2 * HOUR_MS, 3, 31 * 24 * HOUR_MS);
/// assert_eq!(ranges, [2, 6, 18, 54, 162, 486].map(|hours| hours * HOUR_MS));
/// ```
#[must_use]
pub fn block_ranges(min_ms: i64, factor: i64, max_ms: i64) -> Vec<i64> {
    let first = min_ms.max(1);
    let next = |&range_ms: &i64| range_ms.checked_mul(factor.max(2)).filter(|&next_ms| next_ms <= max_ms);
    std::iter::successors(Some(first), next).collect()
}

/// The blocks to make one of, in the order of time, as places in `blocks`; none if there is nothing to do. `ranges_ms` ascend.
///
/// - Blocks that overlap come first.
/// - Else the blocks within one aligned range of a level that fill it, or that later blocks have left behind; more than one,
///   and none whose compaction has failed.
/// - Else one block alone from which much is deleted, if it is large, or everything may be deleted of it.
/// - The newest block is never taken unless it overlaps others, so that there is time to copy it as it is.
/// - Blocks of stale or of selected series are compacted with their kind only; ordinary blocks go first.
#[must_use]
pub fn plan_compaction(blocks: &[BlockMeta], ranges_ms: &[i64]) -> Vec<usize> {
    for class in [Class::Ordinary, Class::Stale, Class::Selected] {
        let mut places: Vec<usize> = Vec::new();
        places.extend(
            (0..).zip(blocks).filter(|(_, block)| Class::of(&block.compaction) == class).map(|(i, _)| i),
        );
        places.sort_by_key(|&place| blocks.get(place).map(|block| block.min_ms));
        let sorted: Vec<&BlockMeta> = places.iter().filter_map(|&place| blocks.get(place)).collect();
        let chosen = plan_class(&sorted, ranges_ms);
        if !chosen.is_empty() {
            return chosen.filter_map(|i| places.get(i).copied()).collect();
        }
    }
    Vec::new()
}

/// Blocks that may be compacted with each other. Out-of-order blocks are ordinary here: they are there to become one with
/// those that they overlap.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Ordinary,
    Stale,
    Selected,
}

impl Class {
    fn of(compaction: &Compaction) -> Self {
        if compaction.has_hint(HINT_STALE_SERIES) {
            Self::Stale
        } else if compaction.has_hint(HINT_SELECTED_SERIES) {
            Self::Selected
        } else {
            Self::Ordinary
        }
    }
}

/// What to compact of blocks that are sorted by their first millisecond: always a run of them.
fn plan_class(blocks: &[&BlockMeta], ranges_ms: &[i64]) -> std::ops::Range<usize> {
    if let Some(overlapping) = overlapping_run(blocks) {
        return overlapping;
    }
    let Some((_newest, older)) = blocks.split_last() else { return 0..0 };
    if let Some(run) = full_run(older, ranges_ms) {
        return run;
    }
    deleted_block(older, ranges_ms).map_or(0..0, |place| place..place + 1)
}

/// The first run of blocks that overlap, directly or through others.
fn overlapping_run(blocks: &[&BlockMeta]) -> Option<std::ops::Range<usize>> {
    let mut end_ms = blocks.first()?.max_ms;
    let mut run: Option<std::ops::Range<usize>> = None;
    for (place, block) in blocks.iter().enumerate().skip(1) {
        match &mut run {
            Some(run) if block.min_ms < end_ms => run.end = place + 1,
            Some(_) => break,
            None if block.min_ms < end_ms => run = Some(place - 1..place + 1),
            None => {}
        }
        end_ms = end_ms.max(block.max_ms);
    }
    run
}

/// The first run of blocks that make up an aligned range of the lowest level for which there is one.
fn full_run(blocks: &[&BlockMeta], ranges_ms: &[i64]) -> Option<std::ops::Range<usize>> {
    let newest_min_ms = blocks.last()?.min_ms;
    for &range_ms in ranges_ms.iter().skip(1) {
        for run in split_by_range(blocks, range_ms) {
            let members = blocks.get(run.clone()).unwrap_or_default();
            let [first, .., last] = members else { continue };
            let is_full = last.max_ms.saturating_sub(first.min_ms) == range_ms;
            let is_left_behind = last.max_ms <= newest_min_ms;
            if (is_full || is_left_behind) && !members.iter().any(|block| block.compaction.failed) {
                return Some(run);
            }
        }
    }
    None
}

/// Runs of blocks that lie within one aligned range of a length. Blocks that are in none, because they are too long or lie
/// across a border, are left out.
fn split_by_range(blocks: &[&BlockMeta], range_ms: i64) -> Vec<std::ops::Range<usize>> {
    let mut runs = Vec::new();
    let mut begin = 0;
    while let Some(first) = blocks.get(begin) {
        let end_ms = first.min_ms.div_euclid(range_ms).saturating_mul(range_ms).saturating_add(range_ms);
        let len = blocks.iter().skip(begin).take_while(|block| block.max_ms <= end_ms).count();
        if len > 0 {
            runs.push(begin..begin + len);
        }
        begin += len.max(1);
    }
    runs
}

/// The newest block that is worth writing anew for what was deleted from it. Of small blocks only the newest is looked at.
fn deleted_block(blocks: &[&BlockMeta], ranges_ms: &[i64]) -> Option<usize> {
    let range_ms_min = ranges_ms.get(ranges_ms.len() / 2).copied()?;
    for (place, block) in blocks.iter().enumerate().rev() {
        let (tombstones, series) = (block.stats.num_tombstones, block.stats.num_series);
        if block.max_ms.saturating_sub(block.min_ms) < range_ms_min {
            return (tombstones > 0 && tombstones >= series).then_some(place);
        }
        if tombstones as f64 / (series as f64 + 1.0) > TOMBSTONES_SHARE_MAX {
            return Some(place);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Ulid;
    use crate::meta::HINT_OUT_OF_ORDER;

    fn block(min_ms: i64, max_ms: i64) -> BlockMeta {
        BlockMeta::new(Ulid(min_ms.unsigned_abs().into()), min_ms, max_ms)
    }

    fn blocks(times: &[(i64, i64)]) -> Vec<BlockMeta> {
        times.iter().map(|&(min_ms, max_ms)| block(min_ms, max_ms)).collect()
    }

    const RANGES: [i64; 4] = [20, 60, 180, 540];

    fn plan(times: &[(i64, i64)]) -> Vec<usize> {
        plan_compaction(&blocks(times), &RANGES)
    }

    #[test]
    fn few_blocks_wait_for_more() {
        assert!(plan(&[]).is_empty());
        assert!(plan(&[(0, 20)]).is_empty());
        assert!(plan(&[(0, 20), (20, 40)]).is_empty());
        // The newest one is not taken though the range would be full.
        assert!(plan(&[(0, 20), (20, 40), (40, 60)]).is_empty());
    }

    #[test]
    fn a_full_range_is_compacted_whatever_the_order_of_blocks() {
        assert_eq!(plan(&[(0, 20), (20, 40), (40, 60), (60, 80)]), [0, 1, 2]);
        assert_eq!(plan(&[(60, 80), (40, 60), (0, 20), (20, 40)]), [2, 3, 1]);
        // Of the lowest level first, and the oldest of it.
        assert_eq!(
            plan(&[(0, 60), (60, 120), (120, 180), (180, 200), (200, 220), (220, 240), (240, 260)]),
            [3, 4, 5]
        );
        assert_eq!(plan(&[(0, 60), (60, 120), (120, 180), (180, 200)]), [0, 1, 2]);
        assert_eq!(plan(&[(-60, -40), (-40, -20), (-20, 0), (0, 20)]), [0, 1, 2]);
    }

    #[test]
    fn gaps_are_waited_for_until_a_later_range_has_begun() {
        assert!(plan(&[(0, 20), (40, 60)]).is_empty());
        assert_eq!(plan(&[(0, 20), (40, 60), (60, 80)]), [0, 1]);
        assert!(plan(&[(0, 20), (20, 40), (60, 80)]).is_empty());
        assert_eq!(plan(&[(0, 20), (20, 40), (60, 80), (80, 100)]), [0, 1]);
    }

    #[test]
    fn overlapping_blocks_come_first_the_newest_included() {
        assert_eq!(plan(&[(0, 20), (20, 40), (40, 60), (60, 80), (70, 100)]), [3, 4]);
        assert_eq!(plan(&[(0, 50), (10, 20), (30, 60), (60, 80)]), [0, 1, 2]);
        assert_eq!(plan(&[(0, 20), (0, 20)]), [0, 1]);
    }

    #[test]
    fn what_failed_is_not_tried_again() {
        let mut blocks = blocks(&[(0, 20), (20, 40), (40, 60), (60, 80)]);
        blocks[1].compaction.failed = true;
        assert!(plan_compaction(&blocks, &RANGES).is_empty());
    }

    #[test]
    fn much_deleted_is_a_reason_to_write_anew() {
        let mut blocks = blocks(&[(0, 180), (180, 200)]);
        blocks[0].stats.num_series = 99;
        blocks[0].stats.num_tombstones = 5;
        assert!(plan_compaction(&blocks, &RANGES).is_empty());
        blocks[0].stats.num_tombstones = 6;
        assert_eq!(plan_compaction(&blocks, &RANGES), [0]);
        // A small block only if everything may be gone.
        blocks[0].max_ms = 20;
        assert!(plan_compaction(&blocks, &RANGES).is_empty());
        blocks[0].stats.num_tombstones = 99;
        assert_eq!(plan_compaction(&blocks, &RANGES), [0]);
    }

    #[test]
    fn hints_are_not_mixed() {
        let mut blocks = blocks(&[(0, 20), (0, 20), (10, 30)]);
        blocks[1].compaction.add_hint(HINT_STALE_SERIES);
        blocks[2].compaction.add_hint(HINT_STALE_SERIES);
        assert_eq!(plan_compaction(&blocks, &RANGES), [1, 2]);
        blocks.push(block(5, 6));
        assert_eq!(plan_compaction(&blocks, &RANGES), [0, 3], "ordinary blocks go first");
        blocks[1].compaction = Compaction::default();
        blocks[1].compaction.add_hint(HINT_OUT_OF_ORDER);
        assert_eq!(plan_compaction(&blocks, &RANGES), [0, 1, 3]);
    }
}
