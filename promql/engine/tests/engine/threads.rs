//! Answers do not depend on the number of threads.

use emberdb_model::{Labels, Sample};
use emberdb_promql_engine::{Engine, EngineOptions, QueryOptions, QueryValue};
use emberdb_testkit::MemoryStorage;

/// Series whose values lose digits when they are added in another order.
fn hostile() -> MemoryStorage {
    let mut all = Vec::new();
    for series in 0..3000_u64 {
        let labels =
            Labels::new([("__name__", "m"), ("g", &(series % 7).to_string()), ("i", &series.to_string())])
                .unwrap();
        let mut samples = Vec::new();
        for at in 0..20_u64 {
            let mix = (series * 31 + at).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            let value =
                f64::from_bits(0x3000_0000_0000_0000 | mix >> 2) * if mix & 1 == 0 { 1.0 } else { -1.0 };
            samples.push(Sample { timestamp_ms: at as i64 * 1000, value });
        }
        all.push((labels, samples));
    }
    MemoryStorage::with_series(all).unwrap()
}

fn bits(value: &QueryValue) -> Vec<(String, Vec<(i64, u64)>)> {
    let matrix = value.as_matrix().unwrap();
    let series = matrix.iter();
    series.map(|s| (s.labels.to_string(), s.points.iter().map(|(t, v)| (t, v.to_bits())).collect())).collect()
}

#[test]
fn one_thread_and_four_give_the_same_bits() {
    let storage = hostile();
    let queries = [
        "sum by (g) (m)",
        "avg by (g) (m)",
        "stddev(m)",
        "sum by (g) (m * on (g, i) m)",
        "topk by (g) (5, m)",
        "quantile by (g) (0.3, m)",
        "limitk(10, m)",
        "m and on (i) (m > 1)",
        "count_values(\"v\", sgn(m))",
        "sum(sum_over_time(m[5s]))",
        "max_over_time(sum(m)[5s:1s])",
    ];
    let engine = |threads| {
        Engine::new(EngineOptions {
            threads,
            parser: emberdb_promql_syntax::ParserOptions::ALL,
            ..EngineOptions::default()
        })
    };
    let (one, four) = (engine(1), engine(4));
    for query in queries {
        let ask = |engine: &Engine| {
            bits(&engine.range(&storage, query, 0, 19_000, 1000, &QueryOptions::default()).unwrap().value)
        };
        let expected = ask(&one);
        assert!(!expected.is_empty(), "{query}");
        assert_eq!(ask(&four), expected, "{query}");
    }
}
