//! `label_replace` and `label_join`: other labels, the same values.

use std::collections::HashMap;

use emberdb_model::{AnchoredRegex, METRIC_NAME, Symbol, SymbolTable};

use crate::error::{QueryError, Result};
use crate::operator::SeriesLabels;
use crate::operator::series::{set_label, value_of};

/// The labels after `label_replace(v, destination, replacement, source, pattern)`.
pub(crate) fn label_replace(
    series: &SeriesLabels,
    [destination, replacement, source, pattern]: [&str; 4],
    symbols: &mut SymbolTable,
) -> Result<SeriesLabels> {
    let Ok(regex) = AnchoredRegex::new(pattern) else {
        let message = format!("invalid regular expression in label_replace(): {pattern}");
        return Err(QueryError::Execution(message));
    };
    if destination.is_empty() {
        let message = format!("invalid destination label name in label_replace(): {destination}");
        return Err(QueryError::Execution(message));
    }
    let (destination_name, source_name) = (symbols.intern(destination), symbols.intern(source));
    // The same values come again and again.
    let mut replaced: HashMap<Symbol, Option<Symbol>> = HashMap::new();
    let mut result = SeriesLabels::with_capacity(series.len());
    let mut room = Vec::new();
    for number in 0..series.len() {
        let labels = series.get(number);
        let value = value_of(labels, source_name);
        let new = *replaced.entry(value).or_insert_with(|| {
            let mut text = String::new();
            let is_match = regex.expand(symbols.resolve(value), replacement, &mut text);
            is_match.then(|| symbols.intern(&text))
        });
        let Some(new) = new else {
            result.push(labels.iter().copied(), series.drops_name(number));
            continue;
        };
        room.clear();
        room.extend_from_slice(labels);
        set_label(&mut room, destination_name, new, symbols);
        // A name that was set is not the one that was to be dropped.
        let drops_name = series.drops_name(number) && destination != METRIC_NAME;
        result.push(room.iter().copied(), drops_name);
    }
    Ok(result)
}

/// The labels after `label_join(v, destination, separator, sources...)`.
pub(crate) fn label_join(
    series: &SeriesLabels,
    destination: &str,
    separator: &str,
    sources: &[&str],
    symbols: &mut SymbolTable,
) -> Result<SeriesLabels> {
    if sources.iter().any(|source| source.is_empty()) {
        return Err(QueryError::Execution("invalid source label name in label_join(): ".into()));
    }
    if destination.is_empty() {
        return Err(QueryError::Execution("invalid destination label name in label_join(): ".into()));
    }
    let destination_name = symbols.intern(destination);
    let sources: Vec<Symbol> = sources.iter().map(|source| symbols.intern(source)).collect();
    let mut result = SeriesLabels::with_capacity(series.len());
    let mut room = Vec::new();
    let mut text = String::new();
    for number in 0..series.len() {
        let labels = series.get(number);
        text.clear();
        for (at, &source) in sources.iter().enumerate() {
            if at > 0 {
                text.push_str(separator);
            }
            text.push_str(symbols.resolve(value_of(labels, source)));
        }
        let value = symbols.intern(&text);
        room.clear();
        room.extend_from_slice(labels);
        set_label(&mut room, destination_name, value, symbols);
        let drops_name = series.drops_name(number) && destination != METRIC_NAME;
        result.push(room.iter().copied(), drops_name);
    }
    Ok(result)
}
