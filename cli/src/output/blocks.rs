//! Blocks as a table, in the words of promtool.

use std::fmt;

use emberdb::BlockMeta;

use super::{Align, Table, Units, spell_span};

/// A line a block.
pub(crate) struct BlockTable {
    table: Table,
    units: Units,
}

impl BlockTable {
    /// Without lines.
    pub(crate) fn new(units: Units) -> Self {
        let numbers =
            ["DURATION", "NUM SAMPLES", "NUM CHUNKS", "NUM SERIES", "NUM TOMBSTONES", "LEVEL", "SIZE"];
        let mut columns =
            vec![("BLOCK ULID", Align::Left), ("MIN TIME", Align::Left), ("MAX TIME", Align::Left)];
        columns.extend(numbers.map(|header| (header, Align::Right)));
        Self { table: Table::new(columns), units }
    }

    /// Adds a block whose files have so many bytes.
    pub(crate) fn push(&mut self, meta: &BlockMeta, size_bytes: u64) {
        let stats = &meta.stats;
        self.table.push(vec![
            meta.ulid.to_string(),
            self.units.time(meta.min_ms),
            self.units.time(meta.max_ms),
            spell_span(meta.max_ms.saturating_sub(meta.min_ms)),
            stats.num_samples.to_string(),
            stats.num_chunks.to_string(),
            stats.num_series.to_string(),
            stats.num_tombstones.to_string(),
            meta.compaction.level.to_string(),
            self.units.bytes(size_bytes),
        ]);
    }
}

impl fmt::Display for BlockTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.table.fmt(f)
    }
}
