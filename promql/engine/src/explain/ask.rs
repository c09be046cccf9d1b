//! Asking an engine how it evaluates.

use std::sync::Arc;

use emberdb_model::storage::Queryable;

use super::{Analysis, Explain};
use crate::engine::{Engine, Question, answer};
use crate::error::{QueryError, Result};
use crate::operator::meter::Meters;
use crate::options::QueryOptions;

impl Engine {
    /// How `query` would be evaluated at one time (milliseconds since the epoch).
    ///
    /// The series of its selectors are selected, so that their number is known; no sample is read.
    ///
    /// ```
    /// use emberdb_model::storage::Queryable;
    /// use emberdb_promql_engine::{Engine, QueryError, QueryOptions};
    ///
    /// fn show(storage: &dyn Queryable) -> Result<(), QueryError> {
    ///     let query = "sum by (job) (rate(http_requests_total[5m]))";
    ///     println!("{}", Engine::default().explain_instant(storage, query, 0, &QueryOptions::default())?);
    ///     let analysis = Engine::default().analyze_instant(storage, query, 0, &QueryOptions::default())?;
    ///     println!("{}\n{}", analysis.result.value, analysis.explain);
    ///     Ok(())
    /// }
    /// # drop(show);
    /// ```
    ///
    /// # Errors
    /// [`QueryError`] if the query is malformed, cannot be planned, or its series cannot be selected.
    pub fn explain_instant(
        &self,
        queryable: &dyn Queryable,
        query: &str,
        time_ms: i64,
        options: &QueryOptions,
    ) -> Result<Explain> {
        let question = self.instant_question(query, time_ms)?;
        self.explain(queryable, query, &question, options)
    }

    /// How `query` would be evaluated at each time from `start_ms` to at most `end_ms`, `step_ms` apart.
    ///
    /// # Errors
    /// As [`explain_instant`](Self::explain_instant), and if the step is not positive or the end lies before the start.
    pub fn explain_range(
        &self,
        queryable: &dyn Queryable,
        query: &str,
        start_ms: i64,
        end_ms: i64,
        step_ms: i64,
        options: &QueryOptions,
    ) -> Result<Explain> {
        let question = self.range_question(query, start_ms, end_ms, step_ms)?;
        self.explain(queryable, query, &question, options)
    }

    /// The answer to `query` at one time, with what each operator did for it.
    ///
    /// The answer is that of [`instant`](Self::instant). It comes later, as each column of each operator is timed.
    ///
    /// # Errors
    /// As [`instant`](Self::instant).
    pub fn analyze_instant(
        &self,
        queryable: &dyn Queryable,
        query: &str,
        time_ms: i64,
        options: &QueryOptions,
    ) -> Result<Analysis> {
        let question = self.instant_question(query, time_ms)?;
        self.analyze(queryable, query, question, options)
    }

    /// The answer to `query` at many times, with what each operator did for it: see
    /// [`analyze_instant`](Self::analyze_instant).
    ///
    /// # Errors
    /// As [`range`](Self::range), and if the end lies before the start.
    pub fn analyze_range(
        &self,
        queryable: &dyn Queryable,
        query: &str,
        start_ms: i64,
        end_ms: i64,
        step_ms: i64,
        options: &QueryOptions,
    ) -> Result<Analysis> {
        let question = self.range_question(query, start_ms, end_ms, step_ms)?;
        self.analyze(queryable, query, question, options)
    }

    fn explain(
        &self,
        queryable: &dyn Queryable,
        query: &str,
        question: &Question,
        options: &QueryOptions,
    ) -> Result<Explain> {
        let steps = question.steps.ok_or_else(no_step)?;
        self.ask(queryable, options, question, None, |mut builder| {
            let plan = builder.explain(&question.node, steps)?;
            Ok(Explain { query: query.to_owned(), plan, elapsed: None })
        })
    }

    fn analyze(
        &self,
        queryable: &dyn Queryable,
        query: &str,
        mut question: Question,
        options: &QueryOptions,
    ) -> Result<Analysis> {
        let steps = question.steps.ok_or_else(no_step)?;
        let env = self.options().env.clone();
        let meters = Arc::new(Meters::new(env.clone(), question.node.number_all()));
        self.ask(queryable, options, &question, Some(meters), |mut builder| {
            let begun = env.clock().monotonic();
            let value = question.evaluate(&mut builder)?;
            let elapsed = env.clock().monotonic().saturating_sub(begun);
            // What the plan selects is what was selected for the answer: nothing is selected again.
            let plan = builder.explain(&question.node, steps)?;
            let explain = Explain { query: query.to_owned(), plan, elapsed: Some(elapsed) };
            Ok(Analysis { result: answer(builder, value), explain })
        })
    }
}

fn no_step() -> QueryError {
    QueryError::Execution("there is no step to explain: the end lies before the start".into())
}
