//! Answers.
//!
//! * [`result`]: the answer with its annotations
//! * [`vector`], [`matrix`]: series with one value, series with many
//! * [`json`]: as Prometheus' HTTP API prints them
//! * [`statistics`]: what a query read and held
//! * [`table`]: as people read them

mod json;
mod matrix;
mod result;
mod statistics;
mod table;
mod vector;

pub(crate) use json::write_string;
pub(crate) use matrix::PointColumns;
pub use matrix::{Matrix, MatrixSeries, Points};
pub use result::{QueryResult, QueryValue};
pub use statistics::Statistics;
pub use table::Table;
pub(crate) use table::WIDTH_MAX;
pub use vector::{InstantVector, VectorSample};
