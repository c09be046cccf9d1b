//! A store and a query engine in one handle.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use emberdb_model::storage::{Appendable, Appender, Querier, Queryable, StorageError};
use emberdb_model::{Labels, LabelsRef, Matcher, MetricMetadata, SymbolTable, TimeRange};
use emberdb_promql_engine::{Analysis, Engine, Explain, QueryError, QueryOptions, QueryResult};
use emberdb_tsdb_db::{
    CompactionReport, MetadataFilter, OpenError, ReplayProgress, ReplayReport, Tsdb, TsdbStats,
};

use crate::DbOptions;

/// A database. Cloning gives another handle of the same one; see the [crate's](crate) front page for an example.
#[derive(Clone, Debug)]
pub struct Db {
    tsdb: Tsdb,
    engine: Arc<Engine>,
}

impl Db {
    /// Opens a directory for reading and writing; it is created if it does not exist. The log is replayed, and what of
    /// its end cannot be read is cut off: see [`Db::replay_report`]. With [`Replay::Background`](crate::Replay) that goes on after this
    /// returns.
    ///
    /// # Errors
    /// [`OpenError`] if the directory is in use, holds what this version does not read, or cannot be written.
    pub fn open(dir: impl AsRef<Path>, options: DbOptions) -> Result<Self, OpenError> {
        let tsdb = Tsdb::open(&options.engine.env, dir.as_ref(), options.storage)?;
        Ok(Self { tsdb, engine: Arc::new(Engine::new(options.engine)) })
    }

    /// Opens a directory for reading only, also while another program writes it.
    ///
    /// # Errors
    /// [`OpenError`] if there is no database, or it holds what this version does not read.
    pub fn open_read_only(dir: impl AsRef<Path>, options: DbOptions) -> Result<Self, OpenError> {
        let tsdb = Tsdb::open_read_only(&options.engine.env, dir.as_ref(), options.storage)?;
        Ok(Self { tsdb, engine: Arc::new(Engine::new(options.engine)) })
    }

    /// Begins a batch of samples; they become visible together at [`Appender::commit`].
    ///
    /// # Errors
    /// [`StorageError`] if the database is closed or read-only.
    pub fn appender(&self) -> Result<Box<dyn Appender + '_>, StorageError> {
        self.tsdb.appender()
    }

    /// Evaluates `query` at one time, in milliseconds since the Unix epoch.
    ///
    /// # Errors
    /// [`QueryError`] says what is wrong with the query, or what stopped it.
    pub fn query(&self, query: &str, time_ms: i64) -> Result<QueryResult, QueryError> {
        self.query_with(query, time_ms, &QueryOptions::default())
    }

    /// As [`Db::query`], with a timeout, a cancellation handle, limits or a lookback of its own.
    ///
    /// # Errors
    /// As [`Db::query`].
    pub fn query_with(
        &self,
        query: &str,
        time_ms: i64,
        options: &QueryOptions,
    ) -> Result<QueryResult, QueryError> {
        self.engine.instant(&self.tsdb, query, time_ms, options)
    }

    /// Evaluates `query` at `start_ms`, `start_ms + step_ms`, … up to `end_ms`.
    ///
    /// # Errors
    /// As [`Db::query`], and if the step is not above 0 or the end lies before the start.
    pub fn query_range(
        &self,
        query: &str,
        start_ms: i64,
        end_ms: i64,
        step_ms: i64,
    ) -> Result<QueryResult, QueryError> {
        self.query_range_with(query, start_ms, end_ms, step_ms, &QueryOptions::default())
    }

    /// As [`Db::query_range`], with a timeout, a cancellation handle, limits or a lookback of its own.
    ///
    /// # Errors
    /// As [`Db::query_range`].
    pub fn query_range_with(
        &self,
        query: &str,
        start_ms: i64,
        end_ms: i64,
        step_ms: i64,
        options: &QueryOptions,
    ) -> Result<QueryResult, QueryError> {
        self.engine.range(&self.tsdb, query, start_ms, end_ms, step_ms, options)
    }

    /// How `query` would be evaluated at one time: its operators as a tree. The series of its selectors are counted; no sample
    /// is read.
    ///
    /// ```
    /// use emberdb::{Db, DbOptions};
    ///
    /// # let dir = emberdb::Env::real().fs().create_temp_dir("emberdb-explain")?;
    /// # let db = Db::open(&dir, DbOptions::default())?;
    /// let explain = db.explain("sum by (job) (rate(http_requests_total[5m]))", 300_000)?;
    /// println!("{explain}");
    /// let operators: Vec<&str> = explain.iter().map(|(_, node)| node.operator.kind()).collect();
    /// assert_eq!(operators, ["aggregation", "call", "range selector"]);
    /// # db.close()?;
    /// # emberdb::Env::real().fs().remove_dir_all(&dir)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`QueryError`] if the query is malformed or the database is closed.
    pub fn explain(&self, query: &str, time_ms: i64) -> Result<Explain, QueryError> {
        self.engine.explain_instant(&self.tsdb, query, time_ms, &QueryOptions::default())
    }

    /// How `query` would be evaluated at `start_ms`, `start_ms + step_ms`, … up to `end_ms`: see [`Db::explain`].
    ///
    /// # Errors
    /// As [`Db::explain`], and if the step is not above 0 or the end lies before the start.
    pub fn explain_range(
        &self,
        query: &str,
        start_ms: i64,
        end_ms: i64,
        step_ms: i64,
    ) -> Result<Explain, QueryError> {
        self.engine.explain_range(&self.tsdb, query, start_ms, end_ms, step_ms, &QueryOptions::default())
    }

    /// Evaluates `query` as [`Db::query`] does, and tells the time, samples, series and bytes of each operator: see
    /// [`Figures`](crate::Figures). With options of its own: [`Engine::analyze_instant`] on [`Db::storage`].
    ///
    /// ```
    /// use emberdb::{Db, DbOptions, Labels};
    ///
    /// # let dir = emberdb::Env::real().fs().create_temp_dir("emberdb-analyze")?;
    /// # let db = Db::open(&dir, DbOptions::default())?;
    /// let mut appender = db.appender()?;
    /// for job in ["api", "web"] {
    ///     let labels = Labels::new([("__name__", "http_requests_total"), ("job", job)])?;
    ///     for i in 0..20 {
    ///         appender.append(&labels, i * 15_000, i as f64)?;
    ///     }
    /// }
    /// let _ = appender.commit()?;
    ///
    /// let analysis = db.analyze("sum(increase(http_requests_total[1m]))", 285_000)?;
    /// println!("{}\n{}", analysis.result.value, analysis.explain);
    /// let (_, selector) = analysis.explain.iter().last().ok_or("a plan has a node")?;
    /// let figures = selector.figures.ok_or("an analysed query has figures")?;
    /// assert_eq!((figures.series, figures.samples_read), (2, 8)); // a sample each 15 s, for a minute, twice
    /// # db.close()?;
    /// # emberdb::Env::real().fs().remove_dir_all(&dir)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`Db::query`].
    pub fn analyze(&self, query: &str, time_ms: i64) -> Result<Analysis, QueryError> {
        self.engine.analyze_instant(&self.tsdb, query, time_ms, &QueryOptions::default())
    }

    /// Evaluates `query` as [`Db::query_range`] does, and tells what each operator did: see [`Db::analyze`].
    ///
    /// # Errors
    /// As [`Db::query_range`].
    pub fn analyze_range(
        &self,
        query: &str,
        start_ms: i64,
        end_ms: i64,
        step_ms: i64,
    ) -> Result<Analysis, QueryError> {
        self.engine.analyze_range(&self.tsdb, query, start_ms, end_ms, step_ms, &QueryOptions::default())
    }

    /// The labels of the series that meet all matchers of any of `selectors` and have samples in `range`, sorted.
    ///
    /// # Errors
    /// [`StorageError`] if the database is closed.
    pub fn series(&self, selectors: &[Vec<Matcher>], range: TimeRange) -> Result<Vec<Labels>, StorageError> {
        let querier = self.tsdb.querier()?;
        let mut symbols = SymbolTable::new();
        let mut found = BTreeSet::new();
        for matchers in selectors {
            let set = querier.select(matchers, range, &mut symbols)?;
            for series in 0..set.len() {
                let labels = LabelsRef::new(&symbols, set.labels(series)).to_labels();
                found.insert(labels.expect("a stored series has a valid label set"));
            }
        }
        Ok(found.into_iter().collect())
    }

    /// The label names of the series that meet any of `selectors` (of all series, if there is none), sorted.
    ///
    /// # Errors
    /// [`StorageError`] if the database is closed.
    pub fn label_names(
        &self,
        selectors: &[Vec<Matcher>],
        range: TimeRange,
    ) -> Result<Vec<String>, StorageError> {
        self.any_of(selectors, |querier, matchers| querier.label_names(matchers, range))
    }

    /// The values of the label `name` in the series that meet any of `selectors` (all, if there is none), sorted.
    ///
    /// # Errors
    /// [`StorageError`] if the database is closed.
    pub fn label_values(
        &self,
        name: &str,
        selectors: &[Vec<Matcher>],
        range: TimeRange,
    ) -> Result<Vec<String>, StorageError> {
        self.any_of(selectors, |querier, matchers| querier.label_values(name, matchers, range))
    }

    /// What is known about metrics, sorted by name: see [`Tsdb::metadata`].
    ///
    /// ```
    /// use emberdb::{Db, DbOptions, Labels, Metadata, MetadataFilter, MetricType};
    ///
    /// # let dir = emberdb::Env::real().fs().create_temp_dir("emberdb-metadata")?;
    /// let db = Db::open(&dir, DbOptions::default())?;
    /// let mut appender = db.appender()?;
    /// let series = appender.append(&Labels::new([("__name__", "queue_length")])?, 15_000, 7.0)?;
    /// let help = "Jobs that wait.".to_owned();
    /// appender.update_metadata(series, &Metadata { metric_type: MetricType::Gauge, help, ..Metadata::default() })?;
    /// let _ = appender.commit()?;
    ///
    /// let metrics = db.metadata(&MetadataFilter::default())?;
    /// assert_eq!((metrics[0].metric.as_str(), metrics[0].metadata[0].help.as_str()), ("queue_length", "Jobs that wait."));
    /// # db.close()?;
    /// # emberdb::Env::real().fs().remove_dir_all(&dir)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`StorageError`] if the database is closed.
    pub fn metadata(&self, filter: &MetadataFilter) -> Result<Vec<MetricMetadata>, StorageError> {
        self.tsdb.metadata(filter)
    }

    /// How far the replay of the log is.
    #[must_use]
    pub fn replay_progress(&self) -> ReplayProgress {
        self.tsdb.replay_progress()
    }

    /// Whether appends are taken and queries see all samples, as far as that depends on the replay of the log: see
    /// [`Tsdb::check_ready`].
    ///
    /// # Errors
    /// [`StorageError`] while the log is replayed, if it could not be, and if the database is closed.
    pub fn check_ready(&self) -> Result<(), StorageError> {
        self.tsdb.check_ready()
    }

    /// Returns when the log is replayed.
    ///
    /// # Errors
    /// [`StorageError`] if it could not be, or the database is closed.
    pub fn wait_ready(&self) -> Result<(), StorageError> {
        self.tsdb.wait_ready()
    }

    /// What opening found in the log: what was restored, passed over and cut off. Waits for a replay in the background.
    #[must_use]
    pub fn replay_report(&self) -> &ReplayReport {
        self.tsdb.replay_report()
    }

    /// How much the database holds now.
    #[must_use]
    pub fn stats(&self) -> TsdbStats {
        self.tsdb.stats()
    }

    /// Why the last round of maintenance in the background did not do all that was due, if so: see [`Tsdb::maintenance_failure`].
    #[must_use]
    pub fn maintenance_failure(&self) -> Option<String> {
        self.tsdb.maintenance_failure()
    }

    /// The store, for those who write through [`Appendable`] or read through [`Queryable`].
    #[must_use]
    pub fn storage(&self) -> &Tsdb {
        &self.tsdb
    }

    /// The query engine.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Deletes the samples in `range` of all series that meet all of `matchers`. They are not found from now on; their room is
    /// given back later, or by [`Tsdb::clean_tombstones`].
    ///
    /// # Errors
    /// [`StorageError`] if a file cannot be read or written, or the database is closed or read-only.
    pub fn delete(&self, matchers: &[Matcher], range: TimeRange) -> Result<(), StorageError> {
        self.tsdb.delete(matchers, range)
    }

    /// Copies the database as it is now into a folder, which is then a database of its own: see [`Tsdb::snapshot`].
    ///
    /// # Errors
    /// [`StorageError`] if a file cannot be read, linked or written, or the database is closed.
    pub fn snapshot(&self, to: impl AsRef<Path>) -> Result<(), StorageError> {
        self.tsdb.snapshot(to.as_ref(), true)
    }

    /// Moves samples into blocks, and compacts and removes blocks, as far as it is due: see [`Tsdb::maintain`].
    ///
    /// # Errors
    /// [`StorageError`] if a file cannot be read or written, or the database is closed or read-only.
    pub fn maintain(&self) -> Result<CompactionReport, StorageError> {
        self.tsdb.maintain()
    }

    /// Waits until all that was committed is durable against a power cut.
    ///
    /// # Errors
    /// [`StorageError`] if the system fails to make it durable.
    pub fn sync(&self) -> Result<(), StorageError> {
        self.tsdb.sync()
    }

    /// Makes all commits durable and closes the database for all handles of it. Closing twice is no error.
    ///
    /// # Errors
    /// [`StorageError`] if the end of the log cannot be made durable.
    pub fn close(&self) -> Result<(), StorageError> {
        self.tsdb.close()
    }

    fn any_of(
        &self,
        selectors: &[Vec<Matcher>],
        list: impl Fn(&dyn Querier, &[Matcher]) -> Result<Vec<String>, StorageError>,
    ) -> Result<Vec<String>, StorageError> {
        let querier = self.tsdb.querier()?;
        if let [] | [_] = selectors {
            return list(&*querier, selectors.first().map_or(&[], Vec::as_slice));
        }
        let mut all = BTreeSet::new();
        for matchers in selectors {
            all.extend(list(&*querier, matchers)?);
        }
        Ok(all.into_iter().collect())
    }
}
