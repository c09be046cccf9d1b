//! emberdb as a library.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;

use emberdb::{AnnotationKind, Db, DbOptions, Feature, QueryError, QueryErrorKind, QueryResult};
use emberdb_differential::answer::{Answer, parse_data};
use emberdb_differential::question::When;

use super::settings;
use super::subject::{Subject, failed};

/// The API shows at most so many warnings, and so many infos.
const ANNOTATIONS_MAX: usize = 10;

/// A database of this process.
pub(super) struct InProcess(Db);

impl InProcess {
    /// Opens a data directory, with the settings and features that servers are given.
    pub(super) fn open(data: &Path, features: &str) -> io::Result<Self> {
        let mut options = DbOptions::default();
        options.storage.out_of_order_window_ms = settings::OUT_OF_ORDER_WINDOW_MS;
        options.engine.lookback_ms = settings::LOOKBACK_MS;
        options.engine.samples_max = settings::SAMPLES_MAX;
        // Those that are of the storage are no features of the language.
        features.split(',').filter_map(Feature::named).for_each(|feature| options.engine.enable(feature));
        Db::open(data, options).map(Self).map_err(io::Error::other)
    }
}

impl Subject for InProcess {
    fn name(&self) -> &str {
        "emberdb in-process"
    }

    fn ask(&self, query: &str, when: When) -> Answer {
        let result = match when {
            When::Instant { time_ms } => self.0.query(query, time_ms),
            When::Range { start_ms, end_ms, step_ms } => self.0.query_range(query, start_ms, end_ms, step_ms),
        };
        match result {
            Ok(result) => answer(&result, query).unwrap_or_else(|message| failed("no answer", message)),
            Err(error) => failed(kind(&error), error.to_string()),
        }
    }
}

/// As the API shows it.
fn answer(result: &QueryResult, query: &str) -> Result<Answer, String> {
    let data = serde_json::from_str(&result.value.to_json()).map_err(|error| error.to_string())?;
    let outcome = parse_data(&data).map_err(|error| error.to_string())?;
    let texts = |kind, name| {
        let mut texts: Vec<String> = result.annotations.of_kind(kind).map(|one| one.render(query)).collect();
        if let Some(omitted) = texts.len().checked_sub(ANNOTATIONS_MAX).filter(|&omitted| omitted > 0) {
            texts.truncate(ANNOTATIONS_MAX);
            texts.push(format!("{omitted} more {name} annotations omitted"));
        }
        texts.into_iter().collect::<BTreeSet<_>>()
    };
    let warnings = texts(AnnotationKind::Warning, "warning");
    Ok(Answer { outcome, warnings, infos: texts(AnnotationKind::Info, "info") })
}

/// As the API calls it.
fn kind(error: &QueryError) -> &'static str {
    match error.kind() {
        QueryErrorKind::Parse => "bad_data",
        QueryErrorKind::Timeout => "timeout",
        QueryErrorKind::Canceled => "canceled",
        QueryErrorKind::Storage => "internal",
        _ => "execution",
    }
}
