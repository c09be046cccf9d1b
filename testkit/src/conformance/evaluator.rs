//! Who is asked what PromQL answers: the fast engine and the naive evaluator, always both.

use std::fmt;

use emberdb_promql_engine::EngineOptions;
use emberdb_promql_syntax::ParserOptions;

use crate::{FastScriptEngine, NaiveOptions, NaiveScriptEngine, ScriptEngine};

use super::{Check, Mismatch};

/// One of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Evaluator {
    Engine,
    Naive,
}

/// How they evaluate: what upstream was told when it gave the answers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Settings {
    pub(super) delayed_name_removal: bool,
    pub(super) use_start_timestamps: bool,
    pub(super) type_and_unit_labels: bool,
    pub(super) lookback_ms: i64,
    pub(super) parser: ParserOptions,
    /// How many samples a query may hold. The naive evaluator holds what it likes.
    pub(super) samples_max: usize,
}

impl Settings {
    /// Those that upstream runs its scripts with.
    pub(super) const SCRIPTS: Self = Self {
        delayed_name_removal: true,
        use_start_timestamps: true,
        type_and_unit_labels: false,
        lookback_ms: 300_000,
        parser: ParserOptions::ALL,
        samples_max: 10_000,
    };

    /// Those of a server without any flag.
    pub(super) fn server() -> Self {
        let default = EngineOptions::default();
        Self {
            delayed_name_removal: default.delayed_name_removal,
            use_start_timestamps: default.use_start_timestamps,
            type_and_unit_labels: default.type_and_unit_labels,
            lookback_ms: default.lookback_ms,
            parser: default.parser,
            samples_max: default.samples_max,
        }
    }

    pub(super) fn engine_options(&self) -> EngineOptions {
        EngineOptions {
            delayed_name_removal: self.delayed_name_removal,
            use_start_timestamps: self.use_start_timestamps,
            type_and_unit_labels: self.type_and_unit_labels,
            lookback_ms: self.lookback_ms,
            parser: self.parser,
            samples_max: self.samples_max,
            ..EngineOptions::default()
        }
    }
}

impl Evaluator {
    pub(super) const ALL: [Self; 2] = [Self::Engine, Self::Naive];

    /// The evaluator with an empty storage.
    pub(super) fn start(self, settings: &Settings) -> Box<dyn ScriptEngine> {
        match self {
            Self::Engine => Box::new(FastScriptEngine::with_options(settings.engine_options())),
            Self::Naive => Box::new(NaiveScriptEngine::new(NaiveOptions {
                delayed_name_removal: settings.delayed_name_removal,
                use_start_timestamps: settings.use_start_timestamps,
                type_and_unit_labels: settings.type_and_unit_labels,
                lookback_ms: settings.lookback_ms,
                parser: settings.parser,
                ..NaiveOptions::default()
            })),
        }
    }
}

impl fmt::Display for Evaluator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Engine => "engine",
            Self::Naive => "naive evaluator",
        })
    }
}

/// A case that was asked of both, from what came of each: it agrees if both do, and if not all are told that do not.
pub(super) fn both(checks: impl IntoIterator<Item = (Evaluator, Check)>) -> Check {
    let failed: Vec<_> = checks.into_iter().filter_map(|(who, check)| Some((who, check.err()?))).collect();
    match failed.as_slice() {
        [] => Ok(()),
        [(_, first), (_, second)] if first == second => Err(first.clone().of("both")),
        all => {
            let texts: Vec<String> = all.iter().map(|(who, m)| format!("{who}: {}", m.text)).collect();
            let is_unsupported = all.iter().all(|(_, mismatch)| mismatch.is_unsupported);
            Err(Mismatch { text: texts.join("\n"), is_unsupported })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_evaluator_that_differs_is_told() {
        let differs = |text: &str| Err(Mismatch::new(text));
        let texts = |engine: Check, naive: Check| {
            both([(Evaluator::Engine, engine), (Evaluator::Naive, naive)]).map_err(|mismatch| mismatch.text)
        };
        assert_eq!(texts(Ok(()), Ok(())), Ok(()));
        assert_eq!(texts(Ok(()), differs("1 is not 2")), Err("naive evaluator: 1 is not 2".into()));
        assert_eq!(texts(differs("a"), differs("b")), Err("engine: a\nnaive evaluator: b".into()));
        assert_eq!(texts(differs("a"), differs("a")), Err("both: a".into()));
    }
}
