//! An answer with what is to be said about it.

use std::fmt;
use std::io;

use emberdb_model::Annotations;
use emberdb_promql_syntax::ValueType;

use super::{InstantVector, Matrix, Statistics, Table, json};

/// The answer to a query.
#[derive(Debug)]
pub struct QueryResult {
    /// The answer itself.
    pub value: QueryValue,
    /// Warnings and infos.
    pub annotations: Annotations,
    /// How many samples were read from the storage, those read twice counted twice.
    pub samples_read: u64,
    /// What was asked for by [`QueryOptions::statistics`](crate::QueryOptions::statistics).
    pub statistics: Option<Statistics>,
}

/// A value of one of PromQL's four types.
#[derive(Debug)]
pub enum QueryValue {
    /// One number.
    Scalar {
        /// The evaluation time in milliseconds.
        timestamp_ms: i64,
        /// The number.
        value: f64,
    },
    /// A text.
    String {
        /// The evaluation time in milliseconds.
        timestamp_ms: i64,
        /// The text.
        value: String,
    },
    /// One value a series.
    Vector(InstantVector),
    /// Many values a series.
    Matrix(Matrix),
}

impl QueryValue {
    /// Its type.
    #[must_use]
    pub fn value_type(&self) -> ValueType {
        match self {
            Self::Scalar { .. } => ValueType::Scalar,
            Self::String { .. } => ValueType::String,
            Self::Vector(_) => ValueType::Vector,
            Self::Matrix(_) => ValueType::Matrix,
        }
    }

    /// The vector, if it is one.
    #[must_use]
    pub fn as_vector(&self) -> Option<&InstantVector> {
        match self {
            Self::Vector(vector) => Some(vector),
            _ => None,
        }
    }

    /// The matrix, if it is one.
    #[must_use]
    pub fn as_matrix(&self) -> Option<&Matrix> {
        match self {
            Self::Matrix(matrix) => Some(matrix),
            _ => None,
        }
    }

    /// Keeps the first `series` series of a vector or matrix; returns whether that left some out.
    pub fn truncate(&mut self, series: usize) -> bool {
        match self {
            Self::Vector(vector) if vector.len() > series => vector.truncate(series),
            Self::Matrix(matrix) if matrix.len() > series => matrix.truncate(series),
            _ => return false,
        }
        true
    }

    /// Writes what Prometheus' HTTP API has under `data`: `{"resultType":...,"result":...}`. `out` gets large pieces.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write_json(&self, out: &mut impl io::Write) -> io::Result<()> {
        json::write(self, out)
    }

    /// What [`write_json`](Self::write_json) writes.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut out = Vec::new();
        self.write_json(&mut out).expect("a Vec takes all that is written");
        String::from_utf8(out).expect("JSON is made of strings")
    }

    /// Shows the value to people.
    #[must_use]
    pub fn table(&self) -> Table<'_> {
        Table::new(self)
    }
}

impl fmt::Display for QueryValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.table(), f)
    }
}
