//! PromQL evaluation: plans, operators over columns, functions.
//!
//! An [`Engine`] answers queries on any [`Queryable`](emberdb_model::storage::Queryable): [`Engine::instant`] at one
//! time, [`Engine::range`] at many. A [`QueryResult`] has a [`QueryValue`], warnings and infos; it iterates without
//! cloning strings, prints as Prometheus' JSON and shows itself as a table. [`QueryError`] says in upstream's words why
//! there is no answer.
//!
//! [`Engine::explain_instant`] and [`Engine::explain_range`] tell how a query would be evaluated, without reading samples;
//! [`Engine::analyze_instant`] and [`Engine::analyze_range`] answer it and tell what each operator did.
//!
//! How it works: the syntax tree becomes a plan in which all times are resolved, the plan becomes operators, and these
//! compute *one series at a time for all steps at once*: a [`batch::Column`] of steps. Aggregations fold columns into
//! their groups as they come, in the order of the series, and forget them; so memory is groups times steps, and answers
//! do not depend on the number of threads.
//!
//! ```
//! use emberdb_model::storage::{Querier, Queryable, StorageError};
//! use emberdb_promql_engine::{Engine, QueryOptions};
//!
//! fn ask(storage: &dyn Queryable) -> Result<(), emberdb_promql_engine::QueryError> {
//!     let engine = Engine::default();
//!     let answer = engine.instant(storage, "sum by (job) (rate(http_requests_total[5m]))", 0, &QueryOptions::default())?;
//!     for sample in answer.value.as_vector().into_iter().flat_map(|vector| vector.iter()) {
//!         println!("{} {}", sample.labels, sample.value);
//!     }
//!     Ok(())
//! }
//! # drop(ask);
//! ```
#![forbid(unsafe_code)]

mod annotation;
pub mod batch;
mod context;
mod engine;
mod error;
mod explain;
mod feature;
pub mod function;
mod ledger;
mod operator;
mod options;
mod plan;
mod value;

pub use engine::Engine;
pub use error::{QueryError, QueryErrorKind};
pub use explain::{Analysis, Explain, Figures, PlanNode, PlanNodes, PlanOperator};
pub use feature::Feature;
pub use options::{CancelHandle, EngineOptions, QueryOptions};
pub use value::{
    InstantVector, Matrix, MatrixSeries, Points, QueryResult, QueryValue, Statistics, Table, VectorSample,
};
