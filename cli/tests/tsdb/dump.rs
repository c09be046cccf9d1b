//! Lines of samples: those of promtool's own tests, and what comes back by `ember import`.

use std::path::Path;

use emberdb::{Db, DbOptions, Histogram, Labels, Maintained, SampleValue};
use emberdb_testkit::{
    ScriptAnswer, ScriptEngine, ScriptQueryError, ScriptSeries, in_whole_counts, run_script,
};
use serde_json::Value;

use crate::support::{Dir, START_MS, conformance, stdout};

/// A data directory that scripts fill.
struct Filled(Db);

impl ScriptEngine for Filled {
    fn clear(&mut self) {}

    fn load(&mut self, series: &[ScriptSeries]) -> Result<(), String> {
        let mut appender = self.0.appender().map_err(|error| error.to_string())?;
        for one in series {
            for (t_ms, value) in &one.samples {
                let appended = match value {
                    SampleValue::Float(value) => appender.append(&one.labels, *t_ms, *value),
                    SampleValue::Histogram(histogram) if one.counts_whole => {
                        appender.append_histogram(&one.labels, *t_ms, &in_whole_counts(histogram))
                    }
                    SampleValue::Histogram(histogram) => {
                        appender.append_float_histogram(&one.labels, *t_ms, histogram)
                    }
                };
                appended.map_err(|error| error.to_string())?;
            }
        }
        appender.commit().map(|_| ()).map_err(|error| error.to_string())
    }

    fn instant(&mut self, query: &str, _: i64) -> Result<ScriptAnswer, ScriptQueryError> {
        panic!("{query} is asked in a script that only loads")
    }

    fn range(&mut self, query: &str, _: i64, _: i64, _: i64) -> Result<ScriptAnswer, ScriptQueryError> {
        panic!("{query} is asked in a script that only loads")
    }
}

#[test]
fn the_cases_of_promtool() {
    let Some(cases) = conformance("tsdb/dump/cases.jsonl") else { return };
    let folder = cases.parent().unwrap();
    let dir = Dir::new("cases");
    let mut count = 0;
    for line in std::fs::read_to_string(&cases).unwrap().lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let path = dir.join(case["id"].as_str().unwrap());
        make(&case, &path, folder);
        let told = dump(&case, &path);
        let expected = match case["expect_file"].as_str() {
            Some(file) => std::fs::read_to_string(folder.join(file)).unwrap(),
            None => case["expect"].as_str().unwrap().to_owned(),
        };
        let lines = |text: &str| {
            let mut lines: Vec<String> = text.trim().lines().map(str::to_owned).collect();
            if case["unordered_lines"] == true {
                lines.sort();
            }
            lines
        };
        assert_eq!(lines(&told), lines(&expected), "{}", case["id"]);
        count += 1;
    }
    assert!(count >= 15, "{count} cases");
}

/// Fills a directory with what a case begins with.
fn make(case: &Value, path: &str, folder: &Path) {
    if let Some(file) = case["backfill_file"].as_str() {
        stdout(&["import", folder.join(file).to_str().unwrap(), "--into", path]);
        return;
    }
    let mut options = DbOptions::default();
    options.storage.maintenance = Maintained::ByCaller;
    let mut filled = Filled(Db::open(path, options).unwrap());
    let report = run_script(&mut filled, case["load"].as_str().unwrap()).unwrap();
    assert!(report.failed.is_empty(), "{:?}", report.failed);
    let further = &case["extra_int_histograms"];
    if further.is_object() {
        let pairs = further["labels"].as_array().unwrap().iter();
        let labels = Labels::new(pairs.map(|p| (p[0].as_str().unwrap(), p[1].as_str().unwrap()))).unwrap();
        let mut appender = filled.0.appender().unwrap();
        for sample in further["samples"].as_array().unwrap() {
            let h = &sample["h"];
            let number = |name: &str| h[name].as_str().unwrap().parse().unwrap();
            let histogram = Histogram {
                count: h["count"].as_u64().unwrap(),
                sum: number("sum"),
                zero_count: h["zero_count"].as_u64().unwrap(),
                zero_threshold: number("zero_threshold"),
                ..Histogram::default()
            };
            appender.append_histogram(&labels, sample["t"].as_i64().unwrap(), &histogram).unwrap();
        }
        let _ = appender.commit().unwrap();
    }
    filled.0.close().unwrap();
}

fn dump(case: &Value, path: &str) -> String {
    let format = match case["format"].as_str().unwrap() {
        "series_json" => "seriesjson",
        format => format,
    };
    let mut args: Vec<String> = ["tsdb", "dump", path, "--format", format].map(str::to_owned).into();
    for selector in case["match"].as_array().unwrap() {
        args.extend(["--match".to_owned(), selector.as_str().unwrap().to_owned()]);
    }
    for (name, option) in [("min_time", "--min-time"), ("max_time", "--max-time")] {
        if let Some(ms) = case[name].as_i64() {
            args.extend([option.to_owned(), ms.to_string()]);
        }
    }
    stdout(&args.iter().map(String::as_str).collect::<Vec<_>>())
}

#[test]
fn a_dump_in_openmetrics_is_imported_as_it_was() {
    let dir = Dir::new("round");
    let path = dir.compacted("data");
    let (text, into) = (dir.join("dump.om"), dir.join("into"));
    std::fs::write(&text, stdout(&["tsdb", "dump", &path, "--format", "openmetrics"])).unwrap();
    let told = stdout(&["import", &text, "--into", &into]);
    assert!(told.ends_with("stored 1020 samples\n"), "{told}");
    assert_eq!(stdout(&["tsdb", "dump", &into]), stdout(&["tsdb", "dump", &path]));
    stdout(&["tsdb", "verify", &into]);
}

#[test]
fn a_range_is_dumped_series_by_series_in_order() {
    let dir = Dir::new("range");
    let path = dir.compacted("data");
    let until = (START_MS + 60_000).to_string();
    let told = stdout(&["tsdb", "dump", &path, "--max-time", &until, "--match", "up", "--match", "brief"]);
    let lines: Vec<&str> = told.lines().collect();
    let of = |metric: &str, job: &str, minute: i64| {
        format!("{{__name__=\"{metric}\", job=\"{job}\"}} {minute} {}", START_MS + minute * 60_000)
    };
    let expected = [("brief", "batch"), ("up", "api"), ("up", "web")]
        .map(|(metric, job)| [of(metric, job, 0), of(metric, job, 1)])
        .concat();
    assert_eq!(lines, expected);
}
