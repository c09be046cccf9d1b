//! The engine over the storage in memory, as a script engine.

use emberdb_model::{AnnotationKind, Labels, LabelsRef, Sample, SampleValue};
use emberdb_promql_engine::{
    Engine, EngineOptions, QueryError, QueryErrorKind, QueryOptions, QueryResult, QueryValue,
};
use emberdb_promql_syntax::ParserOptions;

use crate::{NaiveSample, NaiveSeries, NaiveValue};

use super::{
    ScriptAnswer, ScriptEngine, ScriptQueryError, ScriptQueryErrorKind, ScriptSeries, ScriptStorage,
};

/// The engine, with the storage that scripts fill.
pub struct FastScriptEngine {
    engine: Engine,
    storage: ScriptStorage,
}

impl FastScriptEngine {
    /// An empty storage and an engine that knows the whole language.
    #[must_use]
    pub fn new(options: EngineOptions) -> Self {
        Self::with_options(EngineOptions { parser: ParserOptions::ALL, ..options })
    }

    /// An empty storage and an engine with exactly these options, also as to what it understands.
    #[must_use]
    pub fn with_options(options: EngineOptions) -> Self {
        Self { engine: Engine::new(options), storage: ScriptStorage::default() }
    }
}

impl ScriptEngine for FastScriptEngine {
    fn clear(&mut self) {
        self.storage.clear();
    }

    fn load(&mut self, series: &[ScriptSeries]) -> Result<(), String> {
        self.storage.load(series)
    }

    fn instant(&mut self, query: &str, time_ms: i64) -> Result<ScriptAnswer, ScriptQueryError> {
        rendered(query, self.engine.instant(self.storage.samples(), query, time_ms, &QueryOptions::default()))
    }

    fn range(
        &mut self,
        query: &str,
        start_ms: i64,
        end_ms: i64,
        step_ms: i64,
    ) -> Result<ScriptAnswer, ScriptQueryError> {
        let options = QueryOptions::default();
        rendered(query, self.engine.range(self.storage.samples(), query, start_ms, end_ms, step_ms, &options))
    }
}

fn rendered(query: &str, answer: Result<QueryResult, QueryError>) -> Result<ScriptAnswer, ScriptQueryError> {
    let answer = answer.map_err(|error| query_error(&error))?;
    let texts = |kind| answer.annotations.of_kind(kind).map(|a| a.render(query)).collect();
    let (warnings, infos) = (texts(AnnotationKind::Warning), texts(AnnotationKind::Info));
    Ok(ScriptAnswer { value: naive_value(&answer.value), warnings, infos })
}

fn query_error(error: &QueryError) -> ScriptQueryError {
    let kind = match error.kind() {
        QueryErrorKind::Parse => ScriptQueryErrorKind::BadData,
        QueryErrorKind::Storage => ScriptQueryErrorKind::Storage,
        _ => ScriptQueryErrorKind::Execution,
    };
    ScriptQueryError { kind, message: error.to_string() }
}

fn naive_value(value: &QueryValue) -> NaiveValue {
    match value {
        &QueryValue::Scalar { timestamp_ms, value } => NaiveValue::Scalar(Sample { timestamp_ms, value }),
        QueryValue::String { timestamp_ms, value } => {
            NaiveValue::String { timestamp_ms: *timestamp_ms, value: value.to_string() }
        }
        QueryValue::Vector(vector) => {
            let one = vector.iter().map(|s| NaiveSample {
                labels: owned(s.labels),
                timestamp_ms: s.timestamp_ms,
                value: s.value,
            });
            NaiveValue::Vector(one.collect())
        }
        QueryValue::Matrix(matrix) => {
            let one = matrix.iter().map(|s| {
                let floats = s.points.iter().map(|(t, value)| (t, SampleValue::Float(value)));
                let histograms = s.histograms.iter();
                let histograms = histograms.map(|(t, value)| (*t, SampleValue::Histogram(value.clone())));
                let mut samples: Vec<_> = floats.chain(histograms).collect();
                samples.sort_by_key(|&(timestamp_ms, _)| timestamp_ms);
                NaiveSeries { labels: owned(s.labels), samples }
            });
            NaiveValue::Matrix(one.collect())
        }
    }
}

fn owned(labels: LabelsRef<'_>) -> Labels {
    Labels::new(labels.iter()).expect("the engine gives each name once")
}
