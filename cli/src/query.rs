//! `ember query`: ask a directory, without a server.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use emberdb::{AnnotationKind, Db, DbOptions, QueryResult};

use crate::time::{Time, parse_step, parse_time};
use crate::{Outcome, output};

/// Arguments of `ember query`.
#[derive(Args)]
pub(crate) struct QueryArgs {
    /// The data directory. It may be in use by another program: it is only read.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// The PromQL expression.
    expr: String,
    /// Evaluate at this one time: Unix seconds, RFC 3339, or `now`. Default: the time of the newest sample.
    #[arg(long, value_parser = parse_time, conflicts_with_all = ["start", "end", "step"])]
    time: Option<Time>,
    /// Evaluate from this time on …
    #[arg(long, value_parser = parse_time, requires_all = ["end", "step"])]
    start: Option<Time>,
    /// … up to this time …
    #[arg(long, value_parser = parse_time, requires = "start")]
    end: Option<Time>,
    /// … at every such step: seconds, or a duration such as 15s.
    #[arg(long, value_parser = parse_step, requires = "start")]
    step: Option<i64>,
    /// How to print the answer.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

/// How an answer is printed.
#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// Columns for people.
    Table,
    /// The `data` of Prometheus' HTTP API.
    Json,
    /// One line a sample: labels, timestamp, value.
    Csv,
    /// A picture of a range of time.
    Plot,
}

pub(crate) fn run(args: &QueryArgs) -> Outcome {
    let db = Db::open_read_only(&args.data, DbOptions::default())?;
    let report = db.replay_report();
    if report.unreadable_end.is_some() || !report.records_skipped.is_empty() {
        eprintln!("ember: {report}");
    }
    let result = ask(&db, args)?;
    for annotation in result.annotations.iter() {
        let kind = match annotation.kind {
            AnnotationKind::Warning => "warning",
            AnnotationKind::Info => "info",
        };
        eprintln!("{kind}: {}", annotation.render(&args.expr));
    }
    match args.format {
        Format::Table => print!("{}", result.value.table()),
        Format::Json => println!("{}", result.value.to_json()),
        Format::Csv => print!("{}", output::csv(&result.value)),
        Format::Plot => print!("{}", output::plot(&result.value)?),
    }
    Ok(())
}

fn ask(db: &Db, args: &QueryArgs) -> Result<QueryResult, Box<dyn std::error::Error>> {
    let now_ms = emberdb::Env::real().clock().now_ms();
    let answer = match (args.start, args.end, args.step) {
        (Some(start), Some(end), Some(step_ms)) => {
            db.query_range(&args.expr, start.resolve(now_ms), end.resolve(now_ms), step_ms)
        }
        _ => {
            let newest_ms = db.stats().time_range_ms.map_or(now_ms, |(_, newest)| newest);
            db.query(&args.expr, args.time.map_or(newest_ms, |time| time.resolve(now_ms)))
        }
    };
    answer.map_err(|error| error.rendered().into())
}
