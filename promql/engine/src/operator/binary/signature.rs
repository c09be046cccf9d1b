//! Which series of two vectors belong together: those with equal signatures.

use emberdb_model::{Label, Symbol, SymbolTable};
use emberdb_promql_syntax::MatchLabels;

use crate::operator::{KnownNames, LabelSetIndex, Members, SeriesLabels};

/// The labels that make the match group.
pub(super) struct Signature {
    names: Vec<Symbol>,
    is_on: bool,
    metric: Symbol,
}

impl Signature {
    pub(super) fn new(labels: &MatchLabels, symbols: &mut SymbolTable, known: KnownNames) -> Self {
        let names = labels.labels().iter().map(|name| symbols.intern(name)).collect();
        Self { names, is_on: labels.is_on(), metric: known.metric }
    }

    pub(super) fn is_on(&self) -> bool {
        self.is_on
    }

    /// Whether the label is among those named in the query.
    pub(super) fn names(&self, name: Symbol) -> bool {
        self.names.contains(&name)
    }

    /// The labels of the match group of a series.
    pub(super) fn of<'a>(&'a self, labels: &'a [Label]) -> impl Iterator<Item = Label> + 'a {
        labels.iter().copied().filter(|label| {
            let is_named = self.names(label.name);
            if self.is_on { is_named } else { !is_named && label.name != self.metric }
        })
    }
}

/// The match groups of two vectors, numbered together.
pub(super) struct MatchGroups {
    /// The group of each series of the left side.
    pub(super) lhs: Vec<usize>,
    pub(super) rhs: Vec<usize>,
    pub(super) lhs_members: Members,
    pub(super) rhs_members: Members,
    /// The labels of each group.
    pub(super) labels: SeriesLabels,
}

impl MatchGroups {
    pub(super) fn new(signature: &Signature, lhs: &SeriesLabels, rhs: &SeriesLabels) -> Self {
        let mut index = LabelSetIndex::default();
        let mut room = Vec::new();
        let mut number = |series: &SeriesLabels| -> Vec<usize> {
            let numbers = series.iter().map(|labels| {
                room.clear();
                room.extend(signature.of(labels));
                index.intern(&room)
            });
            numbers.collect()
        };
        let (lhs, rhs) = (number(lhs), number(rhs));
        let lhs_members = Members::new(&lhs, index.len());
        let rhs_members = Members::new(&rhs, index.len());
        Self { lhs, rhs, lhs_members, rhs_members, labels: index.into_sets() }
    }

    pub(super) fn len(&self) -> usize {
        self.labels.len()
    }
}
