//! Reading a body as a node exporter writes it, and storing it again and again.
//!
//! `parse/*`: bytes a second of each reader, without and with all labels. `ingest/cached`: a target that has seen the
//! lines, into an appender that only counts; `ingest/first`: one that has not. A hash of what was read is printed once.

#![expect(clippy::unwrap_used, reason = "writing to a string does not fail")]

use std::fmt::Write;
use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use emberdb_model::storage::{AppendError, Appendable, Appender, CommitSummary, StorageError};
use emberdb_model::{Labels, LabelsBuilder, SeriesRef};
use emberdb_scrape::{Entry, OpenMetricsParser, ParseError, Scrape, Target, TargetOptions, TextParser};

/// 1500 samples in 436 families, lines of 20 to 120 bytes, mostly small integers and some floats.
fn node_exporter_like() -> String {
    let mut body = String::new();
    let mut family = |name: &str, kind: &str, lines: &mut dyn FnMut(&mut String)| {
        writeln!(body, "# HELP {name} Statistic {name} of the machine, as its kernel reports it.").unwrap();
        writeln!(body, "# TYPE {name} {kind}").unwrap();
        lines(&mut body);
    };
    const MODES: [&str; 8] = ["idle", "iowait", "irq", "nice", "softirq", "steal", "system", "user"];
    family("node_cpu_seconds_total", "counter", &mut |out| {
        for cpu in 0..16 {
            for (i, mode) in MODES.iter().enumerate() {
                let seconds = cpu * 7919 + i * 104_729;
                writeln!(out, "node_cpu_seconds_total{{cpu=\"{cpu}\",mode=\"{mode}\"}} {seconds}.{cpu}{i}")
                    .unwrap();
            }
        }
    });
    for kind in ["size", "avail", "free", "files", "files_free", "readonly", "device_error"] {
        let name = format!("node_filesystem_{kind}_bytes");
        family(&name, "gauge", &mut |out| {
            for i in 0..12 {
                let device = format!("/dev/mapper/vg0-volume--{i}");
                let labels = format!("device=\"{device}\",fstype=\"ext4\",mountpoint=\"/srv/volumes/{i}\"");
                writeln!(out, "{name}{{{labels}}} {}.{}e+10", 1 + i, 1000 + i).unwrap();
            }
        });
    }
    for i in 0..20 {
        let name = format!("node_network_statistic_{i}_total");
        family(&name, "counter", &mut |out| {
            for device in 0..30 {
                writeln!(out, "{name}{{device=\"veth{device:04x}\"}} {}", device * 65_537 * i).unwrap();
            }
        });
    }
    for i in 0..8 {
        let name = format!("http_request_duration_seconds_{i}");
        family(&name, "histogram", &mut |out| {
            for code in ["200", "404", "500"] {
                for (n, le) in ["0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1", "2.5", "+Inf"]
                    .iter()
                    .enumerate()
                {
                    let labels = format!("code=\"{code}\",handler=\"/api/v1/query_range\",le=\"{le}\"");
                    writeln!(out, "{name}_bucket{{{labels}}} {}", n * 12_345).unwrap();
                }
                writeln!(out, "{name}_sum{{code=\"{code}\"}} 8192.{i}25").unwrap();
                writeln!(out, "{name}_count{{code=\"{code}\"}} 111105").unwrap();
            }
        });
    }
    for i in 0..400 {
        let name = format!("node_memory_value_{i}_bytes");
        family(&name, "gauge", &mut |out| writeln!(out, "{name} {}", i * 4096).unwrap());
    }
    body
}

/// Number of samples, and a hash of their values and, if asked for, of their labels.
fn read<'a>(
    parser: impl Iterator<Item = Result<Entry<'a>, ParseError>>,
    builder: Option<&mut LabelsBuilder>,
) -> (usize, f64) {
    let (mut samples, mut sum) = (0, 0.0);
    let mut builder = builder;
    for entry in parser {
        if let Entry::Series(series) = entry.expect("the body is well-formed") {
            samples += 1;
            sum += series.value;
            if let Some(builder) = builder.as_deref_mut() {
                builder.clear();
                series.metric.read_labels(builder);
                black_box(&builder);
            }
        }
    }
    (samples, sum)
}

/// Takes everything and keeps a count.
#[derive(Default)]
struct Counting;

struct CountingAppender {
    samples: usize,
    series: u64,
}

impl Appendable for Counting {
    fn appender(&self) -> Result<Box<dyn Appender + '_>, StorageError> {
        Ok(Box::new(CountingAppender { samples: 0, series: 0 }))
    }
}

impl Appender for CountingAppender {
    fn append(
        &mut self,
        _labels: &Labels,
        _timestamp_ms: i64,
        _value: f64,
    ) -> Result<SeriesRef, AppendError> {
        self.samples += 1;
        self.series += 1;
        Ok(SeriesRef(self.series))
    }

    fn append_ref(&mut self, _series: SeriesRef, _timestamp_ms: i64, _value: f64) -> Result<(), AppendError> {
        self.samples += 1;
        Ok(())
    }

    fn commit(self: Box<Self>) -> Result<CommitSummary, StorageError> {
        Ok(CommitSummary { samples: self.samples, ..CommitSummary::default() })
    }

    fn rollback(self: Box<Self>) {}
}

#[expect(clippy::print_stdout, reason = "a bench tells what it measured")]
fn benches(criterion: &mut Criterion) {
    let text = node_exporter_like();
    let om = format!("{text}# EOF\n");
    let mut builder = LabelsBuilder::new();
    let (samples, sum) = read(TextParser::new(&text), None);
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&sum.to_bits().to_be_bytes());
    for entry in TextParser::new(&text) {
        if let Entry::Series(series) = entry.expect("the body is well-formed") {
            builder.clear();
            series.metric.read_labels(&mut builder);
            hasher.update(builder.build().expect("valid labels").to_string().as_bytes());
        }
    }
    println!("{} bytes, {samples} samples, hash {:08x}", text.len(), hasher.finalize());

    let mut group = criterion.benchmark_group("parse");
    group.throughput(Throughput::Bytes(text.len() as u64));
    group.bench_function("text", |b| b.iter(|| read(TextParser::new(black_box(&text)), None)));
    group.bench_function("text_with_labels", |b| {
        b.iter(|| read(TextParser::new(black_box(&text)), Some(&mut builder)));
    });
    group.bench_function("openmetrics", |b| b.iter(|| read(OpenMetricsParser::new(black_box(&om)), None)));
    group.finish();

    let labels = Labels::new([("job", "node"), ("instance", "localhost:9100")]).expect("valid labels");
    let scrape = Scrape { content_type: "text/plain", body: text.as_bytes(), duration: Duration::ZERO };
    let mut target = Target::new(&labels, TargetOptions::default());
    let mut timestamp_ms = 0;
    let mut ingest = |target: &mut Target| {
        timestamp_ms += 15_000;
        let report = target.ingest(&Counting, timestamp_ms, &scrape).expect("the appender takes everything");
        assert_eq!(report.samples_scraped, samples);
        report.series_added
    };
    let mut group = criterion.benchmark_group("ingest");
    group.throughput(Throughput::Elements(samples as u64));
    assert_eq!(ingest(&mut target), samples);
    group.bench_function("cached", |b| b.iter(|| ingest(&mut target)));
    group.bench_function("first", |b| {
        b.iter(|| ingest(&mut Target::new(&labels, TargetOptions::default())));
    });
    group.finish();
}

criterion_group!(parse, benches);
criterion_main!(parse);
