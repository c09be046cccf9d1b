//! Aggregations to operators.

use emberdb_model::number::go_general;
use emberdb_promql_syntax::{AggregationOp, Expr, Span};

use super::logical::{Aggregate, Node, NodeKind};
use super::physical::{Builder, misplaced, text};
use crate::annotation::{Origin, invalid_quantile, invalid_ratio};
use crate::batch::Steps;
use crate::error::{QueryError, Result};
use crate::operator::aggregate::{self, Aggregated, GroupLabels, Groups, LimitRatio, Rank};
use crate::operator::{ScalarColumn, Vector, VectorSource};

impl Builder<'_> {
    pub(super) fn aggregate(&mut self, aggregate: &Aggregate, span: Span, steps: Steps) -> Result<Vector> {
        let names = GroupLabels::new(&aggregate.grouping, &mut self.symbols, self.known);
        if aggregate.op == AggregationOp::CountValues {
            return self.count_values(aggregate, &names, steps);
        }
        let param = aggregate.param.as_ref().map(|param| self.scalar(param, steps)).transpose()?;
        let input = self.vector(&aggregate.input, steps)?;
        let groups = Groups::new(&names, input.series());
        // What is ignored by those that rank is told of the whole expression, as upstream has it.
        let is_rank = matches!(aggregate.op, AggregationOp::TopK | AggregationOp::BottomK);
        let asked_origin = self.origin(if is_rank { span } else { aggregate.input.span });
        let folded = aggregate::fold(aggregate.op, &self.aggregated(&*input, &groups, asked_origin));
        if let Some(folded) = folded {
            return Ok(Box::new(folded?));
        }
        let (Some(param), Some(param_node)) = (param, &aggregate.param) else {
            return Err(misplaced(&aggregate.input));
        };
        let origin = self.origin(param_node.span);
        match aggregate.op {
            AggregationOp::Quantile => {
                self.check_quantiles(&param, origin);
                let asked = self.aggregated(&*input, &groups, asked_origin);
                Ok(Box::new(aggregate::quantile(&param, &asked)?))
            }
            AggregationOp::LimitRatio => {
                self.check_ratios(&param, origin)?;
                let limit = LimitRatio::new(input, param, &self.symbols);
                if steps.count == 1 {
                    return Ok(Box::new(aggregate::limit_ratio_once(&limit, &groups, &self.context)?));
                }
                Ok(Box::new(limit))
            }
            op => match counts(&param, input.len())? {
                None => self.nothing(&*input),
                Some(k) => Ok(Box::new(match op {
                    AggregationOp::TopK | AggregationOp::BottomK => {
                        let rank = if op == AggregationOp::TopK { Rank::Top } else { Rank::Bottom };
                        aggregate::rank(rank, &k, &self.aggregated(&*input, &groups, asked_origin))?
                    }
                    _ => aggregate::limitk(&*input, &k, &groups, &self.context)?,
                })),
            },
        }
    }

    fn count_values(&mut self, aggregate: &Aggregate, names: &GroupLabels, steps: Steps) -> Result<Vector> {
        let label = aggregate.param.as_ref().map_or("", text);
        if let Some(NodeKind::Text(literal)) = aggregate.param.as_ref().map(|param: &Node| &param.kind)
            && (label.is_empty() || literal.not_utf8.is_some())
        {
            let printed = Expr::StringLiteral(literal.clone());
            return Err(QueryError::Execution(format!("invalid label name {printed}")));
        }
        let label = self.symbols.intern(label);
        let input = self.vector(&aggregate.input, steps)?;
        let held = aggregate::count_values(&*input, names, label, &mut self.symbols, &self.context)?;
        Ok(Box::new(held))
    }

    /// Warns of quantiles beyond 0 and 1: of the largest, of the smallest, and of NaN.
    fn check_quantiles(&self, param: &ScalarColumn, origin: Origin) {
        let bounds = Bounds::of(param);
        let bad = [
            bounds.has_nan.then_some(f64::NAN),
            (bounds.max > 1.0).then_some(bounds.max),
            (bounds.min < 0.0).then_some(bounds.min),
        ];
        bad.into_iter().flatten().for_each(|q| self.context.note(invalid_quantile(q, origin)));
    }

    /// Warns of ratios beyond -1 and 1, and refuses NaN.
    fn check_ratios(&self, param: &ScalarColumn, origin: Origin) -> Result<()> {
        let bounds = Bounds::of(param);
        if bounds.has_nan {
            return Err(QueryError::Execution("Ratio value is NaN".into()));
        }
        if bounds.max > 1.0 {
            self.context.note(invalid_ratio(bounds.max, 1.0, origin));
        }
        if bounds.min < -1.0 {
            self.context.note(invalid_ratio(bounds.min, -1.0, origin));
        }
        Ok(())
    }

    fn aggregated<'a>(
        &'a self,
        input: &'a dyn VectorSource,
        groups: &'a Groups,
        origin: Origin,
    ) -> Aggregated<'a> {
        let (symbols, known, context) = (&self.symbols, self.known, &self.context);
        Aggregated { input, groups, origin, symbols, known, context }
    }
}

/// Least and greatest of a scalar's numbers.
struct Bounds {
    min: f64,
    max: f64,
    has_nan: bool,
}

impl Bounds {
    fn of(scalar: &ScalarColumn) -> Self {
        let has_nan = scalar.0.iter().any(|value| value.is_nan());
        let (min, max) = if has_nan {
            (f64::NAN, f64::NAN)
        } else {
            let min = scalar.0.iter().copied().fold(f64::INFINITY, f64::min);
            (min, scalar.0.iter().copied().fold(f64::NEG_INFINITY, f64::max))
        };
        Self { min, max, has_nan }
    }
}

/// 2^63: the first number that 64 signed bits do not hold.
const INT64_END: f64 = 9_223_372_036_854_775_808.0;

/// How many elements are asked for at each step; `None` if that is none at all steps.
fn counts(param: &ScalarColumn, series: usize) -> Result<Option<Vec<usize>>> {
    let bounds = Bounds::of(param);
    if bounds.max < 1.0 {
        return Ok(None);
    }
    let refuse = |message: String| Err(QueryError::Execution(message));
    if bounds.has_nan {
        return refuse("Parameter value is NaN".into());
    }
    if bounds.min <= -INT64_END {
        return refuse(format!("Scalar value {} underflows int64", go_general(bounds.min)));
    }
    if bounds.max >= INT64_END {
        return refuse(format!("Scalar value {} overflows int64", go_general(bounds.max)));
    }
    // A float turns into the nearest count towards 0, and what is below 0 into 0.
    Ok(Some(param.0.iter().map(|&k| (k as usize).min(series)).collect()))
}
