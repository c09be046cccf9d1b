//! Logical plan to operators. Building runs what must see all series (aggregations, sorts, the hashed side of a join);
//! the rest waits until its columns are pulled.

use std::sync::Arc;

use emberdb_model::storage::Querier;
use emberdb_model::{Matcher, SymbolTable, TimeRange};
use emberdb_promql_syntax::{ExtendedRange, Span, ValueType};

use super::logical::{Binary, Node, NodeKind, Selector, Subquery};
use super::lower::QueryTimes;
use crate::annotation::Origin;
use crate::batch::Steps;
use crate::context::QueryContext;
use crate::error::{QueryError, Result};
use crate::ledger::Ledger;
use crate::operator::binary::{
    Negated, Operation, SetOperation, VectorOperation, scalar_operation, set_operation, vector_operation,
    vector_scalar,
};
use crate::operator::call::{MetricNames, dropped_names, vector_of};
use crate::operator::exchange::drain;
use crate::operator::selector::{InstantSelector, RangeSelector, Reading};
use crate::operator::{
    Broadcast, EmptyMatrix, Held, KnownNames, Matrix, Merge, Relabeled, ScalarColumn, Selection,
    SeriesLabels, SubqueryMatrix, Vector, VectorSource, Window, exchange,
};

/// What the whole plan depends on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    pub(crate) times: QueryTimes,
    pub(crate) lookback_ms: i64,
    /// Metric names that functions drop stay until the end.
    pub(crate) is_delayed: bool,
    /// Counters go by the start timestamps of samples too.
    pub(crate) uses_starts: bool,
    /// The label `__type__` tells what a counter is.
    pub(crate) has_types: bool,
}

/// Builds operators.
pub(crate) struct Builder<'q> {
    pub(crate) context: Arc<QueryContext>,
    pub(crate) settings: Settings,
    pub(crate) symbols: SymbolTable,
    pub(crate) known: KnownNames,
    querier: &'q dyn Querier,
    /// What was selected so far: selectors that ask for the same share it.
    selections: Vec<(Arc<[Matcher]>, TimeRange, Selection)>,
    /// Expressions that may make remarks, so far.
    turns: u32,
    /// Until when steps are asked for: the last one may lie before it.
    end_ms: i64,
    /// There exactly in a query that asks for statistics.
    pub(crate) ledger: Option<Ledger>,
}

impl<'q> Builder<'q> {
    pub(crate) fn new(
        context: Arc<QueryContext>,
        settings: Settings,
        querier: &'q dyn Querier,
        ledger: Option<Ledger>,
    ) -> Self {
        let mut symbols = SymbolTable::new();
        let known = KnownNames::intern(&mut symbols);
        let end_ms = settings.times.end_ms;
        let selections = Vec::new();
        Self { context, settings, symbols, known, querier, selections, turns: 0, end_ms, ledger }
    }

    /// How series are called, and what that says of them.
    pub(super) fn metric_names(&self) -> MetricNames<'_> {
        MetricNames { symbols: &self.symbols, known: self.known, has_types: self.settings.has_types }
    }

    /// For the remarks of an expression whose operands are built, which point to `span`.
    pub(crate) fn origin(&mut self, span: Span) -> Origin {
        self.turns += 1;
        Origin { position: span.start, turn: self.turns }
    }

    /// Builds what is asked for until another time.
    pub(super) fn until<T>(&mut self, end_ms: i64, build: impl FnOnce(&mut Self) -> T) -> T {
        let outer_ms = std::mem::replace(&mut self.end_ms, end_ms);
        let built = build(self);
        self.end_ms = outer_ms;
        built
    }

    /// Whether there is one step and no room for another, so that the order of elements means something.
    pub(super) fn is_instant(&self, steps: Steps) -> bool {
        steps.start_ms == self.end_ms
    }

    /// An instant vector over `steps`.
    pub(crate) fn vector(&mut self, node: &Node, steps: Steps) -> Result<Vector> {
        self.context.check()?;
        self.watched(node, |builder| builder.unwatched_vector(node, steps))
    }

    pub(super) fn unwatched_vector(&mut self, node: &Node, steps: Steps) -> Result<Vector> {
        match &node.kind {
            NodeKind::Selector(selector) if selector.extended_range == Some(ExtendedRange::Smoothed) => {
                self.smoothed(selector, node.span, steps)
            }
            NodeKind::Selector(selector) => self.selector(selector, Reading::Value, steps),
            NodeKind::Call(call) => self.call(call, node.span, steps),
            NodeKind::Aggregate(aggregate) => self.aggregate(aggregate, node.span, steps),
            NodeKind::Binary(binary) => self.binary(binary, node, steps),
            NodeKind::Plus(input) => self.vector(input, steps),
            NodeKind::Negate(input) => {
                let input = self.vector(input, steps)?;
                let series = self.named_after(true, input.series());
                Ok(self.merged(Box::new(Negated { input, series })))
            }
            NodeKind::Invariant(inner) if steps.count > 1 => {
                let once = Steps::instant(steps.start_ms);
                let input = self.until(steps.start_ms, |builder| builder.vector(inner, once))?;
                Ok(Box::new(Broadcast::new(input, steps)))
            }
            NodeKind::Invariant(inner) => self.until(steps.start_ms, |builder| builder.vector(inner, steps)),
            NodeKind::Number(_) | NodeKind::Text(_) | NodeKind::Range(..) | NodeKind::Subquery(_) => {
                Err(misplaced(node))
            }
        }
    }

    /// A scalar over `steps`.
    pub(crate) fn scalar(&mut self, node: &Node, steps: Steps) -> Result<ScalarColumn> {
        self.watched(node, |builder| builder.unwatched_scalar(node, steps))
    }

    fn unwatched_scalar(&mut self, node: &Node, steps: Steps) -> Result<ScalarColumn> {
        match &node.kind {
            NodeKind::Number(value) => Ok(ScalarColumn::constant(*value, steps)),
            NodeKind::Call(call) => self.scalar_call(call, steps),
            NodeKind::Binary(binary) => {
                let (lhs, rhs) = (self.scalar(&binary.lhs, steps)?, self.scalar(&binary.rhs, steps)?);
                Ok(ScalarColumn(scalar_operation(binary.op, &lhs.0, &rhs.0)))
            }
            NodeKind::Plus(input) => self.scalar(input, steps),
            NodeKind::Negate(input) => {
                let mut scalar = self.scalar(input, steps)?;
                scalar.0.iter_mut().for_each(|value| *value = -*value);
                Ok(scalar)
            }
            NodeKind::Invariant(inner) => {
                let once = Steps::instant(steps.start_ms);
                let once = self.until(steps.start_ms, |builder| builder.scalar(inner, once))?;
                Ok(ScalarColumn::constant(once.0[0], steps))
            }
            _ => Err(misplaced(node)),
        }
    }

    /// A range vector for windows that end at `steps`.
    pub(crate) fn matrix(&mut self, node: &Node, steps: Steps) -> Result<Matrix> {
        let node = node.without_invariant();
        self.watched(node, |builder| builder.unwatched_matrix(node, steps))
    }

    pub(super) fn unwatched_matrix(&mut self, node: &Node, steps: Steps) -> Result<Matrix> {
        match &node.kind {
            NodeKind::Range(selector, range_ms) => {
                let (at_ms, offset_ms) = (selector.at_ms, selector.offset_ms);
                let window = Window { steps, at_ms, range_ms: *range_ms, offset_ms };
                if let Some(kind) = selector.extended_range {
                    return self.shown_window(selector, kind, window);
                }
                let selection = self.select(selector, RangeSelector::sight(&window))?;
                let is_stats_only = selector.is_stats_only;
                Ok(Box::new(RangeSelector { selection, window, is_stats_only }))
            }
            NodeKind::Subquery(subquery) => self.subquery(subquery, steps),
            _ => Err(misplaced(node)),
        }
    }

    fn subquery(&mut self, subquery: &Subquery, steps: Steps) -> Result<Matrix> {
        let SubqueryTimes { window, end_ms, grid } = self.subquery_times(subquery, steps)?;
        let Some(grid) = grid else {
            return Ok(Box::new(EmptyMatrix { series: Arc::default(), window }));
        };
        let input = self.of_subquery(grid, end_ms, |builder| {
            if subquery.input.value_type == ValueType::Scalar {
                let scalar = builder.scalar(&subquery.input, grid)?;
                return Ok(Box::new(vector_of(&scalar, grid, &builder.context)?) as Vector);
            }
            builder.vector(&subquery.input, grid)
        })?;
        Ok(Box::new(SubqueryMatrix { input, window }))
    }

    pub(super) fn subquery_times(&self, subquery: &Subquery, steps: Steps) -> Result<SubqueryTimes> {
        let Subquery { range_ms, at_ms, offset_ms, step_ms, .. } = *subquery;
        let window = Window { steps, at_ms, range_ms, offset_ms };
        // As upstream has it, nothing behind the last step is computed.
        let end_ms = at_ms.unwrap_or(steps.last_ms()).saturating_sub(offset_ms);
        let grid = SubqueryMatrix::grid(&window, end_ms, step_ms).map(Steps::checked).transpose()?;
        Ok(SubqueryTimes { window, end_ms, grid })
    }

    /// `selector`, `timestamp(selector)` or `start_timestamp(selector)`. Not smoothed: the time of a sample is that of the
    /// newest one all the same.
    pub(super) fn selector(&mut self, selector: &Selector, reading: Reading, steps: Steps) -> Result<Vector> {
        let mut source = self.instant_selector(selector, reading, steps)?;
        if reading == Reading::Value {
            return Ok(Box::new(source));
        }
        source.series = self.named_after(true, &source.series);
        Ok(self.merged(Box::new(source)))
    }

    fn instant_selector(
        &mut self,
        selector: &Selector,
        reading: Reading,
        steps: Steps,
    ) -> Result<InstantSelector> {
        let (at_ms, offset_ms, lookback_ms) = match (selector.at_ms, reading) {
            (Some(at_ms), Reading::Time | Reading::Start) => {
                let (seen_ms, lookback_ms) = self.sample_time_sight(selector, at_ms);
                (Some(seen_ms), 0, lookback_ms)
            }
            (at_ms, _) => (at_ms, selector.offset_ms, self.settings.lookback_ms),
        };
        let times = match at_ms {
            Some(at_ms) => Steps::instant(at_ms.saturating_sub(offset_ms)),
            None => Steps { start_ms: steps.start_ms.saturating_sub(offset_ms), ..steps },
        };
        let selection = self.select(selector, InstantSelector::sight(times, lookback_ms))?;
        let series = Arc::clone(&selection.series);
        Ok(InstantSelector {
            selection,
            steps,
            at_ms,
            offset_ms,
            lookback_ms,
            reading,
            is_stats_only: selector.is_stats_only,
            series,
        })
    }

    /// Which time, and how far back from there, `timestamp` looks at in a selector with `@`.
    ///
    /// Upstream looks at the time of `@`, whatever the offset, but reads only samples that the selector itself would see:
    /// an offset takes away those within it, at the end or, if it is negative, at the start. A smoothed selector reads
    /// on for a lookback behind its time.
    fn sample_time_sight(&self, selector: &Selector, at_ms: i64) -> (i64, i64) {
        let lookback_ms = self.settings.lookback_ms;
        let offset_ms = selector.offset_ms;
        let ahead_ms = match selector.extended_range {
            Some(ExtendedRange::Smoothed) => lookback_ms,
            _ => 0,
        };
        let hidden_after_ms = offset_ms.saturating_sub(ahead_ms).max(0);
        let hidden_before_ms = offset_ms.saturating_neg().max(0);
        let seen_ms = at_ms.saturating_sub(hidden_after_ms);
        (seen_ms, lookback_ms.saturating_sub(hidden_after_ms.saturating_add(hidden_before_ms)).max(0))
    }

    /// The times of the floats that `selector` sees, under the labels of their series, and the histograms.
    pub(super) fn sample_times(&mut self, selector: &Selector, steps: Steps) -> Result<Vector> {
        let source = self.instant_selector(selector, Reading::TimeOfFloat, steps)?;
        Ok(Box::new(source))
    }

    pub(super) fn select(&mut self, selector: &Selector, range: TimeRange) -> Result<Selection> {
        let same = |(matchers, seen, _): &&(Arc<[Matcher]>, TimeRange, Selection)| {
            *matchers == selector.matchers && *seen == range
        };
        if let Some((_, _, selection)) = self.selections.iter().find(same) {
            return Ok(selection.clone());
        }
        let set = self.querier.select(&selector.matchers, range, &mut self.symbols)?;
        let selection = Selection::new(set);
        self.selections.push((Arc::clone(&selector.matchers), range, selection.clone()));
        Ok(selection)
    }

    fn binary(&mut self, binary: &Binary, node: &Node, steps: Steps) -> Result<Vector> {
        let operation = |origin| Operation { op: binary.op, return_bool: binary.return_bool, origin };
        let Some(matching) = &binary.matching else {
            let is_swapped = binary.lhs.value_type == ValueType::Scalar;
            let (input, scalar) = if is_swapped {
                let scalar = self.scalar(&binary.lhs, steps)?;
                (self.vector(&binary.rhs, steps)?, scalar)
            } else {
                (self.vector(&binary.lhs, steps)?, self.scalar(&binary.rhs, steps)?)
            };
            let operation = operation(self.origin(node.span));
            let series = self.named_after(operation.drops_name(), input.series());
            let context = &self.context;
            let combined = vector_scalar(input, scalar, operation, is_swapped, series, context);
            return Ok(self.merged(Box::new(combined)));
        };
        let (lhs, rhs) = (self.vector(&binary.lhs, steps)?, self.vector(&binary.rhs, steps)?);
        let merges = self.merges(steps);
        if binary.op.is_set() {
            let asked = SetOperation { op: binary.op, labels: &matching.labels, merges, known: self.known };
            return set_operation(&asked, lhs, rhs, &mut self.symbols, &self.context);
        }
        let operation = operation(self.origin(node.span));
        let (is_delayed, known) = (self.settings.is_delayed, self.known);
        let asked = VectorOperation { operation, matching, is_delayed, merges, known };
        vector_operation(&asked, lhs, rhs, &mut self.symbols, &self.context)
    }

    /// A vector without series, after `input` was computed for the sake of its annotations.
    pub(super) fn nothing(&self, input: &dyn VectorSource) -> Result<Vector> {
        drain(input, &exchange::all_of(input), &self.context)?;
        let reservation = self.context.hold(0)?;
        Ok(Box::new(Held::new(SeriesLabels::default(), Vec::new(), input.steps(), reservation)))
    }

    /// The labels of a result that is another quantity than its input, if `is_other`.
    pub(super) fn named_after(&self, is_other: bool, series: &Arc<SeriesLabels>) -> Arc<SeriesLabels> {
        if !is_other {
            return Arc::clone(series);
        }
        Arc::new(dropped_names(series, self.known, self.settings.is_delayed))
    }

    /// Whether series that come to have equal labels are merged at once. With delayed name removal upstream leaves an
    /// instant vector alone until the end of the query.
    pub(super) fn merges(&self, steps: Steps) -> bool {
        !(self.settings.is_delayed && steps.count == 1)
    }

    /// The vector, with series of equal labels merged.
    pub(super) fn merged(&self, vector: Vector) -> Vector {
        if self.merges(vector.steps()) { Merge::wrap(vector, false) } else { vector }
    }

    /// What the end of the query does: names that were to be dropped are dropped.
    pub(crate) fn finished(&self, vector: Vector) -> Vector {
        if !vector.series().any_drops_name() {
            return if self.settings.is_delayed { Merge::wrap(vector, false) } else { vector };
        }
        let series = vector.series();
        let mut stripped = SeriesLabels::with_capacity(series.len());
        for number in 0..series.len() {
            let drops = series.drops_name(number);
            let labels = series.get(number).iter().copied();
            stripped.push(labels.filter(|l| !drops || !self.known.is_metadata(l.name)), false);
        }
        Merge::wrap(Box::new(Relabeled { series: Arc::new(stripped), input: vector }), false)
    }
}

/// When a subquery is evaluated.
pub(super) struct SubqueryTimes {
    window: Window,
    /// Until when its steps are asked for.
    pub(super) end_ms: i64,
    /// `None` if no step falls into the windows.
    pub(super) grid: Option<Steps>,
}

/// The text of a string argument; the parser lets nothing else stand there.
pub(super) fn text(node: &Node) -> &str {
    match &node.kind {
        NodeKind::Text(text) => &text.value,
        _ => "",
    }
}

/// An expression where its type does not belong: the parser refuses such queries.
pub(super) fn misplaced(node: &Node) -> QueryError {
    QueryError::Execution(format!("unexpected expression of type {}", node.value_type.description()))
}
