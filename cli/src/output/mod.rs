//! Answers as people and spreadsheets read them. The table and the JSON are the engine's own.

mod csv;
mod plot;

pub(crate) use csv::csv;
pub(crate) use plot::plot;
