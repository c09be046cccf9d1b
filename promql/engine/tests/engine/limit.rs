//! Time, memory and cancellation.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use emberdb_env::{Clock, Env};
use emberdb_promql_engine::{CancelHandle, Engine, EngineOptions, QueryErrorKind, QueryOptions};

use super::{load, try_range};

/// A clock that goes on by a second at each look.
#[derive(Debug, Default)]
struct Hasty {
    looks: AtomicU64,
}

impl Clock for Hasty {
    fn now_ms(&self) -> i64 {
        0
    }

    fn monotonic(&self) -> Duration {
        Duration::from_secs(self.looks.fetch_add(1, Ordering::Relaxed))
    }

    fn sleep(&self, _: Duration) {}
}

/// Before any memory is taken for them.
#[test]
fn steps_without_end_are_refused() {
    let storage = load(1000, "m 1\n");
    let engine = Engine::new(EngineOptions { samples_max: usize::MAX, ..EngineOptions::default() });
    for query in
        ["m[100y:1ms]", "max_over_time(vector(1)[20y:1ms])", "rate(m[5m]) + avg_over_time(m[10h:1ms])"]
    {
        for error in [
            engine.instant(&storage, query, 0, &QueryOptions::default()).unwrap_err(),
            engine.explain_instant(&storage, query, 0, &QueryOptions::default()).unwrap_err(),
        ] {
            assert_eq!(error.kind(), QueryErrorKind::TooManySamples, "{query}: {error}");
        }
    }
    let error = try_range(&storage, "vector(1)", (0, i64::MAX, 1)).unwrap_err();
    assert_eq!(error.kind(), QueryErrorKind::TooManySamples);
}

/// A width in a format string has 16 bits.
#[test]
fn a_long_label_fits_no_column() {
    let long = "x".repeat(70_000);
    let storage = load(1000, &format!("m{{l=\"{long}\"}} 1\nm{{l=\"y\"}} 2\n"));
    let engine = Engine::new(EngineOptions::default());
    let query = format!("m{{l=~\"{long}|y\"}}");
    let table =
        engine.instant(&storage, &query, 0, &QueryOptions::default()).unwrap().value.table().to_string();
    assert!(table.contains(&long) && table.lines().count() == 2);
    let plan = engine.explain_instant(&storage, &query, 0, &QueryOptions::default()).unwrap().to_string();
    assert!(plan.contains(&long));
}

#[test]
fn time_is_up() {
    let storage = load(1000, &(0..100).map(|i| format!("m{{i=\"{i}\"}} 1\n")).collect::<String>());
    let ask = |timeout| {
        let env = Env::real_with_clock(Hasty::default());
        let engine = Engine::new(EngineOptions { env, timeout, ..EngineOptions::default() });
        engine.instant(&storage, "sum(m)", 0, &QueryOptions::default())
    };
    let error = ask(Duration::from_secs(50)).unwrap_err();
    assert_eq!(error.kind(), QueryErrorKind::Timeout);
    assert_eq!(error.to_string(), "query timed out in expression evaluation");
    assert!(ask(Duration::from_secs(5000)).is_ok());
}

#[test]
fn a_canceled_query_ends() {
    let storage = load(1000, "m 1");
    let cancel = CancelHandle::new();
    let options = QueryOptions { cancel: Some(cancel.clone()), ..QueryOptions::default() };
    let engine = Engine::default();
    assert!(engine.instant(&storage, "m", 0, &options).is_ok());
    cancel.cancel();
    let error = engine.instant(&storage, "m", 0, &options).unwrap_err();
    assert_eq!(error.kind(), QueryErrorKind::Canceled);
    assert_eq!(error.to_string(), "query was canceled in expression evaluation");
}

#[test]
fn samples_in_memory_are_limited() {
    let storage = load(1000, "m{i=\"1\"} 1 1 1 1\nm{i=\"2\"} 1 1 1 1");
    let engine = Engine::default();
    let ask = |query, samples_max| {
        let options = QueryOptions { samples_max: Some(samples_max), ..QueryOptions::default() };
        engine.range(&storage, query, 0, 3000, 1000, &options)
    };
    assert!(ask("m", 100).is_ok());
    let error = ask("m", 7).unwrap_err();
    assert_eq!(error.kind(), QueryErrorKind::TooManySamples);
    assert_eq!(
        error.to_string(),
        "query processing would load too many samples into memory in query execution"
    );
    assert!(ask("sum(m)", 8).is_ok(), "one series' samples and one group's sums");
    assert!(ask("sum(m)", 3).is_err());
    assert_eq!(ask("m", 100).unwrap().samples_read, 8);
}

#[test]
fn the_lookback_can_be_chosen() {
    let storage = load(1000, "m 1");
    let engine = Engine::default();
    let ask = |lookback_ms| {
        let options = QueryOptions { lookback_ms: Some(lookback_ms), ..QueryOptions::default() };
        engine.instant(&storage, "m", 10_000, &options).unwrap().value.as_vector().unwrap().len()
    };
    assert_eq!((ask(10_000), ask(10_001), ask(0)), (0, 1, 1), "0 is the engine's own");
}

#[test]
fn bad_questions_are_refused_with_a_place() {
    let storage = load(1000, "m 1");
    let error = Engine::default().instant(&storage, "sum(m", 0, &QueryOptions::default()).unwrap_err();
    assert_eq!(error.kind(), QueryErrorKind::Parse);
    assert!(error.rendered().contains("\nsum(m\n"), "{}", error.rendered());
    let error = try_range(&storage, "m[5m]", (0, 1000, 1000)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "invalid expression type \"range vector\" for range query, must be Scalar or instant Vector"
    );
    let error = try_range(&storage, "m", (0, 1000, 0)).unwrap_err();
    assert_eq!(error.kind(), QueryErrorKind::Parse);
    let error = try_range(&storage, "rate(m[step() - 1])", (0, 1000, 1000)).unwrap_err();
    assert_eq!(error.to_string(), "1:8: duration must be greater than 0");
    assert_eq!(error.rendered().lines().nth(2), Some("       ^^^^^^^^^^"));
}
