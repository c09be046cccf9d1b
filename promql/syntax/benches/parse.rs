//! How long it takes to read queries of the kinds that dashboards and alerts send. Goal: 3 µs for `dashboard`.

#![expect(clippy::print_stdout, reason = "a bench says what it measured")]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use emberdb_promql_syntax::{ParserOptions, parse_with};

const QUERIES: [(&str, &str); 5] = [
    ("selector", r#"up{job="api", instance="10.0.0.1:9090"}"#),
    ("dashboard", r#"sum by (job, code) (rate(http_requests_total{job="api", code!="200"}[5m]))"#),
    (
        "quantile",
        r#"histogram_quantile(0.99, sum by (le, path) (rate(request_duration_seconds_bucket{job="api", env="prod"}[5m])))"#,
    ),
    (
        "alert",
        r#"(node_filesystem_avail_bytes{job="node",fstype!=""} / node_filesystem_size_bytes{job="node",fstype!=""} * 100 < 40 and predict_linear(node_filesystem_avail_bytes{job="node",fstype!=""}[6h], 24*60*60) < 0)"#,
    ),
    (
        "modern",
        r#"max_over_time(deriv({"request.rate", "service.name"="a"}[5m] offset 1h)[1h:step()*2] @ end()) / on (job) group_left (env) fill (0) info(up)"#,
    ),
];

fn parse_queries(c: &mut Criterion) {
    // The answers' hash: the printed trees. The same text on any machine means the same work was measured.
    let mut hash = crc32fast::Hasher::new();
    for (_, query) in QUERIES {
        hash.update(
            parse_with(query, &ParserOptions::ALL).expect("the queries are valid").to_string().as_bytes(),
        );
    }
    println!("answers: {:08x}", hash.finalize());
    let mut group = c.benchmark_group("parse");
    for (name, query) in QUERIES {
        group.throughput(Throughput::Bytes(query.len() as u64));
        group.bench_function(name, |b| b.iter(|| parse_with(black_box(query), &ParserOptions::ALL)));
    }
    group.finish();
}

criterion_group!(benches, parse_queries);
criterion_main!(benches);
