//! The naive evaluator over the storage in memory, as a script engine.

use emberdb_model::AnnotationKind;

use crate::{NaiveAnswer, NaiveEngine, NaiveError, NaiveOptions};

use super::{ScriptAnswer, ScriptEngine, ScriptQueryError, ScriptSeries, ScriptStorage};

/// The naive evaluator, with the storage that scripts fill.
#[derive(Debug, Default)]
pub struct NaiveScriptEngine {
    engine: NaiveEngine,
    storage: ScriptStorage,
}

impl NaiveScriptEngine {
    /// An empty storage and an evaluator with these options.
    #[must_use]
    pub fn new(options: NaiveOptions) -> Self {
        Self { engine: NaiveEngine::new(options), storage: ScriptStorage::default() }
    }
}

impl ScriptEngine for NaiveScriptEngine {
    fn clear(&mut self) {
        self.storage.clear();
    }

    fn load(&mut self, series: &[ScriptSeries]) -> Result<(), String> {
        self.storage.load(series)
    }

    fn instant(&mut self, query: &str, time_ms: i64) -> Result<ScriptAnswer, ScriptQueryError> {
        rendered(query, self.engine.instant(self.storage.samples(), query, time_ms))
    }

    fn range(
        &mut self,
        query: &str,
        start_ms: i64,
        end_ms: i64,
        step_ms: i64,
    ) -> Result<ScriptAnswer, ScriptQueryError> {
        rendered(query, self.engine.range(self.storage.samples(), query, start_ms, end_ms, step_ms))
    }
}

fn rendered(query: &str, answer: Result<NaiveAnswer, NaiveError>) -> Result<ScriptAnswer, ScriptQueryError> {
    let answer = answer?;
    let texts = |kind| answer.annotations.of_kind(kind).map(|a| a.render(query)).collect();
    let (warnings, infos) = (texts(AnnotationKind::Warning), texts(AnnotationKind::Info));
    Ok(ScriptAnswer { value: answer.value, warnings, infos })
}
