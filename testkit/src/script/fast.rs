//! The engine over the storage in memory, as a script engine.

use emberdb_model::{AnnotationKind, Labels, LabelsRef, Sample};
use emberdb_promql_engine::{
    Engine, EngineOptions, QueryError, QueryErrorKind, QueryOptions, QueryResult, QueryValue,
};
use emberdb_promql_syntax::{Expr, ParserOptions, VectorSelector, Visitor};

use crate::{MemoryStorage, NaiveError, NaiveErrorKind, NaiveSample, NaiveSeries, NaiveValue};

use super::naive::load_into;
use super::{ScriptAnswer, ScriptEngine, ScriptSeries};

/// The engine, with the storage that scripts fill.
pub struct FastScriptEngine {
    engine: Engine,
    storage: MemoryStorage,
}

impl FastScriptEngine {
    /// An empty storage and an engine that knows the whole language.
    #[must_use]
    pub fn new(options: EngineOptions) -> Self {
        let options = EngineOptions { parser: ParserOptions::ALL, ..options };
        Self { engine: Engine::new(options), storage: MemoryStorage::new() }
    }
}

impl ScriptEngine for FastScriptEngine {
    fn clear(&mut self) {
        self.storage = MemoryStorage::new();
    }

    fn load(&mut self, series: &[ScriptSeries]) -> Result<(), String> {
        load_into(&self.storage, series)
    }

    fn instant(&mut self, query: &str, time_ms: i64) -> Result<ScriptAnswer, NaiveError> {
        rendered(query, self.engine.instant(&self.storage, query, time_ms, &QueryOptions::default()))
    }

    fn range(
        &mut self,
        query: &str,
        start_ms: i64,
        end_ms: i64,
        step_ms: i64,
    ) -> Result<ScriptAnswer, NaiveError> {
        let options = QueryOptions::default();
        rendered(query, self.engine.range(&self.storage, query, start_ms, end_ms, step_ms, &options))
    }

    fn unsupported(&self, query: &Expr) -> Option<&'static str> {
        let mut extended = HasExtendedRange(false);
        extended.visit_expr(query);
        extended.0.then_some("`anchored` and `smoothed`")
    }
}

struct HasExtendedRange(bool);

impl Visitor for HasExtendedRange {
    fn visit_vector_selector(&mut self, selector: &VectorSelector) {
        self.0 |= selector.extended_range.is_some();
    }
}

fn rendered(query: &str, answer: Result<QueryResult, QueryError>) -> Result<ScriptAnswer, NaiveError> {
    let answer = answer.map_err(|error| naive_error(&error))?;
    let texts = |kind| answer.annotations.of_kind(kind).map(|a| a.render(query)).collect();
    let (warnings, infos) = (texts(AnnotationKind::Warning), texts(AnnotationKind::Info));
    Ok(ScriptAnswer { value: naive_value(&answer.value), warnings, infos })
}

fn naive_error(error: &QueryError) -> NaiveError {
    let kind = match error.kind() {
        QueryErrorKind::Parse => NaiveErrorKind::BadData,
        QueryErrorKind::Storage => NaiveErrorKind::Storage,
        _ => NaiveErrorKind::Execution,
    };
    NaiveError { kind, message: error.to_string() }
}

fn naive_value(value: &QueryValue) -> NaiveValue {
    let sample = |(timestamp_ms, value)| Sample { timestamp_ms, value };
    match value {
        QueryValue::Scalar { timestamp_ms, value } => NaiveValue::Scalar(sample((*timestamp_ms, *value))),
        QueryValue::String { timestamp_ms, value } => {
            NaiveValue::String { timestamp_ms: *timestamp_ms, value: value.to_string() }
        }
        QueryValue::Vector(vector) => {
            let one = vector
                .iter()
                .map(|s| NaiveSample { labels: owned(s.labels), sample: sample((s.timestamp_ms, s.value)) });
            NaiveValue::Vector(one.collect())
        }
        QueryValue::Matrix(matrix) => {
            let one = matrix.iter().map(|s| NaiveSeries {
                labels: owned(s.labels),
                samples: s.points.iter().map(sample).collect(),
            });
            NaiveValue::Matrix(one.collect())
        }
    }
}

fn owned(labels: LabelsRef<'_>) -> Labels {
    Labels::new(labels.iter()).expect("the engine gives each name once")
}
