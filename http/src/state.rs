//! What all handlers share.

use std::time::Duration;

use emberdb::{CancelHandle, Db, QueryError, QueryOptions, QueryResult};
use tokio::sync::Semaphore;

use crate::envelope::ApiError;
use crate::options::ApiOptions;

/// At most so many requests to store samples are decompressed and stored at the same time, each of some ten MiB. Batches are
/// committed one after the other anyway.
const WRITES_MAX: usize = 8;

/// The database and the limits on asking it.
pub(crate) struct Api {
    pub(crate) db: Db,
    pub(crate) options: ApiOptions,
    running: Semaphore,
    writing: Semaphore,
}

/// Cancels a query when the request is dropped because the client went away.
struct CancelOnDrop(CancelHandle);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

/// The answer to a query, and how long it took.
pub(crate) struct Evaluated {
    pub(crate) result: QueryResult,
    /// Until there was room for it.
    pub(crate) queued: Duration,
    /// From when it was asked.
    pub(crate) total: Duration,
}

impl Api {
    pub(crate) fn new(db: Db, options: ApiOptions) -> Self {
        let running = Semaphore::new(options.concurrent_queries_max);
        Self { db, options, running, writing: Semaphore::new(WRITES_MAX) }
    }

    /// The time now, in milliseconds since the Unix epoch.
    pub(crate) fn now_ms(&self) -> i64 {
        self.db.engine().options().env.clock().now_ms()
    }

    /// Runs a query off the async threads, when there is room for it.
    pub(crate) async fn evaluate(
        &self,
        mut options: QueryOptions,
        evaluate: impl FnOnce(&Db, &QueryOptions) -> Result<QueryResult, QueryError> + Send + 'static,
    ) -> Result<Evaluated, ApiError> {
        let timeout = options.timeout.unwrap_or(self.options.timeout).min(self.options.timeout);
        let waiting_since = tokio::time::Instant::now();
        let room = tokio::time::timeout(timeout, self.running.acquire())
            .await
            .map_err(|_| ApiError::timeout("query timed out in query queue"))?
            .map_err(|_| ApiError::internal("the server is shutting down"))?;
        let queued = waiting_since.elapsed();
        options.timeout = Some(timeout.saturating_sub(queued));
        let cancel = CancelHandle::new();
        options.cancel = Some(cancel.clone());
        let guard = CancelOnDrop(cancel);
        let result = self.blocking(move |db| evaluate(db, &options).map_err(ApiError::from)).await;
        drop((guard, room));
        Ok(Evaluated { result: result?, queued, total: waiting_since.elapsed() })
    }

    /// Runs what stores samples off the async threads, when there is room for it.
    pub(crate) async fn store<T: Send + 'static>(
        &self,
        body: impl FnOnce(&Db) -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let room = self.writing.acquire().await;
        let room = room.map_err(|_| ApiError::internal("the server is shutting down"))?;
        let stored = self.blocking(body).await;
        drop(room);
        stored
    }

    /// Runs what takes a while off the async threads.
    pub(crate) async fn blocking<T: Send + 'static>(
        &self,
        body: impl FnOnce(&Db) -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let db = self.db.clone();
        tokio::task::spawn_blocking(move || body(&db))
            .await
            .map_err(|error| ApiError::internal(format!("unexpected error: {error}")))?
    }
}
