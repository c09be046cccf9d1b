//! Less of what is written around selectors and operators.

use emberdb_model::METRIC_NAME;
use emberdb_promql_syntax::{
    Binary, DurationSpec, Expr, Fill, MatchCardinality, MatchLabels, VectorMatching, VectorSelector,
};

/// Lengths to try for a range; the measure lets only shorter ones pass.
const RANGES_MS: [i64; 4] = [3_600_000, 300_000, 60_000, 15_000];

/// The selector without one of its matchers or modifiers. The name stays.
pub(super) fn selectors(selector: &VectorSelector) -> Vec<VectorSelector> {
    let mut all = Vec::new();
    let mut push = |edit: &dyn Fn(&mut VectorSelector)| {
        let mut copy = selector.clone();
        edit(&mut copy);
        all.push(copy);
    };
    for (index, matcher) in selector.matchers.iter().enumerate() {
        if matcher.name() != METRIC_NAME {
            push(&|copy| drop(copy.matchers.remove(index)));
        }
    }
    push(&|copy| copy.offset = DurationSpec::ZERO);
    push(&|copy| copy.at = None);
    push(&|copy| copy.extended_range = None);
    for offset in ranges(&selector.offset) {
        push(&|copy| copy.offset = offset.clone());
    }
    all
}

/// Durations to try instead of a range, step or offset.
pub(super) fn ranges(range: &DurationSpec) -> Vec<DurationSpec> {
    let is_less = |ms: &i64| match range {
        DurationSpec::Millis(present) => *ms < present.abs(),
        DurationSpec::Expr(_) => true,
    };
    RANGES_MS.into_iter().filter(is_less).map(DurationSpec::Millis).collect()
}

/// The operation without `bool`.
pub(super) fn binaries(binary: &Binary) -> Vec<Expr> {
    let plain = Binary { return_bool: false, ..binary.clone() };
    if binary.return_bool { vec![Expr::Binary(Box::new(plain))] } else { Vec::new() }
}

/// The operation with less about how elements find each other.
pub(super) fn matchings(binary: &Binary) -> Vec<Expr> {
    let Some(matching) = &binary.matching else {
        return Vec::new();
    };
    let mut all = Vec::new();
    let mut push = |edit: &dyn Fn(&mut VectorMatching)| {
        let mut copy = matching.clone();
        edit(&mut copy);
        all.push(Expr::Binary(Box::new(Binary { matching: Some(copy), ..binary.clone() })));
    };
    push(&|copy| copy.fill = Fill::default());
    push(&|copy| copy.include.clear());
    push(&|copy| {
        copy.include.clear();
        copy.cardinality = ungrouped(copy.cardinality);
    });
    for index in 0..matching.labels.labels().len() {
        push(&|copy| match &mut copy.labels {
            MatchLabels::On(labels) | MatchLabels::Ignoring(labels) => drop(labels.remove(index)),
        });
    }
    push(&|copy| {
        *copy = VectorMatching { cardinality: ungrouped(copy.cardinality), ..VectorMatching::default() }
    });
    all
}

const fn ungrouped(cardinality: MatchCardinality) -> MatchCardinality {
    match cardinality {
        MatchCardinality::ManyToMany => MatchCardinality::ManyToMany,
        MatchCardinality::OneToOne | MatchCardinality::ManyToOne | MatchCardinality::OneToMany => {
            MatchCardinality::OneToOne
        }
    }
}
