//! `count_values`: a series for each value that a group has at some step.

use std::collections::HashMap;
use std::sync::Arc;

use emberdb_model::{Symbol, SymbolTable};

use super::GroupLabels;
use crate::batch::Column;
use crate::context::QueryContext;
use crate::error::Result;
use crate::operator::exchange::{all_of, for_each_column};
use crate::operator::series::set_label;
use crate::operator::{Held, LabelSetIndex, VectorSource};
use emberdb_model::number::go_fixed;

/// `count_values by (...) ("label", input)`.
pub(crate) fn count_values(
    input: &dyn VectorSource,
    names: &GroupLabels,
    label: Symbol,
    symbols: &mut SymbolTable,
    context: &Arc<QueryContext>,
) -> Result<Held> {
    let steps = input.steps();
    let keeps_label = names.keeps_new(label);
    let mut texts: HashMap<u64, Symbol> = HashMap::new();
    let mut index = LabelSetIndex::default();
    let mut columns: Vec<Column> = Vec::new();
    let mut reservation = context.hold(0)?;
    let mut room = Vec::new();
    for_each_column(input, &all_of(input), context, |series, column| {
        let mut last: Option<(Symbol, usize)> = None;
        for step in column.iter_occupied() {
            let text = match column.histogram(step) {
                Some(histogram) => symbols.intern(&histogram.to_string()),
                None => {
                    let value = column.values()[step];
                    *texts.entry(value.to_bits()).or_insert_with(|| symbols.intern(&go_fixed(value)))
                }
            };
            // A series mostly stays at its value.
            let number = match last {
                Some((same, number)) if same == text => number,
                _ => {
                    room.clear();
                    room.extend(names.of(input.series().get(series)).filter(|l| l.name != label));
                    if keeps_label {
                        set_label(&mut room, label, text, symbols);
                    }
                    index.intern(&room)
                }
            };
            last = Some((text, number));
            if number == columns.len() {
                columns.push(Column::absent(steps.count));
                reservation.set(columns.len() * steps.count)?;
            }
            let count = columns[number].get(step).unwrap_or(0.0);
            columns[number].set(step, count + 1.0);
        }
        Ok(())
    })?;
    Ok(Held::new(index.into_sets(), columns, steps, reservation))
}
