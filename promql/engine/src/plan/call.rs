//! Calls to operators: where each function finds its operator.

use std::sync::Arc;

use emberdb_promql_syntax::{FunctionId, Span, ValueType};

use super::logical::{Call, Node, NodeKind};
use super::physical::{Builder, misplaced, text};
use crate::annotation::{invalid_quantile, is_invalid_quantile, sort_in_range_query};
use crate::batch::Steps;
use crate::error::{QueryError, Result};
use crate::function::{MapBody, greater_of, lesser_of, map_body};
use crate::operator::call::{
    ClassicHistograms, HistogramCall, MapCall, MetricNames, Question, RangeCall, Repairs, StepTimes, absent,
    absent_labels, keeps_name, label_join, label_replace, scalar_of, sort_by_label, sort_by_value, vector_of,
};
use crate::operator::selector::Reading;
use crate::operator::{Merge, Relabeled, ScalarColumn, SeriesLabels, Vector};

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
    pub(super) fn call(&mut self, call: &Call, steps: Steps) -> Result<Vector> {
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
            | FunctionId::SortByLabelDesc => self.sort(call, steps),
            // Of native histograms only, and of samples that know when they began: there are none.
            FunctionId::HistogramAvg
            | FunctionId::HistogramCount
            | FunctionId::HistogramStddev
            | FunctionId::HistogramStdvar
            | FunctionId::HistogramSum
            | FunctionId::StartTimestamp => {
                let input = self.vector(arg(call, 0)?, steps)?;
                self.nothing(&*input)
            }
            FunctionId::HistogramQuantile | FunctionId::HistogramFraction => {
                self.classic_histogram(call, steps)
            }
            function => match map_body(function) {
                Some(body) => self.map(call, body, steps),
                None => Err(QueryError::Execution(format!("the function {function} is not supported"))),
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

    /// `histogram_quantile(φ, v)`, `histogram_fraction(lower, upper, v)`.
    fn classic_histogram(&mut self, call: &Call, steps: Steps) -> Result<Vector> {
        let first = arg(call, 0)?;
        let (question, node) = if call.function == FunctionId::HistogramQuantile {
            let phi = self.scalar(first, steps)?;
            for &bad in phi.0.iter().filter(|&&phi| is_invalid_quantile(phi)) {
                self.context.note(invalid_quantile(bad, first.span.start));
            }
            (Question::Quantile(phi), arg(call, 1)?)
        } else {
            let (lower, upper) = (self.scalar(first, steps)?, self.scalar(arg(call, 1)?, steps)?);
            (Question::Fraction { lower, upper }, arg(call, 2)?)
        };
        let position = node.span.start;
        let input = self.vector(node, steps)?;
        let histograms = ClassicHistograms::among(input.series(), &self.symbols, self.known);
        // Upstream's remarks name the metric only while its name is still there.
        let names = self.settings.is_delayed;
        let metrics = MetricNames { symbols: &self.symbols, known: self.known };
        histograms.warn_unbounded(&*input, &metrics, names, position, &self.context)?;
        let name =
            |histogram: usize| self.symbols.resolve(histograms.labels.value(histogram, self.known.metric));
        let told =
            (0..histograms.labels.len()).map(|h| if names { name(h).to_owned() } else { String::new() });
        let repairs = Repairs::new(&self.context, position, told.collect());
        let series = self.named_after(true, &Arc::new(histograms.labels.clone()));
        Ok(self.merged(Box::new(HistogramCall { input, histograms, question, series, repairs })))
    }

    fn range_call(&mut self, call: &Call, at: usize, steps: Steps) -> Result<Vector> {
        let mut params = Vec::new();
        for node in call.args.iter().filter(|arg| arg.value_type == ValueType::Scalar) {
            params.push(self.scalar(node, steps)?);
        }
        let range_node = arg(call, at)?;
        let input = self.matrix(range_node, steps)?;
        let is_absent = call.function == FunctionId::AbsentOverTime;
        let function = if is_absent { FunctionId::PresentOverTime } else { call.function };
        let is_other = !keeps_name(function) && !is_absent;
        let series = self.named_after(is_other, input.series());
        // Upstream evaluates a subquery to a selector that does not stand anywhere.
        let first = arg(call, 0)?;
        let span = if is_subquery(first) { Span::default() } else { first.span };
        let metrics = MetricNames { symbols: &self.symbols, known: self.known };
        let Some(source) = RangeCall::new(function, input, params, series, span.start, &metrics) else {
            return Err(misplaced(range_node));
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

    fn relabel(&mut self, call: &Call, steps: Steps) -> Result<Vector> {
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

    fn sort(&mut self, call: &Call, steps: Steps) -> Result<Vector> {
        let node = arg(call, 0)?;
        let input = self.vector(node, steps)?;
        if steps.count > 1 {
            self.context.note(sort_in_range_query(node.span.start));
            return Ok(input);
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
