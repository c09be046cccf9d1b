//! Exemplars by the text of a query.

use emberdb_model::storage::ExemplarQueryable;
use emberdb_model::{Matcher, SeriesExemplars, TimeRange};
use emberdb_promql_engine::QueryError;
use emberdb_promql_syntax::{VectorSelector, Visitor, parse_with};

use crate::Db;

impl Db {
    /// The exemplars in `range` of all series that `query` asks for, whatever it does with them: of those that meet any of its
    /// selectors. They are sorted by series and time; a series that is asked for twice is there once.
    ///
    /// ```
    /// use emberdb::{Db, DbOptions, Exemplar, Labels, TimeRange};
    ///
    /// # let dir = emberdb::Env::real().fs().create_temp_dir("emberdb-exemplars")?;
    /// let db = Db::open(&dir, DbOptions::default())?;
    /// let mut appender = db.appender()?;
    /// let bucket = Labels::new([("__name__", "latency_seconds_bucket"), ("le", "0.5")])?;
    /// let series = appender.append(&bucket, 15_000, 7.0)?;
    /// let slowest = Exemplar { labels: Labels::new([("trace_id", "4bf92f")])?, value: 0.43, timestamp_ms: 14_200 };
    /// appender.append_exemplar(series, &slowest)?;
    /// let _ = appender.commit()?;
    ///
    /// let query = "histogram_quantile(0.9, sum by (le) (rate(latency_seconds_bucket[5m])))";
    /// let found = db.query_exemplars(query, TimeRange::new(0, 60_000))?;
    /// assert_eq!((&found[0].series, &found[0].exemplars[..]), (&bucket, &[slowest][..]));
    /// # db.close()?;
    /// # emberdb::Env::real().fs().remove_dir_all(&dir)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`QueryError`] if the query is malformed or the database is closed.
    pub fn query_exemplars(&self, query: &str, range: TimeRange) -> Result<Vec<SeriesExemplars>, QueryError> {
        Ok(self.storage().select_exemplars(&self.selectors(query)?, range)?)
    }

    /// The matchers of each selector in `query`, from left to right.
    ///
    /// # Errors
    /// [`QueryError`] if the query is malformed.
    pub fn selectors(&self, query: &str) -> Result<Vec<Vec<Matcher>>, QueryError> {
        let expr = parse_with(query, &self.engine().options().parser).map_err(|error| QueryError::Parse {
            message: error.to_string(),
            rendered: error.render(query),
        })?;
        let mut selectors = Selectors::default();
        selectors.visit_expr(&expr);
        Ok(selectors.0)
    }
}

/// Gathers selectors.
#[derive(Default)]
struct Selectors(Vec<Vec<Matcher>>);

impl Visitor for Selectors {
    fn visit_vector_selector(&mut self, selector: &VectorSelector) {
        self.0.push(selector.matchers.clone());
    }
}
