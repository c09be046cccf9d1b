//! What can be chosen: once for an engine, or for each query.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use emberdb_env::Env;
use emberdb_promql_syntax::ParserOptions;

/// How an [`Engine`](crate::Engine) evaluates. The default is that of a Prometheus 3.14 server.
#[derive(Clone, Debug)]
pub struct EngineOptions {
    /// How far an instant selector looks back for a sample, in milliseconds; greater than 0.
    pub lookback_ms: i64,
    /// How long a query may take.
    pub timeout: Duration,
    /// How many samples a query may hold in memory at once. Whatever it says, a query and each of its subqueries has at most 2^25 steps.
    pub samples_max: usize,
    /// The step of a subquery that gives none, in milliseconds; greater than 0.
    pub subquery_step_ms: i64,
    /// Which syntax beyond the stable one is understood.
    pub parser: ParserOptions,
    /// Metric names that functions drop stay until the end of the query, so that `by (__name__)` sees them.
    pub delayed_name_removal: bool,
    /// `rate`, `irate`, `increase` and `resets` go by the start timestamps of samples too, where the storage knows them, and
    /// `start_timestamp` shows them.
    pub use_start_timestamps: bool,
    /// The storage keeps the type of a metric in the label `__type__`: whether something is a counter is told by that, not by
    /// its name.
    pub type_and_unit_labels: bool,
    /// How many threads compute: 1 means the caller's alone, n a pool of n. Answers do not depend on it.
    pub threads: usize,
    /// Where the time comes from.
    pub env: Env,
}

impl Default for EngineOptions {
    fn default() -> Self {
        Self {
            lookback_ms: 300_000,
            timeout: Duration::from_secs(120),
            samples_max: 50_000_000,
            subquery_step_ms: 60_000,
            parser: ParserOptions::default(),
            delayed_name_removal: false,
            use_start_timestamps: false,
            type_and_unit_labels: false,
            threads: 1,
            env: Env::real(),
        }
    }
}

/// What one query does otherwise than its engine; `None` is as the engine does.
#[derive(Clone, Debug, Default)]
pub struct QueryOptions {
    /// How long the query may take; never longer than the engine allows.
    pub timeout: Option<Duration>,
    /// Ends the query from another thread.
    pub cancel: Option<CancelHandle>,
    /// How many samples the query may hold in memory at once.
    pub samples_max: Option<usize>,
    /// Count what the query reads and holds as Prometheus does, and hold the limit on samples against that. The query is then
    /// evaluated as Prometheus evaluates it, the result of each operator in memory as a whole: slower, and with more memory.
    pub statistics: bool,
    /// How far an instant selector looks back, in milliseconds; not above 0 is as the engine does.
    pub lookback_ms: Option<i64>,
}

/// Ends a query from another thread. Clones are the same handle.
///
/// ```
/// use emberdb_promql_engine::{CancelHandle, QueryOptions};
///
/// let cancel = CancelHandle::new();
/// let options = QueryOptions { cancel: Some(cancel.clone()), ..QueryOptions::default() };
/// cancel.cancel(); // from any thread, while the query runs
/// assert!(cancel.is_canceled());
/// # drop(options);
/// ```
#[derive(Clone, Debug, Default)]
pub struct CancelHandle {
    canceled: Arc<AtomicBool>,
}

impl CancelHandle {
    /// A handle that has not been used.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Ends the queries that were given this handle, at the next series they look at.
    pub fn cancel(&self) {
        self.canceled.store(true, Ordering::Relaxed);
    }

    /// Whether [`cancel`](Self::cancel) was called.
    #[must_use]
    pub fn is_canceled(&self) -> bool {
        self.canceled.load(Ordering::Relaxed)
    }
}
