//! Logical plan to the tree that people are shown. Series are selected, since how many there are depends on the storage; no
//! sample is read.
//!
//! The walk goes the way of [`Builder::vector`], [`Builder::scalar`] and [`Builder::matrix`]: where one of these evaluates
//! operands at other steps than its own, so does the walk.

use std::time::Duration;

use emberdb_model::number::go_fixed;
use emberdb_model::{METRIC_NAME, MatchOp, Matcher, is_legacy_metric_name};
use emberdb_promql_syntax::{
    AggregationOp, At, BinaryOp, DurationSpec, Expr, FunctionId, Grouping, MatchCardinality, MatrixSelector,
    Span, ValueType, VectorMatching, VectorSelector, format_duration,
};

use super::logical::{Aggregate, Binary, Call, Node, NodeKind, Selector, Subquery};
use super::physical::Builder;
use crate::batch::Steps;
use crate::error::Result;
use crate::explain::{Figures, PlanNode, PlanOperator};
use crate::operator::selector::Reading;

/// A node of which it is not yet known where it stands and what it did.
struct Sketch {
    operator: PlanOperator,
    detail: String,
    series_max: Option<u64>,
    children: Vec<PlanNode>,
}

impl Sketch {
    fn leaf(operator: PlanOperator, detail: String, series: usize) -> Self {
        Self { operator, detail, series_max: Some(series as u64), children: Vec::new() }
    }
}

impl Builder<'_> {
    /// What is known of a node that is evaluated at `steps`; if the query was analysed, what it did.
    pub(crate) fn explain(&mut self, node: &Node, steps: Steps) -> Result<PlanNode> {
        let sketch = match &node.kind {
            NodeKind::Invariant(inner) => {
                let mut plan = match inner.value_type {
                    // The windows are those of all steps, though they lie at one time.
                    ValueType::Matrix => self.explain(inner, steps)?,
                    _ => {
                        let once = Steps::instant(steps.start_ms);
                        self.until(steps.start_ms, |builder| builder.explain(inner, once))?
                    }
                };
                plan.is_step_invariant = true;
                return Ok(plan);
            }
            NodeKind::Number(value) => Sketch::leaf(PlanOperator::Number, go_fixed(*value), 1),
            NodeKind::Text(text) => {
                Sketch::leaf(PlanOperator::String, Expr::StringLiteral(text.clone()).to_string(), 0)
            }
            NodeKind::Selector(selector) => {
                let selected = self.unwatched_vector(node, steps)?;
                Sketch::leaf(PlanOperator::InstantSelector, selector_text(selector), selected.len())
            }
            NodeKind::Range(selector, range_ms) => {
                let selected = self.unwatched_matrix(node, steps)?;
                Sketch::leaf(PlanOperator::RangeSelector, range_text(selector, *range_ms), selected.len())
            }
            NodeKind::Subquery(subquery) => self.explain_subquery(subquery, steps)?,
            NodeKind::Call(call) => self.explain_call(call, steps)?,
            NodeKind::Aggregate(aggregate) => self.explain_aggregate(aggregate, steps)?,
            NodeKind::Binary(binary) => self.explain_binary(binary, steps)?,
            NodeKind::Plus(input) => return self.explain(input, steps),
            NodeKind::Negate(input) => {
                let input = self.explain(input, steps)?;
                let (operator, series_max) = (PlanOperator::Negation, input.series_max);
                Sketch { operator, detail: String::new(), series_max, children: vec![input] }
            }
        };
        Ok(self.finished_sketch(sketch, node, steps))
    }

    fn finished_sketch(&self, sketch: Sketch, node: &Node, steps: Steps) -> PlanNode {
        let Sketch { operator, detail, series_max, children } = sketch;
        let below: Duration = children.iter().filter_map(|child| child.figures).map(|f| f.total_time).sum();
        let meter = self.context.meters.as_ref().map(|meters| meters.of_node(node.number));
        PlanNode {
            operator,
            detail,
            span: node.span,
            steps: steps.count,
            is_step_invariant: false,
            series_max,
            figures: meter.map(|meter| Figures::read(meter, below)),
            children,
        }
    }

    fn explain_subquery(&mut self, subquery: &Subquery, steps: Steps) -> Result<Sketch> {
        let times = self.subquery_times(subquery, steps)?;
        let children = match times.grid {
            None => Vec::new(),
            Some(grid) => {
                vec![self.until(times.end_ms, |builder| builder.explain(&subquery.input, grid))?]
            }
        };
        let series_max = children.first().map_or(Some(0), |input| input.series_max);
        let (operator, detail) = (PlanOperator::Subquery, subquery_text(subquery));
        Ok(Sketch { operator, detail, series_max, children })
    }

    fn explain_call(&mut self, call: &Call, steps: Steps) -> Result<Sketch> {
        let function = call.function;
        if let (FunctionId::Timestamp, Some(NodeKind::Selector(selector))) =
            (function, call.args.first().map(|arg| &arg.without_invariant().kind))
        {
            let selected = self.selector(selector, Reading::Time, steps)?;
            return Ok(Sketch::leaf(PlanOperator::SampleTimes, selector_text(selector), selected.len()));
        }
        let mut texts = Vec::new();
        let mut children = Vec::new();
        let mut of_vector = None;
        for (at, arg) in call.args.iter().enumerate() {
            match &arg.without_invariant().kind {
                NodeKind::Text(text) => texts.push(Expr::StringLiteral(text.clone()).to_string()),
                // What a function selects and reads by itself is no operator below it.
                NodeKind::Selector(selector) if function == FunctionId::Info && at == 1 => {
                    texts.push(selector_text(selector));
                }
                NodeKind::Selector(selector) if function == FunctionId::StartTimestamp => {
                    of_vector = Some(Some(self.selector(selector, Reading::Time, steps)?.len() as u64));
                    texts.push(selector_text(selector));
                }
                NodeKind::Range(selector, range_ms) if selector.extended_range.is_some() => {
                    let selected = self.unwatched_matrix(arg.without_invariant(), steps)?;
                    of_vector = Some(Some(selected.len() as u64));
                    texts.push(range_text(selector, *range_ms));
                }
                _ => {
                    let child = self.explain(arg, steps)?;
                    if matches!(arg.value_type, ValueType::Vector | ValueType::Matrix) {
                        of_vector = Some(child.series_max);
                    }
                    children.push(child);
                }
            }
        }
        let params = children.len().saturating_sub(1) as u64;
        let series_max = match (function, of_vector) {
            (FunctionId::Info, _) => None,
            (FunctionId::Absent | FunctionId::AbsentOverTime | FunctionId::Scalar, _) | (_, None) => Some(1),
            (FunctionId::HistogramQuantiles, Some(input)) => input.map(|input| input.saturating_mul(params)),
            (_, Some(input)) => input,
        };
        let (operator, detail) = (PlanOperator::Call(function), with_texts(function.name(), &texts));
        Ok(Sketch { operator, detail, series_max, children })
    }

    fn explain_aggregate(&mut self, aggregate: &Aggregate, steps: Steps) -> Result<Sketch> {
        let mut texts = Vec::new();
        let mut children = Vec::new();
        match aggregate.param.as_ref().map(|param| (param, &param.kind)) {
            Some((_, NodeKind::Text(text))) => texts.push(Expr::StringLiteral(text.clone()).to_string()),
            Some((param, _)) => children.push(self.explain(param, steps)?),
            None => {}
        }
        let input = self.explain(&aggregate.input, steps)?;
        let is_one_group = matches!(&aggregate.grouping, Grouping::By(labels) if labels.is_empty());
        let series_max = match aggregate.op {
            AggregationOp::CountValues => None,
            AggregationOp::TopK
            | AggregationOp::BottomK
            | AggregationOp::LimitK
            | AggregationOp::LimitRatio => input.series_max,
            _ if is_one_group => Some(input.series_max.map_or(1, |series| series.min(1))),
            _ => input.series_max,
        };
        children.push(input);
        let detail = joined(&with_texts(aggregate.op.as_str(), &texts), &aggregate.grouping.to_string());
        Ok(Sketch { operator: PlanOperator::Aggregation(aggregate.op), detail, series_max, children })
    }

    fn explain_binary(&mut self, binary: &Binary, steps: Steps) -> Result<Sketch> {
        let (lhs, rhs) = (self.explain(&binary.lhs, steps)?, self.explain(&binary.rhs, steps)?);
        let series_max = match &binary.matching {
            None if binary.lhs.value_type == ValueType::Scalar => rhs.series_max,
            None => lhs.series_max,
            // Until the end of the query each pair is a series of its own, whatever it is called.
            Some(_) if !binary.op.is_set() && !self.merges(steps) => None,
            Some(matching) => matched(binary.op, matching, lhs.series_max, rhs.series_max),
        };
        let with_bool = joined(binary.op.as_str(), if binary.return_bool { "bool" } else { "" });
        let matching = binary.matching.as_ref().map(ToString::to_string).unwrap_or_default();
        let (operator, detail) = (PlanOperator::Binary(binary.op), joined(&with_bool, &matching));
        Ok(Sketch { operator, detail, series_max, children: vec![lhs, rhs] })
    }
}

/// How many series an operation on two vectors can have.
fn matched(op: BinaryOp, matching: &VectorMatching, lhs: Option<u64>, rhs: Option<u64>) -> Option<u64> {
    let both = || Some(lhs?.saturating_add(rhs?));
    if op.is_set() {
        return if op == BinaryOp::Or { both() } else { lhs };
    }
    if matching.fill.lhs.is_some() || matching.fill.rhs.is_some() {
        return both();
    }
    match matching.cardinality {
        MatchCardinality::OneToOne | MatchCardinality::ManyToMany => Some(lhs?.min(rhs?)),
        // A series has other labels whenever those that it takes over change.
        _ if !matching.include.is_empty() => None,
        MatchCardinality::ManyToOne => lhs,
        MatchCardinality::OneToMany => rhs,
    }
}

fn joined(first: &str, second: &str) -> String {
    if second.is_empty() { first.into() } else { format!("{first} {second}") }
}

/// `name`, or `name("a", "b")`.
fn with_texts(name: &str, texts: &[String]) -> String {
    if texts.is_empty() { name.into() } else { format!("{name}({})", texts.join(", ")) }
}

/// A selector as PromQL prints it.
fn selector_text(selector: &Selector) -> String {
    printed(selector).to_string()
}

fn range_text(selector: &Selector, range_ms: i64) -> String {
    let (selector, range) = (printed(selector), DurationSpec::Millis(range_ms));
    Expr::MatrixSelector(Box::new(MatrixSelector { selector, range, span: Span::default() })).to_string()
}

fn printed(selector: &Selector) -> VectorSelector {
    let is_name = |matcher: &&Matcher| {
        let is_plain = matcher.op() == MatchOp::Equal && is_legacy_metric_name(matcher.value());
        is_plain && matcher.name() == METRIC_NAME
    };
    VectorSelector {
        name: selector.matchers.iter().find(is_name).map(|matcher| matcher.value().to_owned()),
        matchers: selector.matchers.to_vec(),
        offset: DurationSpec::Millis(selector.offset_ms),
        at: selector.at_ms.map(At::Timestamp),
        extended_range: selector.extended_range,
        allow_empty_matchers: true,
        span: Span::default(),
    }
}

fn subquery_text(subquery: &Subquery) -> String {
    let mut text = format!("[{}:{}]", format_duration(subquery.range_ms), format_duration(subquery.step_ms));
    if let Some(at_ms) = subquery.at_ms {
        let sign = if at_ms < 0 { "-" } else { "" };
        let at_ms = at_ms.unsigned_abs();
        text.push_str(&format!(" @ {sign}{}.{:03}", at_ms / 1000, at_ms % 1000));
    }
    if subquery.offset_ms != 0 {
        text.push_str(&format!(" offset {}", format_duration(subquery.offset_ms)));
    }
    text
}
