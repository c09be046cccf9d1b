//! Operators: what a plan is made of when it runs.
//!
//! * [`source`]: what they are to each other, sources of columns
//! * [`series`]: labels of many series; [`scratch`]: memory to work in
//! * [`meter`]: counts what an operator does, in queries that are analysed
//! * [`exchange`]: pulling columns, by many threads
//! * [`selector`], [`subquery`]: where samples come from
//! * [`pattern_sort`]: the order of equal values
//! * [`call`]: functions; [`binary`]: operators between two operands; [`aggregate`]: over groups of series
//! * [`held`], [`merge`], [`concat`], [`invariant`], [`relabel`]: vectors kept, merged, put together, spread over steps,
//!   renamed

pub(crate) mod aggregate;
pub(crate) mod binary;
pub(crate) mod call;
mod concat;
pub(crate) mod exchange;
mod held;
mod invariant;
mod merge;
pub(crate) mod meter;
mod pattern_sort;
mod relabel;
mod scratch;
pub(crate) mod selector;
pub(crate) mod series;
mod source;
mod subquery;

pub(crate) use concat::Concat;
pub(crate) use held::Held;
pub(crate) use invariant::Broadcast;
pub(crate) use merge::Merge;
pub(crate) use relabel::Relabeled;
pub(crate) use scratch::{Buffers, Scratch};
pub(crate) use selector::Selection;
pub(crate) use series::{KnownNames, LabelSetIndex, Members, SeriesLabels};
pub(crate) use source::{Matrix, MatrixSource, ScalarColumn, Vector, VectorSource, Window};
pub(crate) use subquery::{EmptyMatrix, SubqueryMatrix};
