//! Which kinds of samples an expression may have.

use emberdb_model::METRIC_NAME;
use emberdb_promql_syntax::{
    Aggregation, AggregationOp, Binary, BinaryOp, Call, Expr, FunctionId, Matcher, ValueType, VectorSelector,
};

use crate::data::{Family, FamilyKind};

/// A set of kinds of samples.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Holds {
    pub(super) floats: bool,
    /// Native histograms with exponential buckets.
    pub(super) exponential: bool,
    /// Native histograms with custom bounds.
    pub(super) custom: bool,
}

impl Holds {
    const FLOATS: Self = Self { floats: true, exponential: false, custom: false };

    pub(super) const fn histograms(self) -> bool {
        self.exponential || self.custom
    }

    const fn or(self, other: Self) -> Self {
        Self {
            floats: self.floats || other.floats,
            exponential: self.exponential || other.exponential,
            custom: self.custom || other.custom,
        }
    }

    const fn and(self, other: Self) -> Self {
        Self {
            floats: self.floats && other.floats,
            exponential: self.exponential && other.exponential,
            custom: self.custom && other.custom,
        }
    }

    const fn only_floats(self) -> Self {
        Self { exponential: false, custom: false, ..self }
    }

    /// The histograms if `condition` holds, and floats if `floats` does.
    const fn histograms_if(self, condition: bool, floats: bool) -> Self {
        Self { floats, exponential: self.exponential && condition, custom: self.custom && condition }
    }
}

/// What the samples of an expression may be; a scalar is a float.
pub(super) fn holds(expr: &Expr, families: &[Family]) -> Holds {
    match expr {
        Expr::NumberLiteral(_) => Holds::FLOATS,
        Expr::StringLiteral(_) => Holds::default(),
        Expr::VectorSelector(selector) => of_selector(selector, families),
        Expr::MatrixSelector(matrix) => of_selector(&matrix.selector, families),
        Expr::Subquery(subquery) => holds(&subquery.expr, families),
        Expr::Call(call) => of_call(call, families),
        Expr::Aggregation(aggregation) => of_aggregation(aggregation, families),
        Expr::Binary(binary) => of_binary(binary, families),
        Expr::Unary(unary) => holds(&unary.expr, families),
        Expr::Paren(paren) => holds(&paren.expr, families),
    }
}

fn of_selector(selector: &VectorSelector, families: &[Family]) -> Holds {
    selected(selector, families).map(|family| of_kind(family.kind)).fold(Holds::default(), Holds::or)
}

/// The families of which a selector may select series.
pub(super) fn selected<'f>(
    selector: &VectorSelector,
    families: &'f [Family],
) -> impl Iterator<Item = &'f Family> {
    families.iter().filter(|family| selector.matchers.iter().all(|matcher| may_match(matcher, family)))
}

fn may_match(matcher: &Matcher, family: &Family) -> bool {
    if matcher.name() == METRIC_NAME {
        return matcher.matches(&family.name);
    }
    match family.labels.iter().find(|label| label.name == matcher.name()) {
        Some(label) => label.values.iter().any(|value| matcher.matches(value)),
        None => matcher.matches(""),
    }
}

const fn of_kind(kind: FamilyKind) -> Holds {
    match kind {
        FamilyKind::Counter | FamilyKind::Gauge | FamilyKind::ClassicBuckets | FamilyKind::Info => {
            Holds::FLOATS
        }
        FamilyKind::NativeHistogram | FamilyKind::GaugeHistogram => {
            Holds { floats: false, exponential: true, custom: false }
        }
        FamilyKind::CustomHistogram => Holds { floats: false, exponential: false, custom: true },
        FamilyKind::Mixed => Holds { floats: true, exponential: true, custom: false },
    }
}

fn of_call(call: &Call, families: &[Family]) -> Holds {
    use FunctionId as F;
    let first = || call.args.first().map_or(Holds::FLOATS, |arg| holds(arg, families));
    match call.function {
        F::Rate
        | F::Increase
        | F::Delta
        | F::Irate
        | F::Idelta
        | F::SumOverTime
        | F::AvgOverTime
        | F::LastOverTime
        | F::FirstOverTime
        | F::LabelReplace
        | F::LabelJoin
        | F::SortByLabel
        | F::SortByLabelDesc
        | F::Info => first(),
        _ => Holds::FLOATS,
    }
}

fn of_aggregation(aggregation: &Aggregation, families: &[Family]) -> Holds {
    let inner = holds(&aggregation.expr, families);
    match aggregation.op {
        AggregationOp::Sum | AggregationOp::Avg | AggregationOp::LimitK | AggregationOp::LimitRatio => inner,
        AggregationOp::TopK | AggregationOp::BottomK => inner.only_floats(),
        _ => Holds::FLOATS,
    }
}

fn of_binary(binary: &Binary, families: &[Family]) -> Holds {
    let (left, right) = (holds(&binary.lhs, families), holds(&binary.rhs, families));
    match binary.op {
        BinaryOp::And | BinaryOp::Unless => left,
        BinaryOp::Or => left.or(right),
        _ if binary.return_bool => Holds::FLOATS,
        BinaryOp::Add | BinaryOp::Sub => left.and(right),
        BinaryOp::Mul => {
            let floats = left.floats && right.floats;
            left.histograms_if(right.floats, floats).or(right.histograms_if(left.floats, floats))
        }
        BinaryOp::Div => left.histograms_if(right.floats, left.floats && right.floats),
        BinaryOp::TrimLower | BinaryOp::TrimUpper => left.histograms_if(right.floats, false),
        BinaryOp::Equal | BinaryOp::NotEqual => {
            left.histograms_if(right.histograms(), left.floats && right.floats)
        }
        BinaryOp::Mod
        | BinaryOp::Pow
        | BinaryOp::Atan2
        | BinaryOp::Less
        | BinaryOp::LessEqual
        | BinaryOp::Greater
        | BinaryOp::GreaterEqual => Holds::FLOATS,
    }
}

/// Whether both sides of an operation are vectors.
pub(super) fn is_between_vectors(binary: &Binary) -> bool {
    binary.lhs.value_type() == ValueType::Vector && binary.rhs.value_type() == ValueType::Vector
}
