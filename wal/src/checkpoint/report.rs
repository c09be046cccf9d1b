//! What a checkpoint kept and what it left out.

use std::fmt;

use crate::record::filter::Tally;

/// What a checkpoint kept and left out; log it for the user.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CheckpointReport {
    /// The last segment that it replaces.
    pub last_segment: u32,
    /// Series.
    pub series: Tally,
    /// Floats and native histograms.
    pub samples: Tally,
    /// Deletions.
    pub tombstones: Tally,
    /// Exemplars.
    pub exemplars: Tally,
    /// Metadata; older ones of the same series count as dropped.
    pub metadata: Tally,
    /// Records of other kinds, all of which were left out.
    pub other_records_dropped: u64,
}

impl fmt::Display for CheckpointReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "checkpoint of the segments up to {:08} keeps", self.last_segment)?;
        let tallies = [
            ("series", self.series),
            ("samples", self.samples),
            ("deletions", self.tombstones),
            ("exemplars", self.exemplars),
            ("metadata", self.metadata),
        ];
        for (place, (name, Tally { read, dropped })) in tallies.into_iter().enumerate() {
            let comma = if place > 0 { "," } else { "" };
            write!(f, "{comma} {} of {read} {name}", read - dropped)?;
        }
        match self.other_records_dropped {
            0 => Ok(()),
            count => write!(f, ", and drops {count} records of unknown kinds"),
        }
    }
}
