//! The seam between operators and the ledger: a query that asks for no statistics passes it by.

use emberdb_model::SampleColumns;
use emberdb_promql_syntax::{AggregationOp, ExtendedRange, FunctionId, ValueType};

use super::logical::{Call, Node, NodeKind};
use super::physical::Builder;
use crate::batch::Steps;
use crate::error::Result;
use crate::ledger::{Content, Entry, SeriesWindows, WindowGrid, content_of};
use crate::operator::exchange::hold_all;
use crate::operator::selector::{ExtendedSelector, weight_of};
use crate::operator::{Matrix, ScalarColumn, Scratch, Vector, VectorSource};

/// What can be entered into a ledger once it is built.
pub(super) trait Entered: Sized {
    /// Itself, all of it in memory if it is computed column by column.
    fn entered(self, node: &Node, builder: &mut Builder<'_>) -> Result<Self>;
}

impl Builder<'_> {
    /// What `build` builds for a node, entered into the ledger if there is one.
    pub(super) fn entered<T: Entered>(
        &mut self,
        node: &Node,
        build: impl FnOnce(&mut Self) -> Result<T>,
    ) -> Result<T> {
        let Some(ledger) = &mut self.ledger else { return build(self) };
        ledger.begin();
        if matches!(node.kind, NodeKind::Invariant(_)) {
            ledger.enter(Steps::instant(0));
        }
        build(self)?.entered(node, self)
    }

    /// What `build` builds for the steps of a subquery, until a time.
    pub(super) fn of_subquery<T>(
        &mut self,
        steps: Steps,
        end_ms: i64,
        build: impl FnOnce(&mut Self) -> Result<T>,
    ) -> Result<T> {
        if let Some(ledger) = &mut self.ledger {
            ledger.enter(steps);
        }
        let built = self.until(end_ms, build)?;
        if let Some(ledger) = &mut self.ledger {
            ledger.leave_subquery();
        }
        Ok(built)
    }

    /// The ledger has the windows of a selector that sees samples beyond them.
    pub(super) fn enter_extended(
        &mut self,
        selector: &ExtendedSelector,
        kind: ExtendedWindowsOf,
    ) -> Result<()> {
        if self.ledger.is_none() {
            return Ok(());
        }
        let mut scratch = Scratch::new(&self.context);
        let windows = &selector.windows;
        let grid = WindowGrid {
            ends: windows.ends,
            back_ms: windows.range_ms.saturating_add(windows.lookback_ms),
            ahead_ms: windows.ahead_ms(),
        };
        let mut samples = SampleColumns::new();
        let mut all = Vec::with_capacity(selector.selection.series.len());
        for series in 0..selector.selection.series.len() {
            selector.samples(series, &mut scratch, &mut samples)?;
            all.push(SeriesWindows::of(&samples, &grid));
        }
        if let Some(ledger) = &mut self.ledger {
            match kind {
                ExtendedWindowsOf::Function => ledger.windows_of_storage(all),
                ExtendedWindowsOf::Selector => ledger.windows_of_smoothed(all),
            }
        }
        Ok(())
    }

    /// The ledger has a vector that is no operator of the plan, as an operand of the operator at work.
    pub(super) fn enter_operand(&mut self, entry: Entry, vector: Vector) -> Result<Vector> {
        if self.ledger.is_none() {
            return Ok(vector);
        }
        let held = hold_all(&*vector, &self.context)?;
        let content = content_of_vector(&held);
        if let Some(ledger) = &mut self.ledger {
            ledger.add_operand(entry, content)?;
        }
        Ok(Box::new(held))
    }
}

/// What looks at windows that are wider than they say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ExtendedWindowsOf {
    /// `rate(m[5m] anchored)`.
    Function,
    /// `m smoothed`.
    Selector,
}

fn content_of_vector(vector: &dyn VectorSource) -> Content {
    content_of((0..vector.len()).filter_map(|series| vector.held(series)), vector.steps().count)
}

impl Entered for ScalarColumn {
    fn entered(self, node: &Node, builder: &mut Builder<'_>) -> Result<Self> {
        if let Some(ledger) = &mut builder.ledger {
            ledger.end(entry_of(node), Content::of_scalar(self.0.len()))?;
        }
        Ok(self)
    }
}

impl Entered for Vector {
    fn entered(self, node: &Node, builder: &mut Builder<'_>) -> Result<Self> {
        let held = hold_all(&*self, &builder.context)?;
        let content = content_of_vector(&held);
        if let Some(ledger) = &mut builder.ledger {
            ledger.end(entry_of(node), content)?;
        }
        Ok(Box::new(held))
    }
}

impl Entered for Matrix {
    fn entered(self, node: &Node, builder: &mut Builder<'_>) -> Result<Self> {
        let window = self.window();
        let grid = WindowGrid { ends: window.ends(), back_ms: window.range_ms, ahead_ms: 0 };
        let mut scratch = Scratch::new(&builder.context);
        let mut samples = SampleColumns::new();
        let (mut windows, mut total) = (Vec::with_capacity(self.len()), 0);
        for series in 0..self.len() {
            self.samples(series, &mut scratch, &mut samples)?;
            total += weight_of(&samples) as u64;
            windows.push(SeriesWindows::of(&samples, &grid));
        }
        if let Some(ledger) = &mut builder.ledger {
            let is_subquery = matches!(node.kind, NodeKind::Subquery(_));
            match (is_subquery, ledger.is_within()) {
                (false, true) => ledger.end_windows_of_storage(windows),
                (true, true) => {
                    ledger.end_windows_of_subquery(windows, total, (window.offset_ms, window.range_ms));
                }
                (false, false) => ledger.show_windows(total)?,
                (true, false) => ledger.show_subquery(),
            }
        }
        Ok(self)
    }
}

/// How the operator of a node holds what it works with.
fn entry_of(node: &Node) -> Entry {
    match &node.kind {
        NodeKind::Selector(selector) if selector.extended_range == Some(ExtendedRange::Smoothed) => {
            Entry::Smoothed
        }
        NodeKind::Selector(_) => Entry::Selector,
        NodeKind::Call(call) => entry_of_call(call),
        NodeKind::Aggregate(aggregate) if aggregate.op != AggregationOp::CountValues => Entry::Aggregation,
        NodeKind::Plus(_) | NodeKind::Negate(_) => Entry::InPlace,
        NodeKind::Invariant(_) => Entry::Invariant,
        NodeKind::Number(_)
        | NodeKind::Text(_)
        | NodeKind::Range(..)
        | NodeKind::Subquery(_)
        | NodeKind::Aggregate(_)
        | NodeKind::Binary(_) => Entry::StepByStep,
    }
}

fn entry_of_call(call: &Call) -> Entry {
    let is_of_selector =
        call.args.first().is_some_and(|arg| matches!(arg.without_invariant().kind, NodeKind::Selector(_)));
    match call.function {
        FunctionId::LabelReplace | FunctionId::LabelJoin => Entry::InPlace,
        FunctionId::Timestamp | FunctionId::StartTimestamp if is_of_selector => Entry::Times,
        FunctionId::AbsentOverTime => Entry::AbsenceOverWindows,
        _ if call.args.iter().any(|arg| arg.value_type == ValueType::Matrix) => Entry::OverWindows,
        _ => Entry::StepByStep,
    }
}
