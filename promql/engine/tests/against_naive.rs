//! The engine against the naive evaluator: random well-typed queries over hostile series of floats and of native
//! histograms, at one time and at many, with names removed at once and at the end, with start timestamps and without. Values,
//! annotations and the kind of error must agree.

use std::sync::Arc;

use emberdb_histogram::FloatHistogram;
use emberdb_model::{AnnotationKind, Annotations, Labels, Sample, SampleValue};
use emberdb_promql_engine::{
    Engine, EngineOptions, QueryError, QueryErrorKind, QueryOptions, QueryResult, QueryValue,
};
use emberdb_promql_syntax::ParserOptions;
use emberdb_testkit::{
    GENERATED_SPAN_MS, MemoryStorage, NaiveAnswer, NaiveEngine, NaiveError, NaiveErrorKind, NaiveOptions,
    NaiveValue, StartTimestampsOfSeries, are_values_equal, extended_queries, extended_ranges,
    histogram_queries, hostile_histogram_series, hostile_series, queries, start_timestamp_queries,
    with_start_timestamps,
};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

/// How far floats may lie apart, relative to their size: the order of sums is the same, some formulas are not.
const TOLERANCE: f64 = 1e-9;

/// Labels and samples of a series.
type MixedSeries = (Labels, Vec<(i64, SampleValue)>);

/// A series of floats as one of both.
fn mixed((labels, samples): (Labels, Vec<Sample>)) -> MixedSeries {
    (labels, samples.into_iter().map(Into::into).collect())
}

/// One comparison: a query on data.
struct Question<'q> {
    series: &'q [MixedSeries],
    query: &'q str,
    delayed_name_removal: bool,
    /// To the last bit, and not within the tolerance.
    is_exact: bool,
    start_timestamps: &'q [StartTimestampsOfSeries],
    use_start_timestamps: bool,
}

impl<'q> Question<'q> {
    fn new(series: &'q [MixedSeries], query: &'q str, delayed_name_removal: bool) -> Self {
        Self {
            series,
            query,
            delayed_name_removal,
            is_exact: false,
            start_timestamps: &[],
            use_start_timestamps: false,
        }
    }

    /// Asks both at one time.
    fn instant(&self, time_ms: i64) -> Result<(), String> {
        let (storage, engine, naive) = self.set_up();
        let got = engine.instant(&storage, self.query, time_ms, &QueryOptions::default());
        self.compare(naive.instant(&storage, self.query, time_ms), got)
    }

    /// Asks both at many times.
    fn range(&self, start_ms: i64, end_ms: i64, step_ms: i64) -> Result<(), String> {
        let (storage, engine, naive) = self.set_up();
        let got = engine.range(&storage, self.query, start_ms, end_ms, step_ms, &QueryOptions::default());
        self.compare(naive.range(&storage, self.query, start_ms, end_ms, step_ms), got)
    }

    fn set_up(&self) -> (MemoryStorage, Engine, NaiveEngine) {
        let storage = MemoryStorage::with_mixed_series(self.series.iter().cloned())
            .expect("generated samples are in order");
        storage.set_start_timestamps(self.start_timestamps.iter().cloned());
        let &Self { delayed_name_removal, use_start_timestamps, .. } = self;
        let options = EngineOptions {
            delayed_name_removal,
            use_start_timestamps,
            parser: ParserOptions::ALL,
            ..EngineOptions::default()
        };
        let naive = NaiveOptions { delayed_name_removal, use_start_timestamps, ..NaiveOptions::default() };
        (storage, Engine::new(options), NaiveEngine::new(naive))
    }

    fn compare(
        &self,
        wanted: Result<NaiveAnswer, NaiveError>,
        got: Result<QueryResult, QueryError>,
    ) -> Result<(), String> {
        let (wanted, got) = match (wanted, got) {
            (Ok(wanted), Ok(got)) => (wanted, got),
            (Err(wanted), Err(got)) if is_same_kind(wanted.kind, got.kind()) => return Ok(()),
            (Err(wanted), Err(got)) => {
                return Err(format!("naive fails with {wanted:?}, the engine with {got:?}"));
            }
            (Err(wanted), Ok(_)) => return Err(format!("naive fails with {wanted}, the engine answers")),
            (Ok(_), Err(got)) => return Err(format!("the engine fails with {got}")),
        };
        let is_ordered = self.query.starts_with("sort(") || self.query.starts_with("sort_desc(");
        let (mut left, mut right) = (flat_naive(&wanted.value), flat(&got.value));
        if is_ordered && !is_same(&unlabelled(&left), &unlabelled(&right), self.is_exact) {
            return Err(format!("naive  {left:?}\nengine {right:?}"));
        }
        // The order of what is equal is no matter of the definition.
        left.sort_by(|a, b| a.0.cmp(&b.0));
        right.sort_by(|a, b| a.0.cmp(&b.0));
        if !is_same(&left, &right, self.is_exact) {
            return Err(format!("naive  {left:?}\nengine {right:?}"));
        }
        let (left, right) = (remarks(&wanted.annotations), remarks(&got.annotations));
        if left == right { Ok(()) } else { Err(format!("naive  {left:?}\nengine {right:?}")) }
    }
}

fn is_same_kind(naive: NaiveErrorKind, engine: QueryErrorKind) -> bool {
    match naive {
        NaiveErrorKind::BadData => engine == QueryErrorKind::Parse,
        NaiveErrorKind::Execution => engine == QueryErrorKind::Execution,
        NaiveErrorKind::Storage => engine == QueryErrorKind::Storage,
    }
}

/// Labels as text, and the samples.
type FlatSeries = (String, Vec<(i64, SampleValue)>);

type Flat = Vec<FlatSeries>;

fn scalar(timestamp_ms: i64, value: f64) -> Flat {
    vec![("scalar".into(), vec![(timestamp_ms, SampleValue::Float(value))])]
}

fn string(timestamp_ms: i64, value: &str) -> Flat {
    vec![(format!("string {value}"), vec![(timestamp_ms, SampleValue::Float(0.0))])]
}

fn flat_naive(value: &NaiveValue) -> Flat {
    match value {
        NaiveValue::Scalar(sample) => scalar(sample.timestamp_ms, sample.value),
        NaiveValue::String { timestamp_ms, value } => string(*timestamp_ms, value),
        NaiveValue::Vector(elements) => {
            elements.iter().map(|e| (e.labels.to_string(), vec![(e.timestamp_ms, e.value.clone())])).collect()
        }
        NaiveValue::Matrix(series) => {
            series.iter().map(|s| (s.labels.to_string(), s.samples.clone())).collect()
        }
    }
}

fn flat(value: &QueryValue) -> Flat {
    match value {
        QueryValue::Scalar { timestamp_ms, value } => scalar(*timestamp_ms, *value),
        QueryValue::String { timestamp_ms, value } => string(*timestamp_ms, value),
        QueryValue::Vector(vector) => {
            vector.iter().map(|s| (s.labels.to_string(), vec![(s.timestamp_ms, s.value)])).collect()
        }
        QueryValue::Matrix(matrix) => {
            let one = matrix.iter().map(|s| {
                let floats = s.points.iter().map(|(time_ms, value)| (time_ms, SampleValue::Float(value)));
                let histograms =
                    s.histograms.iter().map(|(time_ms, h)| (*time_ms, SampleValue::Histogram(h.clone())));
                let mut samples: Vec<_> = floats.chain(histograms).collect();
                samples.sort_by_key(|&(time_ms, _)| time_ms);
                (s.labels.to_string(), samples)
            });
            one.collect()
        }
    }
}

/// The samples alone.
fn unlabelled(series: &Flat) -> Flat {
    series.iter().map(|(_, samples)| (String::new(), samples.clone())).collect()
}

fn is_same(left: &Flat, right: &Flat, is_exact: bool) -> bool {
    let same_sample = |(a, b): (&(i64, SampleValue), &(i64, SampleValue))| {
        a.0 == b.0
            && match is_exact {
                // Numbers print so that they can be told apart, the hints and spans of histograms with them.
                true => format!("{:?}", a.1) == format!("{:?}", b.1),
                false => are_values_equal(&a.1, &b.1, TOLERANCE),
            }
    };
    let same_series = |(a, b): (&FlatSeries, &FlatSeries)| {
        a.0 == b.0 && a.1.len() == b.1.len() && a.1.iter().zip(&b.1).all(same_sample)
    };
    left.len() == right.len() && left.iter().zip(right).all(same_series)
}

fn remarks(annotations: &Annotations) -> Vec<(AnnotationKind, String, Option<usize>)> {
    let mut all: Vec<_> = annotations.iter().map(|a| (a.kind, a.message.clone(), a.position)).collect();
    all.sort();
    all
}

/// The same cases each time, so that only a change can make the tests fail; `PROPTEST_RNG_SEED=n` asks others, `PROPTEST_CASES=n` more.
fn config() -> ProptestConfig {
    let given = ProptestConfig::default();
    let rng_seed = match given.rng_seed {
        RngSeed::Random => RngSeed::Fixed(314),
        seed => seed,
    };
    ProptestConfig { max_shrink_iters: 2_000, failure_persistence: None, rng_seed, ..given }
}

proptest! {
    // A case that failed is kept as a named test, not as the seed of a generator that will change.
    #![proptest_config(config())]

    #[test]
    fn at_one_time(
        series in hostile_series(),
        query in queries(&ParserOptions::ALL),
        time_ms in 0..GENERATED_SPAN_MS,
        delayed_name_removal in any::<bool>(),
    ) {
        let series: Vec<_> = series.into_iter().map(mixed).collect();
        let question = Question::new(&series, &query, delayed_name_removal);
        question.instant(time_ms).map_err(|difference| TestCaseError::fail(format!("{query}\n{difference}")))?;
    }

    #[test]
    fn at_many_times(
        series in hostile_series(),
        query in queries(&ParserOptions::ALL),
        start_ms in 0..GENERATED_SPAN_MS / 2,
        steps in 0..40_i64,
        step_ms in prop::sample::select(vec![1_i64, 999, 15_000, 60_000, 317_000]),
        delayed_name_removal in any::<bool>(),
    ) {
        let series: Vec<_> = series.into_iter().map(mixed).collect();
        let question = Question::new(&series, &query, delayed_name_removal);
        let end_ms = start_ms + steps * step_ms;
        question.range(start_ms, end_ms, step_ms)
            .map_err(|difference| TestCaseError::fail(format!("{query}\n{difference}")))?;
    }

    #[test]
    fn of_native_histograms(
        series in hostile_histogram_series(),
        query in histogram_queries(),
        start_ms in 0..GENERATED_SPAN_MS / 2,
        steps in 0..20_i64,
        step_ms in prop::sample::select(vec![999_i64, 15_000, 60_000, 317_000]),
        delayed_name_removal in any::<bool>(),
    ) {
        let question = Question::new(&series, &query, delayed_name_removal);
        let failed = |difference| TestCaseError::fail(format!("{query}\n{difference}"));
        question.instant(start_ms).map_err(failed)?;
        question.range(start_ms, start_ms + steps * step_ms, step_ms).map_err(failed)?;
    }

    #[test]
    fn of_start_timestamps(
        (series, start_timestamps) in with_start_timestamps(hostile_histogram_series()),
        query in start_timestamp_queries(),
        start_ms in 0..GENERATED_SPAN_MS / 2,
        steps in 0..20_i64,
        step_ms in prop::sample::select(vec![999_i64, 15_000, 60_000, 317_000]),
        delayed_name_removal in any::<bool>(),
        use_start_timestamps in prop::bool::weighted(0.9),
    ) {
        let question = Question {
            start_timestamps: &start_timestamps,
            use_start_timestamps,
            ..Question::new(&series, &query, delayed_name_removal)
        };
        let failed = |difference| TestCaseError::fail(format!("{query}\n{difference}"));
        question.instant(start_ms).map_err(failed)?;
        question.range(start_ms, start_ms + steps * step_ms, step_ms).map_err(failed)?;
    }

    #[test]
    fn of_extended_ranges(
        series in hostile_histogram_series(),
        query in extended_queries(),
        shown in extended_ranges(),
        start_ms in -GENERATED_SPAN_MS / 4..GENERATED_SPAN_MS,
        steps in 0..60_i64,
        step_ms in prop::sample::select(vec![1_i64, 999, 7_000, 15_000, 60_000, 317_000]),
        delayed_name_removal in any::<bool>(),
    ) {
        let question = Question { is_exact: true, ..Question::new(&series, &query, delayed_name_removal) };
        let failed = |difference| TestCaseError::fail(format!("{query}\n{difference}"));
        question.range(start_ms, start_ms + steps * step_ms, step_ms).map_err(failed)?;
        Question { query: &shown, ..question }.instant(start_ms)
            .map_err(|difference| TestCaseError::fail(format!("{shown}\n{difference}")))?;
    }
}

/// A subquery in a subquery ends where the outer one ends, also at its early steps: what is told of repaired histograms
/// depends on it.
#[test]
fn subqueries_of_subqueries() {
    let series = |le: &str, values: &[f64]| {
        let labels = Labels::new([("__name__", "latency_bucket"), ("job", "a"), ("le", le)]);
        let samples = values.iter().zip(1..).map(|(&value, s)| (s * 1000, SampleValue::Float(value)));
        (labels.expect("the names differ"), samples.collect())
    };
    let series = [series("10", &[-50.0; 30]), series("+Inf", &[14.5, -50.0])];
    let inner = "histogram_quantile(0.5, sum by (job, le) (rate(latency_bucket[2m30s])))";
    let query = format!("rate((rate(({inner})[1m:15s]))[5m:1m])");
    let question = Question::new(&series, &query, false);
    assert_eq!(question.instant(15_000), Ok(()));
}

/// A selector with a sign is none, for functions that look at the selector itself.
#[test]
fn a_sign_hides_a_selector() {
    let labels = Labels::new([("__name__", "m"), ("instance", "a")]).expect("the names differ");
    let series = [(labels, (0..20).map(|s| (s * 15_000, SampleValue::Float(2.0))).collect())];
    for query in [
        "timestamp(m)",
        "timestamp(+m)",
        "timestamp(+(m))",
        "absent(none{job=\"a\"})",
        "absent(+none{job=\"a\"})",
    ] {
        let question = Question::new(&series, query, false);
        assert_eq!(question.instant(200_000), Ok(()), "{query}");
        assert_eq!(question.range(100_000, 200_000, 7_000), Ok(()), "{query}");
    }
}

/// Histograms have no order: `sort` leaves them out at every step, not only where the order means something.
#[test]
fn sorting_leaves_histograms_out() {
    let labels =
        |instance| Labels::new([("__name__", "m"), ("instance", instance)]).expect("the names differ");
    let histogram =
        || SampleValue::Histogram(Arc::new(FloatHistogram { count: 1.0, ..FloatHistogram::default() }));
    let samples = |value: &dyn Fn() -> SampleValue| (0..20).map(|s| (s * 15_000, value())).collect();
    let series = [(labels("a"), samples(&histogram)), (labels("b"), samples(&|| SampleValue::Float(2.0)))];
    for query in
        ["sort(m)", "sort_desc(m)", "sort_by_label(m, \"instance\")", "count_over_time(sort(m)[1m:15s])"]
    {
        for delayed_name_removal in [false, true] {
            let question = Question::new(&series, query, delayed_name_removal);
            assert_eq!(question.instant(200_000), Ok(()), "{query}");
            assert_eq!(question.range(100_000, 200_000, 15_000), Ok(()), "{query}");
        }
    }
}

/// Of equal elements it depends on the others which are among the best: upstream keeps a heap.
#[test]
fn equals_are_ranked_by_the_shape_of_a_heap() {
    let series: Vec<_> = [0.0, 0.0, 2.0, 0.0, 2.0, f64::NAN, f64::NAN, 1.0, 0.0]
        .into_iter()
        .zip("abcdefghi".chars())
        .map(|(value, i)| {
            let labels = Labels::new([("__name__", "m".to_owned()), ("i", i.to_string())]);
            (labels.expect("the names differ"), vec![(0, SampleValue::Float(value))])
        })
        .collect();
    for k in 1..=9 {
        for op in ["topk", "bottomk"] {
            let query = format!("{op}({k}, m)");
            let question = Question::new(&series, &query, false);
            assert_eq!(question.instant(0), Ok(()), "{query}");
            assert_eq!(question.range(0, 60_000, 30_000), Ok(()), "{query}");
        }
    }
}
