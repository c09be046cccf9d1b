//! `absent` and `absent_over_time`: 1 where there is nothing.

use std::sync::Arc;

use emberdb_model::{Label, METRIC_NAME, MatchOp, Matcher, SymbolTable};

use crate::batch::Column;
use crate::context::QueryContext;
use crate::error::Result;
use crate::operator::exchange::{all_of, for_each_column};
use crate::operator::series::set_label;
use crate::operator::{Held, SeriesLabels, VectorSource};

/// One series called `labels`, with the value 1 where `input` has none.
pub(crate) fn absent(
    input: &dyn VectorSource,
    labels: Vec<Label>,
    context: &Arc<QueryContext>,
) -> Result<Held> {
    let steps = input.steps();
    let mut result = Column::absent(steps.count);
    let mut occupied = vec![0; result.presence().len()];
    for_each_column(input, &all_of(input), context, |_, column| {
        column.add_occupied_to(&mut occupied);
        Ok(())
    })?;
    result.fill(1.0);
    result.and_not_presence(&occupied);
    let reservation = context.hold(result.count_present())?;
    let mut series = SeriesLabels::default();
    series.push(labels, false);
    Ok(Held::new(series, vec![result], steps, reservation))
}

/// The labels that the series of a selector certainly would have: those matched by `=` once.
pub(crate) fn absent_labels(matchers: &[Matcher], symbols: &mut SymbolTable) -> Vec<Label> {
    let mut labels = Vec::new();
    let mut has_value: Vec<&str> = Vec::new();
    for matcher in matchers.iter().filter(|matcher| matcher.name() != METRIC_NAME) {
        let name = symbols.intern(matcher.name());
        let is_first = matcher.op() == MatchOp::Equal && !has_value.contains(&matcher.name());
        let value = if is_first { matcher.value() } else { "" };
        if is_first {
            has_value.push(matcher.name());
        }
        let value = symbols.intern(value);
        set_label(&mut labels, name, value, symbols);
    }
    labels
}
