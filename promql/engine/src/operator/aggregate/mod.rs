//! Aggregations: the operators that must see all series of a group before they know anything.
//!
//! * [`grouping`]: which series make a group
//! * [`fold`]: those that fold column after column into one accumulator a group: [`sum`], [`extremum`], [`spread`]
//! * [`histogram`]: sums and averages of native histograms beside those of floats
//! * [`quantile`], [`rank`]: those that look at a whole group at once; [`heap`]: how those that rank do
//! * [`limit`]: those that let series through
//! * [`count_values`]: the one whose labels depend on values

mod count_values;
mod extremum;
mod fold;
mod grouping;
mod heap;
mod histogram;
mod limit;
mod quantile;
mod rank;
mod runs;
mod spread;
mod sum;

pub(crate) use count_values::count_values;
pub(crate) use fold::fold;
pub(crate) use grouping::{GroupLabels, Groups};
pub(crate) use limit::{LimitRatio, limit_ratio_once, limitk};
pub(crate) use quantile::quantile;
pub(crate) use rank::{Rank, rank};

use std::sync::Arc;

use emberdb_histogram::Combined;
use emberdb_model::SymbolTable;

use super::{KnownNames, VectorSource};
use crate::annotation::{Origin, mismatched_bounds, mixed_schemas};
use crate::context::QueryContext;

/// What is aggregated, and how its histograms are spoken of.
#[derive(Clone, Copy)]
pub(crate) struct Aggregated<'a> {
    pub(crate) input: &'a dyn VectorSource,
    pub(crate) groups: &'a Groups,
    /// Where remarks on histograms point to.
    pub(crate) origin: Origin,
    pub(crate) symbols: &'a SymbolTable,
    pub(crate) known: KnownNames,
    pub(crate) context: &'a Arc<QueryContext>,
}

impl Aggregated<'_> {
    /// Notes what happened when the histogram of a series was added: not at all (`Err`), or with some loss.
    fn note_incompatible(&self, series: usize, added: Result<Combined, ()>) {
        match added {
            Err(()) => {
                let name = self.symbols.resolve(self.input.series().value(series, self.known.metric));
                self.context.note(mixed_schemas(name, self.origin));
            }
            Ok(combined) if combined.bounds_reconciled => {
                self.context.note(mismatched_bounds("aggregation", self.origin));
            }
            Ok(_) => {}
        }
    }
}
