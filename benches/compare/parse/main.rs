//! How long emberdb and the other PromQL parsers for Rust take to read the same queries, on one core.

mod parsers;
mod queries;

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use parsers::PARSERS;
use queries::QUERIES;

fn parse(c: &mut Criterion) {
    let same = QUERIES.iter().filter(|(_, query)| parsers::agree(query)).count();
    println!("promql-parser read the same in {same} of {} queries", QUERIES.len());
    for (name, query) in QUERIES {
        let mut group = c.benchmark_group(name);
        group.throughput(Throughput::Bytes(query.len() as u64));
        for (parser, parse) in PARSERS {
            if parse(query) {
                group.bench_function(parser, |b| b.iter(|| parse(black_box(query))));
            } else {
                println!("{name}: {parser} refuses it");
            }
        }
        group.finish();
    }
    // All queries that every parser accepts, one after the other: the number to compare.
    let accepted = |query: &&str| PARSERS.iter().all(|(_, parse)| parse(query));
    let all: Vec<&str> = QUERIES.iter().map(|&(_, query)| query).filter(accepted).collect();
    let mut group = c.benchmark_group(format!("all {} that all accept", all.len()));
    group.throughput(Throughput::Elements(all.len() as u64));
    for (parser, parse) in PARSERS {
        group.bench_function(parser, |b| {
            b.iter(|| all.iter().filter(|query| parse(black_box(query))).count())
        });
    }
    group.finish();
}

criterion_group!(benches, parse);
criterion_main!(benches);
