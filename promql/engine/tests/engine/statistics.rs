//! What a query reads and holds, counted as Prometheus counts it.

use emberdb_promql_engine::{Engine, QueryError, QueryOptions, Statistics};

use super::{load, options};

/// The times in seconds: start, end and step.
type Times = (i64, i64, i64);

fn ask(query: &str, times: Times, samples_max: usize) -> Result<Statistics, QueryError> {
    // Three series of which one is alone in its group, a sample every ten seconds.
    let storage = load(
        10_000,
        "m{g=\"a\",i=\"1\"} 1 2 3 4 5 6 7 8 9 10
         m{g=\"a\",i=\"2\"} 1 2 3 4 5 6 7 8 9 10
         m{g=\"b\",i=\"3\"} 1 2 3 4 5 6 7 8 9 10",
    );
    let asked = QueryOptions { statistics: true, samples_max: Some(samples_max), ..QueryOptions::default() };
    let engine = Engine::new(options());
    let [start_ms, end_ms, step_ms] = [times.0, times.1, times.2].map(|seconds| seconds * 1000);
    let answer = if step_ms == 0 {
        engine.instant(&storage, query, start_ms, &asked)?
    } else {
        engine.range(&storage, query, start_ms, end_ms, step_ms, &asked)?
    };
    assert_eq!(answer.samples_read, answer.statistics.as_ref().unwrap().samples_read);
    Ok(answer.statistics.unwrap())
}

/// Totals (queryable, read, peak), and what is seen and read at each step.
fn counted(query: &str, times: Times) -> ([u64; 3], Vec<u64>, Vec<u64>) {
    let of = ask(query, times, usize::MAX).unwrap();
    let counts = |by_step: Vec<(i64, u64)>| by_step.into_iter().map(|(_, samples)| samples).collect();
    let totals = [of.queryable_samples, of.samples_read, of.samples_peak];
    (totals, counts(of.queryable_samples_by_step), counts(of.samples_read_by_step))
}

#[test]
fn a_selector_holds_what_it_selects() {
    assert_eq!(counted("m", (20, 0, 0)), ([3, 3, 3], vec![3], vec![3]));
    assert_eq!(counted("m", (20, 40, 10)), ([9, 9, 9], vec![3, 3, 3], vec![3, 3, 3]));
    assert_eq!(counted("1", (20, 40, 10)), ([0, 0, 3], vec![0, 0, 0], vec![0, 0, 0]));
}

#[test]
fn windows_are_held_one_series_at_a_time() {
    // Two results and the third series' three samples, then its result too.
    assert_eq!(counted("sum_over_time(m[30s])", (30, 0, 0)).0, [9, 9, 6]);
    // Of the second window two of three samples were there before.
    let (totals, seen, read) = counted("sum_over_time(m[30s])", (30, 40, 10));
    assert_eq!((totals[0], totals[1], seen, read), (18, 12, vec![9, 9], vec![9, 3]));
}

#[test]
fn operands_are_gathered_step_by_step_and_aggregations_let_go_of_theirs() {
    // Six samples; at a step three elements, and three results that stay: at the second step 6 + 3 + 6.
    assert_eq!(counted("-(m * 2)", (20, 30, 10)).0[2], 6 + 2 + 4 + 6);
    assert_eq!(counted("sum by (g) (m)", (20, 30, 10)).0[2], 6);
    // The sum is 2 when the other side begins; what it selects is 6.
    assert_eq!(counted("sum(m) + sum(m)", (20, 30, 10)).0, [12, 12, 8]);
}

#[test]
fn what_is_pinned_is_read_once_and_seen_at_every_step() {
    let (totals, seen, read) = counted("m @ 50", (20, 40, 10));
    assert_eq!((totals, seen, read), ([9, 3, 9], vec![3, 3, 3], vec![3, 0, 0]));
}

#[test]
fn a_subquery_belongs_to_the_steps_that_see_it() {
    let (totals, seen, read) = counted("sum_over_time(m{i=\"1\"}[20s:10s])", (40, 60, 20));
    // 30, 40 for the first window, 50, 60 for the second.
    assert_eq!((seen, read), (vec![2, 2], vec![2, 2]));
    // The four points of the subquery, a window of two, and the first result.
    assert_eq!(totals, [4, 4, 4 + 2 + 2]);
}

#[test]
fn the_limit_is_held_against_the_peak() {
    for query in ["m", "sum_over_time(m[30s])", "sum(m) + sum(m)", "m @ 50", "max_over_time(m[30s:10s])", "1"]
    {
        let times = (40, 60, 10);
        let peak = ask(query, times, usize::MAX).unwrap().samples_peak as usize;
        assert!(ask(query, times, peak).is_ok(), "{query}");
        let refused = ask(query, times, peak - 1).unwrap_err();
        assert!(matches!(refused, QueryError::TooManySamples { limit } if limit == peak - 1), "{query}");
    }
}
