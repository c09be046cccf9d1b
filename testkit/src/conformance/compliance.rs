//! The queries of the PromQL compliance tester: each parses, or is refused, as it is marked; and both evaluators answer it
//! alike, or both fail, over made-up series of the demo service that the tester presumes.

use std::fmt::Write as _;

use emberdb_promql_syntax::{ParserOptions, parse_with};
use serde_json::Value;

use crate::{ScriptAnswer, ScriptEngine, ScriptQueryError, run_script};

use super::answer::{compare_series, got_series};
use super::evaluator::{Evaluator, Settings};
use super::{Check, DataError, Mismatch, Run, read};

/// As the tester compares: relative to the smaller value.
const TOLERANCE: f64 = 1e-5;

/// Ten minutes, as the tester asks, behind two hours of data; its step is shorter.
const RANGE_MS: (i64, i64, i64) = (6_600_000, 7_200_000, 120_000);

pub(super) fn run(run: &mut Run<'_>) -> Result<(), DataError> {
    const PATH: &str = "compliance/queries.jsonl";
    let records = run.data.records(PATH)?;
    run.begin(PATH, records.len());
    let mut engines = Evaluator::ALL.map(|who| who.start(&Settings::server()));
    for engine in &mut engines {
        if let Err(error) = run_script(&mut **engine, &demo_service()) {
            run.case("the series of the demo service", Err(Mismatch::new(error.to_string())));
        }
    }
    for record in &records {
        let name = format!("{PATH}: {}", read::text_or_empty(record, "query"));
        run.case(name, query(record, &mut engines));
    }
    Ok(())
}

fn query(record: &Value, engines: &mut [Box<dyn ScriptEngine>; 2]) -> Check {
    let query = read::text(&record["query"])?;
    let should_fail = read::truth(&record["should_fail"])?;
    if let Err(error) = parse_with(query, &ParserOptions::default())
        && !should_fail
    {
        return Err(Mismatch::new(format!("wanted an answer, got {error}")));
    }
    let (start_ms, end_ms, step_ms) = RANGE_MS;
    let [engine, naive] = engines;
    let answers =
        [engine.range(query, start_ms, end_ms, step_ms), naive.range(query, start_ms, end_ms, step_ms)];
    match (answers, should_fail) {
        ([Ok(engine), Ok(naive)], false) => {
            let (wanted, got) = (got_series(&naive.value), got_series(&engine.value));
            compare_series(wanted, got, false, TOLERANCE)
                .map_err(|mismatch| mismatch.of("the engine differs from the naive evaluator"))
        }
        ([Err(_), Err(_)], true) => Ok(()),
        ([engine, naive], should_fail) => {
            let wanted = if should_fail { "an error" } else { "an answer" };
            let (engine, naive) = (told(&engine), told(&naive));
            Err(Mismatch::new(format!("wanted {wanted}\nengine: {engine}\nnaive evaluator: {naive}")))
        }
    }
}

fn told(answer: &Result<ScriptAnswer, ScriptQueryError>) -> String {
    answer.as_ref().map_or_else(|error| error.message.clone(), |_| "an answer".into())
}

/// Two hours of series with the names and labels that the queries ask for: three instances, a scrape a minute.
fn demo_service() -> String {
    let mut script = String::from("load 1m\n");
    let mut line =
        |series: String| writeln!(script, "  {series}").expect("a String takes all that is written");
    for (i, port) in [10_000, 10_001, 10_002].into_iter().enumerate() {
        let target = format!("instance=\"demo.promlabs.com:{port}\", job=\"demo\"");
        for (j, kind) in ["free", "used", "buffers", "cached"].into_iter().enumerate() {
            let (base, slope) = (1_000_000 * (i + 1) + 70_000 * j, 1_000 + 17 * j);
            line(format!("demo_memory_usage_bytes{{{target}, type=\"{kind}\"}} {base}+{slope}x120"));
        }
        line(format!("demo_num_cpus{{{target}}} {}x120", 2 + 2 * i));
        for (j, mode) in ["user", "system", "idle"].into_iter().enumerate() {
            let slope = 7 * (j + 1) + i;
            line(format!(
                "demo_cpu_usage_seconds_total{{{target}, mode=\"{mode}\"}} 0+{slope}x60 0+{slope}x59"
            ));
        }
        line(format!("demo_disk_usage_bytes{{{target}}} 5000+{}x120", 300 + i));
        line(format!("demo_batch_last_success_timestamp_seconds{{{target}}} 0x4 300x4 600x110"));
        line(format!("demo_intermittent_metric{{{target}}} 1x30 stale _x30 2x40 stale _x10 3x5"));
        for (method, path, status) in [("GET", "/api/foo", "200"), ("POST", "/api/bar", "500")] {
            let of = format!("{target}, method=\"{method}\", path=\"{path}\", status=\"{status}\"");
            let name = "demo_api_request_duration_seconds";
            for (j, le) in ["0.0001", "0.01", "1", "+Inf"].into_iter().enumerate() {
                line(format!("{name}_bucket{{{of}, le=\"{le}\"}} 0+{}x120", 10 * (j + 1) + i));
            }
            line(format!("{name}_sum{{{of}}} 0+{}x120", 3 + i));
            line(format!("{name}_count{{{of}}} 0+{}x120", 40 + i));
        }
    }
    script
}
