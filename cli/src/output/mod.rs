//! What people and spreadsheets read. The tables and the JSON of answers are the engine's own.

#[macro_use]
mod stream;

mod blocks;
mod csv;
mod plot;
mod table;
mod unit;

pub(crate) use blocks::BlockTable;
pub(crate) use csv::csv;
pub(crate) use plot::plot;
pub(crate) use stream::{to_stdout, unless_unread};
pub(crate) use table::{Align, Table};
pub(crate) use unit::{Units, spell_span};
