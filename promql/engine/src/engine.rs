//! The front: from a query text to an answer.

use std::fmt;
use std::sync::Arc;

use emberdb_model::storage::Queryable;
use emberdb_model::{Label, SampleColumns, SampleValue, SymbolTable};
use emberdb_promql_syntax::{DurationError, Expr, Span, ValueType, parse_with};

use crate::batch::Steps;
use crate::context::QueryContext;
use crate::error::{QueryError, Result};
use crate::ledger::Ledger;
use crate::operator::exchange::{all_of, for_each_column, hold};
use crate::operator::meter::Meters;
use crate::operator::selector::weight_of;
use crate::operator::{Scratch, SeriesLabels};
use crate::options::{EngineOptions, QueryOptions};
use crate::plan::{Builder, Node, NodeKind, QueryTimes, Settings, lower, reach, rewrite};
use crate::value::{InstantVector, Matrix, PointColumns, QueryResult, QueryValue};

/// Evaluates PromQL on any [`Queryable`].
///
/// Cheap to share; queries may run from many threads at once.
pub struct Engine {
    options: EngineOptions,
    pool: Option<Arc<rayon::ThreadPool>>,
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").field("options", &self.options).finish_non_exhaustive()
    }
}

impl Default for Engine {
    fn default() -> Self {
        Self::new(EngineOptions::default())
    }
}

impl Engine {
    /// An engine with its own threads, if it is to have some. Where the system gives none, the caller's thread does the
    /// work: answers are the same.
    #[must_use]
    pub fn new(options: EngineOptions) -> Self {
        let build = || {
            let builder = rayon::ThreadPoolBuilder::new().num_threads(options.threads);
            builder.thread_name(|n| format!("promql-{n}")).build().ok()
        };
        let pool = if options.threads > 1 { build().map(Arc::new) } else { None };
        Self { options, pool }
    }

    /// How it evaluates.
    #[must_use]
    pub fn options(&self) -> &EngineOptions {
        &self.options
    }

    /// The answer to `query` at one time (milliseconds since the epoch).
    ///
    /// # Errors
    /// [`QueryError`] if the query is malformed, cannot be evaluated, or reaches a limit.
    pub fn instant(
        &self,
        queryable: &dyn Queryable,
        query: &str,
        time_ms: i64,
        options: &QueryOptions,
    ) -> Result<QueryResult> {
        let question = self.instant_question(query, time_ms)?;
        self.run(queryable, options, &question)
    }

    /// The answer to `query` at each time from `start_ms` to at most `end_ms`, `step_ms` apart: always a matrix.
    ///
    /// # Errors
    /// As [`instant`](Self::instant), and if the step is not positive.
    pub fn range(
        &self,
        queryable: &dyn Queryable,
        query: &str,
        start_ms: i64,
        end_ms: i64,
        step_ms: i64,
        options: &QueryOptions,
    ) -> Result<QueryResult> {
        let question = self.range_question(query, start_ms, end_ms, step_ms)?;
        self.run(queryable, options, &question)
    }

    pub(crate) fn instant_question(&self, query: &str, time_ms: i64) -> Result<Question> {
        let times = self.times(time_ms, time_ms, 0);
        let expr = self.parse(query)?;
        let node = plan(query, &expr, &times)?;
        Ok(Question { node, times, steps: Some(Steps::instant(time_ms)), is_range: false })
    }

    pub(crate) fn range_question(
        &self,
        query: &str,
        start_ms: i64,
        end_ms: i64,
        step_ms: i64,
    ) -> Result<Question> {
        let times = self.times(start_ms, end_ms, step_ms);
        let expr = self.parse(query)?;
        let value_type = expr.value_type();
        if !matches!(value_type, ValueType::Scalar | ValueType::Vector) {
            let message = format!(
                "invalid expression type \"{}\" for range query, must be Scalar or instant Vector",
                value_type.description()
            );
            return Err(QueryError::Parse { rendered: message.clone(), message });
        }
        if step_ms <= 0 && end_ms > start_ms {
            let message =
                "zero or negative query resolution step widths are not accepted. Try a positive integer";
            return Err(QueryError::Parse { rendered: message.into(), message: message.into() });
        }
        let node = plan(query, &expr, &times)?;
        let steps = Steps::range(start_ms, end_ms, step_ms).map(Steps::checked).transpose()?;
        Ok(Question { node, times, steps, is_range: true })
    }

    fn times(&self, start_ms: i64, end_ms: i64, step_ms: i64) -> QueryTimes {
        QueryTimes { start_ms, end_ms, step_ms, subquery_step_ms: self.options.subquery_step_ms.max(1) }
    }

    fn parse(&self, query: &str) -> Result<Expr> {
        parse_with(query, &self.options.parser)
            .map_err(|error| QueryError::Parse { message: error.to_string(), rendered: error.render(query) })
    }

    fn run(
        &self,
        queryable: &dyn Queryable,
        asked: &QueryOptions,
        question: &Question,
    ) -> Result<QueryResult> {
        self.ask(queryable, asked, question, None, |mut builder| {
            let value = question.evaluate(&mut builder)?;
            Ok(answer(builder, value))
        })
    }

    /// Gives `ask` what builds the operators of a question; there are meters if it is to be analysed.
    pub(crate) fn ask<T>(
        &self,
        queryable: &dyn Queryable,
        asked: &QueryOptions,
        question: &Question,
        meters: Option<Arc<Meters>>,
        ask: impl FnOnce(Builder<'_>) -> Result<T>,
    ) -> Result<T> {
        let options = &self.options;
        let samples_max = asked.samples_max.unwrap_or(options.samples_max);
        // What is limited by the ledger is not limited by what is really in memory.
        let ledger = question.steps.filter(|_| asked.statistics).map(|steps| Ledger::new(samples_max, steps));
        let context = Arc::new(QueryContext::new(
            options.env.clone(),
            asked.timeout.unwrap_or(options.timeout).min(options.timeout),
            asked.cancel.clone(),
            if ledger.is_some() { usize::MAX } else { samples_max },
            self.pool.clone(),
            meters,
        ));
        let lookback_ms = asked.lookback_ms.filter(|&ms| ms > 0).unwrap_or(options.lookback_ms.max(1));
        let settings = Settings {
            times: question.times,
            lookback_ms,
            is_delayed: options.delayed_name_removal,
            uses_starts: options.use_start_timestamps,
            has_types: options.type_and_unit_labels,
        };
        let querier = queryable.querier_in(reach(&question.node, &question.times, lookback_ms))?;
        ask(Builder::new(context, settings, &*querier, ledger))
    }
}

/// A query that was read and planned.
pub(crate) struct Question {
    pub(crate) node: Node,
    times: QueryTimes,
    /// `None` if a range has no step.
    pub(crate) steps: Option<Steps>,
    is_range: bool,
}

impl Question {
    /// Computes the answer.
    pub(crate) fn evaluate(&self, builder: &mut Builder<'_>) -> Result<Unsymboled> {
        let value = match self.steps {
            Some(steps) if self.is_range => range_value(builder, &self.node, steps)?,
            Some(steps) => instant_value(builder, &self.node, steps)?,
            None => empty_matrix(),
        };
        builder.context.check()?;
        Ok(value)
    }
}

/// The value with its labels, and what is to be said about it.
pub(crate) fn answer(builder: Builder<'_>, value: Unsymboled) -> QueryResult {
    let context = builder.context;
    let statistics = builder.ledger.map(|ledger| ledger.statistics());
    let samples_read = statistics.as_ref().map(|statistics| statistics.samples_read);
    QueryResult {
        value: value.with(Arc::new(builder.symbols)),
        annotations: context.take_notes(),
        samples_read: samples_read.unwrap_or_else(|| context.samples_read()),
        statistics,
    }
}

fn plan(query: &str, expr: &Expr, times: &QueryTimes) -> Result<Node> {
    let mut node = lower(expr, times).map_err(|error| unresolved(query, &error))?;
    rewrite(&mut node);
    Ok(node)
}

/// A duration without a value: the question is wrong, though it reads well.
fn unresolved(query: &str, error: &DurationError) -> QueryError {
    let (line, column) = error.span().line_column(query);
    let message = format!("{line}:{column}: {error}");
    let rendered = format!("{message}\n{}", caret(query, error.span()));
    QueryError::Parse { message, rendered }
}

/// The line of the query with carets under the span.
fn caret(query: &str, span: Span) -> String {
    let (line, column) = span.line_column(query);
    let text = query.lines().nth(line - 1).unwrap_or_default();
    let indent = text.get(..column - 1).map_or(0, |before| before.chars().count());
    let width = span.text(query).lines().next().map_or(1, |covered| covered.chars().count().max(1));
    format!("{text}\n{}{}", " ".repeat(indent), "^".repeat(width))
}

/// A value whose labels wait for the symbol table, which is still in use while the query runs.
pub(crate) enum Unsymboled {
    Ready(QueryValue),
    Vector { timestamp_ms: i64, series: SeriesLabels, values: Vec<SampleValue> },
    Matrix { series: SeriesLabels, points: PointColumns },
}

impl Unsymboled {
    fn with(self, symbols: Arc<SymbolTable>) -> QueryValue {
        match self {
            Self::Ready(value) => value,
            Self::Vector { timestamp_ms, series, values } => {
                QueryValue::Vector(InstantVector::new(timestamp_ms, symbols, series, values))
            }
            Self::Matrix { series, points } => QueryValue::Matrix(Matrix::new(symbols, series, points)),
        }
    }
}

fn empty_matrix() -> Unsymboled {
    Unsymboled::Matrix { series: SeriesLabels::default(), points: PointColumns::Sampled(Vec::new()) }
}

fn instant_value(builder: &mut Builder<'_>, node: &Node, steps: Steps) -> Result<Unsymboled> {
    let timestamp_ms = steps.start_ms;
    match node.value_type {
        ValueType::String => {
            let NodeKind::Text(text) = &node.kind else { return Ok(empty_matrix()) };
            Ok(Unsymboled::Ready(QueryValue::String { timestamp_ms, value: text.value.clone() }))
        }
        ValueType::Scalar => {
            let value = builder.scalar(node, steps)?.0[0];
            Ok(Unsymboled::Ready(QueryValue::Scalar { timestamp_ms, value }))
        }
        ValueType::Vector => {
            let vector = builder.vector(node, steps)?;
            let vector = builder.finished(vector);
            let mut series = SeriesLabels::default();
            let mut values = Vec::new();
            for_each_column(&*vector, &all_of(&*vector), &builder.context, |number, column| {
                let histogram = column.histogram(0).map(|h| SampleValue::Histogram(Arc::clone(h)));
                if let Some(value) = histogram.or_else(|| column.get(0).map(SampleValue::Float)) {
                    series.push(vector.series().get(number).iter().copied(), false);
                    values.push(value);
                }
                Ok(())
            })?;
            Ok(Unsymboled::Vector { timestamp_ms, series, values })
        }
        ValueType::Matrix => windows_value(builder, node, steps),
    }
}

/// The samples of a range vector at one time.
fn windows_value(builder: &mut Builder<'_>, node: &Node, steps: Steps) -> Result<Unsymboled> {
    let matrix = builder.matrix(node, steps)?;
    let mut scratch = Scratch::new(&builder.context);
    let mut reservation = builder.context.hold(0)?;
    let mut series = SeriesLabels::default();
    let mut columns: Vec<SampleColumns> = Vec::new();
    let mut count = 0;
    for number in 0..matrix.len() {
        let mut samples = SampleColumns::new();
        matrix.samples(number, &mut scratch, &mut samples)?;
        if samples.is_empty() {
            continue;
        }
        count += weight_of(&samples);
        reservation.set(count)?;
        let drops = matrix.series().drops_name(number);
        let labels = matrix.series().get(number).iter().copied();
        series.push(labels.filter(|l| !drops || !builder.known.is_metadata(l.name)), false);
        columns.push(samples);
    }
    let order = sorted(&series, &builder.symbols);
    let columns = order.iter().map(|&at| std::mem::take(&mut columns[at])).collect();
    let series = series.select(order.into_iter());
    Ok(Unsymboled::Matrix { series, points: PointColumns::Sampled(columns) })
}

fn range_value(builder: &mut Builder<'_>, node: &Node, steps: Steps) -> Result<Unsymboled> {
    if node.value_type == ValueType::Scalar {
        let scalar = builder.scalar(node, steps)?;
        let columns = vec![scalar.0.into_iter().map(Some).collect()];
        let points = PointColumns::Stepped { steps, columns };
        return Ok(Unsymboled::Matrix { series: SeriesLabels::nameless(), points });
    }
    let vector = builder.vector(node, steps)?;
    let vector = builder.finished(vector);
    let held = hold(&*vector, &builder.context)?;
    let (series, mut columns) = held.into_columns();
    let order = sorted(&series, &builder.symbols);
    let columns = order.iter().map(|&at| std::mem::take(&mut columns[at])).collect();
    let series = series.select(order.into_iter());
    Ok(Unsymboled::Matrix { series, points: PointColumns::Stepped { steps, columns } })
}

/// The series in the order of their labels. Symbols are ranked by their text once, so that labels compare by number.
fn sorted(series: &SeriesLabels, symbols: &SymbolTable) -> Vec<usize> {
    let all = || series.iter().flatten().flat_map(|label| [label.name, label.value]);
    let mut used: Vec<_> = all().collect();
    used.sort_unstable();
    used.dedup();
    used.sort_unstable_by(|&a, &b| symbols.resolve(a).cmp(symbols.resolve(b)));
    let mut ranks = vec![0_u32; symbols.numbers()];
    for (rank, symbol) in used.into_iter().enumerate() {
        ranks[symbol.index()] = rank as u32;
    }
    let key = |label: &Label| (ranks[label.name.index()], ranks[label.value.index()]);
    let mut order: Vec<usize> = (0..series.len()).collect();
    order.sort_by(|&a, &b| series.get(a).iter().map(key).cmp(series.get(b).iter().map(key)));
    order
}
