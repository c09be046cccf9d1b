//! Syntax tree to logical plan: parentheses go, durations and times are resolved.

use emberdb_promql_syntax::{At, DurationError, DurationSpec, Expr, Sign, Span, Subquery, VectorSelector};

use super::logical::{self, Node, NodeKind, Selector};

/// The times of the whole query, which `@`, durations and some functions refer to, wherever they stand.
#[derive(Clone, Copy, Debug)]
pub(crate) struct QueryTimes {
    pub(crate) start_ms: i64,
    pub(crate) end_ms: i64,
    /// 0 in an instant query.
    pub(crate) step_ms: i64,
    /// The step of subqueries that give none.
    pub(crate) subquery_step_ms: i64,
}

impl QueryTimes {
    /// `range()`, and `step()` beside it; both are 0 in an instant query.
    pub(crate) fn range_ms(&self) -> i64 {
        self.end_ms.saturating_sub(self.start_ms)
    }

    fn at(&self, at: Option<At>) -> Option<i64> {
        at.map(|at| match at {
            At::Timestamp(at_ms) => at_ms,
            At::Start => self.start_ms,
            At::End => self.end_ms,
        })
    }

    fn offset(&self, offset: &DurationSpec) -> Result<i64, DurationError> {
        offset.resolve(self.step_ms, self.range_ms())
    }

    /// A range or step; a literal that is not positive is reported at `span`.
    fn positive(&self, duration: &DurationSpec, span: Span) -> Result<i64, DurationError> {
        duration.resolve_positive(self.step_ms, self.range_ms()).map_err(|error| match error {
            DurationError::NotPositive { span: at } if at == Span::default() => {
                DurationError::NotPositive { span }
            }
            other => other,
        })
    }
}

/// The logical plan of a checked expression.
///
/// # Errors
/// [`DurationError`] if a duration has no value in a query with these times.
pub(crate) fn lower(expr: &Expr, times: &QueryTimes) -> Result<Node, DurationError> {
    let expr = expr.without_parens();
    let kind = match expr {
        Expr::NumberLiteral(number) => NodeKind::Number(number.value),
        Expr::StringLiteral(text) => NodeKind::Text(text.clone()),
        Expr::VectorSelector(selector) => NodeKind::Selector(lower_selector(selector, times)?),
        Expr::MatrixSelector(matrix) => {
            let range_ms = times.positive(&matrix.range, matrix.span)?;
            NodeKind::Range(lower_selector(&matrix.selector, times)?, range_ms)
        }
        Expr::Subquery(subquery) => NodeKind::Subquery(Box::new(lower_subquery(subquery, times)?)),
        Expr::Call(call) => NodeKind::Call(Box::new(logical::Call {
            function: call.function,
            args: call.args.iter().map(|arg| lower(arg, times)).collect::<Result<_, _>>()?,
        })),
        Expr::Aggregation(aggregation) => NodeKind::Aggregate(Box::new(logical::Aggregate {
            op: aggregation.op,
            input: lower(&aggregation.expr, times)?,
            param: aggregation.param.as_ref().map(|param| lower(param, times)).transpose()?,
            grouping: aggregation.grouping.clone(),
        })),
        Expr::Binary(binary) => NodeKind::Binary(Box::new(logical::Binary {
            op: binary.op,
            lhs: lower(&binary.lhs, times)?,
            rhs: lower(&binary.rhs, times)?,
            return_bool: binary.return_bool,
            matching: binary.matching.clone(),
        })),
        Expr::Unary(unary) => match unary.sign {
            Sign::Plus => NodeKind::Plus(Box::new(lower(&unary.expr, times)?)),
            Sign::Minus => NodeKind::Negate(Box::new(lower(&unary.expr, times)?)),
        },
        Expr::Paren(paren) => return lower(&paren.expr, times),
    };
    Ok(Node { kind, value_type: expr.value_type(), span: expr.span(), number: 0 })
}

fn lower_selector(selector: &VectorSelector, times: &QueryTimes) -> Result<Selector, DurationError> {
    Ok(Selector {
        matchers: selector.matchers.clone().into(),
        at_ms: times.at(selector.at),
        offset_ms: times.offset(&selector.offset)?,
        extended_range: selector.extended_range,
        is_stats_only: false,
    })
}

fn lower_subquery(subquery: &Subquery, times: &QueryTimes) -> Result<logical::Subquery, DurationError> {
    let step = subquery.step.as_ref().map(|step| times.positive(step, subquery.span)).transpose()?;
    Ok(logical::Subquery {
        input: lower(&subquery.expr, times)?,
        range_ms: times.positive(&subquery.range, subquery.span)?,
        step_ms: step.unwrap_or(times.subquery_step_ms),
        at_ms: times.at(subquery.at),
        offset_ms: times.offset(&subquery.offset)?,
    })
}
