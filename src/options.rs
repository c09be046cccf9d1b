//! How a database is opened and asked.

use emberdb_promql_engine::EngineOptions;
use emberdb_tsdb_db::TsdbOptions;

/// Options of [`Db::open`](crate::Db::open). The default is what a Prometheus server does; exemplars, which it keeps only when
/// told to, are kept.
#[derive(Clone, Debug, Default)]
pub struct DbOptions {
    /// How samples are stored.
    pub storage: TsdbOptions,
    /// How queries are evaluated.
    pub engine: EngineOptions,
}
