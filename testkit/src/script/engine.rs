//! What a query engine must offer so that scripts can be run against it.

use emberdb_promql_syntax::Expr;

use crate::NaiveValue;

use super::{ScriptQueryError, ScriptSeries};

/// A query engine with a storage that can be filled and emptied.
pub trait ScriptEngine {
    /// Drops all data.
    fn clear(&mut self);

    /// Adds samples to what is there, all of them in one batch.
    ///
    /// # Errors
    /// The reason why the storage refused a sample.
    fn load(&mut self, series: &[ScriptSeries]) -> Result<(), String>;

    /// The answer at a time, in milliseconds.
    ///
    /// # Errors
    /// The engine's message, and who is to blame.
    fn instant(&mut self, query: &str, time_ms: i64) -> Result<ScriptAnswer, ScriptQueryError>;

    /// The answers at `start_ms, start_ms + step_ms, … ≤ end_ms`, as a matrix.
    ///
    /// # Errors
    /// The engine's message, and who is to blame.
    fn range(
        &mut self,
        query: &str,
        start_ms: i64,
        end_ms: i64,
        step_ms: i64,
    ) -> Result<ScriptAnswer, ScriptQueryError>;

    /// Why the engine does not answer a query, if it does not know something in it.
    fn unsupported(&self, _query: &Expr) -> Option<&'static str> {
        None
    }
}

/// An answer as scripts see it.
#[derive(Clone, Debug, PartialEq)]
pub struct ScriptAnswer {
    /// The value.
    pub value: NaiveValue,
    /// Warnings as the HTTP API prints them, with line and column.
    pub warnings: Vec<String>,
    /// Infos likewise.
    pub infos: Vec<String>,
}
