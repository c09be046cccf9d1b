//! Which series make a group.

use emberdb_model::{Label, Symbol, SymbolTable};
use emberdb_promql_syntax::Grouping;

use crate::operator::{KnownNames, LabelSetIndex, Members, SeriesLabels};

/// The labels that tell groups apart.
pub(crate) struct GroupLabels {
    names: Vec<Symbol>,
    is_without: bool,
    metric: Symbol,
}

impl GroupLabels {
    pub(crate) fn new(grouping: &Grouping, symbols: &mut SymbolTable, known: KnownNames) -> Self {
        Self {
            names: grouping.labels().iter().map(|name| symbols.intern(name)).collect(),
            is_without: grouping.is_without(),
            metric: known.metric,
        }
    }

    /// Whether a label of this name is part of the group's labels.
    pub(super) fn keeps(&self, name: Symbol) -> bool {
        let is_named = self.names.contains(&name);
        if self.is_without { !is_named && name != self.metric } else { is_named }
    }

    /// Whether the group of a series whose label `name` was just set keeps that label: `by` takes it in by itself.
    pub(super) fn keeps_new(&self, name: Symbol) -> bool {
        !self.is_without || self.keeps(name)
    }

    /// The labels of the group of a series.
    pub(super) fn of<'a>(&'a self, labels: &'a [Label]) -> impl Iterator<Item = Label> + 'a {
        labels.iter().copied().filter(|label| self.keeps(label.name))
    }
}

/// The groups of a vector.
pub(crate) struct Groups {
    /// The group of each series.
    pub(super) of_series: Vec<usize>,
    /// The labels of each group.
    pub(super) labels: SeriesLabels,
}

impl Groups {
    pub(crate) fn new(names: &GroupLabels, series: &SeriesLabels) -> Self {
        let mut index = LabelSetIndex::default();
        let mut room = Vec::new();
        let of_series = series.iter().map(|labels| {
            room.clear();
            room.extend(names.of(labels));
            index.intern(&room)
        });
        let of_series = of_series.collect();
        Self { of_series, labels: index.into_sets() }
    }

    pub(super) fn len(&self) -> usize {
        self.labels.len()
    }

    pub(super) fn members(&self) -> Members {
        Members::new(&self.of_series, self.len())
    }
}
