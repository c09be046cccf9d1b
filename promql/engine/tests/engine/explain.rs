//! Plans, and what operators did.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use emberdb_env::{Clock, Env};
use emberdb_model::storage::{Querier, Queryable, SeriesSet, StorageError};
use emberdb_model::{Label, Matcher, SampleColumns, SymbolTable, TimeRange};
use emberdb_promql_engine::{
    Analysis, Engine, EngineOptions, Explain, Figures, PlanOperator, QueryErrorKind, QueryOptions,
};
use emberdb_promql_syntax::{AggregationOp, BinaryOp, FunctionId};
use emberdb_testkit::MemoryStorage;

use super::{load, options};

/// A storage in which time passes: 10 s when something is selected, 1 s when a series is read, and else never.
#[derive(Clone)]
struct Sluggish {
    storage: Arc<MemoryStorage>,
    watch: Watch,
}

#[derive(Clone, Debug, Default)]
struct Watch {
    seconds: Arc<AtomicU64>,
    reads: Arc<AtomicU64>,
}

impl Clock for Watch {
    fn now_ms(&self) -> i64 {
        0
    }

    fn monotonic(&self) -> Duration {
        Duration::from_secs(self.seconds.load(Ordering::Relaxed))
    }

    fn sleep(&self, _: Duration) {}
}

impl Queryable for Sluggish {
    fn querier(&self) -> Result<Box<dyn Querier>, StorageError> {
        Ok(Box::new(self.clone()))
    }
}

impl Querier for Sluggish {
    fn select(
        &self,
        matchers: &[Matcher],
        range: TimeRange,
        symbols: &mut SymbolTable,
    ) -> Result<Box<dyn SeriesSet>, StorageError> {
        self.watch.seconds.fetch_add(10, Ordering::Relaxed);
        let set = self.storage.querier()?.select(matchers, range, symbols)?;
        Ok(Box::new(SluggishSet { set, watch: self.watch.clone() }))
    }

    fn label_names(&self, matchers: &[Matcher], range: TimeRange) -> Result<Vec<String>, StorageError> {
        self.storage.querier()?.label_names(matchers, range)
    }

    fn label_values(
        &self,
        name: &str,
        matchers: &[Matcher],
        range: TimeRange,
    ) -> Result<Vec<String>, StorageError> {
        self.storage.querier()?.label_values(name, matchers, range)
    }
}

struct SluggishSet {
    set: Box<dyn SeriesSet>,
    watch: Watch,
}

impl SeriesSet for SluggishSet {
    fn len(&self) -> usize {
        self.set.len()
    }

    fn labels(&self, series: usize) -> &[Label] {
        self.set.labels(series)
    }

    /// They are all floats. Of what may have histograms, a quantile has series for both kinds, and one kind has no values.
    fn may_have_histograms(&self) -> bool {
        false
    }

    fn read(&self, series: usize, range: TimeRange, samples: &mut SampleColumns) -> Result<(), StorageError> {
        self.watch.seconds.fetch_add(1, Ordering::Relaxed);
        self.watch.reads.fetch_add(1, Ordering::Relaxed);
        self.set.read(series, range, samples)
    }
}

/// Of `m` 14 samples in three series, one of them a staleness marker.
const LINES: &str = "
    m{job=\"a\",i=\"1\"} 1 2 3 4 5
    m{job=\"a\",i=\"2\"} 2 4 6 8 10
    m{job=\"b\",i=\"1\"} 1 2 3 stale
    one{job=\"a\"} 7 7 7 7 7
    b_bucket{job=\"a\",le=\"1\"} 1 1 1 1 1
    b_bucket{job=\"a\",le=\"+Inf\"} 2 2 2 2 2
    target_info{instance=\"x\",job=\"a\",version=\"3\"} 1 1 1 1 1
    up{instance=\"x\",job=\"a\"} 1 1 0 1 1";

fn sluggish() -> Sluggish {
    Sluggish { storage: Arc::new(load(10_000, LINES)), watch: Watch::default() }
}

/// Waits as long as it takes.
fn patient(watch: &Watch) -> EngineOptions {
    let env = Env::real_with_clock(watch.clone());
    EngineOptions { env, timeout: Duration::MAX, ..options() }
}

fn engine(watch: &Watch, threads: usize) -> Engine {
    Engine::new(EngineOptions { threads, ..patient(watch) })
}

fn explain(query: &str) -> Explain {
    let storage = sluggish();
    let engine = engine(&storage.watch, 1);
    let explain = engine.explain_range(&storage, query, 0, 40_000, 10_000, &QueryOptions::default()).unwrap();
    assert_eq!(storage.watch.reads.load(Ordering::Relaxed), 0, "{query}");
    explain
}

fn analyze(storage: &Sluggish, query: &str, threads: usize) -> Analysis {
    let engine = engine(&storage.watch, threads);
    engine.analyze_range(storage, query, 0, 40_000, 10_000, &QueryOptions::default()).unwrap()
}

fn all_figures(explain: &Explain) -> Vec<Figures> {
    explain.iter().map(|(_, node)| node.figures.unwrap()).collect()
}

#[test]
fn plans_as_trees() {
    let query = "sum by (job) (rate(m{i!='9'}[20s]))\n  > bool on (job) one offset 5s";
    let tree = "\
operator                                at  steps  series
binary > bool on (job)                 1:1      5      ≤1
├─ aggregation sum by (job)            1:1      5      ≤3
│  └─ call rate                       1:15      5      ≤3
│     └─ range selector m{i!=\"9\"}[20s]  1:20      5       3
└─ instant selector one offset 5s      2:19      5       1";
    assert_same_lines(&explain(query).to_string(), tree);

    let query = "topk(2, m @ 10) unless label_replace(-m, 'to', '$1', 'i', '(.*)') + scalar(one @ end())";
    let tree = "\
operator                                                     at  steps  series
binary unless                                               1:1      5      ≤3
├─ aggregation topk (step-invariant)                        1:1      1      ≤3
│  ├─ number 2                                              1:6      1       1
│  └─ instant selector m @ 10.000                           1:9      1       3
└─ binary +                                                1:24      5      ≤3
   ├─ call label_replace(\"to\", \"$1\", \"i\", \"(.*)\")          1:24      5      ≤3
   │  └─ negation                                          1:38      5      ≤3
   │     └─ instant selector m                             1:39      5       3
   └─ call scalar (step-invariant)                         1:69      1      ≤1
      └─ instant selector one @ 40.000                     1:76      1       1";
    assert_same_lines(&explain(query).to_string(), tree);

    // The windows reach from -25 s to 45 s: the grid has -20 s, 0 s, 20 s and 40 s.
    let query = "max_over_time(count_values('v', timestamp(m))[30s:20s] offset -5s)";
    let tree = "\
operator                                     at  steps  series
call max_over_time                          1:1      5       ?
└─ subquery [30s:20s] offset -5s           1:15      5       ?
   └─ aggregation count_values(\"v\")        1:15      4       ?
      └─ sample times m                    1:33      4       3";
    assert_same_lines(&explain(query).to_string(), tree);

    // Windows without any step: what is in them is not evaluated.
    assert_same_lines(
        &explain("sum(absent_over_time(m[1s:7s] @ 4))").to_string(),
        "\
operator                              at  steps  series
aggregation sum (step-invariant)     1:1      1      ≤1
└─ call absent_over_time             1:5      1      ≤1
   └─ subquery [1s:7s] @ 4.000      1:22      1      ≤0",
    );
}

/// Equal but for the number of spaces between columns, which golden lines are hard to read with.
#[track_caller]
fn assert_same_lines(told: &str, expected: &str) {
    let squeezed = |text: &str| -> Vec<String> {
        let line = |line: &str| {
            let body = line.trim_start_matches([' ', '│', '├', '└', '─']);
            let indent = &line[..line.len() - body.len()];
            let cells: Vec<&str> = body.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect();
            format!("{indent}{}", cells.join("  "))
        };
        text.lines().map(line).collect()
    };
    assert_eq!(squeezed(told), squeezed(expected), "told:\n{told}");
    let rows = told.lines().filter(|line| !line.starts_with("elapsed"));
    let widths: Vec<usize> = rows.map(|line| line.chars().count()).collect();
    assert!(widths.iter().all(|&width| width == widths[0]), "columns are aligned:\n{told}");
}

#[test]
fn figures_are_what_the_data_says() {
    let storage = sluggish();
    let Analysis { result, explain, .. } = analyze(&storage, "sum by (job) (rate(m[20s]))", 1);
    let [sum, rate, selector] = all_figures(&explain)[..] else { panic!("{explain}") };
    // 5 + 5 + 4 samples, of which the range vector does not have the marker.
    assert_eq!((selector.series, selector.samples_read, selector.bytes_read), (3, 14, 14 * 16));
    assert_eq!((selector.samples, selector.bytes), (13, 13 * 16));
    // Two samples in a window at 10, 20, 30 and 40 s, of the last series only at 10 and 20 s; 5 steps and their bits.
    assert_eq!((rate.series, rate.samples, rate.bytes, rate.samples_read), (3, 10, 3 * (5 * 8 + 8), 0));
    assert_eq!((sum.series, sum.samples, sum.bytes, sum.samples_read), (2, 4 + 2, 2 * (5 * 8 + 8), 0));
    assert_eq!(result.samples_read, 14);
    // 10 s to select, 1 s a series; elsewhere time stands still.
    let seconds = Duration::from_secs;
    assert_eq!([sum.own_time, rate.own_time, selector.own_time], [seconds(0), seconds(0), seconds(13)]);
    assert_eq!([sum.total_time, rate.total_time, selector.total_time], [seconds(13); 3]);
    assert_eq!(explain.elapsed, Some(seconds(13)));
    assert_same_lines(
        &explain.to_string(),
        "\
operator                          at  steps  series  samples  bytes  read    own  total
aggregation sum by (job)         1:1      5       2        6     96     0  0.0ns  13.0s
└─ call rate                    1:15      5       3       10    144     0  0.0ns  13.0s
   └─ range selector m[20s]     1:20      5       3       13    208    14  13.0s  13.0s
elapsed: 13.0s",
    );
}

#[test]
fn time_and_reads_belong_to_the_operator_that_needs_them() {
    let storage = sluggish();
    let Analysis { explain, .. } = analyze(&storage, "count(m) + on () group_left () count(m @ 10)", 1);
    let seconds: Vec<u64> = all_figures(&explain).iter().map(|figures| figures.own_time.as_secs()).collect();
    let read: Vec<u64> = all_figures(&explain).iter().map(|figures| figures.samples_read).collect();
    // Both select and read three series; the one at one time reads a sample of each.
    assert_eq!(seconds, [0, 0, 13, 0, 13], "{explain}");
    assert_eq!(read, [0, 0, 14, 0, 3], "{explain}");

    // What was selected once is not selected again.
    let Analysis { explain, .. } = analyze(&storage, "count(m) + count(m)", 1);
    let seconds: Vec<u64> = all_figures(&explain).iter().map(|figures| figures.own_time.as_secs()).collect();
    assert_eq!(seconds, [0, 0, 13, 0, 3], "{explain}");

    // Functions that read for themselves have the samples and the time for it.
    let Analysis { explain, .. } = analyze(&storage, "timestamp(m)", 1);
    let [times] = all_figures(&explain)[..] else { panic!("{explain}") };
    assert_eq!((times.own_time.as_secs(), times.samples_read, times.samples), (13, 14, 13), "{explain}");
    let Analysis { explain, .. } = analyze(&storage, "info(up)", 1);
    let [info, base] = all_figures(&explain)[..] else { panic!("{explain}") };
    assert_eq!((info.own_time.as_secs(), info.samples_read), (11, 5), "{explain}");
    assert_eq!((base.own_time.as_secs(), base.samples_read), (11, 5), "{explain}");
}

/// Of every kind of operator at least one.
const QUERIES: [&str; 36] = [
    "m",
    "m offset 10s",
    "m @ 10",
    "-m",
    "1 + 2 * time()",
    "scalar(one) + vector(2)",
    "sum(m)",
    "avg without (i) (m)",
    "stddev by (job) (rate(m[20s]))",
    "topk by (job) (1, m)",
    "quantile(0.3, m)",
    "quantile(2, m)",
    "limitk(2, m)",
    "limit_ratio(0.5, m)",
    "count_values('v', m)",
    "group by (i) (m) == 1",
    "m + m",
    "m * on (job) group_left () one",
    "one / on (job) group_right () m",
    "m + on (job, i) fill(3) (m > 3)",
    "m and on (job) one",
    "m or one",
    "m unless m > 3",
    "m > bool 2",
    "rate(m[20s])",
    "predict_linear(m[30s] @ 30, 60)",
    "quantile_over_time(0.5, sum(m)[30s:10s])",
    "max_over_time((m + 1)[20s:10s] @ 20)",
    "absent(m{job='x'})",
    "absent_over_time(m{job='x'}[10s])",
    "timestamp(m)",
    "timestamp(m + 1)",
    "hour()",
    "label_join(m, 'to', '-', 'job', 'i')",
    "histogram_quantile(0.5, b_bucket)",
    "info(up, {version=~'.+'})",
];

#[test]
fn an_analysed_query_has_the_plain_answer() {
    let storage = sluggish();
    for is_delayed in [false, true] {
        for threads in [1, 4] {
            let options =
                EngineOptions { threads, delayed_name_removal: is_delayed, ..patient(&storage.watch) };
            let engine = Engine::new(options);
            let asked = QueryOptions::default();
            for query in QUERIES {
                let plain = engine.range(&storage, query, 0, 40_000, 10_000, &asked).unwrap();
                let analysis = engine.analyze_range(&storage, query, 0, 40_000, 10_000, &asked).unwrap();
                compare((query, threads), &plain, &analysis, &|| {
                    engine.explain_range(&storage, query, 0, 40_000, 10_000, &asked).unwrap()
                });
                let plain = engine.instant(&storage, query, 30_000, &asked).unwrap();
                let analysis = engine.analyze_instant(&storage, query, 30_000, &asked).unwrap();
                compare((query, threads), &plain, &analysis, &|| {
                    engine.explain_instant(&storage, query, 30_000, &asked).unwrap()
                });
            }
            for query in ["m[20s]", "sum(m)[30s:10s]", "'text'"] {
                let plain = engine.instant(&storage, query, 30_000, &asked).unwrap();
                let analysis = engine.analyze_instant(&storage, query, 30_000, &asked).unwrap();
                compare((query, threads), &plain, &analysis, &|| {
                    engine.explain_instant(&storage, query, 30_000, &asked).unwrap()
                });
            }
        }
    }
}

fn compare(
    (query, threads): (&str, usize),
    plain: &emberdb_promql_engine::QueryResult,
    analysis: &Analysis,
    explain: &dyn Fn() -> Explain,
) {
    let Analysis { result, explain: told, .. } = analysis;
    assert_eq!(result.value.to_json(), plain.value.to_json(), "{query}");
    let remarks = |annotations: &emberdb_model::Annotations| -> Vec<String> {
        annotations.iter().map(|annotation| annotation.render(query)).collect()
    };
    assert_eq!(remarks(&result.annotations), remarks(&plain.annotations), "{query}");
    assert_eq!(result.samples_read, plain.samples_read, "{query}");
    assert!(threads > 1 || told.plan.figures.unwrap().total_time <= told.elapsed.unwrap(), "{query}: {told}");
    let read: u64 = all_figures(told).iter().map(|figures| figures.samples_read).sum();
    assert_eq!(read, plain.samples_read, "{query}: {told}");
    for (_, node) in told {
        let figures = node.figures.unwrap();
        let below: Duration = node.children.iter().map(|child| child.figures.unwrap().total_time).sum();
        assert_eq!(figures.total_time, figures.own_time + below, "{query}: {told}");
        assert!(node.series_max.is_none_or(|max| figures.series <= max), "{query}: {told}");
    }
    // The plan is the one that the query runs by.
    let shape = |explain: &Explain| -> Vec<_> {
        let node = |(depth, node): (usize, &emberdb_promql_engine::PlanNode)| {
            (depth, node.operator, node.detail.clone(), node.span, node.steps, node.series_max)
        };
        explain.iter().map(node).collect()
    };
    assert_eq!(shape(&explain()), shape(told), "{query}");
}

#[test]
fn counts_do_not_depend_on_threads() {
    let lines: String = (0..500).map(|i| format!("m{{i=\"{i}\",g=\"{}\"}} 1 2 3 4 5\n", i % 3)).collect();
    let storage = Sluggish { storage: Arc::new(load(10_000, &lines)), watch: Watch::default() };
    let query = "sum by (g) (rate(m[20s])) + on (g) group_right () avg by (g, i) (-m)";
    let counts = |threads| -> Vec<[u64; 5]> {
        let figures = all_figures(&analyze(&storage, query, threads).explain);
        let counts = |f: &Figures| [f.series, f.samples, f.bytes, f.samples_read, f.bytes_read];
        figures.iter().map(counts).collect()
    };
    let one = counts(1);
    assert_eq!(
        one[0][..2],
        [500, 2000],
        "each element of the one side with those of its group, but at the start"
    );
    assert_eq!(counts(4), one);
}

#[test]
fn plans_for_programs() {
    let plan = explain("sum(m) / 2").plan;
    assert_eq!(plan.operator, PlanOperator::Binary(BinaryOp::Div));
    let [sum, number] = &plan.children[..] else { panic!("{plan:?}") };
    assert_eq!(sum.operator, PlanOperator::Aggregation(AggregationOp::Sum));
    assert_eq!((number.operator.kind(), &number.detail[..], number.figures), ("number", "2", None));
    assert_eq!(explain("abs(m)").plan.operator, PlanOperator::Call(FunctionId::Abs));

    assert_eq!(
        explain("count({job=~\"a|\\\"\"})").to_json(),
        r#"{"query":"count({job=~\"a|\\\"\"})","plan":{"operator":"aggregation","detail":"count","span":[0,20],"steps":5,"stepInvariant":false,"seriesMax":1,"children":[{"operator":"instant selector","detail":"{job=~\"a|\\\"\"}","span":[6,19],"steps":5,"stepInvariant":false,"seriesMax":7,"children":[]}]}}"#
    );
    let storage = sluggish();
    let json: serde_json::Value =
        serde_json::from_str(&analyze(&storage, "count(m)", 1).explain.to_json()).unwrap();
    assert_eq!(json["elapsedSeconds"], 13.0);
    let selector = &json["plan"]["children"][0];
    assert_eq!(
        selector["figures"],
        serde_json::json!({
            "ownSeconds": 13.0, "totalSeconds": 13.0, "series": 3, "samples": 13, "bytes": 144,
            "samplesRead": 14, "bytesRead": 224,
        })
    );
}

#[test]
fn what_cannot_be_asked_cannot_be_explained() {
    let storage = sluggish();
    let engine = engine(&storage.watch, 1);
    let asked = QueryOptions::default();
    let error = engine.explain_instant(&storage, "sum(m", 0, &asked).unwrap_err();
    assert_eq!(error.kind(), QueryErrorKind::Parse);
    let error = engine.explain_range(&storage, "m[5m]", 0, 1000, 1000, &asked).unwrap_err();
    assert_eq!(error.kind(), QueryErrorKind::Parse);
    let error = engine.analyze_range(&storage, "m", 1000, 0, 1000, &asked).unwrap_err();
    assert_eq!(error.to_string(), "there is no step to explain: the end lies before the start");
    // What goes wrong while a query runs goes wrong when it is analysed.
    let error = engine.analyze_instant(&storage, "m + ignoring (i) m", 0, &asked).unwrap_err();
    let plain = engine.instant(&storage, "m + ignoring (i) m", 0, &asked).unwrap_err();
    assert_eq!(error.to_string(), plain.to_string());
}
