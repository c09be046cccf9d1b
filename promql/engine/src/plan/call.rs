//! Calls to operators: where each function finds its operator.

use std::sync::Arc;

use emberdb_promql_syntax::{FunctionId, Span, ValueType};

use super::logical::{Call, Node, NodeKind, Selector};
use super::physical::{Builder, misplaced, text};
use crate::annotation::{invalid_quantile, is_invalid_quantile, sort_in_range_query};
use crate::batch::Steps;
use crate::error::{QueryError, Result};
use crate::function::{MapBody, greater_of, lesser_of, map_body};
use crate::ledger::Entry;
use crate::operator::call::{
    BucketNames, ClassicHistograms, InfoRequest, MapCall, NativeHistograms, NativeMap, Quantile, Question,
    RangeCall, StepTimes, absent, absent_labels, distinct_quantiles, info, keeps_name, label_join,
    label_replace, native_body, scalar_of, sort_by_label, sort_by_value, vector_of,
};
use crate::operator::exchange::hold_vector;
use crate::operator::selector::Reading;
use crate::operator::{Concat, Merge, Relabeled, ScalarColumn, SeriesLabels, Vector, VectorSource};
use emberdb_model::number::open_metrics;

impl Builder<'_> {
    /// A function that gives a scalar.
    pub(super) fn scalar_call(&mut self, call: &Call, steps: Steps) -> Result<ScalarColumn> {
        let times = self.settings.times;
        let seconds = |ms: i64| ms as f64 / 1000.0;
        let constant = |value| Ok(ScalarColumn::constant(value, steps));
        match call.function {
            FunctionId::Pi => constant(std::f64::consts::PI),
            FunctionId::Time => Ok(ScalarColumn(steps.times().map(seconds).collect())),
            FunctionId::Start => constant(seconds(times.start_ms)),
            FunctionId::End => constant(seconds(times.end_ms)),
            FunctionId::Range => constant(seconds(times.range_ms())),
            FunctionId::Step => constant(if times.range_ms() == 0 { 0.0 } else { seconds(times.step_ms) }),
            FunctionId::Scalar => {
                let input = self.vector(arg(call, 0)?, steps)?;
                scalar_of(&*input, &self.context)
            }
            _ => {
                let extremum = if call.function == FunctionId::MaxOf { greater_of } else { lesser_of };
                let (lhs, rhs) = (self.scalar(arg(call, 0)?, steps)?, self.scalar(arg(call, 1)?, steps)?);
                let pairs = lhs.0.into_iter().zip(rhs.0);
                Ok(ScalarColumn(pairs.map(|(l, r)| extremum(l, r)).collect()))
            }
        }
    }

    /// A function that gives a vector.
    pub(super) fn call(&mut self, call: &Call, span: Span, steps: Steps) -> Result<Vector> {
        if let Some(at) = call.args.iter().position(|arg| arg.value_type == ValueType::Matrix) {
            return self.range_call(call, at, steps);
        }
        match call.function {
            FunctionId::Vector => {
                let scalar = self.scalar(arg(call, 0)?, steps)?;
                Ok(Box::new(vector_of(&scalar, steps, &self.context)?))
            }
            FunctionId::Absent => {
                let labels = self.absent_labels(arg(call, 0)?);
                let input = self.vector(arg(call, 0)?, steps)?;
                Ok(Box::new(absent(&*input, labels, &self.context)?))
            }
            FunctionId::Timestamp => self.timestamp(arg(call, 0)?, steps),
            FunctionId::LabelReplace | FunctionId::LabelJoin => self.relabel(call, steps),
            FunctionId::Sort
            | FunctionId::SortDesc
            | FunctionId::SortByLabel
            | FunctionId::SortByLabelDesc => self.sort(call, span, steps),
            FunctionId::StartTimestamp => self.start_timestamp(arg(call, 0)?, steps),
            FunctionId::HistogramQuantile
            | FunctionId::HistogramQuantiles
            | FunctionId::HistogramFraction => self.histogram(call, steps),
            FunctionId::Info => self.info(call, steps),
            function => match (map_body(function), native_body(function)) {
                (Some(body), _) => self.map(call, body, steps),
                (None, Some(body)) => {
                    let input = self.vector(arg(call, 0)?, steps)?;
                    let series = Arc::new(match self.settings.is_delayed {
                        true => input.series().all_dropping_name(),
                        // Of the metadata labels these functions drop the name alone.
                        false => input.series().without(|name| name == self.known.metric),
                    });
                    Ok(self.merged(Box::new(NativeMap { input, body, series })))
                }
                (None, None) => {
                    Err(QueryError::Execution(format!("the function {function} is not supported")))
                }
            },
        }
    }

    /// A function of a value; those of the calendar take the evaluation time if they are given nothing.
    fn map(&mut self, call: &Call, body: MapBody, steps: Steps) -> Result<Vector> {
        let seconds = |ms: i64| ms as f64 / 1000.0;
        let input: Vector = match call.args.first() {
            Some(node) => self.vector(node, steps)?,
            None => {
                let times = ScalarColumn(steps.times().map(seconds).collect());
                Box::new(vector_of(&times, steps, &self.context)?)
            }
        };
        let mut params = Vec::new();
        for node in call.args.iter().skip(1) {
            params.push(self.scalar(node, steps)?);
        }
        let series = self.named_after(true, input.series());
        Ok(self.merged(Box::new(MapCall { input, body, params, series })))
    }

    /// `histogram_quantile(φ, v)`, `histogram_fraction(lower, upper, v)`, `histogram_quantiles(v, label, φ...)`.
    fn histogram(&mut self, call: &Call, steps: Steps) -> Result<Vector> {
        let at = call.args.iter().position(|arg| arg.value_type == ValueType::Vector).unwrap_or(0);
        let node = arg(call, at)?;
        let (mut params, mut spans) = (Vec::new(), Vec::new());
        for param in call.args.iter().filter(|arg| arg.value_type == ValueType::Scalar) {
            params.push(self.scalar(param, steps)?);
            spans.push(param.span);
        }
        let mut input = self.vector(node, steps)?;
        if call.function != FunctionId::HistogramFraction {
            for (scalar, span) in params.iter().zip(spans) {
                let origin = self.origin(span);
                let invalid = scalar.0.iter().copied().filter(|&phi| is_invalid_quantile(phi));
                invalid.for_each(|phi| self.context.note(invalid_quantile(phi, origin)));
            }
        }
        let question = match (call.function, &params[..]) {
            (FunctionId::HistogramFraction, [lower, upper]) => {
                Question::Fraction { lower: lower.clone(), upper: upper.clone() }
            }
            (FunctionId::HistogramQuantile, [phi]) => {
                let phi = phi.0.iter().copied().map(Some).collect();
                Question::Quantiles(vec![Quantile { phi, label: None }])
            }
            (_, params) => {
                // Each quantile asks all buckets again.
                input = hold_vector(&*input, &self.context)?;
                let name = self.symbols.intern(text(arg(call, 1)?));
                let symbols = &mut self.symbols;
                Question::Quantiles(distinct_quantiles(params, name, |phi| {
                    symbols.intern(&open_metrics(phi))
                }))
            }
        };
        let origin = self.origin(node.span);
        let names =
            BucketNames { symbols: &self.symbols, known: self.known, is_delayed: self.settings.is_delayed };
        let (input, question): (Arc<dyn VectorSource>, _) = (Arc::from(input), Arc::new(question));
        let classic = ClassicHistograms::new(Arc::clone(&input), Arc::clone(&question), &names, origin);
        classic.note_strays(&self.context)?;
        if !input.may_have_histograms() {
            return Ok(self.merged(Box::new(classic)));
        }
        let native = NativeHistograms::new(input, question, &names, classic.rivals_of_natives(), origin);
        Ok(self.merged(Box::new(Concat::new(Box::new(native), Box::new(classic)))))
    }

    fn info(&mut self, call: &Call, steps: Steps) -> Result<Vector> {
        let given = match call.args.get(1).map(|node| &node.without_invariant().kind) {
            Some(NodeKind::Selector(selector)) => Some(&selector.matchers[..]),
            _ => None,
        };
        let request = InfoRequest::new(given).map_err(|error| QueryError::Execution(error.to_string()))?;
        let base_node = arg(call, 0)?;
        let base = self.vector(base_node, steps)?;
        // Info series are looked at when the base series are.
        let (at_ms, offset_ms) = first_selector_time(base_node, (None, 0)).unwrap_or_default();
        let selector = Selector::plain(request.matchers().into(), at_ms, offset_ms);
        let infos = self.sample_times(&selector, steps)?;
        let infos = self.enter_operand(Entry::Selector, infos)?;
        let held = info(&request, &*base, &infos, &mut self.symbols, self.known, &self.context)?;
        Ok(self.merged(Box::new(held)))
    }

    fn range_call(&mut self, call: &Call, at: usize, steps: Steps) -> Result<Vector> {
        let range_node = arg(call, at)?;
        if let NodeKind::Range(selector, range_ms) = &range_node.without_invariant().kind
            && let Some(kind) = selector.extended_range
        {
            return self.extended_call(call.function, (selector, kind), *range_ms, range_node.span, steps);
        }
        let input = self.matrix(range_node, steps)?;
        let mut params = Vec::new();
        for node in call.args.iter().filter(|arg| arg.value_type == ValueType::Scalar) {
            params.push(self.scalar(node, steps)?);
        }
        let is_absent = call.function == FunctionId::AbsentOverTime;
        let function = if is_absent { FunctionId::PresentOverTime } else { call.function };
        let is_other = !keeps_name(function) && !is_absent;
        let series = self.named_after(is_other, input.series());
        // Upstream evaluates a subquery to a selector that does not stand anywhere.
        let first = arg(call, 0)?;
        let span = if is_subquery(first) { Span::default() } else { first.span };
        let origin = self.origin(span);
        let metrics = self.metric_names();
        let Some(source) = RangeCall::new(function, input, params, series, origin, &metrics) else {
            return Err(misplaced(range_node));
        };
        let goes_by_starts = self.settings.uses_starts && is_plain_range(range_node);
        let source = match goes_by_starts {
            true => source.with_start_timestamps(function, origin, &metrics),
            false => source,
        };
        if is_absent {
            let labels = self.absent_labels(range_node);
            return Ok(Box::new(absent(&source, labels, &self.context)?));
        }
        let source: Vector = Box::new(source);
        Ok(if self.settings.is_delayed { source } else { Merge::wrap(source, true) })
    }

    fn absent_labels(&mut self, node: &Node) -> Vec<emberdb_model::Label> {
        match &node.without_invariant().kind {
            NodeKind::Selector(selector) | NodeKind::Range(selector, _) => {
                absent_labels(&selector.matchers, &mut self.symbols)
            }
            _ => Vec::new(),
        }
    }

    fn timestamp(&mut self, node: &Node, steps: Steps) -> Result<Vector> {
        if let NodeKind::Selector(selector) = &node.without_invariant().kind {
            return self.selector(selector, Reading::Time, steps);
        }
        let input = self.vector(node, steps)?;
        let series = self.named_after(true, input.series());
        Ok(self.merged(Box::new(StepTimes { input, series })))
    }

    /// Only samples of the storage know since when they count.
    fn start_timestamp(&mut self, node: &Node, steps: Steps) -> Result<Vector> {
        if let NodeKind::Selector(selector) = &node.without_invariant().kind
            && self.settings.uses_starts
        {
            return self.selector(selector, Reading::Start, steps);
        }
        let input = self.vector(node, steps)?;
        self.nothing(&*input)
    }

    fn relabel(&mut self, call: &Call, steps: Steps) -> Result<Vector> {
        refuse_names_of_bytes(call)?;
        let texts: Vec<&str> = call.args.iter().skip(1).map(text).collect();
        // A wrong regular expression is reported before anything is read.
        let check = |series: &SeriesLabels, symbols: &mut _| match (call.function, &texts[..]) {
            (FunctionId::LabelReplace, &[destination, replacement, source, pattern]) => {
                label_replace(series, [destination, replacement, source, pattern], symbols)
            }
            (_, [destination, separator, sources @ ..]) => {
                label_join(series, destination, separator, sources, symbols)
            }
            _ => Err(misplaced(&call.args[0])),
        };
        check(&SeriesLabels::default(), &mut self.symbols)?;
        let input = self.vector(arg(call, 0)?, steps)?;
        let series = Arc::new(check(input.series(), &mut self.symbols)?);
        Ok(Merge::wrap(Box::new(Relabeled { input, series }), false))
    }

    fn sort(&mut self, call: &Call, span: Span, steps: Steps) -> Result<Vector> {
        let input = self.vector(arg(call, 0)?, steps)?;
        if !self.is_instant(steps) {
            let origin = self.origin(span);
            self.context.note(sort_in_range_query(origin));
            let is_by_value = matches!(call.function, FunctionId::Sort | FunctionId::SortDesc);
            return Ok(if is_by_value { floats_of(input) } else { input });
        }
        let labels: Vec<&str> = call.args.iter().skip(1).map(text).collect();
        let context = &self.context;
        Ok(Box::new(match call.function {
            FunctionId::SortByLabel => sort_by_label(&*input, &labels, false, &self.symbols, context)?,
            FunctionId::SortByLabelDesc => sort_by_label(&*input, &labels, true, &self.symbols, context)?,
            function => sort_by_value(&*input, function == FunctionId::SortDesc, context)?,
        }))
    }
}

/// The vector without its histograms, which have no order.
fn floats_of(input: Vector) -> Vector {
    if !input.may_have_histograms() {
        return input;
    }
    let series = Arc::clone(input.series());
    // As of all functions of a value, histograms are left out.
    Box::new(MapCall { input, body: |_, _| {}, params: Vec::new(), series })
}

/// Refuses label names of `label_replace` and `label_join` that are no UTF-8.
fn refuse_names_of_bytes(call: &Call) -> Result<()> {
    let of_bytes = |node: &&Node| matches!(&node.kind, NodeKind::Text(text) if text.not_utf8.is_some());
    let is_join = call.function == FunctionId::LabelJoin;
    let source = call.args.iter().skip(3).find(of_bytes).filter(|_| is_join);
    let destination = call.args.get(1).filter(of_bytes);
    for (role, name) in [("source", source), ("destination", destination)] {
        if let Some(name) = name {
            let (function, name) = (call.function, text(name));
            return Err(QueryError::Execution(format!("invalid {role} label name in {function}(): {name}")));
        }
    }
    Ok(())
}

/// The pinned time and the offset of the first selector of an expression, those of subqueries around it included;
/// `around` are these.
fn first_selector_time(node: &Node, around: (Option<i64>, i64)) -> Option<(Option<i64>, i64)> {
    let within = |at_ms: Option<i64>, offset_ms: i64| match at_ms {
        Some(_) => (at_ms, offset_ms),
        None => (around.0, around.1.saturating_add(offset_ms)),
    };
    match &node.kind {
        NodeKind::Number(_) | NodeKind::Text(_) => None,
        NodeKind::Selector(selector) | NodeKind::Range(selector, _) => {
            Some(within(selector.at_ms, selector.offset_ms))
        }
        NodeKind::Subquery(subquery) => {
            first_selector_time(&subquery.input, within(subquery.at_ms, subquery.offset_ms))
        }
        NodeKind::Call(call) => call.args.iter().find_map(|arg| first_selector_time(arg, around)),
        NodeKind::Aggregate(aggregate) => first_selector_time(&aggregate.input, around),
        NodeKind::Binary(binary) => {
            first_selector_time(&binary.lhs, around).or_else(|| first_selector_time(&binary.rhs, around))
        }
        NodeKind::Plus(inner) | NodeKind::Negate(inner) | NodeKind::Invariant(inner) => {
            first_selector_time(inner, around)
        }
    }
}

/// Whether the samples of windows are those of the storage, and none from beyond their edges.
fn is_plain_range(node: &Node) -> bool {
    let kind = &node.without_invariant().kind;
    matches!(kind, NodeKind::Range(selector, _) if selector.extended_range.is_none())
}

fn is_subquery(node: &Node) -> bool {
    matches!(node.without_invariant().kind, NodeKind::Subquery(_))
}

/// An argument that the signature demands.
pub(super) fn arg(call: &Call, index: usize) -> Result<&Node> {
    let missing = || {
        let message = format!("missing argument {index} of {}", call.function);
        QueryError::Execution(message)
    };
    call.args.get(index).ok_or_else(missing)
}
