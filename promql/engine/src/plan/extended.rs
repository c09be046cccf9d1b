//! `anchored` and `smoothed`: selectors, and functions over them.

use emberdb_promql_syntax::{ExtendedRange, FunctionId, Span};

use super::enter::ExtendedWindowsOf;
use super::logical::Selector;
use super::physical::Builder;
use crate::batch::Steps;
use crate::error::{QueryError, Result};
use crate::function::extended::ExtendedWindows;
use crate::operator::call::{ExtendedCall, ExtendedFunction, ExtendedHistograms};
use crate::operator::selector::{ExtendedSelector, ShownWindow, SmoothedSelector};
use crate::operator::{Broadcast, Matrix, Merge, Vector, Window};

impl Builder<'_> {
    /// `selector smoothed`, which stands at `span`.
    pub(super) fn smoothed(&mut self, selector: &Selector, span: Span, steps: Steps) -> Result<Vector> {
        let own = own_steps(selector, steps);
        let input = self.extended_selector(selector, ExtendedRange::Smoothed, 0, own)?;
        self.enter_extended(&input, ExtendedWindowsOf::Selector)?;
        let origin = self.origin(span);
        let names = self.metric_names();
        let native = input.selection.set.may_have_histograms();
        let native =
            native.then(|| ExtendedHistograms { origin, metrics: names.of(&input.selection.series) });
        Ok(spread(Box::new(SmoothedSelector { input, steps: own, native }), steps))
    }

    /// `function(selector[range] anchored)`, or smoothed; the argument stands at `span`.
    pub(super) fn extended_call(
        &mut self,
        function: FunctionId,
        (selector, kind): (&Selector, ExtendedRange),
        range_ms: i64,
        span: Span,
        steps: Steps,
    ) -> Result<Vector> {
        let Some(known) = ExtendedFunction::new(function, kind) else {
            return Err(refused(function, kind));
        };
        let own = own_steps(selector, steps);
        let input = self.extended_selector(selector, kind, range_ms, own)?;
        self.enter_extended(&input, ExtendedWindowsOf::Function)?;
        let series = self.named_after(true, &input.selection.series);
        let origin = self.origin(span);
        let names = self.metric_names();
        let call = ExtendedCall::new(known, input, own, series, origin, &names);
        let source = spread(Box::new(call), steps);
        Ok(if self.settings.is_delayed { source } else { Merge::wrap(source, true) })
    }

    /// `selector[range] anchored`, or smoothed, without a function around it: at one step.
    pub(super) fn shown_window(
        &mut self,
        selector: &Selector,
        kind: ExtendedRange,
        window: Window,
    ) -> Result<Matrix> {
        let input = self.extended_selector(selector, kind, window.range_ms, window.steps)?;
        Ok(Box::new(ShownWindow { input, window }))
    }

    fn extended_selector(
        &mut self,
        selector: &Selector,
        kind: ExtendedRange,
        range_ms: i64,
        steps: Steps,
    ) -> Result<ExtendedSelector> {
        let start_ms = selector.at_ms.unwrap_or(steps.start_ms).saturating_sub(selector.offset_ms);
        let ends = Steps { start_ms, ..steps };
        let windows = ExtendedWindows { kind, ends, range_ms, lookback_ms: self.settings.lookback_ms };
        let selection = self.select(selector, ExtendedSelector::sight(&windows))?;
        Ok(ExtendedSelector { selection, windows, is_stats_only: selector.is_stats_only })
    }
}

/// The steps that a selector has to be evaluated at: one, if it is pinned.
fn own_steps(selector: &Selector, steps: Steps) -> Steps {
    if selector.at_ms.is_some() { Steps::instant(steps.start_ms) } else { steps }
}

/// What was evaluated at its own steps, at all of them.
fn spread(vector: Vector, steps: Steps) -> Vector {
    if vector.steps().count < steps.count { Box::new(Broadcast::new(vector, steps)) } else { vector }
}

/// A function that does not know what to do with such windows.
fn refused(function: FunctionId, kind: ExtendedRange) -> QueryError {
    let names = match kind {
        ExtendedRange::Anchored => "changes, delta, increase, rate, resets",
        ExtendedRange::Smoothed => "delta, increase, rate",
    };
    let modifier = kind.as_str();
    let message = format!("{modifier} modifier can only be used with: {names} - not with {function}");
    QueryError::Execution(message)
}
