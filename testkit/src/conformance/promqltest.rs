//! Upstream's acceptance scripts of PromQL: with upstream's own options, then, as far as their syntax allows, with those of a
//! server without flags; and upstream's tests of the script language itself.

use emberdb_promql_syntax::{Expr, ParserOptions, parse_with};
use serde_json::Value;

use crate::script::start_timestamp_offsets;
use crate::{ScriptAnswer, ScriptEngine, ScriptQueryError, ScriptSeries};

use super::evaluator::{Evaluator, Settings, both};
use super::mismatch::same;
use super::script::{Evals, passes_or_fails, run_both};
use super::{DataError, Mismatch, Run, read};

const EXPERIMENTAL: &str = "experimental syntax";

/// What upstream's scripts expect that upstream itself does not answer with a server's options, by script: so many evals
/// fail there without delayed name removal, or without start timestamps. The data's README has the numbers.
const EVALS_OF_OPTIONS: [(&str, usize); 5] = [
    ("promqltest/histograms.test", 12),
    ("promqltest/name_label_dropping.test", 8),
    ("promqltest/native_histograms.test", 13),
    ("promqltest/start_timestamps.test", 23),
    ("promqltest/type_and_unit.test", 4),
];

pub(super) fn run(run: &mut Run<'_>) -> Result<(), DataError> {
    for path in run.data.files("promqltest", ".test")? {
        script(run, &path)?;
    }
    language(run)?;
    start_timestamps(run)
}

/// A script, with both sets of options.
fn script(run: &mut Run<'_>, path: &str) -> Result<(), DataError> {
    let text = run.data.text(path)?;
    run.begin(path, 2 * text.lines().filter(|line| line.starts_with("eval")).count());
    let with_upstreams = match run_both(&text, None, |who| who.start(&Settings::SCRIPTS)) {
        Ok(evals) => evals,
        Err(mismatch) => {
            run.case(path, Err(mismatch));
            return Ok(());
        }
    };
    let server = Settings::server();
    let with_servers = run_both(&text, Some(EXPERIMENTAL), |who| Box::new(Stable(who.start(&server))));
    let name = format!("{path} (server's options)");
    match with_servers {
        Ok(mut evals) => {
            let of_options =
                EVALS_OF_OPTIONS.iter().find(|(script, _)| *script == path).map_or(0, |(_, n)| *n);
            let excused = excuse(&mut evals, &with_upstreams, of_options);
            if excused > 0 {
                run.note(format!("{name}: {excused} evals expect what only upstream's options give"));
            }
            with_upstreams.count(run, path);
            evals.count(run, &name);
        }
        Err(mismatch) => {
            with_upstreams.count(run, path);
            run.case(name, Err(mismatch));
        }
    }
    Ok(())
}

/// Takes out the evals that expect what only upstream's options give: with those they pass, without them both evaluators
/// give the same other answer. If there are more of them than with upstream itself, none is excused.
fn excuse(evals: &mut Evals, with_upstreams: &Evals, max: usize) -> usize {
    let is_of_options = |line: &usize, mismatches: &[(Evaluator, Mismatch)]| match mismatches {
        [(_, first), (_, second)] => first == second && !with_upstreams.failed.contains_key(line),
        _ => false,
    };
    let of_options: Vec<usize> =
        evals.failed.iter().filter(|(line, m)| is_of_options(line, m)).map(|(line, _)| *line).collect();
    if of_options.len() > max {
        return 0;
    }
    for line in &of_options {
        evals.failed.remove(line);
    }
    of_options.len()
}

/// An evaluator that is not asked what a server without flags does not parse.
struct Stable(Box<dyn ScriptEngine>);

impl ScriptEngine for Stable {
    fn clear(&mut self) {
        self.0.clear();
    }

    fn load(&mut self, series: &[ScriptSeries]) -> Result<(), String> {
        self.0.load(series)
    }

    fn instant(&mut self, query: &str, time_ms: i64) -> Result<ScriptAnswer, ScriptQueryError> {
        self.0.instant(query, time_ms)
    }

    fn range(
        &mut self,
        query: &str,
        start_ms: i64,
        end_ms: i64,
        step_ms: i64,
    ) -> Result<ScriptAnswer, ScriptQueryError> {
        self.0.range(query, start_ms, end_ms, step_ms)
    }

    fn unsupported(&self, query: &Expr) -> Option<&'static str> {
        match parse_with(&query.to_string(), &ParserOptions::default()) {
            Ok(_) => self.0.unsupported(query),
            Err(_) => Some(EXPERIMENTAL),
        }
    }
}

/// Scripts that must pass, and scripts that must not.
fn language(run: &mut Run<'_>) -> Result<(), DataError> {
    const PATH: &str = "promqltest/selftest.jsonl";
    let records = run.data.records(PATH)?;
    run.begin(PATH, records.len());
    for record in &records {
        let text = |name| read::text_or_empty(record, name);
        let check = |who: Evaluator| {
            passes_or_fails(text("script"), text("error"), &mut *who.start(&Settings::SCRIPTS))
        };
        run.case(format!("{PATH}: {}", text("name")), both(Evaluator::ALL.map(|who| (who, check(who)))));
    }
    Ok(())
}

/// Lines of start timestamps: what they say, and whether they can stand before a series with as many values.
fn start_timestamps(run: &mut Run<'_>) -> Result<(), DataError> {
    const PATH: &str = "promqltest/st_sequence.jsonl";
    let records = run.data.records(PATH)?;
    run.begin(PATH, records.len());
    for record in &records {
        let input = read::text_or_empty(record, "input");
        let offsets_ms = read::list_or_empty(&record["offsets_ms"]);
        let values = " 1".repeat(offsets_ms.len());
        let script = format!("load 1m\n  m@st {input}\n  m{values}\n");
        let wanted = if record["ok"] == true { "" } else { "a line of start timestamps that is refused" };
        let mut check = passes_or_fails(&script, wanted, &mut *Evaluator::Naive.start(&Settings::SCRIPTS));
        if record["ok"] == true {
            let wanted: Vec<Option<i64>> = offsets_ms.iter().map(Value::as_i64).collect();
            check = check.and_then(|()| same("offsets", &Ok(wanted), &start_timestamp_offsets(input)));
        }
        run.case(format!("{PATH}: {input:?}"), check);
    }
    Ok(())
}
