//! The front door: queries in, answers out.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap, HashSet};

use emberdb_model::storage::Queryable;
use emberdb_model::{Labels, Sample, SampleValue};
use emberdb_promql_syntax::{
    Expr, MatrixSelector, ParserOptions, Subquery, ValueType, VectorSelector, Visitor, walk_expr,
};

use super::error::NaiveError;
use super::evaluator::Evaluator;
use super::extended::shown;
use super::frame::Frame;
use super::labels::without_metadata;
use super::notes::Notes;
use super::stats_only;
use super::value::{Element, NaiveAnswer, NaiveSample, NaiveSeries, NaiveValue, Value, Window};

/// How queries are evaluated.
#[derive(Clone, Debug, PartialEq)]
pub struct NaiveOptions {
    /// How far back an instant selector looks, in milliseconds.
    pub lookback_ms: i64,
    /// The step of a subquery that names none, in milliseconds.
    pub subquery_step_ms: i64,
    /// Names are dropped at the end of the query instead of by each function.
    pub delayed_name_removal: bool,
    /// `rate`, `irate`, `increase` and `resets` go by the start timestamps of samples too, and `start_timestamp` shows
    /// them.
    pub use_start_timestamps: bool,
    /// The label `__type__` tells what a counter is, not the name.
    pub type_and_unit_labels: bool,
    /// How many steps a range query may have.
    pub points_max: Option<usize>,
    /// Which syntax is understood.
    pub parser: ParserOptions,
}

impl Default for NaiveOptions {
    /// Those of a Prometheus server with all of the language switched on and no limit on points.
    fn default() -> Self {
        Self {
            lookback_ms: 300_000,
            subquery_step_ms: 60_000,
            delayed_name_removal: false,
            use_start_timestamps: false,
            type_and_unit_labels: false,
            points_max: None,
            parser: ParserOptions::ALL,
        }
    }
}

/// The naive evaluator.
#[derive(Clone, Debug, Default)]
pub struct NaiveEngine {
    options: NaiveOptions,
}

impl NaiveEngine {
    /// An evaluator with these options.
    #[must_use]
    pub fn new(options: NaiveOptions) -> Self {
        Self { options }
    }

    /// The answer at a time, in milliseconds.
    ///
    /// # Errors
    /// [`NaiveError`] if the query is malformed, fails, or the storage does.
    pub fn instant(
        &self,
        storage: &dyn Queryable,
        query: &str,
        time_ms: i64,
    ) -> Result<NaiveAnswer, NaiveError> {
        let expr = self.parse(query)?;
        let frame = Frame::instant(time_ms);
        let ev = self.evaluator(storage, &expr, frame)?;
        CheckDurations::run(&ev, &expr)?;
        let value = match ev.eval(&expr, frame, time_ms)? {
            Value::Scalar(value) => NaiveValue::Scalar(Sample { timestamp_ms: time_ms, value }),
            Value::String(value) => NaiveValue::String { timestamp_ms: time_ms, value },
            Value::Vector(elements) => {
                let mut seen = HashSet::new();
                let mut vector = Vec::new();
                for element in elements {
                    let labels = final_labels(&element);
                    if !seen.insert(labels.clone()) {
                        return Err(NaiveError::same_labelset());
                    }
                    vector.push(NaiveSample { labels, timestamp_ms: time_ms, value: element.value });
                }
                NaiveValue::Vector(vector)
            }
            Value::Matrix(windows) => NaiveValue::Matrix(shown_windows(&expr, windows)?),
        };
        Ok(NaiveAnswer { value, annotations: ev.notes.into_inner().finish() })
    }

    /// The answers at `start_ms, start_ms + step_ms, … ≤ end_ms`: always a matrix.
    ///
    /// # Errors
    /// [`NaiveError`] if the query is malformed, of a type that has no range, fails, or the storage does.
    pub fn range(
        &self,
        storage: &dyn Queryable,
        query: &str,
        start_ms: i64,
        end_ms: i64,
        step_ms: i64,
    ) -> Result<NaiveAnswer, NaiveError> {
        let expr = self.parse(query)?;
        let value_type = expr.value_type();
        if !matches!(value_type, ValueType::Scalar | ValueType::Vector) {
            return Err(NaiveError::bad_data(format!(
                "invalid expression type \"{}\" for range query, must be Scalar or instant Vector",
                value_type.description()
            )));
        }
        if step_ms <= 0 || end_ms < start_ms {
            return Err(NaiveError::bad_data(
                "a range query needs a step above zero and an end not before its start",
            ));
        }
        let frame = Frame { start_ms, end_ms, step_ms };
        if self.options.points_max.is_some_and(|max| frame.steps().count() > max) {
            return Err(NaiveError::bad_data(
                "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)",
            ));
        }
        let ev = self.evaluator(storage, &expr, frame)?;
        CheckDurations::run(&ev, &expr)?;
        let mut series: BTreeMap<Labels, Vec<(i64, SampleValue)>> = BTreeMap::new();
        for timestamp_ms in frame.steps() {
            let elements = match ev.eval(&expr, frame, timestamp_ms)? {
                Value::Vector(elements) => elements,
                Value::Scalar(value) => vec![super::call::unlabelled(value)],
                Value::String(_) | Value::Matrix(_) => return Err(NaiveError::bad_data("not a vector")),
            };
            for element in elements {
                let samples = series.entry(final_labels(&element)).or_default();
                if samples.last().is_some_and(|&(newest_ms, _)| newest_ms == timestamp_ms) {
                    return Err(NaiveError::same_labelset());
                }
                samples.push((timestamp_ms, element.value));
            }
        }
        let matrix = series.into_iter().map(|(labels, samples)| NaiveSeries { labels, samples }).collect();
        let annotations = ev.notes.into_inner().finish();
        Ok(NaiveAnswer { value: NaiveValue::Matrix(matrix), annotations })
    }

    fn parse(&self, query: &str) -> Result<Expr, NaiveError> {
        emberdb_promql_syntax::parse_with(query, &self.options.parser)
            .map_err(|error| NaiveError::bad_data(error.to_string()))
    }

    fn evaluator(
        &self,
        storage: &dyn Queryable,
        expr: &Expr,
        query: Frame,
    ) -> Result<Evaluator<'_>, NaiveError> {
        Ok(Evaluator {
            querier: storage.querier()?,
            options: &self.options,
            query,
            notes: RefCell::new(Notes::default()),
            selected: RefCell::new(HashMap::new()),
            stats_only: stats_only::selectors(expr),
            read_stats_only: RefCell::new(HashMap::new()),
            subqueries: RefCell::new(HashMap::new()),
            params: RefCell::new(HashMap::new()),
            name_dropped_first: RefCell::new(HashMap::new()),
            name_dropped_last: RefCell::new(HashMap::new()),
            repairs_seen: RefCell::new(HashSet::new()),
        })
    }
}

/// The labels after names marked for removal are gone.
fn final_labels(element: &Element) -> Labels {
    if element.drop_name { without_metadata(&element.labels) } else { element.labels.clone() }
}

/// A range vector as the answer: sorted by labels, without empty series.
fn shown_windows(expr: &Expr, windows: Vec<Window>) -> Result<Vec<NaiveSeries>, NaiveError> {
    let extended = match expr.without_parens() {
        Expr::MatrixSelector(matrix) => matrix.selector.extended_range,
        _ => None,
    };
    let mut series = Vec::new();
    for window in windows {
        let samples = match extended {
            None => window.samples,
            Some(kind) => shown(&window, kind)?.into_iter().map(Into::into).collect(),
        };
        let labels = if window.drop_name { without_metadata(&window.labels) } else { window.labels };
        if !samples.is_empty() {
            series.push(NaiveSeries { labels, samples });
        }
    }
    series.sort_by(|a, b| a.labels.cmp(&b.labels));
    Ok(series)
}

/// Durations that have no value make the query invalid, whether or not they are reached.
struct CheckDurations<'e, 'a> {
    ev: &'e Evaluator<'a>,
    result: Result<(), NaiveError>,
}

impl<'e, 'a> CheckDurations<'e, 'a> {
    fn run(ev: &'e Evaluator<'a>, expr: &Expr) -> Result<(), NaiveError> {
        let mut check = Self { ev, result: Ok(()) };
        check.visit_expr(expr);
        check.result
    }

    fn matrix(&self, matrix: &MatrixSelector) -> Result<(), NaiveError> {
        self.ev.length_ms(&matrix.range).map(drop)
    }

    fn subquery(&self, subquery: &Subquery) -> Result<(), NaiveError> {
        self.ev.length_ms(&subquery.range)?;
        self.ev.offset_ms(&subquery.offset)?;
        subquery.step.as_ref().map_or(Ok(0), |step| self.ev.length_ms(step)).map(drop)
    }

    fn keep(&mut self, result: Result<(), NaiveError>) {
        if self.result.is_ok() {
            self.result = result;
        }
    }
}

impl Visitor for CheckDurations<'_, '_> {
    fn visit_expr(&mut self, expr: &Expr) {
        match expr {
            Expr::MatrixSelector(matrix) => self.keep(self.matrix(matrix)),
            Expr::Subquery(subquery) => self.keep(self.subquery(subquery)),
            _ => {}
        }
        walk_expr(self, expr);
    }

    fn visit_vector_selector(&mut self, selector: &VectorSelector) {
        self.keep(self.ev.offset_ms(&selector.offset).map(drop));
    }
}
