//! The naive evaluator over the storage in memory, as a script engine.

use emberdb_model::AnnotationKind;
use emberdb_model::storage::Appendable;

use crate::{MemoryStorage, NaiveAnswer, NaiveEngine, NaiveError, NaiveOptions};

use super::{ScriptAnswer, ScriptEngine, ScriptSeries};

/// The naive evaluator, with the storage that scripts fill.
#[derive(Debug, Default)]
pub struct NaiveScriptEngine {
    engine: NaiveEngine,
    storage: MemoryStorage,
}

impl NaiveScriptEngine {
    /// An empty storage and an evaluator with these options.
    #[must_use]
    pub fn new(options: NaiveOptions) -> Self {
        Self { engine: NaiveEngine::new(options), storage: MemoryStorage::new() }
    }
}

impl ScriptEngine for NaiveScriptEngine {
    fn clear(&mut self) {
        self.storage = MemoryStorage::new();
    }

    fn load(&mut self, series: &[ScriptSeries]) -> Result<(), String> {
        load_into(&self.storage, series)
    }

    fn instant(&mut self, query: &str, time_ms: i64) -> Result<ScriptAnswer, NaiveError> {
        rendered(query, self.engine.instant(&self.storage, query, time_ms))
    }

    fn range(
        &mut self,
        query: &str,
        start_ms: i64,
        end_ms: i64,
        step_ms: i64,
    ) -> Result<ScriptAnswer, NaiveError> {
        rendered(query, self.engine.range(&self.storage, query, start_ms, end_ms, step_ms))
    }
}

/// Adds samples to a storage, all of them in one batch.
pub(super) fn load_into(storage: &dyn Appendable, series: &[ScriptSeries]) -> Result<(), String> {
    let mut appender = storage.appender().map_err(|e| e.to_string())?;
    for one in series {
        for sample in &one.samples {
            appender
                .append(&one.labels, sample.timestamp_ms, sample.value)
                .map_err(|error| format!("{}: {error}", one.labels))?;
        }
    }
    let summary = appender.commit().map_err(|e| e.to_string())?;
    summary.rejected.first().map_or(Ok(()), |rejection| Err(rejection.error.to_string()))
}

fn rendered(query: &str, answer: Result<NaiveAnswer, NaiveError>) -> Result<ScriptAnswer, NaiveError> {
    let answer = answer?;
    let texts = |kind| answer.annotations.of_kind(kind).map(|a| a.render(query)).collect();
    let (warnings, infos) = (texts(AnnotationKind::Warning), texts(AnnotationKind::Info));
    Ok(ScriptAnswer { value: answer.value, warnings, infos })
}
