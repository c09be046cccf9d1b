//! Cases can be run.

use emberdb_differential::answer::parse_response;
use emberdb_differential::data::DataSeries;
use emberdb_testkit::{NaiveScriptEngine, run_script};

use super::super::trial::{Judgement, Verdict};
use super::*;

const END_MS: i64 = 1_700_000_000_000;

/// A difference on which the reference answers this.
fn difference(query: &str, when: When, answer: &str) -> Difference {
    let answer = || parse_response(answer.as_bytes()).unwrap();
    let judgement = Judgement::Different("it is different".into());
    let verdict = Verdict { reference: answer(), other: answer(), judgement };
    Difference { query: query.into(), when, verdict }
}

#[test]
fn a_case_has_the_data_that_is_read_and_can_be_run() {
    let data = DataSet::new(1, END_MS, Vec::new());
    let when = When::Instant { time_ms: END_MS - 60_000 };
    // As many as the data has within the window.
    let counted = |name: &str, label: (&str, &str)| {
        let is_meant = |series: &&DataSeries| {
            series.labels.get("__name__") == Some(name) && series.labels.get(label.0) == Some(label.1)
        };
        let samples = data.series().iter().filter(is_meant).flat_map(|series| &series.samples);
        let is_there = |sample: &&DataSample| notation(&sample.value) != "stale";
        samples
            .filter(is_there)
            .filter(|sample| (END_MS - 659_999..=END_MS - 60_000).contains(&sample.time_ms))
            .count()
    };
    for (name, label) in [("borders_total", ("job", "a")), ("rpc_seconds", ("job", "b"))] {
        let count = counted(name, label);
        assert!(count >= 10, "{count}");
        let query = format!("sum(count_over_time({name}{{{}=\"{}\"}}[10m]))", label.0, label.1);
        let answer = format!(
            r#"{{"status":"success","data":{{"resultType":"vector","result":[{{"metric":{{}},"value":[1,"{count}"]}}]}}}}"#
        );
        let case = case(Some(&data), &difference(&query, when, &answer));
        let report = run_script(&mut NaiveScriptEngine::default(), &case).unwrap();
        assert_eq!((report.passed, report.failed.len()), (1, 0), "{case}\n{:?}", report.failed);
    }
}

#[test]
fn the_answer_is_what_is_expected() {
    let when = When::Range { start_ms: END_MS, end_ms: END_MS + 2000, step_ms: 1000 };
    let answer = r#"{"status":"success","data":{"resultType":"matrix","result":[
        {"metric":{"__name__":"a"},"values":[[1700000000,"1"],[1700000002,"NaN"]]}]},"infos":["so so"]}"#;
    let text = case(None, &difference("a", when, answer));
    let lines: Vec<&str> = text.lines().skip(1).map(str::trim).collect();
    assert_eq!(lines[0].split(' ').next_back(), Some("a"));
    assert_eq!(lines[1..], ["expect info msg: so so", "a 1 _ NaN"]);
    let error = r#"{"status":"error","errorType":"execution","error":"no"}"#;
    let text = case(None, &difference("a", when, error));
    assert!(text.ends_with("  expect fail msg: no\n"), "{text}");
}

#[test]
fn values_are_written_as_scripts_read_them() {
    let written = [1.0, -0.5, 1e300, 5e-324, f64::NEG_INFINITY, f64::NAN, -0.0].map(number);
    assert_eq!(written, ["1", "-0.5", "1e300", "5e-324", "-Inf", "NaN", "-0"]);
    assert_eq!(number(emberdb_model::STALE_NAN), "stale");
}
